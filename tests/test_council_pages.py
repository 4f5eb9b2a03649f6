"""Public pages of a council, its members and its causes."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.models import Membership, Person
from udsat.lib.publishing import Status

from . import factories as make

PAGES = ["/esbjerg/udsatteraad/", "/esbjerg/udsatteraad/medlemmer/", "/esbjerg/udsatteraad/maerkesager/"]
HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]


def body(response):
    assert response.status_code == 200
    return response.content.decode()


def text(client, address):
    return body(client.get(address))


@pytest.mark.parametrize("address", PAGES)
def test_nobody_outside_sees_a_council_that_is_not_public(esbjerg, client, bo, address):
    for status in HIDDEN:
        council = make.council(esbjerg, status)
        assert client.get(address).status_code == 404
        client.force_login(bo)
        assert client.get(address).status_code == 404
        client.logout()
        council.delete()


@pytest.mark.parametrize("address", PAGES)
def test_its_secretary_previews_a_draft_with_a_banner(esbjerg, client, anna, address):
    make.council(esbjerg, Status.DRAFT)
    client.force_login(anna)
    page = text(client, address)
    assert '<aside class="preview"' in page and "Kladde" in page
    assert 'name="robots" content="noindex' in page


@pytest.mark.parametrize("address", PAGES)
def test_a_missing_council_gives_a_danish_message(esbjerg, client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert "Esbjerg Kommune har ikke noget udsatteråd her på portalen." in response.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_no_cookie_is_set_and_no_token_is_in_the_page(esbjerg, client, address):
    make.council(esbjerg)
    response = client.get(address)
    assert not response.cookies
    assert "csrf" not in body(response)


@pytest.mark.parametrize("address", PAGES)
def test_pages_shown_to_a_user_are_not_cached(esbjerg, client, anna, address):
    make.council(esbjerg)
    client.force_login(anna)
    assert client.get(address)["Cache-Control"] == "private, no-store"


def test_the_page_lists_the_rights_of_the_council_and_omits_unknown_ones(esbjerg, client):
    council = make.council(esbjerg, has_hearing_right=True, has_secretary=None, has_budget=False)
    page = text(client, council.get_absolute_url())
    assert "Høringsret" in page and "Kommunen spørger rådet" in page
    assert "Rådet har ikke sit eget budget." in page
    assert "Sekretær" not in page and "Lokaler" not in page
    assert "None" not in page


def test_a_council_with_nothing_but_a_name_makes_a_page(esbjerg, client):
    council = make.council(esbjerg)
    page = text(client, council.get_absolute_url())
    assert "None" not in page
    assert "Hvilke" not in page and 'id="vilkaar"' not in page


def test_the_phone_is_the_first_way_to_reach_the_council(esbjerg, client):
    council = make.council(esbjerg, phone="79 79 79 79", phone_hours="hverdage kl. 9–14", email="raad@example.dk")
    page = text(client, council.get_absolute_url())
    assert page.index("tel:+4579797979") < page.index("mailto:raad@example.dk")
    assert "hverdage kl. 9–14" in page


def test_next_meeting_and_latest_minutes_are_public_ones(esbjerg, client):
    council = make.council(esbjerg)
    today = timezone.localdate()
    hidden = make.meeting(council, today + datetime.timedelta(days=1), Status.DRAFT, title="Hemmeligt møde")
    cancelled = make.meeting(council, today + datetime.timedelta(days=2), is_cancelled=True)
    coming = make.meeting(council, today + datetime.timedelta(days=3))
    held = make.meeting(council, today - datetime.timedelta(days=30))
    unfinished = make.meeting(council, today - datetime.timedelta(days=3))
    make.minutes(held)
    make.minutes(unfinished, Status.DRAFT)
    page = text(client, council.get_absolute_url())
    assert coming.get_absolute_url() in page and held.get_absolute_url() in page
    for meeting in (hidden, cancelled, unfinished):
        assert meeting.get_absolute_url() not in page


def test_the_local_word_for_dialogue_meetings_is_used(esbjerg, client):
    council = make.council(esbjerg, dialogue_label="Dialogklippekort", dialogue_text="Et kort med tre klip.")
    page = text(client, council.get_absolute_url())
    assert "Dialogklippekort" in page and "Et kort med tre klip." in page


def test_a_restatement_links_to_the_source(esbjerg, client):
    make.council(esbjerg, is_restatement=True, source_url="https://esbjerg.example/raadet")
    for address in PAGES:
        page = text(client, address)
        assert "Kort gengivelse." in page and "https://esbjerg.example/raadet" in page


def test_the_page_is_as_new_as_the_newest_that_it_shows(esbjerg, client):
    council = make.council(esbjerg)
    shown, hidden = make.hearing(council), make.hearing(council, "Hemmelig høring", Status.DRAFT)
    for obj, year in ((council, 2024), (shown, 2025), (hidden, 2026)):
        moment = timezone.make_aware(datetime.datetime(year, 5, 3, 12))
        type(obj).objects.filter(pk=obj.pk).update(updated_at=moment, changed_at=moment)
    assert "Sidst opdateret 3. maj 2025" in client.get("/esbjerg/udsatteraad/").content.decode()


def test_hearings_that_are_not_public_are_not_named(esbjerg, client):
    council = make.council(esbjerg)
    make.hearing(council, "Offentlig høring")
    for status in HIDDEN:
        make.hearing(council, "Skjult høring", status)
    page = text(client, council.get_absolute_url())
    assert "Offentlig høring" in page and "Skjult høring" not in page


def test_everybody_is_named_as_they_allow(esbjerg, client):
    council = make.council(esbjerg)
    make.membership(council, make.person(esbjerg, "Karen", "Holm", Person.Shown.FULL))
    make.membership(council, make.person(esbjerg, "Jens", "Skjold", Person.Shown.FIRST))
    make.membership(council, make.person(esbjerg, "Viggo", "Mørk", Person.Shown.ROLE), speaks_as="bruger")
    page = text(client, PAGES[1])
    assert "Karen Holm" in page and "Jens" in page and "Brugerrepræsentant" in page
    for secret in ("Skjold", "Viggo", "Mørk"):
        assert secret not in page


def test_a_person_who_withdraws_consent_is_gone_from_the_next_page(esbjerg, client):
    council = make.council(esbjerg)
    karen = make.person(esbjerg)
    group = make.group(council, name="Boliggruppen")
    group.members.add(make.membership(council, karen))
    make.cause(council)
    assert "Karen Holm" in text(client, PAGES[1]) and "Karen Holm" in text(client, PAGES[2])
    karen.shown = Person.Shown.ROLE
    karen.save()
    for address in PAGES:
        assert "Karen" not in text(client, address)


def test_eleven_members_are_eleven_even_when_fewer_seats_are_known(esbjerg, client):
    council = make.council(esbjerg, size=11)
    make.membership(council, area="Hjemløshed")
    make.membership(council, area="Udsatte børn")
    page = text(client, PAGES[1])
    assert "Rådet har 11 medlemmer. Her er nogle af de områder, de taler for." in page
    assert "<h3>Hjemløshed</h3>" in page
    assert "11 medlemmer" in text(client, PAGES[0])


def test_the_chair_comes_first_by_the_councils_own_word(esbjerg, client):
    council = make.council(esbjerg, chair_label="forperson")
    make.membership(council, make.person(esbjerg, "Bodil", "Bek"))
    make.membership(council, make.person(esbjerg, "Dorte", "Dam"), role=Membership.Role.DEPUTY)
    make.membership(council, make.person(esbjerg, "Carl", "Carlsen"), role=Membership.Role.CHAIR)
    page = text(client, PAGES[1])
    assert page.index("Carl Carlsen") < page.index("Dorte Dam") < page.index("Bodil Bek")
    assert "Forperson" in page and "Næstforperson" in page and "Formand" not in page


def test_seats_show_area_appointer_start_and_substitute(esbjerg, client):
    council = make.council(esbjerg)
    karen = make.membership(
        council, make.person(esbjerg), area="Gaden", appointed_by="Gadens Folk", starts_on=datetime.date(2024, 1, 1)
    )
    make.membership(council, make.person(esbjerg, "Per", "Ravn"), role=Membership.Role.SUBSTITUTE, substitute_for=karen)
    page = text(client, PAGES[1])
    for words in (
        "Taler for: Gaden",
        "Udpeget af Gadens Folk",
        "Med siden 1. januar 2024",
        "Stedfortræder for Karen Holm",
        "Stedfortræder: Per Ravn",
        "Suppleanter",
    ):
        assert words in page


def test_a_vacant_seat_is_shown_and_former_and_future_members_are_not(esbjerg, client):
    council = make.council(esbjerg)
    today = timezone.localdate()
    make.membership(council, is_vacant=True, area="Unge", starts_on=datetime.date(2024, 1, 1))
    make.membership(council, make.person(esbjerg, "Fortids", "Fie"), ends_on=today - datetime.timedelta(days=1))
    make.membership(council, make.person(esbjerg, "Fremtids", "Finn"), starts_on=today + datetime.timedelta(days=1))
    page = text(client, PAGES[1])
    assert "Vakant plads" in page and "Pladsen er tom lige nu." in page and "Med siden" not in page
    assert "Fortids" not in page and "Fremtids" not in page


def test_private_details_of_people_are_nowhere(esbjerg, client, anna):
    council = make.council(esbjerg)
    person = make.person(esbjerg, email="karen@hjem.example", phone="11 22 33 44", note="Bor på herberget")
    make.membership(council, person)
    client.force_login(anna)
    for address in PAGES:
        page = text(client, address)
        assert not any(secret in page for secret in ("karen@hjem.example", "11 22 33 44", "Bor på herberget"))


def test_causes_come_with_their_groups_and_current_members(esbjerg, client):
    council = make.council(esbjerg)
    cause = make.cause(council, "Skæve boliger", body="<p>Plads til hunden.</p>")
    group = make.group(council, cause=cause, description="<p>Mødes hver måned.</p>")
    former = make.membership(
        council, make.person(esbjerg, "Gamle", "Ole"), ends_on=timezone.localdate() - datetime.timedelta(days=1)
    )
    group.members.add(make.membership(council, make.person(esbjerg)), former)
    make.group(council, name="Festudvalget")
    page = text(client, PAGES[2])
    for words in ("Skæve boliger", "Plads til hunden.", "Mødes hver måned.", "Karen Holm", "Festudvalget"):
        assert words in page
    assert "Gamle" not in page
    assert f'id="maerkesag-{cause.pk}"' in page


def fill(esbjerg, council, number):
    for n in range(number):
        cause = make.cause(council, f"Mærkesag {n}")
        group = make.group(council, cause=cause, name=f"Gruppe {n}")
        seat = make.membership(council, make.person(esbjerg, f"Person{n}"), area=f"Område {n}")
        make.membership(
            council, make.person(esbjerg, f"Suppleant{n}"), role=Membership.Role.SUBSTITUTE, substitute_for=seat
        )
        group.members.add(seat)
        make.hearing(council, f"Høring {n}")
        make.minutes(make.meeting(council, datetime.date(2024, 1, 1) + datetime.timedelta(days=number * 40 + n)))


@pytest.mark.parametrize("address", PAGES)
def test_a_big_council_costs_no_more_queries_than_a_small_one(esbjerg, client, address):
    council = make.council(esbjerg)
    fill(esbjerg, council, 1)
    with CaptureQueriesContext(connection) as few:
        text(client, address)
    fill(esbjerg, council, 9)
    with CaptureQueriesContext(connection) as many:
        text(client, address)
    assert len(few) == len(many)


@pytest.mark.parametrize("address", PAGES)
def test_an_unknown_municipality_gets_a_danish_404(db, client, address):
    response = client.get(address.replace("esbjerg", "atlantis"))
    assert response.status_code == 404
    assert "Vi kender ingen kommune" in response.content.decode()


def test_a_vacant_seat_is_a_seat_and_no_member(esbjerg, client):
    council = make.council(esbjerg, size=12)
    for number in range(11):
        make.membership(council, make.person(esbjerg, f"Nr{number}"))
    vacant = make.membership(council, is_vacant=True)
    for address in PAGES[:2]:
        assert "12 pladser, 11 medlemmer" in text(client, address)
    vacant.ends_on = timezone.localdate() - datetime.timedelta(days=1)
    vacant.save()
    make.membership(council, make.person(esbjerg, "Nanna"))
    for address in PAGES[:2]:
        page = text(client, address)
        assert "12 medlemmer" in page and "pladser, " not in page


def test_a_theme_says_what_the_council_said_only_where_there_is_a_council(esbjerg, client):
    theme = make.theme(make.strategy(esbjerg))
    page = text(client, theme.get_absolute_url())
    assert "Rådet har ikke talt om det her" not in page and "Hvad har rådet sagt?" not in page
    make.council(esbjerg)
    assert "Rådet har ikke talt om det her" in text(client, theme.get_absolute_url())
