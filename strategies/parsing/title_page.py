"""What a cover says: title, period, when and by whom the strategy was adopted."""

import re

from udsat.lib.documents import Document, ImportNote

from . import wording
from .outline import Para, Segment, looks_like_heading
from .parsed_strategy import ParsedStrategy


def take_title(segments: list[Segment], document: Document, parsed: ParsedStrategy) -> Segment | None:
    """Find the title, and the segment whose heading it is."""
    heads = [segment for segment in segments if segment.head]
    chosen = None
    for segment in heads:
        if segment.head.level == 0:
            chosen = segment
            break
    top = [s for s in heads[:3] if not s.head.label and not (s.head.kind and not wording.names_a_strategy(s.head.text))]
    marked = [s for s in heads if s.head.level == 1]
    chosen = chosen or next((s for s in top if wording.names_a_strategy(s.head.text)), None)
    if not chosen and len(marked) == 1 and not marked[0].head.kind and not marked[0].head.label:
        chosen = marked[0]
    named = document.title if wording.names_a_strategy(document.title) else ""
    if not chosen and not named:
        chosen = next(
            (
                s
                for s in heads
                if wording.names_a_strategy(s.head.text) and not s.head.label and not s.head.kind and not s.has_goals
            ),
            None,
        )
    if not chosen and not named and top and top[0] is segments[0] and not top[0].has_goals and len(heads) > 2:
        chosen = top[0]
    if chosen:
        text = chosen.head.title
        chosen.head.role = "title"
    else:
        text = named and re.split(r"\s+[|–—-]\s+", named)[0]
        if not text:
            text = _front_title(segments) or _title_in_prose(segments) or wording.strategy_word(document.text)
    parsed.title = without_period(text, parsed)
    if not parsed.title:
        parsed.not_understood.append(ImportNote(0, "", "Teksten har ingen titel. Skriv den selv."))
    parsed.title = wording.undefinite(parsed.title)
    parsed.kind = wording.document_kind(parsed.title) or wording.document_kind(
        wording.strategy_word(document.text.lower())
    )
    return chosen


def _front_title(segments: list[Segment]) -> str:
    """A short first line of a document whose headings are all about something else."""
    if segments and not segments[0].head and isinstance(first := segments[0].nodes[0], Para):
        if looks_like_heading(first.text) and wording.names_a_strategy(first.text):
            segments[0].nodes.pop(0)
            return first.text
    return ""


def _title_in_prose(segments: list[Segment]) -> str:
    for segment in segments:
        for node in segment.nodes:
            if isinstance(node, Para) and (match := wording.TITLE_IN_PROSE.search(node.text)):
                return match[0].strip()
    return ""


def without_period(title: str, parsed: ParsedStrategy) -> str:
    if found := wording.find_period(title):
        parsed.start_year, parsed.end_year, words = found
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
    """Period and adoption, from short lines near the top and sentences that say so. Cover lines go to `ignored`."""
    top = segments[0]
    if (
        len(segments) > 1
        and top.head is None
        and len(top.nodes) > 2
        and segments[1].head.role == "title"
        and all(isinstance(n, Para) and len(n.text) < 60 and not n.text.endswith((".", ":")) for n in top.nodes)
    ):
        parsed.ignored += [ImportNote(node.line, node.text, "linje over titlen") for node in top.nodes]
        top.nodes = []
    for number, segment in enumerate(segments):
        is_cover = segment.head is None or segment.head.role == "title"
        is_front = number < 3
        kept = []
        for node in segment.nodes:
            if not isinstance(node, Para):
                is_front = False
                kept.append(node)
                continue
            text = node.text
            short = len(text) <= 120
            if (
                not parsed.adopted_on
                and (found := wording.find_adoption(text))
                and (short or "strategi" in text or "politik" in text)
            ):
                parsed.adopted_on, parsed.adopted_precision, parsed.adopted_by = found
            period = wording.find_period(text) if short and is_front or _PERIOD_SENTENCE.search(text) else None
            if period and not parsed.start_year:
                parsed.start_year, parsed.end_year = period[:2]
            elif not parsed.start_year and short and re.search(r"gælde", text) and (start := wording.find_start(text)):
                parsed.start_year = start[0]
            rest = text.replace(period[2], " ").strip(" ,.:–-") if period else text
            if is_front and short and (not rest or wording.is_front_line(rest)):
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
    if not parsed.start_year and (found := wording.find_period(document.title)):
        parsed.start_year, parsed.end_year = found[:2]
