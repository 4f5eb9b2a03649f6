"""The box »Kan jeg komme med?« on the page of a coming meeting."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html

from udsat.lib.publishing import Status

from . import factories as make

FACTS = {
    "directions": "Bus 3 kører til døren.",
    "access": "Ingen trin.",
    "travel_money": "Vi betaler bussen.",
    "food": "Der er kaffe.",
    "companion": "Tag en ven med.",
    "interpreter": "Ring, hvis du vil have tolk.",
}


def in_days(days):
    return timezone.localdate() + datetime.timedelta(days=days)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg, phone="76 16 16 16", phone_hours="kl. 9–12", meeting_place="Salen", **FACTS)


def card(client, meeting):
    """Return the text of the box and its links."""
    boxes = html.fromstring(client.get(meeting.get_absolute_url()).content.decode()).xpath("//*[@id='kom-med']")
    return (" ".join(boxes[0].text_content().split()), boxes[0].xpath(".//a/@href")) if boxes else ("", [])


def words(client, address):
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(address).content.decode()).split())


def test_an_open_meeting_shows_all_facts_and_the_phone(client, council):
    meeting = make.meeting(council, in_days(5), is_open=True, place="salen ")
    text, links = card(client, meeting)
    assert "Ja, mødet er åbent for alle." in text
    assert all(fact in text for fact in FACTS.values())
    assert "Ring 76 16 16 16, kl. 9–12" in text and "tel:+4576161616" in links


def test_empty_facts_are_omitted(client, esbjerg):
    meeting = make.meeting(make.council(esbjerg), in_days(5), is_open=True, place="Salen")
    text, links = card(client, meeting)
    assert text == "Kan jeg komme med? Ja, mødet er åbent for alle."
    assert links == []


def test_directions_and_access_are_omitted_at_another_place(client, council):
    for venue in ("Værestedet", ""):
        meeting = make.meeting(council, in_days(len(venue) + 1), is_open=True, place=venue)
        text, _ = card(client, meeting)
        assert FACTS["directions"] not in text and FACTS["access"] not in text
        assert FACTS["food"] in text


def test_directions_are_omitted_when_neither_council_nor_meeting_has_a_place(client, council):
    council.meeting_place = ""
    council.save()
    text, _ = card(client, make.meeting(council, in_days(5), is_open=True))
    assert FACTS["directions"] not in text


def test_special_information_comes_before_the_usual_facts(client, council):
    meeting = make.meeting(council, in_days(5), is_open=True, how_to_attend="Ingen kaffe i dag.")
    text, _ = card(client, meeting)
    assert text.index("Ingen kaffe i dag.") < text.index("Sådan plejer det at være:") < text.index("Der er kaffe.")


def test_a_closed_meeting_shows_the_alternatives(client, council, anna):
    council.dialogue_label = "Klippekort"
    council.save()
    closed = make.meeting(council, in_days(5), place="Salen")
    coming = make.meeting(council, in_days(30), is_open=True)
    make.meeting(council, in_days(10), is_open=True, is_cancelled=True)
    make.meeting(council, in_days(12), Status.DRAFT, is_open=True)
    text, links = card(client, closed)
    assert "Nej, mødet er kun for rådet." in text and "Men du kan" in text
    assert links[:3] == ["/esbjerg/skriv-til-raadet/", "/esbjerg/udsatteraad/dialog/", coming.get_absolute_url()]
    assert "Du må gerne komme" not in text and "Ja, mødet" not in text
    assert not any(fact in text for fact in FACTS.values())


def test_a_closed_meeting_without_another_way_promises_none(client, esbjerg):
    text, links = card(client, make.meeting(make.council(esbjerg), in_days(5)))
    assert text == "Kan jeg komme med? Nej, mødet er kun for rådet." and links == []


def test_past_and_cancelled_meetings_have_no_box(client, council):
    for meeting in (
        make.meeting(council, in_days(-1), is_open=True),
        make.meeting(council, in_days(6), is_open=True, is_cancelled=True),
    ):
        assert card(client, meeting) == ("", [])
        assert "Alle må komme med" not in words(client, "/esbjerg/")


def test_facts_of_a_council_that_is_not_public_are_omitted(client, esbjerg):
    council = make.council(esbjerg, Status.DRAFT, meeting_place="Salen", **FACTS)
    text, _ = card(client, make.meeting(council, in_days(5), is_open=True, place="Salen"))
    assert not any(fact in text for fact in FACTS.values())


def test_the_map_is_a_text_link_shown_only_with_an_address(client, council, esbjerg):
    meeting = make.meeting(council, in_days(5), is_open=True, address="Torvegade 74 & 76")
    page = client.get(meeting.get_absolute_url()).content.decode()
    assert "https://www.openstreetmap.org/search?query=Torvegade+74+%26+76%2C+Esbjerg" in page
    assert "<iframe" not in page and "openstreetmap" not in page.replace("https://www.openstreetmap.org/search", "")
    without = make.meeting(council, in_days(6), is_open=True, place="Salen")
    assert "openstreetmap" not in client.get(without.get_absolute_url()).content.decode()
    esbjerg.is_fictional = True
    esbjerg.save()
    assert "openstreetmap" not in client.get(meeting.get_absolute_url()).content.decode()


def test_lists_show_who_may_come(client, council):
    make.meeting(council, in_days(5), is_open=True)
    make.meeting(council, in_days(9))
    listed = words(client, "/esbjerg/moeder/")
    assert "Åbent for alle" in listed and "Kun for rådet" in listed
    assert "Alle må komme med" in words(client, "/esbjerg/")


@pytest.mark.parametrize("address", ["/", "/esbjerg/", "/esbjerg/moeder/", "/esbjerg/udsatteraad/"])
def test_nobody_is_invited_above_a_meeting_that_is_only_for_the_council(client, council, address):
    council.meetings_open = True
    council.save()
    meeting = make.meeting(council, in_days(5))
    for page in (address, meeting.get_absolute_url()):
        text = words(client, page)
        for invitation in ("Du må gerne komme", "Alle må komme", "Åbent for alle", "Åbne møder", "åbne for alle."):
            assert invitation not in text, page


def test_the_page_makes_a_constant_number_of_queries(client, council, anna):
    closed = make.meeting(council, in_days(5))

    def ask():
        with CaptureQueriesContext(connection) as queries:
            client.get(closed.get_absolute_url())
        return len(queries)

    few = ask()
    for day in range(10, 20):
        make.meeting(council, in_days(day), is_open=True)
    assert ask() == few
