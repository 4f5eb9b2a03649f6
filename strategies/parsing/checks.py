"""Is it a strategy at all, what does it call its themes, and did every piece find a place?"""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

from udsat.lib.documents import Document, ImportNote

from . import wording
from .html_output import numbered_goal
from .outline import Listing, Para, Segment
from .parsed_strategy import ParsedStrategy
from .title_page import without_period


def pieces_of(segments: list[Segment]) -> Iterator[tuple[int, str]]:
    """Line and text of everything that has to end up somewhere, without labels such as »Tema 1:« and »Ledetråd:«."""
    for segment in segments:
        if segment.head and not wording.is_thread_heading(segment.head.text):
            yield segment.head.line, segment.head.title
        for node in segment.nodes:
            if isinstance(node, Listing):
                yield node.line, node.before
                yield node.line, node.lead.rstrip(" :?")
                waiting = list(node.items)
                while waiting:
                    item = waiting.pop()
                    yield item.line, numbered_goal(item)[1]
                    waiting += item.children
            else:
                label = wording.read_goal_label(node.text)
                yield node.line, wording.read_thread(node.text) or (label[1] if label else node.text)


def account_for(pieces: list[tuple[int, str]], parsed: ParsedStrategy) -> None:
    """Report what found no place, whatever the reason: a text is never silently shorter than its source."""
    written = [parsed.title, *(remark.text for remark in parsed.not_understood + parsed.ignored)]
    for section in parsed.sections:
        written += [section.heading, section.body, section.signed_by]
    for theme in parsed.themes:
        written += [theme.title, theme.guiding_thread, theme.body, theme.goal_lead_in]
        for goal in theme.goals:
            written += [goal.text, goal.explanation]
            written += [text for child in goal.children for text in (child.text, child.explanation)]
    fragments = [unescape(text).strip() for each in written for text in re.split(r"<[^>]+>", each)]
    known, whole = set(fragments), "\n".join(fragments)
    for line, text in pieces:
        # A title has lost its period; »Bolig – alle har et hjem« may have become title and text.
        parts = re.split(r"\s[–—-]\s|[:.]\s", text)
        is_written = text in known or text in whole or without_period(text, ParsedStrategy()) in whole
        if not is_written and not all(part.strip(" .") in whole for part in parts):
            if wording.goal_heading(text) or wording.is_container(text):
                parsed.ignored.append(ImportNote(line, text, "overskrift over mål eller temaer"))
            else:
                reason = "Teksten fandt ingen plads. Skriv den selv ind, hvor den hører til."
                parsed.not_understood.append(ImportNote(line, text, reason))


def name_themes(segments: list[Segment], parsed: ParsedStrategy, listed: str) -> None:
    """The document's own word for a theme: from its labels, the list that names them, or what announces them."""
    labels = Counter(s.head.label for s in segments if s.head and s.head.role == "theme" and s.head.label)
    if labels:
        label = labels.most_common(1)[0][0]
    elif listed:
        label = listed
    else:
        announced = [s.head.title for s in segments if s.head and s.head.role == "container"]
        announced += [each.lead for s in segments for each in s.lists if each.kind == "contents"]
        announced += [
            node.text for s in segments for node in s.nodes[-1:]
            if isinstance(node, Para) and node.text.endswith(":") and wording.lead_in_kind(node.text) == "contents"
        ]  # fmt: skip
        label = next(filter(None, map(wording.theme_word_in, announced)), "")
    if label and parsed.themes:
        parsed.theme_label, parsed.theme_label_plural = label, wording.plural_of(label)


def _prose(segments: list[Segment]) -> str:
    leads = [f"{each.before} {each.lead}" for s in segments for each in s.lists]
    return (
        "\n".join(leads)
        + "\n"
        + "\n".join(
            node.text
            for s in segments
            for node in ([s.head] if s.head else []) + s.nodes
            if not isinstance(node, Listing)
        )
    )


def is_news(segments: list[Segment]) -> bool:
    if any(each.kind == "strong" for s in segments for each in s.lists):
        return False
    text = _prose(segments)
    first = next((segment.head.text for segment in segments if segment.head), "")
    return bool((wording.QUOTE.search(text) or wording.NEWS_TITLE.search(first)) and wording.NEWS.search(text))


def is_minutes(document: Document) -> bool:
    return len(wording.MINUTES.findall(document.text)) > 2


def is_council_page(segments: list[Segment], document: Document) -> bool:
    """A page about the council: what it works for are causes, not goals of the municipality."""
    signals = len(wording.COUNCIL.findall(document.text))
    heads = [segment.head for segment in segments if segment.head]
    if any(head.label in wording.THEME_WORDS for head in heads):
        return False
    first = heads[0].text if heads else document.title
    if re.match(r"(om )?(rådet|\w*råd(et)?)\b", first, re.IGNORECASE) and not wording.names_a_strategy(first):
        return signals > 0
    return signals > 2 and not (heads and wording.names_a_strategy(first))


def find_doubt(document: Document, segments: list[Segment], parsed: ParsedStrategy) -> None:
    if is_minutes(document):
        parsed.doubt = "Teksten ligner en dagsorden eller et referat, ikke en strategi."
    elif not parsed.themes and is_council_page(segments, document):
        parsed.doubt = "Teksten ligner en side om et udsatteråd, ikke en strategi. Den har hverken temaer eller mål."
    elif is_news(segments):
        parsed.doubt = "Teksten ligner en nyhed om en strategi. Brug strategiens egen tekst, hvis du har den."
    elif not parsed.themes:
        parsed.doubt = "Teksten har hverken temaer eller mål, der kan genkendes. Er det den rigtige fil?"
