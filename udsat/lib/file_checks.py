"""Checks of untrusted files before they are parsed: size, actual type, encoding, safe archives."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from lxml import etree

MB = 1024 * 1024
MAX_DOCUMENT_BYTES = 10 * MB
# Attachments may hold scanned pages.
MAX_ATTACHMENT_BYTES = 25 * MB
MAX_ARCHIVE_FILES = 2_000
MAX_UNPACKED_BYTES = 120 * MB
MAX_XML_BYTES = 40 * MB
# Word's XML compresses about 1:10, a long table of equal rows 1:60. The limit of deflate, which bombs use, is 1:1030.
MAX_RATIO = 200

# Types by their first bytes: those saved by browsers and office programs, and those often mistaken for them.
_SIGNATURES = [
    ("pdf", b"%PDF-"),
    ("zip", b"PK\x03\x04"),
    ("zip", b"PK\x05\x06"),
    ("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("rtf", b"{\\rtf"),
    ("image", b"\x89PNG\r\n\x1a\n"),
    ("image", b"\xff\xd8\xff"),
    ("image", b"GIF8"),
    ("image", b"II*\x00"),
    ("image", b"MM\x00*"),
]
_HTML_START = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)

TYPE_NAMES = {
    "pdf": "en PDF",
    "zip": "en Word-fil eller en zip-fil",
    "ole": "en gammel eller låst Office-fil",
    "rtf": "en RTF-fil",
    "image": "et billede",
    "html": "en webside",
}

# The characters above ASCII that occur in Danish office text in Windows-1252.
_COMMON_HIGH = frozenset("æøåÆØÅéèêëáàäöüÉÄÖÜóíúçñß–—…•‘’‚“”„»«›‹©®°´·½¼¾€§±²³×™\u00a0\u00ad")
_MOJIBAKE = re.compile("Ã[¦¸¥†˜…\u0080-\u009f]|â€[œ™“”¢\u009d]")


# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class UnreadableDocument(ValueError):
    """The file cannot be read. The message, in Danish, gives the way to fix it."""


_NOT_TEXT = (
    "Filen indeholder ikke almindelig tekst. Åbn den i det program, den er lavet i, og gem den som .docx eller .txt."
)
_BROKEN_ENCODING = (
    "Filens tegn er gået i stykker, så æ, ø og å ikke kan læses. Åbn teksten, ret tegnene, og gem den som UTF-8."
)
_LOCKED = "Filen er låst med en adgangskode. Gem den uden adgangskode, og prøv igen."
BROKEN_FILE = "Filen er beskadiget og kan ikke åbnes. Åbn den i Word, gem den på ny, og prøv igen."
MACROS = "Filen indeholder makroer. Gem den som .docx uden makroer, og prøv igen."


def check_size(data: bytes, limit: int = MAX_DOCUMENT_BYTES) -> None:
    """Raise UnreadableDocument if the file is empty or above the limit (bytes)."""
    if not data:
        raise UnreadableDocument("Filen er tom. Vælg en fil med tekst i.")
    if len(data) > limit:
        raise UnreadableDocument(
            f"Filen er for stor. Den fylder {-(-len(data) // MB)} MB og må højst fylde {limit // MB} MB. "
            "Fjern billeder fra den, eller del den i flere filer."
        )


def real_type(data: bytes) -> str:
    """Return the type by the first bytes: pdf, zip, ole, rtf, image, html, or "" for possible plain text."""
    start = data[3:] if data.startswith(b"\xef\xbb\xbf") else data
    for name, signature in _SIGNATURES:
        if start.startswith(signature):
            return name
    if b"%PDF-" in data[:1024] and b"\x00" not in data[:5]:
        return "pdf"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" or data[4:12] in (b"ftypheic", b"ftypavif", b"ftypmif1"):
        return "image"
    return "html" if _HTML_START.match(start[:4000]) else ""


def decode(data: bytes, declared: str = "") -> str:
    """Decode text: by byte order mark, as UTF-8, by the declared encoding, or as Windows-1252, in this order.

    Raises UnreadableDocument for binary data, and for text whose æ, ø and å are already lost.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return _checked(data.decode(name).removeprefix("\ufeff"))
            except UnicodeDecodeError as error:
                raise UnreadableDocument(_BROKEN_ENCODING) from error
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if b"\x00" in data:
        raise UnreadableDocument(_NOT_TEXT)
    if re.fullmatch(r"(?i)(iso-?8859-\d+|windows-125\d|cp125\d|macintosh)", declared):
        try:
            return _checked(data.decode(declared))
        except (UnicodeDecodeError, LookupError):
            pass
    # Valid UTF-8 pairs beside invalid ones: damaged UTF-8, which Windows-1252 would turn into "Ã¦".
    if len(re.findall(rb"[\xc2-\xc3][\x80-\xbf]", data)) > 2:
        raise UnreadableDocument(_BROKEN_ENCODING)
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise UnreadableDocument(_NOT_TEXT) from error
    high = [c for c in text if c > "\x7f"]
    if sum(c not in _COMMON_HIGH for c in high) > len(high) // 10:
        raise UnreadableDocument(_BROKEN_ENCODING)
    return _checked(text)


def _checked(text: str) -> str:
    controls = len(re.findall("[\x00-\x08\x0e-\x1f\x7f]", text))
    if "\x00" in text or controls > max(3, len(text) // 200):
        raise UnreadableDocument(_NOT_TEXT)
    if "\ufffd" in text or len(_MOJIBAKE.findall(text)) > 2:
        raise UnreadableDocument(_BROKEN_ENCODING)
    return text


# Archives: .docx, .xlsx, .pptx and .odt are zip files with XML


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Open an Office file after checking its declared unpacked size.

    Raises UnreadableDocument if the file is broken, locked, has macros or may be a decompression bomb.
    """
    if real_type(data) == "ole":
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableDocument(_LOCKED)
        raise UnreadableDocument("Filen er i et gammelt Word-format. Åbn den i Word, og gem den som .docx.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise UnreadableDocument(BROKEN_FILE) from error
    entries = archive.infolist()
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise UnreadableDocument(_LOCKED)
    if any("vbaproject" in entry.filename.lower() for entry in entries):
        raise UnreadableDocument(MACROS)
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise UnreadableDocument(BROKEN_FILE)
    unpacked = sum(entry.file_size for entry in entries)
    is_bomb = len(entries) > MAX_ARCHIVE_FILES or unpacked > MAX_UNPACKED_BYTES
    if is_bomb or any(e.file_size > MB and e.file_size > MAX_RATIO * max(e.compress_size, 1) for e in entries):
        raise UnreadableDocument(
            "Filen pakker ud til noget langt større end en almindelig tekst, og den bliver derfor ikke læst. "
            "Kopiér teksten over i et nyt dokument, og gem det som .docx."
        )
    return archive


_READ_ERRORS = (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, EOFError, OSError, RuntimeError, ValueError)


def is_xml(name: str) -> bool:
    """Return whether `xml_parts` reads the part of an archive."""
    return name.lower().endswith((".xml", ".rels"))


def xml_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, "etree._Element"]]:
    """Yield name and parsed root of each XML part, limiting the bytes actually unpacked.

    Raises UnreadableDocument if a part is broken, too large or declares entities, which Office programs never write,
    or if the file is declared to have macros.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    left = MAX_XML_BYTES
    for entry in archive.infolist():
        if not is_xml(entry.filename):
            continue
        try:
            with archive.open(entry) as file:
                content = file.read(left + 1)
            left -= len(content)
            if left < 0:
                raise UnreadableDocument(
                    "Filen er for stor til, at vi kan læse den. Del den i flere filer, og prøv igen."
                )
            root = etree.fromstring(content, parser)
        except UnreadableDocument:
            raise
        except _READ_ERRORS as error:
            raise UnreadableDocument(BROKEN_FILE) from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise UnreadableDocument(
                "Filen henviser til noget uden for sig selv, og den bliver derfor ikke læst. "
                "Åbn den i Word, og gem den på ny som .docx."
            )
        if entry.filename == "[Content_Types].xml" and any(
            "macroenabled" in (element.get("ContentType") or "").lower() for element in root
        ):
            raise UnreadableDocument(MACROS)
        yield entry.filename, root
