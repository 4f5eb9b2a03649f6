"""Posters: always one page, in large type, with QR code and phone number."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.models import Meeting
from udsat.lib.publishing import Status

from . import factories as make
from .pdf_reader import failures, links, qr_code_on_page, read, words
from .test_public_table import STATES

LONG = "Kom og hør, hvad rådet taler om, og sig din mening. "


@pytest.fixture
def council(esbjerg):
    return make.council(
        esbjerg,
        phone="79 79 79 79",
        phone_hours="hverdage kl. 9-14",
        meeting_place="Medborgerhuset",
        directions="Tag bus 3.",
        access="Ingen trin.",
        food="Der er suppe.",
        summary="Rådet taler de udsattes sag.",
    )


@pytest.fixture
def meeting(council):
    return make.meeting(
        council,
        timezone.localdate() + datetime.timedelta(days=30),
        starts_at=datetime.time(14),
        is_open=True,
        ends_at=datetime.time(16),
        place="Medborgerhuset",
        address="Havnegade 3",
        how_to_attend="Ring, så henter vi dig.",
    )


def poster(client, subject):
    address = subject.get_poster_url() if isinstance(subject, Meeting) else "/esbjerg/udsatteraad/plakat.pdf"
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf" and not response.cookies
    assert len(read(response.content).pages) == 1
    assert failures(response.content) == []
    return response.content


def test_the_poster_of_a_meeting_shows_title_time_place_and_that_it_is_open(client, meeting, settings):
    data = poster(client, meeting)
    text = words(data)
    for part in [
        "Møde i Udsatterådet",
        f"{meeting.date.day}. ",
        "kl. 14.00–16.00",
        "Medborgerhuset",
        "Havnegade 3",
        "Tag bus 3.",
        "Ja, alle må komme.",
        "Ring, så henter vi dig.",
        "Ingen trin.",
        "Der er suppe.",
        "Ring 79 79 79 79",
        "hverdage kl. 9-14",
    ]:
        assert part in text, part
    assert "Læs mere på siden" not in text
    assert qr_code_on_page(data) == settings.SITE_URL + meeting.get_absolute_url()
    assert settings.SITE_URL + meeting.get_absolute_url() in links(data)


def test_the_poster_of_the_council_shows_phone_and_next_meetings(client, meeting, council, settings):
    make.meeting(council, meeting.date, ordinal=2, status=Status.DRAFT, place="Hemmeligt sted")
    data = poster(client, council)
    text = words(data)
    for part in ["Rådet taler de udsattes sag.", "Medborgerhuset", "Alle må komme.", "Ring 79 79 79 79"]:
        assert part in text, part
    assert "Hemmeligt" not in text
    assert qr_code_on_page(data) == settings.SITE_URL + council.get_absolute_url()


def test_the_poster_of_the_council_names_the_next_open_meeting_and_none_that_is_over(client, council):
    today = timezone.localdate()
    make.meeting(council, today, place="Morgensalen", starts_at=datetime.time(0), ends_at=datetime.time(0, 0, 1))
    for number in range(1, 5):
        make.meeting(council, today + datetime.timedelta(days=number), place=f"Lukket {number}")
    make.meeting(council, today + datetime.timedelta(days=9), place="Torvet", is_open=True)
    text = words(poster(client, council))
    assert "Morgensalen" not in text and "Lukket 2" in text and "Torvet" in text and "Lukket 3" not in text


def test_the_poster_of_a_closed_meeting_invites_nobody(client, meeting):
    meeting.is_open = False
    meeting.save()
    text = words(poster(client, meeting))
    assert "Nej, mødet er kun for rådet." in text
    assert "Kom og vær med" not in text and "henter vi dig" not in text and "suppe" not in text


def test_a_cancelled_meeting_has_a_poster_to_hang_over_the_old_one(client, meeting):
    meeting.is_cancelled, meeting.cancelled_reason = True, "Der er sne."
    meeting.save()
    text = words(poster(client, meeting))
    assert "AFLYST" in text.upper() and "Der er sne." in text
    assert "alle må komme" not in text
    assert "Plakat om aflysningen (PDF)" in client.get(meeting.get_absolute_url()).content.decode()


def test_a_past_meeting_has_no_poster(client, council):
    over = make.meeting(council)
    response = client.get(over.get_poster_url())
    assert response.status_code == 404 and "Mødet er holdt" in response.content.decode()
    assert "plakat.pdf" not in client.get(over.get_absolute_url()).content.decode()


@pytest.mark.parametrize("title", ["T" * 200, LONG * 3])
def test_long_texts_are_cut_to_one_page_that_refers_to_the_rest(client, meeting, council, title):
    for field in ("directions", "access", "travel_money", "food", "companion", "interpreter"):
        setattr(council, field, (LONG * 10)[:400])
    council.name, council.summary, council.address = (LONG * 3)[:120], (LONG * 12)[:600], "B" * 200
    council.phone, council.phone_hours = "+45 79 79 79 79 / 12 34 56 78 lokal 1234", (LONG * 2)[:80]
    council.meeting_place = (LONG * 4)[:160]
    council.save()
    meeting.title, meeting.place, meeting.address = title[:200], council.meeting_place, "A" * 200
    meeting.how_to_attend = LONG * 100
    meeting.save()
    for subject in (meeting, council):
        assert "Læs mere på siden" in words(poster(client, subject))


def test_a_council_without_texts_has_a_poster(client, esbjerg):
    poster(client, make.council(esbjerg))


@pytest.mark.parametrize("status", STATES)
def test_a_poster_is_public_when_its_page_is(client, council, anna, status):
    fields = make.state(status)
    meeting = make.meeting(council, timezone.localdate(), status=status)
    council.status, council.publish_at, council.expires_at = (
        fields["status"],
        fields["publish_at"],
        fields.get("expires_at"),
    )
    council.save()
    addresses = [meeting.get_poster_url(), "/esbjerg/udsatteraad/plakat.pdf"]
    public = status == Status.PUBLISHED
    assert [client.get(address).status_code for address in addresses] == [200 if public else 404] * 2
    client.force_login(anna)
    for address in addresses:
        assert ("IKKE OFFENTLIG" in words(client.get(address).content).upper()) is not public


def test_a_poster_is_one_click_from_the_meeting_and_the_council(client, meeting):
    page = client.get(meeting.get_absolute_url()).content.decode()
    assert f'href="{meeting.get_poster_url()}">Plakat til opslagstavlen (PDF)</a>' in page
    assert (
        'href="/esbjerg/udsatteraad/plakat.pdf">Plakat til opslagstavlen (PDF)</a>'
        in client.get("/esbjerg/udsatteraad/").content.decode()
    )


def test_many_meetings_cost_no_more_queries(client, meeting, council):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get("/esbjerg/udsatteraad/plakat.pdf")
        return len(captured)

    before = queries()
    for day in range(1, 7):
        make.meeting(council, meeting.date + datetime.timedelta(days=day))
    assert queries() == before


@pytest.mark.parametrize("phone", ["", "79 79 79 79"])
def test_a_poster_says_ring_only_where_it_has_the_number(client, esbjerg, phone):
    council = make.council(esbjerg, phone=phone, email="raad@example.dk")
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(days=30), is_open=True)
    cancelled = make.meeting(council, meeting.date, ordinal=2, is_cancelled=True)
    for subject in (council, meeting, cancelled):
        text = words(poster(client, subject))
        assert ("Ring" in text) == (f"Ring {phone}" in text) == bool(phone)
    assert ("med telefonnummer og QR-kode" in client.get("/esbjerg/foelg/").content.decode()) == bool(phone)
