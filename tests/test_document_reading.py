"""Uploaded documents that are read outside the request: progress, result, limits and interruptions."""

import datetime
import html
import itertools
import os
import sqlite3
import time

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from council.models import Meeting
from strategies.models import Strategy
from udsat import document_reading
from udsat.document_reading import read_next, start_reading
from udsat.lib.documents import is_small
from udsat.lib.file_checks import UnreadableDocument
from udsat.lib.limited_process import MEMORY, FailedProcess, call_with_limits
from udsat.lib.publishing import Status
from udsat.lib.roles import Role
from udsat.models import DOCUMENT_READERS, DocumentImport, DocumentReader, Revision
from udsat.models.document_imports import INTERRUPTED

from . import factories as make
from .production_server import database_url
from .test_documents import docx

STRATEGIES = "/admin/strategies/strategy/import/"
LONG_STRATEGY = (
    "Udsattestrategi 2027–2030\n\nTema 1: Bolig\n\nVi vil:\n" + f"• bygge små boliger i {'byen ' * 160}.\n" * 20
)
LONG_MINUTES = "Referat\n\n1. Velkomst\n" + "Rådet talte om boliger.\n" * 700 + "\n2. Eventuelt\nIntet."


def upload(client, address, text, name="lang.txt", **fields):
    return client.post(address, {"file": SimpleUploadedFile(name, text.encode()), **fields}, follow=True)


def text(response):
    return html.unescape(response.content.decode())


def keep(user, content=LONG_STRATEGY, municipality=None, **fields):
    own = {
        "page": STRATEGIES,
        "reader": "strategi",
        "municipality": municipality or user.assignments.get().municipality,
    }
    return DocumentImport.keep(user, "lang.txt", content.encode(), **own | fields)


def test_a_long_strategy_is_read_after_the_upload_has_been_answered(
    client, anna, esbjerg, django_capture_on_commit_callbacks
):
    client.force_login(anna)
    with django_capture_on_commit_callbacks() as after_the_upload:
        progress = upload(client, STRATEGIES, LONG_STRATEGY, municipality=esbjerg.pk)
    assert progress["Refresh"] == "1" and "Vi læser »lang.txt«" in text(progress)
    address = progress.redirect_chain[-1][0]
    assert f'href="{address}">Se, om filen er læst</a>' in text(progress)
    assert not Strategy.objects.exists() and after_the_upload == [start_reading]
    assert read_next() == 1
    report = client.get(address)
    assert "Refresh" not in report and "er læst ind" in text(report) and "1 tema, 20 mål" in text(report)
    assert Revision.objects.of(Strategy.objects.get()).get().by == anna
    document = DocumentImport.objects.get()
    assert read_next() == 0 and bytes(document.content) == b"" and Strategy.objects.count() == 1


def test_long_minutes_wait_for_run_due_if_nothing_else_reads_them(client, anna, esbjerg):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    client.force_login(anna)
    for page in (reverse("admin:council_meeting_import", args=[meeting.pk]), "/admin/council/meeting/importer/"):
        progress = upload(client, page, LONG_MINUTES)
        assert "Vi læser »lang.txt«" in text(progress)
        call_command("run_due", verbosity=0)
        assert "Det forstod vi" in text(client.get(progress.redirect_chain[-1][0]))
    assert not meeting.items.exists() and Meeting.objects.count() == 1


def test_a_short_strategy_with_hundreds_of_goals_is_saved_after_the_answer(client, anna, esbjerg):
    client.force_login(anna)
    goals = "".join(f"• mål {n}\n" for n in range(201))
    progress = upload(client, STRATEGIES, f"Tema 1: Bolig\n\nVi vil:\n{goals}", municipality=esbjerg.pk)
    assert "Vi læser »lang.txt«" in text(progress) and not Strategy.objects.exists()


def test_nobody_else_sees_the_progress(client, anna, carla, bo, esbjerg):
    client.force_login(anna)
    address = upload(client, STRATEGIES, LONG_STRATEGY, municipality=esbjerg.pk).redirect_chain[-1][0]
    for other in (carla, bo):
        client.force_login(other)
        assert client.get(address).status_code == 404


@pytest.mark.engine
def test_the_command_reads_what_waits(transactional_db, anna, monkeypatch):
    document = keep(anna)
    address = database_url()
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("VAR_DIR", str(settings.VAR_DIR))
    assert start_reading().wait() == 0
    if connection.vendor == "sqlite":
        with sqlite3.connect(address.removeprefix("sqlite:///")) as copy:
            copy.backup(connection.connection)
        copy.close()
    document.refresh_from_db()
    assert Strategy.objects.get().pk == document.result["strategy"]


# What is small


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"x" * 15_000, "a.txt", True),
        (b"x" * 15_001, "a.md", False),
        (docx("<w:p><w:r><w:t>Ord</w:t></w:r></w:p>" * 1500), "a.docx", True),
        (docx("<w:p/>" * 6001), "a.docx", False),
        (docx(f"<w:p><w:r><w:t>{'ord ' * 40_000}</w:t></w:r></w:p>"), "a.docx", False),
        (docx(f'<w:p w:rsidR="{os.urandom(600_000).hex()}"/>'), "a.docx", False),
        (b"PK\x03\x04 cut off", "a.docx", True),  # refused at once
        (b"x" * 100_000, "a.pdf", True),
    ],
    ids=["text", "long text", "Word", "many paragraphs", "much text", "much XML", "broken", "another type"],
)
def test_a_file_is_small_if_its_content_takes_little_time_to_read(data, name, expected):
    assert is_small(data, name) == expected


# Limits


def raise_error():
    raise ValueError("010190-1234")


def count_for_ever():
    for _ in itertools.count():
        pass


def refuse():
    raise UnreadableDocument("Filen er tom.")


def test_a_file_is_read_within_limits_of_time_and_memory():
    assert call_with_limits(sorted, [2, 1]) == [1, 2]
    for call, reason in (
        (lambda: call_with_limits(time.sleep, 60, seconds=0), "Det tog over et minut"),
        (lambda: call_with_limits(count_for_ever, seconds=1, waiting_seconds=600), "Det tog over et minut"),
        (lambda: call_with_limits(bytearray, 2 * MEMORY), "for meget hukommelse"),
        (lambda: call_with_limits(refuse), "Filen er tom."),
    ):
        with pytest.raises(UnreadableDocument, match=reason):
            call()
    with pytest.raises(FailedProcess, match="ValueError in .*test_document_reading.py, line") as failed:
        call_with_limits(raise_error)
    assert "010190" not in str(failed.value)
    with pytest.raises(FailedProcess, match="killed"):
        call_with_limits(os._exit, 1)


@pytest.mark.parametrize(
    ("parse", "reason"), [(lambda *_: refuse(), "Filen er tom."), (lambda *_: raise_error(), document_reading.FAILED)]
)
def test_a_file_that_cannot_be_read_is_said_at_the_field(client, anna, esbjerg, monkeypatch, caplog, parse, reason):
    monkeypatch.setitem(DOCUMENT_READERS, "strategi", DocumentReader(parse, DOCUMENT_READERS["strategi"].store))
    document = keep(anna)
    read_next()
    client.force_login(anna)
    response = client.get(document.get_absolute_url())
    assert response.context["form"].errors == {"file": [reason]}
    assert f'action="{STRATEGIES}"' in text(response) and "010190" not in caplog.text
    assert not Strategy.objects.exists()


# Order and interruptions


def later(minutes):
    return timezone.now() + datetime.timedelta(minutes=minutes)


@pytest.mark.engine
def test_two_documents_are_read_at_a_time_of_different_users(anna, bo, esbjerg):
    eva = make.user("eva", role=Role.EDITOR, of=esbjerg)
    first, second = keep(anna), keep(anna)
    others = keep(bo), keep(eva)
    claim = DocumentImport.objects.claim
    assert [claim(later(0)) for _ in range(3)] == [first, others[0], None]
    first.refresh_from_db()
    first.finish(error="x")
    assert claim(later(0)) == second
    assert claim(later(0)) is None


@pytest.mark.engine
def test_a_document_whose_reading_was_interrupted_is_read_once_more(anna):
    keep(anna)
    interrupted = DocumentImport.objects.claim(later(-10))
    again = DocumentImport.objects.claim(later(0))
    assert again == interrupted and again.attempts == 2
    parsed = DOCUMENT_READERS["strategi"].parse(LONG_STRATEGY.encode(), "lang.txt")
    again.finish(parsed)
    interrupted.finish(parsed)
    assert Strategy.objects.count() == 1


def test_a_document_that_is_interrupted_twice_is_given_up(client, anna):
    document = keep(anna)
    for _ in range(2):
        DocumentImport.objects.filter(pk=document.pk).update(started_at=later(-10))
        assert DocumentImport.objects.claim(later(0) - 2 * INTERRUPTED)
    assert DocumentImport.objects.claim(later(0)) is None
    call_command("run_due", verbosity=0)
    client.force_login(anna)
    assert "Vi blev afbrudt" in text(client.get(document.get_absolute_url()))


@pytest.mark.engine
def test_documents_are_kept_for_a_day_and_ten_of_a_user(anna, bo):
    other = keep(bo, "x")
    kept = [keep(anna, "x") for _ in range(12)]
    assert list(anna.document_imports.all()) == kept[2:]
    DocumentImport.objects.filter(pk__in=[kept[-1].pk, other.pk]).update(at=later(-25 * 60))
    call_command("run_due", verbosity=0)
    assert list(DocumentImport.objects.all()) == kept[2:-1]
