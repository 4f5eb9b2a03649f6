"""Find the blocks of a document that are headings, whether they are marked as such or not.

Plain text does not mark headings: there, a short line without a full stop, followed by text, is a heading.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from udsat.lib.documents import Heading, ListItem, Paragraph, Table

from . import wording


@lru_cache(maxsize=4096)
def comparison_key(text: str) -> str:
    """Return the words of the text in lower case, to compare headings regardless of punctuation."""
    return re.sub(r"\W+", " ", text.casefold()).strip()


def join_bare_labels(blocks: Iterable[Heading | Paragraph | ListItem | Table]) -> list:
    """Join »Tema 1« on a line of its own with the title on the next line."""
    joined: list[Heading | Paragraph | ListItem | Table] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if (
            isinstance(last, Heading | Paragraph)
            and isinstance(block, Heading | Paragraph)
            and (label := wording.read_label(last.text))
            and not label[2]
            and label[0] in wording.THEME_WORDS
            and looks_like_heading(block.text)
        ):
            text = f"{last.text.rstrip(' :.–-')}: {block.text}"
            joined[-1] = (
                Heading(last.level, text, last.line) if isinstance(last, Heading) else Paragraph(text, last.line)
            )
        else:
            joined.append(block)
    return joined


def series_labels(blocks: list) -> frozenset[str]:
    """Return the words that the document itself uses as labels: »Sporskifte 1: …«, »Sporskifte 2: …«."""
    numbers_of: dict[str, set[str]] = {}
    for block in blocks:
        if isinstance(block, Heading | Paragraph) and (label := wording.unknown_label(block.text)):
            numbers_of.setdefault(label[0], set()).add(label[1])
    return frozenset(word for word, numbers in numbers_of.items() if len(numbers) > 1)


def looks_like_heading(text: str) -> bool:
    if len(text) > 100 or len(text.split()) > 14 or text[-1] in ".,;:…":
        return False
    return text[0].isupper() or text[0].isdigit() or text[0] in '»”"“'


def find_headings(blocks: list, extra: frozenset[str], is_plain: bool) -> dict[int, int]:
    """Return index and level of each block that is a heading. `is_plain`: the format has no marked headings."""
    headings: dict[int, int] = {}
    for index, block in enumerate(blocks):
        # A heading »Vi vil:« is the lead-in of its list.
        leads_in = index + 1 < len(blocks) and isinstance(blocks[index + 1], ListItem) and block.text.endswith(":")
        if isinstance(block, Heading) and (not leads_in or wording.read_label(block.text)):
            headings[index] = block.level
    structured = len(headings) > 2 or any(level > 1 for level in headings.values())
    level = 7 if structured else 2

    def paragraphs() -> Iterator[tuple[int, Paragraph]]:
        for index, block in enumerate(blocks[:-1]):
            if isinstance(block, Paragraph) and index not in headings:
                yield index, block

    for index, block in paragraphs():
        label = wording.read_label(block.text, extra)
        if label and label[2] and label[0] not in wording.GOAL_WORDS and looks_like_heading(label[2]):
            headings[index] = level
    labelled = len(headings)
    for index, block in paragraphs():
        looks_like_one = looks_like_heading(block.text.rstrip(":")) and not wording.is_signature(block.text)
        if block.bold and looks_like_one and not _is_lead_in(blocks, index):
            headings[index] = level
    bold = len(headings) - labelled
    headings |= _numbered_headings(blocks, level)
    if not labelled or structured:
        headings |= _decimal_headings(blocks, level + 1)
    # Where headings are marked, in bold or by a label, a short paragraph without a mark is rarely one.
    if structured or bold > 1 or labelled > 1 and not is_plain:
        for index, block in paragraphs():
            if " " not in block.text and wording.section_kind(block.text) in ("vision", "formaal", "forord"):
                headings[index] = level
        return headings
    return headings | _unmarked_headings(blocks, headings)


def _is_lead_in(blocks: list, index: int) -> bool:
    return blocks[index].text.endswith(":") and isinstance(blocks[index + 1], ListItem)


def _numbered_headings(blocks: list, level: int) -> dict[int, int]:
    """Return list items that are headings: »1. Bolig« followed by prose, at least twice."""

    def is_numbered(block: object) -> bool:
        return isinstance(block, ListItem) and re.fullmatch(r"\d{1,2}[.)]", block.marker) is not None

    candidates = []
    for index, block in enumerate(blocks[:-1]):
        before, after = blocks[index - 1] if index else None, blocks[index + 1]
        opens_list = before is not None and before.text.endswith(":") and isinstance(after, ListItem)
        looks_like_one = len(block.text) <= 100 and block.text[0].isupper() and block.text[-1] not in ".,;:"
        if is_numbered(block) and looks_like_one and not is_numbered(after) and not opens_list:
            candidates.append(index)
    top_level = [index for index in candidates if blocks[index].level == 0]
    alone = [index for index in top_level if not is_numbered(blocks[index - 1] if index else None)]
    # Lists between the headings have their own numbers: headings are the items that continue one another's numbers.
    counted: list[int] = []
    for index in candidates:
        before = blocks[index - 1] if index else None
        goes_on = is_numbered(before) and before.number == blocks[index].number - 1 and before.text[0].isupper()
        if blocks[index].number == len(counted) + 1 and not goes_on:
            counted.append(index)
    headings = max((alone, counted), key=len)
    with_prose = [index for index in headings if not isinstance(blocks[index + 1], ListItem)]
    return dict.fromkeys(headings, level) if len(with_prose) > 1 else {}


def _decimal_headings(blocks: list, level: int) -> dict[int, int]:
    """Return list items that are headings: »3.1 Bolig« followed by prose, at least twice."""

    def is_decimal(block: object) -> bool:
        return isinstance(block, ListItem) and re.fullmatch(r"\d{1,2}\.\d{1,2}\.?", block.marker) is not None

    headings = [
        index
        for index, (block, following) in enumerate(pairwise(blocks))
        if is_decimal(block) and isinstance(following, Paragraph) and looks_like_heading(block.text)
    ]
    return dict.fromkeys(headings, level) if len(headings) > 1 else {}


def _unmarked_headings(blocks: list, headings: dict[int, int]) -> dict[int, int]:
    """Return the headings of plain text: short lines without a full stop, followed by text."""
    unmarked: dict[int, int] = {}
    listed = {comparison_key(block.text) for block in blocks if isinstance(block, ListItem) and len(block.text) <= 100}
    run: list[int] = []  # consecutive short lines
    is_top = True
    for index in range(len(blocks) + 1):
        block = blocks[index] if index < len(blocks) else None
        if isinstance(block, Paragraph) and index not in headings and _may_be_heading(block.text):
            run.append(index)
            continue
        if run:
            unmarked |= _headings_in_run(run, blocks, is_top, block, listed)
        if block is not None:
            is_top = False
        run = []
    return unmarked


def _may_be_heading(text: str) -> bool:
    exact = text.rstrip(":")
    if (
        text.endswith(":")
        and len(text) < 40
        and (wording.section_kind(exact) and " " not in exact or wording.is_thread_heading(exact))
    ):
        return True
    if wording.find_period(text) and not wording.names_a_strategy(text):
        return False
    if re.search(r"[.!] [A-ZÆØÅ]", text) or wording.is_incomplete(text) or wording.is_signature(text):
        return False
    return looks_like_heading(text) and not wording.read_goal_label(text) and not wording.read_thread(text)


def _headings_in_run(run: list[int], blocks: list, is_top: bool, after: object, listed: set[str]) -> dict[int, int]:
    if after is None:
        run = run[:-1]  # nothing follows the last line
    before = blocks[run[0] - 1].text if run and run[0] else ""
    if before.endswith(":") and len(run) > 2:
        return {}  # a list that lost its bullets
    headings = {}
    for index in run:
        text = blocks[index].text
        is_last = index == run[-1]
        below = blocks[run[run.index(index) + 1]].text if not is_last else ""
        is_known = comparison_key(text) in listed or is_top and wording.names_a_strategy(text)
        is_known = is_known or wording.section_kind(text) or wording.CONTAINER.fullmatch(text)
        is_known = is_known or any(
            wording.goal_heading(line) or wording.is_thread_heading(line) for line in (text, below)
        )
        is_signed = isinstance(after, Paragraph) and wording.is_signature(after.text)  # a name above "Borgmester"
        if is_known or is_last and not is_signed and not (is_top and wording.COVER_LINE.fullmatch(text)):
            headings[index] = 2
    return headings
