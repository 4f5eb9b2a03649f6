"""Invitations to a meeting: e-mails with the agenda, members' replies, and substitutes."""

import datetime
import io

import pytest
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.utils import timezone
from lxml import html
from pypdf import PdfReader

from council.meetings.invitations.answers import expected_attendance, quorum_of
from council.meetings.invitations.sending import invite, send_changes, send_scheduled_invitations
from council.models import Agenda, AgendaItem, Council, Invitation, Meeting, Membership, Person
from udsat.lib.danish import weekday_date
from udsat.lib.publishing import Status
from udsat.models import Letter, LetterFile

from . import factories as make

ROLE = Membership.Role


def in_days(days):
    return timezone.localdate() + datetime.timedelta(days=days)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg, quorum="halvdelen", phone="76 16 17 18")


def seat(council, name, role=ROLE.MEMBER, email=None, **fields):
    email = f"{name.lower()}@eksempel.dk" if email is None else email
    return make.membership(council, make.person(council.municipality, name, email=email), role=role, **fields)


@pytest.fixture
def karen(council):
    return seat(council, "Karen", ROLE.CHAIR)


@pytest.fixture
def ib(council):
    return seat(council, "Ib")


@pytest.fixture
def per(council):
    """A member with a phone and no e-mail address."""
    return make.membership(council, make.person(council.municipality, "Per", phone="22 33 44 55"), role=ROLE.MEMBER)


@pytest.fixture
def leif(council, ib):
    """The personal substitute of Ib."""
    return seat(council, "Leif", ROLE.SUBSTITUTE, substitute_for=ib)


@pytest.fixture
def meeting(council):
    return make.meeting(council, in_days(20), starts_at=datetime.time(14), ends_at=datetime.time(16), place="Rådhuset")


@pytest.fixture
def published(meeting, anna, karen, ib, per, leif):
    """A published agenda whose members have been invited."""
    make.item(meeting, "Natcafé")
    agenda = make.agenda(meeting, Status.DRAFT)
    publish(agenda, anna)
    return agenda


def publish(agenda, by, **answers):
    """Publish, and run the job that invites the members who have not been invited."""
    agenda.publish(by=by, confirmed=True, **answers)
    return send_scheduled_invitations(timezone.now())


def publish_by_hand(client, user, paper):
    """Publish in the back office."""
    client.force_login(user)
    gate = f"/admin/council/{paper._meta.model_name}/{paper.pk}/offentliggoer/"
    seen = client.get(gate).context["form"]["seen"].value()
    assert client.post(gate, {"seen": seen, "confirmed": "on"}).status_code == 302


def letters(kind="invitation"):
    return {
        letter.to_name.split()[0]: letter for letter in Letter.objects.filter(key__startswith=f"{kind}:").order_by("pk")
    }


def link_in(letter):
    return next(word for word in letter.text.split() if "/svar/" in word).split("8000")[-1]


def page(client, meeting, name="indkaldelse"):
    return client.get(f"/admin/council/meeting/{meeting.pk}/{name}/").content.decode()


def press(client, meeting, action, **data):
    return client.post(f"/admin/council/meeting/{meeting.pk}/indkaldelse/", {"action": action, **data}, follow=True)


def flat(text):
    return " ".join(html.fromstring(text).text_content().split())


# Invited members


@pytest.mark.engine
def test_publishing_the_agenda_invites_each_member_once(published, meeting, anna):
    written = letters()
    assert set(written) == {"Karen", "Ib"}
    karen = written["Karen"]
    assert "14.00 til 16.00" in karen.text and "Rådhuset" in karen.text and "1. Natcafé" in karen.text
    assert "METHOD:REQUEST" in karen.calendar
    Letter.objects.update(sent_at=timezone.now())
    published.withdraw(by=anna)
    assert publish(Agenda.objects.get(), anna) == 0
    assert Letter.objects.count() == 2


def test_publishing_in_the_back_office_writes_the_invitations_in_the_same_step(client, meeting, anna, karen, per):
    agenda = make.agenda(meeting, Status.DRAFT)
    publish_by_hand(client, anna, agenda)
    assert set(letters()) == {"Karen"}
    assert send_scheduled_invitations(timezone.now()) == 0


def test_the_page_explains_that_emails_are_sent_automatically(client, meeting, anna, karen):
    make.agenda(meeting, Status.DRAFT).publish(by=anna, confirmed=True)
    client.force_login(anna)
    notice = "Ingen har fået en mail endnu. Portalen sender dem automatisk inden for et par minutter."
    assert notice in flat(page(client, meeting))
    call_command("run_due", stdout=io.StringIO())
    assert notice not in flat(page(client, meeting)) and set(letters()) == {"Karen"}


@pytest.mark.parametrize("what", ["agenda", "meeting"])
def test_unsent_letters_of_a_withdrawn_agenda_are_not_sent(client, published, meeting, anna, karen, mailbox, what):
    """The mail server is down, and the secretary withdraws the agenda because of a name in it."""
    Letter.objects.filter(key__startswith=f"invitation:{meeting.pk}:{karen.pk}:").update(sent_at=timezone.now())
    (published if what == "agenda" else Meeting.objects.get()).withdraw(by=anna)
    assert set(letters()) == {"Karen"}
    assert Invitation.objects.get(member=karen).sent_at
    AgendaItem.objects.update(title="Et andet punkt")
    call_command("run_due", stdout=io.StringIO())
    assert not mailbox.deliveries
    publish_by_hand(client, anna, (Agenda if what == "agenda" else Meeting).objects.get())
    assert set(letters()) == {"Karen", "Ib"} and "Natcafé" not in letters()["Ib"].text
    assert Letter.objects.count() == 2
    call_command("run_due", stdout=io.StringIO())
    assert [mail.recipients for mail in mailbox.deliveries] == [["ib@eksempel.dk"]]


@pytest.mark.parametrize("what", ["agenda", "meeting"])
def test_an_agenda_withdrawn_before_the_job_runs_sends_no_invitations_until_republished(meeting, anna, karen, what):
    agenda = make.agenda(meeting, Status.DRAFT)
    agenda.publish(by=anna, confirmed=True)
    (agenda if what == "agenda" else Meeting.objects.get()).withdraw(by=anna)
    assert send_scheduled_invitations(timezone.now()) == invite(meeting) == 0 and not Letter.objects.exists()
    (Agenda if what == "agenda" else Meeting).objects.get().publish(by=anna, confirmed=True)
    assert send_scheduled_invitations(timezone.now()) == 1


def test_an_agenda_withdrawn_before_any_email_was_sent_invites_all_members_again(published, anna):
    published.withdraw(by=anna)
    assert not Letter.objects.exists()
    assert publish(Agenda.objects.get(), anna) == 2


def test_a_letter_that_is_being_sent_at_the_withdrawal_is_kept(published, anna):
    Letter.objects.claim(timezone.now())
    published.withdraw(by=anna)
    assert Letter.objects.count() == 1


def test_a_change_deleted_with_the_agenda_is_shown_as_not_announced(client, published, meeting, anna, karen):
    Letter.objects.update(sent_at=timezone.now())
    meeting.refresh_from_db()
    meeting.place = "Biblioteket"
    meeting.save()
    assert send_changes(meeting) == 2
    published.withdraw(by=anna)
    assert Letter.objects.count() == 2
    client.force_login(anna)
    assert "Mødet er ændret, men det er ikke sagt til alle" in flat(page(client, meeting))
    press(client, meeting, "send_change")
    text = letters()["Karen"].text
    assert "Biblioteket" in text and "Før:" not in text and "Natcafé" not in text
    assert send_changes(meeting) == 0


def test_all_letters_share_one_agenda_as_pdf(published):
    files = [list(letter.files.all()) for letter in letters().values()]
    assert files[0] == files[1] and len(files[0]) == 1
    assert bytes(files[0][0].content).startswith(b"%PDF") and files[0][0].name.startswith("esbjerg_dagsorden-")


def test_a_letter_holds_nothing_of_a_closed_item(meeting, anna, karen):
    make.item(meeting, "Om Kakadue", is_closed=True, public_title="En personsag", presentation="<p>Kakadue</p>")
    publish(make.agenda(meeting, Status.DRAFT), anna)
    letter = letters()["Karen"]
    assert "En personsag" in letter.text and "Kakadue" not in letter.text


def test_an_overridden_cpr_number_is_hidden_in_letters(meeting, anna, karen):
    make.item(meeting, "Sag 010190-1234")
    agenda = make.agenda(meeting, Status.DRAFT)
    publish(agenda, anna, reasons=make.reasons(agenda.publication_findings()))
    letter = letters()["Karen"]
    assert "010190" not in letter.text
    assert Client().get(link_in(letter)).status_code == 200


@pytest.mark.parametrize("what", ["over", "aflyst"])
def test_past_and_cancelled_meetings_send_no_invitations(meeting, anna, karen, what):
    meeting.date = in_days(-2) if what == "over" else meeting.date
    meeting.is_cancelled = what == "aflyst"
    meeting.save()
    publish(make.agenda(meeting, Status.DRAFT), anna)
    assert invite(meeting) == 0 and not Letter.objects.exists()


@pytest.mark.engine
def test_a_scheduled_agenda_invites_the_members_once_when_it_is_public(meeting, anna, karen):
    agenda = make.agenda(meeting, Status.DRAFT)
    agenda.publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(days=2))
    assert send_scheduled_invitations(timezone.now()) == 0
    Agenda.objects.update(publish_at=timezone.now() - datetime.timedelta(minutes=1))
    assert send_scheduled_invitations(timezone.now()) == 1
    assert send_scheduled_invitations(timezone.now()) == 0
    assert set(letters()) == {"Karen"}


def test_a_vacant_seat_a_former_member_and_a_substitute_get_no_mail(council, meeting, anna):
    make.membership(council, is_vacant=True)
    seat(council, "Gitte", ends_on=in_days(-1))
    seat(council, "Ulla", ROLE.SUBSTITUTE)
    seat(council, "Vera", ROLE.ASSOCIATE)
    publish(make.agenda(meeting, Status.DRAFT), anna)
    assert set(letters()) == {"Vera"}


def test_new_members_and_new_addresses_are_invited_by_one_button(published, council, meeting, client, anna):
    seat(council, "Nanna")
    Person.objects.filter(first_name="Ib").update(email="ib.ny@eksempel.dk")
    client.force_login(anna)
    assert "2 medlemmer har ikke fået indkaldelsen" in flat(page(client, meeting))
    press(client, meeting, "send_invitations")
    assert {letter.to for letter in Letter.objects.all()} >= {"nanna@eksempel.dk", "ib.ny@eksempel.dk"}
    assert LetterFile.objects.count() == 1, "the agenda is the same"
    press(client, meeting, "send_invitations")
    assert Letter.objects.count() == 4
    assert "har ikke fået indkaldelsen" not in page(client, meeting)


# Replies


def test_a_member_replies_with_one_click_and_can_change_the_reply(published, client):
    address = link_in(letters()["Ib"])
    assert "Kommer du til mødet?" in client.get(address).content.decode()
    assert Invitation.objects.get(member__person__first_name="Ib").reply == ""
    for reply, said in (("afbud", "Du har meldt afbud"), ("kommer", "at du kommer")):
        assert said in client.post(address, {"svar": reply}, follow=True).content.decode()
        assert Invitation.objects.get(member__person__first_name="Ib").reply == reply


def test_the_secretary_gets_an_email_about_absences_and_changed_replies(published, meeting, council, client, anna, ib):
    anna.email = "anna@esbjerg.example"
    anna.save()
    address = link_in(letters()["Ib"])
    client.post(address, {"svar": "kommer"})
    assert told_secretary() == []
    for reply in ("afbud", "afbud", "kommer", "kommer"):
        client.post(address, {"svar": reply})
    stays, comes = told_secretary()
    assert stays.to == comes.to == anna.email and stays.subject == f"Afbud til mødet {weekday_date(meeting.date)}"
    assert stays.text.startswith(f"{ib.person} har meldt afbud til mødet")
    assert "0 af 3 kommer, og 2 har ikke svaret." in stays.text
    assert comes.text.startswith(f"{ib.person} kommer alligevel til mødet") and "1 af 3 kommer" in comes.text
    assert f"/admin/council/meeting/{meeting.pk}/indkaldelse/" in stays.text
    # A reply about the new time is reported again, to the council's own address if it has one.
    council.email = "raad@esbjerg.example"
    council.save()
    client.post(address, {"svar": "afbud"})
    client.force_login(anna)
    meeting.starts_at = datetime.time(15)
    meeting.save()
    press(client, meeting, "send_change")
    Client().post(link_in(letters()["Ib"]), {"svar": "afbud"})
    assert len(told_secretary()) == 4 and told_secretary()[-1].to == "raad@esbjerg.example"


def test_repeated_changes_of_a_reply_send_a_limited_number_of_emails(published, council, client):
    council.email = "raad@esbjerg.example"
    council.save()
    for _ in range(10):
        for reply in ("afbud", "kommer"):
            client.post(link_in(letters()["Ib"]), {"svar": reply})
    assert len(told_secretary()) == 12


def told_secretary():
    return list(Letter.objects.filter(key__startswith="answer:").order_by("pk"))


def test_an_absence_that_the_secretary_recorded_by_phone_sends_no_email(published, meeting, client, anna, ib):
    client.force_login(anna)
    press(client, meeting, f"excused:{ib.pk}")
    assert Invitation.objects.get(member=ib).reply == "afbud" and told_secretary() == []


@pytest.mark.parametrize("body", [{}, {"svar": ""}, {"svar": "måske"}, {"svar": "\x00"}, {"svar": "x" * 100_000}])
def test_an_invalid_reply_changes_nothing(published, client, body):
    address = link_in(letters()["Ib"])
    client.post(address, {"svar": "kommer"})
    response = client.post(address, body)
    assert response.status_code == 400 and "Tryk på en af de to knapper" in response.content.decode()
    assert Invitation.objects.get(member__person__first_name="Ib").reply == "kommer"


def test_the_link_ends_when_the_meeting_begins(published, meeting, client):
    address = link_in(letters()["Ib"])
    meeting.date, meeting.starts_at, meeting.ends_at = timezone.localdate(), datetime.time(0, 0), None
    meeting.save()
    for ask in (client.get, client.post):
        assert ask(address, {"svar": "afbud"}).status_code == 410
    assert Invitation.objects.get(member__person__first_name="Ib").reply == ""


@pytest.mark.parametrize("what", ["udtrådt", "en anden"])
def test_the_link_ends_with_the_seat(published, ib, council, client, what):
    address = link_in(letters()["Ib"])
    if what == "udtrådt":
        ib.ends_on = in_days(-1)
    else:
        ib.person = make.person(council.municipality, "Otto")
    ib.save()
    response = client.get(address)
    assert response.status_code == 410 and "Natcafé" not in response.content.decode()


def test_altered_links_and_links_of_another_municipality_disclose_nothing(published, vejle, client):
    address = link_in(letters()["Ib"])
    for wrong in (address[:-3] + "/", address.replace("/esbjerg/", "/vejle/"), "/esbjerg/svar/gæt/"):
        response = client.get(wrong)
        assert response.status_code == 404 and "Rådhuset" not in response.content.decode()


def test_a_cancelled_meeting_accepts_no_reply(published, meeting, client):
    address = link_in(letters()["Ib"])
    meeting.is_cancelled, meeting.cancelled_reason = True, "Sekretæren er syg."
    meeting.save()
    said = client.post(address, {"svar": "kommer"}).content.decode()
    assert "Mødet er aflyst" in said and "Sekretæren er syg." in said
    assert not Invitation.objects.exclude(reply="").exists()


# The back-office page


def test_the_page_lists_expected_members_and_those_to_phone(published, meeting, client, anna):
    client.post(link_in(letters()["Karen"]), {"svar": "kommer"})
    client.force_login(anna)
    said = flat(page(client, meeting))
    assert "1 af 3 kommer. Der skal komme 1 mere, før rådet er beslutningsdygtigt." in said
    assert "Per Holm: 22 33 44 55" in said
    press(client, meeting, f"coming:{Membership.objects.get(person__first_name='Per').pk}")
    assert "2 af 3 kommer. Rådet er beslutningsdygtigt." in flat(page(client, meeting))


def test_the_number_of_queries_does_not_grow_with_the_council(
    published, council, meeting, client, anna, django_assert_max_num_queries
):
    client.force_login(anna)
    with django_assert_max_num_queries(30) as few:
        page(client, meeting)
    for number in range(12):
        seat(council, f"Nr{number}", ROLE.SUBSTITUTE if number % 3 == 0 else ROLE.MEMBER)
    invite(meeting)
    Invitation.objects.update(reply="afbud")
    with django_assert_max_num_queries(len(few)):
        page(client, meeting)


def test_a_substitute_is_invited_with_one_click_and_counts_for_the_absent_member(
    published, meeting, ib, leif, client, anna
):
    client.force_login(anna)
    press(client, meeting, f"excused:{ib.pk}")
    assert "Leif Holm (personlig stedfortræder)" in flat(page(client, meeting))
    said = press(client, meeting, f"call_substitute:{leif.pk}:{ib.pk}").content.decode()
    assert "Leif Holm får en mail nu." in said and "Indkaldt for Ib Holm" in said
    letter = letters()["Leif"]
    assert "du er suppleant" in letter.text and " Ib" not in letter.text and letter.files.count() == 1
    Client().post(link_in(letter), {"svar": "kommer"})
    expected = {(one.member.pk, one.status, one.substitute_for) for one in expected_attendance(meeting)}
    assert (leif.pk, "til-stede", ib) in expected and (ib.pk, "afbud", None) in expected
    assert quorum_of(meeting).coming == 1
    press(client, meeting, f"call_substitute:{leif.pk}:{ib.pk}")
    assert Letter.objects.filter(to_name__startswith="Leif").count() == 1


def test_a_cancelled_substitute_is_notified_and_can_be_invited_again(published, meeting, ib, leif, client, anna):
    client.force_login(anna)
    press(client, meeting, f"excused:{ib.pk}")
    press(client, meeting, f"call_substitute:{leif.pk}:{ib.pk}")
    address = link_in(letters()["Leif"])
    Letter.objects.update(sent_at=timezone.now())
    press(client, meeting, f"coming:{ib.pk}")
    assert "Ib Holm kommer alligevel" in flat(page(client, meeting))
    press(client, meeting, f"cancel_substitute:{leif.pk}")
    cancel = letters("not-needed")["Leif"]
    assert "METHOD:CANCEL" in cancel.calendar
    assert Client().get(address).status_code == 410
    press(client, meeting, f"excused:{ib.pk}")
    press(client, meeting, f"call_substitute:{leif.pk}:{ib.pk}")
    assert Letter.objects.filter(to_name__startswith="Leif").count() == 3
    again = Letter.objects.filter(to_name__startswith="Leif").order_by("-pk").first()
    assert sequence(again) > sequence(cancel)


def sequence(letter):
    return int(next(line for line in letter.calendar.splitlines() if line.startswith("SEQUENCE:"))[9:])


@pytest.mark.parametrize(
    "action",
    [
        "",
        "coming",
        "coming:x",
        "coming:999999",
        "call_substitute:1",
        "call_substitute:1:2:3",
        "cancel_substitute:0",
        "vrøvl:1",
        "\x00",
    ],
)
def test_an_outdated_button_changes_nothing(published, meeting, client, anna, action):
    client.force_login(anna)
    before = list(Invitation.objects.values_list("pk", "reply"))
    response = press(client, meeting, action)
    assert response.status_code == 200 and "Det kunne ikke lade sig gøre" in response.content.decode()
    assert list(Invitation.objects.values_list("pk", "reply")) == before


def test_members_of_another_council_cannot_be_invited(published, meeting, client, vejle, bo, anna):
    stranger = seat(make.council(vejle), "Rikke")
    client.force_login(anna)
    press(client, meeting, f"coming:{stranger.pk}")
    assert not Invitation.objects.filter(member=stranger).exists()
    client.force_login(bo)
    assert client.get(f"/admin/council/meeting/{meeting.pk}/indkaldelse/").status_code == 404


# Changes


@pytest.mark.engine
def test_a_moved_meeting_is_announced_once_and_asks_for_new_replies(published, meeting, client, anna):
    client.post(link_in(letters()["Ib"]), {"svar": "kommer"})
    before = sequence(letters()["Ib"])
    meeting.date = in_days(27)
    meeting.save()
    client.force_login(anna)
    assert "Mødet er ændret, men det er ikke sagt til alle" in page(client, meeting)
    press(client, meeting, "send_change")
    letter = letters()["Ib"]
    assert "er flyttet. Svar igen" in letter.text and "Før: " in letter.text
    assert "METHOD:REQUEST" in letter.calendar and sequence(letter) > before
    assert Invitation.objects.get(member__person__first_name="Ib").reply == ""
    count = Letter.objects.count()
    assert send_changes(meeting) == 0 and Letter.objects.count() == count
    assert "ikke sagt til alle" not in page(client, meeting)


def test_a_new_place_keeps_the_replies(published, meeting, client):
    client.post(link_in(letters()["Ib"]), {"svar": "kommer"})
    meeting.place = "Værestedet"
    meeting.save()
    assert send_changes(meeting) == 2
    assert "et andet sted end før" in letters()["Ib"].text
    assert Invitation.objects.get(member__person__first_name="Ib").reply == "kommer"


def test_a_cancelled_meeting_is_removed_from_calendars(published, meeting, client, anna):
    before = sequence(letters()["Ib"])
    meeting.is_cancelled = True
    meeting.save()
    client.force_login(anna)
    press(client, meeting, "send_change")
    letter = letters()["Ib"]
    assert "er aflyst" in letter.text and "METHOD:CANCEL" in letter.calendar and sequence(letter) > before
    meeting.refresh_from_db()
    meeting.is_cancelled = False
    meeting.save()
    press(client, meeting, "send_change")
    assert "bliver det holdt alligevel" in letters()["Ib"].text and "METHOD:REQUEST" in letters()["Ib"].calendar


def test_a_member_without_email_is_informed_by_phone(council, meeting, per, anna, client):
    publish(make.agenda(meeting, Status.DRAFT), anna)
    client.force_login(anna)
    press(client, meeting, f"coming:{per.pk}")
    meeting.place = "Værestedet"
    meeting.save()
    assert "Jeg har ringet om ændringen" in page(client, meeting)
    press(client, meeting, f"informed_by_phone:{per.pk}")
    assert "ikke sagt til alle" not in page(client, meeting)
    assert not Letter.objects.exists()


# Members who leave or join after the invitation


def leave(client, seat, **fields):
    """Record that the member leaves today, on the page »Udtrådt«."""
    page = f"/admin/council/membership/{seat.pk}/udtraadt/"
    seen = client.get(page).context["form"]["seen"].value()
    data = {"seen": seen, "ends_on": in_days(0).isoformat(), "then": "vaek"}
    return flat(client.post(page, data | fields, follow=True).content.decode())


@pytest.mark.engine
def test_a_seat_is_not_ended_on_a_council_that_is_changed_meanwhile(invited, client, per, meanwhile):
    meanwhile(lambda: Council.objects.update(version=F("version") + 1))
    assert "En anden har ændret rådet imens" in leave(client, per)
    per.refresh_from_db()
    assert per.ends_on is None


def cancellations(name):
    return [
        letter
        for letter in Letter.objects.filter(to_name__startswith=name).order_by("pk")
        if "METHOD:CANCEL" in letter.calendar
    ]


def uid(letter):
    return next(line for line in letter.calendar.splitlines() if line.startswith("UID:"))


@pytest.fixture
def invited(published, client, anna):
    """The invitations have been sent, and Anna is logged in."""
    Letter.objects.update(sent_at=timezone.now())
    client.force_login(anna)
    return published


def test_a_member_who_leaves_gets_one_cancellation_and_no_later_email(
    invited, meeting, council, ib, client, anna, mailbox
):
    invitation = letters()["Ib"]
    new = {"then": "ny", "first_name": "Nanna", "email": "nanna@eksempel.dk"}
    assert "Ib Holm får en mail om ikke længere at være indkaldt til mødet" in leave(client, ib, **new)
    [cancel] = cancellations("Ib")
    assert uid(cancel) == uid(invitation) and sequence(cancel) > sequence(invitation)
    assert "Du er ikke længere indkaldt" in cancel.text and "Natcafé" not in cancel.text
    assert not Invitation.objects.filter(person__first_name="Ib").exists()
    meeting.refresh_from_db()
    meeting.date = in_days(27)
    meeting.save()
    assert "Send ændringen til 1 medlem" in flat(page(client, meeting))
    press(client, meeting, "send_change")
    make.item(meeting, "Vinterly", supplement=AgendaItem.Supplement.WAITING)
    supplement = f"/admin/council/meeting/{meeting.pk}/punkter/tillaeg/"
    seen = client.get(supplement).context["form"]["seen"].value()
    client.post(supplement, {"seen": seen, "confirmed": "on"})
    for _ in range(2):
        call_command("run_due", stdout=io.StringIO())
    sent = [(mail.recipients[0].split("@")[0], mail.message["Subject"].split()[0]) for mail in mailbox.deliveries]
    assert sorted(sent) == [
        ("ib", "Du"),
        ("karen", "Tillægsdagsorden"),
        ("karen", "Ændret:"),
        ("nanna", "Indkaldelse"),
        ("nanna", "Tillægsdagsorden"),
    ]


@pytest.mark.parametrize("how", ["udtrådt", "en anden", "vakant"])
def test_a_seat_that_is_changed_on_any_page_cancels_the_invitation(invited, council, ib, how):
    if how == "udtrådt":
        ib.ends_on = in_days(-1)
    else:
        ib.person, ib.is_vacant = (
            (None, True) if how == "vakant" else (make.person(council.municipality, "Otto"), False)
        )
    ib.save()
    for _ in range(2):
        call_command("run_due", stdout=io.StringIO())
    assert len(cancellations("Ib")) == 1 and not cancellations("Karen")
    assert not Invitation.objects.filter(person__first_name="Ib").exists()


def test_an_invitation_that_was_never_sent_is_deleted_without_a_cancellation(published, ib, client, anna):
    client.force_login(anna)
    leave(client, ib)
    assert not Letter.objects.filter(to_name__startswith="Ib").exists()


def test_an_invitation_that_is_being_sent_when_the_member_leaves_is_kept_and_cancelled(published, ib, client, anna):
    soon = timezone.now() + datetime.timedelta(minutes=5)
    Letter.objects.filter(to_name__startswith="Ib").update(claimed_until=soon)
    client.force_login(anna)
    leave(client, ib)
    assert [letter.subject[:11] for letter in Letter.objects.filter(to_name__startswith="Ib").order_by("pk")] == [
        "Indkaldelse",
        "Du er ikke ",
    ]


def test_the_secretary_is_asked_to_phone_a_former_member_without_email(invited, meeting, per, client):
    press(client, meeting, f"coming:{per.pk}")
    assert "Ring til Per Holm. Indkaldelsen til mødet" in leave(client, per)


def test_a_member_whose_seat_ends_before_the_new_date_gets_a_cancellation_with_the_change(
    invited, meeting, ib, client, anna
):
    ib.ends_on = in_days(24)
    ib.save()
    call_command("run_due", stdout=io.StringIO())
    assert not cancellations("Ib")
    meeting.refresh_from_db()
    meeting.date = in_days(27)
    meeting.save()
    call_command("run_due", stdout=io.StringIO())
    assert not cancellations("Ib")  # the secretary has not announced the change
    said = flat(page(client, meeting))
    assert "Send ændringen til 1 medlem" in said and "Ib Holm har ikke en plads i rådet den dag" in said
    press(client, meeting, "send_change")
    [cancel] = cancellations("Ib")
    assert weekday_date(in_days(20)) in cancel.text and weekday_date(in_days(27)) not in cancel.text
    assert "ikke sagt til alle" not in page(client, meeting)


def test_a_substitute_who_leaves_gets_a_cancellation(invited, meeting, ib, leif, client):
    press(client, meeting, f"excused:{ib.pk}")
    press(client, meeting, f"call_substitute:{leif.pk}:{ib.pk}")
    Letter.objects.update(sent_at=timezone.now())
    leave(client, leif)
    assert len(cancellations("Leif")) == 1 and "Leif" not in flat(page(client, meeting))


def test_a_member_who_gets_another_seat_keeps_the_invitation_the_reply_and_the_link(invited, meeting, council, ib):
    address = link_in(letters()["Ib"])
    Client().post(address, {"svar": "kommer"})
    ib.ends_on = in_days(0)
    ib.save()
    chair = make.membership(council, ib.person, role=ROLE.DEPUTY, starts_on=in_days(1))
    call_command("run_due", stdout=io.StringIO())
    assert not cancellations("Ib") and Letter.objects.filter(to_name__startswith="Ib").count() == 1
    assert Invitation.objects.get(person=ib.person).member == chair
    assert Invitation.objects.get(person=ib.person).reply == "kommer"
    assert Client().get(address).status_code == 200 and invite(meeting) == 0


def test_a_member_who_is_invited_before_the_seat_begins_can_reply(invited, meeting, council, client):
    seat(council, "Nanna", starts_on=in_days(5))
    press(client, meeting, "send_invitations")
    assert Client().get(link_in(letters()["Nanna"])).status_code == 200


def test_a_member_who_comes_back_is_invited_with_a_higher_sequence(invited, meeting, ib, client):
    leave(client, ib)
    [cancel] = cancellations("Ib")
    Membership.objects.filter(pk=ib.pk).update(ends_on=None)
    press(client, meeting, "send_invitations")
    assert sequence(letters()["Ib"]) > sequence(cancel)


# Agendas that end before the letters are sent


@pytest.mark.parametrize("what", ["agenda", "meeting"])
def test_an_invitation_whose_agenda_expires_before_it_is_sent_does_not_leave(published, meeting, anna, mailbox, what):
    expired = published if what == "agenda" else meeting
    moment = timezone.now()
    Letter.objects.update(created_at=moment - datetime.timedelta(hours=1))
    type(expired).objects.filter(pk=expired.pk).update(expires_at=moment)
    call_command("run_due", stdout=io.StringIO())
    assert not mailbox.deliveries and not Letter.objects.exists()
    type(expired).objects.filter(pk=expired.pk).update(expires_at=None)
    call_command("run_due", stdout=io.StringIO())
    assert len(mailbox.deliveries) == 2


def test_an_agenda_that_is_put_off_takes_its_unsent_invitations_back(published, anna):
    agenda = Agenda.objects.get()
    agenda.publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(days=2))
    assert not Letter.objects.exists()


def test_a_scheduled_second_publication_invites_those_whose_first_letter_was_not_sent(published, meeting, anna, karen):
    Letter.objects.filter(key__startswith=f"invitation:{meeting.pk}:{karen.pk}:").update(sent_at=timezone.now())
    published.withdraw(by=anna)
    Agenda.objects.get().publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(days=2))
    assert send_scheduled_invitations(timezone.now()) == 0
    Agenda.objects.update(publish_at=timezone.now() - datetime.timedelta(minutes=1))
    assert send_scheduled_invitations(timezone.now()) == 1 and set(letters()) == {"Karen", "Ib"}
    assert send_scheduled_invitations(timezone.now()) == 0


# The e-mail


def test_the_invitation_arrives_as_one_mail_with_agenda_calendar_and_link(published, meeting, client, mailbox):
    for _ in range(2):
        call_command("run_due", stdout=io.StringIO())
    assert sorted(mail.recipients[0] for mail in mailbox.deliveries) == ["ib@eksempel.dk", "karen@eksempel.dk"]
    mail = next(mail for mail in mailbox.deliveries if mail.recipients == ["ib@eksempel.dk"])
    assert mail.message["Subject"].strip().startswith("Indkaldelse til møde")
    pdf = next(content for name, content in mail.attachments.items() if name and "dagsorden" in name)
    assert "Natcafé" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    calendars = [part for part in mail.message.walk() if part.get_content_type() == "text/calendar"]
    assert {part.get_param("method") for part in calendars} == {"REQUEST"}
    client.post(link_in(mail), {"svar": "afbud"})
    assert Invitation.objects.get(member__person__first_name="Ib").reply == "afbud"
    meeting.is_cancelled = True
    meeting.save()
    mailbox.deliveries.clear()
    send_changes(meeting)
    call_command("run_due", stdout=io.StringIO())
    methods = {
        part.get_param("method")
        for mail in mailbox.deliveries
        for part in mail.message.walk()
        if part.get_content_type() == "text/calendar"
    }
    assert methods == {"CANCEL"} and len(mailbox.deliveries) == 2


def test_a_reply_about_the_old_day_does_not_count_for_the_new_one(published, meeting, karen):
    """The meeting is moved between opening the page and sending the reply."""
    link, browser = link_in(letters()["Karen"]), Client()
    seen = html.fromstring(browser.get(link).text).xpath("//input[@name='tid']/@value")[0]
    meeting.date = in_days(27)
    meeting.save()
    assert send_changes(meeting) == 2
    answer = browser.post(link, {"svar": "kommer", "tid": seen})
    assert answer.status_code == 409 and "svar igen" in flat(answer.text)
    assert Invitation.objects.get(member=karen).reply == ""
    again = html.fromstring(answer.text).xpath("//input[@name='tid']/@value")[0]
    assert browser.post(link, {"svar": "kommer", "tid": again}).status_code == 302
    assert Invitation.objects.get(member=karen).reply == "kommer"
