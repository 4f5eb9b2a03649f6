"""Extract all text from an uploaded file, including titles, headers, comments, deleted text and notes.

Used for the CPR check of attachments: known leaks were in a document's title, an appendix and a signature block.
A file with a part that cannot be read, such as a picture, counts as incomplete.
"""

import csv
import email
import email.policy
import hashlib
import io
import json
import re
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
_TEXT_TYPES = (".txt", ".md", ".markdown", ".log", ".text")
_TABLE_TYPES = (".csv", ".tsv")
# Calendars and address cards, whose long lines continue after a line break and a space.
_FOLDED_TYPES = (".ics", ".vcf")
_HTML_TYPES = (".html", ".htm", ".xhtml", ".svg", ".xml", ".rdf")
_EMAIL_TYPES = (".eml", ".mht", ".mhtml")
# Parts of an Office file without text, or with a small picture of the first page.
_WITHOUT_TEXT = re.compile(
    r".*(?:\.(?:odttf|fntdata|ttf)|/printersettings\d*\.bin|thumbnails?(?:\.\w+)?|layout-cache|mimetype)"
)
MAX_EMBEDDED_FILES = 100
_SPOKEN_ATTRIBUTES = frozenset(
    "alt title descr content href src value string-value placeholder aria-label Target author initials lastEdited "
    "displayText userName".split()
)
# Other attributes are read if they may hold a CPR number. Identifiers that programs assign are not.
_NINE_DIGITS = re.compile(r"(?:\D*\d){9}")
_IDENTIFIER = re.compile(r"\{?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-.*", re.DOTALL)


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
    if name.endswith(_EMAIL_TYPES):
        return _email(data, depth)
    if kind == "html" or name.endswith(_HTML_TYPES):
        return FileText(_html(decode(data)), complete=True)
    if name.endswith(_TEXT_TYPES) and kind != "rtf":
        return FileText(decode(data), complete=True)
    if name.endswith(_TABLE_TYPES):
        return FileText("\n".join(_table_lines(decode(data))), complete=True)
    if name.endswith(_FOLDED_TYPES):
        text = re.sub(r"\r?\n[ \t]", "", decode(data))
        return FileText(text, complete="QUOTED-PRINTABLE" not in text.upper() and "BASE64" not in text.upper())
    if name.endswith(".json"):
        return _json(decode(data))
    try:
        return FileText(decode(data), complete=False)
    except UnreadableDocument:
        if name.endswith((".docx", ".xlsx", ".pptx", ".odt", ".pdf")):
            raise UnreadableDocument(BROKEN_FILE) from None
        return FileText("", complete=False)


def _table_lines(text: str) -> Iterator[str]:
    """Yield each row of a table of comma, semicolon or tab separated values, with the borders of its cells as " | "."""
    head = text[:5000]
    delimiter = max(";,\t|", key=head.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield " | ".join(row)
            # Excel drops the leading 0 of a CPR number typed as a number.
            yield from (f"0{cell}" for cell in row if len(cell) == 9 and cell.isdigit())
    except csv.Error:
        yield text


def _json(text: str) -> FileText:
    try:
        return FileText(json.dumps(json.loads(text), ensure_ascii=False, indent=1), complete=True)
    except (ValueError, RecursionError):
        return FileText(text, complete=False)


def _email(data: bytes, depth: int) -> FileText:
    """Read a saved e-mail or web archive: its headers, and each part by its own type."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    lines, complete = [f"{name}: {value}" for name, value in message.items()], not message.defects
    for number, part in enumerate(part for part in message.walk() if not part.is_multipart()):
        content = part.get_payload(decode=True)
        if depth > 1 or number >= MAX_EMBEDDED_FILES or not isinstance(content, bytes):
            return FileText("\n".join(lines), complete=False)
        endings = {"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics"}
        ending = endings.get(part.get_content_type(), "")
        inner = _embedded(content, part.get_filename() or f"del{ending}", depth)
        lines += [part.get_filename() or "", inner.text]
        complete = complete and inner.complete
    return FileText("\n".join(lines), complete)


def _embedded(data: bytes, name: str, depth: int) -> FileText:
    """Read a file inside another one. A broken one must not hide the text around it."""
    try:
        return extract_text(data, name, depth + 1)
    except Exception:  # noqa: BLE001
        return FileText("", complete=not data.strip())


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
            yield from _attribute_texts(node)
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


def _attribute_texts(node: Any) -> Iterator[str]:
    """Yield the attributes that people read, and others that may hold a CPR number."""
    element = str(node.tag).rpartition("}")[2]
    for name, value in node.attrib.items():
        local = name.rpartition("}")[2]
        if local in _SPOKEN_ATTRIBUTES:
            yield value
            if local == "value" and len(value) == 9 and value.isdigit():
                yield f"0{value}"
        elif _NINE_DIGITS.match(value) and not _IDENTIFIER.fullmatch(value):
            if not element.lower().endswith("id") and not local.lower().endswith("id"):
                yield value


def _office(data: bytes, depth: int) -> FileText:
    """Read Word, Excel, PowerPoint or OpenDocument. Other archives count as unreadable."""
    archive = open_archive(data)
    names = archive.namelist()
    if "[Content_Types].xml" not in names and "content.xml" not in names:
        return FileText("", complete=False)
    lines: list[str] = []
    has_text = False
    for name, root in xml_parts(archive):
        lines += _office_lines(root)
        has_text |= not name.startswith("docProps/") and any(text.strip() for text in root.itertext())
    # Pictures, text of other programs that Word shows (altChunk), embedded files.
    others = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.lower().endswith((".xml", ".rels"))
        if not _WITHOUT_TEXT.fullmatch(entry.filename.lower())
    ]
    may_read = depth < 2 and len(others) <= MAX_EMBEDDED_FILES
    complete = has_text and (may_read or not others)
    for entry in others if may_read else ():
        inner = FileText("", complete=False)
        if entry.file_size <= MAX_ATTACHMENT_BYTES:
            inner = _embedded(archive.read(entry), entry.filename, depth)
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
            yield from _attribute_texts(node)
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
        raise UnreadableDocument(
            "PDF'en er for stor til, at vi kan læse den. Del den i flere filer, og prøv igen."
        ) from error
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
        parts.append(text)
        streams = [page, *_appearances(page)]
        has_pictures = any(_has_pictures(stream, set()) for stream in streams)
        if has_pictures or _UNREADABLE.search(text) or not text.strip() and _PAINTS.search(_content(page)):
            complete = False
        for note in page.get("/Annots") or []:
            parts += [str(note.get_object().get(key, "")) for key in ("/Contents", "/T", "/Subj", "/RC", "/V")]
        total += len(text)
        if total > MAX_TEXT or monotonic() > deadline:
            raise UnreadableDocument("PDF'en er for stor til, at vi kan læse den. Del den i flere filer, og prøv igen.")
    return FileText("\n".join(parts), complete)


# Characters of a font that does not state which letters it draws.
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\ufffd\ue000-\uf8ff]")
# Operators that draw: text that is drawn as lines, and pictures within the page's own content.
_PAINTS = re.compile(rb"(?<!\S)(?:f\*?|F|S|s|B\*?|b\*?|sh|Do|EI)(?!\S)")
_INLINE_PICTURE = re.compile(rb"(?<!\S)BI\s(?:[^\0]{0,500}?\s)?ID\s")


def _content(stream: Any) -> bytes:
    content = stream.get_contents() if hasattr(stream, "get_contents") else stream
    return bytes(content.get_data()) if content is not None else b""


def _appearances(page: Any) -> Iterator[Any]:
    """Yield what the notes, stamps and form fields of a page look like."""
    for note in page.get("/Annots") or []:
        shown = _resolved(_resolved(note.get_object(), "/AP"), "/N")
        candidates = [shown] if hasattr(shown, "get_data") else [value.get_object() for value in shown.values()]
        yield from (candidate for candidate in candidates if hasattr(candidate, "get_data"))


def _resolved(dictionary: Any, key: str) -> Any:
    """Return the dictionary at a key, also if it is stored elsewhere in the file; an empty one if it is missing."""
    value = dictionary.get(key)
    return {} if value is None else value.get_object()


def _has_pictures(stream: Any, seen: set[int]) -> bool:
    """Whether a page or a form in it shows a picture, at any depth."""
    if _INLINE_PICTURE.search(_content(stream)):
        return True
    resources = _resolved(stream, "/Resources")
    for kind in ("/XObject", "/Pattern"):
        for reference in _resolved(resources, kind).values():
            inner = reference.get_object()
            if inner.get("/Subtype") == "/Image":
                return True
            if hasattr(inner, "get_data") and id(inner) not in seen:
                seen.add(id(inner))
                if _has_pictures(inner, seen):
                    return True
    return False


def _outline_titles(outline: Any) -> list[str]:
    titles: list[str] = []
    for entry in outline:
        titles += _outline_titles(entry) if isinstance(entry, list) else [str(entry.title)]
    return titles
