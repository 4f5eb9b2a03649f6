"""PDFs of public documents, rendered by `run_due` when they become public or change, before anybody asks for them.

Django's tasks API is not used: which PDFs are missing follows from the documents and the store, so a queue would be a
second record of it that can be lost or outdated, and its worker one more process to run.
"""

import datetime
import hashlib
import time
from collections.abc import Callable, Iterator

from django.contrib.auth.models import AnonymousUser
from django.db.models.functions import Greatest

from council.models import Agenda, Council, Meeting, Minutes
from council.public.pdf import agenda_pdf, council_poster, meeting_poster, minutes_pdf
from council.public.visible import visible
from strategies.models import Strategy
from strategies.pdf import strategy_pdf, summary_pdf
from udsat.lib.limited_process import FailedProcess
from udsat.lib.pdf import PdfTooLarge
from udsat.lib.pdf_making import make_pdf, renders_apart
from udsat.lib.pdf_store import STORE_DAYS, Pdf, is_stored, lock, renderer_version, store_folder

SECONDS = 10  # after which a run begins with no further document, so that letters do not wait for long
OVERLAP = datetime.timedelta(minutes=5)  # for changes that are committed later than others of the same time
RETRY = datetime.timedelta(hours=1)  # in which a PDF is tried again whose rendering was interrupted


def render_ahead(now: datetime.datetime, may_continue: Callable[[], bool] = lambda: True) -> int:
    """Render PDFs of documents published or changed since the last run, the oldest first. Return their number.

    What there is no time for waits for the next run. Of several processes only one renders.
    """
    if not renders_apart():
        return 0
    with lock("ahead", wait=False) as is_first:
        return _render_changed(now, may_continue) if is_first else 0


def _render_changed(now, may_continue):
    end = time.monotonic() + SECONDS
    since = _read_since() or now - datetime.timedelta(days=STORE_DAYS)
    _write_since(since)  # fails now if nothing can be stored
    number, left = 0, None
    for moment, find_pdfs, pk in _changed_since(since):
        if time.monotonic() > end or not may_continue():
            left = left or moment
            break
        for pdf in find_pdfs(pk):
            if not is_stored(pdf):
                try:
                    make_pdf(pdf)
                    number += 1
                except PdfTooLarge:
                    pass  # whoever asks for it is told
                except FailedProcess:
                    left = left or (moment if moment > now - RETRY else None)
    _write_since(left or now - OVERLAP)
    return number


def _changed_since(since):
    """Return time of change, function and primary key of each document, by time."""
    changed = []
    for model, find_pdfs in SOURCES.items():
        public = model.objects.published().annotate(moment=Greatest("changed_at", "publish_at"))
        rows = public.filter(moment__gte=since).values_list("moment", "pk")
        changed += [(moment, find_pdfs, pk) for moment, pk in rows]
    return sorted(changed, key=lambda row: row[0])


# The documents are selected as for an anonymous reader of their addresses, so that the PDFs are the same.


def _strategy_pdfs(pk: int) -> Iterator[Pdf]:
    for strategy in Strategy.objects.published().with_content().filter(pk=pk):
        yield strategy_pdf(strategy)
        yield summary_pdf(strategy)


def _agenda_pdfs(pk: int) -> Iterator[Pdf]:
    for agenda in _public(Agenda).select_related("meeting__council__municipality").filter(pk=pk):
        yield agenda_pdf(agenda.meeting)


def _minutes_pdfs(pk: int) -> Iterator[Pdf]:
    for minutes in _public(Minutes).select_related("meeting__council__municipality").filter(pk=pk):
        yield minutes_pdf(minutes.meeting)


def _meeting_posters(pk: int) -> Iterator[Pdf]:
    for meeting in _public(Meeting).select_related("council__municipality").filter(pk=pk):
        if not meeting.is_past:
            council = _public(Council).select_related("municipality").filter(pk=meeting.council_id).first()
            yield meeting_poster(meeting, council)
            if council:
                yield from _council_posters(council.pk)


def _council_posters(pk: int) -> Iterator[Pdf]:
    for council in _public(Council).select_related("municipality").filter(pk=pk):
        yield council_poster(council, Meeting.objects.published().filter(council=council).coming())


def _public(model):
    return visible(model.objects, AnonymousUser())


SOURCES = {
    Strategy: _strategy_pdfs,
    Agenda: _agenda_pdfs,
    Minutes: _minutes_pdfs,
    Meeting: _meeting_posters,
    Council: _council_posters,
}


# The time since when documents have not been looked at. Another renderer begins anew.


def _since_path():
    return store_folder() / f"{hashlib.sha256(renderer_version()).hexdigest()[:16]}.since"


def _read_since() -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(_since_path().read_text())
    except (OSError, ValueError):
        return None


def _write_since(moment: datetime.datetime) -> None:
    store_folder().mkdir(parents=True, exist_ok=True)
    _since_path().write_text(moment.isoformat())
