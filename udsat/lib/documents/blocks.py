"""The blocks of a document, and the builder that all readers add them to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from udsat.lib.file_checks import UnreadableDocument
from udsat.lib.page_boilerplate import boilerplate_reason, is_foot_heading

MAX_TEXT = 1_500_000
MAX_BLOCKS = 8_000
MAX_LIST_DEPTH = 8


@dataclass(frozen=True)
class Heading:
    """`level` is 1–6 as in HTML, 0 for the title of a Word document."""

    level: int
    text: str
    line: int


@dataclass(frozen=True)
class Paragraph:
    """`bold` is set if all of the text is bold, which often means a heading."""

    text: str
    line: int
    bold: bool = False


@dataclass(frozen=True)
class ListItem:
    """`level` counts from 0. `marker` is as written (•, 1., a), 1.1); `number` is its last number, if any.

    `typed` is set if the marker is part of the text, so that "1. Bolig" may also be a heading.
    """

    text: str
    line: int
    level: int = 0
    marker: str = "•"
    number: int | None = None
    typed: bool = False


@dataclass(frozen=True)
class Table:
    """`cells` holds the blocks of each cell in a grid, with empty cells where another one spans rows or columns."""

    rows: tuple[tuple[str, ...], ...]
    line: int
    cells: tuple[tuple[tuple["Block", ...], ...], ...] = field(default=(), compare=False, repr=False)

    @property
    def text(self) -> str:
        return "\n".join(" | ".join(row) for row in self.rows)


Block = Heading | Paragraph | ListItem | Table


@dataclass(frozen=True)
class ImportNote:
    """A piece of text that was left out or not understood, with the reason in Danish."""

    line: int
    text: str
    reason: str


@dataclass
class Document:
    """`unit` is what `line` counts: "linje" in plain text and Markdown, "afsnit" in Word and HTML."""

    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    ignored: list[ImportNote] = field(default_factory=list)
    left_out: list[ImportNote] = field(default_factory=list)  # text of the source that is in none of the blocks
    unit: str = "linje"

    @property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)


HIDDEN = "Teksten er skjult i filen, så den er ikke taget med"
STRUCK = "Teksten er streget over i filen, så den er ikke taget med"
NO_TEXT = "Der er ingen tekst i filen. Vælg en fil med tekst i."
TOO_LONG = "Teksten er for lang til en strategi eller et referat. Del den i flere filer."
TOO_NESTED = "Filen er bygget så indviklet op, at den ikke kan læses. Kopiér teksten over i en .txt-fil."


class DocumentBuilder:
    """Collects blocks, numbers them, sets web page boilerplate aside and limits the total size."""

    def __init__(self, unit: str, *, is_page: bool = True) -> None:
        self.document = Document(unit=unit)
        self.is_page = is_page  # may have web page boilerplate: menus, contact details
        self.size = 0
        self.count = 0

    def line_number(self, line: int | None) -> int:
        """Return the line, or the running number of the block if the source has no line numbers."""
        self.count += 1
        return self.count if line is None else line

    def add(self, block: Block) -> None:
        if not block.text:
            return
        if isinstance(block, ListItem) and block.level > MAX_LIST_DEPTH:
            block = replace(block, level=MAX_LIST_DEPTH)
        self.size += len(block.text)
        if self.size > MAX_TEXT or len(self.document.blocks) >= MAX_BLOCKS:
            raise UnreadableDocument(TOO_LONG)
        if not isinstance(block, Table) and (reason := self.boilerplate(block.text, isinstance(block, ListItem))):
            self.ignore(block.line, block.text, reason)
        else:
            self.document.blocks.append(block)

    def boilerplate(self, text: str, in_list: bool) -> str:
        """Return the reason why the text is not part of the document; "" if it may be."""
        return boilerplate_reason(text, in_list=in_list) if self.is_page else ""

    def ignore(self, line: int, text: str, reason: str) -> None:
        self.document.ignored.append(ImportNote(line, text, reason))

    def finish(self) -> Document:
        document = self.document
        document.blocks = list(_resolve_dashes(document.blocks))
        while document.blocks and isinstance(last := document.blocks[-1], Paragraph | Heading):
            if not self.is_page or not is_foot_heading(last.text):
                break
            document.blocks.pop()
            self.ignore(last.line, last.text, "sidens fod")
        document.ignored.sort(key=lambda remark: remark.line)
        return document


_SPEECH_VERBS = re.compile(r"\b(siger|fortæller|udtaler|forklarer|understreger|tilføjer|mener|lyder det)\b")


def _resolve_dashes(blocks: list[Block]) -> Iterator[Block]:
    """Turn items with a dash into paragraphs where the dash begins a quotation: "– Vi er glade, siger formanden."""
    for index, block in enumerate(blocks):
        if isinstance(block, ListItem) and block.typed and block.marker in "-–—":
            before = blocks[index - 1] if index else None
            after = blocks[index + 1] if index + 1 < len(blocks) else None
            is_alone = not isinstance(before, ListItem) and not isinstance(after, ListItem)
            if _SPEECH_VERBS.search(block.text) or is_alone and not (before and before.text.endswith(":")):
                block = Paragraph(f"{block.marker} {block.text}", block.line)
        yield block
