"""Read a table of people, with a column for each status or a row for each person. No database access."""

import re

from udsat.lib.danish import fold

from . import label_patterns

_TICKED = re.compile(r"[\[(]?\s?(?:x|✓|✔|☒|☑|√|✗|ja|\+)\s?[\])]?", re.I)
_NOT_TICKED = re.compile(r"[\[(]?\s?(?:☐|□|nej|0|[-–—])?\s?[\])]?", re.I)
_NAME = {
    *"navn navne medlem medlemmer deltager deltagere person rådsmedlem mødedeltager mødedeltagere".split(),
    *("fornavn", "efternavn"),
}
_NUMBER = {"", "nr", "#"}
_REMARK = {"bemærkning", "bemærkninger", "note", "noter", "kommentar"}
_DETAIL = {
    *("organisation", "forening", "repræsenterer", "repræsentant for", "funktion", "titel", "rolle", "udpeget af"),
    *("fra", "arbejdsplads", "sted", "tilknytning", "stilling", "navn på organisation", "e-mail", "telefon", "status"),
    *("fremmøde", "deltagelse"),
}


def read_attendance(rows: list[list[str]], current: str) -> list[tuple[str, str]] | None:
    """Return the status and the line of each person, or None if it is no such table.

    The status is a key of HEAD; it is empty for a person without a tick. `current`: the status in the label above.
    """
    rows = [part for row in rows for part in _split(row) if any(part)]
    while rows and sum(map(bool, rows[0])) == 1 and len(rows) > 1 and _status(title := "".join(rows[0])):
        current = _status(title)
        rows = rows[1:]
    if not rows:
        return None
    keys = [_status(cell) for cell in rows[0]]
    is_head = all(key or _heads(cell) for key, cell in zip(keys, rows[0], strict=True)) and any(rows[0])
    body = rows[1:] if is_head else rows
    ticks = {
        i for row in body for i, cell in enumerate(row) if cell and (_TICKED.fullmatch(cell) or i and _status(cell))
    }
    if not body or len(rows[0]) < 2:
        return None
    if is_head and sum(map(bool, keys)) == sum(map(bool, rows[0])) > 1 and not ticks:
        return [
            (keys[i], line)
            for i in range(len(keys))
            for row in body
            for line in (row[i].split("\n") if i < len(row) else [])
            if keys[i] and line.strip()
        ]
    if not ticks and not (is_head and current in label_patterns.PEOPLE):
        return None
    return [_person(row, keys if is_head else [], ticks, rows[0] if is_head else [], current) for row in body]


def _heads(cell: str) -> bool:
    known = {fold(name) for name in _NAME | _NUMBER | _REMARK | _DETAIL}
    return all(fold(part.strip(" .:")) in known for part in re.split(r",|/|\bog\b", cell))


def _status(cell: str) -> str:
    """Return the status that the whole cell names, or an empty string."""
    name = cell.strip().rstrip(":")
    label_match = label_patterns.label(f"{name}:", label_patterns.HEAD) if name and "\n" not in name else None
    return label_match.key if label_match and label_match.key in (*label_patterns.PEOPLE, "guests") else ""


def _split(row: list[str]) -> list[list[str]]:
    """Return a row for each line, where all filled cells have equally many lines."""
    lines = [cell.split("\n") for cell in row]
    counts = {len(cell) for cell, text in zip(lines, row, strict=True) if text}
    if len(row) > 1 and len(counts) == 1 and sum(map(bool, row)) > 1:
        size = counts.pop()
        return [[cell[i].strip() if i < len(cell) else "" for cell in lines] for i in range(size)]
    return [row]


def _person(row: list[str], keys: list[str], ticks: set[int], head: list[str], current: str) -> tuple[str, str]:
    status, texts, remark = "", [], ""
    for i, cell in enumerate(row):
        key = keys[i] if i < len(keys) else ""
        title = fold(head[i].strip(" .:")) if i < len(head) else ""
        is_number = i == 0 and re.fullmatch(r"\d{1,3}\.?", cell)
        if i in ticks and _TICKED.fullmatch(cell):
            status = status or key or current or "present"
        elif i in ticks and (named := _status(cell)):
            status = status or named
        elif i in ticks and _NOT_TICKED.fullmatch(cell) or title == "nr" or is_number:
            continue
        elif title in {fold(name) for name in _REMARK} or i in ticks:
            remark = " ".join(cell.split())
        elif cell:
            is_name = title.split(",")[0].split("/")[0] in {fold(name) for name in _NAME}
            texts.insert(0 if is_name else len(texts), " ".join(cell.split()))
    if not ticks:
        status = current
    line = ", ".join(texts)
    return status, f"{line} – {remark}" if remark and line else line or remark
