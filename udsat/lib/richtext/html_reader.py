"""Read any HTML or plain text, such as a paste from Word, into the blocks of a rich text."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby
from typing import Literal

import nh3

from udsat.lib.bidi import BIDI_CONTROLS

from .blocks import RichBlock, RichCell, RichList, RichParagraph, RichTable, Run, WordItem, number_text, number_value

SCHEMES = {"http", "https", "mailto", "tel"}
ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start", "type"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
BLOCKS = HEADINGS | set(
    "p div blockquote pre address article aside center dd details dl dt fieldset figcaption figure"
    " footer form header hr main nav section summary".split()
)
INLINE = {"b", "strong", "i", "em", "a", "span", "br", "sup", "sub"}
LISTS = {"ul", "ol", "menu"}
STRUCTURE = LISTS | set("li table caption thead tbody tfoot tr th td".split())
# Elements without text for readers, and text that is deleted or struck out.
DROPPED = set("del s strike script style xml title template iframe noscript noembed noframes object svg math".split())

# Deeper nesting is an accident or an attack; parsing time is quadratic in it.
MAX_DEPTH = 60
MAX_LIST_DEPTH = 5
MAX_SPAN = 100

_lenient = nh3.Cleaner(
    tags=BLOCKS | INLINE | STRUCTURE,
    clean_content_tags=DROPPED,
    # Word marks list items and bold text by class and style only.
    attributes={"*": {"class", "style", "role", "aria-level", "hidden"}, "li": {"value"}, **ATTRIBUTES},
    url_schemes=SCHEMES,
    url_relative="deny",
    link_rel=None,
)

# Tags of HTML, SVG, MathML and Word. "Skriv til <post@vejle.dk>" has none and is plain text.
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
_OPTIONAL_END = set(
    "p li dd dt option td th tr thead tbody tfoot area base br col embed hr img input link meta param source track wbr"
    "".split()
)
_COMMENT = re.compile(r"<!--(?:>|->|.*?(?:--!?>|\Z))", re.DOTALL)
_WORD_TAG = re.compile(r"</?[a-z]+:[a-z][^<>]*>", re.IGNORECASE)
# Control characters that databases or XML reject, and invisible ones that split words for search and the CPR check.
_UNWANTED = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff\ufffe\uffff{BIDI_CONTROLS}]"
)
_SPACE = re.compile(r"\s+")
_HREF = re.compile(r"(?:https?://[^/?#\s]|mailto:[^\s]|tel:[+\d(])", re.IGNORECASE)
_BOLD = re.compile(r"(?<![-\w])font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_NOT_BOLD = re.compile(r"(?<![-\w])font-weight\s*:\s*(?:normal|[1-4]00)", re.IGNORECASE)
_ITALIC = re.compile(r"(?<![-\w])font-style\s*:\s*italic", re.IGNORECASE)
_WORD_LIST = re.compile(r"mso-list\s*:\s*(l\d+)\s+level(\d)\s*(\w*)", re.IGNORECASE)
_WORD_MARKER = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
_WORD_CLASS = re.compile(r"\bMsoList(Paragraph|Bullet|Number)\D*(\d?)", re.IGNORECASE)
# Margin comments, and their references in the text.
_WORD_COMMENT = re.compile(r"mso-element\s*:\s*comment|\bMsoComment|\bmsocom", re.IGNORECASE)
# Text that a reader of the source sees as struck out, or not at all.
STRUCK_STYLE = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
HIDDEN_IN_WORD = re.compile(r"mso-hide\s*:\s*all", re.IGNORECASE)
_NOT_SHOWN = re.compile(
    rf"{STRUCK_STYLE.pattern}|{HIDDEN_IN_WORD.pattern}"
    r"|(?<![-\w])display\s*:\s*none|(?<![-\w])visibility\s*:\s*hidden",
    re.IGNORECASE,
)
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*(lower|upper)-(alpha|latin|roman)", re.IGNORECASE)
# In Word's HTML, text whose position is raised or lowered by two points or more.
_RAISED = re.compile(
    r"vertical-align\s*:\s*(?P<kind>super|sub)(?![-\w])|mso-text-raise\s*:\s*(?P<below>-?)(?:[2-9]|[1-9]\d)(?!\d)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\(?(?:\d{1,3}|[a-zæøå]|[ivxl]{1,5})[.)]", re.IGNORECASE)
_SCRIPTS = {
    "super": str.maketrans("0123456789+-\u2212=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ"),
    "sub": str.maketrans("0123456789+-\u2212=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎"),
}
_TYPED_MARKER = re.compile(rf"(?:[·•▪◦§o–-]|{_NUMBER.pattern})\s+", re.IGNORECASE)


def read_blocks(value: str) -> list[RichBlock]:
    """Return the paragraphs, lists and tables of any HTML or plain text.

    A heading becomes a bold paragraph that keeps its level in `heading`. Never raises.
    """
    value = _UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    if not _TAG.search(value):
        return list(_plain_paragraphs(value))
    value = _WORD_TAG.sub("", value)
    if _too_deep(value):
        return list(_plain_paragraphs(html.unescape(_ANY_TAG.sub("\n\n", value))))
    tree = _Tree()
    tree.feed(_lenient.clean(value))
    tree.close()
    _leave_out_unseen(tree.root)
    flow = _Flow()
    flow.walk(tree.root, Run(""))
    return flow.finish()


def _too_deep(value: str) -> bool:
    """Whether elements may nest deeper than MAX_DEPTH: an upper bound, computed in linear time."""
    open_elements: dict[str, int] = {}
    depth = 0
    for closing, name in _ANY_TAG.findall(_COMMENT.sub("", value)):
        name = name.lower()
        if name in _OPTIONAL_END:
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
    """Element tree of HTML whose tags nh3 has balanced."""

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
        # Character references are decoded only here.
        self.path[-1].children.append(_UNWANTED.sub("", data))


class _Flow:
    """Collects the blocks of a text, a list item or a table cell.

    `mark` is a run without text that carries the formatting in force.
    """

    def __init__(self, list_depth: int = 0, in_table: bool = False) -> None:
        self.list_depth = list_depth
        self.in_table = in_table
        self.blocks: list[RichBlock] = []
        self.lines: list[list[Run]] = [[]]
        self.word_item: WordItem | None = None
        self.word_class = ""
        self.heading: int | None = None
        self.in_web_word = False

    def finish(self) -> list[RichBlock]:
        self.flush()
        return _fold_word_lists(self.blocks)

    def flush(self) -> None:
        """Add the collected lines as paragraphs."""
        for paragraph in _paragraphs(self.lines):
            paragraph.word_item = self.word_item or _typed_item(paragraph, self.word_class)
            paragraph.heading = self.heading
            self.blocks.append(paragraph)
        self.lines = [[]]

    def walk(self, element: _Element, mark: Run) -> None:
        for child in element.children:
            if isinstance(child, str):
                self.text(child, mark, element.tag)
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
            # Text outside any element: a blank line ends a paragraph, as in plain text.
            lines = [line for part in re.split(r"\n[ \t]*\n", text) for line in (part, "")][:-1]
        else:
            lines = [text]
        self.lines[-1].append(mark._replace(text=lines[0]))
        self.lines += [[mark._replace(text=line)] for line in lines[1:]]

    def inline(self, element: _Element, mark: Run) -> None:
        style = element.attributes.get("style", "")
        if _WORD_MARKER.search(style):
            if self.word_item:
                self.word_item = _with_marker(self.word_item, _inner_text(element).strip())
            return
        raised = _RAISED.search(style)
        if element.tag in ("sup", "sub") or raised:
            kind = raised["kind"] or ("sub" if raised["below"] else "super") if raised else element.tag
            element = _raised(element, "super" if kind.lower() in ("super", "sup") else "sub")
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
        word_list = _WORD_LIST.search(element.attributes.get("style", ""))
        if word_list and not is_heading:
            self.word_item = WordItem(word_list[1] + word_list[3], int(word_list[2]), ordered=False)
        if is_heading:
            level = element.tag[1:] if element.tag in HEADINGS else element.attributes.get("aria-level", "")
            self.heading = 0 if self.word_class == "doc-title" else int(level) if level in list("123456") else 2
            mark = mark._replace(strong=True)
        self.in_web_word = "ListContainerWrapper" in self.word_class
        self.walk(element, mark)
        self.flush()
        self.word_item, self.word_class, self.heading, self.in_web_word = None, "", None, False

    def listing(self, element: _Element, mark: Run) -> None:
        ordered = element.tag == "ol"
        kind = _list_kind(element) if ordered else "1"
        listing = RichList(ordered, start=_number(element, "start", 1), kind=kind)
        items: list[_Flow] = []
        numbers: dict[int, int] = {}  # by the index of the item
        for child in element.children:
            is_item = isinstance(child, _Element) and child.tag == "li"
            if is_item or not items:
                items.append(_Flow(self.list_depth + 1, self.in_table))
            if is_item and ordered and (number := _number(child, "value", 0)):  # type: ignore[arg-type]
                numbers[len(items) - 1] = number
            # Outlook puts a list directly inside a list; it belongs to the item before it.
            items[-1].walk(child if is_item else _Element("li", {}, [child]), mark)  # type: ignore[arg-type]
        for index, item in enumerate(items):
            if not (blocks := item.finish()):
                continue
            own = numbers.get(index)
            if own and own != listing.start + len(listing.items):
                # An item that does not continue the count begins a new list.
                if listing.items:
                    self.blocks.append(listing)
                listing = RichList(ordered, start=own, kind=kind)
            listing.items.append(blocks)
        if self.in_web_word:
            levels = [c.attributes.get("aria-level", "") for c in element.children if isinstance(c, _Element)]
            level = int(levels[0]) if levels and levels[0] in list("123456789") else 1
            # Word on the web writes each item as a separate list, with its depth in aria-level.
            for block in (block for item in listing.items for block in item):
                if isinstance(block, RichParagraph):
                    block.word_item = WordItem("web", level, listing.ordered)
                self.blocks.append(block)
        elif listing.items:
            self.blocks.append(listing)

    def orphan(self, element: _Element, mark: Run) -> None:
        """Add an <li> that is outside any list."""
        item = _Flow(self.list_depth + 1, self.in_table)
        item.walk(element, mark)
        blocks = item.finish()
        last = self.blocks[-1] if self.blocks else None
        if not blocks:
            return
        if isinstance(last, RichList) and last.orphans:
            last.items.append(blocks)
        else:
            self.blocks.append(RichList(ordered=False, items=[blocks], orphans=True))

    def table(self, element: _Element, mark: Run) -> None:
        caption = ""
        head: list[list[RichCell]] = []
        body: list[list[RichCell]] = []
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
            # Without <thead>, the leading rows of header cells are the head.
            top = next((i for i, row in enumerate(body) if not all(cell.header for cell in row)), 1)
            head, body = body[:top], body[top:]
        if head or body:
            self.blocks.append(RichTable(caption, head, body))
        elif caption:
            self.blocks.append(RichParagraph([[Run(caption)]]))

    def row(self, element: _Element, mark: Run) -> list[RichCell]:
        cells = []
        for child in element.children:
            if isinstance(child, _Element) and child.tag in ("th", "td"):
                flow = _Flow(self.list_depth, in_table=True)
                flow.walk(child, mark)
                spans = {name: _span(child.attributes.get(name, "")) for name in ("colspan", "rowspan")}
                scope = child.attributes.get("scope", "").strip().lower()
                cells.append(RichCell(child.tag == "th", scope, spans, flow.finish()))
        return cells


def _leave_out_unseen(element: _Element) -> None:
    """Remove margin comments, and what is struck out or hidden from readers of the source; a struck cell is emptied."""
    children: list[_Element | str] = []
    for child in element.children:
        if isinstance(child, str) or not _is_left_out(child):
            children.append(child)
        elif child.tag in ("th", "td") and STRUCK_STYLE.search(child.attributes.get("style", "")):
            children.append(_Element(child.tag, child.attributes, []))
    element.children = children
    for child in children:
        if isinstance(child, _Element):
            _leave_out_unseen(child)


def _is_left_out(element: _Element) -> bool:
    style = element.attributes.get("style", "")
    classes = element.attributes.get("class", "")
    is_hidden = "hidden" in element.attributes or _NOT_SHOWN.search(style)
    return bool(is_hidden or _WORD_COMMENT.search(f"{style} {classes}"))


def raised_text(text: str, kind: Literal["super", "sub"]) -> str:
    """Return superscript or subscript as text that is not read as something else: m², CO₂, 10^(-3,5). »1st« stays."""
    shown = text.translate(_SCRIPTS[kind])
    if all(a != b or a.isspace() for a, b in zip(text, shown, strict=True)):
        return shown
    return f"{'^' if kind == 'super' else '_'}({text.strip()})" if re.search(r"[0-9=+\u2212]", text) else text


def _raised(element: _Element, kind: Literal["super", "sub"]) -> _Element:
    """Return the element with its text raised, if it is text alone."""
    if all(isinstance(child, str) for child in element.children):
        return _Element("span", {}, [raised_text(_inner_text(element), kind)])
    return element


def _number(element: _Element, name: str, default: int) -> int:
    value = element.attributes.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,4}", value) else default


def _list_kind(element: _Element) -> str:
    if style := _LIST_STYLE.search(element.attributes.get("style", "")):
        kind = "i" if style[2].lower() == "roman" else "a"
        return kind.upper() if style[1].lower() == "upper" else kind
    kind = element.attributes.get("type", "")
    return kind if kind in ("a", "A", "i", "I") else "1"


def _with_marker(item: WordItem, marker: str) -> WordItem:
    """Return the item with the bullet or number that Word has written before it."""
    match = re.fullmatch(r"\(?(\d{1,3}|[a-zA-Z]|[ivxlIVXL]{1,5})[.)]", marker)
    if not match:
        return item._replace(ordered=bool(_NUMBER.match(marker)))
    text = match[1]
    # »i« may be the first Roman numeral or the ninth letter; `_fold_word_lists` decides by the item before.
    kind = "1" if text.isdecimal() else "a" if len(text) == 1 and text.lower() not in "ivx" else "i"
    kind = kind.upper() if text.isupper() else kind
    return item._replace(ordered=True, kind=kind, number=number_value(text, kind))


def _inner_text(element: _Element) -> str:
    return "".join(
        child if isinstance(child, str) else " " if child.tag == "br" else _inner_text(child)
        for child in element.children
    )


def _span(value: str) -> int:
    return min(int(value), MAX_SPAN) if re.fullmatch(r"[0-9]{1,4}", value) and int(value) else 1


def _href(value: str) -> str:
    # Browsers skip tabs and line breaks inside an address.
    value = _SPACE.sub("%20", re.sub(r"[\t\n]", "", _UNWANTED.sub("", value)).strip())
    return value if _HREF.match(value) else ""


def _plain_paragraphs(text: str) -> Iterator[RichParagraph]:
    return _paragraphs([[Run(line)] for line in text.split("\n")])


def _paragraphs(lines: Iterable[list[Run]]) -> Iterator[RichParagraph]:
    """Return the paragraphs, which are separated by empty lines."""
    for has_text, group in groupby(map(_tidy, lines), key=bool):
        if has_text:
            yield RichParagraph(list(group))


def _tidy(line: list[Run]) -> list[Run]:
    """Return the line trimmed, with single spaces and with adjacent runs of the same formatting joined."""
    tidy: list[Run] = []
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


def _typed_item(paragraph: RichParagraph, word_class: str) -> WordItem | None:
    """Recognise a list item by Word's class and a typed bullet or number, which is removed from the text."""
    match = _WORD_CLASS.search(word_class)
    if not match:
        return None
    kind, level = match[1].lower(), int(match[2] or 1)
    first = paragraph.lines[0][0]
    marker = _TYPED_MARKER.match(first.text)
    if marker and len(marker[0]) < len(first.text):
        paragraph.lines[0][0] = first._replace(text=first.text[marker.end() :])
        return _with_marker(WordItem("typed", level, ordered=False), marker[0].strip())
    # "List Paragraph" is also the style of indented paragraphs without a bullet.
    return None if kind == "paragraph" else WordItem("typed", level, ordered=kind == "number")


def _fold_word_lists(blocks: list[RichBlock]) -> list[RichBlock]:
    """Nest adjacent list items from Word into lists by their level."""
    folded: list[RichBlock] = []
    path: list[tuple[WordItem, RichList]] = []
    for block in blocks:
        item = block.word_item if isinstance(block, RichParagraph) else None
        if item is None:
            path = []
            folded.append(block)
            continue
        while path and (
            path[-1][0].level > item.level or path[-1][0].level == item.level and not _continues(*path[-1], item)
        ):
            path.pop()
        if not path or path[-1][0].level < item.level and len(path) < MAX_LIST_DEPTH:
            listing = RichList(item.ordered, start=item.number or 1, kind=item.kind if item.number else "1")
            (path[-1][1].items[-1] if path else folded).append(listing)
            path.append((item, listing))
        path[-1][1].items.append([RichParagraph(block.lines)])  # type: ignore[union-attr]
    return folded


def _continues(before: WordItem, listing: RichList, item: WordItem) -> bool:
    """Whether the item continues the list of the item before at the same level."""
    if (before.list_id, before.ordered) != (item.list_id, item.ordered):
        return False
    if item.number is None or before.number is None:
        return True
    return number_text(item.number, item.kind) == number_text(listing.start + len(listing.items), listing.kind)
