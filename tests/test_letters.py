"""The outbox: creation, delivery and content of letters."""

import datetime
import email.utils
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from council.public.calendar import invitation_calendar
from udsat import jobs
from udsat.mail_delivery import ServerDown, check_mail, email_of, erase_old_letters, send_letters
from udsat.models import Letter, LetterFile
from udsat.models.letters import CLAIM_LENGTH

from . import factories as make

MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)


def later(minutes=0, days=0):
    return timezone.now() + MINUTE * minutes + DAY * days


# Content


def test_a_letter_arrives_as_it_was_written(esbjerg, mailbox):
    make.council(esbjerg, email="raadet@esbjerg.example")
    text = "Kære Åse\n\n.Et punktum først på linjen\nFrom: en linje\n" + "Rødgrød med fløde " * 80 + "\n\n–  ”Hilsen”"
    make.letter(esbjerg, "aase@example.dk", to_name='Åse "Ø", Møller', subject="Møde på onsdag – æøå " * 5, text=text)
    assert send_letters(later()) == 1
    arrived = mailbox.only()
    message = arrived.message
    assert (arrived.sender, arrived.recipients) == ("udsat@portalen.example", ["aase@example.dk"])
    assert arrived.text.rstrip("\n") == text
    assert message["Subject"].strip() == ("Møde på onsdag – æøå " * 5).strip()
    [to], [sender], [reply_to] = (message[name].addresses for name in ("To", "From", "Reply-To"))
    assert (to.display_name, to.addr_spec) == ('Åse "Ø", Møller', "aase@example.dk")
    assert (sender.display_name, sender.addr_spec) == ("Udsatterådet i Esbjerg", "udsat@portalen.example")
    assert (reply_to.display_name, reply_to.addr_spec) == ("Udsatterådet i Esbjerg", "raadet@esbjerg.example")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "da"
    assert abs(message["Date"].datetime - timezone.now()) < DAY
    assert not message.is_multipart() and not message.defects
    assert all(len(line) <= 998 for line in arrived.raw.split(b"\r\n"))


def test_danish_characters_pass_a_seven_bit_server(esbjerg, mailbox):
    make.letter(esbjerg, text="Kære Åse: blåbærgrød")
    assert send_letters(later()) == 1
    assert mailbox.only().raw.isascii()
    assert mailbox.only().message["Content-Transfer-Encoding"] == "quoted-printable"
    assert mailbox.only().text == "Kære Åse: blåbærgrød\n"


def test_an_invitation_is_one_that_outlook_and_google_know(esbjerg, mailbox):
    meeting = make.meeting(make.council(esbjerg), starts_at=datetime.time(14), place="Rådhuset")
    pdf = LetterFile.objects.create(municipality=esbjerg, name="dagsorden 3. marts æøå.pdf", content=bytes(range(256)))
    odd = LetterFile.objects.create(
        municipality=esbjerg, name="a\r\nBcc: x@y.dk", media_type="text/x\r\nBcc: x@y.dk", content=b"1"
    )
    for method in ("REQUEST", "CANCEL"):
        calendar = invitation_calendar(meeting, "aase@example.dk", "Åse", method)
        make.letter(esbjerg, calendar=calendar, files=[pdf, odd], subject=method)
    assert send_letters(later()) == 2
    for arrived, method in zip(mailbox.deliveries, ("REQUEST", "CANCEL"), strict=True):
        message = arrived.message
        assert message.get_content_type() == "multipart/mixed"
        body, *files = message.iter_parts()
        assert body.get_content_type() == "multipart/alternative"
        plain, invitation = body.iter_parts()
        assert plain.get_content_type() == "text/plain"
        assert invitation.get_content_type() == "text/calendar"
        assert invitation.get_param("method") == method
        assert invitation.get_content_charset() == "utf-8"
        assert invitation["Content-Transfer-Encoding"] == "quoted-printable"
        assert not invitation.is_attachment()
        assert arrived.raw.isascii() and max(map(len, arrived.raw.splitlines())) <= 100
        read = Calendar.from_ical(invitation.get_content())
        assert (read["METHOD"], read.walk("VEVENT")[0]["LOCATION"]) == (method, "Rådhuset")
        assert [part.get_content_type() for part in files] == [
            "application/ics",
            "application/pdf",
            "application/octet-stream",
        ]
        assert arrived.attachments["dagsorden 3. marts æøå.pdf"] == bytes(range(256))
        assert Calendar.from_ical(arrived.attachments["moede.ics"])["METHOD"] == method
        assert "Bcc" not in message and not any("Bcc" in part for part in message.walk())


@pytest.mark.parametrize("bad", ["\r\nBcc: alle@example.dk", "\nBcc: alle@example.dk", "\x00\x0b\x85\u2028Bcc: x@y.dk"])
def test_line_breaks_cannot_inject_headers(esbjerg, mailbox, bad):
    council = make.council(esbjerg, name=f"Udsatterådet{bad.replace(chr(0), '')}")
    make.letter(esbjerg, to_name=f"Åse{bad}", subject=f"Møde{bad}", text=f"Hej{bad}")
    send_letters(later())
    arrived = mailbox.only()
    assert arrived.recipients == ["aase@example.dk"]
    assert arrived.message["Bcc"] is None and "\n" not in arrived.message["Subject"]
    assert len(arrived.message["From"].addresses) == 1
    assert council.sender_name.startswith("Udsatterådet")


@pytest.mark.parametrize(
    "address", ["", "aase", "aase@", "a@b.dk, c@d.dk", "a@b.dk\r\nRCPT TO:<c@d.dk>", "åse@example.dk", "<a@b.dk>"]
)
def test_an_invalid_address_is_given_up_and_blocks_no_other_letter(esbjerg, mailbox, address):
    wrong = make.letter(esbjerg, address)
    make.letter(esbjerg, "bo@example.dk")
    assert send_letters(later()) == 1
    wrong.refresh_from_db()
    assert mailbox.only().recipients == ["bo@example.dk"]
    assert wrong.given_up_at and "ikke en mailadresse" in wrong.last_error


def test_an_address_with_danish_letters_in_its_domain_is_reached(esbjerg, mailbox):
    make.letter(esbjerg, "aase@rødgrød.dk")
    assert send_letters(later()) == 1
    assert mailbox.only().recipients == ["aase@xn--rdgrd-vuad.dk"]


def test_answers_go_to_somebody_who_reads_them(esbjerg, vejle, anna, mailbox):
    make.letter(vejle)
    send_letters(later())
    assert mailbox.only().message["Reply-To"] is None
    make.council(esbjerg)
    anna.email = "anna@esbjerg.example"
    anna.save()
    make.letter(esbjerg)
    send_letters(later())
    assert mailbox.deliveries[-1].message["Reply-To"].addresses[0].addr_spec == "anna@esbjerg.example"


def test_a_letter_has_one_name_however_often_it_is_tried(esbjerg, vejle):
    first, second = make.letter(esbjerg, key="invitation:1:2:0"), make.letter(esbjerg, key="invitation:1:2:1")
    assert email_of(first).message()["Message-ID"] == email_of(first).message()["Message-ID"]
    assert email_of(first).message()["Message-ID"] != email_of(second).message()["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{40}@[\w.]+>", email_of(first).message()["Message-ID"])
    assert email.utils.parseaddr(email_of(first).message()["From"])[1]


# No duplicates


def test_what_is_sent_is_not_sent_again(esbjerg, mailbox):
    letter = make.letter(esbjerg)
    assert [send_letters(later()), send_letters(later()), send_letters(later(days=9))] == [1, 0, 0]
    letter.refresh_from_db()
    assert letter.sent_at and letter.state == "Sendt" and letter.attempts == 1


def test_a_key_is_sent_once(esbjerg, mailbox):
    for text in ("Kom!", "Kom nu!"):
        make.letter(esbjerg, key="invitation:1:2:0", text=text)
    assert send_letters(later()) == 1
    assert mailbox.only().text.strip() == "Kom!"


def test_a_letter_waits_for_its_time(esbjerg, mailbox):
    make.letter(esbjerg, send_after=later(days=1))
    assert send_letters(later()) == 0
    assert send_letters(later(days=1, minutes=1)) == 1


def test_a_letter_that_asks_for_something_by_a_date_does_not_leave_after_it(esbjerg, anna, mailbox):
    letter = make.letter(esbjerg, valid_until=later(minutes=30), send_after=later(minutes=10))
    assert send_letters(later(minutes=31)) == 0 and not mailbox.deliveries
    letter.refresh_from_db()
    assert letter.given_up_at and letter.state == "Kom ikke af sted" and "Fristen i mailen" in letter.last_error
    assert not letter.retry(later(minutes=32))


def test_a_run_that_was_killed_lets_go_of_its_letter_after_a_while(esbjerg, mailbox):
    letter = make.letter(esbjerg)
    assert Letter.objects.claim(later()) == letter
    assert Letter.objects.get().state == "Sendes nu"
    assert send_letters(later()) == 0
    assert send_letters(later() + CLAIM_LENGTH) == 1


def environment(tmp_path, mailbox, **more):
    """Environment for separate processes on the database of this test."""
    url = ""
    if connection.vendor == "postgresql":
        host, port, user = (connection.settings_dict[key] for key in ("HOST", "PORT", "USER"))
        url = f"postgresql://{user}@{host.replace('/', '%2F')}:{port}/{connection.settings_dict['NAME']}"
    else:
        with sqlite3.connect(tmp_path / "udsat.sqlite3") as copy:
            connection.connection.backup(copy)
        copy.close()
    return {
        **os.environ, "UDSAT_MODE": "local", "VAR_DIR": str(tmp_path), "DATABASE_URL": url, "EMAIL_SECURITY": "none",
        "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mailbox.port),
    } | more  # fmt: skip


def run_due(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_due", *arguments],
        cwd=Path(__file__).resolve().parent.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_share_the_letters_between_them(tmp_path, mailbox):
    esbjerg = make.municipality("Esbjerg")
    for number in range(12):
        make.letter(esbjerg, f"nummer{number}@example.dk")
    # Both runs hold a claimed letter before either sends it.
    mailbox.meeting = threading.Barrier(2)
    where = environment(tmp_path, mailbox)
    runs = [run_due(where) for _ in range(2)]
    for run in runs:
        shown, _ = run.communicate(timeout=120)
        assert run.returncode == 0, shown
    assert mailbox.connections == 2
    assert sorted(d.recipients[0] for d in mailbox.deliveries) == sorted(f"nummer{n}@example.dk" for n in range(12))


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_until_it_receives_a_signal(tmp_path, mailbox):
    make.letter(make.municipality("Esbjerg"))
    worker = run_due(environment(tmp_path, mailbox), "--every", "3600")
    try:
        assert mailbox.arrived.get(timeout=60).recipients == ["aase@example.dk"]
        worker.send_signal(signal.SIGTERM)
        shown, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0, shown
        assert "aase" not in shown
    finally:
        worker.kill()


# Failures


def test_a_server_that_is_down_loses_nothing_and_is_asked_again(esbjerg, anna, mailbox):
    letters = [make.letter(esbjerg, f"{name}@example.dk") for name in ("aase", "bo")]
    mailbox.stop()
    with pytest.raises(ServerDown):
        send_letters(later())
    first, second = (Letter.objects.get(pk=letter.pk) for letter in letters)
    # One attempt, since the server is unreachable for all letters.
    assert (first.attempts, second.attempts) == (1, 0)
    assert first.state == "Ikke sendt, prøver igen" and "svarer ikke" in first.last_error
    assert list(Letter.objects.in_reach_of(anna).stuck()) == [first]
    assert list(Letter.objects.in_reach_of(anna).stuck(later(40))) == [second, first]
    mailbox.start()
    assert send_letters(later(10)) == 2
    assert not Letter.objects.stuck(later(days=9)).exists()
    assert {d.recipients[0] for d in mailbox.deliveries} == {"aase@example.dk", "bo@example.dk"}


def test_it_is_tried_at_growing_intervals_and_given_up_after_days(esbjerg, mailbox):
    letter = make.letter(esbjerg)
    mailbox.stop()
    moment, tries = later(1), []
    while letter.given_up_at is None:
        with pytest.raises(ServerDown):
            send_letters(moment)
        letter.refresh_from_db()
        tries.append(moment)
        moment = letter.send_after + MINUTE
    gaps = [round((b - a) / MINUTE) for a, b in zip(tries, tries[1:], strict=False)]
    assert gaps == sorted(gaps) and gaps[0] < 10 and gaps[-1] > 30
    assert 3 * DAY <= tries[-1] - tries[0] < 4 * DAY
    assert send_letters(moment + DAY) == 0
    # Only a person gives up a letter with an error.
    assert list(Letter.objects.stuck(moment)) == [letter]


@pytest.mark.parametrize(("code", "is_final"), [(550, True), (553, True), (450, False), (421, False)])
def test_a_refused_recipient_blocks_no_other_letter(esbjerg, mailbox, code, is_final):
    mailbox.refused = {"aase@example.dk": code}
    refused = make.letter(esbjerg, "aase@example.dk")
    make.letter(esbjerg, "bo@example.dk")
    assert send_letters(later()) == 1
    refused.refresh_from_db()
    assert bool(refused.given_up_at) is is_final
    assert str(code) in refused.last_error and "aase" not in refused.last_error
    mailbox.refused = {}
    assert send_letters(later(10)) == (0 if is_final else 1)


@pytest.mark.parametrize(("code", "is_final"), [(554, True), (552, True), (451, False)])
def test_a_mail_that_the_server_will_not_take(esbjerg, mailbox, code, is_final):
    letter = make.letter(esbjerg)
    mailbox.refused_content = code
    assert send_letters(later()) == 0
    letter.refresh_from_db()
    assert bool(letter.given_up_at) is is_final
    assert str(code) in letter.last_error and "aase" not in letter.last_error


def test_a_broken_connection_loses_no_letter(esbjerg, mailbox):
    for name in ("aase", "bo"):
        make.letter(esbjerg, f"{name}@example.dk")
    mailbox.break_off_next = "before"
    assert send_letters(later()) == 1
    assert "afbrudt" in Letter.objects.get(to="aase@example.dk").last_error
    assert send_letters(later(10)) == 1
    assert len(mailbox.to("aase@example.dk")) == len(mailbox.to("bo@example.dk")) == 1


def test_a_mail_that_arrived_without_a_word_is_known_again_when_it_comes_twice(esbjerg, mailbox):
    make.letter(esbjerg)
    mailbox.break_off_next = "after"
    assert send_letters(later()) == 0
    assert send_letters(later(10)) == 1
    first, second = mailbox.deliveries
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_a_wrong_password_is_the_operators_business(esbjerg, mailbox, settings):
    mailbox.password = "hemmeligt"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "udsat", "forkert"
    letter = make.letter(esbjerg)
    with pytest.raises(ServerDown):
        send_letters(later())
    letter.refresh_from_db()
    assert "adgangskode" in letter.last_error and not letter.given_up_at
    settings.EMAIL_HOST_PASSWORD = "hemmeligt"
    assert send_letters(later(10)) == 1


def test_without_a_mail_server_production_keeps_letters_and_the_check_fails(esbjerg, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
    letter = make.letter(esbjerg)
    with pytest.raises(ServerDown):
        send_letters(later())
    letter.refresh_from_db()
    assert "ingen mailserver" in letter.last_error
    settings.DEFAULT_FROM_EMAIL = "portalen"
    assert [error.id for error in check_mail(None)] == ["udsat.E001", "udsat.E002"]
    assert check_mail in checks.registry.registry.deployment_checks


# Retry and give up


def test_a_letter_given_up_by_a_person_goes_off_the_desk_and_may_come_back(esbjerg, anna, mailbox):
    letter = make.letter(esbjerg)
    mailbox.refused = {letter.to: 550}
    send_letters(later())
    assert letter.give_up(later(), by=anna)
    assert not Letter.objects.stuck().exists()
    mailbox.refused = {}
    assert send_letters(later(10)) == 0
    assert letter.retry(later())
    assert send_letters(later(1)) == 1
    assert not letter.retry(later()) and not letter.give_up(later(), by=anna)


def test_a_letter_being_sent_cannot_be_retried(esbjerg, anna, mailbox):
    make.letter(esbjerg)
    letter = Letter.objects.claim(later())
    assert not letter.retry(later()) and not letter.give_up(later(), by=anna)


# Retention


def test_what_an_old_letter_said_is_erased_and_that_it_was_sent_is_not(esbjerg, anna, mailbox, settings):
    settings.LETTER_DAYS = 30
    shared, own = (
        LetterFile.objects.create(municipality=esbjerg, name=f"{name}.pdf", content=b"%PDF")
        for name in ("fælles", "egen")
    )
    sent = make.letter(esbjerg, files=[shared, own], calendar="METHOD:REQUEST")
    waiting = make.letter(esbjerg, files=[shared], send_after=later(days=90))
    given_up = make.letter(esbjerg, send_after=later(days=90))
    given_up.give_up(later(), by=anna)
    send_letters(later())
    assert erase_old_letters(later(days=29)) == 0
    assert erase_old_letters(later(days=31)) == 2
    assert erase_old_letters(later(days=31)) == 0
    sent.refresh_from_db()
    assert (sent.text, sent.calendar, sent.files.count(), sent.subject) == ("", "", 0, "Møde")
    assert list(LetterFile.objects.all()) == [shared]
    waiting.refresh_from_db()
    assert waiting.text == "Kom!" and waiting.files.count() == 1
    assert make.letter(esbjerg, key=sent.key).pk == sent.pk
    given_up.refresh_from_db()
    assert not given_up.retry(later()) and not given_up.can_be_retried


def test_in_local_mode_letters_are_files_that_anybody_at_the_machine_can_open(esbjerg, settings):
    settings.EMAIL_BACKEND = "udsat.lib.mail_folder.MailFolder"
    for _ in range(2):
        make.letter(esbjerg, subject="Møde på rådhuset", text="Kære Åse\nVi ses.")
    assert send_letters(later()) == 2
    files = sorted((settings.VAR_DIR / "mails").iterdir())
    assert len(files) == 2
    for file in files:
        assert " moede-paa-raadhuset til aase-at-example-dk" in file.name
        assert "Kære Åse\nVi ses." in file.read_text(encoding="utf-8")
        assert file.stat().st_mode & 0o077 == 0


# Due jobs


def test_a_failing_job_stops_no_other_and_logs_no_personal_data(esbjerg, mailbox, monkeypatch, caplog):
    def writes(now):
        make.letter(esbjerg, "bo@example.dk")
        return 1

    def fails(now):
        make.letter(esbjerg, "aldrig@example.dk")
        raise ValueError("Åse Holm, 010203-4567")

    monkeypatch.setattr(jobs, "JOBS", [fails, writes])
    with pytest.raises(CommandError) as failure:
        call_command("run_due")
    assert failure.value.returncode == 1
    assert "fails" in str(failure.value) and "writes" not in str(failure.value)
    assert mailbox.only().recipients == ["bo@example.dk"]
    assert "ValueError" in caplog.text and "Holm" not in caplog.text


def test_run_due_prints_only_jobs_with_results(esbjerg, mailbox, capsys):
    make.letter(esbjerg)
    call_command("run_due")
    assert "send_letters: 1" in capsys.readouterr().out
    call_command("run_due")
    assert capsys.readouterr().out == ""


def test_run_due_reports_an_unreachable_mail_server(esbjerg, mailbox, caplog):
    make.letter(esbjerg)
    mailbox.stop()
    with pytest.raises(CommandError) as failure:
        call_command("run_due")
    assert failure.value.returncode == 1
    assert "aase" not in caplog.text


def test_a_pause_that_is_none_is_refused(db):
    with pytest.raises(CommandError) as refusal:
        call_command("run_due", "--every", "0")
    assert refusal.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_a_letter_written_in_what_was_taken_back_is_never_sent(mailbox):
    esbjerg = make.municipality("Esbjerg")
    with transaction.atomic():
        make.letter(esbjerg)
        transaction.set_rollback(True)
    assert send_letters(later()) == 0


# In the back office

LIST = "/admin/udsat/letter/"


@pytest.fixture
def refused(esbjerg, mailbox):
    """Return a letter that failed."""
    mailbox.refused = {"aase@example.dk": 550}
    letter = make.letter(esbjerg, to_name="Åse Holm", subject="Indkaldelse <3", text="Hemmeligt link")
    send_letters(later())
    mailbox.refused = {}
    return letter


def test_a_secretary_sees_what_did_not_go_and_not_what_it_said(client, anna, esbjerg, vejle, refused, mailbox):
    make.letter(esbjerg, "bo@example.dk", subject="Kom af sted")
    send_letters(later())
    make.letter(vejle, "fremmed@example.dk")
    client.force_login(anna)
    shown = client.get(LIST).content.decode()
    assert "Indkaldelse &lt;3" in shown and "Åse Holm<br>aase@example.dk" in shown
    assert "Kom ikke af sted, " in shown and "(550)" in shown and "Sendt, " in shown
    assert "fremmed" not in shown and "Hemmeligt" not in shown
    assert shown.count("Prøv igen nu") == 1
    stuck = client.get(f"{LIST}?stand=mangler").content.decode()
    assert "Indkaldelse" in stuck and "Kom af sted" not in stuck
    page = client.get(f"{LIST}{refused.pk}/change/").content.decode()
    assert "(550)" in page and "Hemmeligt" not in page


def test_one_click_sends_it_again(client, anna, refused, mailbox):
    client.force_login(anna)
    [address] = re.findall(r'formaction="([^"]+/igen/)"', client.get(LIST).content.decode())
    assert client.post(address, follow=True).redirect_chain == [(LIST, 302)]
    assert send_letters(later()) == 1
    assert "er sendt" in client.post(address, follow=True).content.decode()
    assert send_letters(later()) == 0


def test_giving_up_records_the_user(client, anna, refused):
    client.force_login(anna)
    client.post(f"{LIST}{refused.pk}/opgiv/")
    refused.refresh_from_db()
    assert refused.given_up_by == "Anna" and not Letter.objects.stuck().exists()


def test_letters_of_another_municipality_cannot_be_retried_or_given_up(client, bo, dan, refused):
    client.force_login(bo)
    for what in ("igen", "opgiv", "change"):
        assert client.post(f"{LIST}{refused.pk}/{what}/").status_code == 404
    client.force_login(dan)
    for what in ("igen", "opgiv"):
        assert client.post(f"{LIST}{refused.pk}/{what}/").status_code == 403
    assert "Prøv igen nu" not in client.get(LIST).content.decode()
    before, refused_now = refused.send_after, Letter.objects.get()
    assert refused_now.given_up_by == "" and refused_now.given_up_at and refused_now.send_after >= before


def test_the_list_costs_the_same_whatever_it_holds(client, anna, esbjerg):
    client.force_login(anna)
    costs = []
    for number in (2, 20):
        for _ in range(number):
            make.letter(esbjerg)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        costs.append(len(asked))
    assert costs[0] == costs[1]
