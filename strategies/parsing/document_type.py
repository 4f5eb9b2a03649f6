"""Recognise documents that are not strategies: minutes, pages about a council, news."""

import re

from udsat.lib.documents import Document

from . import wording
from .outline import OutlineList, Segment
from .parsed_strategy import ParsedStrategy


def _prose(segments: list[Segment]) -> str:
    lines = [f"{listing.before} {listing.lead}" for s in segments for listing in s.lists]
    for segment in segments:
        nodes = [segment.heading, *segment.nodes] if segment.heading else segment.nodes
        lines += [node.text for node in nodes if not isinstance(node, OutlineList)]
    return "\n".join(lines)


def is_news(segments: list[Segment]) -> bool:
    if any(listing.kind == "strong" and not listing.by_place for s in segments for listing in s.lists):
        return False
    text = _prose(segments)
    first = next((segment.heading.text for segment in segments if segment.heading), "")
    return bool((wording.QUOTE.search(text) or wording.NEWS_TITLE.search(first)) and wording.NEWS.search(text))


def is_minutes(document: Document) -> bool:
    return len(wording.MINUTES.findall(document.text)) > 2


def is_council_page(segments: list[Segment], document: Document) -> bool:
    """Return whether the document is about a council, whose lists are causes rather than goals."""
    signals = len(wording.COUNCIL.findall(document.text))
    headings = [segment.heading for segment in segments if segment.heading]
    if any(heading.label in wording.THEME_WORDS for heading in headings):
        return False
    first = headings[0].text if headings else document.title
    if re.match(r"(om )?(rådet|\w*råd(et)?)\b", first, re.IGNORECASE) and not wording.names_a_strategy(first):
        return signals > 0
    return signals > 2 and not (headings and wording.names_a_strategy(first))


def find_doubt(document: Document, segments: list[Segment], parsed: ParsedStrategy) -> str:
    """Return a Danish warning that the document is hardly a strategy, or ""."""
    if is_minutes(document):
        return "Teksten ligner en dagsorden eller et referat, ikke en strategi."
    if not parsed.themes and is_council_page(segments, document):
        return "Teksten ligner en side om et udsatteråd, ikke en strategi. Den har hverken temaer eller mål."
    if is_news(segments):
        return "Teksten ligner en nyhed om en strategi. Brug strategiens egen tekst, hvis du har den."
    if not parsed.themes:
        return "Teksten har hverken temaer eller mål, der kan genkendes. Er det den rigtige fil?"
    if not parsed.start_year and not wording.STRATEGY_WORDS.search(f"{parsed.title}\n{document.text}"):
        return (
            "Temaer og mål er fundet i opstillingen alene: Teksten nævner hverken strategi, politik eller mål. "
            "Er det den rigtige fil?"
        )
    return ""
