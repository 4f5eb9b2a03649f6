"""PDFs that are ready before anybody asks for them, and what is answered where one is not."""

import datetime
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.models import Agenda
from udsat import jobs, ready_pdfs
from udsat.lib import pdf_making
from udsat.lib.pdf_store import clear_store, lock, store_folder
from udsat.lib.publishing import Status
from udsat.ready_pdfs import render_ahead

from . import factories

pytestmark = [pytest.mark.once, pytest.mark.django_db]

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def processes(settings, monkeypatch):
    settings.PDF_PROCESSES = 2
    monkeypatch.setattr(ready_pdfs, "SECONDS", 600)


@pytest.fixture
def meeting(esbjerg):
    coming = timezone.localdate() + datetime.timedelta(days=30)
    return factories.meeting(factories.council(esbjerg, phone="79 79 79 79"), coming)


def addresses(meeting):
    page, council = meeting.get_absolute_url(), meeting.council.get_absolute_url()
    return [meeting.get_agenda_pdf_url(), meeting.get_minutes_pdf_url(), f"{page}plakat.pdf", f"{council}plakat.pdf"]


def pdfs():
    return sorted(path.name for path in store_folder().glob("*.pdf"))


def changed(document, ago):
    moment = timezone.now() - ago
    type(document).objects.filter(pk=document.pk).update(publish_at=moment, changed_at=moment)


def test_what_is_public_is_rendered_before_anybody_asks(client, esbjerg, meeting, processes):
    strategy = factories.strategy(esbjerg)
    factories.strategy(esbjerg, "En kladde", status=Status.DRAFT)
    factories.agenda(meeting)
    factories.minutes(meeting)
    assert jobs.run(timezone.now())[jobs.job_name(render_ahead)] and len(pdfs()) == 6
    ready = pdfs()
    for address in [strategy.get_pdf_url(), strategy.get_summary_pdf_url(), *addresses(meeting)]:
        assert client.get(address).content.startswith(b"%PDF"), address
    assert pdfs() == ready and render_ahead(timezone.now()) == 0
    clear_store()
    assert pdfs() == []


def test_a_changed_text_and_one_planned_for_later_are_rendered_at_their_time(meeting, processes, monkeypatch):
    agenda = factories.agenda(meeting)
    monkeypatch.setattr(ready_pdfs, "SOURCES", {Agenda: ready_pdfs.SOURCES[Agenda]})
    changed(agenda, -HOUR)
    assert render_ahead(timezone.now()) == 0
    changed(agenda, HOUR * 0)
    assert render_ahead(timezone.now()) == 1
    agenda.intro = "<p>Kaffe fra kl. 13.30.</p>"
    agenda.save()
    assert render_ahead(timezone.now()) == 1


def test_the_oldest_come_first_and_the_rest_in_the_next_run(meeting, processes, monkeypatch):
    later = factories.agenda(meeting)
    earlier = factories.agenda(factories.meeting(meeting.council, datetime.date(2025, 3, 3)))
    monkeypatch.setattr(ready_pdfs, "SOURCES", {Agenda: ready_pdfs.SOURCES[Agenda]})
    changed(later, HOUR)
    changed(earlier, 5 * HOUR)
    assert render_ahead(timezone.now(), iter([True, False]).__next__) == 1
    [first] = pdfs()
    assert first == next(ready_pdfs.SOURCES[Agenda](earlier.pk)).path.name
    assert render_ahead(timezone.now()) == 1


def test_one_worker_at_a_time_renders(meeting, processes):
    with lock("ahead"):
        assert render_ahead(timezone.now()) == 0
    assert pdfs() == []


def test_a_text_that_fails_does_not_hold_up_the_others(esbjerg, meeting, processes, monkeypatch):
    factories.agenda(meeting)
    strategy = factories.strategy(esbjerg)
    factories.section(strategy, body=f"<p>{'ord og ord. ' * 25_000}</p>")
    changed(strategy, 5 * HOUR)
    monkeypatch.setattr(ready_pdfs, "SOURCES", {model: ready_pdfs.SOURCES[model] for model in [type(strategy), Agenda]})
    assert render_ahead(timezone.now()) == 2  # the summary and the agenda


def test_a_store_that_cannot_be_written_is_an_error_and_nothing_is_rendered(meeting, processes):
    store_folder().write_text("a file where the folder should be")
    with pytest.raises(FileExistsError):
        render_ahead(timezone.now())


def test_who_asks_before_it_is_ready_gets_a_page_that_asks_again(client, meeting, processes, monkeypatch, caplog):
    factories.agenda(meeting)
    monkeypatch.setattr(pdf_making, "_waiting", threading.BoundedSemaphore(1))
    with pdf_making._waiting:
        answer = client.get(meeting.get_agenda_pdf_url())
    assert answer.status_code == 503 and answer["Retry-After"] == answer["Refresh"] == "5"
    assert "Vi laver PDF'en lige nu" in answer.content.decode() and answer["Cache-Control"] == "no-store"
    assert not caplog.records
    for waiting in list(pdf_making._pending.values()):
        waiting.result(60)
    assert client.get(meeting.get_agenda_pdf_url())["Content-Type"] == "application/pdf"


def test_a_text_that_takes_too_long_is_answered_in_words(client, meeting, processes, monkeypatch):
    factories.agenda(meeting)
    monkeypatch.setattr(pdf_making, "SECONDS", 0)
    answer = client.get(meeting.get_agenda_pdf_url())
    assert answer.status_code == 404 and "Teksten er for lang til en PDF" in answer.content.decode()


def test_who_has_the_pdf_gets_304_and_head_its_length_without_its_content(client, meeting):
    factories.agenda(meeting)
    address = meeting.get_agenda_pdf_url()
    whole = client.get(address)
    head = client.head(address)
    assert head["Content-Length"] == str(len(whole.content)) and head["ETag"] == whole["ETag"] and not head.content
    clear_store()
    assert client.get(address, headers={"If-None-Match": whole["ETag"]}).status_code == 304
    assert pdfs() == []  # nothing is rendered for that


def test_a_pdf_takes_at_most_12_queries(client, esbjerg, meeting):
    factories.agenda(meeting)
    factories.minutes(meeting)
    for number in range(2):
        factories.attachment(meeting, item=factories.item(meeting, f"Sag {number}"))
        factories.goal(factories.theme(factories.strategy(esbjerg, f"Plan {number}")))
    strategy = esbjerg.strategies.first()
    for address in [strategy.get_pdf_url(), strategy.get_summary_pdf_url(), *addresses(meeting)]:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= 12, (address, len(queries))
