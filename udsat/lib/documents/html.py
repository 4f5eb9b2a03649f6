"""Read HTML into blocks: structure from the elements, running text line by line, as in plain text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from udsat.lib.file_checks import UnreadableDocument

from .blocks import TOO_NESTED, Block, Document, DocumentBuilder, Heading, ListItem, Table
from .folded import HEADINGS, unfold
from .html_page import DROPPED, INLINE, Page, parse_html, take_out_unseen
from .text import INTENDED, SPACES, TextLine, TextReader, normalise_text, single_spaced

MAX_SPAN = 20  # columns or rows of a table that a cell takes up


def read_html(text: str, unit: str = "afsnit", width: int | None = INTENDED) -> Document:
    """Read a web page or an HTML fragment. For `unit` see Document, for `width` INTENDED and UNINTENDED.

    Raises UnreadableDocument if there is no text or too much.
    """
    root = parse_html(text)
    left_out = take_out_unseen(root)
    try:
        builder = DocumentBuilder(unit)
        page = Page(root)
        unfold(page.body)
        _HtmlReader(builder, page, width).read()
        document = builder.finish()
    except RecursionError as error:
        raise UnreadableDocument(TOO_NESTED) from error
    title = root.find(".//title")
    document.title = document.title or (single_spaced(title.text_content()) if title is not None else "")
    document.left_out = left_out
    return document


class _HtmlReader:
    def __init__(self, builder: DocumentBuilder, page: Page, width: int | None) -> None:
        self.builder = builder
        self.page = page
        self.width = width
        self.pieces: list[tuple[str, bool]] = []
        self.line: int | None = None

    def read(self) -> None:
        self.walk(self.page.body, bold=False, lists=())
        self.flush()

    def walk(self, node: Any, bold: bool, lists: tuple[str, ...]) -> None:
        self.text(node.text, bold)
        for child in node:
            if isinstance(child.tag, str):
                self.element(child, bold, lists)
            self.text(child.tail, bold)

    def text(self, text: str | None, bold: bool) -> None:
        if text:
            self.pieces.append((re.sub(r"[ \t\n\xa0]+", " ", text), bold))

    def element(self, node: Any, bold: bool, lists: tuple[str, ...]) -> None:
        tag = node.tag
        if tag in DROPPED:
            return
        if tag in ("br", "hr"):
            self.pieces += [("\n", bold)] + [("\f", bold)] * (node.get("class") == "apart")
            return
        if reason := self.page.exclusion_reason(node):
            self.set_aside(node, reason)
            return
        if tag in INLINE or tag == "button":
            is_note = (
                tag == "sup"
                and node.find("a") is not None
                and re.match(r"#_?(foot|end|ftn|edn)", node.find("a").get("href") or "")
            )
            if not is_note:
                self.walk(node, bold or tag in ("b", "strong"), lists)
            return
        self.flush()
        if tag in HEADINGS:
            self.heading(node)
        elif tag in ("ul", "ol", "menu"):
            self.listing(node, lists)
        elif tag == "table" and self.table(node):
            pass
        elif tag == "pre":
            self.lines(normalise_text(node.text_content()).split("\n"), self.source_line(node), 0)
        else:
            self.line = self.source_line(node) if node.get("data-line") else self.line
            self.walk(node, tag in ("dt", "summary", "th"), lists)
            self.flush()

    def set_aside(self, node: Any, reason: str) -> None:
        if text := single_spaced(self.inner_text(node)):
            self.builder.ignore(self.builder.line_number(self.source_line(node)), text, reason)

    def source_line(self, node: Any) -> int | None:
        """The line in the Markdown source; None if the builder is to count."""
        while node is not None:
            if line := node.get("data-line"):
                return int(line) if line.isdecimal() and len(line) < 9 else None
            node = node.getparent()
        return None

    def flush(self) -> None:
        """Add the running text collected so far as paragraphs."""
        pieces, self.pieces = self.pieces, []
        lines: list[list[tuple[str, bool]] | None] = [[]]
        for text, bold in pieces:
            if text == "\f":
                lines.insert(-1, None)  # a separate paragraph follows
            elif text == "\n":
                lines.append([])
            elif lines[-1] is not None:
                lines[-1].append((text, bold))
        texts: list[str | None] = []
        for line in lines:
            if line is None:
                texts.append(None)
                continue
            text = single_spaced("".join(text for text, _ in line))
            # Marked as in plain text, which the same reader reads.
            is_bold = bool(text) and all(bold for text, bold in line if text.strip())
            texts.append(f"**{text.strip('*')}**" if is_bold and "**" not in text else text)
        if any(texts):
            self.lines(texts, self.line, self.width)
        self.line = None

    def lines(self, texts: Iterable[str | None], first: int | None, width: int | None) -> None:
        """Read lines of running text; None ends a paragraph without counting as a line of the source."""
        numbered = []
        line = first
        for text in texts:
            if text is None:
                numbered.append(TextLine(0, 0, ""))
                continue
            number = self.builder.line_number(line) if text or line is not None else 0
            line = None if line is None else line + 1
            numbered.append(TextLine(number, 0, SPACES.sub(" ", text).strip()))
        TextReader(self.builder, width).read(numbered)

    def heading(self, node: Any) -> None:
        text = single_spaced(self.inner_text(node))
        if text:
            level = 0 if "doc-title" in (node.get("class") or "").split() else int(node.tag[1])
            self.builder.add(Heading(level, text, self.builder.line_number(self.source_line(node))))

    def inner_text(self, node: Any, inner: list[Any] | None = None) -> str:
        """Text of an element with spaces for line breaks, without DROPPED elements. Nested lists go into `inner`."""
        parts = [node.text or ""]
        for child in node:
            if inner is not None and child.tag in ("ul", "ol", "menu"):
                inner.append(child)
            elif child.tag in ("br", "hr"):
                parts.append(" ")
            elif isinstance(child.tag, str) and child.tag not in DROPPED:
                space = "" if child.tag in INLINE else " "
                parts.append(f"{space}{self.inner_text(child, inner)}{space}")
            parts.append(child.tail or "")
        return "".join(parts)

    def listing(self, node: Any, lists: tuple[str, ...]) -> None:
        start = node.get("start") or "1"
        number = int(start) if start.isdecimal() and len(start) < 4 else 1
        for child in node:
            if not isinstance(child.tag, str) or child.tag in DROPPED:
                continue
            if child.tag in ("ul", "ol"):  # some editors put a list directly inside a list
                self.listing(child, (*lists, child.tag))
                continue
            if reason := self.page.exclusion_reason(child):
                self.set_aside(child, reason)
                continue
            self.item(child, node.tag, number, lists)
            number += 1

    def item(self, node: Any, tag: str, number: int, lists: tuple[str, ...]) -> None:
        line = self.builder.line_number(self.source_line(node))
        if re.match(r"(foot|end)note-", node.get("id") or ""):
            self.builder.ignore(line, single_spaced(node.text_content().replace("↑", "")), "fodnote")
            return
        if any(True for _ in node.iter(*HEADINGS, "table")):  # a card, not a list item
            self.walk(node, False, ())
            self.flush()
            return
        inner: list[Any] = []
        text = single_spaced(self.inner_text(node, inner))
        text = re.sub(r"^[•◦▪●·–-]\s+", "", text)
        ordered = tag == "ol"
        self.builder.add(
            ListItem(text, line, len(lists), f"{number}." if ordered else "•", number if ordered else None)
        )
        for child in inner:
            self.listing(child, (*lists, child.tag))

    def table(self, node: Any) -> bool:
        """Add a table. Returns False, without adding, for a layout table: of one column, nested, or with headings
        in several columns."""
        rows = [row for row in node.iter("tr") if next(row.iterancestors("table")) is node]
        rows = [row for row in rows if single_spaced(self.inner_text(row))]
        grid = [tuple(row.iterchildren("td", "th")) for row in rows]
        texts = tuple(tuple(single_spaced(self.inner_text(cell)) for cell in row) for row in grid)
        is_layout = max((sum(map(bool, row)) for row in texts), default=0) < 2
        columns_with_headings = {
            index for row in grid for index, cell in enumerate(row) if any(True for _ in cell.iter(*HEADINGS))
        }
        if is_layout or columns_with_headings - {0} or any(e is not node for e in node.iter("table")):
            return False
        line = self.builder.line_number(self.source_line(node))
        self.builder.add(Table(texts, line, tuple(self.cells(grid, line))))
        return True

    def cells(self, grid: list[tuple[Any, ...]], line: int) -> Iterator[tuple[tuple[Block, ...], ...]]:
        """Yield the rows of a table as blocks, with empty cells for those that span rows or columns."""
        spans: dict[int, int] = {}  # rows that a cell above still takes up, by column
        for row in grid:
            cells: list[tuple[Block, ...]] = []

            def skip_spanned(cells: list[tuple[Block, ...]] = cells) -> None:
                while spans.get(len(cells), 0) > 0:
                    spans[len(cells)] -= 1
                    cells.append(())

            for cell in row:
                skip_spanned()
                width, height = (min(_number(cell.get(name)), MAX_SPAN) for name in ("colspan", "rowspan"))
                for _ in range(width):
                    spans[len(cells)] = height - 1
                    cells.append(())
                cells[-width] = self.blocks_in(cell, line)
            skip_spanned()
            yield tuple(cells)

    def blocks_in(self, cell: Any, line: int) -> tuple[Block, ...]:
        builder = DocumentBuilder("afsnit", is_page=False)
        reader = _HtmlReader(builder, self.page, INTENDED)
        reader.walk(cell, bold=False, lists=())
        reader.flush()
        document = builder.finish()
        self.builder.document.ignored += [replace(note, line=line) for note in document.ignored]
        return tuple(replace(block, line=line) for block in document.blocks)


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and 0 < len(value) < 4 and int(value) else 1
