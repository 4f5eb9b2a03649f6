"""Read plain text into blocks, line by line; also running text in Markdown and HTML."""

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from .blocks import Document, DocumentBuilder, Heading, ListItem, Paragraph

SPACES = re.compile(r"[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u061c\ufeff\ufff9-\ufffb\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_MONTH = r"(?:jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)"
_BULLET = re.compile(
    r"(?P<marker>[•‣⁃◦▪▫■□●○◆◇❖➢➤►▶✓✔∙·\uf0b7\uf0a7\uf0d8\uf02d\uf0fc])\s*(?P<text>\S.*)"
    r"|(?P<dash>[-–—*+])\s+(?P<dashed>\S.*)"
    r"|(?P<o>o)(?:\t|\s{2,})(?P<after_o>\S.*)"
)
_NUMBERED = re.compile(
    rf"(?P<marker>\d{{1,2}}(?:\.\d{{1,2}}){{0,3}}[.)]?|\(?[a-zæø]\)|\(\d{{1,2}}\)|[ivx]{{1,4}}[.)])\s+"
    rf"(?!{_MONTH}|sal\b|halvår|kvartal|klasse\b|behandling\b|division\b)"
    r"(?P<text>[^\W\d_„”\"»(].*|[„”\"»(].*|(?<=\)\s)\d.*)",
    re.IGNORECASE,
)
_LONE_BULLET = re.compile(r"[•◦▪■●○➢►·\uf0b7\uf0a7o]")
# "Tema 1: …", "Mål 1.2 …" and "**Mål:** …" always begin a new block.
_LABELLED = re.compile(
    r"[A-ZÆØÅ][a-zæøå]+\s\d{1,2}((\.\d{1,2})*\s*([:.–-]\s|[:.]$)|(\.\d{1,2})+\s)|(\*\*|__)?[A-ZÆØÅ][a-zæøå]{2,20}:(\*\*|__)?\s"
)
_SENTENCE_END = (".", "!", "?", ":", ";", "…")

# Values of `width` for text whose line breaks all end a block (<br> in HTML), or none do (Markdown paragraphs).
INTENDED, UNINTENDED = None, -1
NARROW = 45  # characters; a column of fewer is narrow
MAX_FRONT = 5  # lines of a front page
FULL = 0.6  # the part of a narrow column that a line fills if the text goes on below it


@dataclass
class TextLine:
    """`number` counts from 1; it is 0 for a blank line that is not in the source. `indent` is in columns."""

    number: int
    indent: int
    text: str


def normalise_text(text: str) -> str:
    """Return the text with \\n as the only line break and without invisible characters."""
    text = re.sub("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "\n", text)
    return _INVISIBLE.sub("", text)


def single_spaced(text: str) -> str:
    """Return the text trimmed, with single spaces."""
    return re.sub(r"\s+", " ", text).strip()


def read_text(text: str, *, is_page: bool = True) -> Document:
    """Read text from `normalise_text`. `is_page` means that it may have the menus and contact details of a web page."""
    builder = DocumentBuilder("linje", is_page=is_page)
    lines = _lines(text)
    width = _wrap_width(lines)
    if 0 < width < NARROW:
        lines = _separate_front_lines(lines)
    TextReader(builder, width).read(lines)
    return builder.finish()


def _lines(text: str) -> list[TextLine]:
    lines = []
    for number, raw in enumerate(text.split("\n"), 1):
        text = SPACES.sub(" ", raw)
        indent = text[: len(text) - len(text.lstrip())]
        # Tabs inside the line are kept: "o<tab>text" is a bullet from Word.
        lines.append(TextLine(number, len(indent.expandtabs(4)), text.strip()))
    return lines


def _separate_front_lines(lines: list[TextLine]) -> list[TextLine]:
    """Return the lines with a blank one between those of the front page: title, subtitle, period."""
    front = list(takewhile(lambda line: line.text, lines))
    if len(front) > MAX_FRONT or any(line.text.endswith((".", ",", ":", "-")) for line in front):
        return lines
    blank = TextLine(0, 0, "")
    separated = [part for line in front for part in ([line] if line.text[0].islower() else [blank, line])]
    return separated + lines[len(front) :]


def _wrap_width(lines: list[TextLine]) -> int:
    """Return the column at which a program wrapped the lines; 0 if each line is a paragraph."""
    if width := _narrow_width(lines):
        return width
    width = max((len(line.text) + line.indent for line in lines if len(line.text) + line.indent <= 130), default=0)
    if width < NARROW:
        return 0
    broken = sum(
        len(a.text) + a.indent > 0.7 * width and not a.text.endswith(_SENTENCE_END) and b.text[:1].islower()
        for a, b in pairwise(lines)
    )
    return width if broken > 1 else 0


def _narrow_width(lines: list[TextLine]) -> int:
    """Return the width of the narrow column that the text was copied from; 0 if it was from none."""
    pairs = [(above, line) for above, line in pairwise(lines) if above.text and line.text]
    lengths = sorted(len(line.text) for pair in pairs for line in pair)
    width = lengths[len(lengths) * 19 // 20] if lengths else 0
    if not 15 <= width < NARROW:
        return 0
    broken = 0
    is_bare_list = False
    for above, line in pairs:
        is_bare_list = line.text[0].islower() and (is_bare_list or above.text.endswith(":"))
        fills_column = len(above.text) >= FULL * width and not above.text.endswith(_SENTENCE_END)
        broken += fills_column and line.text[0].islower() and not is_bare_list
    return width if broken > 2 and broken * 4 >= len(pairs) else 0


def _continues_in_column(above: TextLine, line: TextLine, width: int, in_bare_list: bool) -> bool:
    """Whether the line continues the one above in a narrow column of letters of different widths."""
    room = width - len(above.text) - 1
    first_word = line.text.split(" ", 1)[0]
    if in_bare_list:
        return room < len(first_word)
    if above.text.endswith(_SENTENCE_END):
        return len(above.text) >= FULL * width
    goes_on = line.text[0].islower() and len(above.text) >= 0.4 * width
    return goes_on or _is_hyphenated(above.text, line.text) or room - 0.15 * width < len(first_word)


def _continues(above: TextLine, line: TextLine, width: int | None, in_bare_list: bool) -> bool:
    """Whether the line continues the sentence of the line above.

    `width` is the column where lines are wrapped, 0 if unknown; or INTENDED or UNINTENDED.
    """
    if width is INTENDED or above.text.endswith(":") or above.number + 1 != line.number or _LABELLED.match(line.text):
        return False
    if width == UNINTENDED:
        return not in_bare_list
    if 0 < width < NARROW:
        return _continues_in_column(above, line, width, in_bare_list)
    first_word = line.text.split(" ", 1)[0]
    room = width - above.indent - len(above.text) - 1
    if width and 0 <= room < len(first_word):
        return True
    if in_bare_list or above.text.endswith(_SENTENCE_END):
        return False
    return line.text[0].islower() and len(above.text) >= max(40, width * 0.5)


class TextReader:
    """Reads lines into blocks: bullets, numbers, nesting by indent or by change of marker, wrapped lines."""

    def __init__(self, builder: DocumentBuilder, width: int | None) -> None:
        self.builder = builder
        self.width = width
        self.open_lists: list[tuple[int, str]] = []
        self.current: ListItem | Paragraph | None = None
        self.parts: list[str] = []  # the lines of `current`
        self.above: TextLine | None = None
        self.text_indent = 0
        self.after_blank = False
        # After "Vi vil:", lines that begin in lower case are items without bullets, not one wrapped sentence.
        self.in_bare_list = False
        self.last_text = ""
        self.last_number = 0
        self.marker_alone = ""

    def read(self, lines: list[TextLine]) -> None:
        title_marks = _underlines(lines)
        rules = set(title_marks.values())
        for index, line in enumerate(lines):
            text = line.text
            if not text or index in rules:
                self.after_blank = True
            elif reason := self.builder.boilerplate(text, bool(_BULLET.match(text))):
                self.close()
                self.builder.ignore(line.number, text, reason)
                self.above, self.after_blank = None, True
            elif _LONE_BULLET.fullmatch(text):
                self.close()
                self.marker_alone, self.above = text, None
            else:
                if marked := re.fullmatch(r"(#{1,6})\s+(.*?)\s*#*", text):
                    self.heading(len(marked[1]), marked[2], line)
                elif index in title_marks:
                    self.heading(1 if "=" in lines[title_marks[index]].text else 2, text, line)
                elif item := _list_item(f"{self.marker_alone} {text}".strip(), lines, index):
                    self.item(item, line)
                elif self.belongs_to_current(line):
                    self.parts.append(_plain(text))
                else:
                    self.paragraph(line)
                self.marker_alone = ""
                self.above, self.after_blank, self.last_text = line, False, text
        self.close()

    def close(self) -> None:
        if self.current:
            text = self.parts[0]
            if len(self.parts) > 1:
                # "kom-" + "munen" is one word; "bo-" + "og" is two.
                joins = [a[:-1] if _is_hyphenated(a, b) else f"{a} " for a, b in pairwise(self.parts)]
                text = "".join(joins) + self.parts[-1]
                if isinstance(self.current, Paragraph):
                    self.current = replace(self.current, bold=False)
            self.builder.add(replace(self.current, text=text))
        self.current, self.parts = None, []

    def heading(self, level: int, text: str, line: TextLine) -> None:
        self.close()
        self.open_lists = []
        self.builder.add(Heading(level, _plain(text), line.number))

    def item(self, item: tuple[str, str, int | None, str], line: TextLine) -> None:
        self.close()
        marker, kind, number, text = item
        if kind == "1" and all(open_kind != "1" for _, open_kind in self.open_lists):
            # "4. Sundhed" after the bullets of "3. Bolig" continues the numbers and ends the bullets.
            if self.after_blank or number == self.last_number + 1 > 1:
                self.open_lists = []
        self.last_number = number if kind == "1" and number else self.last_number
        level = _nesting(self.open_lists, line.indent, kind)
        self.current = ListItem("", line.number, level, marker, number, typed=True)
        self.parts = [_plain(text)]
        self.text_indent = line.indent + 1

    def paragraph(self, line: TextLine) -> None:
        self.close()
        self.open_lists = []
        self.in_bare_list = line.text[0].islower() and (self.in_bare_list or self.last_text.endswith(":"))
        is_bold = re.fullmatch(r"(\*\*|__)[^*_]+\1:?", line.text) is not None
        self.current, self.parts = Paragraph("", line.number, is_bold), [_plain(line.text)]

    def belongs_to_current(self, line: TextLine) -> bool:
        if isinstance(self.current, ListItem):
            if self.after_blank:
                is_lead_in = re.match(r"[A-ZÆØÅ].{0,60}:$", line.text)
                return line.indent > max(1, self.text_indent) and not is_lead_in
            is_hanging = line.indent > self.text_indent
            return self.above is not None and (is_hanging or _continues(self.above, line, self.width, False))
        return (
            self.current is not None
            and not self.after_blank
            and self.above is not None
            and _continues(self.above, line, self.width, self.in_bare_list)
        )


def _is_hyphenated(above: str, line: str) -> bool:
    """Whether the line above ends with a hyphen that only divides a word."""
    ends_in_hyphen = len(above) > 1 and above.endswith("-") and above[-2].isalpha()
    return ends_in_hyphen and line[:1].islower() and not re.match(r"(og|eller|samt)\b", line)


def _underlines(lines: list[TextLine]) -> dict[int, int]:
    """Index of each underlined line, and of the row of = or - below it."""
    return {
        index - 1: index
        for index, (above, line) in enumerate(pairwise(lines), 1)
        if re.fullmatch(r"={3,}|-{3,}", line.text) and above.text and len(above.text) < 120
    }


def _plain(text: str) -> str:
    """The text without Markdown's marks for bold, and with single spaces."""
    closing = {mark: [m.start() for m in re.finditer(rf"(?<=\S){re.escape(mark)}", text)] for mark in ("**", "__")}
    parts, end = [], 0
    for opening in re.finditer(r"(\*\*|__)(?=\S)", text):
        stops = closing[opening[1]]
        stop = bisect_right(stops, opening.end())  # at least one character is bold
        if opening.start() >= end and stop < len(stops):
            parts += [text[end : opening.start()], text[opening.end() : stops[stop]]]
            end = stops[stop] + len(opening[1])
    return single_spaced("".join([*parts, text[end:]]))


def _list_item(text: str, lines: list[TextLine], index: int) -> tuple[str, str, int | None, str] | None:
    """Marker, kind of marker, number and text, if the text begins a list item."""
    if match := _BULLET.match(text):
        marker = match["marker"] or match["dash"] or match["o"]
        return marker, marker, None, match["text"] or match["dashed"] or match["after_o"]
    if match := _NUMBERED.match(text):
        marker = match["marker"]
        if not re.search(r"[.)]", marker):  # "12 personer" is a number, not a marker
            return None
        number = re.findall(r"\d+", marker)
        kind = f"1{'.1' * (len(number) - 1)}" if number else "i" if re.fullmatch(r"[ivx]+[.)]", marker) else "a"
        return marker, kind, int(number[-1]) if number else None, match["text"]
    # "-styrke samarbejdet" is an item if a line nearby has the same form.
    if re.match(r"[-–*]\w", text):
        neighbours = [other.text for other in lines[max(0, index - 2) : index + 3] if other is not lines[index]]
        if any(re.match(r"[-–*]\w", other) for other in neighbours):
            return text[0], text[0], None, text[1:]
    return None


def _nesting(open_lists: list[tuple[int, str]], indent: int, kind: str) -> int:
    """Level of an item: deeper by indent, or by a new kind of marker at the same indent. Updates `open_lists`."""
    while open_lists and indent < open_lists[-1][0] - 1:
        open_lists.pop()
    known = [index for index, (column, marker) in enumerate(open_lists) if marker == kind and abs(column - indent) < 2]
    if known:
        del open_lists[known[0] + 1 :]
    else:
        open_lists.append((indent, kind))
    return len(open_lists) - 1
