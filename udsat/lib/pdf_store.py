"""Store of rendered PDFs in VAR_DIR/pdf.

Django's file-based cache is not used: it bounds the number of entries, not their size, evicts at random instead of the
least recently used, pickles its values, and raises on a file that a power cut has truncated.
"""

import fcntl
import functools
import hashlib
import importlib.metadata
import logging
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from .pdf import PRINT, read_stylesheet, static_path

logger = logging.getLogger(__name__)

STORE_BYTES = 200 * 1024 * 1024
STORE_DAYS = 30
# An unfinished file that is older than this was left by a process that was killed. A text that failed is tried again.
STALE_SECONDS = 3600
SHORT_PAGES = 4
_END = b"%%EOF\n"


@functools.cache
def renderer_version() -> bytes:
    """Return a version of the rendering modules and their libraries, which determine the output besides its input."""
    versions = [importlib.metadata.version(name) for name in ("weasyprint", "pydyf", "pyphen", "fonttools")]
    modules = sorted(Path(__file__).parent.glob("pdf*.py"))
    return " ".join(versions).encode() + b"".join(module.read_bytes() for module in modules)


@dataclass(frozen=True)
class Pdf:
    """What a PDF is rendered from: the arguments of `render_pdf`."""

    html: str
    layouts: tuple[str, ...] = ("",)
    max_pages: int | None = None
    shorter: tuple[str, ...] = ()
    stylesheets: tuple[str, ...] = PRINT

    @functools.cached_property
    def key(self) -> str:
        """A hash of everything the output depends on, so that a stored file is never out of date."""
        digest = hashlib.sha256()
        text = "\0".join([self.html, *self.shorter, *map(read_stylesheet, self.stylesheets)])
        parts = [renderer_version(), repr((self.layouts, self.max_pages)).encode(), text.encode(errors="surrogatepass")]
        for url in sorted(set(re.findall(r"static:[\w./-]+", text))):
            path = static_path(url)
            parts.append(path.read_bytes() if path and path.is_file() else b"")
        for part in parts:
            digest.update(hashlib.sha256(part).digest())
        return digest.hexdigest()

    @property
    def path(self) -> Path:
        return store_folder() / f"{self.key}.pdf"


def long_pdf(html: str) -> Pdf:
    """A text of any length, with a table of contents where it has more than SHORT_PAGES pages."""
    return Pdf(html, layouts=("short", "long"), max_pages=SHORT_PAGES)


def store_folder() -> Path:
    return Path(settings.VAR_DIR) / "pdf"


def open_stored(pdf: Pdf) -> BinaryIO | None:
    """Open the stored file; None if there is none, or one that a power cut has truncated."""
    try:
        file = pdf.path.open("rb")
    except OSError:
        return None
    file.seek(max(0, file.seek(0, os.SEEK_END) - len(_END)))
    if file.read() != _END:
        file.close()
        return None
    file.seek(0)
    with suppress(OSError):
        os.utime(file.fileno())  # for clean_store
    return file


def is_stored(pdf: Pdf) -> bool:
    file = open_stored(pdf)
    if file is None:
        return False
    file.close()
    return True


def read_stored(pdf: Pdf) -> bytes:
    """Return the stored file, or nothing."""
    file = open_stored(pdf)
    if file is None:
        return b""
    with file:
        return file.read()


@contextmanager
def new_file(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that stores a content under that path, whole or not at all.

    It stores nothing if the store has been cleared since the block began. If the store cannot be written, it logs that.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    except OSError as error:
        logger.warning("The PDF could not be stored: %s", error)
        yield lambda content: None
        return

    def store(content: bytes) -> None:
        try:
            with file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            os.replace(name, path)
            clean_store(path.parent)
        except OSError as error:
            logger.warning("The PDF could not be stored: %s", error)

    file = os.fdopen(descriptor, "wb")
    try:
        yield store
    finally:
        with suppress(OSError):
            file.close()
            Path(name).unlink(missing_ok=True)


def remember_failure(pdf: Pdf, message: str) -> None:
    with suppress(OSError):
        pdf.path.with_suffix(".failed").write_text(message, encoding="utf-8")


def recent_failure(pdf: Pdf) -> str:
    """Return the message of a failure less than an hour ago, or ""."""
    path = pdf.path.with_suffix(".failed")
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_mtime > time.time() - STALE_SECONDS else ""
    except OSError:
        return ""


@contextmanager
def lock(*names: str, wait: bool = True) -> Iterator[bool]:
    """Lock one of these files of the store for the block, or yield False if all are locked and it may not `wait`.

    The lock ends with the process, however that ends. Where no file can be created, nothing is locked.
    """
    paths = [store_folder() / f"{name}.lock" for name in names]
    try:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        file = next(filter(None, (_lock(path, fcntl.LOCK_NB) for path in paths)), None)
        if file is None and wait:
            file = _lock(random.choice(paths), 0)
    except OSError:
        yield True
        return
    try:
        yield file is not None
    finally:
        if file:
            Path(file.name).unlink(missing_ok=True)
            file.close()


def _lock(path: Path, flag: int) -> BinaryIO | None:
    while True:
        file = path.open("wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | flag)
        except BlockingIOError:
            file.close()
            return None
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # its last owner has deleted it


def clear_store() -> None:
    """Delete all stored PDFs, for instance because one of them has content that was removed for good."""
    # Unfinished files first, so that none is finished meanwhile.
    for pattern in ("*.part", "*.pdf", "*.failed", "*.since"):
        for path in store_folder().glob(pattern):
            path.unlink(missing_ok=True)


def clean_store(folder: Path, max_bytes: int = STORE_BYTES, max_days: float = STORE_DAYS) -> None:
    """Delete files unused for `max_days`, then the least recently used until at most `max_bytes` are left."""
    files = []
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # deleted by another process
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    total, now = 0, time.time()
    for modified, size, path in sorted(files, reverse=True):
        total += size
        seconds = STALE_SECONDS if path.suffix in {".part", ".failed"} else max_days * 86400
        if total > max_bytes or modified < now - seconds:
            path.unlink(missing_ok=True)
