"""Open agreements, their reminders by e-mail, and their list in the back office."""

import datetime

import pytest
from django.utils import timezone

from council.meetings.agreements import open_agreements, remind_of_agreements
from udsat.models import Letter

from . import factories as make

DAY = datetime.date(2026, 5, 20)


def at(day, hour=7):
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg, phone="79 79 79 79")


@pytest.fixture
def karen(council):
    return make.membership(council, make.person(council.municipality, email="karen@eksempel.dk"))


@pytest.fixture
def item(council):
    return make.item(make.meeting(council, date=DAY - datetime.timedelta(60)))


def test_karen_is_reminded_a_week_before_and_again_when_the_day_has_passed(item, karen):
    make.agreement(item, text="Ringe til boligforeningen", member=karen, due_on=DAY)
    assert remind_of_agreements(at(DAY - datetime.timedelta(8))) == 0
    assert remind_of_agreements(at(DAY - datetime.timedelta(7))) == 1
    assert remind_of_agreements(at(DAY)) == 0
    assert remind_of_agreements(at(DAY + datetime.timedelta(1))) == 1
    assert remind_of_agreements(at(DAY + datetime.timedelta(2))) == 0
    before, after = Letter.objects.order_by("pk")
    assert (before.to, before.to_name) == ("karen@eksempel.dk", "Karen Holm")
    assert "senest onsdag den 20. maj 2026" in before.text
    assert "Ringe til boligforeningen" in before.text and "79 79 79 79" in before.text
    assert "skulle være gjort onsdag den 20. maj 2026" in after.text


def test_a_new_date_is_reminded_of_anew(item, karen):
    agreement = make.agreement(item, member=karen, due_on=DAY)
    assert remind_of_agreements(at(DAY)) == 1
    agreement.due_on = DAY + datetime.timedelta(30)
    agreement.save()
    assert remind_of_agreements(at(DAY + datetime.timedelta(25))) == 1


@pytest.mark.parametrize(
    "why",
    ["done", "no e-mail", "left the council", "anonymised", "nobody named", "no date", "long ago", "meeting to come"],
)
def test_no_reminder_without_an_open_agreement_and_a_reachable_member(why, council, item, karen):
    agreement = make.agreement(item, member=karen, due_on=DAY)
    match why:
        case "done":
            agreement.done_on = DAY
        case "no e-mail":
            karen.person.email = ""
        case "left the council":
            karen.ends_on = DAY - datetime.timedelta(10)
        case "anonymised":
            karen.person.anonymised_at = timezone.now()
        case "nobody named":
            agreement.member = None
        case "no date":
            agreement.due_on = None
        case "long ago":
            agreement.due_on = DAY - datetime.timedelta(60)
        case "meeting to come":
            agreement.item = make.item(make.meeting(council, date=DAY))
    for row in (agreement, karen, karen.person):
        row.save()
    assert remind_of_agreements(at(DAY)) == 0
    assert not Letter.objects.exists()


def test_a_reminder_holds_no_cpr_number_and_nothing_of_a_closed_item(council, item, karen):
    make.agreement(item, text="Følge op på 010190-1234", member=karen, due_on=DAY)
    closed = make.item(item.meeting, title="Om en borger", is_closed=True)
    make.agreement(closed, text="Besøge borgeren på Havnegade", member=karen, due_on=DAY)
    assert remind_of_agreements(at(DAY)) == 2
    texts = " ".join(f"{letter.subject} {letter.text}" for letter in Letter.objects.all())
    assert "010190" not in texts and "Havnegade" not in texts and "Om en borger" not in texts
    assert "lukket punkt" in texts


def test_open_agreements_are_carried_over_until_done(council, item, vejle, karen):
    kept = make.agreement(item, text="Ringe", due_on=DAY)
    undated = make.agreement(item, text="Skrive")
    make.agreement(item, text="Gjort", done_on=DAY)
    make.agreement(make.item(item.meeting, is_closed=True), text="Lukket")
    make.agreement(make.item(make.meeting(council, date=DAY)), text="Fra mødet selv")
    make.agreement(make.item(make.meeting(make.council(vejle), date=DAY - datetime.timedelta(90))), text="Vejles")
    assert list(open_agreements(council, DAY)) == [kept, undated]


def test_reminders_cost_the_same_number_of_questions_when_all_are_told(item, karen, django_assert_num_queries):
    for _ in range(5):
        make.agreement(item, member=karen, due_on=DAY)
    remind_of_agreements(at(DAY))
    with django_assert_num_queries(2):
        assert remind_of_agreements(at(DAY)) == 0


# The list in the back office

LIST = "/admin/council/agreement/"


def rows(client, state):
    page = client.get(LIST, {"stand": state} if state else {}).content.decode()
    return [text for text in ("Ringe", "Skrive", "Invitere", "Måle", "Høre") if text in page]


@pytest.fixture
def agreements(item, karen):
    """One agreement of each state; »Høre« belongs to the secretary."""
    today = timezone.localdate()
    make.agreement(item, text="Ringe", member=karen, due_on=today - datetime.timedelta(3))
    make.agreement(item, text="Skrive", due_on=today + datetime.timedelta(30))
    make.agreement(item, text="Invitere")
    make.agreement(item, text="Måle", done_on=today, due_on=today - datetime.timedelta(9))
    return make.agreement(item, text="Høre", responsible="Sekretæren")


def test_the_list_shows_what_is_missing_late_done_and_ones_own(client, anna, agreements):
    client.force_login(anna)
    assert rows(client, "aaben") == ["Ringe", "Skrive", "Invitere", "Høre"]
    assert rows(client, "over-tiden") == ["Ringe"]
    assert rows(client, "gjort") == ["Måle"]
    assert rows(client, "mine") == ["Høre"]


def test_an_agreement_is_ones_own_by_name_and_by_e_mail(client, carla, agreements, karen, item):
    client.force_login(carla)
    assert rows(client, "mine") == []
    carla.email = "KAREN@eksempel.dk"
    carla.save()
    assert rows(client, "mine") == ["Ringe"]


def test_one_click_ticks_it_off_and_offers_to_say_what_came_of_it(client, anna, agreements):
    client.force_login(anna)
    page = client.get(LIST).content.decode()
    address = f"{LIST}{agreements.pk}/gjort/"
    assert f'formaction="{address}"' in page
    assert client.get(address).status_code == 405
    response = client.post(address, follow=True)
    assert "Skriv, hvad der kom ud af det" in response.content.decode()
    agreements.refresh_from_db()
    assert agreements.done_on == timezone.localdate()
    day = agreements.done_on - datetime.timedelta(5)
    type(agreements).objects.filter(pk=agreements.pk).update(done_on=day)
    client.post(address)
    agreements.refresh_from_db()
    assert agreements.done_on == day


def test_a_click_leads_back_to_the_list_it_was_made_in_and_nowhere_else(client, anna, agreements):
    client.force_login(anna)
    address = f"{LIST}{agreements.pk}/gjort/"
    here = "http://testserver/admin/council/agreement/?stand=mine"
    assert client.post(address, headers={"referer": here}).url == here
    assert client.post(address, headers={"referer": "https://andet.example/"}).url == LIST


def test_an_editor_ticks_off_only_what_is_not_public(client, carla, item, agreements):
    client.force_login(carla)
    make.minutes(item.meeting)
    assert client.post(f"{LIST}{agreements.pk}/gjort/").status_code == 403
    assert "formaction" not in client.get(LIST).content.decode()
