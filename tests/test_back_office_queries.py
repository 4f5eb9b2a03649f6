"""Number of queries per back-office page, with few and with five times as many objects."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.models import Approval, Council, Invitation
from tests import factories as make
from udsat.lib.publishing import Status

TODAY = timezone.localdate()

LISTS = ["meeting", "agreement", "hearing", "person", "council", "news"]


def days(number):
    return TODAY + datetime.timedelta(days=number)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


@pytest.fixture
def held(council):
    meeting = make.meeting(council, date=days(-9))
    make.agenda(meeting)
    make.minutes(meeting, status=Status.DRAFT)
    return meeting


@pytest.fixture
def coming(council):
    meeting = make.meeting(council, date=days(9))
    make.agenda(meeting)
    return meeting


def fill(council, held, coming, number):
    """Create one more of everything shown on any page."""
    municipality = council.municipality
    theme = make.theme(make.strategy(municipality, title=f"Strategi {number}"))
    member = make.membership(
        council, make.person(municipality, first_name=f"Nr. {number}", email=f"nr{number}@example.dk")
    )
    make.group(council, name=f"Gruppe {number}").members.add(member)
    make.cause(council, title=f"Sag {number}")
    make.standard_item(council, f"Fast punkt {number}")
    other = make.meeting(council, date=days(-20 - number))
    make.minutes(other)
    for meeting in (held, coming):
        item = make.item(meeting, f"Punkt {number}", discussion="<p>Talt om det.</p>")
        item.themes.add(theme)
        make.attachment(meeting, f"{number}.txt", item=item)
        make.agreement(item, member=member, due_on=days(number))
        make.attendance(meeting, member)
        make.proposal(meeting, member, f"Forslag {number}")
        Invitation.objects.create(meeting=meeting, member=member)
    Approval.objects.create(minutes=held.minutes, member=member)
    hearing = make.hearing(council, title=f"Høring {number}", deadline=days(number), received_on=days(-9))
    Approval.objects.create(hearing=hearing, member=member)
    make.news(municipality, title=f"Nyhed {number}")
    make.letter(municipality, to=f"nr{number}@example.dk", key=f"brev:{number}")


def pages(council, held, coming):
    meeting = "/admin/council/meeting/"
    person = Council.objects.get(pk=council.pk).memberships.first().person_id
    return {
        "Mit bord": "/admin/",
        **{f"listen {name}": f"/admin/council/{name}/" for name in LISTS},
        "Mails": "/admin/udsat/letter/",
        "Mødet": f"{meeting}{held.pk}/change/",
        "Dagsorden": f"{meeting}{coming.pk}/punkter/",
        "Indkaldelse": f"{meeting}{coming.pk}/indkaldelse/",
        "Mødebord": f"{meeting}{held.pk}/bord/",
        "Godkendelse": f"{meeting}{held.pk}/godkendelse/",
        "Offentliggør": f"/admin/council/minutes/{held.minutes.pk}/offentliggoer/",
        "Sådan ser alle det": f"/admin/council/minutes/{held.minutes.pk}/forhaandsvisning/",
        "Filer": f"{meeting}{held.pk}/filer/",
        "Rettelser": f"{meeting}{held.pk}/rettelser/",
        "Historik": f"{meeting}{held.pk}/history/",
        "Årets møder": f"{meeting}aarsplan/",
        "Rådet": f"/admin/council/council/{council.pk}/change/",
        "Medlemmer": f"/admin/council/council/{council.pk}/medlemmer/",
        "Person": f"/admin/council/person/{person}/change/",
    }


def questions(client, addresses):
    asked = {}
    for name, address in addresses.items():
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200, name
        asked[name] = len(queries)
    return asked


def test_no_page_asks_more_when_there_is_five_times_as_much(client, anna, council, held, coming):
    client.force_login(anna)
    for number in (1, 2):
        fill(council, held, coming, number)
    addresses = pages(council, held, coming)
    few = questions(client, addresses)
    for number in range(3, 11):
        fill(council, held, coming, number)
    many = questions(client, addresses)
    assert {name: (few[name], many[name]) for name in few if many[name] > few[name]} == {}
