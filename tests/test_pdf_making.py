"""PDFs rendered in processes of their own: once, within limits, whole or not at all."""

import multiprocessing
import os
import resource
import signal
import threading
import time

import pytest

from udsat.lib import pdf_making
from udsat.lib.limited_process import FailedProcess
from udsat.lib.pdf import PdfTooLarge
from udsat.lib.pdf_making import PdfNotReady, make_pdf, ready_pdf
from udsat.lib.pdf_store import Pdf, clean_store, clear_store, is_stored, lock, new_file, read_stored, store_folder


@pytest.fixture(autouse=True)
def processes(settings, monkeypatch):
    settings.PDF_PROCESSES = 2
    # A thread of an earlier test may not have forgotten its text yet.
    monkeypatch.setattr(pdf_making, "_pending", {})


def text(body="Plads til alle"):
    return Pdf(f'<!doctype html><html lang="da"><title>Plads til alle</title><h1>{body}</h1>')


def asked_for(pdf):
    """Ask for a PDF that nobody waits for, and return its rendering when that has ended."""
    with pytest.raises(PdfNotReady):
        ready_pdf(pdf, seconds=0)
    rendering = pdf_making._pending[pdf.key]
    rendering.exception(60)
    return rendering


def files():
    return sorted(path.name for path in store_folder().iterdir())


def test_a_pdf_is_rendered_in_another_process_and_stored():
    assert make_pdf(text()).startswith(b"%PDF-1.7")
    assert files() == [text().path.name] and ready_pdf(text()).read() == make_pdf(text())


def test_all_who_wait_get_the_same_rendering():
    with lock(text().key):
        first, second = pdf_making._start(text()), pdf_making._start(text())
        assert first is second
        with pytest.raises(PdfNotReady):
            ready_pdf(text(), seconds=0)
    assert first.result(60).startswith(b"%PDF") and is_stored(text())


def test_two_processes_do_not_render_the_same_text():
    with lock(text().key):
        waiting = pdf_making._start(text())
        with new_file(text().path) as store:
            store(b"%PDF of another process\n%%EOF\n")
    assert waiting.result(60) == b"%PDF of another process\n%%EOF\n"


def test_few_requests_wait_and_few_texts_are_pending(monkeypatch):
    monkeypatch.setattr(pdf_making, "_waiting", threading.BoundedSemaphore(1))
    with lock(text().key):
        waiting = pdf_making._start(text())
        with pdf_making._waiting, pytest.raises(PdfNotReady):
            ready_pdf(text(), seconds=3600)
        monkeypatch.setattr(pdf_making, "MAX_PENDING", 1)
        with pytest.raises(PdfNotReady):
            ready_pdf(text("En anden"), seconds=3600)
    waiting.result(60)


def test_long_texts_leave_a_turn_for_short_ones(monkeypatch):
    long, short = text("Lang " * 20), text("Kort")
    monkeypatch.setattr(pdf_making, "LONG", len(short.html))
    with lock("turn-1"):  # as another long text does
        waiting = pdf_making._start(long)
        assert pdf_making._start(short).result(60).startswith(b"%PDF")
        assert not waiting.done()
    assert waiting.result(60).startswith(b"%PDF")


def test_a_rendering_that_is_killed_leaves_no_file_and_is_done_again(caplog):
    long = text("<p>Et afsnit med mange ord.</p>" * 300)
    waiting = pdf_making._start(long)
    while not (children := multiprocessing.active_children()):
        assert not waiting.done()
    os.kill(children[0].pid, signal.SIGKILL)
    with pytest.raises(FailedProcess):
        waiting.result(60)
    assert files() == [] and "Rendering a PDF failed" in caplog.text
    assert make_pdf(long).startswith(b"%PDF")


def test_a_process_that_is_killed_while_it_stores_leaves_no_half_file_and_no_lock():
    process = multiprocessing.get_context("fork").Process(target=_die_while_storing, args=[text()])
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not is_stored(text()) and len(files()) == 2  # a lock file that is not locked, and the unfinished file
    whole = make_pdf(text())
    assert read_stored(text()) == whole
    [unfinished] = store_folder().glob("*.part")
    two_hours_ago = time.time() - 7200
    os.utime(unfinished, (two_hours_ago, two_hours_ago))
    clean_store(store_folder())
    assert files() == [text().path.name]


def _die_while_storing(pdf):
    os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
    with new_file(pdf.path) as store, lock(pdf.key):
        store(b"%PDF-1.7 half")


def test_a_full_disk_gives_the_pdf_and_keeps_no_half_file(settings, caplog):
    settings.PDF_PROCESSES = 0
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        whole = make_pdf(text())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(whole) > 1000 and files() == [] and "could not be stored" in caplog.text
    assert make_pdf(text()) == whole and is_stored(text())


def test_a_store_that_cannot_be_written_still_gives_the_pdf_to_who_asks_again(monkeypatch):
    store_folder().write_text("a file where the folder should be")
    assert ready_pdf(text(), seconds=60).read().startswith(b"%PDF")
    monkeypatch.setattr(pdf_making, "LONG", 0)
    rendering = asked_for(text())
    assert ready_pdf(text()).read() == rendering.result()


def test_who_asks_again_for_a_long_text_that_failed_is_told_once_and_then_it_is_tried_again(monkeypatch):
    monkeypatch.setattr(pdf_making, "LONG", 0)
    no_title = Pdf('<!doctype html><html lang="da"><h1>Uden titel</h1>')
    for _ in range(2):
        asked_for(no_title)
        with pytest.raises(FailedProcess):
            ready_pdf(no_title)


def test_what_is_rendered_while_the_store_is_cleared_is_not_kept():
    with new_file(text().path) as store:
        clear_store()
        store(b"%PDF of a removed text\n%%EOF\n")
    assert files() == []


@pytest.mark.parametrize(("limit", "value"), [("SECONDS", 0), ("MAX_BYTES", 100)])
def test_a_text_that_passes_a_limit_is_not_rendered_again_for_an_hour(monkeypatch, limit, value):
    with monkeypatch.context() as patch:
        patch.setattr(pdf_making, limit, value)
        with pytest.raises(PdfTooLarge, match="Del teksten i flere dokumenter"):
            ready_pdf(text(), seconds=60)
    with pytest.raises(PdfTooLarge, match="Del teksten i flere dokumenter"):
        make_pdf(text())
    an_hour_ago = time.time() - 3601
    os.utime(text().path.with_suffix(".failed"), (an_hour_ago, an_hour_ago))
    assert make_pdf(text()).startswith(b"%PDF")


def test_a_text_of_too_many_layers_is_refused_by_the_process():
    with pytest.raises(PdfTooLarge, match="for mange lag"):
        make_pdf(text("<div>" * 900 + "x" + "</div>" * 900))
