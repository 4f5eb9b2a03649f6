"""Rich text: whatever is typed, pasted or imported becomes one small, safe subset of HTML.

The text is read into paragraphs, lists and tables and written again from those. So the stored
HTML has one form only, and what is not in that model (scripts, styles, Word's own elements,
unknown attributes) cannot survive. nh3 parses first, as a browser would, and has the last word.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

import nh3

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
TAGS |= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"a": {"href"}, "th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
SCHEMES = {"http", "https", "mailto", "tel"}

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
BLOCKS = HEADINGS | set(
    "p div blockquote pre address article aside center dd details dl dt fieldset figcaption figure"
    " footer form header hr main nav section summary".split()
)
INLINE = {"b", "strong", "i", "em", "a", "span", "br"}
LISTS = {"ul", "ol", "menu"}
STRUCTURE = LISTS | set("li table caption thead tbody tfoot tr th td".split())
# What stands in these was not written for readers, or was taken out again.
DROPPED = set("del script style xml title template iframe noscript noembed noframes object svg math".split())

# Deeper nesting is an accident or an attack: the time of the HTML parser grows with its square.
MAX_DEPTH = 60
MAX_LIST_DEPTH = 5
MAX_SPAN = 100

_strict = nh3.Cleaner(tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, url_relative="deny", link_rel=None)
_lenient = nh3.Cleaner(
    tags=BLOCKS | INLINE | STRUCTURE,
    clean_content_tags=DROPPED,
    # Word tells only by class and style that a paragraph is a list item or a text is bold.
    attributes={"*": {"class", "style", "role", "aria-level"}, "ol": {"start"}, **ATTRIBUTES},
    url_schemes=SCHEMES,
    url_relative="deny",
    link_rel=None,
)

# A tag that HTML, SVG, MathML or Word knows. "Skriv til <post@vejle.dk>" has none: it is plain text.
_TAG = re.compile(
    r"<!--|<!doctype|<!\[|<\?xml|</?(?:[a-z]+:[a-z]+|h[1-6]|a|abbr|acronym|address|applet|area|article|aside|audio|b"
    r"|base|bdi|bdo|big|blink|blockquote|body|br|button|canvas|caption|center|cite|code|col|colgroup|data|datalist|dd"
    r"|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|head"
    r"|header|hgroup|hr|html|i|iframe|image|img|input|ins|kbd|label|legend|li|link|main|map|mark|marquee|math|menu"
    r"|meta|meter|nav|nobr|noembed|noframes|noscript|object|ol|optgroup|option|output|p|param|picture|plaintext|pre"
    r"|progress|q|rb|rp|rt|rtc|ruby|s|samp|script|search|section|select|slot|small|source|span|strike|strong|style"
    r"|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr"
    r"|xml|xmp)(?=[\s/>])",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^<>]*>?", re.IGNORECASE)
_ENDS_BY_ITSELF = set(
    "p li dd dt option td th tr thead tbody tfoot area base br col embed hr img input link meta param source track wbr"
    "".split()
)
_COMMENT = re.compile(r"<!--(?:>|->|.*?(?:--!?>|\Z))", re.DOTALL)
_WORD_TAG = re.compile(r"</?[a-z]+:[a-z]+[^<>]*>", re.IGNORECASE)
# Control characters no database or XML keeps, and invisible ones that would split words for search and CPR check.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff\ufffe\uffff]")
_SPACE = re.compile(r"\s+")
_HREF = re.compile(r"(?:https?://[^/?#\s]|mailto:[^\s]|tel:[+\d(])", re.IGNORECASE)
_BOLD = re.compile(r"(?<![-\w])font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_NOT_BOLD = re.compile(r"(?<![-\w])font-weight\s*:\s*(?:normal|[1-4]00)", re.IGNORECASE)
_ITALIC = re.compile(r"(?<![-\w])font-style\s*:\s*italic", re.IGNORECASE)
_WORD_LIST = re.compile(r"mso-list\s*:\s*(l\d+)\s+level(\d)\s*(\w*)", re.IGNORECASE)
_WORD_MARKER = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
_WORD_CLASS = re.compile(r"\bMsoList(Paragraph|Bullet|Number)\D*(\d?)", re.IGNORECASE)
# Comments in the margin, and what in the text leads to them.
_WORD_COMMENT = re.compile(r"mso-element\s*:\s*comment|\bMsoComment|\bmsocom", re.IGNORECASE)
_NUMBER = re.compile(r"\(?(?:\d{1,3}|[a-zæøå]|[ivxl]{1,5})[.)]", re.IGNORECASE)
_TYPED_MARKER = re.compile(rf"(?:[·•▪◦§o–-]|{_NUMBER.pattern})\s+", re.IGNORECASE)


class Run(NamedTuple):
    """A stretch of text with its marks."""

    text: str
    strong: bool = False
    em: bool = False
    href: str = ""


Line: TypeAlias = list[Run]


class WordItem(NamedTuple):
    """What Word says of a paragraph that is a list item."""

    list_id: str
    level: int
    ordered: bool


@dataclass
class Paragraph:
    lines: list[Line]
    word: WordItem | None = None
    heading: int | None = None  # 1–6, 0 for the title of a Word document; what we store has no headings

    @property
    def text(self) -> str:
        return "\n".join("".join(run.text for run in line) for line in self.lines)


@dataclass
class Listing:
    ordered: bool
    items: list[list["Block"]] = field(default_factory=list)
    orphans: bool = False  # holds <li> elements that stood outside any list
    start: int = 1  # the first number as read; what we store begins at 1


@dataclass
class Cell:
    header: bool
    scope: str
    spans: dict[str, int]
    blocks: list["Block"]


@dataclass
class Table:
    caption: str
    head: list[list[Cell]]
    body: list[list[Cell]]


Block: TypeAlias = Paragraph | Listing | Table


def clean_html(value: str) -> str:
    """Return the value as the HTML we store (TAGS and ATTRIBUTES only), or "" when it holds no text or table.

    Text without any tag becomes paragraphs at its blank lines. Never fails, and cleaning twice changes nothing.
    """
    return _strict.clean(_html(_read(value)))


def safe_html(value: str) -> str:
    """Return HTML that is safe to show: stored text as it is, anything else cleaned. Cheap enough for every display."""
    return value if value.startswith("<") and _strict.clean(value) == value else clean_html(value)


def plain_text(value: str) -> str:
    """Return the text without markup, for search, e-mail, descriptions and the CPR check.

    Each paragraph, line, list item and table row is a line of its own. Inline markup joins, so a number
    split over several elements comes out whole. The addresses that links lead to come from `link_addresses`.
    """
    return "\n".join(_text_lines(_read(value)))


def link_addresses(value: str) -> list[str]:
    """Return the addresses that the text's links lead to, read as a mail program would (%2D is a hyphen)."""
    # Text without any link is most text, and reading it twice is dear.
    found = re.findall(r'<a href="([^"]*)"', clean_html(value)) if "href" in value.lower() else []
    return [unquote(html.unescape(address)) for address in found]


# Reading: from any HTML or plain text to blocks


def read_blocks(value: str) -> list[Block]:
    """The paragraphs, lists and tables of any HTML or plain text. Headings are paragraphs in bold that know it."""
    return _read(value)


def write_blocks(blocks: Sequence[Block]) -> str:
    """The blocks as the HTML we store."""
    return _strict.clean(_html(blocks))


def block_text(block: Block) -> str:
    """The text of one block, a line for each paragraph, item and row."""
    return "\n".join(_text_lines([block]))


def _read(value: str) -> list[Block]:
    value = _UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    if not _TAG.search(value):
        return list(_plain_paragraphs(value))
    value = _WORD_TAG.sub("", value)
    if _too_deep(value):
        return list(_plain_paragraphs(html.unescape(_ANY_TAG.sub("\n\n", value))))
    tree = _Tree()
    tree.feed(_lenient.clean(value))
    tree.close()
    flow = _Flow()
    flow.walk(tree.root, Run(""))
    return flow.finish()


def _too_deep(value: str) -> bool:
    """Whether more elements are open at once than a text needs. Errs on the safe side, in linear time."""
    open_elements: dict[str, int] = {}
    depth = 0
    for closing, name in _ANY_TAG.findall(_COMMENT.sub("", value)):
        name = name.lower()
        if name in _ENDS_BY_ITSELF:
            continue
        count = open_elements.get(name, 0)
        if closing and not count:
            continue
        step = -1 if closing else 1
        open_elements[name] = count + step
        depth += step
        if depth > MAX_DEPTH:
            return True
    return False


@dataclass
class _Element:
    tag: str
    attributes: dict[str, str]
    children: list["_Element | str"] = field(default_factory=list)


class _Tree(HTMLParser):
    """The tree of HTML that nh3 has already balanced."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Element("", {})
        self.path = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = _Element(tag, {name: value or "" for name, value in attrs})
        self.path[-1].children.append(element)
        if tag not in ("br", "hr"):
            self.path.append(element)

    def handle_endtag(self, tag: str) -> None:
        if len(self.path) > 1:
            self.path.pop()

    def handle_data(self, data: str) -> None:
        # Once more, for those that came as entities.
        self.path[-1].children.append(_UNWANTED.sub("", data))


class _Flow:
    """Collects the blocks of a text, a list item or a table cell."""

    def __init__(self, list_depth: int = 0, in_table: bool = False) -> None:
        self.list_depth = list_depth
        self.in_table = in_table
        self.blocks: list[Block] = []
        self.lines: list[Line] = [[]]
        self.word: WordItem | None = None
        self.word_class = ""
        self.heading: int | None = None
        self.in_web_word = False

    def finish(self) -> list[Block]:
        self.flush()
        return _fold_word_lists(self.blocks)

    def flush(self) -> None:
        """End the paragraph."""
        for paragraph in _paragraphs(self.lines):
            paragraph.word = self.word or _typed_item(paragraph, self.word_class)
            paragraph.heading = self.heading
            self.blocks.append(paragraph)
        self.lines = [[]]

    def walk(self, element: _Element, mark: Run) -> None:
        for child in element.children:
            if isinstance(child, str):
                self.text(child, mark, element.tag)
            elif _WORD_COMMENT.search(f"{child.attributes.get('style', '')} {child.attributes.get('class', '')}"):
                continue
            elif child.tag == "br":
                self.lines.append([])
            elif child.tag in LISTS and self.list_depth < MAX_LIST_DEPTH:
                self.flush()
                self.listing(child, mark)
            elif child.tag == "li" and self.list_depth < MAX_LIST_DEPTH:
                self.flush()
                self.orphan(child, mark)
            elif child.tag == "table" and not self.in_table:
                self.flush()
                self.table(child, mark)
            elif child.tag in INLINE:
                self.inline(child, mark)
            else:
                self.block(child, mark)

    def text(self, text: str, mark: Run, parent: str) -> None:
        if parent == "pre":
            lines = text.split("\n")
        elif parent == "":
            # Typed among tags without an editor: a blank line ends a paragraph, as it does in plain text.
            lines = [line for part in re.split(r"\n[ \t]*\n", text) for line in (part, "")][:-1]
        else:
            lines = [text]
        self.lines[-1].append(mark._replace(text=lines[0]))
        self.lines += [[mark._replace(text=line)] for line in lines[1:]]

    def inline(self, element: _Element, mark: Run) -> None:
        style = element.attributes.get("style", "")
        if _WORD_MARKER.search(style):
            if self.word:
                self.word = self.word._replace(ordered=bool(_NUMBER.match(_inner_text(element).strip())))
            return
        if element.tag in ("b", "strong") and not _NOT_BOLD.search(style) or _BOLD.search(style):
            mark = mark._replace(strong=True)
        if element.tag in ("i", "em") or _ITALIC.search(style):
            mark = mark._replace(em=True)
        if element.tag == "a":
            mark = mark._replace(href=_href(element.attributes.get("href", "")))
        self.walk(element, mark)

    def block(self, element: _Element, mark: Run) -> None:
        self.flush()
        self.word_class = element.attributes.get("class", "")
        is_heading = element.tag in HEADINGS or element.attributes.get("role") == "heading"
        found = _WORD_LIST.search(element.attributes.get("style", ""))
        if found and not is_heading:
            self.word = WordItem(found[1] + found[3], int(found[2]), ordered=False)
        if is_heading:
            level = element.tag[1:] if element.tag in HEADINGS else element.attributes.get("aria-level", "")
            self.heading = 0 if self.word_class == "doc-title" else int(level) if level in list("123456") else 2
            mark = mark._replace(strong=True)
        self.in_web_word = "ListContainerWrapper" in self.word_class
        self.walk(element, mark)
        self.flush()
        self.word, self.word_class, self.heading, self.in_web_word = None, "", None, False

    def listing(self, element: _Element, mark: Run) -> None:
        start = element.attributes.get("start", "")
        listing = Listing(ordered=element.tag == "ol", start=int(start) if re.fullmatch(r"[0-9]{1,4}", start) else 1)
        items: list[_Flow] = []
        for child in element.children:
            is_item = isinstance(child, _Element) and child.tag == "li"
            if is_item or not items:
                items.append(_Flow(self.list_depth + 1, self.in_table))
            # A list straight inside a list, as Outlook writes it, belongs to the item before it.
            items[-1].walk(child if is_item else _Element("li", {}, [child]), mark)  # type: ignore[arg-type]
        listing.items = [blocks for item in items if (blocks := item.finish())]
        if self.in_web_word:
            levels = [c.attributes.get("aria-level", "") for c in element.children if isinstance(c, _Element)]
            level = int(levels[0]) if levels and levels[0] in list("123456789") else 1
            # Word on the web writes each item as a list of its own, and its depth beside it.
            for block in (block for item in listing.items for block in item):
                if isinstance(block, Paragraph):
                    block.word = WordItem("web", level, listing.ordered)
                self.blocks.append(block)
        elif listing.items:
            self.blocks.append(listing)

    def orphan(self, element: _Element, mark: Run) -> None:
        item = _Flow(self.list_depth + 1, self.in_table)
        item.walk(element, mark)
        blocks = item.finish()
        last = self.blocks[-1] if self.blocks else None
        if not blocks:
            return
        if isinstance(last, Listing) and last.orphans:
            last.items.append(blocks)
        else:
            self.blocks.append(Listing(ordered=False, items=[blocks], orphans=True))

    def table(self, element: _Element, mark: Run) -> None:
        caption = ""
        head: list[list[Cell]] = []
        body: list[list[Cell]] = []
        for part in element.children:
            if isinstance(part, str):
                continue
            if part.tag == "caption":
                caption = _SPACE.sub(" ", _inner_text(part)).strip()
                continue
            for row in part.children:
                cells = self.row(row, mark) if isinstance(row, _Element) else []
                if cells:
                    (head if part.tag == "thead" else body).append(cells)
        if not head:
            # Editors know no <thead>: the rows at the top with headers only are the head.
            top = next((i for i, row in enumerate(body) if not all(cell.header for cell in row)), 1)
            head, body = body[:top], body[top:]
        if head or body:
            self.blocks.append(Table(caption, head, body))
        elif caption:
            self.blocks.append(Paragraph([[Run(caption)]]))

    def row(self, element: _Element, mark: Run) -> list[Cell]:
        cells = []
        for child in element.children:
            if isinstance(child, _Element) and child.tag in ("th", "td"):
                flow = _Flow(self.list_depth, in_table=True)
                flow.walk(child, mark)
                spans = {name: _span(child.attributes.get(name, "")) for name in ("colspan", "rowspan")}
                scope = child.attributes.get("scope", "").strip().lower()
                cells.append(Cell(child.tag == "th", scope, spans, flow.finish()))
        return cells


def _inner_text(element: _Element) -> str:
    return "".join(
        child if isinstance(child, str) else " " if child.tag == "br" else _inner_text(child)
        for child in element.children
    )


def _span(value: str) -> int:
    return min(int(value), MAX_SPAN) if re.fullmatch(r"[0-9]{1,4}", value) and int(value) else 1


def _href(value: str) -> str:
    # Browsers read over tabs and line breaks inside an address, so we must too.
    value = _SPACE.sub("%20", re.sub(r"[\t\n]", "", _UNWANTED.sub("", value)).strip())
    return value if _HREF.match(value) else ""


def _plain_paragraphs(text: str) -> Iterator[Paragraph]:
    return _paragraphs([[Run(line)] for line in text.split("\n")])


def _paragraphs(lines: Iterable[Line]) -> Iterator[Paragraph]:
    """Paragraphs of the lines, which empty lines keep apart."""
    found: list[Line] = []
    for line in lines:
        tidy = _tidy(line)
        if tidy:
            found.append(tidy)
        elif found:
            yield Paragraph(found)
            found = []
    if found:
        yield Paragraph(found)


def _tidy(line: Line) -> Line:
    """The line with single spaces, none at its ends, and neighbours with the same marks joined."""
    tidy: Line = []
    for run in line:
        text = _SPACE.sub(" ", run.text)
        if not tidy or tidy[-1].text.endswith(" "):
            text = text.lstrip()
        if not text:
            continue
        if tidy and (text == " " or tidy[-1][1:] == run[1:]):
            tidy[-1] = tidy[-1]._replace(text=tidy[-1].text + text)
        else:
            tidy.append(run._replace(text=text))
    if tidy:
        tidy[-1] = tidy[-1]._replace(text=tidy[-1].text.rstrip())
    return tidy


def _typed_item(paragraph: Paragraph, word_class: str) -> WordItem | None:
    """A list item that only Word's class and a bullet or number in the text tell of. Takes the bullet out."""
    found = _WORD_CLASS.search(word_class)
    if not found:
        return None
    kind, level = found[1].lower(), int(found[2] or 1)
    first = paragraph.lines[0][0]
    marker = _TYPED_MARKER.match(first.text)
    if marker and len(marker[0]) < len(first.text):
        paragraph.lines[0][0] = first._replace(text=first.text[marker.end() :])
        return WordItem("typed", level, ordered=bool(_NUMBER.match(marker[0])))
    # "List Paragraph" is also the style of an indented paragraph without any bullet.
    return None if kind == "paragraph" else WordItem("typed", level, ordered=kind == "number")


def _fold_word_lists(blocks: list[Block]) -> list[Block]:
    """Neighbouring list items of Word, told apart by level, as real lists within lists."""
    folded: list[Block] = []
    path: list[tuple[WordItem, Listing]] = []
    for block in blocks:
        word = block.word if isinstance(block, Paragraph) else None
        if word is None:
            path = []
            folded.append(block)
            continue
        while path and (path[-1][0].level > word.level or path[-1][0].level == word.level and path[-1][0] != word):
            path.pop()
        if not path or path[-1][0].level < word.level and len(path) < MAX_LIST_DEPTH:
            listing = Listing(word.ordered)
            (path[-1][1].items[-1] if path else folded).append(listing)
            path.append((word, listing))
        path[-1][1].items.append([Paragraph(block.lines)])  # type: ignore[union-attr]
    return folded


# Writing: from blocks to HTML or text


def _html(blocks: Sequence[Block]) -> str:
    return "".join(_block_html(block) for block in blocks)


def _block_html(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_lines_html(block.lines)}</p>"
    if isinstance(block, Listing):
        tag = "ol" if block.ordered else "ul"
        return f"<{tag}>" + "".join(f"<li>{_inner_html(item)}</li>" for item in block.items) + f"</{tag}>"
    caption = f"<caption>{html.escape(block.caption, quote=False)}</caption>" if block.caption else ""
    head = "".join(_row_html(row, in_head=True) for row in block.head)
    body = "".join(_row_html(row, in_head=False) for row in block.body)
    head, body = head and f"<thead>{head}</thead>", body and f"<tbody>{body}</tbody>"
    return f"<table>{caption}{head}{body}</table>"


def _inner_html(blocks: Sequence[Block]) -> str:
    """The content of an item or a cell: without <p> when there is but one paragraph, before any lists."""
    first, rest = blocks[:1], blocks[1:]
    if first and isinstance(first[0], Paragraph) and all(isinstance(block, Listing) for block in rest):
        return _lines_html(first[0].lines) + _html(rest)
    return _html(blocks)


def _row_html(row: list[Cell], in_head: bool) -> str:
    return "<tr>" + "".join(_cell_html(cell, in_head) for cell in row) + "</tr>"


def _cell_html(cell: Cell, in_head: bool) -> str:
    tag = "th" if cell.header or in_head else "td"
    attributes = ""
    if tag == "th":
        # A screen reader needs to be told which cells a header speaks for.
        scope = cell.scope if cell.scope in ("col", "row", "colgroup", "rowgroup") else "col" if in_head else "row"
        attributes += f' scope="{scope}"'
    attributes += "".join(f' {name}="{span}"' for name, span in cell.spans.items() if span > 1)
    return f"<{tag}{attributes}>{_inner_html(cell.blocks)}</{tag}>"


def _lines_html(lines: list[Line]) -> str:
    return "<br>".join(_runs_html(line, ["href", "strong", "em"]) for line in lines)


def _runs_html(runs: Iterable[Run], marks: Sequence[str]) -> str:
    """The runs as HTML, with the first mark outermost and each element as long as can be."""
    if not marks:
        return "".join(html.escape(run.text, quote=False) for run in runs)
    written = ""
    for value, group in groupby(runs, key=attrgetter(marks[0])):
        inner = _runs_html(group, marks[1:])
        opening = f'a href="{html.escape(value)}"' if marks[0] == "href" else marks[0]
        written += f"<{opening}>{inner}</{opening.partition(' ')[0]}>" if value else inner
    return written


def _text_lines(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from ("".join(run.text for run in line) for line in block.lines)
        elif isinstance(block, Listing):
            for number, item in enumerate(block.items, 1):
                lead = f"{number}. " if block.ordered else "• "
                for line in _text_lines(item):
                    yield lead + line
                    lead = " " * len(lead)
        else:
            if block.caption:
                yield block.caption
            for row in block.head + block.body:
                yield " | ".join(" ".join(line.strip() for line in _text_lines(cell.blocks)) for cell in row)
