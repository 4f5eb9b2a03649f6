"""The blocks of a rich text: paragraphs, lists and tables, down to runs of bold, italic and linked text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class Run(NamedTuple):
    """A piece of text with one formatting; `href` is empty where it is no link."""

    text: str
    strong: bool = False
    em: bool = False
    href: str = ""


class WordItem(NamedTuple):
    """The list that Word puts a paragraph in; `kind` and `number` as in RichList, if Word has written the number."""

    list_id: str
    level: int
    ordered: bool
    kind: str = "1"
    number: int | None = None


@dataclass
class RichParagraph:
    lines: list[list[Run]]
    word_item: WordItem | None = None
    heading: int | None = None  # level 1–6, 0 for the title of a Word document; not stored

    @property
    def text(self) -> str:
        return "\n".join("".join(run.text for run in line) for line in self.lines)


@dataclass
class RichList:
    ordered: bool
    items: list[list["RichBlock"]] = field(default_factory=list)
    orphans: bool = False  # holds <li> elements outside any list
    start: int = 1  # the first number
    kind: str = "1"  # how numbers are written: 1, a, A, i or I, as in HTML

    def label(self, index: int) -> str:
        """Return the bullet or number of the item at the index, such as "•", "3." or "c."."""
        return f"{number_text(self.start + index, self.kind)}." if self.ordered else "•"


@dataclass
class RichCell:
    header: bool
    scope: str
    spans: dict[str, int]
    blocks: list["RichBlock"]


@dataclass
class RichTable:
    caption: str
    head: list[list[RichCell]]
    body: list[list[RichCell]]


_NUMERALS = list(
    zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "m cm d cd c xc l xl x ix v iv i".split(), strict=True)
)

RichBlock: TypeAlias = RichParagraph | RichList | RichTable


def number_text(number: int, kind: str) -> str:
    """Return the number as digits, letters (a to z, aa, ab …) or Roman numerals, by the kind of a RichList."""
    if kind in "aA" and number > 0:
        text = ""
        while number > 0:
            number, letter = divmod(number - 1, 26)
            text = chr(ord("a") + letter) + text
    elif kind in "iI" and 0 < number < 4000:
        text = ""
        for value, numeral in _NUMERALS:
            text += numeral * (number // value)
            number %= value
    else:
        return str(number)
    return text.upper() if kind.isupper() else text


def number_value(text: str, kind: str) -> int:
    """Return the number that `number_text` writes as the text; 0 if it is none."""
    if kind == "1":
        return int(text) if text.isdecimal() else 0
    return next((number for number in range(1, 400) if number_text(number, kind) == text), 0)


def block_text(block: RichBlock) -> str:
    """Return the text of a block, one line for each paragraph, line break, list item and table row."""
    return "\n".join(text_lines([block]))


def text_lines(blocks: Sequence[RichBlock]) -> Iterator[str]:
    """Yield the lines of the blocks as plain text, with bullets and numbers before list items."""
    for block in blocks:
        if isinstance(block, RichParagraph):
            yield from ("".join(run.text for run in line) for line in block.lines)
        elif isinstance(block, RichList):
            for index, item in enumerate(block.items):
                lead = f"{block.label(index)} "
                for line in text_lines(item):
                    yield lead + line
                    lead = " " * len(lead)
        else:
            if block.caption:
                yield block.caption
            for row in block.head + block.body:
                yield " | ".join(" ".join(line.strip() for line in text_lines(cell.blocks)) for cell in row)
