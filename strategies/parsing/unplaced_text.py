"""Report text of the document that is in no part of the parsed strategy."""

import re
from collections.abc import Iterator
from html import unescape

from udsat.lib.documents import ImportNote

from . import wording
from .html_output import html_paragraph, numbered_goal
from .outline import OutlineList, Segment
from .parsed_strategy import ParsedSection, ParsedStrategy
from .title_page import without_period


def source_texts(segments: list[Segment]) -> Iterator[tuple[int, str]]:
    """Yield line and text of everything in the outline, without labels such as »Tema 1:« and »Ledetråd:«."""
    for segment in segments:
        if segment.heading and not wording.is_thread_heading(segment.heading.text):
            yield segment.heading.line, segment.heading.title
        for node in segment.nodes:
            if isinstance(node, OutlineList):
                yield node.line, node.before
                yield node.line, node.lead.rstrip(" :?")
                for item in node.all_items:
                    yield item.line, numbered_goal(item)[1]
            else:
                label = wording.read_goal_label(node.text)
                yield node.line, wording.read_thread(node.text) or (label[1] if label else node.text)


def report_unplaced_texts(sources: list[tuple[int, str]], parsed: ParsedStrategy) -> None:
    """Add a note for each source text that is missing from the parsed strategy."""
    written = [parsed.title, *(note.text for note in parsed.not_understood + parsed.ignored)]
    for section in parsed.sections:
        written += [section.heading, section.body, section.signed_by]
    for theme in parsed.themes:
        written += [theme.title, theme.guiding_thread, theme.body, theme.goal_lead_in]
        for goal in theme.goals:
            written += [goal.text, goal.explanation]
            written += [text for child in goal.children for text in (child.text, child.explanation)]
    fragments = [unescape(part).strip() for text in written for part in re.split(r"<[^<>]+>", text)]
    known, whole = set(fragments), "\n".join(fragments)
    for line, text in sources:
        # A title has lost its period; »Bolig – alle har et hjem« may have become title and text.
        parts = re.split(r"\s[–—-]\s|[:.]\s", text)
        is_written = text in known or text in whole or without_period(text, ParsedStrategy()) in whole
        if not is_written and not all(part.strip(" .") in whole for part in parts):
            if wording.goal_heading(text) or wording.CONTAINER.fullmatch(text):
                parsed.ignored.append(ImportNote(line, text, "overskrift over mål eller temaer"))
            else:
                reason = "Teksten fandt ingen plads. Skriv den selv ind, hvor den hører til."
                parsed.not_understood.append(ImportNote(line, text, reason))


def keep_as_section(parsed: ParsedStrategy) -> None:
    """Make the text that was not understood a section. Text that is not shown in the file (line 0) stays a note."""
    texts = [note for note in parsed.not_understood if note.line and note.text]
    if texts:
        body = "".join(html_paragraph(line) for note in texts for line in note.text.split("\n"))
        parsed.sections.append(ParsedSection("andet", line=texts[0].line, body=body))
        parsed.not_understood = [note for note in parsed.not_understood if note not in texts]
