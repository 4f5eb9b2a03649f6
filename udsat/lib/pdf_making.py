"""Rendering of PDFs in processes of their own, with limits of time, memory and number.

The processes are forked from a fork server, which has loaded WeasyPrint: loading takes longer than rendering a short
text, and the web server has threads, so that a fork of it would be unsafe.
"""

import functools
import io
import logging
import multiprocessing
import threading
from concurrent.futures import Future, wait
from dataclasses import asdict
from multiprocessing.context import BaseContext
from typing import BinaryIO

from django.conf import settings

from .file_checks import MB, UnreadableDocument
from .limited_process import FailedProcess, call_with_limits
from .pdf import PdfTooLarge, check_length, render_pdf
from .pdf_store import Pdf, is_stored, lock, new_file, open_stored, read_stored, recent_failure, remember_failure

logger = logging.getLogger(__name__)

SECONDS = 60  # of processor time for one rendering, which may last three times as long
WAIT_SECONDS = 5  # of a request
MAX_WAITING = 2  # requests of a web process: `make run` has four threads
MAX_PENDING = 8  # PDFs that a web process renders, or will render
MAX_BYTES = 20 * MB
LONG = 60_000  # characters of HTML, which take some two seconds; no request waits for more
TOO_DEMANDING = "Det tager for lang tid at lave PDF'en. Del teksten i flere dokumenter, eller gør tabellerne enklere."
TOO_MANY_BYTES = "PDF'en fylder for meget. Del teksten i flere dokumenter."

_waiting = threading.BoundedSemaphore(MAX_WAITING)
_pending: dict[str, "Future[bytes]"] = {}
_pending_lock = threading.Lock()


class PdfNotReady(Exception):
    """The PDF is being rendered, or waits for its turn."""


def renders_apart() -> bool:
    """Whether PDFs are rendered in processes of their own, or else in the one that asks."""
    return bool(settings.PDF_PROCESSES)


def ready_pdf(pdf: Pdf, seconds: float = WAIT_SECONDS) -> BinaryIO:
    """Open the PDF, which is rendered once, however many wait for it.

    Raises PdfNotReady if it takes longer than that, if its text is long, or if too many wait already; it is rendered
    all the same. Raises PdfTooLarge if its text cannot be rendered within the limits.
    """
    if file := open_stored(pdf):
        return file
    if not renders_apart():
        return io.BytesIO(make_pdf(pdf))
    _refuse_too_large(pdf)
    future = _start(pdf)
    if not future.done() and len(pdf.html) <= LONG and _waiting.acquire(blocking=False):
        try:
            wait([future], seconds)
        finally:
            _waiting.release()
    if not future.done():
        raise PdfNotReady
    _forget(pdf, future)
    return io.BytesIO(future.result())


def _start(pdf: Pdf) -> "Future[bytes]":
    with _pending_lock:
        if pdf.key not in _pending:
            if len(_pending) >= MAX_PENDING:
                _pending.pop(next((key for key, future in _pending.items() if future.done()), ""), None)
            if len(_pending) >= MAX_PENDING:
                raise PdfNotReady
            _pending[pdf.key] = Future()
            threading.Thread(target=_make_pending, args=(pdf, _pending[pdf.key]), daemon=True).start()
        return _pending[pdf.key]


def _make_pending(pdf: Pdf, future: "Future[bytes]") -> None:
    try:
        future.set_result(make_pdf(pdf))
    except Exception as error:  # noqa: BLE001  Raised in the threads that wait.
        future.set_exception(error)
    # An error, and a PDF that could not be stored, is kept for the next request.
    if is_stored(pdf):
        _forget(pdf, future)


def _forget(pdf: Pdf, future: "Future[bytes]") -> None:
    with _pending_lock:
        if _pending.get(pdf.key) is future:
            del _pending[pdf.key]


def _refuse_too_large(pdf: Pdf) -> None:
    check_length(pdf.html)
    if message := recent_failure(pdf):
        raise PdfTooLarge(message)


def make_pdf(pdf: Pdf) -> bytes:
    """Return the PDF from the store, or render and store it, for which it waits as long as it takes.

    Raises the same errors as `render_pdf`, PdfTooLarge also for a text that passes the limits, and FailedProcess.
    """
    if stored := read_stored(pdf):
        return stored
    _refuse_too_large(pdf)
    with new_file(pdf.path) as store, lock(pdf.key):
        if stored := read_stored(pdf):  # by another thread or process meanwhile
            return stored
        try:
            data = _render_apart(pdf) if renders_apart() else render_pdf(**asdict(pdf))
            if len(data) > MAX_BYTES:
                raise PdfTooLarge(TOO_MANY_BYTES)
        except PdfTooLarge as error:
            remember_failure(pdf, str(error))
            raise
        except FailedProcess as error:
            logger.error("Rendering a PDF failed: %s", error)
            raise
        store(data)
    return data


def _render_apart(pdf: Pdf) -> bytes:
    number = settings.PDF_PROCESSES
    # The first turn is kept for short texts.
    turns = range(1 if len(pdf.html) > LONG and number > 1 else 0, number)
    with lock(*(f"turn-{turn}" for turn in turns)):
        try:
            result = call_with_limits(
                _rendered, pdf, seconds=SECONDS, waiting_seconds=3 * SECONDS, context=_fork_server()
            )
        except UnreadableDocument as passed_limit:
            raise PdfTooLarge(TOO_DEMANDING) from passed_limit
    if isinstance(result, str):
        raise PdfTooLarge(result)
    return bytes(result)


def _rendered(pdf: Pdf) -> bytes | str:
    """Return the PDF, or the reason why the text is too large."""
    try:
        return render_pdf(**asdict(pdf))
    except PdfTooLarge as error:
        return str(error)


@functools.cache
def _fork_server() -> BaseContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "udsat.lib.pdf_preload"])
    return context
