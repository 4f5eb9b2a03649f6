"""From HTML to a tagged PDF (PDF/UA-1, ISO 14289-1), and a store that keeps what has been made.

Title, language, author and dates are read from the HTML itself: `<html lang>`, `<title>`, `<meta name="author">`,
`<meta name="dcterms.created">` and `<meta name="dcterms.modified">`. Nothing else than the HTML, the stylesheets and
the installed fonts decides the bytes, so the same text always gives the same file.
"""

import ctypes
import datetime
import functools
import hashlib
import importlib.metadata
import logging
import os
import re
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import zxingcpp
from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

logger = logging.getLogger(__name__)

PRINT = ("css/print.css",)
MAX_CHARACTERS = 250_000  # of HTML: some 75 pages and 10 seconds, a few times that with large tables
STORE_BYTES = 200 * 1024 * 1024
STORE_DAYS = 30
FAMILIES = ("Charis SIL", "Lato")
INSTALL = (
    "Install the Debian packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-lato fonts-sil-charis."
)


class PdfUnavailable(RuntimeError):
    """This machine cannot make PDFs. The message, in English, tells its operator what to install."""


class PdfTooLarge(ValueError):
    """The text is too long or too deeply nested. The message, in Danish, is for whoever wrote it."""


class PdfForbidden(ValueError):
    """The HTML asked for something that is not one of our own static files."""


# Fonts. WeasyPrint ends the whole process when there is none, so fontconfig is asked before the first page.


class _FontSet(ctypes.Structure):
    _fields_ = [("nfont", ctypes.c_int), ("sfont", ctypes.c_int), ("fonts", ctypes.POINTER(ctypes.c_void_p))]


class _Fonts(NamedTuple):
    library: Any
    charset: Any
    families: frozenset[str]


@functools.cache
def _fonts() -> _Fonts:
    """The families that fontconfig finds, and the union of the characters they can draw."""
    try:
        fc = ctypes.CDLL("libfontconfig.so.1")
    except OSError as error:
        raise PdfUnavailable(f"PDFs need fontconfig. {INSTALL}") from error
    pointer = ctypes.c_void_p
    signatures: list[tuple[str, Any, list[Any]]] = [
        ("FcInitLoadConfigAndFonts", pointer, []),
        ("FcConfigGetFonts", ctypes.POINTER(_FontSet), [pointer, ctypes.c_int]),
        ("FcPatternGetString", ctypes.c_int, [pointer, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]),
        ("FcPatternGetCharSet", ctypes.c_int, [pointer, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(pointer)]),
        ("FcCharSetCreate", pointer, []),
        ("FcCharSetMerge", ctypes.c_int, [pointer, pointer, pointer]),
        ("FcCharSetHasChar", ctypes.c_int, [pointer, ctypes.c_uint32]),
    ]
    for name, result, arguments in signatures:
        function = getattr(fc, name)
        function.restype, function.argtypes = result, arguments
    found = fc.FcConfigGetFonts(fc.FcInitLoadConfigAndFonts(), 0)
    charset, families = fc.FcCharSetCreate(), set()
    for pattern in found.contents.fonts[: found.contents.nfont] if found else ():
        characters, family = pointer(), ctypes.c_char_p()
        if fc.FcPatternGetCharSet(pattern, b"charset", 0, ctypes.byref(characters)) == 0:
            fc.FcCharSetMerge(charset, characters, None)
        if fc.FcPatternGetString(pattern, b"family", 0, ctypes.byref(family)) == 0 and family.value:
            families.add(family.value.decode("utf-8", "replace"))
    return _Fonts(fc, charset, frozenset(families))


# Marks that steer the text without being drawn: soft hyphens, joiners, directions, variation selectors.
_UNDRAWN = re.compile(r"[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]")


def missing_characters(text: str) -> set[str]:
    """The characters of the text that no installed font can draw; one of them would make the PDF invalid.

    Raises PdfUnavailable where there is no fontconfig.
    """
    return {character for character in set(text) if not _can_be_drawn(character)}


def _can_be_drawn(character: str) -> bool:
    if "\x20" <= character <= "\x7e" or character in "\t\n\r" or _UNDRAWN.match(character):
        return True
    match unicodedata.category(character):
        case "Cc" | "Cs" | "Zl":
            return False
        case "Zs" | "Zp":
            return True
    fonts = _fonts()
    return bool(fonts.library.FcCharSetHasChar(fonts.charset, ord(character)))


# The engine


class _Engine(NamedTuple):
    weasyprint: Any
    font_config: Any
    fetcher: Any


# Pango's font map is shared by everything one process renders and must only be used by one thread at a time.
_lock = threading.Lock()


@functools.cache
def _engine() -> _Engine:
    fonts = _fonts()
    if not fonts.families or missing_characters("Aaæøå"):
        raise PdfUnavailable(f"PDFs need at least one font with Danish letters, and none is installed. {INSTALL}")
    if missing := [family for family in FAMILIES if family not in fonts.families]:
        logger.warning("PDFs fall back to other fonts than designed, missing: %s. %s", ", ".join(missing), INSTALL)
    try:
        import weasyprint  # takes most of a second, and most commands make no PDF
        from weasyprint.text.fonts import FontConfiguration
    except OSError as error:
        raise PdfUnavailable(f"WeasyPrint cannot load its libraries ({error}). {INSTALL}") from error

    class StaticFiles(weasyprint.urls.URLFetcher):
        """Remembers what it refused: WeasyPrint goes on without the resource, and we do not."""

        refused: list[str] = []

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            path = static_path(url)
            if path is None or not path.is_file():
                self.refused.append(url)
                raise ValueError("Only static files may be used in a PDF.")
            return weasyprint.urls.URLFetcherResponse(url, path.read_bytes())

    return _Engine(weasyprint, FontConfiguration(), StaticFiles())


def check() -> None:
    """Raise PdfUnavailable, with the reason, when this machine cannot make PDFs."""
    _engine()


def static_path(url: str) -> Path | None:
    """The file behind `static:css/print.css`, below the project's static folder; None for every other address."""
    root = (settings.BASE_DIR / "static").resolve()
    if not url.startswith("static:"):
        return None
    path = (root / url.removeprefix("static:")).resolve()
    return path if path.is_relative_to(root) else None


def _read_stylesheet(name: str) -> str:
    path = static_path(f"static:{name}")
    if path is None:
        raise PdfForbidden(f"{name} is outside the static folder.")
    return path.read_text(encoding="utf-8")


@functools.lru_cache(maxsize=8)
def _parsed(css: str) -> Any:
    engine = _engine()
    return engine.weasyprint.CSS(string=css, font_config=engine.font_config, url_fetcher=engine.fetcher)


def render_pdf(
    html: str, *, stylesheets: Sequence[str] = PRINT, layouts: Sequence[str] = ("",), max_pages: int | None = None
) -> bytes:
    """The HTML document as PDF/UA-1.

    `stylesheets` are names below the static folder. `layouts`, from roomy to dense, are tried as
    `<html data-layout="…">`; the first that gives at most `max_pages` pages is taken, or else the last one.

    Raises ValueError when title or language is missing, PdfTooLarge, PdfForbidden and PdfUnavailable.
    """
    if len(html) > MAX_CHARACTERS:
        raise PdfTooLarge("Teksten er for lang til én PDF. Del den i flere dokumenter, eller vedhæft en del som bilag.")
    engine = _engine()
    if missing := missing_characters(html):
        logger.warning("No font has these characters, shown as replacement: %s", sorted(map(ascii, missing)))
        html = html.translate(dict.fromkeys(map(ord, missing), _replacement()))
    with _lock:
        engine.fetcher.refused.clear()
        try:
            sheets = [_parsed(_read_stylesheet(name)) for name in stylesheets]
            document = _first_fit(layouts, max_pages, lambda layout: _lay_out(engine, html, layout, sheets))
            if not (document.metadata.title and document.metadata.lang):
                raise ValueError("The document needs <title> and <html lang>.")
            data: bytes = document.write_pdf(finisher=_finish, pdf_variant="pdf/ua-1", pdf_tags=True)
        except RecursionError as error:
            raise PdfTooLarge(
                "Teksten har for mange lag af lister eller tabeller inden i hinanden. Gør opstillingen enklere."
            ) from error
        if engine.fetcher.refused:
            raise PdfForbidden(f"Only static files may be used in a PDF, not {', '.join(engine.fetcher.refused)}.")
        return data


def _replacement() -> str:
    return next(
        character for character in "\N{REPLACEMENT CHARACTER}\N{WHITE SQUARE}?" if not missing_characters(character)
    )


def _first_fit(layouts: Sequence[str], max_pages: int | None, lay_out: Callable[[str], Any]) -> Any:
    """The first layout, or else the roomiest one that fits, found by halving."""
    low, high = 0, len(layouts) - 1
    document = lay_out(layouts[low])
    if not max_pages or len(document.pages) <= max_pages or low == high:
        return document
    low, fitting = 1, {}
    while low < high:
        middle = (low + high) // 2
        document = lay_out(layouts[middle])
        if len(document.pages) <= max_pages:
            high, fitting[middle] = middle, document
        else:
            low = middle + 1
    return fitting.get(low) or lay_out(layouts[low])


def _lay_out(engine: _Engine, html: str, layout: str, sheets: list[Any]) -> Any:
    source = engine.weasyprint.HTML(string=html, url_fetcher=engine.fetcher)
    if layout:
        source.etree_element.set("data-layout", layout)
    for element in source.etree_element.find("body").iter():
        element.text, element.tail = _breakable(element.text), _breakable(element.tail)
    return source.render(font_config=engine.font_config, stylesheets=sheets, pdf_variant="pdf/ua-1", pdf_tags=True)


_UNBROKEN = re.compile(r"\S{60}(?=\S)")


def _breakable(text: str | None) -> str | None:
    """With an invisible place to break in runs no line could hold: the time to lay one out grows with its square."""
    return _UNBROKEN.sub("\\g<0>\N{ZERO WIDTH SPACE}", text) if text else text


# The finisher: what PDF/UA-1 asks for and WeasyPrint 70 leaves out.


def _finish(document: Any, pdf: Any) -> None:
    _turn_margins_into_artifacts(document, pdf)
    boxes = [box for page in document.pages for box in _tagged_boxes(page._page_box)]
    for box in boxes:
        if box.link_annotation:
            _describe_link(box)
        if box.element_tag == "th" and hasattr(box, "mark"):
            row = box.element.get("scope") == "row"
            box.mark["A"]["Scope"] = "/Row" if row else "/Column"
    _number_lists(boxes, pdf)
    _wrap_item_bodies(pdf)


def _tagged_boxes(box: Any) -> Iterator[Any]:
    """Boxes in the order in which WeasyPrint makes structure elements of them; it makes none of lines."""
    box = getattr(box, "_box", box)  # out of flow, the box is behind a placeholder
    if type(box).__name__ != "LineBox":
        yield box
    for child in getattr(box, "children", ()):
        yield from _tagged_boxes(child)


def _describe_link(box: Any) -> None:
    annotation = box.link_annotation
    annotation["F"] = 4  # printed with its page
    text = " ".join("".join(box.element.itertext()).split())
    if text:
        annotation["Contents"] = type(annotation["Contents"])(text)


_NUMBERING = {"disc": "/Disc", "circle": "/Circle", "square": "/Square", "decimal": "/Decimal"}


def _number_lists(boxes: list[Any], pdf: Any) -> None:
    """Say of each list how it is numbered (ISO 14289-1, 7.6)."""
    elements = [item for item in pdf.objects if isinstance(item, dict) and item.get("S") == "/L"]
    lists = [box for box in boxes if box.element_tag in ("ul", "ol", "dl")]
    if len(elements) != len(lists):
        logger.warning(
            "WeasyPrint tagged %s lists out of %s; they are left without numbering", len(elements), len(lists)
        )
        return
    for element, box in zip(elements, lists, strict=True):
        numbering = "/None" if box.element_tag == "dl" else _NUMBERING.get(box.style["list_style_type"], "/None")
        element["A"] = f"<</O /List /ListNumbering {numbering}>>"


def _wrap_item_bodies(pdf: Any) -> None:
    """Give a list item with paragraphs in it the one LBody that may hold them (ISO 32000-1, table 336)."""
    items: list[Any] = [item for item in pdf.objects if isinstance(item, dict) and item.get("S") == "/LI"]
    for item in items:
        kids = [(reference, _target(pdf, reference)) for reference in item["K"]]
        loose = [reference for reference, kid in kids if kid.get("S") not in ("/Lbl", "/LBody")]
        if loose:
            body = type(item)({"Type": "/StructElem", "S": "/LBody", "K": type(item["K"])(loose), "P": item.reference})
            pdf.add_object(body)
            for reference in loose:
                _target(pdf, reference)["P"] = body.reference
            item["K"] = type(item["K"])(
                [reference for reference, _ in kids if reference not in loose] + [body.reference]
            )


def _target(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _turn_margins_into_artifacts(document: Any, pdf: Any) -> None:
    """Take running headers and page numbers out of the reading order.

    WeasyPrint marks them as text and makes structure elements that hang nowhere.
    """

    reachable: set[bytes] = set()
    root = _target(pdf, pdf.catalog["StructTreeRoot"])
    waiting = list(root["K"])
    while waiting:
        reference = waiting.pop()
        if isinstance(reference, bytes) and reference not in reachable:
            reachable.add(reference)
            waiting += _target(pdf, reference).get("K", ())
    numbers = _target(pdf, root["ParentTree"])["Nums"]
    for index, page in enumerate(pdf.page_references):
        parents = numbers[2 * index + 1]
        stray = {mcid for mcid, parent in enumerate(parents) if parent not in reachable}
        for mcid in stray:
            parents[mcid] = "null"
        content = _target(pdf, _target(pdf, page)["Contents"]).stream
        for position, operator in enumerate(content):
            if operator == b"BDC" and content[position - 1].get("MCID") in stray:
                content[position - 2] = "/Artifact"
                content[position - 1] = "<</Type /Pagination>>"
    for number, item in enumerate(pdf.objects):
        stray_element = isinstance(item, dict) and item.get("Type") == "/StructElem"
        if stray_element and b"%d 0 R" % number not in reachable:
            item.clear()


# What every document says of itself


def frame(subject: Any, *, qr_title: str) -> dict[str, Any]:
    """Template context common to all PDFs of a publishable: whose it is, where it is found, and its dates.

    `draft` says what it is while the public cannot read it, so that a print-out cannot be taken for the real thing.
    """
    url = settings.SITE_URL + subject.get_absolute_url()
    return {
        "municipality": subject.municipality,
        "site_url": settings.SITE_URL,
        "page_url": url,
        "qr": qr_svg(url, qr_title),
        "created": _w3c(subject.published_at or subject.created_at),
        "modified": _w3c(subject.updated_at),
        "draft": "" if subject.is_published else f"{subject.status_text}, ikke offentlig",
    }


def _w3c(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# QR codes


def qr_svg(url: str, title: str = "") -> SafeString:
    """A QR code as inline SVG, one unit per module, without quiet zone, drawn in the colour of the text.

    `title` is the text alternative. ValueError when the address is empty or too long for a code (some 2,300 bytes).
    """
    if not url:
        raise ValueError("A QR code needs an address.")
    code = zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = memoryview(code.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]
    rows: Any = modules.tolist()
    runs, size = [], len(rows)
    for y, values in enumerate(rows):
        row = "".join("1" if value == 0 else "0" for value in values)
        runs += [f"M{run.start()} {y}h{run.end() - run.start()}v1H{run.start()}z" for run in re.finditer("1+", row)]
    return mark_safe(  # digits of our own making; the title is escaped
        f'<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img">'
        f"<title>{escape(title or 'QR-kode til ' + url)}</title>"
        f'<path fill="currentColor" shape-rendering="crispEdges" d="{"".join(runs)}"/></svg>'
    )


# The store


@functools.cache
def _maker() -> bytes:
    """What decides the bytes beside the text: this file and the libraries that draw."""
    versions = [importlib.metadata.version(name) for name in ("weasyprint", "pydyf", "pyphen", "fonttools")]
    return " ".join(versions).encode() + Path(__file__).read_bytes()


def _key(html: str, stylesheets: Sequence[str], layouts: Sequence[str], max_pages: int | None) -> str:
    digest = hashlib.sha256()
    text = "\0".join([html, *map(_read_stylesheet, stylesheets)])
    parts = [_maker(), repr((layouts, max_pages)).encode(), text.encode("utf-8", "surrogatepass")]
    for url in sorted(set(re.findall(r"static:[\w./-]+", text))):
        path = static_path(url)
        parts.append(path.read_bytes() if path and path.is_file() else b"")
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def stored_pdf(
    html: str, *, stylesheets: Sequence[str] = PRINT, layouts: Sequence[str] = ("",), max_pages: int | None = None
) -> bytes:
    """`render_pdf`, or the very same bytes from VAR_DIR/pdf when they have been made before.

    The name of a stored file is the hash of everything that went into it, so it can never be out of date.
    """
    path = settings.VAR_DIR / "pdf" / f"{_key(html, stylesheets, layouts, max_pages)}.pdf"
    try:
        data = path.read_bytes()
        if data.endswith(b"%%EOF\n"):  # a power cut can leave a file short
            os.utime(path)
            return data
    except OSError:
        pass
    data = render_pdf(html, stylesheets=stylesheets, layouts=layouts, max_pages=max_pages)
    try:
        _write(path, data)
        clean_store(path.parent)
    except OSError as error:
        logger.warning("The PDF could not be stored: %s", error)
    return data


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def clean_store(folder: Path, max_bytes: int = STORE_BYTES, max_days: float = STORE_DAYS) -> None:
    """Delete what nobody has fetched for `max_days`, then the longest unused until at most `max_bytes` are left."""
    with os.scandir(folder) as entries:
        files = sorted(((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries), reverse=True)
    total, oldest = 0, time.time() - max_days * 86400
    for modified, size, name in files:
        total += size
        if total > max_bytes or modified < oldest:
            Path(name).unlink(missing_ok=True)
