"""The public list of hearings with answers and outcomes."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.models import Hearing
from udsat.lib.publishing import Status

from . import factories as make

ADDRESS = "/esbjerg/hoeringer/"


def text(client):
    response = client.get(ADDRESS)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


def ago(days):
    return timezone.localdate() - datetime.timedelta(days=days)


def test_an_answered_hearing_shows_question_answer_and_outcome(council, client):
    hearing = make.hearing(
        council,
        "Ny boligpolitik",
        sender="Teknikudvalget",
        received_on=datetime.date(2025, 2, 1),
        deadline=datetime.date(2025, 3, 1),
        question="<p>Hvad mener I?</p>",
        answer="<p>Byg flere.</p>",
        answered_on=datetime.date(2025, 2, 20),
        outcome=Hearing.Outcome.PARTLY,
        outcome_text="<p>Ti boliger kom med.</p>",
        outcome_on=datetime.date(2025, 4, 1),
    )
    page = text(client)
    for words in (
        "1. februar 2025 af Teknikudvalget",
        "Hvad mener I?",
        "Byg flere.",
        "20. februar 2025",
        "fristen var 1. marts 2025",
        "Delvist fulgt",
        "1. april 2025",
        "Ti boliger kom med.",
        f'id="hoering-{hearing.pk}"',
        "Rådet er blevet spurgt 1 gang og har svaret 1 gang. Svaret er fulgt helt eller delvist 1 gang.",
    ):
        assert words in page


@pytest.mark.parametrize(("days", "words"), [(1, "Intet svar i 1 dag."), (12, "Intet svar i 12 dage.")])
def test_a_deadline_that_has_passed_is_counted_in_days(council, client, days, words):
    make.hearing(council, received_on=ago(40), deadline=ago(days))
    assert words in text(client)


def test_a_deadline_of_today_has_not_passed(council, client):
    make.hearing(council, received_on=ago(10), deadline=ago(0))
    page = text(client)
    assert "Rådet skal svare senest" in page and "Intet svar" not in page


def test_the_page_shows_how_long_the_outcome_has_been_pending(council, client):
    make.hearing(council, received_on=ago(40), answered_on=ago(30))
    assert "Intet svar fra kommunen i 30 dage." in text(client)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"])
def test_unpublished_hearings_are_neither_shown_nor_counted(council, client, bo, status):
    make.hearing(council, "Hemmelig plan", status, answer="<p>Nej tak</p>", answered_on=ago(1))
    for reader in (None, bo):
        if reader:
            client.force_login(reader)
        page = text(client)
        assert "Hemmelig plan" not in page and "Nej tak" not in page
        assert "Vi har ingen høringer fra rådet endnu." in page


def test_the_secretary_sees_a_draft_marked_as_such(council, client, anna):
    make.hearing(council, "Hemmelig plan", Status.DRAFT)
    client.force_login(anna)
    page = text(client)
    assert "Hemmelig plan" in page and '<span class="draft">Kladde</span>' in page


def test_another_councils_hearings_are_not_listed(council, vejle, client):
    make.hearing(make.council(vejle), "Vejles plan")
    assert "Vejles plan" not in text(client)


def test_many_hearings_cost_no_more_queries_and_no_cookie(council, client):
    make.hearing(council)
    with CaptureQueriesContext(connection) as few:
        text(client)
    for n in range(8):
        make.hearing(council, f"Høring {n}", answered_on=datetime.date(2025, 3, 1))
    with CaptureQueriesContext(connection) as many:
        text(client)
    assert len(few) == len(many)
    assert not client.get(ADDRESS).cookies
