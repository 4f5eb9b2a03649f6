"""Seats of a council: the list of members, and the end of a seat."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from council.models import Council, Membership, Person
from udsat.lib.publishing import Status

from . import factories as make
from .test_change_gate import through_the_gate

TODAY = timezone.localdate()


@pytest.fixture
def annas(client, anna):
    client.force_login(anna)
    return client


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


@pytest.fixture
def seat(esbjerg, council):
    person = make.person(esbjerg, "Karen", "Holm", consent_on="2025-01-01")
    return make.membership(
        council, person, area="Hjemløshed", speaks_as="bruger", appointed_by="Værestedet", starts_on="2022-01-01"
    )


def leaving(seat):
    return reverse("admin:council_membership_leave", args=[seat.pk])


def leave(client, seat, **answers):
    version = Council.objects.get(pk=seat.council_id).version
    data = {"seen": version, "ends_on": "2026-06-30", "then": "tom"} | answers
    return through_the_gate(client, client.post(leaving(seat), data))


def members_page(client, council):
    return client.get(reverse("admin:council_council_members", args=[council.pk])).content.decode()


def test_an_empty_seat_keeps_all_but_the_person(annas, council, seat):
    assert leave(annas, seat).status_code == 302
    seat.refresh_from_db()
    assert seat.ends_on == datetime.date(2026, 6, 30)
    empty = Membership.objects.get(is_vacant=True)
    assert (empty.area, empty.speaks_as, empty.appointed_by, empty.position, empty.starts_on) == (
        "Hjemløshed",
        "bruger",
        "Værestedet",
        seat.position,
        datetime.date(2026, 7, 1),
    )


def test_a_new_person_takes_over_with_substitute_and_group_and_shows_nothing_yet(annas, esbjerg, council, seat):
    stand_in = make.membership(council, make.person(esbjerg, "Bo"), role="suppleant", substitute_for=seat)
    group = make.group(council, name="Boliggruppen")
    group.members.add(seat)
    response = leave(annas, seat, then="ny", first_name="Ib", last_name="Friis", email="ib@example.dk")
    new = Membership.objects.get(person__first_name="Ib")
    assert response.url == reverse("admin:council_person_change", args=[new.person_id])
    assert (new.person.shown, new.person.email, new.area) == (Person.Shown.ROLE, "ib@example.dk", "Hjemløshed")
    stand_in.refresh_from_db()
    assert stand_in.substitute_for == new and new in group.members.all()


def test_an_existing_person_takes_over_on_a_chosen_day(annas, esbjerg, seat):
    ib = make.person(esbjerg, "Ib")
    assert leave(annas, seat, then="person", person=ib.pk, starts_on="2026-09-01").status_code == 302
    assert Membership.objects.get(person=ib).starts_on == datetime.date(2026, 9, 1)


def test_a_seat_can_be_closed(annas, seat):
    assert leave(annas, seat, then="vaek").status_code == 302
    assert Membership.objects.count() == 1


def test_a_vacant_seat_is_filled_in_its_position(annas, council):
    empty = make.membership(council, is_vacant=True, area="Unge")
    page = annas.get(leaving(empty)).content.decode()
    assert "Hvem får pladsen?" in page and "Udtrådt" not in page.split("content-main")[1]
    assert leave(annas, empty, then="ny", first_name="Ib").status_code == 302
    empty.refresh_from_db()
    assert (empty.person.first_name, empty.is_vacant, empty.starts_on) == ("Ib", False, TODAY)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"ends_on": ""}, "påkrævet"),
        ({"ends_on": "2020-01-01"}, "indtrådte først 1. januar 2022"),
        ({"starts_on": "2026-06-30"}, "dagen efter"),
        ({"then": "person"}, "Vælg, hvem der overtager"),
        ({"then": "ny"}, "fornavnet"),
        ({"then": "ny", "first_name": "Ib 010190-1234"}, "ligner et CPR-nummer"),
        ({"then": "ny", "first_name": "I" * 5000}, "80"),
        ({"then": "ny", "first_name": "Ib\x00"}, "Null"),
        ({"then": "noget andet"}, "gyldig"),
        ({"then": "person", "person": "ni"}, "gyldig"),
        ({"then": "", "ends_on": "31.31.2026"}, "Skriv datoen"),
        ({"seen": "999"}, "En anden har ændret rådet imens"),
    ],
)
def test_invalid_input_gives_the_reason_and_changes_nothing(annas, seat, answers, says):
    response = leave(annas, seat, **answers)
    assert response.status_code == 200
    assert says.lower() in response.content.decode().lower()
    seat.refresh_from_db()
    assert seat.ends_on is None and Membership.objects.count() == Person.objects.count() == 1


def test_a_person_of_another_municipality_cannot_take_over(annas, vejle, seat):
    stranger = make.person(vejle, "Ib")
    assert leave(annas, seat, then="person", person=stranger.pk).status_code == 200
    assert not Membership.objects.filter(person=stranger).exists()


def test_who_has_left_leaves_once(annas, seat):
    leave(annas, seat, ends_on="2024-01-01", then="vaek")
    response = annas.post(leaving(seat), {"ends_on": "2025-01-01", "then": "vaek"}, follow=True)
    assert "allerede udtrådt" in response.content.decode()
    seat.refresh_from_db()
    assert seat.ends_on == datetime.date(2024, 1, 1)


def test_a_form_of_the_council_opened_before_sees_a_conflict(annas, council, seat):
    version = Council.objects.get().version
    leave(annas, seat)
    assert Council.objects.get().version > version


def test_the_list_has_those_of_today_first_and_folds_the_rest(annas, esbjerg, council, seat):
    make.membership(council, is_vacant=True, area="Unge")
    gone = make.person(esbjerg, "Inge", "Dam")
    make.membership(council, gone, ends_on=TODAY - datetime.timedelta(360))
    Council.objects.update(keep_years=1)
    page = members_page(annas, council)
    assert page.index("Karen Holm") < page.index("1 tom plads") < page.index("1 tidligere medlem") < page.index("Inge")
    assert "Samtykke 1. januar 2025" in page and "Navnet slettes automatisk" in page


def test_the_list_marks_missing_consent_and_hides_buttons_from_readers(client, council, seat, dan):
    seat.person.consent_on = None
    seat.person.save()
    client.force_login(dan)
    page = members_page(client, council)
    assert "Ingen dato for samtykket" in page and "Udtrådt …" not in page


def test_the_list_keeps_former_members_and_empty_seats_apart(annas, esbjerg, council, seat):
    former = make.membership(council, make.person(esbjerg, "Inge"), ends_on="2024-01-01")
    empty = make.membership(council, is_vacant=True)
    context = annas.get(reverse("admin:council_council_members", args=[council.pk])).context
    assert (context["current"], context["vacant"], context["former"]) == ([seat], [empty], [former])


def test_the_public_page_counts_empty_seats_and_names_substitutes_of_today(client, esbjerg, council, seat):
    make.membership(council, is_vacant=True, area="Unge", position=0)
    make.membership(council, make.person(esbjerg, "Bo", "Lund"), role="suppleant", substitute_for=seat)
    page = client.get("/esbjerg/udsatteraad/medlemmer/").content.decode()
    assert "1 plads er tom lige nu" in page
    assert page.index("Karen Holm") < page.index("Vakant plads")
    assert "Stedfortræder: Bo Lund" in page and "Stedfortræder for Karen Holm" in page
    Membership.objects.filter(pk=seat.pk).update(ends_on="2024-01-01")
    assert "Karen" not in client.get("/esbjerg/udsatteraad/medlemmer/").content.decode()


def test_a_draft_council_is_edited_by_editors_a_public_one_is_not(client, carla, seat):
    client.force_login(carla)
    assert leave(client, seat).status_code == 403
    Council.objects.update(status=Status.DRAFT)
    assert leave(client, seat).status_code == 302


def test_lists_of_members_offer_nobody_who_has_left_but_keep_who_is_chosen(annas, esbjerg, council, seat):
    left = make.membership(council, make.person(esbjerg, "Inge"), ends_on="2024-01-01")
    meeting = make.meeting(council, "2023-05-05", Status.DRAFT)
    agreement = make.agreement(make.item(meeting), member=left)
    group = make.group(council)

    def offered(address, field):
        form = annas.get(address).context["adminform"].form
        return {getattr(value, "value", value) for value, _ in form.fields[field].choices} - {""}

    assert offered(reverse("admin:council_agreement_add") + f"?item={agreement.item_id}", "member") == {seat.pk}
    assert offered(reverse("admin:council_agreement_change", args=[agreement.pk]), "member") == {seat.pk, left.pk}
    assert offered(reverse("admin:council_workinggroup_change", args=[group.pk]), "members") == {seat.pk}
    assert offered(reverse("admin:council_membership_add"), "substitute_for") == {seat.pk}
    # On the day of the meeting, Inge was a member.
    attendance = reverse("admin:council_attendance_add")
    assert offered(f"{attendance}?meeting={meeting.pk}", "member") == {seat.pk, left.pk}
    assert offered(attendance, "member") == {seat.pk}


def test_a_row_keeps_its_member_who_has_left(annas, esbjerg, council, seat):
    left = make.membership(council, make.person(esbjerg, "Inge"), ends_on="2024-01-01")
    item = make.item(make.meeting(council, "2023-05-05", Status.DRAFT))
    make.agreement(item, member=seat, text="Ringe"), make.agreement(item, member=left, text="Skrive")
    rows = annas.get(reverse("admin:council_agendaitem_change", args=[item.pk])).context["inline_admin_formsets"]
    forms = rows[0].formset.initial_forms
    lists = [{getattr(value, "value", value) for value, _ in form.fields["member"].choices} - {""} for form in forms]
    assert lists == [{seat.pk}, {seat.pk, left.pk}]
    assert forms[1]["member"].value() == left.pk
