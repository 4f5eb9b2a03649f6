"""The approval page: minutes approved in writing, by phone or at a meeting, up to publication."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from council.meetings.approval import rounds
from council.meetings.approval.paper import text_version
from council.meetings.approval.rounds import RoundStatus, last_round
from council.models import Approval, Minutes, Remark
from council.my_desk import due_tasks
from council.my_desk.tasks import MyDesk
from udsat.lib.danish import long_date
from udsat.lib.holidays import last_working_day
from udsat.lib.publishing import Status
from udsat.models import Letter

from . import factories as make
from .approval_cast import council_with_members, day, held_meeting, letters, link_in, words

CPR = "010190-1234"
APPROVED, REMARKS = Approval.Answer.APPROVED, Approval.Answer.REMARKS


@pytest.fixture
def seats(esbjerg):
    return council_with_members(esbjerg)[1]


@pytest.fixture
def minutes(seats):
    return held_meeting(seats["Karen"].council)


@pytest.fixture
def asked(minutes):
    rounds.start_round(minutes, due_on=day(7), after_round=0)
    return minutes


@pytest.fixture
def approval_page(client, anna, minutes):
    """Return a function for Anna: `approval_page()` opens the page, `approval_page(action, …)` presses a button."""
    client.force_login(anna)
    address = reverse("admin:council_meeting_approval", args=[minutes.meeting_id])

    def go(action=None, **fields):
        if action is None:
            return words(client.get(address))
        if action == "close":
            # The answers that the page has shown.
            fields = {"answers": RoundStatus(reloaded(minutes)).stamp} | fields
        number = str(last_round(minutes))
        return words(client.post(address, {"action": action, "round": number} | fields, follow=True))

    go.address = address
    return go


def record(minutes, seat, answer=APPROVED, **remarks):
    row = minutes.approvals.filter(member=seat).order_by("-round").first()
    remarks = {None: remarks["hele"]} if remarks else {}
    return rounds.record_answer(row, answer=answer, remarks=remarks, version=text_version(minutes))


def reloaded(minutes):
    return Minutes.objects.get(pk=minutes.pk)


# Starting a round


def test_the_first_page_says_that_nobody_has_been_asked(approval_page):
    page = approval_page()
    assert "Nej, ikke endnu" in page and "Send til godkendelse" in page and "Godkendt på mødet" in page
    assert "Ib Holm (medlem) <strong>har ingen e-mail" in page and "Sally" not in page


def test_sending_writes_to_each_who_sat_and_has_an_address(approval_page, minutes, seats):
    page = approval_page("send", due_on=day(5).isoformat())
    assert "Sendt til 3 af 4 medlemmer." in page and "1 har ingen e-mail." in page
    assert "Medlemmerne læser referatet" in page and "4 er spurgt: 0 har godkendt og 4 har ikke svaret." in page
    assert {letter.to for letter in letters()} == {"karen@example.dk", "lars@example.dk", "mia@example.dk"}
    assert {row.due_on for row in minutes.approvals.all()} == {day(5)}
    assert reloaded(minutes).approval_asked_on == timezone.localdate()
    assert reloaded(minutes).stage == "Til godkendelse"


def test_the_offered_deadline_is_a_working_day_and_the_letter_is_not_sent_after_it(approval_page, minutes, seats):
    council = seats["Karen"].council
    for days in range(2, 40):
        council.approval_days = days
        due_on = rounds.default_due_date(minutes)
        assert day(0) < due_on <= day(days) and (due_on == last_working_day(due_on) or days < 6)
    approval_page("send", due_on=day(5).isoformat())
    assert {timezone.localdate(letter.valid_until) for letter in letters()} == {day(6)}


def test_the_letter_says_what_to_do_and_nothing_of_the_minutes(approval_page, minutes, seats):
    approval_page("send", due_on=day(5).isoformat())
    letter = letters(to="karen@example.dk")[0]
    assert letter.subject.startswith("Vil du godkende referatet af mødet den ")
    assert "Kære Karen" in letter.text and "/esbjerg/godkend/" in letter.text and "79 79 79 79" in letter.text
    assert "Boliger" not in letter.text and "Kakadue" not in letter.text and "&" not in letter.text
    assert "Svar senest" in letter.text


def test_the_deadline_follows_the_councils_rule_unless_another_is_chosen(approval_page, minutes, seats):
    council = seats["Karen"].council
    council.approval_days = 12
    council.save()
    assert f'value="{last_working_day(day(12)).isoformat()}"' in approval_page()


@pytest.mark.parametrize(
    ("due", "message"),
    [
        ("", "Skriv, hvornår medlemmerne senest skal svare."),
        ("i morgen", "Skriv datoen som"),
        ("2020-01-01", "Datoen er passeret."),
        ("0026-01-01", "Årstallet er 0026."),
    ],
)
def test_an_impossible_deadline_is_explained(approval_page, minutes, due, message):
    assert message in approval_page("send", due_on=due)
    assert not Approval.objects.exists() and not Letter.objects.exists()


def test_substitutes_who_came_are_asked_and_those_who_left_are_not(minutes, seats, esbjerg):
    council = seats["Karen"].council
    substitute = make.membership(council, make.person(esbjerg, "Sus", email="sus@example.dk"), role="suppleant")
    absent = make.membership(council, make.person(esbjerg, "Sam", email="sam@example.dk"), role="suppleant")
    later = make.membership(council, make.person(esbjerg, "Ny", email="ny@example.dk"), starts_on=day(-1))
    make.attendance(minutes.meeting, substitute, substitute_for=seats["Lars"])
    make.attendance(minutes.meeting, absent, status="afbud")
    seats["Mia"].ends_on = day(-1)
    seats["Mia"].save()
    make.membership(council, is_vacant=True)
    # Lars got another seat after the meeting; he held a seat then and holds one now.
    seats["Lars"].ends_on = day(-1)
    seats["Lars"].save()
    make.membership(council, seats["Lars"].person, role="naestformand", starts_on=day(0))
    names = [member.person.first_name for member in rounds.members_to_ask(minutes)]
    assert sorted(names) == ["Ib", "Karen", "Lars", "Sus"] and later.person.first_name not in names


def test_one_person_with_two_seats_is_asked_once(minutes, seats):
    make.membership(seats["Karen"].council, seats["Karen"].person)
    rounds.start_round(minutes, due_on=day(5), after_round=0)
    assert len(letters(to="karen@example.dk")) == 1


@pytest.mark.engine
def test_pressing_twice_or_two_secretaries_at_once_send_one_letter(approval_page, client, minutes):
    approval_page("send", due_on=day(5).isoformat())
    data = {"action": "send", "round": "0", "due_on": day(5).isoformat()}
    page = words(client.post(approval_page.address, data, follow=True))
    assert "En anden har været her imens." in page
    assert Approval.objects.count() == 4 and Letter.objects.count() == 3


def test_members_are_not_asked_about_a_text_that_changes_while_it_is_read(approval_page, minutes, meanwhile):
    def another_writes():
        item = minutes.meeting.items.first()
        item.decision = f"<p>Om {CPR}.</p>"
        item.save()

    meanwhile(another_writes)
    assert "En anden har været her imens" in approval_page("send", due_on=day(5).isoformat())
    assert not letters() and not minutes.approvals.exists()


def test_a_round_is_asked_once_however_it_is_called(asked):
    with pytest.raises(rounds.ApprovalConflict):
        rounds.start_round(asked, due_on=day(5), after_round=0)
    assert last_round(asked) == 1


def test_a_council_without_members_is_told_to_write_them_in(approval_page, minutes, seats):
    seats["Karen"].council.memberships.update(ends_on=day(-1))
    assert "Skriv rådets medlemmer ind først" in approval_page()
    assert "Ingen sidder i rådet nu." in approval_page("send", due_on=day(5).isoformat())
    assert not Approval.objects.exists()


def test_minutes_with_what_looks_like_a_cpr_number_are_looked_at_first(approval_page, minutes):
    make.item(minutes.meeting, "Sag", discussion=f"<p>Sagen {CPR}</p>")
    page = approval_page("send", due_on=day(5).isoformat())
    assert "1 sted ligner et CPR-nummer" in page and CPR not in page and "sæt et hak her" in page
    assert not Letter.objects.exists()
    assert "Sendt til 3" in approval_page("send", due_on=day(5).isoformat(), checked="on")


@pytest.mark.parametrize(
    ("fields", "message"), [({"date": day(3)}, "Mødet er først"), ({"is_cancelled": True}, "Mødet er aflyst.")]
)
def test_a_meeting_that_was_not_held_has_nothing_to_approve(approval_page, minutes, fields, message):
    type(minutes.meeting).objects.filter(pk=minutes.meeting_id).update(**fields)
    assert message in approval_page()
    assert message in approval_page("send", due_on=day(5).isoformat()) and not Approval.objects.exists()


# Answers


def test_the_secretary_sees_who_has_said_what(approval_page, asked, seats):
    record(asked, seats["Karen"])
    record(asked, seats["Lars"], REMARKS, hele="Det var mig.")
    page = approval_page()
    assert "4 er spurgt: 1 har godkendt, 1 har bemærkninger og 2 har ikke svaret." in page
    assert "Det var mig." in page and "1 bemærkning venter på dig." in page
    assert "Har ingen e-mail: spørg selv" in page


def test_a_remark_stands_with_its_item_and_can_be_ticked_off(approval_page, asked, seats):
    item = asked.meeting.items.get(title="Boliger til unge")
    row = asked.approvals.get(member=seats["Karen"])
    rounds.record_answer(row, answer=REMARKS, remarks={item.pk: "Det var Lars."}, version=text_version(asked))
    page = approval_page()
    assert f'<a href="/admin/council/agendaitem/{item.pk}/change/">Punkt 1: Boliger til unge</a>' in page
    page = approval_page("mark_handled", remark=row.remarks.get().pk)
    assert "<strong>Set på</strong>" in page and "venter på dig" not in page
    assert Remark.objects.get().handled_at
    approval_page("mark_unhandled", remark=row.remarks.get().pk)
    assert Remark.objects.get().handled_at is None


def test_the_remark_of_an_item_that_is_gone_is_still_there(approval_page, asked, seats):
    item = asked.meeting.items.get(title="Eventuelt")
    row = asked.approvals.get(member=seats["Karen"])
    rounds.record_answer(row, answer=REMARKS, remarks={item.pk: "Husk bussen."}, version=text_version(asked))
    item.delete()
    assert "Husk bussen." in approval_page()


@pytest.mark.parametrize("number", ["", "x", "999999", "²", "1\x00"])
def test_a_remark_that_does_not_exist_is_no_error(approval_page, asked, number):
    assert "Se, hvordan det står nu." in approval_page("mark_handled", remark=number)


def test_another_meetings_remark_is_not_touched(approval_page, asked, seats):
    other = held_meeting(seats["Karen"].council, ordinal=2)
    rounds.start_round(other, due_on=day(5), after_round=0)
    record(other, seats["Karen"], REMARKS, hele="Noget andet")
    approval_page("mark_handled", remark=Remark.objects.get().pk)
    assert Remark.objects.get().handled_at is None


def test_an_approval_of_an_earlier_text_is_marked(approval_page, asked, seats):
    record(asked, seats["Karen"])
    item = asked.meeting.items.get(title="Boliger til unge")
    item.decision = "<p>Rådet skriver ikke.</p>"
    item.save()
    page = approval_page()
    assert "<strong>Godkendte en tidligere udgave</strong>" in page
    assert "0 har godkendt, 1 godkendte en tidligere udgave og 3 har ikke svaret" in page
    assert "Send den rettede tekst ud igen" in page


def test_the_corrected_text_is_sent_out_in_a_new_round(approval_page, asked, seats):
    record(asked, seats["Karen"])
    page = approval_page("send", due_on=day(4).isoformat())
    assert "Runde 2" in page and "0 har godkendt" in page
    assert len(letters(to="karen@example.dk")) == 2
    assert asked.approvals.get(member=seats["Karen"], round=1).answer == APPROVED


def test_an_answer_by_phone_is_written_in_with_the_secretarys_name(approval_page, asked, seats):
    row = asked.approvals.get(member=seats["Ib"])
    item = asked.meeting.items.get(title="Eventuelt")
    page = approval_page("register", member=row.pk, answer=REMARKS, item=item.pk, remark="Bussen kører igen.")
    assert "Svaret fra Ib Holm (medlem) er skrevet ind." in page and "skrevet ind af Anna" in page
    assert "Bussen kører igen." in page and "Punkt 3: Eventuelt" in page


def test_an_approval_by_phone_keeps_earlier_remarks(approval_page, asked, seats):
    record(asked, seats["Karen"], REMARKS, hele="Det var mig.")
    row = asked.approvals.get(member=seats["Karen"])
    approval_page("register", member=row.pk, answer=APPROVED)
    row.refresh_from_db()
    assert row.answer == APPROVED and row.remarks.get().text == "Det var mig."


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"member": "0"}, "Vælg et af medlemmerne."),
        ({"member": "x"}, "Vælg et af medlemmerne."),
        ({"answer": "måske"}, "Vælg et af de to svar."),
        ({"remark": ""}, "Skriv, hvad medlemmet vil have rettet."),
        ({"remark": CPR}, "ligner et CPR-nummer"),
        ({"remark": "x" * 5000}, "Skriv højst 4.000 tegn"),
        ({"item": "99999"}, "Vælg et af punkterne."),
    ],
)
def test_an_answer_that_makes_no_sense_is_explained(approval_page, asked, seats, fields, message):
    row = asked.approvals.get(member=seats["Ib"])
    page = approval_page("register", **({"member": row.pk, "answer": REMARKS, "remark": "Ord"} | fields))
    assert message in page
    row.refresh_from_db()
    assert row.answer == "" and not Remark.objects.exists()


# Reminders


def test_one_button_reminds_those_who_are_missing_once_a_day(approval_page, asked, seats, client):
    record(asked, seats["Karen"])
    assert "Mind de 2 om at svare" in approval_page()
    assert "Vi har mindet 2 medlemmer om at svare." in approval_page("remind")
    assert "De er allerede mindet om det i dag." in approval_page("remind")
    assert len(letters(to="lars@example.dk")) == 2 and len(letters(to="karen@example.dk")) == 1
    reminder = letters(to="lars@example.dk")[1]
    assert reminder.subject.startswith("Vi mangler dit svar om referatet")
    assert [client.get(link_in(letter)).status_code for letter in letters(to="lars@example.dk")] == [200, 200]


@pytest.mark.parametrize(("days_left", "reminded"), [(3, 0), (2, 2), (0, 2), (-1, 0)])
def test_the_missing_are_reminded_by_themselves_two_days_before(asked, seats, days_left, reminded):
    record(asked, seats["Karen"])
    Approval.objects.update(due_on=day(days_left), asked_at=timezone.now() - datetime.timedelta(days=4))
    assert rounds.send_due_reminders(timezone.now()) == reminded
    assert rounds.send_due_reminders(timezone.now()) == 0
    assert Letter.objects.filter(key__endswith="reminder:due").count() == reminded


def test_nobody_is_reminded_on_the_day_of_the_question_or_after_the_round(asked, seats):
    Approval.objects.update(due_on=day(1))
    assert rounds.send_due_reminders(timezone.now()) == 0
    assert rounds.send_due_reminders(timezone.now() + datetime.timedelta(days=1)) == 3
    rounds.start_round(asked, due_on=day(1), after_round=1)
    rounds.mark_approved(asked, how="skriftligt", on=day(0))
    assert rounds.send_due_reminders(timezone.now() + datetime.timedelta(days=1)) == 0


@pytest.mark.parametrize("how", ["udtrådt", "en anden"])
def test_a_member_who_has_left_is_neither_reminded_nor_awaited(approval_page, asked, seats, esbjerg, anna, how):
    lars, otto = seats["Lars"], make.person(esbjerg, "Otto", email="otto@example.dk")
    if how == "udtrådt":
        lars.ends_on = day(-1)
    else:
        lars.person = otto
    lars.save()
    for name in ("Karen", "Mia", "Ib"):
        record(asked, seats[name])
    page = approval_page()
    assert "3 har godkendt og 1 er gået ud af rådet." in page and "Alle har svaret" in page
    replies = page.split('class="replies"')[1].split("</ul>")[0]
    assert "Lars Holm (medlem)" in replies and "Otto" not in replies
    approval_page("remind")
    Approval.objects.update(asked_at=timezone.now() - datetime.timedelta(days=5), due_on=day(1))
    assert rounds.send_due_reminders(timezone.now()) == 0
    assert not letters(to="otto@example.dk") and len(letters(to="lars@example.dk")) == 1
    assert any(task.title.startswith("Alle har svaret") for task in due_tasks(MyDesk(anna)))


def test_members_reminded_manually_today_or_gone_are_not_reminded_again(asked, seats):
    Approval.objects.update(due_on=day(2), asked_at=timezone.now() - datetime.timedelta(days=4))
    seats["Mia"].ends_on = day(-1)
    seats["Mia"].save()
    record(asked, seats["Karen"])
    assert rounds.send_due_reminders(timezone.now()) == 1  # Lars
    Letter.objects.filter(key__endswith="reminder:due").delete()
    rounds.send_reminders(asked)
    assert rounds.send_due_reminders(timezone.now()) == 0


# Approving


def test_a_round_closed_with_one_of_four_answers_says_so_in_public(approval_page, asked, seats, anna, client):
    record(asked, seats["Karen"])
    Approval.objects.update(due_on=day(-1))
    page = approval_page()
    assert "Fristen er gået" in page and "3 medlemmer har ikke svaret, og det er ikke et ja." in page
    closing = page.split('id="luk"')[1].split("</div>")[0]
    assert "Har ikke svaret:</strong> Lars Holm (medlem), Mia Holm (medlem), Ib Holm (medlem)" in closing
    stands = f"Den {long_date(day(0))} havde 1 af 4 medlemmer godkendt det, og 3 havde ikke svaret."
    assert f"Referatet har været til skriftlig godkendelse. {stands}" in closing
    page = approval_page("close")
    # On to the publication gate.
    assert stands in page and "Offentliggør »Referat af" in page and "Rådet har godkendt" not in page
    page = approval_page()
    assert "Den skriftlige godkendelse er slut" in page and stands in page
    assert (reloaded(asked).approved_on, reloaded(asked).approved_how) == (timezone.localdate(), "skriftligt")
    assert reloaded(asked).stage == "Godkendt"
    assert not asked.approvals.filter(closed_at=None).exists()
    reloaded(asked).publish(by=anna, confirmed=True)
    client.logout()
    for address in (asked.get_absolute_url(), "/esbjerg/", "/"):
        public = words(client.get(address))
        assert "Rådet har godkendt" not in public and "godkendt " + long_date(day(0)) not in public
    assert stands in words(client.get(asked.get_absolute_url()))


def test_a_round_in_which_all_approved_is_an_approval_of_the_council(approval_page, asked, seats):
    for seat in seats.values():
        record(asked, seat)
    approval_page("close")
    assert reloaded(asked).approval_text == f"Rådet har godkendt referatet den {long_date(day(0))}, skriftligt."
    assert "Ja, referatet er godkendt" in approval_page()


def test_objections_and_answers_to_an_earlier_text_are_named_before_closing_and_counted_in_public(
    approval_page, asked, seats
):
    record(asked, seats["Karen"])
    record(asked, seats["Lars"], REMARKS, hele="Det var mig.")
    item = asked.meeting.items.get(title="Boliger til unge")
    item.decision = "<p>Rådet skriver til byrådet.</p>"
    item.save()
    record(asked, seats["Mia"])
    closing = approval_page().split('id="luk"')[1].split("</div>")[0]
    assert "Har bemærkninger:</strong> Lars Holm (medlem)" in closing
    assert "Teksten er ændret</strong>, efter at Karen Holm (formand) godkendte den" in closing
    approval_page("close")
    assert reloaded(asked).approval_text == (
        f"Referatet har været til skriftlig godkendelse. Den {long_date(day(0))} havde 1 af 4 medlemmer godkendt det, "
        "1 havde godkendt en tidligere udgave, 1 havde bemærkninger, og 1 havde ikke svaret."
    )


def test_a_round_that_nobody_approved_cannot_be_closed(approval_page, asked, seats):
    record(asked, seats["Lars"], REMARKS, hele="Det var mig.")
    assert "Du kan ikke lukke runden endnu" in approval_page()
    assert "Ingen har godkendt teksten." in approval_page("close")
    assert reloaded(asked).approved_on is None


def test_a_text_that_was_corrected_after_the_approvals_says_that_they_were_of_an_earlier_one(
    approval_page, asked, seats
):
    for name in ("Karen", "Mia", "Ib"):
        record(asked, seats[name])
    record(asked, seats["Lars"], REMARKS, hele="Det var mig.")
    asked.meeting.items.filter(title="Boliger til unge").update(decision="<p>Lars skriver til byrådet.</p>")
    approval_page("close")
    assert reloaded(asked).approval_text == (
        f"Referatet har været til skriftlig godkendelse. Den {long_date(day(0))} havde 3 af 4 medlemmer godkendt en "
        "tidligere udgave, og 1 havde bemærkninger."
    )


def test_an_answer_that_arrives_before_the_button_is_pressed_is_shown_first(approval_page, asked, seats):
    record(asked, seats["Karen"])
    seen = RoundStatus(asked).stamp
    record(asked, seats["Lars"], REMARKS, hele="Det var mig.")
    assert "Se, hvordan det står nu." in approval_page("close", answers=seen)
    assert reloaded(asked).approved_on is None


def test_a_text_changed_after_the_approval_says_so_at_the_gate_and_in_public(approval_page, asked, seats, client):
    for seat in seats.values():
        record(asked, seat)
    approval_page("close")
    item = asked.meeting.items.get(title="Boliger til unge")
    item.decision = "<p>Rådet skriver til byrådet.</p>"
    item.save()
    assert "Teksten er ændret, efter at rådet godkendte den." in approval_page()
    gate = reverse("admin:council_minutes_publish", args=[asked.pk])
    page = client.get(gate)
    stands = f"Rådet har godkendt referatet den {long_date(day(0))}, skriftligt. Teksten er ændret bagefter."
    assert f"Om godkendelsen kommer der til at stå: »{stands}«" in words(page)
    client.post(gate, {"seen": page.context["form"]["seen"].value(), "confirmed": "on"})
    client.logout()
    assert stands in words(client.get(asked.get_absolute_url()))


def test_approved_at_the_next_meeting_in_one_click(approval_page, minutes, seats):
    council = seats["Karen"].council
    make.meeting(council, day(-8), kind="besoeg")
    make.meeting(council, day(-6), is_cancelled=True)
    following = make.meeting(council, day(-4))
    make.meeting(council, day(20))
    # The next meeting of the same kind is the first choice.
    assert rounds.candidate_meetings(minutes)[0] == following
    assert "Offentliggør »Referat af" in approval_page("approve_at_meeting", meeting=following.pk)
    page = approval_page()
    assert "Ja, referatet er godkendt" in page and "Offentliggør referatet" in page
    assert reloaded(minutes).approved_on == day(-4)
    assert reloaded(minutes).approved_how == rounds.approved_at(following)
    assert "Rådet har godkendt referatet på mødet den" in reloaded(minutes).approval_text


def test_minutes_read_out_before_they_part_are_approved_at_the_meeting_itself(approval_page, minutes):
    approval_page("approve_at_meeting", meeting=minutes.meeting_id)
    assert reloaded(minutes).approved_on == minutes.meeting.date


def test_a_meeting_that_is_to_come_or_elsewhere_approves_nothing(approval_page, minutes, seats, vejle):
    coming = make.meeting(seats["Karen"].council, day(5))
    foreign = make.meeting(make.council(vejle), day(-2))
    for pk in (coming.pk, foreign.pk, 0, "x", ""):
        assert "Vælg et af møderne." in approval_page("approve_at_meeting", meeting=pk)
    assert reloaded(minutes).approved_on is None


def test_approving_at_a_meeting_ends_a_round_that_is_open(approval_page, asked, client, minutes):
    approval_page("approve_at_meeting", meeting=minutes.meeting_id)
    assert client.get(link_in(letters()[0])).status_code == 410


def test_a_mistake_is_taken_back_and_the_links_work_again(approval_page, asked, client, seats):
    record(asked, seats["Karen"])
    approval_page("close")
    assert client.get(link_in(letters()[0])).status_code == 410
    assert "Godkendelsen er taget tilbage." in approval_page("reopen")
    assert reloaded(asked).approved_on is None
    assert (reloaded(asked).approved_how, reloaded(asked).approval_answers) == ("", "")
    assert client.get(link_in(letters()[0])).status_code == 200


def test_a_meeting_form_that_was_open_meanwhile_shows_a_conflict(client, anna, asked, approval_page, seats):
    record(asked, seats["Karen"])
    before = asked.meeting.version, reloaded(asked).version
    approval_page("close")
    asked.meeting.refresh_from_db()
    assert asked.meeting.version > before[0] and reloaded(asked).version > before[1]


def test_minutes_that_nobody_has_made_yet_are_made_when_they_are_approved(approval_page, minutes):
    meeting = minutes.meeting
    minutes.delete()
    assert "Nej, ikke endnu" in approval_page()
    assert not Minutes.objects.exists()
    approval_page("approve_at_meeting", meeting=meeting.pk, round="0")
    assert Minutes.objects.get(meeting=meeting).approved_on == meeting.date


@pytest.mark.parametrize("action", ["", "slet", "close", "remind", "reopen"])
def test_a_button_out_of_its_time_does_nothing(approval_page, minutes, action):
    page = approval_page(action)
    assert "Vi forstod ikke" in page or "Se, hvordan det står nu." in page
    assert reloaded(minutes).approved_on is None and not Letter.objects.exists()


def test_an_answer_that_comes_as_the_round_closes_leaves_nothing_half(asked, seats):
    row = asked.approvals.get(member=seats["Karen"])
    rounds.mark_approved(asked, how="skriftligt", on=day(0))
    with pytest.raises(rounds.ApprovalConflict):
        rounds.record_answer(row, answer=REMARKS, remarks={None: "For sent"}, version="x")
    assert not Remark.objects.exists()


# From the end of the meeting to the public page


def test_from_the_end_of_the_meeting_to_public_minutes_in_four_clicks(client, anna, minutes):
    """Approved at the meeting: tab, button, checkbox, button."""
    client.force_login(anna)
    start = client.get(reverse("admin:council_meeting_change", args=[minutes.meeting_id]))
    tab = reverse("admin:council_meeting_approval", args=[minutes.meeting_id])
    assert f'href="{tab}"' in words(start)  # 1
    page = client.get(tab)
    form = page.context["meeting_form"]
    held = form["meeting"].value() or form.fields["meeting"].choices[0][0]
    page = client.post(tab, {"action": "approve_at_meeting", "meeting": held}, follow=True)  # 2
    gate = reverse("admin:council_minutes_publish", args=[minutes.pk])
    assert page.redirect_chain == [(gate, 302)]
    seen = page.context["form"]["seen"].value()
    client.post(gate, {"seen": seen, "confirmed": "on"})  # 3 and 4
    client.logout()
    public = words(client.get(minutes.get_absolute_url()))
    assert "Rådet skriver til udvalget." in public and "Rådet har godkendt referatet på mødet den" in public
    assert "Kakadue" not in public


def test_when_they_are_public_the_page_says_so(approval_page, minutes):
    Minutes.objects.filter(pk=minutes.pk).update(approved_on=day(-1), **make.state(Status.PUBLISHED))
    assert "Referatet er offentligt." in approval_page()


# Permissions


def test_an_approver_reads_who_has_answered_and_presses_nothing_but_publish(client, dan, asked, minutes):
    client.force_login(dan)
    address = reverse("admin:council_meeting_approval", args=[minutes.meeting_id])
    page = words(client.get(address))
    assert "4 har ikke svaret" in page and "<button" not in page.split('id="content-main"')[1]
    for action in ("send", "remind", "close", "approve_at_meeting", "register", "mark_handled", "reopen", ""):
        assert client.post(address, {"action": action, "round": "1"}).status_code == 403
    Minutes.objects.update(approved_on=day(0))
    assert "Offentliggør referatet" in words(client.get(address))


def test_an_editor_settles_drafts_but_nothing_that_is_public(client, carla, asked, minutes, seats):
    record(asked, seats["Karen"])
    client.force_login(carla)
    address = reverse("admin:council_meeting_approval", args=[minutes.meeting_id])
    Minutes.objects.update(**make.state(Status.PUBLISHED))
    for action in ("close", "approve_at_meeting", "reopen"):
        assert client.post(address, {"action": action, "round": "1"}).status_code == 403
    Minutes.objects.update(**make.state(Status.DRAFT))
    close = {"action": "close", "round": "1", "answers": RoundStatus(asked).stamp}
    assert client.post(address, close).status_code == 302
    page = words(client.get(address))
    assert "Bed en sekretær eller godkender om det." in page


def test_for_a_secretary_elsewhere_it_does_not_exist(client, bo, asked, minutes):
    client.force_login(bo)
    address = reverse("admin:council_meeting_approval", args=[minutes.meeting_id])
    assert client.get(address).status_code == client.post(address, {"action": "close"}).status_code == 404


def test_more_members_cost_no_more_queries(client, anna, asked, seats, esbjerg):
    client.force_login(anna)
    address = reverse("admin:council_meeting_approval", args=[asked.meeting_id])

    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    record(asked, seats["Karen"], REMARKS, hele="Ord")
    few = count()
    for n in range(6):
        member = make.membership(seats["Karen"].council, make.person(esbjerg, f"P{n}", email=f"p{n}@example.dk"))
        asked.approvals.create(member=member, due_on=day(7))
        record(asked, member, REMARKS, hele="Flere ord")
    assert count() == few


def test_minutes_that_are_approved_by_another_way_ask_nobody_any_more(client, asked, minutes):
    """The date of approval is set on the meeting's own page or at the desk while the round is open."""
    Approval.objects.update(asked_at=timezone.now() - datetime.timedelta(days=6), due_on=day(1))
    link = link_in(letters()[0])
    assert client.get(link).status_code == 200
    Minutes.objects.update(approved_on=day(-1), approved_how="på mødet")
    assert rounds.send_due_reminders(timezone.now()) == 0
    assert client.get(link).status_code == 410
    assert client.post(link, {"answer": APPROVED}).status_code == 410
    Minutes.objects.update(approved_on=None)
    assert rounds.send_due_reminders(timezone.now()) == 3
