"""Parse a document into a meeting: head, attendance, items with fields and agreements. No database access.

No text is lost: what cannot be parsed is in `not_understood`, with a reason.
"""

import datetime
import re

from udsat.lib.danish import MONTHS, fold
from udsat.lib.documents import RichDocument, UnreadableDocument, read_rich
from udsat.lib.richtext.blocks import RichParagraph, Run

from . import label_patterns
from .attendance_table import read_attendance
from .date_parser import find_date, find_times, without_dates
from .item_boundaries import find_items
from .item_parser import parse_item
from .item_tables import items_in_table, unfold_tables
from .parsed_meeting import ParsedAttendance, ParsedMeeting
from .pieces import Piece, pieces_of, rows_of, split_lines, to_html

READER = "møde"  # in DOCUMENT_READERS
MAX_ITEMS = 200

_MINUTES = re.compile(r"referat|beslutningsprotokol|mødeprotokol", re.I)
_AGENDA = re.compile(r"dagsorden|indkald", re.I)
_TITLE_WORD = re.compile(
    rf"referat|dagsorden|protokol|indkald|møde|råd|kommune|klokken|ordinær|konstituerende|dag$|{'|'.join(MONTHS)}"
    r"|^(?:af|d|den|for|fra|i|kl|med|nr|og|på|til|ved)$",
    re.I,
)
_NO_NAMES = re.compile(r"(?:der (?:var|er) )?(?:ingen|intet)(?: \w+){0,3}|[-–—]+|nej|0", re.I)
_TICK, _NO_TICK = re.compile(r"^(?:\[x\]|[☒☑✓✔✗])\s*", re.I), re.compile(r"(?:\[\s?\]|[☐□])\s*")
_SENT_EXCUSES = re.compile(r"([^.:]{3,300}?) (?:har|havde) (?:meldt|sendt|givet) afbud\.?", re.I)
_ONE_LINE_KEYS = set(
    "title place address guests chaired_by minutes_by kind date time when_where council cancelled open approval"
    " corrected".split()
)
_IGNORED_LABELS = {
    "approval": "Godkendelsen skriver du selv",
    "corrected": "Rettelsen skriver du selv",
    "council": "Rådet står i forvejen på mødet",
}


def read_meeting(data: bytes, filename: str) -> ParsedMeeting:
    """Parse a file without database access. Raises UnreadableDocument if it holds no agenda and no minutes."""
    parsed = parse_meeting(read_rich(data, filename), filename)
    if not parsed.items:
        raise UnreadableDocument(
            "Der er hverken dagsorden eller referat at finde i filen. Se, om det er den rigtige fil, "
            "og om punkterne har numre eller overskrifter."
        )
    if len(parsed.items) > MAX_ITEMS:
        raise UnreadableDocument(
            f"Filen har {len(parsed.items)} punkter. Det ligner ikke ét møde. "
            "Del filen op, og indlæs ét møde ad gangen."
        )
    return parsed


def parse_meeting(document: RichDocument, filename: str = "") -> ParsedMeeting:
    """Parse an agenda or minutes. The file name supplies the kind of paper and the date where the text lacks them."""
    parsed = ParsedMeeting()
    parsed.ignored = [(remark.line, remark.text, remark.reason) for remark in document.ignored]
    parsed.not_understood = [(remark.line, remark.text, remark.reason) for remark in document.left_out]
    pieces = [part for piece in pieces_of(document.blocks) for part in _split_at_labels(piece)]
    starts = find_items(pieces)
    if not _has_heading_label(pieces[starts[0].index :] if starts else []):
        unfolded = unfold_tables(pieces, has_items=len(starts) > 1)
        pieces = [part for piece in unfolded for part in _split_at_labels(piece)]
        starts = find_items(pieces)
    from_table = None if len(starts) > 1 else items_in_table(pieces)
    if from_table:
        table_index, bodies = from_table
        head, tail = pieces[:table_index], pieces[table_index + 1 :]
    else:
        head, tail = pieces[: starts[0].index] if starts else pieces, []
        ends = [start.index for start in starts[1:]] + [len(pieces)]
        bodies = [
            (start, [*start.rest, *pieces[start.index + 1 : end]]) for start, end in zip(starts, ends, strict=False)
        ]
    tail += [p for start, body in bodies if start.is_label for p in (pieces[start.index], *body)]
    bodies = [(start, body) for start, body in bodies if not start.is_label]
    titles = {fold(title) for start, _ in bodies for title in (start.title, label_patterns.take_kind(start.title)[0])}
    _HeadReader(parsed, titles).read(head, document.title, filename)
    in_headings = any(_has_heading_label(body) for _, body in bodies)
    is_case = any(
        (label_match := label_patterns.field_label(p.first_line, p.bold or p.kind == "heading"))
        and label_match.key in ("presentation", "recommendation")
        for _, body in bodies
        for p in body
    )
    near = datetime.date.fromisoformat(parsed.date) if parsed.date else None
    if not _names_paper(head, document.title, filename):
        parsed.paper = "referat" if _has_minutes(parsed, bodies) else "dagsorden"
    elif parsed.paper == "dagsorden" and _has_minutes(parsed, bodies):
        parsed.paper = "referat"
    closed = False
    for start, body in bodies:
        item, closes_rest = parse_item(
            start, body, parsed, in_headings=in_headings, is_case=is_case, near=near, closed=closed
        )
        parsed.items.append(item)
        closed = closed or closes_rest
    if tail:
        _HeadReader(parsed, titles).read_tail(tail)
    parsed.style = _style(starts, is_case, parsed)
    parsed.not_understood.sort(key=lambda remark: remark[0])
    return parsed


def _has_heading_label(pieces: list[Piece]) -> bool:
    labels = (label_patterns.field_label(p.first_line, True) for p in pieces if p.kind == "heading")
    return any(label_match and label_match.key != "files" for label_match in labels)


def _begins_with_label(piece: Piece) -> bool:
    """Return whether the piece begins with a label."""
    text = piece.first_line
    return bool(
        label_patterns.head_label(text)
        or label_patterns.field_label(text, piece.bold)
        or ":" in text
        and label_patterns.label(text, label_patterns.AGREEMENT_PART)
    )


def _split_at_labels(piece: Piece) -> list[Piece]:
    """Split a paragraph whose lines begin with labels into pieces."""
    lines = split_lines(piece)
    if len(lines) < 2 or not any(map(_begins_with_label, lines)):
        return [piece]
    together: list[Piece] = []
    for line in lines:
        before = together[-1] if together else None
        if before and not _begins_with_label(line) and not _begins_with_label(before):
            block = RichParagraph(before.blocks[0].lines + line.blocks[0].lines, heading=before.blocks[0].heading)
            together[-1] = Piece(before.kind, block.text, before.line, [block], before.level)
        else:
            together.append(line)
    return together


def _names_paper(head, title, filename) -> bool:
    texts = [title, filename, *(p.text for p in head[:8])]
    return any(_MINUTES.search(text) or _AGENDA.search(text) for text in texts)


def _has_minutes(parsed, bodies) -> bool:
    if any(one.status == "til-stede" for one in parsed.people) and parsed.minutes_by:
        return True
    for _, body in bodies:
        for piece in body:
            label_match = label_patterns.field_label(piece.first_line, piece.bold or piece.kind == "heading")
            has_text = label_match and (len(piece.text) > label_match.end or piece is not body[-1])
            if has_text and label_match.key in ("decision", "agreements", "dissent"):
                return True
            if label_patterns.stock_answer(piece.text):
                return True
    return False


def _style(starts, is_case, parsed) -> str:
    if starts and starts[0].family == "point":
        return "punkt"
    if is_case:
        return "sag"
    return "let" if any(item.agreements for item in parsed.items) else "fortaellende"


def _text_piece(text: str, line: int) -> Piece:
    return Piece("text", text, line, [RichParagraph([[Run(text)]])])


class _HeadReader:
    """Parses the text above the items, and the sections about the whole meeting after them."""

    def __init__(self, parsed: ParsedMeeting, titles: set[str]) -> None:
        self.parsed = parsed
        self.titles = titles
        self.current = ""
        self.is_staff = False
        self.texts: dict[str, list[Piece]] = {"intro": [], "plain_text": []}
        self.unread: list[Piece] = []

    def read(self, pieces: list[Piece], title: str, filename: str) -> None:
        self.name_paper([title, filename, *(p.text for p in pieces[:8])])
        for piece in pieces:
            self.read_piece(piece)
        self.finish()
        if not self.parsed.date:
            self.read_when(f"{title} {filename.rsplit('.', 1)[0].replace('_', ' ')}")

    def read_tail(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self.read_piece(piece)
        self.finish()

    def finish(self) -> None:
        is_prose = self.unread and not self.parsed.is_minutes and any(len(p.text) > 30 for p in self.unread)
        if is_prose and not self.texts["intro"]:
            self.texts["intro"], self.unread = [p for p in self.unread if p.kind != "heading"], []
        for name, pieces in self.texts.items():
            if pieces:
                setattr(self.parsed, name, getattr(self.parsed, name) + to_html(pieces))
        for piece in self.unread:
            self.parsed.not_understood.append((piece.line, piece.text, "Står før punkterne og passer ikke i et felt"))

    def name_paper(self, texts: list[str]) -> None:
        for text in texts:
            minutes, agenda = _MINUTES.search(text), _AGENDA.search(text)
            if minutes or agenda:
                is_minutes = minutes and (not agenda or minutes.start() < agenda.start())
                self.parsed.paper = "referat" if is_minutes else "dagsorden"
                return

    def read_piece(self, piece: Piece) -> None:
        if piece.kind in ("item", "table") and self.current in self.texts:
            self.texts[self.current].append(piece)
            return
        if piece.kind == "table":
            self.read_table(piece)
            return
        if fold(piece.first_line.strip(" .")) in self.titles or _is_overview(piece, self.titles):
            self.parsed.ignored.append((piece.line, piece.text, "oversigt over punkterne"))
            return
        if (
            self.current in ("intro", "plain_text")
            and not label_patterns.head_label(piece.text)
            and piece.kind != "heading"
        ):
            self.texts[self.current].append(piece)
            return
        for line in split_lines(piece):
            for part in label_patterns.inner_parts(line.text) or [line.text]:
                self.read_line(part, line)

    def read_table(self, piece: Piece) -> None:
        rows = rows_of(piece)
        if (people := read_attendance(rows, self.current)) is not None:
            self.read_people(people, piece)
            return
        for row in rows:
            cells = [cell for cell in row if cell]
            line = _text_piece(" ".join(cells), piece.line)
            if cells and _is_overview(line, self.titles):
                self.parsed.ignored.append((piece.line, line.text, "oversigt over punkterne"))
            elif len(cells) > 1 and (label_match := label_patterns.head_label(f"{cells[0].rstrip(':')}:")):
                self.current = label_match.key
                for part in "\n".join(cells[1:]).split("\n"):
                    self.read_value(part, _text_piece(part, piece.line), is_alone="\n" in "\n".join(cells[1:]))
            elif len(cells) > 1 and self.current in label_patterns.PEOPLE and not any("\n" in cell for cell in cells):
                self.read_line(", ".join(cells), _text_piece(", ".join(cells), piece.line))
            elif cells:
                for cell in cells:
                    for part in cell.split("\n"):
                        self.read_line(part, _text_piece(part, piece.line))
        self.current = ""

    def read_people(self, people: list[tuple[str, str]], piece: Piece) -> None:
        for status, text in people:
            self.current = status
            if status:
                self.read_value(text, piece, is_alone=True)
            else:
                self.parsed.not_understood.append((piece.line, text, "Der er ikke sat kryds ved navnet"))
        self.current = ""

    def read_line(self, text: str, piece: Piece) -> None:
        text = text.strip()
        if not text:
            return
        is_people = self.current in (*label_patterns.PEOPLE, "guests")
        if (end := label_patterns.staff_label(text)) and (is_people or text[:end].rstrip().endswith(":")):
            self.current, self.is_staff = "present", True
            if rest := text[end:].strip():
                self.read_value(rest, piece, is_alone=False)
            return
        if piece.kind != "item" and (match := _SENT_EXCUSES.fullmatch(text)):
            self.current, self.is_staff = "excused", False
            self.read_value(match[1], piece, is_alone=False)
            self.current = ""
            return
        if piece.kind != "item" and (label_match := label_patterns.head_label(text)):
            self.is_staff = False
            self.current, rest = label_match.key, text[label_match.end :].strip()
            if self.current == "overview" and rest:
                # »Referat: Dialogmøde« is the title of the paper.
                self.current = ""
                self.read_title_line(rest, piece, is_named=True)
            elif rest:
                self.read_value(rest, piece, is_alone=False)
                self.end_value()
            return
        if self.current and self.current not in ("overview",):
            is_short = len(text) < 90 or self.current in label_patterns.PEOPLE and _is_names(text)
            is_entry = self.current in (*label_patterns.PEOPLE, "files") and (piece.kind == "item" or is_short)
            if is_entry or self.current in _ONE_LINE_KEYS:
                self.read_value(text, piece, is_alone=True)
                self.end_value()
                return
        self.read_title_line(text, piece)

    def end_value(self) -> None:
        """Await no further line under the label, unless it asks for time and place and one of them is missing."""
        parsed = self.parsed
        is_half = self.current == "when_where" and not (parsed.place and (parsed.date or parsed.starts_at))
        if self.current in _ONE_LINE_KEYS and not is_half:
            self.current = ""

    def read_title_line(self, text: str, piece: Piece, is_named: bool = False) -> None:
        """Parse a line without a label: the title of the document, the date, or something else."""
        parsed = self.parsed
        kind = label_patterns.meeting_kind(text)
        is_title = bool(_MINUTES.search(text) or _AGENDA.search(text) or re.search(r"\bmøde\b|møde i|råd", text, re.I))
        has_when = self.read_when(text) if len(text) < 200 else False
        others = _words_outside_title(text)
        if is_named or (piece.kind == "heading" or is_title or has_when) and len(text) < 200 and len(others) <= 3:
            parsed.kind = parsed.kind or kind
            if others:
                parsed.ignored.append((piece.line, text, "titel og tidspunkt"))
            return
        self.unread.append(piece)

    def read_when(self, text: str) -> bool:
        """Take date and times from the text where they are missing; return whether it has any."""
        day, (begins, ends) = find_date(text), find_times(text)
        parsed = self.parsed
        if day and not parsed.date:
            parsed.date = day.isoformat()
        if begins and not parsed.starts_at:
            parsed.starts_at = begins.isoformat("minutes")
            parsed.ends_at = ends.isoformat("minutes") if ends else ""
        return bool(day or begins)

    def read_value(self, text: str, piece: Piece, is_alone: bool) -> None:
        parsed, key, text = self.parsed, self.current, text.strip()
        if key in label_patterns.PEOPLE:
            text = _TICK.sub("", re.sub(r"^[•·*–—-]\s+", "", text))
            if match := _NO_TICK.match(text):
                parsed.not_understood.append((piece.line, text[match.end() :], "Der er ikke sat kryds ved navnet"))
            elif not _NO_NAMES.fullmatch(text.strip(" .")):
                status = label_patterns.PEOPLE[key]
                parsed.people.append(ParsedAttendance(status, text, is_alone, piece.line, self.is_staff))
        elif key in ("intro", "plain_text"):
            self.texts[key].append(_text_piece(text, piece.line))
        elif key == "files":
            parsed.files.append(text)
        elif key == "kind":
            parsed.kind = label_patterns.meeting_kind(text) or parsed.kind
            if label := re.search(r"\(([^()]+)\)\s*$", text):
                parsed.kind_label = label[1].strip()
        elif key in ("date", "time", "when_where"):
            place = _place_in(text) if key == "when_where" else ""
            parsed.place = parsed.place or place
            is_time = key == "time" and not re.search(r"kl|[a-zæøå]", text, re.I)
            if not self.read_when(f"kl. {text}" if is_time else text) and not (place and place == parsed.place):
                parsed.not_understood.append((piece.line, text, "Tidspunktet kan ikke læses"))
        elif key == "cancelled":
            parsed.cancelled = text
        elif key == "open":
            parsed.is_open, parsed.how_to_attend = True, text
        elif key in _IGNORED_LABELS:
            parsed.ignored.append((piece.line, text, _IGNORED_LABELS[key]))
        elif key in ("title", "place", "address", "guests", "chaired_by", "minutes_by"):
            before = getattr(parsed, key)
            if before and key != "guests" and fold(before) != fold(text):
                parsed.not_understood.append((piece.line, text, "Feltet har allerede en anden tekst"))
            setattr(parsed, key, f"{before}, {text}" if before and key == "guests" else before or text)
        else:
            self.unread.append(piece)


def _words_outside_title(text: str) -> list[str]:
    """Return the words that are no part of »Referat af ordinært møde i Udsatterådet tirsdag den 3. marts kl. 14«."""
    return [word for word in re.findall(r"[^\W\d]++", text) if not _TITLE_WORD.search(word)]


def _is_names(text: str) -> bool:
    """Return whether most parts of the line look like names."""
    parts = [part.strip() for part in re.split(r"[,;]|\bog\b", text) if part.strip()]
    return sum(part[:1].isupper() and len(part) < 70 for part in parts) * 2 > len(parts)


def _is_overview(piece: Piece, titles: set[str]) -> bool:
    text = re.sub(r"^\s*(?:(?:punkt|pkt\.?)\s*)?\d{1,3}\s*+[.:)]?\s*", "", piece.first_line, flags=re.I)
    return bool(titles) and fold(label_patterns.take_kind(text)[0].strip(" .:")) in titles


def _place_in(text: str) -> str:
    """Return the text beside the date and time: »Den 3. marts kl. 14 i Rådhuset, lokale 2« has »Rådhuset, lokale 2«."""
    parts = [re.sub(r"^(?:i|på|ved|hos)\s", "", part.strip(" ,.–—-|()\n")) for part in without_dates(text).split(";")]
    return ", ".join(part.strip() for part in parts if re.search(r"\w", part))
