"""A document as a row of pieces: headings, lines, list items, tables. Where an agenda item begins is said of pieces."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from udsat.lib.richtext.blocks import RichBlock, RichList, RichParagraph, RichTable, Run, block_text
from udsat.lib.richtext.cleaning import write_blocks


@dataclass
class Piece:
    """`kind` is heading, text, item or table. `number` is the one in front of it, if any; `text` is without it only
    for list items, whose number is the list's. `listing` tells the items of one list from those of another."""

    kind: str
    text: str
    line: int
    blocks: list[RichBlock]
    level: int = 0
    number: int | None = None
    listing: int = 0
    bold: bool = False
    is_table_row: list[str] = field(default_factory=list)

    @property
    def first(self) -> str:
        """The first line."""
        return self.text.split("\n", 1)[0].strip()


def pieces_of(blocks: Iterable[RichBlock]) -> list[Piece]:
    return list(_pieces(blocks))


def _pieces(blocks: Iterable[RichBlock]) -> Iterator[Piece]:
    line = 0
    for listing, block in enumerate(blocks, 1):
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
                yield Piece(
                    "item", text, line, list(item), number=number if block.ordered else None, listing=listing,
                    bold=is_bold,
                )  # fmt: skip
                line += 1
            line -= 1
        else:
            yield Piece("table", block_text(block), line, [block])


def to_html(pieces: Sequence[Piece]) -> str:
    """The pieces as the HTML we store: neighbouring items of a list are a list again, headings are bold."""
    return write_blocks(to_blocks(pieces))


def to_blocks(pieces: Sequence[Piece]) -> list[RichBlock]:
    blocks: list[RichBlock] = []
    open_list = 0
    for piece in pieces:
        if piece.kind != "item":
            blocks += piece.blocks
            open_list = 0
            continue
        if piece.listing != open_list:
            blocks.append(RichList(piece.number is not None))
            open_list = piece.listing
        blocks[-1].items.append(piece.blocks)  # type: ignore[union-attr]
    return blocks


def split_lines(piece: Piece) -> list[Piece]:
    """A paragraph of several lines as a piece for each."""
    block = piece.blocks[0] if len(piece.blocks) == 1 else None
    if piece.kind not in ("text", "heading") or not isinstance(block, RichParagraph) or len(block.lines) < 2:
        return [piece]
    return [
        replace(piece, text=part.text, blocks=[part], bold=all(r.strong for r in part.lines[0] if r.text.strip(" .:")))
        for part in (RichParagraph([line], heading=block.heading) for line in block.lines)
        if part.text.strip()
    ]


def drop_start(piece: Piece, length: int) -> Piece | None:
    """The piece without the first characters of its first paragraph; None if nothing is left."""
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
    """What stands inside a list item, as pieces of its own."""
    return [replace(p, line=piece.line) for p in pieces_of(piece.blocks)]


def rows_of(piece: Piece) -> list[list[str]]:
    """Head and body of a table, cell by cell."""
    table = piece.blocks[0]
    assert isinstance(table, RichTable)
    return [
        [re.sub(r"[ \t]+", " ", "\n".join(map(block_text, cell.blocks))).strip() for cell in row]
        for row in (*table.head, *table.body)
    ]
