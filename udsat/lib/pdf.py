"""Render HTML as tagged PDF (PDF/UA-1, ISO 14289-1) with WeasyPrint.

Title, language, author and dates are taken from the HTML: `<html lang>`, `<title>`, `<meta name="author">`,
`<meta name="dcterms.created">` and `<meta name="dcterms.modified">`. The output depends on the HTML, the stylesheets
and the installed fonts only, so the same text always gives the same bytes.
"""

import datetime
import functools
import logging
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import zxingcpp
from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from . import pdf_tables, pdf_text, pdf_ua
from .pdf_fonts import FAMILIES, INSTALL, PdfUnavailable, font_families, missing_characters

logger = logging.getLogger(__name__)

PRINT = ("css/print.css",)
MAX_CHARACTERS = 250_000  # of HTML: about 75 pages and 10 seconds, several times that with large tables


NEARLY_EMPTY = 0.3  # of a page; a tighter layout is tried where the last page holds less


class PdfTooLarge(ValueError):
    """The text is too long or too deeply nested. The message, in Danish, is for its author."""


class PdfForbidden(ValueError):
    """The HTML refers to something that is not one of the project's static files."""


class _Engine(NamedTuple):
    weasyprint: Any
    font_config: Any
    fetcher: Any


# Pango's font map is shared by the whole process and is not thread-safe.
_lock = threading.Lock()


@functools.cache
def _engine() -> _Engine:
    # WeasyPrint crashes the process if there is no font.
    if not font_families() or missing_characters("Aaæøå"):
        raise PdfUnavailable(f"PDFs need at least one font with Danish letters, and none is installed. {INSTALL}")
    if missing := [family for family in FAMILIES if family not in font_families()]:
        logger.warning("PDFs fall back to other fonts than designed, missing: %s. %s", ", ".join(missing), INSTALL)
    try:
        # Imported here because it takes most of a second, and most commands make no PDF.
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
    except OSError as error:
        raise PdfUnavailable(f"WeasyPrint cannot load its libraries ({error}). {INSTALL}") from error

    class StaticFiles(weasyprint.urls.URLFetcher):
        """Serves static files only, and records refused URLs, since WeasyPrint merely skips them."""

        refused: list[str] = []

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            path = static_path(url)
            if path is None or not path.is_file():
                self.refused.append(url)
                raise ValueError("Only static files may be used in a PDF.")
            return weasyprint.urls.URLFetcherResponse(url, path.read_bytes())

    return _Engine(weasyprint, FontConfiguration(), StaticFiles())


def static_path(url: str) -> Path | None:
    """Return the file of a URL such as `static:css/print.css`; None for URLs outside the project's static folder."""
    root = (settings.BASE_DIR / "static").resolve()
    if not url.startswith("static:"):
        return None
    path = (root / url.removeprefix("static:")).resolve()
    return path if path.is_relative_to(root) else None


def read_stylesheet(name: str) -> str:
    """Return the text of a stylesheet, named by its path below the static folder. Raises PdfForbidden for others."""
    path = static_path(f"static:{name}")
    if path is None:
        raise PdfForbidden(f"{name} is outside the static folder.")
    return path.read_text(encoding="utf-8")


@functools.lru_cache(maxsize=8)
def _parsed_stylesheet(css: str) -> Any:
    engine = _engine()
    return engine.weasyprint.CSS(string=css, font_config=engine.font_config, url_fetcher=engine.fetcher)


def check_length(html: str) -> None:
    if len(html) > MAX_CHARACTERS:
        raise PdfTooLarge("Teksten er for lang til én PDF. Del den i flere dokumenter, eller vedhæft en del som bilag.")


def render_pdf(
    html: str,
    *,
    stylesheets: Sequence[str] = PRINT,
    layouts: Sequence[str] = ("",),
    max_pages: int | None = None,
    shorter: Sequence[str] = (),
) -> bytes:
    """Return the HTML document as PDF/UA-1.

    `stylesheets` are paths below the static folder. `layouts`, from spacious to dense, are values of
    `<html data-layout="…">`; the first that gives at most `max_pages` pages is used, or else the last. `shorter` are
    documents with less and less text, tried in the last layout where the first document does not fit.

    Raises ValueError if title or language is missing, PdfTooLarge, PdfForbidden and PdfUnavailable.
    """
    variants = [(layout, html) for layout in layouts] + [(layouts[-1], text) for text in shorter]
    check_length(html)
    engine = _engine()
    if missing := missing_characters("".join(dict.fromkeys(text for _, text in variants))):
        logger.warning("No font has these characters, shown as replacement: %s", sorted(map(ascii, missing)))
        replacement = next(c for c in "\N{REPLACEMENT CHARACTER}\N{WHITE SQUARE}?" if not missing_characters(c))
        table = dict.fromkeys(map(ord, missing), replacement)
        variants = [(layout, text.translate(table)) for layout, text in variants]
    with _lock:
        engine.fetcher.refused.clear()
        try:
            sheets = [_parsed_stylesheet(read_stylesheet(name)) for name in stylesheets]
            document = _first_fit(
                variants, max_pages, lambda layout, text: _lay_out(engine, text, layout, sheets, max_pages)
            )
            if not (document.metadata.title and document.metadata.lang):
                raise ValueError("The document needs <title> and <html lang>.")
            with pdf_ua.structure_elements_with_boxes():
                data: bytes = document.write_pdf(finisher=pdf_ua.finish, **_VARIANT)
        except RecursionError as error:
            raise PdfTooLarge(
                "Teksten har for mange lag af lister eller tabeller inden i hinanden. Gør opstillingen enklere."
            ) from error
        if engine.fetcher.refused:
            raise PdfForbidden(f"Only static files may be used in a PDF, not {', '.join(engine.fetcher.refused)}.")
        return data


def _first_fit(variants: Sequence[tuple[str, str]], max_pages: int | None, lay_out: Callable[[str, str], Any]) -> Any:
    """The document of the first variant, or else of the most spacious one that fits, by binary search."""
    low, high = 0, len(variants) - 1
    document = lay_out(*variants[low])
    if not max_pages or len(document.pages) <= max_pages or low == high:
        return document
    low, fitting = 1, {}
    while low < high:
        middle = (low + high) // 2
        document = lay_out(*variants[middle])
        if len(document.pages) <= max_pages:
            high, fitting[middle] = middle, document
        else:
            low = middle + 1
    return fitting.get(low) or lay_out(*variants[low])


# Presentational hints: the first number and the letters of a list.
_VARIANT = {"pdf_variant": "pdf/ua-1", "pdf_tags": True, "presentational_hints": True}


def _lay_out(engine: _Engine, html: str, layout: str, sheets: list[Any], max_pages: int | None) -> Any:
    source = engine.weasyprint.HTML(string=html, url_fetcher=engine.fetcher)
    root = source.etree_element
    if layout:
        root.set("data-layout", layout)
    pdf_text.prepare(root.find("body"))
    pdf_tables.mark_numbers(root)
    pdf_tables.mark_tall_rows(root)
    while True:
        document = source.render(font_config=engine.font_config, stylesheets=sheets, **_VARIANT)
        wide = pdf_tables.wide_tables(document)
        if not (wide and pdf_tables.fit(root, wide, may_turn=max_pages != 1)):
            break
    if len(document.pages) > 1 and max_pages != 1 and _filled(document.pages[-1]) < NEARLY_EMPTY:
        root.set("data-tight", "")
        tighter = source.render(font_config=engine.font_config, stylesheets=sheets, **_VARIANT)
        if len(tighter.pages) < len(document.pages) and not pdf_tables.wide_tables(tighter):
            return tighter
    return document


def _filled(page: Any) -> float:
    """Return how much of the height of a page its text fills, from 0 to 1."""
    body = page._page_box.children[0].children[0]
    return float((body.position_y + body.border_height() - page._page_box.content_box_y()) / page._page_box.height)


def frame(subject: Any, *, qr_title: str) -> dict[str, Any]:
    """Return the template context common to all PDFs of a publishable: municipality, addresses, QR code and dates.

    `draft` is a label for print-outs of content that is not public, and "" otherwise.
    """
    url = settings.SITE_URL + subject.get_absolute_url()
    # Views have asked for `is_public` with the row.
    is_public = subject.is_public if hasattr(subject, "is_public") else subject.is_published
    return {
        "municipality": subject.municipality,
        "site_url": settings.SITE_URL,
        "page_url": url,
        "version_url": settings.SITE_URL + subject.get_version_url() if subject.has_version_url else "",
        "qr": qr_svg(url, qr_title),
        "created": _w3c(subject.published_at or subject.created_at),
        "modified": _w3c(subject.last_changed),
        "draft": "" if is_public else f"{subject.status_text}, ikke offentlig",
    }


def qr_svg(url: str, title: str = "") -> SafeString:
    """Return a QR code as inline SVG in the colour of the text, one unit per module, without quiet zone.

    `title` is the text alternative. Raises ValueError if the address is empty or above some 2,300 bytes.
    """
    if not url:
        raise ValueError("A QR code needs an address.")
    code = zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = code.to_image(scale=1, add_quiet_zones=False)  # its type differs between versions of Python
    rows: Any = memoryview(image).tolist()
    runs, size = [], len(rows)
    for y, values in enumerate(rows):
        row = "".join("1" if value == 0 else "0" for value in values)
        runs += [f"M{run.start()} {y}h{run.end() - run.start()}v1H{run.start()}z" for run in re.finditer("1+", row)]
    return mark_safe(  # only digits, and the title is escaped
        f'<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img">'
        f"<title>{escape(title or 'QR-kode til ' + url)}</title>"
        f'<path fill="currentColor" shape-rendering="crispEdges" d="{"".join(runs)}"/></svg>'
    )


def _w3c(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
