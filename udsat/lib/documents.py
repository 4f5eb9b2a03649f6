"""Read a written document into neutral blocks: headings, paragraphs, list items, tables.

.docx becomes HTML (mammoth), .md becomes HTML (markdown-it), and HTML and plain text become blocks. What a text
means, an agenda or a strategy, is for the apps to say. Whatever is left out stands in `ignored`, with its reason.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import lxml.html
import mammoth
from lxml import etree
from markdown_it import MarkdownIt

from . import markup
from .docxnumbers import NUMBER_MARK, write_out_numbers
from .fileguard import (
    MAX_DOCUMENT_BYTES,
    TYPE_NAMES,
    UnreadableDocument,
    broken_file,
    check_size,
    decode,
    macros,
    open_archive,
    real_type,
    xml_parts,
)
from .filetext import FileText, extract_text, read_file_text
from .pagechrome import chrome_reason, is_foot_heading

__all__ = [
    "ACCEPTED", "MAX_DOCUMENT_BYTES", "Block", "Document", "FileText", "Heading", "ListItem", "Paragraph", "Remark",
    "RichDocument", "Table", "UnreadableDocument", "extract_text", "read_document", "read_file_text", "read_rich",
]  # fmt: skip

ACCEPTED = (".docx", ".html", ".htm", ".md", ".markdown", ".txt")
MAX_TEXT = 1_500_000
MAX_BLOCKS = 8_000
# Markdown is slow to read: so much is seen to be too much before it is read.
MAX_LINES = 20_000
MAX_LIST_DEPTH = 8


@dataclass(frozen=True)
class Heading:
    """`level` is 1–6 as in HTML, 0 for the title of a Word document."""

    level: int
    text: str
    line: int


@dataclass(frozen=True)
class Paragraph:
    """`bold` says that all of it is; such a paragraph is often meant as a heading."""

    text: str
    line: int
    bold: bool = False


@dataclass(frozen=True)
class ListItem:
    """`level` counts from 0. `marker` is as written (•, 1., a), 1.1); `number` is its last number, if any.

    `typed` says that the marker was found in running text, so that "1. Bolig" may as well be a heading.
    """

    text: str
    line: int
    level: int = 0
    marker: str = "•"
    number: int | None = None
    typed: bool = False


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[str, ...], ...]
    line: int

    @property
    def text(self) -> str:
        return "\n".join(" | ".join(row) for row in self.rows)


Block = Heading | Paragraph | ListItem | Table


@dataclass(frozen=True)
class Remark:
    """A piece of the text that went nowhere, and why (in Danish)."""

    line: int
    text: str
    reason: str


@dataclass
class Document:
    """`unit` says what `line` counts: "linje" in plain text and Markdown, "afsnit" in Word and HTML."""

    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)
    unit: str = "linje"

    @property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)


def read_document(data: bytes, filename: str) -> Document:
    """Read a .docx, .html, .md or .txt file of at most 10 MB.

    Raises UnreadableDocument, whose message is Danish and says what to do. Nothing else is raised for any bytes.
    """
    suffix = _accept(data, filename)
    if suffix == ".docx":
        document = _read_docx(data)
    elif suffix in (".html", ".htm"):
        document = _read_html(decode(data, _declared_encoding(data)))
    else:
        is_markdown = suffix in (".md", ".markdown")
        document = _read_markdown(_markdown(data)) if is_markdown else _read_text(_clean(decode(data)))
    if not any(block.text.strip() for block in document.blocks):
        raise _no_text()
    return document


@dataclass
class RichDocument:
    """As Document, but with bold, italics, links, lists and tables as they were."""

    title: str = ""
    blocks: list[markup.Block] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)


def read_rich(data: bytes, filename: str) -> RichDocument:
    """Read the same files as read_document, with the same guards, for a reader that wants the text's form as well."""
    suffix = _accept(data, filename)
    if suffix == ".docx":
        title, html, margins = _docx_html(data, with_numbers=True)
        rich = _rich_html(_numbers_to_html(html))
        rich.title = title
        rich.ignored += margins
    elif suffix in (".html", ".htm"):
        rich = _rich_html(decode(data, _declared_encoding(data)))
    elif suffix in (".md", ".markdown"):
        # A line that begins with a label was not meant to run on from the line above.
        text = re.sub(r"(?<=\S)\n(?=(?:\*\*|__)?[A-ZÆØÅ][^\n:*]{1,30}:)", "  \n", _markdown(data))
        rich = _rich_html(MarkdownIt("commonmark", {"maxNesting": 40}).enable("table").render(text))
    else:
        # »Ring til Karen« is contact details on a page and an agreement in minutes.
        document = _read_text(_clean(decode(data)), is_page=False)
        rich = RichDocument(document.title, _rich_blocks(document.blocks), document.ignored)
    if not rich.blocks:
        raise _no_text()
    if len(rich.blocks) > MAX_BLOCKS or sum(map(len, map(markup.block_text, rich.blocks))) > MAX_TEXT:
        raise _too_long()
    return rich


def _accept(data: bytes, filename: str) -> str:
    """The ending of the file, when its name and its content say that we can read it."""
    check_size(data)
    suffix = "." + filename.lower().rpartition(".")[2] if "." in filename else ""
    kind = real_type(data)
    if kind == "pdf" and suffix in (*ACCEPTED, ".pdf"):
        raise UnreadableDocument(
            "En PDF kan ikke læses ind, for dens overskrifter og lister er kun tegnet. "
            "Brug den Word-fil, den er lavet af, eller kopiér teksten over i en .txt-fil."
        )
    if suffix in (".docm", ".dotm"):
        raise macros()
    if suffix not in ACCEPTED:
        raise UnreadableDocument(
            f"Filtypen {suffix or 'uden endelse'} kan ikke læses ind. Gem teksten som .docx, .html, .md eller .txt."
        )
    if suffix == ".docx":
        if kind not in ("zip", "ole"):
            found = TYPE_NAMES.get(kind, "noget andet")
            raise UnreadableDocument(f"Filen hedder .docx, men er {found}. Åbn den, og gem den som .docx.")
    elif kind and not (kind == "html" and suffix != ".txt"):
        raise UnreadableDocument(
            f"Filen hedder {suffix}, men er {TYPE_NAMES[kind]}. Gem den som .docx, .html, .md eller .txt."
        )
    return suffix


def _no_text() -> UnreadableDocument:
    return UnreadableDocument("Der er ingen tekst i filen. Vælg en fil med tekst i.")


def _too_long() -> UnreadableDocument:
    return UnreadableDocument("Teksten er for lang til en strategi eller et referat. Del den i flere filer.")


# Blocks from anything


class _Builder:
    """Collects blocks, sets page chrome aside, counts, and keeps the size of the whole within bounds."""

    def __init__(self, unit: str, *, is_page: bool = True) -> None:
        self.document = Document(unit=unit)
        self.is_page = is_page  # may hold what stands around the text on a web page: menus, contact details
        self.size = 0
        self.count = 0

    def place(self, line: int | None) -> int:
        self.count += 1
        return self.count if line is None else line

    def add(self, block: Block) -> None:
        if not block.text:
            return
        if isinstance(block, ListItem) and block.level > MAX_LIST_DEPTH:
            block = replace(block, level=MAX_LIST_DEPTH)
        self.size += len(block.text)
        if self.size > MAX_TEXT or len(self.document.blocks) >= MAX_BLOCKS:
            raise _too_long()
        if not isinstance(block, Table) and (reason := self.chrome(block.text, isinstance(block, ListItem))):
            self.ignore(block.line, block.text, reason)
        else:
            self.document.blocks.append(block)

    def chrome(self, text: str, in_list: bool) -> str:
        """Why the text is no part of the document; "" if it may be."""
        return chrome_reason(text, in_list=in_list) if self.is_page else ""

    def ignore(self, line: int, text: str, reason: str) -> None:
        self.document.ignored.append(Remark(line, text, reason))

    def finish(self) -> Document:
        document = self.document
        document.blocks = list(_resolve_dashes(document.blocks))
        while document.blocks and isinstance(last := document.blocks[-1], Paragraph | Heading):
            if not self.is_page or not is_foot_heading(last.text):
                break
            document.blocks.pop()
            self.ignore(last.line, last.text, "sidens fod")
        document.ignored.sort(key=lambda remark: remark.line)
        return document


_SPEECH = re.compile(r"\b(siger|fortæller|udtaler|forklarer|understreger|tilføjer|mener|lyder det)\b")


def _resolve_dashes(blocks: list[Block]) -> Iterator[Block]:
    """A dash that nobody lists with is a quotation's: "– Vi er glade, siger formanden."""
    for at, block in enumerate(blocks):
        if isinstance(block, ListItem) and block.typed and block.marker in "-–—":
            before = blocks[at - 1] if at else None
            after = blocks[at + 1] if at + 1 < len(blocks) else None
            is_alone = not isinstance(before, ListItem) and not isinstance(after, ListItem)
            if _SPEECH.search(block.text) or is_alone and not (before and before.text.endswith(":")):
                block = Paragraph(f"{block.marker} {block.text}", block.line)
        yield block


# Plain text

_SPACES = re.compile(r"[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
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
# "Tema 1: …", "Mål 1.2 …", "**Mål:** …" begin something new, wherever the line above broke.
_LABELLED = re.compile(
    r"[A-ZÆØÅ][a-zæøå]+\s\d{1,2}((\.\d{1,2})*\s*([:.–-]\s|[:.]$)|(\.\d{1,2})+\s)|(\*\*|__)?[A-ZÆØÅ][a-zæøå]{2,20}:(\*\*|__)?\s"
)
_SENTENCE_END = (".", "!", "?", ":", ";", "…")


# Line breaks of HTML, and of a paragraph in Markdown.
MEANT, UNMEANT = None, -1


@dataclass
class _Line:
    number: int
    indent: int
    text: str


def _clean(text: str) -> str:
    """One kind of line break, no invisible characters."""
    text = re.sub("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "\n", text)
    return _INVISIBLE.sub("", text)


def _read_text(text: str, *, is_page: bool = True) -> Document:
    builder = _Builder("linje", is_page=is_page)
    lines = _lines(text)
    _TextReader(builder, _wrap_width(lines)).read(lines)
    return builder.finish()


def _lines(text: str) -> list[_Line]:
    """Numbered from 1; every kind of space is a space."""
    lines = []
    for number, raw in enumerate(text.split("\n"), 1):
        text = _SPACES.sub(" ", raw)
        indent = text[: len(text) - len(text.lstrip())]
        # A tab inside stays: "o<tab>text" is a bullet of Word's.
        lines.append(_Line(number, len(indent.expandtabs(4)), text.strip()))
    return lines


def _wrap_width(lines: list[_Line]) -> int:
    """The column at which the writer's program broke the lines by itself; 0 if each line is a paragraph."""
    width = max((len(line.text) + line.indent for line in lines if len(line.text) + line.indent <= 130), default=0)
    if width < 45:
        return 0
    broken = sum(
        len(a.text) + a.indent > 0.7 * width and not a.text.endswith(_SENTENCE_END) and b.text[:1].islower()
        for a, b in zip(lines, lines[1:], strict=False)
    )
    return width if broken > 1 else 0


def _goes_on(above: _Line, line: _Line, width: int | None, in_bare_list: bool) -> bool:
    """Does this line go on with the sentence of the line above?

    `width` is the column where lines were broken, 0 if unknown; or MEANT or UNMEANT, if every break was.
    """
    if width is MEANT or above.text.endswith(":") or above.number + 1 != line.number or _LABELLED.match(line.text):
        return False
    if width == UNMEANT:
        return not in_bare_list
    first_word = line.text.split(" ", 1)[0]
    room = width - above.indent - len(above.text) - 1
    if width and 0 <= room < len(first_word):
        return True
    if in_bare_list or above.text.endswith(_SENTENCE_END):
        return False
    return line.text[0].islower() and len(above.text) >= max(40, width * 0.5)


class _TextReader:
    """Plain lines to blocks: bullets, numbers, nesting by indent or by change of marker, lines broken by a program."""

    def __init__(self, builder: _Builder, width: int | None) -> None:
        self.builder = builder
        self.width = width
        self.open_lists: list[tuple[int, str]] = []
        self.current: ListItem | Paragraph | None = None
        self.parts: list[str] = []  # the lines of `current`
        self.above: _Line | None = None
        self.text_indent = 0
        self.after_blank = False
        # After "Vi vil:", lines that begin small are items whose bullets got lost, not one broken sentence.
        self.in_bare_list = False
        self.last_text = ""
        self.last_number = 0
        self.marker_alone = ""

    def read(self, lines: list[_Line]) -> None:
        title_marks = _underlines(lines)
        rules = set(title_marks.values())
        for at, line in enumerate(lines):
            text = line.text
            if not text or at in rules:
                self.after_blank = True
            elif reason := self.builder.chrome(text, bool(_BULLET.match(text))):
                self.close()
                self.builder.ignore(line.number, text, reason)
                self.above, self.after_blank = None, True
            elif _LONE_BULLET.fullmatch(text):
                self.close()
                self.marker_alone, self.above = text, None
            else:
                if marked := re.fullmatch(r"(#{1,6})\s+(.*?)\s*#*", text):
                    self.heading(len(marked[1]), marked[2], line)
                elif at in title_marks:
                    self.heading(1 if "=" in lines[title_marks[at]].text else 2, text, line)
                elif item := _list_item(f"{self.marker_alone} {text}".strip(), lines, at):
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
                # "kom-" + "munen" is one word, "bo-" + "og" are two.
                joins = [a[:-1] if _is_cut(a, b) else f"{a} " for a, b in zip(self.parts, self.parts[1:], strict=False)]
                text = "".join(joins) + self.parts[-1]
                if isinstance(self.current, Paragraph):
                    self.current = replace(self.current, bold=False)
            self.builder.add(replace(self.current, text=text))
        self.current, self.parts = None, []

    def heading(self, level: int, text: str, line: _Line) -> None:
        self.close()
        self.open_lists = []
        self.builder.add(Heading(level, _plain(text), line.number))

    def item(self, item: tuple[str, str, int | None, str], line: _Line) -> None:
        self.close()
        marker, kind, number, text = item
        if kind == "1" and all(open_kind != "1" for _, open_kind in self.open_lists):
            # "4. Sundhed" after the bullets of "3. Bolig" goes on with the numbers, not with the bullets.
            if self.after_blank or number == self.last_number + 1 > 1:
                self.open_lists = []
        self.last_number = number if kind == "1" and number else self.last_number
        level = _nesting(self.open_lists, line.indent, kind)
        self.current = ListItem("", line.number, level, marker, number, typed=True)
        self.parts = [_plain(text)]
        self.text_indent = line.indent + 1

    def paragraph(self, line: _Line) -> None:
        self.close()
        self.open_lists = []
        self.in_bare_list = line.text[0].islower() and (self.in_bare_list or self.last_text.endswith(":"))
        is_bold = re.fullmatch(r"(\*\*|__)[^*_]+\1:?", line.text) is not None
        self.current, self.parts = Paragraph("", line.number, is_bold), [_plain(line.text)]

    def belongs_to_current(self, line: _Line) -> bool:
        if isinstance(self.current, ListItem):
            if self.after_blank:
                is_lead_in = re.match(r"[A-ZÆØÅ].{0,60}:$", line.text)
                return line.indent > max(1, self.text_indent) and not is_lead_in
            is_hanging = line.indent > self.text_indent
            return self.above is not None and (is_hanging or _goes_on(self.above, line, self.width, False))
        return (
            self.current is not None
            and not self.after_blank
            and self.above is not None
            and _goes_on(self.above, line, self.width, self.in_bare_list)
        )


def _is_cut(above: str, line: str) -> bool:
    """Is the hyphen at the end of the line above only there because the line was full?"""
    is_hyphenated = len(above) > 1 and above.endswith("-") and above[-2].isalpha()
    return is_hyphenated and line[:1].islower() and not re.match(r"(og|eller|samt)\b", line)


def _underlines(lines: list[_Line]) -> dict[int, int]:
    """Index of each line that a row of = or - underlines, and of that row."""
    return {
        at - 1: at
        for at, line in enumerate(lines)
        if at and re.fullmatch(r"={3,}|-{3,}", line.text) and lines[at - 1].text and len(lines[at - 1].text) < 120
    }  # fmt: skip


def _plain(text: str) -> str:
    """Without Markdown's marks for bold, and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)).strip()


def _list_item(text: str, lines: list[_Line], at: int) -> tuple[str, str, int | None, str] | None:
    """Marker, kind of marker, number and text, if the line begins a list item."""
    if match := _BULLET.match(text):
        marker = match["marker"] or match["dash"] or match["o"]
        return marker, marker, None, match["text"] or match["dashed"] or match["after_o"]
    if match := _NUMBERED.match(text):
        marker = match["marker"]
        if not re.search(r"[.)]", marker):  # "12 personer": a number and no mark
            return None
        number = re.findall(r"\d+", marker)
        kind = f"1{'.1' * (len(number) - 1)}" if number else "i" if re.fullmatch(r"[ivx]+[.)]", marker) else "a"
        return marker, kind, int(number[-1]) if number else None, match["text"]
    # "-styrke samarbejdet" is an item where its neighbour is written so too.
    if re.match(r"[-–*]\w", text):
        neighbours = [other.text for other in lines[max(0, at - 2) : at + 3] if other is not lines[at]]
        if any(re.match(r"[-–*]\w", other) for other in neighbours):
            return text[0], text[0], None, text[1:]
    return None


def _nesting(open_lists: list[tuple[int, str]], indent: int, kind: str) -> int:
    """Level of an item: deeper by indent, or by a new kind of marker at the same indent. Keeps `open_lists`."""
    while open_lists and indent < open_lists[-1][0] - 1:
        open_lists.pop()
    known = [at for at, (column, marker) in enumerate(open_lists) if marker == kind and abs(column - indent) < 2]
    if known:
        del open_lists[known[0] + 1 :]
    else:
        open_lists.append((indent, kind))
    return len(open_lists) - 1


# Markdown


def _markdown(data: bytes) -> str:
    text = _clean(decode(data))
    if len(text) > MAX_TEXT or text.count("\n") > MAX_LINES:
        raise _too_long()
    return text


def _read_markdown(text: str) -> Document:
    title = ""
    skipped: list[Remark] = []
    if match := re.match(r"---\n(.{0,4000}?)\n---\n", text, re.DOTALL):
        for number, line in enumerate(match[1].split("\n"), 2):
            if found := re.match(r"(?:title|titel):\s*[\"']?(.*?)[\"']?\s*$", line, re.IGNORECASE):
                title = found[1]
            else:
                skipped.append(Remark(number, line, "oplysning om filen"))
        text = "\n" * match[0].count("\n") + text[match.end() :]
    parser = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")
    parser.add_render_rule("softbreak", lambda *_: "<br>")
    parser.add_render_rule("hardbreak", lambda *_: '<br class="apart">')
    tokens = parser.parse(text)
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet("data-line", str(token.map[0] + 1))
    html = parser.renderer.render(tokens, parser.options, {})
    document = _read_html(f"<body>{html}</body>", unit="linje", width=UNMEANT)
    document.title = title or document.title
    document.ignored = skipped + document.ignored
    return document


# HTML

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span"
    " strike strong sub sup time tt u var wbr".split()
)
_DROPPED = frozenset(
    "script style noscript template svg math object iframe canvas audio video map head input select textarea option"
    " datalist progress meter img link meta".split()
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CHROME_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alert", "menu"}
_CHROME_NAMES = frozenset(
    "nav navbar navigation menu mainmenu breadcrumb breadcrumbs cookie cookies cookie-banner cookiebanner"
    " cookie-consent skiplink skip-link skip-links sidebar site-header site-footer page-header-menu footer"
    " site-nav share sharing social social-media search search-form related pagination toolbar".split()
)


def _declared_encoding(data: bytes) -> str:
    match = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", data[:4096], re.IGNORECASE)
    return match[1].decode("ascii", "replace") if match else ""


def _read_html(text: str, unit: str = "afsnit", width: int | None = MEANT) -> Document:
    """`width` says whether line breaks were meant."""
    root = _parse_html(text)
    try:
        builder = _Builder(unit)
        _HtmlReader(builder, width).read(root)
        document = builder.finish()
    except RecursionError as error:
        raise _too_nested() from error
    title = root.find(".//title")
    document.title = document.title or (_squeeze(title.text_content()) if title is not None else "")
    return document


def _parse_html(text: str) -> Any:
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return lxml.html.document_fromstring(_clean(text).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError) as error:
        raise _no_text() from error
    except RecursionError as error:
        raise _too_nested() from error


def _too_nested() -> UnreadableDocument:
    return UnreadableDocument(
        "Filen er bygget så indviklet op, at den ikke kan læses. Kopiér teksten over i en .txt-fil."
    )


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


class _HtmlReader:
    def __init__(self, builder: _Builder, width: int | None) -> None:
        self.builder = builder
        self.width = width
        self.pieces: list[tuple[str, bool]] = []
        self.line: int | None = None

    def read(self, root: Any) -> None:
        self.walk(self.find_text(root), bold=False, lists=())
        self.flush()

    def find_text(self, root: Any) -> Any:
        """The body, once it is known where in it the page's own text stands."""
        body = root.find(".//body") if root.tag != "body" else root
        body = root if body is None else body
        mains = [e for e in body.iter("main", "div", "section") if e.tag == "main" or e.get("role") == "main"]
        if not mains and len(articles := list(body.iter("article"))) == 1:
            mains = articles
        mains = [e for e in mains if not any(parent in mains for parent in e.iterancestors())]
        inside = sum(len(e.text_content()) for e in mains)
        if not mains or inside < 300 and len(body.text_content()) > 4 * inside:
            mains = []
        self.mains = set(mains)
        self.around = {parent for e in mains for parent in e.iterancestors()}
        # The only h1 is often in a banner above the text.
        if mains and not any(True for e in mains for _ in e.iter("h1")):
            self.around |= {e for h1 in body.iter("h1") for e in (h1, *h1.iterancestors())}
        return body

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
        if tag in _DROPPED:
            return
        if tag in ("br", "hr"):
            self.pieces += [("\n", bold)] + [("\f", bold)] * (node.get("class") == "apart")
            return
        if reason := self.outside(node):
            self.set_aside(node, reason)
            return
        if tag in _INLINE or tag == "button":
            is_note = (
                tag == "sup"
                and node.find("a") is not None
                and re.match(r"#_?(foot|end|ftn|edn)", node.find("a").get("href") or "")
            )
            if not is_note:
                self.walk(node, bold or tag in ("b", "strong"), lists)
            return
        self.flush()
        if tag in _HEADINGS:
            self.heading(node)
        elif tag in ("ul", "ol", "menu"):
            self.listing(node, lists)
        elif tag == "table" and self.table(node):
            pass
        elif tag == "pre":
            self.lines(_clean(node.text_content()).split("\n"), self.source_line(node), 0)
        else:
            self.line = self.source_line(node) if node.get("data-line") else self.line
            self.walk(node, tag in ("dt", "summary", "th"), lists)
            self.flush()

    def outside(self, node: Any) -> str:
        """Why the element is no part of the text; "" if it may be."""
        if node in self.mains or node in self.around:
            return ""
        if self.mains and node.getparent() in self.around:
            return "uden for sidens egentlige tekst"
        style = (node.get("style") or "").replace(" ", "").lower()
        if node.get("hidden") is not None or node.get("aria-hidden") == "true" or "display:none" in style:
            return "skjult på siden"
        in_text = any(e in self.mains or e.tag in ("main", "article") for e in node.iterancestors())
        names = {*(node.get("class") or "").lower().split(), (node.get("id") or "").lower()}
        if (
            node.tag in ("nav", "footer", "dialog")
            or (node.tag in ("header", "aside") and not in_text and node.find(".//h1") is None)
            or (node.tag == "button" and not self.is_accordion(node))
            or node.get("role") in _CHROME_ROLES
            or (names & _CHROME_NAMES and node.find(".//h1") is None and node.find(".//main") is None)
        ):
            return "sidens menu, hoved eller fod"
        return "billedtekst" if node.tag == "figcaption" else ""

    def is_accordion(self, node: Any) -> bool:
        return node.get("aria-expanded") is not None or any(
            e.tag in (*_HEADINGS, "summary") for e in node.iterancestors()
        )

    def set_aside(self, node: Any, reason: str) -> None:
        if text := _squeeze(self.inner_text(node)):
            self.builder.ignore(self.builder.place(self.source_line(node)), text, reason)

    def source_line(self, node: Any) -> int | None:
        """Markdown's own line; None where the builder should count."""
        while node is not None:
            if line := node.get("data-line"):
                return int(line) if line.isdecimal() and len(line) < 9 else None
            node = node.getparent()
        return None

    def flush(self) -> None:
        """Write the running text gathered so far as paragraphs."""
        pieces, self.pieces = self.pieces, []
        lines: list[list[tuple[str, bool]] | None] = [[]]
        for text, bold in pieces:
            if text == "\f":
                lines.insert(-1, None)  # what follows stands apart
            elif text == "\n":
                lines.append([])
            elif lines[-1] is not None:
                lines[-1].append((text, bold))
        texts: list[str | None] = []
        for line in lines:
            if line is None:
                texts.append(None)
                continue
            text = _squeeze("".join(text for text, _ in line))
            # As in plain text, so that one reader serves both.
            is_bold = bool(text) and all(bold for text, bold in line if text.strip())
            texts.append(f"**{text.strip('*')}**" if is_bold and "**" not in text else text)
        if any(texts):
            self.lines(texts, self.line, self.width)
        self.line = None

    def lines(self, texts: Iterable[str | None], first: int | None, width: int | None) -> None:
        """Read running text; None stands for a break that is no line of the source."""
        numbered = []
        line = first
        for text in texts:
            if text is None:
                numbered.append(_Line(0, 0, ""))
                continue
            number = self.builder.place(line) if text or line is not None else 0
            line = None if line is None else line + 1
            numbered.append(_Line(number, 0, _SPACES.sub(" ", text).strip()))
        _TextReader(self.builder, width).read(numbered)

    def heading(self, node: Any) -> None:
        text = _squeeze(self.inner_text(node))
        if text:
            level = 0 if "doc-title" in (node.get("class") or "").split() else int(node.tag[1])
            self.builder.add(Heading(level, text, self.builder.place(self.source_line(node))))

    def inner_text(self, node: Any) -> str:
        """Text of an element without what is dropped, a space for each line break."""
        parts = [node.text or ""]
        for child in node:
            if child.tag == "br":
                parts.append(" ")
            elif isinstance(child.tag, str) and child.tag not in _DROPPED:
                space = "" if child.tag in _INLINE else " "
                parts.append(f"{space}{self.inner_text(child)}{space}")
            parts.append(child.tail or "")
        return "".join(parts)

    def listing(self, node: Any, lists: tuple[str, ...]) -> None:
        start = node.get("start") or "1"
        number = int(start) if start.isdecimal() and len(start) < 4 else 1
        for child in node:
            if not isinstance(child.tag, str) or child.tag in _DROPPED:
                continue
            if child.tag in ("ul", "ol"):  # a list directly in a list: some editors nest so
                self.listing(child, (*lists, child.tag))
                continue
            if reason := self.outside(child):
                self.set_aside(child, reason)
                continue
            self.item(child, node.tag, number, lists)
            number += 1

    def item(self, node: Any, tag: str, number: int, lists: tuple[str, ...]) -> None:
        line = self.builder.place(self.source_line(node))
        if re.match(r"(foot|end)note-", node.get("id") or ""):
            self.builder.ignore(line, _squeeze(node.text_content().replace("↑", "")), "fodnote")
            return
        if any(True for _ in node.iter(*_HEADINGS, "table")):  # a card, not a list item
            self.walk(node, False, ())
            self.flush()
            return
        inner: list[Any] = []
        text = _squeeze(self.item_text(node, inner))
        text = re.sub(r"^[•◦▪●·–-]\s+", "", text)
        ordered = tag == "ol"
        self.builder.add(
            ListItem(text, line, len(lists), f"{number}." if ordered else "•", number if ordered else None)
        )
        for child in inner:
            self.listing(child, (*lists, child.tag))

    def item_text(self, node: Any, inner: list[Any]) -> str:
        """An item's own text; the lists inside it go to `inner`."""
        parts = [node.text or ""]
        for child in node:
            if child.tag in ("ul", "ol", "menu"):
                inner.append(child)
            elif child.tag in ("br", "hr"):
                parts.append(" ")
            elif isinstance(child.tag, str) and child.tag not in _DROPPED:
                space = "" if child.tag in _INLINE else " "
                parts.append(f"{space}{self.item_text(child, inner)}{space}")
            parts.append(child.tail or "")
        return "".join(parts)

    def table(self, node: Any) -> bool:
        """Add a table of data. False for one that only places text on the page."""
        rows = [
            tuple(_squeeze(self.inner_text(cell)) for cell in row.iterchildren("td", "th"))
            for row in node.iter("tr")
            if next(row.iterancestors("table")) is node
        ]
        rows = [row for row in rows if any(row)]
        is_layout = max((sum(bool(cell) for cell in row) for row in rows), default=0) < 2
        if is_layout or any(True for _ in node.iter(*_HEADINGS)) or any(e is not node for e in node.iter("table")):
            return False
        self.builder.add(Table(tuple(rows), self.builder.place(self.source_line(node))))
        return True


# Rich text


def _rich_html(text: str) -> RichDocument:
    """The page's own text with its form; menus, headers and footers, notes and lists of contents set aside."""
    root = _parse_html(text)
    title = root.find(".//title")
    document = RichDocument(_squeeze(title.text_content()) if title is not None else "")
    reader = _HtmlReader(_Builder("afsnit"), MEANT)
    try:
        body = reader.find_text(root)
        outside = []
        for node in body.iterdescendants():
            if not isinstance(node.tag, str) or node.tag in _INLINE or node in reader.mains or node in reader.around:
                continue
            is_note = re.match(r"(foot|end)note-", node.get("id") or "")
            if reason := "fodnote" if is_note else reader.outside(node):
                outside.append((node, reason))
        for node, reason in outside:
            if body not in node.iterancestors():  # gone with what it stood in
                continue
            if words := _squeeze(node.text_content().replace("↑", "")):
                document.ignored.append(Remark(0, words, reason))
            node.drop_tree()
        for note in [a for a in body.iter("a") if re.match(r"#(foot|end)note-", a.get("href") or "")]:
            (note.getparent() if note.getparent().tag == "sup" else note).drop_tree()
        for caption in body.xpath(".//p[@class='caption'][following-sibling::*[1][self::table]]"):
            table = caption.getnext()
            caption.tag = "caption"
            table.insert(0, caption)
        document.blocks = markup.read_blocks(lxml.html.tostring(body, encoding="unicode"))
    except RecursionError as error:
        raise _too_nested() from error
    return document


def _numbers_to_html(html: str) -> str:
    """From the numbers that Word would have shown to the words of headings and the beginnings of lists."""
    root = _parse_html(f"<body>{html}</body>")
    for listing in list(root.iter("ul", "ol")):
        # An item of the second level under none of the first.
        while len(listing) == 1 and len(listing[0]) == 1 and listing[0][0].tag in ("ul", "ol") and not listing[0].text:
            inner = listing[0][0]
            inner.tail = listing.tail
            listing.getparent().replace(listing, inner)
            listing = inner
    for item in list(root.iter("li")):
        if not item.text and len(item) and item[0].tag in ("ul", "ol"):
            continue
        found = NUMBER_MARK.match(item.text_content())
        if not found:
            continue
        _drop_mark(item)
        list_id, value, shown = found.groups()
        parent = item.getparent()
        if re.search(r"[^\W\d_]{2,}", shown):
            _prepend(item, f"{shown} ")
        before = item.getprevious()
        if before is None:
            parent.set("start", value)
        elif parent.get("list") != list_id or int(value) != int(before.get("value", "0")) + 1:
            # Another list, or the same after a break: Word numbers it on its own.
            later = lxml.html.Element(parent.tag, start=value)
            later.extend([item, *item.itersiblings()])
            later.tail, parent.tail = parent.tail, None
            parent.addnext(later)
            parent = later
        parent.set("list", list_id)
        item.set("value", value)
    for node in root.iter("h1", "h2", "h3", "h4", "h5", "h6", "p"):
        if found := NUMBER_MARK.match(node.text_content()):
            _drop_mark(node)
            _prepend(node, f"{found[3]} ")
    return lxml.html.tostring(root, encoding="unicode")


def _drop_mark(node: Any) -> None:
    for element in node.iter():
        if element.text and NUMBER_MARK.match(element.text):
            element.text = NUMBER_MARK.sub("", element.text, count=1)
            return


def _prepend(node: Any, text: str) -> None:
    node.text = text + (node.text or "")


def _rich_blocks(blocks: list[Block]) -> list[markup.Block]:
    """Plain text's blocks as rich text's."""
    rich: list[markup.Block] = []
    path: list[tuple[int, markup.Listing]] = []  # the open lists, outermost first
    for block in blocks:
        if isinstance(block, ListItem):
            ordered = block.number is not None or bool(re.match(r"\(?[a-zæø][.)]", block.marker))
            while path and path[-1][0] > block.level:
                path.pop()
            if path and path[-1][0] == block.level:
                last = path[-1][1]
                goes_on = block.number is None or block.number == last.start + len(last.items)
                if last.ordered != ordered or not goes_on:
                    path.pop()
            if not path or path[-1][0] < block.level:
                listing = markup.Listing(ordered, start=block.number or 1)
                (path[-1][1].items[-1] if path else rich).append(listing)
                path.append((block.level, listing))
            path[-1][1].items.append([markup.Paragraph([[markup.Run(block.text)]])])
            continue
        path = []
        if isinstance(block, Table):
            cells = [[markup.Cell(False, "", {}, [markup.Paragraph([[markup.Run(c)]])]) for c in r] for r in block.rows]
            rich.append(markup.Table("", cells[:1], cells[1:]))
        else:
            heading = block.level if isinstance(block, Heading) else None
            is_bold = heading is not None or isinstance(block, Paragraph) and block.bold
            run = markup.Run(block.text, strong=is_bold)
            rich.append(markup.Paragraph([[run]], heading=heading))
    return rich


# Word

_DEPTHS = {n: "ul|ol > li > " * (n - 1) for n in range(1, 6)}
_STYLE_MAP = "\n".join(
    [
        # Word keeps the style of the first level where it is indented further.
        *(f"p:unordered-list({n}) => {_DEPTHS[n]}ul > li:fresh" for n in range(2, 6)),
        *(f"p:ordered-list({n}) => {_DEPTHS[n]}ol > li:fresh" for n in range(2, 6)),
        "p[style-name='caption'] => p.caption:fresh",
        "p[style-name='List Continue'] => ul|ol > li > p:fresh",
        *(f"p[style-name='List Continue {n}'] => {_DEPTHS[n]}ul|ol > li > p:fresh" for n in range(2, 6)),
        "p[style-name='Title'] => h1.doc-title:fresh",
        "p[style-name='Titel'] => h1.doc-title:fresh",
        "p.Title => h1.doc-title:fresh",
        "p.Titel => h1.doc-title:fresh",
        *(f"p.Overskrift{n} => h{n}:fresh" for n in range(1, 7)),
        *(f"p[style-name='Overskrift {n}'] => h{n}:fresh" for n in range(1, 7)),
        *(f"p[style-name='TOC {n}'] => p.contents:fresh" for n in range(1, 7)),
        *(f"p[style-name='toc {n}'] => p.contents:fresh" for n in range(1, 7)),
        # Word's list styles without numbering of their own, and those that say their depth by name only.
        *(f"p[style-name='List Bullet{f' {n}' if n > 1 else ''}'] => {_DEPTHS[n]}ul > li:fresh" for n in _DEPTHS),
        *(f"p[style-name='List Number{f' {n}' if n > 1 else ''}'] => {_DEPTHS[n]}ol > li:fresh" for n in _DEPTHS),
        *(f"p.ListBullet{n if n > 1 else ''} => {_DEPTHS[n]}ul > li:fresh" for n in _DEPTHS),
        *(f"p.ListNumber{n if n > 1 else ''} => {_DEPTHS[n]}ol > li:fresh" for n in _DEPTHS),
    ]
)


def _read_docx(data: bytes) -> Document:
    title, html, margins = _docx_html(data)
    document = _read_html(re.sub(r'<p class="contents">', '<p role="navigation">', html))
    document.title = title
    document.ignored += margins
    return document


def _docx_html(data: bytes, with_numbers: bool = False) -> tuple[str, str, list[Remark]]:
    """Title, text as HTML, and what stands in the margins. `with_numbers` marks what Word numbers by itself."""
    archive = open_archive(data)
    title = ""
    margins: list[str] = []
    parts: dict[str, Any] = {}
    for name, root in xml_parts(archive):
        parts[name] = root
        if name == "docProps/core.xml":
            title = _squeeze(root.findtext("{http://purl.org/dc/elements/1.1/}title") or "")
        elif re.fullmatch(r"word/(header|footer)\d*\.xml", name):
            margins += [text for p in root.iter("{*}p") if (text := _squeeze("".join(p.itertext())))]
    if not any(name.startswith("word/") for name in parts):
        raise UnreadableDocument("Filen hedder .docx, men er ikke lavet i Word. Åbn den, og gem den som .docx.")
    try:
        if with_numbers:
            data = write_out_numbers(archive, parts) or data
        html = mammoth.convert_to_html(
            io.BytesIO(data), style_map=_STYLE_MAP, include_embedded_style_map=False, convert_image=lambda image: []
        ).value
    except Exception as error:  # noqa: BLE001  mammoth raises whatever the broken XML leads it into.
        raise broken_file() from error
    return title, html, [Remark(0, text, "sidehoved eller sidefod") for text in dict.fromkeys(margins)]
