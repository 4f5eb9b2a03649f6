"""Extract all text from an uploaded file, including titles, headers, comments, deleted text and notes.

Used for the CPR check of attachments: known leaks were in a document's title, an appendix and a signature block.
"""

import hashlib
import io
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import lxml.html
from lxml import etree
from pypdf import PdfReader, apply_configuration
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

from .file_checks import (
    BROKEN_FILE,
    MAX_ATTACHMENT_BYTES,
    MB,
    UnreadableDocument,
    check_size,
    decode,
    open_archive,
    real_type,
    xml_parts,
)

MAX_PDF_PAGES = 1_000
MAX_PDF_SECONDS = 20
MAX_TEXT = 10_000_000
_TEXT_TYPES = (".txt", ".md", ".markdown", ".csv", ".ics", ".vcf", ".json", ".xml", ".log", ".text", ".eml")
_HTML_TYPES = (".html", ".htm", ".xhtml", ".svg")
# Parts of an Office file without text.
_PARTS_WITHOUT_TEXT = ("styles", "theme", "settings", "websettings", "fonttable", "[content_types]", "tablestyles")
_SPOKEN_ATTRIBUTES = ("alt", "title", "descr", "content", "href", "value", "placeholder", "aria-label", "Target")


@dataclass(frozen=True)
class FileText:
    """Extracted text. `complete` is False if parts, such as pictures, could not be read and need review by a person."""

    text: str
    complete: bool


# The latest texts, by file name and content. A form reads its file before it takes the write lock; the checks at
# saving then find the text here.
_latest: OrderedDict[tuple[str, bytes], FileText] = OrderedDict()
MAX_LATEST, MAX_LATEST_TEXT = 16, 1_000_000


def extract_text(data: bytes, filename: str, depth: int = 0) -> FileText:
    """Return all text in the file. `depth` counts the files this one is embedded in.

    Raises UnreadableDocument if the file is broken, locked, larger than 25 MB or a decompression bomb.
    """
    check_size(data, MAX_ATTACHMENT_BYTES)
    key = filename.lower().rpartition(".")[2], hashlib.sha256(data).digest()
    text = _latest.get(key) or _extract_text(data, filename, depth)
    if depth == 0 and len(text.text) <= MAX_LATEST_TEXT:
        _latest[key] = text
        while len(_latest) > MAX_LATEST:
            _latest.popitem(last=False)
    return text


def _extract_text(data: bytes, filename: str, depth: int) -> FileText:
    kind = real_type(data)
    name = filename.lower()
    if kind == "pdf":
        return _pdf(data)
    if kind in ("zip", "ole"):
        return _office(data, depth)
    if kind == "image":
        return FileText("", complete=False)
    if kind == "html" or name.endswith(_HTML_TYPES):
        return FileText(_html(decode(data)), complete=True)
    if kind == "rtf" or not name.endswith(_TEXT_TYPES):
        try:
            return FileText(decode(data), complete=kind != "rtf")
        except UnreadableDocument:
            if name.endswith((".docx", ".xlsx", ".pptx", ".odt", ".pdf")):
                raise UnreadableDocument(BROKEN_FILE) from None
            return FileText("", complete=False)
    return FileText(decode(data), complete=True)


def _html(text: str) -> str:
    try:
        root = lxml.html.document_fromstring(text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return text
    return "\n".join(_strings(root))


def _strings(root: Any) -> Iterator[str]:
    """Yield the text of each block, comments, and attributes with text."""
    inline = {"a", "b", "strong", "i", "em", "span", "u", "sub", "sup", "small", "font", "mark", "wbr", "tspan"}
    line = ""
    for event, node in etree.iterwalk(root, events=("start", "end", "comment")):
        is_element = isinstance(node.tag, str)
        if event != "end":
            if not is_element:
                yield node.text or ""
                line += node.tail or ""
                continue
            yield from (node.get(name) for name in _SPOKEN_ATTRIBUTES if node.get(name))
            if node.tag not in inline:
                yield line
                line = ""
            line += node.text or ""
        elif is_element:
            if node.tag not in inline:
                yield line
                line = ""
            line += node.tail or ""
    yield line


def _office(data: bytes, depth: int) -> FileText:
    """Read Word, Excel, PowerPoint or OpenDocument. Other archives count as unreadable."""
    archive = open_archive(data)
    names = archive.namelist()
    if "[Content_Types].xml" not in names and "content.xml" not in names:
        return FileText("", complete=False)
    lines: list[str] = []
    for name, root in xml_parts(archive):
        if not name.rsplit("/", 1)[-1].lower().rstrip("0123456789").startswith(_PARTS_WITHOUT_TEXT):
            lines += _office_lines(root)
    complete = True
    for name in names:
        if "/embeddings/" in name:
            if depth > 1 or archive.getinfo(name).file_size > MAX_ATTACHMENT_BYTES:
                complete = False
                continue
            try:
                inner = extract_text(archive.read(name), name, depth + 1)
            except Exception:  # noqa: BLE001  A broken embedded object must not hide the text around it.
                inner = FileText("", complete=False)
            lines.append(inner.text)
            complete = complete and inner.complete
    return FileText("\n".join(lines), complete)


def _office_lines(root: Any) -> Iterator[str]:
    """Yield each paragraph or cell as one line, so that a number split over several runs is whole."""
    line: list[str] | None = None
    inside = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(node.tag, str):
            continue
        local = etree.QName(node).localname
        is_block = local in ("p", "h", "si", "is")
        if event == "start":
            yield from (value for name, value in node.attrib.items() if name.split("}")[-1] in _SPOKEN_ATTRIBUTES)
            if is_block:
                inside += 1
                line = line if line is not None else []
            text = node.text or ""
            if local in ("tab", "br", "cr", "s", "line-break"):
                text += " "
            if line is not None:
                line.append(text)
            elif text.strip():
                yield text
                # Excel drops the leading 0 of a CPR number typed as a number.
                if local == "v" and len(text) == 9 and text.isdigit():
                    yield f"0{text}"
        else:
            if is_block:
                inside -= 1
                if not inside and line is not None:
                    yield "".join(line)
                    line = None
            if line is not None:
                line.append(node.tail or "")
            elif node.tail and node.tail.strip():
                yield node.tail


def _pdf(data: bytes) -> FileText:
    try:
        with apply_configuration(
            zlib_maximum_output_length=20 * MB,
            lzw_maximum_output_length=20 * MB,
            run_length_maximum_output_length=20 * MB,
            stream_decoding_work_maximum_length=60 * MB,
            stream_parsing_work_maximum_count=400_000,
            page_tree_maximum_entries=10_000,
            page_tree_maximum_page_entries=20_000,
            xform_maximum_invocations_per_extraction=100,
        ):
            return _pdf_text(PdfReader(io.BytesIO(data), strict=False))
    except UnreadableDocument:
        raise
    except (FileNotDecryptedError, DependencyError) as error:
        raise UnreadableDocument("PDF'en er låst. Gem den uden adgangskode, og prøv igen.") from error
    except LimitReachedError as error:
        raise UnreadableDocument("PDF'en er for stor at læse. Del den i flere filer, og prøv igen.") from error
    except Exception as error:  # noqa: BLE001  pypdf raises many kinds of errors on broken files.
        raise UnreadableDocument(
            "PDF'en er beskadiget og kan ikke læses. Gem den som PDF på ny, og prøv igen."
        ) from error


def _pdf_text(reader: PdfReader) -> FileText:
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableDocument("PDF'en er låst med en adgangskode. Gem den uden adgangskode, og prøv igen.")
    if len(reader.pages) > MAX_PDF_PAGES:
        raise UnreadableDocument(f"PDF'en har over {MAX_PDF_PAGES} sider. Del den i flere filer, og prøv igen.")
    parts = [str(value) for value in (reader.metadata or {}).values()]
    root = reader.root_object
    if metadata := root.get("/Metadata"):
        xmp = metadata.get_object().get_data()
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
        tree = etree.fromstring(xmp, parser)
        parts += [] if tree is None else [str(text) for text in tree.itertext() if str(text).strip()]
    parts += _outline_titles(reader.outline)
    parts += [str(field.get("/V", "")) for field in (reader.get_fields() or {}).values()]
    complete = True
    # In a small file, a thousand pages may share one heavy stream.
    deadline = monotonic() + MAX_PDF_SECONDS
    names = list(reader.attachments)
    if names:
        parts += names
        complete = False
    total = sum(map(len, parts))
    for page in reader.pages:
        # Raises on broken content, which extract_text() would report as an empty page.
        page.get_contents()
        text = page.extract_text()
        if not text.strip() and "/XObject" in (page.get("/Resources") or {}):
            complete = False
        parts.append(text)
        for note in page.get("/Annots") or []:
            parts.append(str(note.get_object().get("/Contents", "")))
        total += len(text)
        if total > MAX_TEXT or monotonic() > deadline:
            raise UnreadableDocument("PDF'en er for stor at læse. Del den i flere filer, og prøv igen.")
    return FileText("\n".join(parts), complete)


def _outline_titles(outline: Any) -> list[str]:
    titles: list[str] = []
    for entry in outline:
        titles += _outline_titles(entry) if isinstance(entry, list) else [str(entry.title)]
    return titles
