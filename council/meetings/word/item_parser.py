"""Parse one agenda item: title, kind, case number, fields, answer and agreements. No database access."""

import datetime
import re

from udsat.lib.danish import fold
from udsat.lib.richtext.blocks import RichParagraph, Run, block_text

from . import label_patterns, standard_labels
from .date_parser import find_date
from .item_boundaries import ItemStart
from .parsed_meeting import ParsedAgreement, ParsedItem, ParsedMeeting
from .pieces import Piece, drop_start, rows_of, to_html

_NAME = r"[A-ZÆØÅ][\w.'’-]*(?: (?:[A-ZÆØÅ][\w.'’-]*|og|af|de|von)){0,4}"
_RESPONSIBLE = re.compile(rf"(?<![\s.,;–-])[\s.,;–-]*\b(?:ansvarlige?|hvem|tovholder)\s*:\s*({_NAME})")
_DUE = re.compile(
    r"(?<![\s.,;–-])[\s.,;–-]*\b(?:frist|deadline|hvornår|tidsfrist)\s*:\s*([^.;,]*(?:\d\.[^.;,]*)*)", re.I
)
_NO_AGREEMENT = re.compile(r"(?:ingen|intet|nej|ikke relevant|[-–—]+)[ .]*", re.I)
_CASE_NUMBER = re.compile(
    r"(?<!\s)\s*+[(\[]?\b(?:sags?\s?-?(?:nr|nummer|id)\.?|j\.?\s?nr\.?|journalnr\.?)\s*+:?\s*([\w./-]+)[)\]]?", re.I
)


def parse_item(
    start: ItemStart,
    body: list[Piece],
    parsed: ParsedMeeting,
    *,
    in_headings: bool,
    is_case: bool,
    near: datetime.date | None,
    closed: bool,
) -> tuple[ParsedItem, bool]:
    """Return the item, and whether all items after it are closed.

    `in_headings`: only headings are labels. `is_case`: text without a label is the presentation. `near`: the day of the
    meeting, for dates without a year. `closed`: the item follows a heading that closes the rest of the agenda.
    """
    item = ParsedItem(title=start.title, number=start.number, line=start.index + 1)
    if (
        not item.title
        and body
        and body[0].kind in ("text", "heading")
        and not label_patterns.field_label(body[0].first_line, True)
    ):
        item.title = body[0].first_line
        rest = drop_start(body[0], len(body[0].first_line))
        body = [*([rest] if rest and rest.text.strip() else []), *body[1:]]
    if match := _CASE_NUMBER.search(item.title):
        item.case_number, item.title = match[1], (item.title[: match.start()] + item.title[match.end() :]).strip(" –-,")
    item.title, item.kind = label_patterns.take_kind(item.title)
    item.title, item.is_closed = label_patterns.take_closed(item.title)
    item.is_closed = item.is_closed or closed
    if not item.kind:
        item.title, item.kind = label_patterns.take_kind(item.title)
    reader = _ItemReader(item, parsed, in_headings=in_headings, near=near)
    for piece in body:
        reader.read_piece(piece)
    reader.finish(is_case)
    item.title = item.title or (standard_labels.CLOSED if item.is_closed else "Punkt uden titel")
    if len(item.title) > 200:
        parsed.not_understood.append((item.line, item.title, "For lang til en titel, så kun begyndelsen er med"))
        item.title = f"{item.title[:199].rsplit(' ', 1)[0]}…"
    if item.is_closed and not item.public_title:
        item.public_title = item.title if reader.is_hidden else standard_labels.CLOSED
    return item, reader.closes_rest


class _ItemReader:
    """Distributes the pieces of an item among its fields."""

    def __init__(self, item: ParsedItem, parsed: ParsedMeeting, *, in_headings: bool, near: datetime.date | None):
        self.item = item
        self.parsed = parsed
        self.in_headings = in_headings
        self.near = near
        self.fields: dict[str, list[Piece]] = {}
        self.current = ""  # the field that is being read; empty for text under no label
        self.resumed = ""  # the field that continues after an agreement of one line
        self.is_hidden = False
        self.closes_rest = False

    def read_piece(self, piece: Piece) -> None:
        text = piece.text.strip()
        if not text:
            return
        if label_patterns.CLOSED_FROM_HERE.fullmatch(text) and (piece.bold or piece.kind == "heading"):
            self.closes_rest = True
            return
        if not self.fields and not self.current and self.read_metadata(piece, text):
            return
        if self.read_label(piece, text):
            return
        if self.current == "agreement":
            if self.read_agreement_part(text):
                return
            self.current = self.resumed
        if piece.kind == "table":
            self.read_table(piece)
        elif self.current == "agreements":
            self.read_agreements(piece, text)
        elif self.current == "files":
            self.item.files += [line.strip() for line in text.split("\n") if line.strip()]
        elif self.current == "strategy":
            self.item.strategy += [line.strip() for line in text.split("\n") if line.strip()]
        elif self.current == "since":
            self.parsed.ignored.append((piece.line, text, "står under mødet, hvor det blev aftalt"))
        else:
            self.fields.setdefault(self.current, []).append(piece)

    def read_metadata(self, piece: Piece, text: str) -> bool:
        """Read a line of metadata right under the title; return False if it is text."""
        item = self.item
        if fold(text) in label_patterns.CLOSED_NOTES:
            item.is_closed = self.is_hidden = True
            return True
        if piece.kind in ("text", "heading") and label_patterns.closes(text):
            item.is_closed = True
            return True
        if fold(text.strip(" .")) == fold(standard_labels.RAISED):
            item.raised_at_meeting = True
            return True
        if piece.kind == "text" and text[:4].lower() == "til " and (kind := label_patterns.item_kind(text)):
            item.kind = item.kind or kind
            return True
        if piece.kind == "text" and (number := _CASE_NUMBER.fullmatch(text)):
            item.case_number = number[1]
            return True
        if (
            piece.kind == "text"
            and (label_match := label_patterns.label(text, label_patterns.META))
            and (rest := text[label_match.end :].strip())
        ):
            if label_match.key == "kind" and (kind := label_patterns.item_kind(rest)):
                item.kind = kind
                return True
            if label_match.key == "case_number" and len(rest) <= 60 and "\n" not in rest:
                item.case_number = rest
                return True
            if label_match.key == "public_title":
                item.public_title = rest[:200]
                return True
        return False

    def read_label(self, piece: Piece, text: str) -> bool:
        if piece.kind == "table" or self.in_headings and piece.kind != "heading":
            return False
        label_match = label_patterns.field_label(text, piece.bold or piece.kind == "heading")
        if not label_match:
            return False
        key, end = label_match
        leading = len(piece.text) - len(piece.text.lstrip())
        rest = drop_start(piece, leading + end)
        rest = rest if rest and rest.text.strip() else None
        if rest is None and piece.kind == "item" and ":" not in text:
            return False  # »Debat« as an entry of a list is text
        before = self.current if self.current != "agreements" else self.resumed
        self.current = key
        if key == "agreements":
            self.resumed = before
            if rest:
                self.read_agreements(rest, rest.text.strip())
                self.current = "agreement"
        elif rest:
            self.read_piece(Piece("text", rest.text, piece.line, rest.blocks))
        return True

    def read_table(self, piece: Piece) -> None:
        rows = rows_of(piece)
        columns = [label_patterns.COLUMNS.get(fold(cell.strip(" .:")), "") for cell in rows[0]]
        named_columns = set(columns) - {""}
        is_agreements = "text" in named_columns and len(named_columns) > 1
        if is_agreements and (
            self.current == "agreements" or not self.in_headings and named_columns & {"responsible", "due_on"}
        ):
            for row in rows[1:]:
                cells = {
                    name: cell.replace("\n", " ").strip() for name, cell in zip(columns, row, strict=False) if name
                }
                if any(cells.values()):
                    self.add_agreement(
                        ParsedAgreement(
                            cells.get("text", ""),
                            "" if cells.get("responsible") in ("–", "-") else cells.get("responsible", ""),
                            self.parse_day(cells.get("due_on", ""), piece.line),
                            self.parse_day(cells.get("done_on", ""), piece.line),
                            cells.get("outcome", ""),
                            piece.line,
                        )
                    )
            return
        pairs = [[cell for cell in row if cell] for row in rows]
        if not self.in_headings and all(
            len(row) == 2 and label_patterns.field_label(f"{row[0].rstrip(':')}:", True) for row in pairs if row
        ):
            for row in filter(None, pairs):
                text = f"{row[0].rstrip(':')}: {row[1]}"
                lines = [[run] for run in _runs(text)]
                self.read_piece(Piece("text", text, piece.line, [RichParagraph(lines)]))
            return
        key = self.current if self.current not in ("agreements", "files", "strategy", "since") else self.resumed
        self.fields.setdefault(key, []).append(piece)

    def parse_day(self, text: str, line: int) -> str:
        if not text or text in ("–", "-"):
            return ""
        if day := find_date(text, self.near):
            return day.isoformat()
        self.parsed.not_understood.append((line, text, f"Datoen under »{self.item.title}« kan ikke læses"))
        return ""

    def read_agreements(self, piece: Piece, text: str) -> None:
        for block in piece.blocks:
            for line in filter(None, (line.strip(" \t•") for line in block_text(block).split("\n"))):
                if _NO_AGREEMENT.fullmatch(line):
                    self.parsed.ignored.append((piece.line, line, "ingen aftale"))
                elif not self.read_agreement_part(line):
                    self.add_agreement(self.parse_agreement(line, piece.line))

    def read_agreement_part(self, line: str) -> bool:
        """Add »Ansvarlig: …« or »Frist: …« to the agreement above; return False for any other line."""
        label_match = label_patterns.label(line, label_patterns.AGREEMENT_PART)
        if not label_match or not self.item.agreements or not (rest := line[label_match.end :].strip()):
            return False
        last = self.item.agreements[-1]
        if label_match.key == "responsible":
            last.responsible = last.responsible or rest
        else:
            last.due_on = last.due_on or self.parse_day(rest, last.line)
        return True

    def parse_agreement(self, text: str, line: int) -> ParsedAgreement:
        agreement = ParsedAgreement(text, line=line)
        for pattern, name in ((_RESPONSIBLE, "responsible"), (_DUE, "due_on")):
            if match := pattern.search(agreement.text):
                value = match[1] if name == "responsible" else self.parse_day(match[1], line)
                if value:
                    setattr(agreement, name, value)
                    agreement.text = (agreement.text[: match.start()] + agreement.text[match.end() :]).strip()
        if match := re.search(r"(?<!\s)\s*\(([^()]{2,90})\)\.?$", agreement.text):
            inside = match[1]
            day = find_date(inside, self.near)
            who = re.sub(r"^(ansvarlig|hvem)\s*:\s*", "", inside.split(",")[0].strip(), flags=re.I)
            is_name = re.fullmatch(_NAME, who) is not None
            if is_name or day and len(inside) < 40:
                agreement.text = agreement.text[: match.start()].strip()
                agreement.responsible = agreement.responsible or (who if is_name else "")
                agreement.due_on = agreement.due_on or (day.isoformat() if day else "")
        elif match := re.match(rf"({_NAME})\s*:\s+(?=\S)", agreement.text):
            agreement.responsible = agreement.responsible or match[1]
            agreement.text = agreement.text[match.end() :]
        if not agreement.due_on and re.search(r"\b(inden|senest|frist|til den|før)\b", agreement.text, re.I):
            tail = re.split(r"\b(?:inden|senest|frist|til den|før)\b", agreement.text, flags=re.I)[-1]
            if day := find_date(tail, self.near) or find_date(f"den {tail.strip()}", self.near):
                agreement.due_on = day.isoformat()
        return agreement

    def add_agreement(self, agreement: ParsedAgreement) -> None:
        text = agreement.text or agreement.responsible
        if len(text) > 400:
            self.parsed.not_understood.append(
                (agreement.line, text, "For lang til en aftale, så kun begyndelsen er med")
            )
            text = f"{text[:399].rsplit(' ', 1)[0]}…"
        agreement.text = text
        self.item.agreements.append(agreement)

    def finish(self, is_case: bool) -> None:
        loose = self.fields.pop("", [])
        item = self.item
        if loose:
            is_before = is_case and any(name in self.fields for name in ("recommendation", "decision", "discussion"))
            name = "presentation" if is_before or not self.parsed.is_minutes else "discussion"
            if name == "discussion" and len(loose) == 1 and "decision" not in self.fields:
                if answer := label_patterns.stock_answer(loose[0].text):
                    item.answer, loose = answer, []
            self.fields[name] = [*loose, *self.fields.get(name, [])] if loose else self.fields.get(name, [])
        if decision := self.fields.get("decision"):
            self.fields["decision"] = self.take_answer(decision)
        item.fields = {name: html for name, pieces in self.fields.items() if pieces and (html := to_html(pieces))}

    def take_answer(self, pieces: list[Piece]) -> list[Piece]:
        first = pieces[0]
        if first.kind == "table":
            return pieces
        line = first.text.split("\n", 1)[0]
        sentence = re.match(r"[^.!]{3,30}[.!]?(?=\s|$)", line)
        for text in (line, sentence[0] if sentence else ""):
            if text and (answer := label_patterns.stock_answer(text)):
                self.item.answer = answer
                rest = drop_start(first, len(text) + len(first.text) - len(first.text.lstrip()))
                return [*([rest] if rest and rest.text.strip() else []), *pieces[1:]]
        return pieces


def _runs(text: str):
    return [Run(line) for line in text.split("\n")]
