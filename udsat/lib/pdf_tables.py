"""Tables of a PDF: columns of numbers, and wide tables.

A table that is wider than the text gets smaller type, then a landscape page, and is then split into several tables.
"""

import copy
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

# In points. Below 7.5 points, text on paper is hard to read.
SMALLER_TYPE = (("small", 8.5), ("smaller", 7.5))
LANDSCAPE_WIDTH = 257 * 72 / 25.4 * 4 / 3  # of the text, in CSS pixels, as in `@page landscape` of print.css
_PIXELS_PER_POINT = 4 / 3
_NUMBER = re.compile(
    r"(kr\.?\s*+)?([-+−–±]\s*+)?(\d{1,3}([.\s]\d{3})+|\d+)(,\d+)?\s*+(%|((t\.|mio\.?|mia\.?)\s*+)?(kr\.?)?(,-)?)"
)
_NO_NUMBER = re.compile(r"[-–—]?")


TALL = 1_200  # characters of a cell: some 15 lines


def mark_tall_rows(root: Any) -> None:
    """Set `data-tall` on rows that may break across pages, because they would leave much of a page empty."""
    for row in root.iter("tr"):
        if any(sum(map(len, cell.itertext())) > TALL / (1 + len(row) / 4) for cell in row):
            row.set("data-tall", "")


def mark_numbers(root: Any) -> None:
    """Set `data-number` on the cells of each column of numbers, with its heading; print.css aligns them right."""
    for table in root.iter("table"):
        columns: dict[int, list[Any]] = {}
        for cell, (column, span) in zip(_cells(table), _grid(table), strict=True):
            if span == 1:
                columns.setdefault(column, []).append(cell)
        headings = {cell for head in table.findall("thead") for cell in head.iter("th")}
        for cells in columns.values():
            texts = [" ".join("".join(cell.itertext()).split()) for cell in cells if cell not in headings]
            numbers = [text for text in texts if not _NO_NUMBER.fullmatch(text)]
            if numbers and all(map(_NUMBER.fullmatch, numbers)):
                for cell in cells:
                    cell.set("data-number", "")


class WideTable(NamedTuple):
    """A table that is wider than the text around it."""

    element: Any
    font_size: float
    columns: list[float]  # minimum widths in CSS pixels, like all lengths here
    available: float
    page_width: float

    def width(self, font_size: float) -> float:
        return sum(self.columns) * font_size / self.font_size


def wide_tables(document: Any) -> list[WideTable]:
    """Return the tables of a laid-out document that are wider than the text around them, each once."""
    tables = {
        table.element: table for page in document.pages for table in _wide_tables_in(page._page_box, page._page_box)
    }
    return list(tables.values())


def _wide_tables_in(box: Any, page: Any) -> Iterator[WideTable]:
    box = getattr(box, "_box", box)  # a placeholder of a box out of flow
    for child in getattr(box, "children", ()):
        if getattr(child, "is_table_wrapper", False) and (table := child.get_wrapped_table()):
            if table.border_width() > box.width + 0.5:
                yield WideTable(
                    table.element, table.style["font_size"], list(table.column_widths), box.width, page.width
                )
        else:
            yield from _wide_tables_in(child, page)


def fit(root: Any, tables: list[WideTable], *, may_turn: bool) -> bool:
    """Change these tables of the HTML so that they fit. Return whether anything changed.

    `may_turn` is whether a table may stand on a landscape page.
    """
    parents = {child: parent for parent in root.iter() for child in parent}
    changed = [_fit(table, parents, may_turn) for table in tables]
    return any(changed)


def _fit(table: WideTable, parents: dict[Any, Any], may_turn: bool) -> bool:
    element = table.element
    if fitted := element.get("data-fit"):
        # The estimate was too low: words break anywhere.
        element.set("data-fit", f"{fitted} broken")
        return "broken" not in fitted
    turned = table.available - table.page_width + LANDSCAPE_WIDTH
    sizes = [(name, size * _PIXELS_PER_POINT) for name, size in SMALLER_TYPE]
    smaller = [(name, size) for name, size in sizes if size < table.font_size] or [("same", table.font_size)]
    layouts = [(name, size, table.available) for name, size in smaller]
    if may_turn:
        layouts += [(f"{name} landscape", size, turned) for name, size in [("same", table.font_size), *smaller]]
    for name, size, width in layouts:
        if table.width(size) <= width * 0.98:
            element.set("data-fit", name)
            return True
    name, size, width = layouts[-1]
    element.set("data-fit", name)
    _split(element, parents[element], _column_groups([w * size / table.font_size for w in table.columns], width * 0.98))
    return True


def _column_groups(widths: list[float], available: float) -> list[range]:
    """Divide all columns but the first, which every group repeats, into groups of about the same width."""
    first, *others = widths
    room = max(available - first, available / 3)
    number = max(1, math.ceil(sum(others) / room))
    while True:
        groups: list[range] = []
        target, start, width = sum(others) / number, 1, 0.0
        for column, own in enumerate(others, 1):
            is_full = width + own > room or (width + own / 2 > target and len(groups) < number - 1)
            if is_full and column > start:
                groups.append(range(start, column))
                start, width = column, 0.0
            width += own
        groups.append(range(start, len(widths)))
        if len(groups) <= number or number >= len(others):
            return groups
        number += 1


def _split(element: Any, parent: Any, groups: list[range]) -> None:
    """Replace the table by one for each group of columns; each repeats the caption and the first column."""
    if len(groups) < 2:
        return
    grid = _grid(element)
    place = list(parent).index(element)
    tail, element.tail = element.tail, None
    for number, group in enumerate(groups, 1):
        part = copy.deepcopy(element)
        kept = {0, *group}
        for cell, (first, span) in zip(_cells(part), grid, strict=True):
            columns = len(kept.intersection(range(first, first + span)))
            if columns:
                cell.attrib.pop("colspan", None)
                if columns > 1:
                    cell.set("colspan", str(columns))
            else:
                cell.set("data-drop", "")
        for row in part.iter("tr"):
            for cell in [cell for cell in row if cell.get("data-drop") is not None]:
                row.remove(cell)
        _number_caption(part, number, len(groups))
        parent.insert(place + number - 1, part)
    part.tail = tail
    parent.remove(element)


def _number_caption(table: Any, number: int, total: int) -> None:
    caption = table.find("caption")
    if caption is None:
        caption = table.makeelement("caption", {})
        caption.text = "Tabellen"
        table.insert(0, caption)
    last = caption[-1] if len(caption) else None
    text = f" (del {number} af {total})"
    if last is None:
        caption.text = (caption.text or "").rstrip() + text
    else:
        last.tail = (last.tail or "").rstrip() + text


def _cells(table: Any) -> list[Any]:
    return [cell for row in table.iter("tr") for cell in row if cell.tag in ("th", "td")]


def _grid(table: Any) -> list[tuple[int, int]]:
    """Return the first column and the number of columns of each cell, in the order of `_cells`."""
    positions: list[tuple[int, int]] = []
    for group in table:
        taken: dict[int, int] = {}  # by column, the number of further rows that a cell above occupies
        for row in [group] if group.tag == "tr" else group.findall("tr"):
            column, below = 0, {at: rows - 1 for at, rows in taken.items() if rows > 1}
            for cell in row:
                while taken.get(column):
                    column += 1
                columns, rows = _span(cell, "colspan"), _span(cell, "rowspan")
                positions.append((column, columns))
                if rows > 1:
                    below |= dict.fromkeys(range(column, column + columns), rows - 1)
                column += columns
            taken = below
    return positions


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "")
    return max(1, int(value)) if value.isdigit() else 1
