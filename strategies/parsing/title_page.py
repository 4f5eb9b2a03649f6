"""Take title, period and adoption from the title page."""

import re
from collections.abc import Callable

from udsat.lib.documents import Document, ImportNote

from . import wording
from .heading_lines import looks_like_heading
from .outline import OutlineParagraph, Segment
from .parsed_strategy import ParsedStrategy


def take_title(segments: list[Segment], document: Document, parsed: ParsedStrategy) -> Segment | None:
    """Set title and kind, and return the segment whose heading is the title, if any."""
    headings = [segment for segment in segments if segment.heading]
    chosen = next((s for s in headings if s.heading.level == 0), None)

    def is_unlabelled(segment: Segment) -> bool:
        return not segment.heading.label and not segment.heading.kind

    def names_a_strategy(segment: Segment) -> bool:
        return wording.names_a_strategy(segment.heading.text)

    top = [s for s in headings[:3] if is_unlabelled(s) or names_a_strategy(s) and not s.heading.label]
    marked = [s for s in headings if s.heading.level == 1]
    if not chosen and len(marked) == 1 and marked[0] is headings[0] and is_unlabelled(marked[0]):
        # »Plads til alle« above »Om strategien«, but not »Nordby Kommune« above »Udsattepolitik«.
        is_cover = wording.COVER_LINE.fullmatch(marked[0].heading.text)
        chosen = None if is_cover or any(map(_is_title_of_strategy, top)) else marked[0]
    chosen = chosen or next(filter(names_a_strategy, top), None)
    if not chosen and len(marked) == 1 and is_unlabelled(marked[0]):
        chosen = marked[0]
    named = document.title if wording.names_a_strategy(document.title) else ""
    if not chosen and not named:
        candidates = (s for s in headings if names_a_strategy(s) and is_unlabelled(s) and not s.has_goals)
        chosen = next(candidates, None)
    if not chosen and not named and top and top[0] is segments[0] and not top[0].has_goals and len(headings) > 2:
        chosen = top[0]
    if chosen:
        text = chosen.heading.title
        chosen.heading.role = "title"
    else:
        text = named and re.split(r"(?<!\s)\s+[|–—-]\s+", named)[0]
        if not text:
            text = _front_title(segments, wording.names_a_strategy) or _title_in_prose(segments)
            text = text or wording.strategy_word(document.text)
        if not text and len(segments) > 2:
            text = _front_title(segments, looks_like_heading)
    parsed.title = without_period(text, parsed)
    if not parsed.title:
        parsed.not_understood.append(ImportNote(0, "", "Teksten har ingen titel. Skriv den selv."))
    parsed.title = wording.indefinite_form(parsed.title)
    word = wording.strategy_word(document.text.lower())
    parsed.kind = wording.document_kind(parsed.title) or wording.document_kind(word)
    return chosen


_HEADING_ABOUT_STRATEGY = re.compile(
    r"\b(har|er|vil|skal|kan|bliver|gælder|om|hvad|hvem|hvorfor|hvordan|derfor|sådan|\w*strategiens?|\w*planens?"
    r"|\w*politikkens?)\b",
    re.IGNORECASE,
)


def _is_title_of_strategy(segment: Segment) -> bool:
    """Return whether the heading is the name of a strategy or policy rather than a heading in one."""
    text = segment.heading.title
    is_about = segment.heading.kind or _HEADING_ABOUT_STRATEGY.search(text)
    return wording.names_a_strategy(text) and not is_about


def _front_title(segments: list[Segment], is_title: Callable[[str], bool]) -> str:
    """Remove and return a first line that is the title, in a document where no heading is."""
    if segments and not segments[0].heading and isinstance(first := segments[0].nodes[0], OutlineParagraph):
        if looks_like_heading(first.text) and is_title(first.text):
            segments[0].nodes.pop(0)
            return first.text
    return ""


def _title_in_prose(segments: list[Segment]) -> str:
    for segment in segments:
        for paragraph in segment.paragraphs:
            if match := wording.TITLE_IN_PROSE.search(paragraph.text):
                return match[0].strip()
    return ""


def without_period(title: str, parsed: ParsedStrategy) -> str:
    """Return the title without its period, which is set on `parsed`."""
    if period := wording.find_period(title):
        parsed.start_year, parsed.end_year, words = period
        title = title.replace(words, " ")
    elif start := wording.find_start(title):
        parsed.start_year = start[0]
        title = title.replace(start[1], " ")
    return re.sub(r"\s+", " ", title).strip(" ,.:;–—-|/")


_PERIOD_SENTENCE = re.compile(
    r"\b(strategien|politikken|planen|strategiperioden?|politikperioden|planperioden|gælder|gældende|perioden)\b",
    re.IGNORECASE,
)


def take_period(segments: list[Segment], document: Document, parsed: ParsedStrategy) -> None:
    """Set period and adoption from short lines near the top and from sentences. Cover lines go to `ignored`."""
    _ignore_lines_above_title(segments, parsed)
    for number, segment in enumerate(segments):
        is_cover = not number and segment.heading is None or segment.heading and segment.heading.role == "title"
        is_front = number < 3
        kept = []
        for node in segment.nodes:
            if not isinstance(node, OutlineParagraph):
                is_front = False
                kept.append(node)
                continue
            text = node.text
            short = len(text) <= 120
            is_about_strategy = short or "strategi" in text or "politik" in text
            if not parsed.adopted_on and is_about_strategy and (adoption := wording.find_adoption(text)):
                parsed.adopted_on, parsed.adopted_precision, parsed.adopted_by = adoption
            period = wording.find_period(text) if short and is_front or _PERIOD_SENTENCE.search(text) else None
            if period and not parsed.start_year:
                parsed.start_year, parsed.end_year = period[:2]
            elif not parsed.start_year and short and re.search(r"gælde", text) and (start := wording.find_start(text)):
                parsed.start_year = start[0]
            rest = text.replace(period[2], " ").strip(" ,.:–-") if period else text
            if is_front and short and (not rest or wording.COVER_LINE.fullmatch(rest)):
                parsed.ignored.append(
                    ImportNote(node.line, text, "linje fra forsiden, læst som titel, periode eller dato")
                )
            elif is_front and is_cover and len(segment.nodes) < 4 and len(segments) > 2 and looks_like_heading(text):
                parsed.not_understood.append(
                    ImportNote(node.line, text, "En linje fra forsiden. Hører den til titlen?")
                )
            else:
                kept.append(node)
            is_front = is_front and short
        segment.nodes = kept
    if not parsed.start_year and (period := wording.find_period(document.title)):
        parsed.start_year, parsed.end_year = period[:2]


def _ignore_lines_above_title(segments: list[Segment], parsed: ParsedStrategy) -> None:
    top = segments[0]
    if len(segments) < 2 or top.heading or segments[1].heading.role != "title" or len(top.nodes) < 3:
        return
    short = [p for p in top.paragraphs if len(p.text) < 60 and not p.text.endswith((".", ":"))]
    if len(short) == len(top.nodes):
        parsed.ignored += [ImportNote(paragraph.line, paragraph.text, "linje over titlen") for paragraph in short]
        top.nodes = []
