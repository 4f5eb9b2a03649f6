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
    """The list that Word puts a paragraph in."""

    list_id: str
    level: int
    ordered: bool


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
    start: int = 1  # the first number in the source; stored lists begin at 1


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


RichBlock: TypeAlias = RichParagraph | RichList | RichTable


def block_text(block: RichBlock) -> str:
    """Return the text of a block, one line for each paragraph, line break, list item and table row."""
    return "\n".join(text_lines([block]))


def text_lines(blocks: Sequence[RichBlock]) -> Iterator[str]:
    """Yield the lines of the blocks as plain text, with bullets and numbers before list items."""
    for block in blocks:
        if isinstance(block, RichParagraph):
            yield from ("".join(run.text for run in line) for line in block.lines)
        elif isinstance(block, RichList):
            for number, item in enumerate(block.items, 1):
                lead = f"{number}. " if block.ordered else "• "
                for line in text_lines(item):
                    yield lead + line
                    lead = " " * len(lead)
        else:
            if block.caption:
                yield block.caption
            for row in block.head + block.body:
                yield " | ".join(" ".join(line.strip() for line in text_lines(cell.blocks)) for cell in row)
