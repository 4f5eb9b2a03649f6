"""Store of rendered PDFs in VAR_DIR/pdf.

Django's file-based cache is not used: it bounds the number of entries, not their size, evicts at random instead of the
least recently used, pickles its values, and raises on a file that a power cut has truncated.
"""

import functools
import hashlib
import importlib.metadata
import logging
import os
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from .pdf import PRINT, read_stylesheet, render_pdf, static_path

logger = logging.getLogger(__name__)

STORE_BYTES = 200 * 1024 * 1024
STORE_DAYS = 30
SHORT_PAGES = 4


@functools.cache
def _renderer_version() -> bytes:
    """Return a version of the rendering modules and their libraries, which determine the output besides its input."""
    versions = [importlib.metadata.version(name) for name in ("weasyprint", "pydyf", "pyphen", "fonttools")]
    modules = sorted(Path(__file__).parent.glob("pdf*.py"))
    return " ".join(versions).encode() + b"".join(module.read_bytes() for module in modules)


def _key(documents: Sequence[str], stylesheets: Sequence[str], layouts: Sequence[str], max_pages: int | None) -> str:
    digest = hashlib.sha256()
    text = "\0".join([*documents, *map(read_stylesheet, stylesheets)])
    parts = [_renderer_version(), repr((layouts, max_pages)).encode(), text.encode("utf-8", "surrogatepass")]
    for url in sorted(set(re.findall(r"static:[\w./-]+", text))):
        path = static_path(url)
        parts.append(path.read_bytes() if path and path.is_file() else b"")
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def stored_pdf(
    html: str,
    *,
    stylesheets: Sequence[str] = PRINT,
    layouts: Sequence[str] = ("",),
    max_pages: int | None = None,
    shorter: Sequence[str] = (),
) -> bytes:
    """Return the result of `render_pdf`, from the store if the same input has been rendered before.

    A stored file is named by a hash of everything the output depends on, so it is never out of date. Raises the same
    errors as `render_pdf`; a store that cannot be written is only logged.
    """
    path = settings.VAR_DIR / "pdf" / f"{_key([html, *shorter], stylesheets, layouts, max_pages)}.pdf"
    try:
        data = path.read_bytes()
        if data.endswith(b"%%EOF\n"):  # not truncated by a power cut
            os.utime(path)  # for clean_store
            return data
    except OSError:
        pass
    data = render_pdf(html, stylesheets=stylesheets, layouts=layouts, max_pages=max_pages, shorter=shorter)
    try:
        _write(path, data)
        clean_store(path.parent)
    except OSError as error:
        logger.warning("The PDF could not be stored: %s", error)
    return data


def stored_long_pdf(html: str) -> bytes:
    """Return the PDF of a text of any length, with its table of contents where it has more than SHORT_PAGES pages."""
    return stored_pdf(html, layouts=("short", "long"), max_pages=SHORT_PAGES)


def _write(path: Path, data: bytes) -> None:
    """Write atomically, so that other processes never read half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def clear_store() -> None:
    """Delete all stored PDFs, for instance because one of them has content that was removed for good."""
    for path in (settings.VAR_DIR / "pdf").glob("*.pdf"):
        path.unlink(missing_ok=True)


def clean_store(folder: Path, max_bytes: int = STORE_BYTES, max_days: float = STORE_DAYS) -> None:
    """Delete files unused for `max_days`, then the least recently used until at most `max_bytes` are left."""
    with os.scandir(folder) as entries:
        files = sorted(((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries), reverse=True)
    total, oldest = 0, time.time() - max_days * 86400
    for modified, size, name in files:
        total += size
        if total > max_bytes or modified < oldest:
            Path(name).unlink(missing_ok=True)
