"""The course of a hearing in the back office: received, assigned, answered, approved, sent, outcome."""

import datetime
import html
import io
import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from council.hearings import deadline_text, next_step, pdf_title, remind_of_deadlines, send_answer
from council.meetings.approval import rounds
from council.meetings.approval.paper import text_version
from council.meetings.approval.rounds import last_round
from council.models import Hearing
from council.public.pdf import answer_pdf
from udsat.admin.edit_versions import increment_version
from udsat.lib.pdf_making import make_pdf
from udsat.lib.publishing import Status
from udsat.lib.responses import document_filename
from udsat.models import Letter, LetterFile

from . import factories as make
from .approval_cast import council_with_members, day, letters, link_in, words
from .pdf_reader import failures, read
from .pdf_reader import words as words_of_pdf

CPR = "010190-1234"


@pytest.fixture
def seats(esbjerg):
    return council_with_members(esbjerg)[1]


@pytest.fixture
def hearing(seats):
    return make.hearing(
        seats["Karen"].council,
        "Ny boligpolitik",
        Status.DRAFT,
        sender="Teknikudvalget",
        sender_email="udvalg@esbjerg.example",
        received_on=day(-10),
        deadline=day(14),
        question="<p>Hvad mener I?</p>",
    )


@pytest.fixture
def answered(hearing):
    hearing.answer = "<p>Byg <strong>flere</strong> små boliger.</p><ul><li>På Havnen</li><li>I byen</li></ul>"
    hearing.save()
    return hearing


@pytest.fixture
def annas(client, anna):
    client.force_login(anna)
    return client


def address(hearing, what="change"):
    return reverse(f"admin:council_hearing_{what}", args=[hearing.pk])


def fresh(hearing):
    return Hearing.objects.get(pk=hearing.pk)


def ask(hearing):
    return rounds.start_round(hearing, due_on=day(5), after_round=last_round(hearing))


# The steps


def test_the_page_shows_what_is_done_and_one_next_button_at_a_time(annas, hearing, seats):
    def leads_to():
        page = annas.get(address(hearing)).content.decode()
        (step,) = re.findall(r'<li aria-current="step".*?</li>', page, re.DOTALL)
        return re.search(r'<a class="button primary" href="([^"]+)">', step)[1]

    assert leads_to() == "#id_assigned_to"
    hearing.assigned_to = seats["Lars"]
    hearing.save()
    assert leads_to() == "#id_answer"
    hearing.answer = "<p>Byg flere.</p>"
    hearing.save()
    assert leads_to() == address(hearing, "approval")
    rounds.mark_approved(hearing, how="skriftligt", on=day(0))
    assert leads_to() == address(hearing, "send")
    send_answer(hearing, by_mail=True)
    hearing.refresh_from_db()
    assert leads_to() == "#id_outcome"
    hearing.outcome = Hearing.Outcome.FOLLOWED
    hearing.save()
    assert leads_to() == address(hearing, "publish")


def test_the_list_shows_the_next_step_of_each(annas, hearing, answered):
    assert "Få svaret godkendt" in words(annas.get(reverse("admin:council_hearing_changelist")))


def test_the_secretary_registers_and_assigns_in_the_form(annas, seats):
    council = seats["Karen"].council
    data = {
        "council": council.pk,
        "title": "Lukning af varmestuen",
        "sender": "Økonomiudvalget",
        "sender_email": "oek@esbjerg.example",
        "received_on": "2026-01-05",
        "deadline": "2026-02-01",
        "question": "Må vi?",
        "assigned_to": seats["Mia"].pk,
        "answer": "",
        "outcome": "afventer",
        "outcome_text": "",
    }
    assert annas.post(reverse("admin:council_hearing_add"), data).status_code == 302
    made = Hearing.objects.get(title="Lukning af varmestuen")
    assert made.assigned_to == seats["Mia"] and made.sender_email == "oek@esbjerg.example"
    assert next_step(made).target == "answer"


def test_a_member_of_another_council_cannot_be_assigned(annas, hearing, vejle):
    foreign = make.membership(make.council(vejle), make.person(vejle, "Fremmed"))
    page = annas.get(address(hearing))
    assert "Fremmed" not in words(page)
    form = page.context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields if name != "expires_at"} | {
        "received_on": "2026-01-05",
        "deadline": "2026-02-01",
        "assigned_to": foreign.pk,
    }
    assert annas.post(address(hearing), data).status_code == 200
    assert fresh(hearing).assigned_to is None


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-3, "Den er overskredet med 3 dage."),
        (-1, "Den er overskredet med 1 dag."),
        (0, ", i dag."),
        (1, ", i morgen."),
        (9, ", om 9 dage."),
    ],
)
def test_the_deadline_is_described_in_words(hearing, days, expected):
    hearing.deadline = day(days)
    assert expected in deadline_text(hearing)


def test_an_answered_hearing_has_no_deadline_to_worry_about(hearing):
    hearing.answered_on = day(0)
    assert deadline_text(hearing) == ""


# Approval


def test_members_of_today_approve_the_answer_by_the_same_kind_of_link(annas, answered, seats, client):
    page = annas.post(
        address(answered, "approval"), {"action": "send", "round": "0", "due_on": day(5).isoformat()}, follow=True
    )
    assert "Sendt til 3 af 4 medlemmer." in words(page)
    letter = letters(to="lars@example.dk")[0]
    assert letter.subject == "Vil du godkende høringssvaret om »Ny boligpolitik«?"
    assert "flere" not in letter.text
    client.logout()
    page = client.get(link_in(letter))
    for text in ("Teknikudvalget spørger", "Hvad mener I?", "små boliger", "Jeg godkender svaret"):
        assert text in words(page)
    version = page.context["form"]["version"].value()
    assert client.post(link_in(letter), {"version": version, "answer": "bemaerkninger", "whole": "Også i Ribe."})
    row = answered.approvals.get(member=seats["Lars"])
    assert row.answer == "bemaerkninger" and row.remarks.get().text == "Også i Ribe."


def test_the_secretary_sees_the_remarks_and_closes_the_round(annas, answered, seats):
    rows = {row.member: row for row in ask(answered)}
    for name, reply, remarks in (("Karen", "bemaerkninger", {None: "Også i Ribe."}), ("Lars", "godkendt", {})):
        rounds.record_answer(rows[seats[name]], answer=reply, remarks=remarks, version=text_version(answered))
    page = words(annas.get(address(answered, "approval")))
    assert "Også i Ribe." in page and f'href="{address(answered)}"' in page
    close = {"action": "close", "round": "1", "answers": rounds.RoundStatus(answered).stamp}
    page = words(annas.post(address(answered, "approval"), close, follow=True))
    stands = "havde 1 af 4 medlemmer godkendt det, 1 havde bemærkninger, og 2 havde ikke svaret."
    assert stands in page and f'href="{address(answered, "send")}"' in page
    assert stands in words(annas.get(address(answered, "send"))) and stands in fresh(answered).approval_text
    assert fresh(answered).approved_on == timezone.localdate()


def test_an_answer_is_approved_at_a_meeting_since_it_came(annas, answered, seats):
    council = seats["Karen"].council
    before, since = make.meeting(council, day(-20)), make.meeting(council, day(-2))
    page = annas.post(address(answered, "approval"), {"action": "approve_at_meeting", "meeting": before.pk})
    assert "Vælg et af møderne." in words(page)
    annas.post(address(answered, "approval"), {"action": "approve_at_meeting", "meeting": since.pk})
    assert fresh(answered).approved_on == day(-2) and fresh(answered).approved_how.startswith("på mødet den ")


def test_the_members_deadline_is_never_after_the_hearings_own(hearing):
    hearing.deadline = day(3)
    assert rounds.default_due_date(hearing) == day(3)
    hearing.deadline = day(-3)
    assert rounds.default_due_date(hearing) == day(7)


def test_there_is_nothing_to_approve_before_it_is_written(annas, hearing):
    page = words(annas.get(address(hearing, "approval")))
    assert "Der er ikke skrevet noget svar endnu." in page
    annas.post(address(hearing, "approval"), {"action": "send", "round": "0", "due_on": day(5).isoformat()})
    assert not Letter.objects.exists()


# Sending


def test_the_answer_goes_out_as_text_and_as_a_tagged_pdf(annas, answered):
    rounds.mark_approved(answered, how="skriftligt", on=day(0))
    page = words(annas.post(address(answered, "send"), {"confirmed": "on", "mail": "mail"}, follow=True))
    assert "Svaret er på vej til udvalg@esbjerg.example." in page and "Svaret er sendt" in page
    (letter,) = letters(to="udvalg@esbjerg.example")
    assert letter.subject == "Høringssvar fra Udsatterådet: Ny boligpolitik"
    assert "Byg flere små boliger." in letter.text and "På Havnen" in letter.text and "<" not in letter.text
    (file,) = letter.files.all()
    assert file.name == pdf_name(answered)
    pdf = bytes(file.content)
    assert failures(pdf) == []
    for text in ("Ny boligpolitik", "Teknikudvalget", "små boliger", "godkendt svaret skriftligt", "Hvad mener I?"):
        assert text in words_of_pdf(pdf)
    assert "udkast" not in words_of_pdf(pdf).lower() and "kladde" not in words_of_pdf(pdf).lower()
    sent = fresh(answered)
    assert sent.answered_on == timezone.localdate() and sent.sent_at and sent.version > answered.version


def test_the_sender_of_the_hearing_gets_the_answer_with_the_pdf(answered, mailbox):
    send_answer(answered, by_mail=True)
    call_command("run_due", stdout=io.StringIO())
    mail = mailbox.only()
    assert mail.recipients == ["udvalg@esbjerg.example"]
    assert "Byg flere små boliger." in mail.text
    assert failures(mail.attachments[pdf_name(answered)]) == []


def test_a_character_that_no_font_has_is_named_before_the_answer_is_sent(annas, answered):
    Hearing.objects.update(answer="<p>Byg flere \ue123 boliger.</p>")
    response = annas.post(address(answered, "send"), {"confirmed": "on", "mail": "1"}, follow=True)
    assert "PDF'en kan ikke vise »\ue123« (U+E123)." in html.unescape(response.content.decode())
    assert not Letter.objects.exists() and Hearing.objects.get().answered_on is None


def test_sending_twice_sends_once(annas, answered):
    for _ in range(2):
        page = annas.post(address(answered, "send"), {"confirmed": "on", "mail": "mail"}, follow=True)
    assert "En anden har sendt svaret imens." in words(page)
    assert len(letters(to="udvalg@esbjerg.example")) == 1 and LetterFile.objects.count() == 1


def test_an_answer_changed_by_another_while_the_secretary_read_is_not_sent(annas, answered):
    seen = {"confirmed": "on", "mail": "mail", "seen": answered.version}
    other = fresh(answered)
    other.answer = "<p>Byg flere store boliger.</p>"
    other.save()
    increment_version(other)
    page = words(annas.post(address(answered, "send"), seen, follow=True))
    assert "En anden har ændret høringen, mens du læste." in page and "store boliger" in page
    assert fresh(answered).answered_on is None and not letters(to="udvalg@esbjerg.example")
    annas.post(address(answered, "send"), seen | {"seen": other.version})
    assert "store boliger" in letters(to="udvalg@esbjerg.example")[0].text


def test_when_the_answer_is_sent_the_members_are_asked_no_more(client, answered):
    ask(answered)
    link = link_in(letters()[0])
    assert client.get(link).status_code == 200
    send_answer(fresh(answered), by_mail=False)
    assert client.get(link).status_code == 410


def test_an_answer_the_council_has_not_approved_is_called_that(annas, answered):
    assert "Rådet har ikke godkendt svaret." in words(annas.get(address(answered, "send")))
    assert "udkast, ikke godkendt af rådet" in words_of_pdf(make_pdf(answer_pdf(fresh(answered)))).lower()
    assert failures(make_pdf(answer_pdf(fresh(answered)))) == []


def test_the_text_of_the_printed_answer_is_not_bold(answered):
    fonts = {}
    read(make_pdf(answer_pdf(fresh(answered)))).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: fonts.setdefault(text.strip(), (font or {}).get("/BaseFont", ""))
    )
    assert "Bold" in fonts["flere"]
    assert not any("Bold" in fonts[text] for text in ("Byg", "På Havnen", "I byen"))


def test_a_change_after_the_approval_is_shown_before_sending(annas, answered, seats):
    row = ask(answered)[0]
    rounds.record_answer(row, answer="godkendt", remarks={}, version=text_version(answered))
    answered.answer = "<p>Byg ingen.</p>"
    answered.save()
    assert "Svaret er ændret, efter at 1 medlem godkendte det." in words(annas.get(address(answered, "send")))


def test_without_an_address_the_secretary_downloads_the_pdf_and_marks_it_as_sent(annas, answered):
    answered.sender_email = ""
    answered.save()
    page = words(annas.get(address(answered, "send")))
    assert "Høringen har ingen e-mail." in page and "Send svaret nu" not in page
    pdf = annas.get(address(answered, "pdf"))
    assert pdf["Content-Type"] == "application/pdf" and failures(pdf.content) == []
    annas.post(address(answered, "send"), {"confirmed": "on", "otherwise": "otherwise"})
    assert fresh(answered).answered_on == timezone.localdate() and not Letter.objects.exists()


@pytest.mark.parametrize(
    ("fields", "data", "expected"),
    [
        ({}, {"mail": "mail"}, "Læs svaret, og sæt så et hak her."),
        ({"answer": ""}, {"confirmed": "on", "mail": "mail"}, "Der er ikke skrevet noget svar endnu."),
        ({"answer": f"<p>Hansen {CPR}</p>"}, {"confirmed": "on", "mail": "mail"}, "ligner et CPR-nummer"),
        ({"sender_email": ""}, {"confirmed": "on", "mail": "mail"}, "Der er ingen e-mail at sende til."),
        ({"received_on": day(3)}, {"confirmed": "on", "mail": "mail"}, "Svaret ligger før modtagelsen."),
        ({"answer": f"<p>{'lang tekst ' * 30_000}</p>"}, {"confirmed": "on", "mail": "mail"}, "lang"),
    ],
    ids=["no tick", "no answer", "cpr", "no address", "received later", "too long"],
)
def test_an_answer_that_cannot_be_sent_gives_the_reason(annas, answered, fields, data, expected):
    Hearing.objects.filter(pk=answered.pk).update(**fields)
    assert expected in words(annas.post(address(answered, "send"), data, follow=True))
    assert fresh(answered).answered_on is None and fresh(answered).sent_at is None
    assert not Letter.objects.exists() and not LetterFile.objects.exists()


def test_an_editor_and_one_from_elsewhere_send_nothing(client, carla, bo, answered):
    client.force_login(carla)
    assert "Bed en sekretær eller godkender om det." in words(client.get(address(answered, "send")))
    assert client.post(address(answered, "send"), {"confirmed": "on", "mail": "mail"}).status_code == 403
    client.force_login(bo)
    for what in ("send", "approval", "pdf"):
        assert client.get(address(answered, what)).status_code == 404
    assert fresh(answered).answered_on is None


def test_a_public_hearing_shows_its_answer_when_it_is_sent_and_not_before(client, answered):
    Hearing.objects.filter(pk=answered.pk).update(**make.state(Status.PUBLISHED))
    log = "/esbjerg/hoeringer/"
    assert "små boliger" not in words(client.get(log))
    send_answer(fresh(answered), by_mail=True)
    page = words(client.get(log))
    assert "små boliger" in page and "Det ved vi ikke endnu." in page and "i 0 dage" not in page
    assert "udvalg@esbjerg.example" not in page


def test_an_empty_answer_is_not_sent(answered):
    answered.answer = "<p> </p>"
    answered.save()
    with pytest.raises(ValidationError, match="ikke skrevet noget svar"):
        send_answer(answered, by_mail=True)


def test_the_file_names_municipality_title_and_day_and_hides_a_cpr_number(hearing):
    day = timezone.localdate(hearing.last_changed).isoformat()
    assert pdf_name(hearing) == f"esbjerg_hoeringssvar-ny-boligpolitik_{day}.pdf"
    hearing.title = f"Sagen om {CPR}"
    assert "010190" not in pdf_name(hearing)


def pdf_name(hearing):
    return document_filename(fresh(hearing), pdf_title(hearing))


# Deadlines


@pytest.fixture
def old(hearing):
    Hearing.objects.filter(pk=hearing.pk).update(created_at=timezone.now() - datetime.timedelta(days=3))
    return hearing


@pytest.mark.parametrize(("days", "written"), [(8, 0), (7, 1), (4, 1), (2, 1), (0, 1), (-1, 0)])
def test_the_secretary_is_reminded_of_a_near_deadline(old, days, written):
    Hearing.objects.update(deadline=day(days))
    assert remind_of_deadlines(timezone.now()) == written
    assert remind_of_deadlines(timezone.now()) == 0
    assert len(letters(to="raad@esbjerg.example")) == written


def test_the_secretary_is_reminded_a_week_and_two_days_ahead_with_the_next_step(old):
    Hearing.objects.update(deadline=day(7))
    moments = [timezone.now() + datetime.timedelta(days=n) for n in range(9)]
    assert [remind_of_deadlines(moment) for moment in moments] == [1, 0, 0, 0, 0, 1, 0, 0, 0]
    first, second = letters()
    assert "om 7 dage" in first.text and "om 2 dage" in second.text
    assert "Det næste, du skal gøre: Vælg, hvem der skriver svaret." in first.text
    assert f"/admin/council/hearing/{old.pk}/change/" in first.text


def test_a_new_deadline_is_reminded_of_again(old):
    Hearing.objects.update(deadline=day(2))
    assert remind_of_deadlines(timezone.now()) == 1
    Hearing.objects.update(deadline=day(1))
    assert remind_of_deadlines(timezone.now()) == 1


def test_a_hearing_that_is_answered_or_received_today_sends_no_reminder(old, seats):
    Hearing.objects.update(deadline=day(2), answered_on=day(0))
    make.hearing(seats["Karen"].council, "Kom i dag", deadline=day(2))
    assert remind_of_deadlines(timezone.now()) == 0


def test_without_an_address_of_the_council_its_secretaries_are_written_to(old, seats, anna, carla, bo):
    council = seats["Karen"].council
    council.email = ""
    council.save()
    for user in (anna, carla, bo):
        user.email = f"{user.username}@example.dk"
        user.save()
    Hearing.objects.update(deadline=day(2))
    assert remind_of_deadlines(timezone.now()) == 1
    assert [letter.to for letter in letters()] == ["anna@example.dk"]
