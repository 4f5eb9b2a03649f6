"""Read a table that lays out themes: a row per theme, its goals in a column whose head is their lead-in.

Themes may also be the columns, and a theme may take up several rows. Tables of figures, dates or people are left alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, zip_longest

from udsat.lib.documents import Heading, ListItem, Paragraph, Table

from . import wording

MAX_HEAD, MAX_TITLE = 60, 100
Cell = tuple[Heading | Paragraph | ListItem | Table, ...]
Rows = list[list[Cell]]

# Heads of columns that hold something else than goals.
_OTHER_HEAD = re.compile(
    r".*\b(\w*ansvarlige?|ansvar|hvem|hvornår|hvor|\w*frist|dato|tid|tidsplan|år|økonomi|budget|beløb|kr|status|side"
    r"|antal|navn|kontakt\w*|telefon|e?-?mail|adresse|formål|baggrund|beskrivelse|hvorfor|målgruppe|måling"
    r"|indikator\w*|\w*kriteri\w*|punkt|sag|emne|beslutning\w*|referat|indstilling)\b.*",
    re.IGNORECASE,
)


@dataclass
class TableTheme:
    """A row, or several with one name. `columns` are pairs of head and cell."""

    title: str
    number: str
    rest: Cell
    columns: list[tuple[str, Cell]] = field(default_factory=list)


@dataclass
class ThemeTable:
    """`label` is the table's own word for a theme, `goals` the number of the column of goals in `columns`."""

    above: list[str]
    heads: list[str]
    label: str
    goals: int
    themes: list[TableTheme]


def read_theme_table(table: Table) -> ThemeTable | None:
    """Return the themes that the table lays out, or None if it is another kind of table."""
    rows = [list(row) for row in table.cells]
    above: list[str] = []
    while rows and sum(map(bool, rows[0])) < 2:
        above += [block.text for cell in rows.pop(0) for block in cell]
    if len(above) == 1 and (found := _read_rows_of_theme(above[0], rows)):
        return found
    columns = [list(column) for column in zip_longest(*rows, fillvalue=())]
    for grid in (rows, columns):
        if found := _read_rows(grid):
            found.above = above
            return found
    return None


def _read_rows_of_theme(title: str, rows: Rows) -> ThemeTable | None:
    """Return the theme of a table with its title above and a row for each part of it: »Baggrund«, »Vi vil«."""
    heads = [_text(row[0]) for row in rows]
    goals = [index for index, head in enumerate(heads) if wording.goal_heading(head) == "strong"]
    if (
        not goals
        or not _is_title(title)
        or any(len(row) != 2 or len(head) > MAX_HEAD for row, head in zip(rows, heads, strict=True))
    ):
        return None
    theme = TableTheme(title, "", (), [(head, row[1]) for head, row in zip(heads, rows, strict=True)])
    return ThemeTable([], [], "tema", goals[0], [theme])


def _read_rows(rows: Rows) -> ThemeTable | None:
    has_heads = _has_heads(rows)
    heads = [_text(cell) for cell in rows[0]] if has_heads else [""] * max(map(len, rows), default=0)
    body = rows[1:] if has_heads else rows
    numbers = [""] * len(body)
    if body and len(heads) > 2 and all(re.fullmatch(r"(\d{1,2}\.?)?", _text(row[0])) for row in body):
        numbers = [_text(row[0]).rstrip(".") for row in body]
        heads, body = heads[1:], [row[1:] for row in body]
    if not body or len(heads) < 2 or not all(body):
        return None
    themes = [_read_theme(group, heads) for group in _group_rows(body, numbers)]
    named = _names_themes(heads[0])
    goals = _goal_column(heads, themes, named)
    titles = [theme.title for theme in themes]
    if goals is None or not all(map(_is_title, titles)) or len(set(titles)) < len(titles):
        return None
    has_lead_in = any(_leads_in(theme.columns[goals][1]) for theme in themes)
    if wording.names_people(titles) or len(titles) < 2 and not named and not has_lead_in:
        return None
    word = heads[0].strip(" :").lower()
    label = wording.theme_word(heads[0]) or (word if re.fullmatch(r"[a-zæøå]{3,20}", word) else "tema")
    return ThemeTable([], [_text(cell) for cell in rows[0]] if has_heads else [], label, goals, themes)


def _text(cell: Cell) -> str:
    return " ".join(block.text for block in cell)


def _leads_in(cell: Cell) -> bool:
    first = cell[0].text if len(cell) > 1 else ""
    return first.endswith(":") and wording.lead_in_kind(first) == "strong"


def _has_heads(rows: Rows) -> bool:
    if len(rows) < 2 or not all(len(cell) <= 1 and len(_text(cell)) <= MAX_HEAD for cell in rows[0]):
        return False
    heads = [_text(cell) for cell in rows[0]]
    is_known = _names_themes(heads[0]) or any(_is_about_goals(head) for head in heads[1:])
    return is_known or any(len(cell) > 1 for row in rows[1:] for cell in row[1:])


def _names_themes(head: str) -> bool:
    return bool(wording.theme_word(head))


def _is_about_goals(head: str) -> bool:
    if not head or _OTHER_HEAD.fullmatch(head):
        return False
    return bool(wording.goal_heading(head)) or wording.mentions_goals(head)


def _group_rows(rows: Rows, numbers: list[str]) -> list[tuple[str, Rows]]:
    """Group the rows below one name: those whose first cell repeats the one above or is empty."""
    names: list[str] = []
    for row in rows:
        names.append(_text(row[0]) or (names[-1] if names else ""))
    grouped = groupby(range(len(rows)), key=lambda index: names[index])
    groups = [list(indexes) for _, indexes in grouped]
    return [(numbers[group[0]], [rows[index] for index in group]) for group in groups]


def _read_theme(group: tuple[str, Rows], heads: list[str]) -> TableTheme:
    number, rows = group
    first = rows[0][0]
    is_item = bool(first) and isinstance(first[0], ListItem) and first[0].number is None
    title = "" if not first or is_item or isinstance(first[0], Table) else first[0].text
    theme = TableTheme(title, number, first[1:])
    for index, head in enumerate(heads[1:], 1):
        blocks = [block for row in rows if index < len(row) for block in row[index]]
        theme.columns.append((head, tuple(blocks)))
    return theme


def _goal_column(heads: list[str], themes: Sequence[TableTheme], named: bool) -> int | None:
    """Return the number of the column of goals, by its head, else by its shape: lists, or several paragraphs."""
    columns = range(len(heads) - 1)
    free = [column for column in columns if not _OTHER_HEAD.fullmatch(heads[column + 1])]
    for column in free:
        if wording.goal_heading(heads[column + 1]) == "strong" or wording.mentions_goals(heads[column + 1]):
            return column
    for column in free:
        if wording.goal_heading(heads[column + 1]):
            return column
    sizes = {column: sum(len(theme.columns[column][1]) > 1 for theme in themes) for column in free}
    best = max(free, key=lambda column: sizes[column], default=None)
    if best is not None and (sizes[best] * 2 >= len(themes) or named and len(columns) == 1):
        return best
    return None


def _is_title(text: str) -> bool:
    is_short = 0 < len(text) <= MAX_TITLE and not text.endswith((".", ":")) and any(map(str.isalpha, text))
    return is_short and not re.match(r"\d{1,2}\.\s*\w+ 20\d\d|20\d\d", text) and not wording.goal_heading(text)
