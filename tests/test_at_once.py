"""Concurrent requests for one meeting: no deadlock, and no text is lost."""

import datetime
import threading

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from council.meetings.agenda.proposals import propose_url
from council.meetings.invitations.sending import invite, locked, send_changes, time_and_place
from council.models import Agenda, AgendaItem, Invitation, Minutes, Proposal
from udsat.lib.publishing import Status
from udsat.models import Letter

from . import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


class Beside(threading.Thread):
    """A request of another user on a separate connection, started while this test holds locks.

    SQLite has a single writer, so there the request starts when the test has released its locks.
    """

    def __init__(self, client, send):
        super().__init__(daemon=True)
        self.client, self.send = client, send

    def begin(self):
        """Start the request and return when it waits for a lock that this test holds."""
        if connection.vendor != "postgresql":
            return
        self.start()
        while self.is_alive():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND wait_event_type = 'Lock'"
                )
                if cursor.fetchone()[0]:
                    return

    def run(self):
        try:
            self.response = self.send(self.client)
        finally:
            connection.close()

    def answer(self):
        if self.ident is None:
            return self.send(self.client)
        self.join(30)
        return self.response


@pytest.fixture
def eva_client(eva):
    client = Client(raise_request_exception=False)
    client.force_login(eva)
    return client


@pytest.mark.parametrize("what", ["agenda", "minutes"])
@pytest.mark.parametrize("page", ["offentliggoer", "traek-tilbage", "forhaandsvisning"])
def test_publishing_and_writing_at_the_same_time_do_not_deadlock(esbjerg, eva_client, what, page):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    item = make.item(meeting, "Natcafé")
    status = Status.PUBLISHED if page == "traek-tilbage" else Status.DRAFT
    paper = make.agenda(meeting, status) if what == "agenda" else make.minutes(meeting, status)
    address = f"/admin/council/{what}/{paper.pk}/{page}/"
    data = {"seen": f"{paper.version}-{meeting.version}", "confirmed": "on"}
    method = "get" if page == "forhaandsvisning" else "post"
    other = Beside(eva_client, lambda client: getattr(client, method)(address, data))
    with transaction.atomic():
        locked(meeting)
        other.begin()
        item.internal_note = "Ring til Karen"
        item.save()
    assert other.answer().status_code in (200, 302)
    assert AgendaItem.objects.get().internal_note == "Ring til Karen"
    if page == "offentliggoer":
        assert (Agenda if what == "agenda" else Minutes).objects.get().status == Status.PUBLISHED


def test_a_member_who_answers_while_the_new_day_is_sent_out_is_asked_again(esbjerg):
    council = make.council(esbjerg)
    karen = make.membership(council, make.person(esbjerg, email="karen@eksempel.dk"))
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(20))
    make.agenda(meeting)
    assert invite(meeting) == 1
    link = next(word for word in Letter.objects.get().text.split() if "/svar/" in word).split("8000")[-1]
    asked = {"svar": "kommer", "tid": time_and_place(meeting)[0]}
    other = Beside(Client(raise_request_exception=False), lambda client: client.post(link, asked))
    with transaction.atomic():
        meeting.date += datetime.timedelta(7)
        meeting.save()
        other.begin()
        assert send_changes(meeting) == 1
    assert other.answer().status_code == 409
    assert Invitation.objects.get(member=karen).reply == ""


def test_a_proposal_submitted_twice_at_once_is_saved_once(esbjerg):
    council = make.council(esbjerg, email="raad@esbjerg.example")
    karen = make.membership(council, make.person(esbjerg, email="karen@eksempel.dk"))
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(20))
    data = {"title": "Natcafé", "text": "Det er koldt."}
    link = propose_url(meeting, karen).split("8000")[-1]
    other = Beside(Client(raise_request_exception=False), lambda client: client.post(link, data))
    with transaction.atomic():
        locked(meeting)
        other.begin()
        Proposal.objects.create(meeting=meeting, member=karen, **data)
    assert other.answer().status_code == 302
    assert Proposal.objects.count() == 1 and not Letter.objects.exists()
