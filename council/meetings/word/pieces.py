"""A document as a flat list of pieces: headings, paragraphs, list items and tables. No database access."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from udsat.lib.richtext.blocks import RichBlock, RichList, RichParagraph, RichTable, Run, block_text
from udsat.lib.richtext.cleaning import write_blocks


@dataclass
class Piece:
    """`kind` is heading, text, item or table.

    `number`, `list_number` and `list_kind` belong to a list item and its list. A number typed as text stays in `text`.
    """

    kind: str
    text: str
    line: int
    blocks: list[RichBlock]
    level: int = 0
    number: int | None = None
    list_number: int = 0
    bold: bool = False
    list_kind: str = "1"

    @property
    def first_line(self) -> str:
        return self.text.split("\n", 1)[0].strip()


def pieces_of(blocks: Iterable[RichBlock]) -> list[Piece]:
    return list(_pieces(blocks))


def _pieces(blocks: Iterable[RichBlock]) -> Iterator[Piece]:
    line = 0
    for list_number, block in enumerate(blocks, 1):
        line += 1
        if isinstance(block, RichParagraph):
            kind = "text" if block.heading is None else "heading"
            is_bold = bool(block.text.strip()) and all(
                run.strong for line_ in block.lines for run in line_ if run.text.strip(" .:")
            )
            yield Piece(kind, block.text, line, [block], level=block.heading or 0, bold=is_bold)
        elif isinstance(block, RichList):
            for number, item in enumerate(block.items, block.start):
                text = "\n".join(map(block_text, item))
                first = item[0] if item and isinstance(item[0], RichParagraph) else None
                is_bold = first is not None and all(run.strong for run in first.lines[0] if run.text.strip(" .:"))
                shown_number = number if block.ordered else None
                yield Piece("item", text, line, list(item), 0, shown_number, list_number, is_bold, block.kind)
                line += 1
            line -= 1
        else:
            yield Piece("table", block_text(block), line, [block])


def to_html(pieces: Sequence[Piece]) -> str:
    """Return the pieces as stored HTML: adjacent items of a list become a list, headings become bold."""
    return write_blocks(to_blocks(pieces))


def to_blocks(pieces: Sequence[Piece]) -> list[RichBlock]:
    blocks: list[RichBlock] = []
    open_list = 0
    for piece in pieces:
        if piece.kind != "item":
            blocks += piece.blocks
            open_list = 0
            continue
        if piece.list_number != open_list:
            blocks.append(RichList(piece.number is not None, start=piece.number or 1, kind=piece.list_kind))
            open_list = piece.list_number
        blocks[-1].items.append(piece.blocks)  # type: ignore[union-attr]
    return blocks


def split_lines(piece: Piece) -> list[Piece]:
    """Split a paragraph of several lines into a piece for each."""
    block = piece.blocks[0] if len(piece.blocks) == 1 else None
    if piece.kind not in ("text", "heading") or not isinstance(block, RichParagraph) or len(block.lines) < 2:
        return [piece]
    return [
        replace(piece, text=part.text, blocks=[part], bold=all(r.strong for r in part.lines[0] if r.text.strip(" .:")))
        for part in (RichParagraph([line], heading=block.heading) for line in block.lines)
        if part.text.strip()
    ]


def drop_start(piece: Piece, length: int) -> Piece | None:
    """Return the piece without the first `length` characters of its first paragraph; None if nothing is left."""
    if not piece.blocks or not isinstance(piece.blocks[0], RichParagraph):
        return piece
    paragraph = piece.blocks[0]
    lines = [list(line) for line in paragraph.lines]
    for number, line in enumerate(lines):
        for at, run in enumerate(line):
            cut = min(length, len(run.text))
            line[at] = run._replace(text=run.text[cut:])
            length -= cut
        if length > 0 and number + 1 < len(lines):
            length -= 1  # the line break
    kept = [[run for run in line if run.text] for line in lines]
    while kept and not "".join(run.text for run in kept[0]).strip():
        kept.pop(0)
    if kept:
        kept[0][0] = kept[0][0]._replace(text=kept[0][0].text.lstrip(" :.–-\t"))
        kept[0] = [run for run in kept[0] if run.text] or [Run("")]
    rest: list[RichBlock] = (
        [RichParagraph(kept)] if kept and any(run.text.strip() for line in kept for run in line) else []
    )
    rest += piece.blocks[1:]
    if not rest:
        return None
    return replace(piece, text="\n".join(map(block_text, rest)), blocks=rest)


def as_text(piece: Piece) -> list[Piece]:
    """Return the content of a list item as pieces."""
    return [replace(p, line=piece.line) for p in pieces_of(piece.blocks)]


def rows_of(piece: Piece) -> list[list[str]]:
    """Return the cells of a table as text, row by row, header first."""
    table = piece.blocks[0]
    assert isinstance(table, RichTable)
    return [
        [re.sub(r"[ \t]+", " ", "\n".join(map(block_text, cell.blocks))).strip() for cell in row]
        for row in (*table.head, *table.body)
    ]
