"""Models of councils, people and meetings."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from council.models import AgendaItem, Agreement, Meeting, Membership, Person, public_items
from council.models.papers import with_publication
from udsat.lib.publishing import Status

from . import factories as make


@pytest.fixture
def raad(esbjerg):
    return make.council(esbjerg)


@pytest.mark.parametrize(
    ("shown", "name"),
    [(Person.Shown.FULL, "Karen Holm"), (Person.Shown.FIRST, "Karen"), (Person.Shown.ROLE, "Brugerrepræsentant")],
)
def test_each_person_decides_how_much_of_the_name_shows(raad, shown, name):
    person = make.person(raad.municipality, shown=shown)
    member = make.membership(raad, person, speaks_as=Membership.Speaks.USER)
    assert member.public_name == name


def test_a_new_person_shows_no_name_by_default(esbjerg):
    assert Person(first_name="Karen", last_name="Holm").public_name == ""


def test_a_seat_without_a_person_is_named_by_its_role(raad):
    assert make.membership(raad, is_vacant=True).public_name == "Vakant plads"
    assert make.membership(raad, area="Hjemløshed").public_name == "Medlem"


def test_the_chair_has_the_councils_own_word(esbjerg):
    raad = make.council(esbjerg, chair_label="forperson")
    assert make.membership(raad, role=Membership.Role.CHAIR).role_label == "Forperson"
    assert make.membership(raad, role=Membership.Role.DEPUTY).role_label == "Næstforperson"


def test_only_those_who_sit_that_day_are_members(raad):
    day = datetime.date(2026, 1, 1)
    sits = make.membership(raad, starts_on=day, ends_on=day)
    make.membership(raad, ends_on=datetime.date(2025, 12, 31))
    make.membership(raad, starts_on=datetime.date(2026, 1, 2))
    forever = make.membership(raad)
    assert list(Membership.objects.on(day)) == [sits, forever]


def test_a_member_belongs_to_the_same_municipality(raad, vejle):
    with pytest.raises(ValidationError, match="samme kommune"):
        make.membership(raad, make.person(vejle)).full_clean()


def test_a_meetings_address_is_its_date(raad):
    first = make.meeting(raad)
    second = make.meeting(raad, ordinal=2)
    assert first.get_absolute_url().endswith("/esbjerg/moeder/2025-03-03/")
    assert second.get_absolute_url().endswith("/esbjerg/moeder/2025-03-03-2/")
    assert Meeting.objects.at_address("2025-03-03").get() == first
    assert Meeting.objects.at_address("2025-03-03-2").get() == second


@pytest.mark.parametrize(
    "address", ["2025-02-30", "2025-3-3", "2025-03-03-1", "2025-03-03-22", "i-morgen", "0000-00-00"]
)
def test_other_addresses_are_no_meeting(raad, address):
    make.meeting(raad)
    assert not Meeting.objects.at_address(address).exists()


def test_the_list_of_meetings_shows_which_papers_are_public(raad):
    meeting = make.meeting(raad)
    make.agenda(meeting)
    make.minutes(meeting, status=Status.DRAFT)
    listed = with_publication(Meeting.objects.all()).get()
    assert (listed.has_agenda, listed.has_minutes) == (True, False)


def test_a_cancelled_meeting_is_not_coming(raad):
    tomorrow = timezone.localdate() + datetime.timedelta(1)
    make.meeting(raad, date=tomorrow, is_cancelled=True)
    later = make.meeting(raad, date=tomorrow, ordinal=2)
    assert list(Meeting.objects.coming()) == [later]


def test_numbers_may_run_through_the_year(raad):
    meeting = make.meeting(raad, first_number=12)
    make.item(meeting)
    make.item(meeting)
    assert [item.number for item in public_items(meeting, with_minutes=True)] == [12, 13]
    assert list(AgendaItem.objects.with_numbers().values_list("index", flat=True)) == [0, 1]


def test_an_agreement_is_open_until_it_is_done(raad):
    item = make.item(make.meeting(raad, date=datetime.date(2025, 3, 3)))
    agreement = make.agreement(item, done_on=datetime.date(2025, 6, 1))
    assert list(Agreement.objects.open_on(datetime.date(2025, 5, 1))) == [agreement]
    assert not Agreement.objects.open_on(datetime.date(2025, 6, 1)).exists()
    assert not Agreement.objects.open_on(datetime.date(2025, 3, 2)).exists()


def test_an_agreement_names_its_owner_only_as_the_person_allows(raad):
    person = make.person(raad.municipality, shown=Person.Shown.FIRST)
    agreement = make.agreement(make.item(make.meeting(raad)), member=make.membership(raad, person))
    assert agreement.public_responsible == "Karen"


def test_a_closed_item_always_has_a_neutral_title(raad):
    item = AgendaItem(meeting=make.meeting(raad), title="Navn på borger", is_closed=True)
    item.full_clean()
    assert item.public_title == "Lukket punkt"


@pytest.mark.parametrize(
    "break_it",
    [
        lambda raad: [make.meeting(raad) for _ in range(2)],
        lambda raad: make.meeting(raad, ordinal=0),
        lambda raad: make.meeting(raad, starts_at=datetime.time(16), ends_at=datetime.time(14)),
        lambda raad: make.membership(raad, make.person(raad.municipality), is_vacant=True),
        lambda raad: make.membership(raad, starts_on=datetime.date(2026, 1, 1), ends_on=datetime.date(2025, 1, 1)),
        lambda raad: make.minutes(make.meeting(raad), corrected_on=datetime.date(2025, 4, 1)),
        lambda raad: make.hearing(raad, answered_on=datetime.date(2020, 1, 1)),
        lambda raad: make.council(raad.municipality),
    ],
)
def test_the_database_rejects_invalid_rows(raad, break_it):
    with pytest.raises(IntegrityError), transaction.atomic():
        break_it(raad)


# Meetings that are over


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "over_at"),
    [
        ((10, 0), (11, 30), (11, 30)),
        ((10, 0), None, (12, 0)),  # two hours where no end is known
        ((23, 30), None, None),  # not beyond its day
        (None, None, None),
        (None, (9, 0), (9, 0)),
    ],
)
def test_a_meeting_is_over_at_its_end_and_not_only_on_the_next_day(raad, starts_at, ends_at, over_at):
    times = [datetime.time(*moment) if moment else None for moment in (starts_at, ends_at)]
    day = datetime.date(2026, 12, 8)
    meeting = make.meeting(raad, day, starts_at=times[0], ends_at=times[1])
    end = datetime.datetime.combine(day, datetime.time(*over_at)) if over_at else datetime.datetime(2026, 12, 9)
    assert meeting.ends == timezone.make_aware(end)
    for seconds in (-3600, -1, 0, 1, 3600, -86400, 86400):
        now = timezone.make_aware(end + datetime.timedelta(seconds=seconds))
        assert Meeting.objects.coming(now).exists() == Meeting.objects.not_over(now).exists() == (meeting.ends > now)


def test_the_next_open_meeting_is_named_only_beside_a_closed_one(raad):
    days = [timezone.localdate() + datetime.timedelta(days=number) for number in range(1, 5)]
    closed = make.meeting(raad, days[0])
    assert Meeting.objects.next_and_next_open() == (closed, None)
    make.meeting(raad, days[1], is_open=True, is_cancelled=True)
    later = make.meeting(raad, days[2], is_open=True)
    make.meeting(raad, days[3], is_open=True)
    assert Meeting.objects.next_and_next_open() == (closed, later)
    closed.delete()
    assert Meeting.objects.next_and_next_open() == (later, None)


@pytest.mark.parametrize(
    ("typed", "heading"),
    [
        ("3. Boliger til unge", "Boliger til unge"),
        ("3.Boliger til unge", "Boliger til unge"),
        ("12) Eventuelt", "Eventuelt"),
        ("Punkt 3: Boliger", "Boliger"),
        ("punkt 3. boliger", "boliger"),
        ("Pkt. 3 – Boliger", "Boliger"),
        ("Dagsordenspunkt 3 Boliger", "Boliger"),
        ("3 - Boliger", "Boliger"),
        ("7: »Et sted at bo«", "»Et sted at bo«"),
        ("1. maj", "1. maj"),
        ("1. Maj i parken", "1. Maj i parken"),
        ("2. kvartal 2026", "2. kvartal 2026"),
        ("2. behandling af budgettet", "2. behandling af budgettet"),
        ("3. Kvartal", "3. Kvartal"),
        ("24. december", "24. december"),
        ("20 små boliger", "20 små boliger"),
        ("2026: Et år med boliger", "2026: Et år med boliger"),
        ("3.1 Budget", "3.1 Budget"),
        ("Punkt 3", "Punkt 3"),
        ("Punktafgifter", "Punktafgifter"),
        ("3.", "3."),
        ("", ""),
    ],
)
def test_a_number_typed_before_the_title_of_an_item_is_not_shown_twice(typed, heading):
    assert AgendaItem(title=typed).heading == heading


def test_the_form_of_a_seat_has_the_councils_own_word_for_the_chair(client, anna, esbjerg):
    seat = make.membership(make.council(esbjerg, chair_label="forperson"), role=Membership.Role.CHAIR)
    client.force_login(anna)
    form = client.get(f"/admin/council/membership/{seat.pk}/change/").content.decode()
    assert ">Forperson</option>" in form and ">Næstforperson</option>" in form and ">Formand</option>" not in form
    form = client.get("/admin/council/membership/add/").content.decode()
    assert ">Forperson</option>" in form and ">Næstforperson</option>" in form and ">Formand</option>" not in form


def test_the_list_of_seats_is_filtered_by_roles_in_the_councils_own_words(client, anna, bo, esbjerg, vejle, operator):
    chair = make.membership(make.council(esbjerg, chair_label="forperson"), role=Membership.Role.CHAIR, area="Bolig")
    make.membership(chair.council, area="Sundhed")
    make.council(vejle, chair_label="talsperson")
    client.force_login(anna)
    page = client.get("/admin/council/membership/", {"role__exact": Membership.Role.CHAIR}).content.decode()
    assert "Forperson" in page and "Næstforperson" in page and "Formand" not in page and "Talsperson" not in page
    assert "Bolig" in page and "Sundhed" not in page
    client.force_login(operator)
    assert "Forperson / Talsperson" in client.get("/admin/council/membership/").content.decode()


def test_the_history_of_a_seat_has_the_councils_own_word_for_the_chair(client, anna, esbjerg):
    seat = make.membership(make.council(esbjerg, chair_label="forperson"), area="Bolig")
    seat.role = Membership.Role.CHAIR
    seat.save()
    client.force_login(anna)
    for kind, pk in (("council", seat.council.pk), ("membership", seat.pk)):
        history = client.get(f"/admin/council/{kind}/{pk}/history/", follow=True).content.decode()
        assert "Forperson" in history and "Formand" not in history, kind
