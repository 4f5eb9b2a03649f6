"""Number of queries of every public address: at most twelve, with little content and with a hundred times as much."""

import datetime
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.citizens.following.notices import STOP_LINK, page_url
from council.citizens.inputs.lifecycle import link_path
from council.meetings.agenda.proposals import propose_url
from council.meetings.approval.rounds import approval_url
from council.meetings.invitations.sending import answer_url
from council.models import Approval, Attachment, Follower, Input, Invitation, Meeting, Membership, Minutes, Person
from strategies.models import Goal, Strategy, Topic
from udsat.lib import prepared
from udsat.lib.publishing import Status
from udsat.lib.signed_links import make_token
from udsat.models import batch_reindexing

from . import factories as make
from .bulk_content import multiply
from .test_public_table import ADDRESSES, WORD, build

LIMIT = 12
TIMES = 100

# Addresses that cost more, or another number, by name: queries with little content and with much.
OTHERS = {"approve": (17, 17)}


@batch_reindexing()
def fill(esbjerg):
    """Create one of everything that a page shows, also what is to come and what leads to personal pages."""
    build(esbjerg, Status.PUBLISHED)
    goal = Goal.objects.get()
    make.goal(goal.theme, f"{WORD} delmål", parent=goal)
    situation = make.situation(f"{WORD} situation", Topic.objects.get())
    make.helpline("1888", situation)
    member = Membership.objects.get()
    coming = make.meeting(member.council, timezone.localdate() + datetime.timedelta(9), is_open=True)
    make.agenda(coming)
    make.item(coming)
    Invitation.objects.create(meeting=coming, member=member)
    minutes = Minutes.objects.get()
    Approval.objects.create(minutes=minutes, member=member, person=member.person, asked_at=timezone.now())
    follower = Follower.objects.create(email="f@example.dk")
    now = timezone.now()
    follower.subscriptions.create(council=member.council, confirmed_at=now)
    follower.subscriptions.create(strategy=Strategy.objects.get(), confirmed_at=now)


def addresses():
    """Return the address of each name, with valid links in place of those that `ADDRESSES` guesses."""
    coming, member = Meeting.objects.coming().first(), Membership.objects.first()
    follower, soon = Follower.objects.get(), timezone.now() + datetime.timedelta(days=1)
    stop = make_token(STOP_LINK, follower.pk, *follower.subscriptions.values_list("pk", flat=True), until=soon)
    links = {
        "subscriptions": page_url(follower),
        "unsubscribe": f"/foelg/stop/{stop}/",
        "written": link_path(Input.objects.first()),
        "answer-invitation": answer_url(Invitation.objects.get()),
        "propose-item": propose_url(coming, member),
        "approve": approval_url(Approval.objects.get()),
        "meeting-poster": f"{coming.get_absolute_url()}plakat.pdf",
    }
    attachment = Attachment.objects.exclude(item__is_closed=True).first().get_absolute_url()
    return {
        name: urlsplit(links.get(name, address).format(attachment=attachment, person=Person.objects.first().pk))
        ._replace(scheme="", netloc="")
        .geturl()
        for name, (address, _) in ADDRESSES.items()
    }


# Pages of the above as a reader may choose them, which read something else.
CHOICES = {
    "topic of a situation": f"/emner/{WORD.lower()}-situation/",
    "topic of a municipality": "/emner/bolig/?kommune=esbjerg",
    "topics of a municipality": "/emner/?kommune=esbjerg",
    "compare, front": "/sammenlign/",
    "compare, versions": "/sammenlign/?strategi=esbjerg/plan",
    "compare, topics": "/sammenlign/?kommune=esbjerg&kommune=vejle",
    "search without a hit": "/soeg/?q=Zebrastrike",
    "search of a municipality": f"/soeg/?q={WORD}&kommune=esbjerg",
    "not found": "/esbjerk/",
    "not found in a municipality": "/esbjerg/ukendt/",
}


def queries_of(client, pages):
    numbers = {}
    for name, address in pages.items():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
            b"".join(response)
        expected = 404 if name.startswith("not found") else 302 if name in ("was", "current-strategy") else 200
        assert response.status_code == expected, f"{name}: {address}"
        # PostgreSQL is told to prefer the index of the search, in a transaction of its own.
        settings = ("SAVEPOINT", "SET LOCAL", "RELEASE SAVEPOINT")
        numbers[name] = sum(not query["sql"].startswith(settings) for query in queries)
    return numbers


@pytest.fixture
def unprinted(monkeypatch):
    """Lay out no PDF, which takes seconds and makes no query."""
    monkeypatch.setattr("udsat.lib.responses.ready_pdf", lambda pdf: BytesIO(b"%PDF-"))


@pytest.mark.usefixtures("vejle", "unprinted")
def test_a_public_page_costs_few_queries_whatever_there_is(client, esbjerg):
    fill(esbjerg)
    pages = addresses() | CHOICES
    ContentType.objects.get_for_models(*apps.get_models())  # which each process reads once
    few = queries_of(client, pages)
    multiply(TIMES)
    many = queries_of(client, pages)
    found = {name: (few[name], many[name]) for name in pages}
    assert {name: pair for name, pair in found.items() if max(pair) > LIMIT or pair[0] != pair[1]} == OTHERS


@pytest.mark.usefixtures("vejle", "unprinted")
def test_no_prepared_query_keeps_the_day_on_which_it_was_written(client, esbjerg, monkeypatch):
    fill(esbjerg)
    queries_of(client, addresses() | CHOICES)
    written = [query for query in prepared.WRITTEN if query[0].__module__ != "tests.test_prepared"]
    assert len(written) > 30
    later = timezone.now() + datetime.timedelta(days=400, hours=7)
    monkeypatch.setattr(timezone, "now", lambda: later)
    for function, names, sql, parameters in written:
        *_, sql_then, parameters_then = prepared.write(function, names)
        assert (sql_then, repr(list(parameters_then))) == (sql, repr(list(parameters))), function
