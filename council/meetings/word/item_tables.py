"""Find the items that stand in tables: a table for each item, a row for each field, a row for each item.

A table of data inside an item, such as a budget, stays a table. No database access.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from udsat.lib.danish import fold
from udsat.lib.richtext.blocks import RichBlock, RichCell, RichParagraph, RichTable, Run, block_text

from . import label_patterns, standard_labels
from .item_boundaries import BARE_NUMBER, NUMBER, POINT, ItemStart
from .pieces import Piece, pieces_of, rows_of

Row = list[RichCell]

_MAX_TITLE = 200
_POINT_LABEL = re.compile(
    r"(?:dagsordens?)?(?:punkt|pkt\.?)\s*(?:nr\.?)?\s*:?|nr\.?\s*:?|dagsorden(?:ens punkt)?\s*:?", re.I
)
_TITLE_LABEL = re.compile(
    r"(?:emne|titel|overskrift|sag|tema|punktets titel|dagsordens?punkt|overskrift på punktet)(?:\s*:\s*|$)", re.I
)
_POINT_COLON = re.compile(r"^(?:dagsordens?)?(?:punkt|pkt\.?)\s*+(?:nr\.?\s*+)?:\s*+(?=\d)", re.I)
_OTHER_POINT = re.compile(r"(?:ad|sag|emne|tema)\.?\s*(\d{1,3})(?!\d)(?:\s*[.:)–—-]+)?\s*", re.I)
_CLOCK = re.compile(r"(?:kl\.?\s*)?\d{1,2}[.:]\d\d")
_NUMBER_CELL = re.compile(r"(\d{1,3})\s*[.):]?")


def unfold_tables(pieces: list[Piece], *, has_items: bool) -> list[Piece]:
    """Return the pieces, with the cells of each table that holds items or labels as headings and paragraphs.

    `has_items`: items were found outside the tables.
    """
    tables = {i: _Table(piece) for i, piece in enumerate(pieces) if piece.kind == "table"}
    sure = {i for i, table in tables.items() if table.is_sure}
    likely = {i for i, table in tables.items() if table.is_likely}
    heads = [head for i in sorted(likely) for head in tables[i].heads]
    numbers = [number for number, _ in heads]
    if any(tables[i].heads for i in sure) or not has_items and len(heads) > 1 and numbers == sorted(set(numbers)):
        sure |= likely
    return [part for i, piece in enumerate(pieces) for part in (tables[i].pieces() if i in sure else [piece])]


class _Table:
    """A table whose rows may be the head of an item, a label with its text, labels above columns, or other cells."""

    def __init__(self, piece: Piece) -> None:
        block = piece.blocks[0]
        assert isinstance(block, RichTable)
        self.line, self.caption = piece.line, block.caption
        self.rows = [row for row in (*block.head, *block.body) if any(map(_text, row))]
        has_columns = bool(_item_columns(rows_of(piece)))
        if has_columns and not any(_field(_text(_filled(row)[0])) for row in self.rows):
            self.rows = []
        self.kinds = [
            "taken" if _is_column_head(row, below) else _kind(row)
            for row, below in zip(self.rows, [*self.rows[1:], []], strict=False)
        ]
        self.lists = 0
        self.titles: dict[int, tuple[int, str, list[RichBlock]]] = {}
        for i, row in enumerate(self.rows):
            is_before_label = i + 1 < len(self.rows) and self.kinds[i + 1] in ("field", "columns", "label")
            if self.kinds[i] in ("", "meeting", "field") and (
                title := _item_head(row, is_before_label, is_first=i == 0)
            ):
                self.titles[i], self.kinds[i] = title, "head"
        for i in list(self.titles):
            self.take_title_row(i)

    def take_title_row(self, i: int) -> None:
        """Join »Punkt nr. | 1« with the row below: »Emne | Velkomst«."""
        number, title, rest = self.titles[i]
        below = [cell for cell in self.rows[i + 1] if _text(cell)] if i + 1 < len(self.rows) else []
        if re.search(r"[^\W\d]", title.removeprefix("Punkt")) or not below:
            return
        text = ": ".join(_text(cell).rstrip(" :") for cell in below)
        if "\n" not in text and (label := _TITLE_LABEL.match(text)) and label.end() < len(text):
            self.titles[i] = (number, f"{title} {text[label.end() :]}", rest)
            self.kinds[i + 1] = "taken"

    @property
    def heads(self) -> list[tuple[int, str]]:
        return [(number, title) for number, title, _ in self.titles.values()]

    @property
    def is_sure(self) -> bool:
        """Whether the label of a field follows the head of an item, or each row begins with a label."""
        kinds = [kind for kind in self.kinds if kind != "taken"]
        if "head" in kinds:
            has_field = any(
                _begins_with_field(block_text(block)) for *_, rest in self.titles.values() for block in rest
            )
            return has_field or any(kind in ("field", "columns") for kind in kinds[kinds.index("head") :])
        return "field" in kinds and set(kinds) <= {"field", "label"}

    @property
    def is_likely(self) -> bool:
        """Whether the table begins with the number of an item, and has at most one cell of text in the other rows."""
        has_number = 0 in self.titles and bool(self.titles[0][0])
        return has_number and all(
            kind or len(_filled(row)) == 1 for row, kind in zip(self.rows, self.kinds, strict=True)
        )

    def pieces(self) -> Iterator[Piece]:
        if self.caption:
            yield self.text_piece([Run(self.caption)])
        i = 0
        while i < len(self.rows):
            row, kind = self.rows[i], self.kinds[i]
            i += 1
            if kind == "head":
                number, title, rest = self.titles[i - 1]
                paragraph = RichParagraph([[Run(title, strong=True)]], heading=1)
                yield Piece("heading", title, self.line, [paragraph], level=1, bold=True)
                yield from self.pieces_in(rest)
            elif kind in ("field", "label", "meeting"):
                yield from self.labelled(row)
            elif kind == "columns":
                count = len(list(takewhile(lambda k: not k, self.kinds[i:])))
                for below in self.rows[i : i + count]:
                    yield from self.in_columns(row, below)
                i += count
            elif not kind:
                count = len(
                    list(takewhile(lambda j: _is_data(self.rows[j], self.kinds[j]), range(i - 1, len(self.rows))))
                )
                if count > 1:
                    table = RichTable("", [], self.rows[i - 1 : i - 1 + count])
                    yield Piece("table", block_text(table), self.line, [table])
                    i += count - 1
                elif count and len(cells := _filled(row)) == 2 and re.fullmatch(r"[^\d\n]{2,48}", _text(cells[0])):
                    yield from self.value(_text(cells[0]), cells[1:], has_cell=True)
                else:
                    yield from (part for cell in row for part in self.pieces_in(cell.blocks))

    def labelled(self, row: Row) -> Iterator[Piece]:
        """Yield the texts of a row such as »Ansvarlig | Lise | Frist | 1. maj« under their labels."""
        cells = _filled(row)
        for at, group in _groups(cells):
            label = cells[at]
            if _is_label(_text(label)):
                yield from self.value(_text(label), group, has_cell=len(row) > 1)
            else:
                yield from (part for cell in (label, *group) for part in self.pieces_in(cell.blocks))

    def in_columns(self, head: Row, row: Row) -> Iterator[Piece]:
        for i, cell in enumerate(row):
            if not _text(cell):
                continue
            if i < len(head) and len(head) == len(row):
                yield from self.value(_text(head[i]), [cell], has_cell=True)
            else:
                yield from self.pieces_in(cell.blocks)

    def value(self, label: str, cells: Row, *, has_cell: bool) -> Iterator[Piece]:
        name = label.strip(" .:")
        if (key := _field(label)) and not label_patterns.label(f"{name}:", label_patterns.FIELD):
            name = standard_labels.FIELDS.get(key, standard_labels.AGREEMENTS)
        blocks = [block for cell in cells for block in cell.blocks if block_text(block).strip()]
        first = blocks[0] if len(blocks) == 1 else None
        if isinstance(first, RichParagraph) and len(first.lines) == 1:
            yield self.text_piece([Run(f"{name}: "), *first.lines[0]])
        elif blocks or key or not has_cell:
            yield self.text_piece([Run(f"{name}:", strong=True)])
            yield from self.pieces_in(blocks)

    def pieces_in(self, blocks: list[RichBlock]) -> Iterator[Piece]:
        self.lists += 1
        for piece in pieces_of(blocks):
            if piece.text.strip():
                # Lists beside each other are told apart by their numbers, which are positive outside the tables.
                own = -(self.line * 10_000_000 + self.lists * 1000 + piece.list_number)
                yield replace(piece, line=self.line, list_number=piece.list_number and own)

    def text_piece(self, runs: list[Run]) -> Piece:
        paragraph = RichParagraph([runs])
        return Piece("text", paragraph.text, self.line, [paragraph], bold=all(run.strong for run in runs))


def _text(cell: RichCell) -> str:
    return "\n".join(map(block_text, cell.blocks)).strip()


def _filled(row: Row) -> Row:
    return [cell for cell in row if _text(cell)]


def _field(text: str) -> str:
    """Return the key of the field that the whole text names; of »Drøftelse og beslutning«, the first."""
    name = text.strip(" .:")
    if not name or len(name) > 48 or re.search(r"[:\n]", name):
        return ""
    if label_match := label_patterns.label(f"{name}:", label_patterns.FIELD):
        return label_match.key
    parts = [label_patterns.FIELD.get(fold(part.strip()), "") for part in re.split(r"/|,|&|\bog\b", name)]
    return parts[0] if all(parts) else ""


def _is_label(text: str) -> bool:
    name = text.strip(" .:")
    if not name or re.search(r"[:\n]", name):
        return False
    tables = (label_patterns.AGREEMENT_PART, label_patterns.META, label_patterns.HEAD)
    return bool(_field(text) or any(label_patterns.label(f"{name}:", table) for table in tables))


def _begins_with_field(text: str) -> bool:
    """Return whether the text has a label and the text below or after it."""
    label_match = label_patterns.label(text, label_patterns.FIELD)
    return label_match is not None and bool(text[label_match.end :].strip()) and ("\n" in text or ":" in text)


def _kind(row: Row) -> str:
    """Return "columns", "field", "label", or "meeting" for a label about the whole meeting; empty for other rows."""
    texts = [_text(cell) for cell in _filled(row)]
    if _is_columns(texts):
        return "columns"
    has_words = any(re.search(r"[^\W\d]", text) for text in texts[1:])
    if any(map(_begins_with_field, texts)) or _field(texts[0]) and (has_words or len(texts) == 1):
        return "field"
    if len(row) < 2 or not _text(row[0]) or not _is_label(texts[0]):
        return ""
    label_match = label_patterns.head_label(f"{texts[0].strip(' .:')}:")
    return "meeting" if label_match and label_match.key not in ("date", "kind", "files") else "label"


def _is_columns(texts: list[str]) -> bool:
    labels = [_field(text) or label_patterns.label(f"{text}:", label_patterns.AGREEMENT_PART) for text in texts]
    return len(texts) > 1 and all(labels) and all("\n" not in text for text in texts)


def _is_column_head(row: Row, below: Row) -> bool:
    """Return whether the row names the columns of the head of an item: »Punkt | Titel | Ansvarlig« above »1 | …«."""
    is_above_number = bool(below) and _NUMBER_CELL.fullmatch(_text(below[0])) is not None
    return is_above_number and bool(_item_columns([list(map(_text, row))] * 2))


def _is_data(row: Row, kind: str) -> bool:
    return not kind and len(_filled(row)) > 1


def _groups(cells: Row) -> Iterator[tuple[int, Row]]:
    """Yield the index of each label and the cells until the next; the first cell counts as a label."""
    starts = [
        i for i, cell in enumerate(cells) if i == 0 or _is_label(_text(cell)) and not _is_label(_text(cells[i - 1]))
    ]
    for at, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        yield at, cells[at + 1 : end]


def _item_head(row: Row, is_before_label: bool, *, is_first: bool) -> tuple[int, str, list[RichBlock]] | None:
    """Return number, title and further blocks if the row begins an item."""
    cells = _filled(row)
    texts = [_text(cell) for cell in cells]
    if len(cells) > 1 and _CLOCK.match(texts[0]):
        found = _item_head(cells[1:], is_before_label, is_first=is_first)
        return found and (found[0], found[1], [*found[2], *cells[0].blocks])
    first = _POINT_COLON.sub("Punkt ", texts[0].split("\n", 1)[0].strip())
    others = texts[1:]
    has_words = bool(others) and re.search(r"[^\W\d]", others[0]) is not None
    if (match := POINT.match(first)) and not re.match(r"[a-zæøå]", "" if match["sep"] else first[match.end() :]):
        lead, title = f"Punkt {match[1]}: ", first[match.end() :]
    elif match := _OTHER_POINT.match(first):
        lead, title = f"{match[1]}. ", first[match.end() :]
    elif others and _POINT_LABEL.fullmatch(first) and not re.search(r"\n *+\d", others[0]):
        match = NUMBER.match(others[0]) or BARE_NUMBER.match(others[0]) or _NUMBER_CELL.fullmatch(others[0])
        cells, texts, others = cells[1:], texts[1:], texts[2:]
        lead, title = (f"Punkt {match[1]}: ", texts[0][match.end() :]) if match else ("", texts[0])
        title = title.split("\n", 1)[0]
    elif has_words and (match := _NUMBER_CELL.fullmatch(first)):
        lead, title = f"{match[1]}. ", ""
    elif (not others or has_words) and (match := NUMBER.match(first) or (None if others else BARE_NUMBER.match(first))):
        lead, title = f"{match[1]}. ", first[match.end() :]
    elif len(others) == 1 and is_before_label and (label := _TITLE_LABEL.match(first)) and label.end() == len(first):
        match, lead, title, cells, texts = None, "", others[0], cells[1:], texts[1:]
    elif not others and is_before_label and (is_first or _is_bold(cells[0])) and len(texts[0]) < 120:
        if "\n" in texts[0] or _field(texts[0]) or first.endswith("."):
            return None
        match, lead, title = None, "", first
    else:
        return None
    used, skip = 1, 1
    if not title.strip() and "\n" in texts[0]:
        title, skip = texts[0].split("\n")[1], 2
    elif not title.strip() and len(cells) > 1 and not _TITLE_LABEL.fullmatch(texts[1]):
        title, used = texts[1].split("\n", 1)[0], 2
    elif not title.strip() and len(cells) > 2:
        title, used = texts[2].split("\n", 1)[0], 3
    if len(title) > _MAX_TITLE:
        return None
    title = title.strip()
    if (label := _TITLE_LABEL.match(title)) and label.end() < len(title):
        title = title[label.end() :]
    last = cells[used - 1].blocks
    for _ in range(skip):
        last = _without_line(last)
    rest = [*last, *(block for cell in cells[used:] for block in cell.blocks)]
    return (int(match[1]) if match else 0), f"{lead}{title}".strip(), rest


def _is_bold(cell: RichCell) -> bool:
    return cell.header or all(
        piece.bold or piece.kind == "heading" for piece in pieces_of(cell.blocks) if piece.text.strip()
    )


def _without_line(blocks: list[RichBlock]) -> list[RichBlock]:
    """Return the blocks without the first line."""
    blocks = list(blocks)
    while blocks and not block_text(blocks[0]).strip():
        blocks.pop(0)
    first = blocks[0] if blocks else None
    if isinstance(first, RichParagraph):
        return [*([RichParagraph(first.lines[1:])] if len(first.lines) > 1 else []), *blocks[1:]]
    return blocks[1:]


def items_in_table(pieces: list[Piece]) -> tuple[int, list[tuple[ItemStart, list[Piece]]]] | None:
    """Find a table with a row for each item; return its index and the items with their text."""
    for index, piece in enumerate(pieces):
        if piece.kind != "table" or not (columns := _item_columns(rows := rows_of(piece))):
            continue
        head = next(i for i, row in enumerate(rows) if _columns_of(row) == columns)
        bodies: list[tuple[ItemStart, list[Piece]]] = []
        for row in rows[head + 1 :]:
            title, number, body = _item_of(row, columns, rows[head], piece.line)
            if title or number or body and not bodies:
                number = number or len(bodies) + 1
                bodies.append((ItemStart(index, "table", number, title, []), body))
            elif bodies:
                bodies[-1][1].extend(body)
        if bodies:
            return index, bodies
    return None


def _columns_of(row: list[str]) -> list[str]:
    found = (label_patterns.ITEM_COLUMNS.get(fold(cell.strip(" .:"))) or _field(cell) for cell in row)
    names = [name if name in label_patterns.ITEM_COLUMNS.values() else "" for name in found]
    if names.count("title") > 1:  # »Punkt | Emne«
        names[names.index("title")] = "number"
    return names


def _item_columns(rows: list[list[str]]) -> list[str]:
    """Return the names of the columns if one of the first rows is the head of a table of items."""
    for row in rows[:-1][:3]:
        columns = _columns_of(row)
        if "title" in columns and len(set(columns) - {""}) > 1:
            return columns
    return []


def _item_of(row: list[str], columns: list[str], head: list[str], line: int) -> tuple[str, int, list[Piece]]:
    cells = {name: cell for name, cell in zip(columns, row, strict=False) if name and cell}
    title, _, more = cells.get("title", "").partition("\n")
    number = re.match(r"(\d{1,3})[.)]?\s*", cells.get("number", "") or title)
    if not cells.get("number") and number:
        title = title[number.end() :]
    body = _lines(more, line)
    # A column with another name keeps its name.
    for name, column, cell in zip(head, columns, row, strict=False):
        if cell and not column:
            body += _lines(f"{name}: {cell}" if name else cell, line)
    for name, label in standard_labels.FIELDS.items():
        if name in cells:
            body += [*_lines(f"{label}:", line), *_lines(cells[name], line)]
    agreements = cells.get("agreements", "")
    body += [part for text in agreements.split("\n") if text.strip() for part in _lines(f"Aftale: {text}", line)]
    for name, label in (("responsible", "Ansvarlig"), ("due_on", "Frist")):
        if name in cells:
            body += _lines(f"{label}: {cells[name].replace(chr(10), ', ')}", line)
    return title.strip(), int(number[1]) if number else 0, body


def _lines(text: str, line: int) -> list[Piece]:
    return [Piece("text", part, line, [RichParagraph([[Run(part)]])]) for part in text.split("\n") if part.strip()]
