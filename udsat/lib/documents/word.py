"""Read .docx into blocks, through HTML from mammoth, in which automatic numbers can be written out."""

import io
import re
import zipfile
from collections import Counter
from typing import Any, NamedTuple

import lxml.html
import mammoth
from lxml import etree

from udsat.lib.docx_numbering import NUMBER_MARK, write_out_numbers
from udsat.lib.file_checks import BROKEN_FILE, UnreadableDocument, open_archive, xml_parts

from .blocks import Document, ImportNote, ListItem
from .html import read_html
from .html_page import parse_html
from .text import single_spaced
from .word_xml import REWRITTEN, missing_words, prepare, words_of

_DEPTHS = {n: "ul|ol > li > " * (n - 1) for n in range(1, 6)}
_STYLE_MAP = "\n".join(
    [
        # Indented list paragraphs keep the style of the first level.
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
        # List styles without numbering, and those with their depth in the name only.
        *(f"p[style-name='List Bullet{f' {n}' if n > 1 else ''}'] => {_DEPTHS[n]}ul > li:fresh" for n in _DEPTHS),
        *(f"p[style-name='List Number{f' {n}' if n > 1 else ''}'] => {_DEPTHS[n]}ol > li:fresh" for n in _DEPTHS),
        *(f"p.ListBullet{n if n > 1 else ''} => {_DEPTHS[n]}ul > li:fresh" for n in _DEPTHS),
        *(f"p.ListNumber{n if n > 1 else ''} => {_DEPTHS[n]}ol > li:fresh" for n in _DEPTHS),
    ]
)


def read_docx(data: bytes) -> Document:
    """Read a .docx file, without its table of contents. Raises UnreadableDocument."""
    word = docx_html(data)
    document = read_html(re.sub(r'<p class="contents">', '<p role="navigation">', word.html))
    document.title = word.title
    markers = [block.marker for block in document.blocks if isinstance(block, ListItem)]
    read = "\n".join([document.text, *markers, *(note.text for note in document.ignored)])
    document.left_out += [*word.left_out, *missing_words(word.words, read)]
    document.ignored += word.margins
    return document


class WordHtml(NamedTuple):
    """A Word file as HTML. `margins` is the text of headers, footers and comments; `words` those of the HTML."""

    title: str
    html: str
    margins: list[ImportNote]
    left_out: list[ImportNote]
    words: Counter[str]


def docx_html(data: bytes, with_numbers: bool = False) -> WordHtml:
    """Convert a .docx file. Raises UnreadableDocument.

    `with_numbers` marks paragraphs with their automatic numbers (see `numbers_to_html`).
    """
    archive = open_archive(data)
    title = ""
    margins: list[ImportNote] = []
    parts: dict[str, Any] = {}
    for name, root in xml_parts(archive):
        parts[name] = root
        if name == "docProps/core.xml":
            title = single_spaced(root.findtext("{http://purl.org/dc/elements/1.1/}title") or "")
        elif kind := re.fullmatch(r"word/(header|footer|comments)\d*\.xml", name):
            reason = "kommentar i margenen" if kind[1] == "comments" else "sidehoved eller sidefod"
            texts = (single_spaced("".join(p.itertext())) for p in root.iter("{*}p"))
            margins += [ImportNote(0, text, reason) for text in texts if text]
    if not any(name.startswith("word/") for name in parts):
        raise UnreadableDocument("Filen hedder .docx, men er ikke lavet i Word. Åbn den, og gem den som .docx.")
    try:
        left_out = prepare(parts)
        words = words_of(parts)
        if with_numbers:
            write_out_numbers(parts)
        html = mammoth.convert_to_html(
            _with_parts(archive, parts),
            style_map=_STYLE_MAP,
            include_embedded_style_map=False,
            convert_image=lambda image: [],
        ).value
    except Exception as error:  # noqa: BLE001  mammoth raises many kinds of errors on broken XML.
        raise UnreadableDocument(BROKEN_FILE) from error
    return WordHtml(title, html, list(dict.fromkeys(margins)), left_out, words)


def _with_parts(archive: zipfile.ZipFile, parts: dict[str, Any]) -> io.BytesIO:
    """Return a copy of the file with the rewritten parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as copy:
        for entry in archive.infolist():
            content = etree.tostring(parts[entry.filename]) if entry.filename in REWRITTEN else archive.read(entry)
            copy.writestr(entry.filename, content)
    file.seek(0)
    return file


def numbers_to_html(html: str) -> str:
    """Turn the marks of automatic numbers into text in headings and into start values of lists."""
    root = parse_html(f"<body>{html}</body>")
    for listing in list(root.iter("ul", "ol")):
        # A nested list whose outer item is empty: an item of level 2 without one of level 1.
        while len(listing) == 1 and len(listing[0]) == 1 and listing[0][0].tag in ("ul", "ol") and not listing[0].text:
            inner = listing[0][0]
            inner.tail = listing.tail
            listing.getparent().replace(listing, inner)
            listing = inner
    for item in list(root.iter("li")):
        if not item.text and len(item) and item[0].tag in ("ul", "ol"):
            continue
        mark = NUMBER_MARK.match(item.text_content())
        if not mark:
            continue
        _drop_mark(item)
        list_id, value, kind, shown = mark.groups()
        parent = item.getparent()
        if kind == "1" and re.search(r"[^\W\d_]{2,}", shown):
            _prepend(item, f"{shown} ")
        before = item.getprevious()
        if before is None:
            parent.set("start", value)
            parent.set("type", kind)
        elif parent.get("list") != list_id or int(value) != int(before.get("value", "0")) + 1:
            # Another list, or the same one with other numbers in between.
            later = lxml.html.Element(parent.tag, start=value, type=kind)
            later.extend([item, *item.itersiblings()])
            later.tail, parent.tail = parent.tail, None
            parent.addnext(later)
            parent = later
        parent.set("list", list_id)
        item.set("value", value)
    for node in root.iter("h1", "h2", "h3", "h4", "h5", "h6", "p"):
        if mark := NUMBER_MARK.match(node.text_content()):
            _drop_mark(node)
            _prepend(node, f"{mark[4]} ")
    return lxml.html.tostring(root, encoding="unicode")


def _drop_mark(node: Any) -> None:
    for element in node.iter():
        if element.text and NUMBER_MARK.match(element.text):
            element.text = NUMBER_MARK.sub("", element.text, count=1)
            return


def _prepend(node: Any, text: str) -> None:
    node.text = text + (node.text or "")
