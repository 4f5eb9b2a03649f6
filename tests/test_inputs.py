"""Inputs from citizens: writing, answering, publishing, deletion."""

import datetime
import logging
import re

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from council.citizens.inputs import lifecycle
from council.models import Input
from council.my_desk import council_tasks, due_tasks
from council.my_desk.tasks import MyDesk, Severity
from udsat.lib import spam_protection
from udsat.lib.publishing import Status
from udsat.mail_delivery import send_letters
from udsat.models import FormSubmission, Letter, Revision, SearchEntry

from . import factories as make

CPR = "010190-1234"
WORDS = "Der er ingen steder at sidde ved banegården."


@pytest.fixture
def council(esbjerg, anna):
    anna.email = "anna@esbjerg.example"
    anna.save()
    return make.council(esbjerg, phone="76 16 16 16")


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def form_of(page):
    """Return the fields of the form as a browser would send them, loaded a minute ago."""
    html = page.content.decode()
    assert 'name="hentet"' in html
    minute_ago = int(timezone.now().timestamp()) - 60
    return {"hentet": signing.dumps(minute_ago, salt=spam_protection._SALT), "kommentar": ""}


def send(client, address="/esbjerg/skriv-til-raadet/", **fields):
    given = form_of(client.get(address)) | {"text": WORDS} | fields
    return client.post(address, given, REMOTE_ADDR="203.0.113.9")


def everything_stored():
    """Return all rows of all tables as text."""
    with connection.cursor() as cursor:
        citizen_input = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            citizen_input.append(str(cursor.fetchall()))
    return "\n".join(citizen_input)


# Before writing


def test_the_page_explains_personal_cases_readers_and_deletion(client, council, esbjerg):
    esbjerg.phone = "76 16 00 00"
    esbjerg.save()
    council.input_months = 4
    council.save()
    page = words(client.get("/esbjerg/skriv-til-raadet/"))
    assert "Rådet kan ikke hjælpe i en bestemt sag. Ring til kommunen på 76 16 00 00" in page
    assert "112" in page
    assert "Rådets sekretær læser det, du skriver" in page
    assert "til du har fået svar, og 4 måneder efter" in page
    assert "Du behøver ikke sige, hvem du er" in page


def test_a_council_without_readers_shows_the_phone_and_no_form(client, esbjerg):
    make.council(esbjerg, phone="76 16 16 16")
    page = client.get("/esbjerg/skriv-til-raadet/")
    assert page.status_code == 200
    assert "<form" not in page.content.decode()
    assert "Rådet læser ikke med her på portalen" in words(page) and "76 16 16 16" in words(page)
    assert client.post("/esbjerg/skriv-til-raadet/", {"text": WORDS}).status_code == 200
    assert not Input.objects.exists()
    assert "skriv-til-raadet" not in client.get("/esbjerg/udsatteraad/").content.decode()


def test_without_a_public_council_there_is_no_page(client, esbjerg, vejle, anna):
    make.council(esbjerg, Status.DRAFT)
    for address in ("/esbjerg/skriv-til-raadet/", "/vejle/skriv-til-raadet/", "/ribe/skriv-til-raadet/"):
        page = client.get(address)
        assert page.status_code == 404
        assert "<h1" in page.content.decode()


def test_the_pages_of_a_writer_set_no_cookie_and_stay_on_no_computer(client, council):
    page = client.get("/esbjerg/skriv-til-raadet/")
    sent = send(client)
    after = client.get(sent.url)
    for response in (page, sent, after):
        assert not response.cookies
        assert "no-store" in response["Cache-Control"]
    assert "csrfmiddlewaretoken" not in page.content.decode()
    assert after["Referrer-Policy"] == "no-referrer" and "noindex" in after["X-Robots-Tag"]


# Writing


def test_a_citizen_can_write_anonymously(client, council):
    response = send(client)
    citizen_input = Input.objects.get()
    assert (citizen_input.text, citizen_input.name, citizen_input.state, citizen_input.kind) == (
        WORDS,
        "",
        "ny",
        "skriv",
    )
    page = client.get(response.url)
    assert citizen_input.reference in words(page)
    assert "Svaret kommer her på siden" in words(page)
    # The page must not show the text to others at the same computer.
    assert WORDS not in page.content.decode()


def test_it_works_for_a_browser_that_checks_tokens(council):
    client = Client(enforce_csrf_checks=True)
    assert send(client).status_code == 302


def test_a_volunteer_writes_for_another(client, council):
    send(client, for_other="on", name="Vera fra Værestedet", phone="20 30 40 50")
    citizen_input = Input.objects.get()
    assert citizen_input.for_other and citizen_input.name == "Vera fra Værestedet" and not citizen_input.may_publish


def test_the_secretary_gets_a_notice_without_the_text(client, council, anna):
    send(client, name="Karl Madsen", email="karl@example.dk")
    notice, receipt = Letter.objects.order_by("pk")
    assert (notice.to, receipt.to) == (anna.email, "karl@example.dk")
    for letter in (notice, receipt):
        content = letter.subject + letter.text + letter.to_name
        assert WORDS not in content and "Karl" not in content
    assert f"/admin/council/input/{Input.objects.get().pk}/" in notice.text
    assert "karl@example.dk" not in notice.text
    assert "/esbjerg/skriv-til-raadet/" in receipt.text and Input.objects.get().reference in receipt.text


def test_no_receipt_is_sent_without_an_address(client, council, anna):
    send(client)
    assert list(Letter.objects.values_list("to", flat=True)) == [anna.email]


@pytest.mark.parametrize("field", ["text", "name", "email"])
def test_a_cpr_number_is_stopped_before_anything_is_kept(client, council, field, caplog):
    caplog.set_level(logging.DEBUG)
    value = {"email": f"{CPR}@example.dk"}.get(field, f"Jeg hedder {CPR}"[-38:])
    response = send(client, **{field: value})
    assert response.status_code == 200
    page = response.content.decode()
    assert "ligner et CPR-nummer" in page and value in page
    assert not Input.objects.exists() and not Letter.objects.exists()
    assert CPR not in everything_stored() + caplog.text
    # The other fields keep their values, and can be sent.
    assert send(client).status_code == 302


def test_bad_input_gets_a_message_and_leaves_nothing(client, council):
    for fields in (
        {"text": ""},
        {"text": "a" * 4001},
        {"text": "a\x00b"},
        {"email": "ikke en mail"},
        {"email": "root@localhost"},
        {"email": f"a@{'ø' * 62}.dk"},
        {"name": "x" * 121},
        {"topic": "findes ikke"},
        {"topic": "9" * 40},
        {"hentet": "forkert"},
        {"hentet": ["a", "b"]},
    ):
        response = send(client, **fields)
        assert response.status_code == 200, fields
        assert 'role="alert"' in response.content.decode(), fields
    assert client.post("/esbjerg/skriv-til-raadet/").status_code == 200
    assert client.put("/esbjerg/skriv-til-raadet/").status_code == 405
    assert not Input.objects.exists()


def test_an_address_outside_the_list_of_topics_is_no_topic(client, council):
    topic = make.topic("Bolig")
    send(client, topic=topic.pk)
    assert Input.objects.get().topic == topic


def test_an_input_sent_twice_is_saved_once(client, council):
    given = form_of(client.get("/esbjerg/skriv-til-raadet/")) | {"text": WORDS, "email": "a@example.dk"}
    first, second = (client.post("/esbjerg/skriv-til-raadet/", given) for _ in range(2))
    assert words(client.get(first.url)) == words(client.get(second.url))
    assert Input.objects.count() == 1
    assert Letter.objects.filter(to="a@example.dk").count() == 1
    # The same form with another text is another input.
    client.post("/esbjerg/skriv-til-raadet/", given | {"text": "Og så er der heller ikke noget toilet."})
    assert Input.objects.count() == 2


# The citizen's page


def test_the_answer_comes_on_the_writers_own_page(client, council):
    address = send(client).url
    lifecycle.answer(Input.objects.get(), "Vi har spurgt banen. Der kommer tre bænke.")
    page = client.get(address)
    assert "Her er svaret" in words(page) and "Der kommer tre bænke" in words(page)
    assert WORDS not in words(page)


@pytest.mark.parametrize(
    ("state", "forgotten"),
    [("besvaret", "9. april 2031"), ("afsluttet", "9. april 2031"), ("spam", "8. november 2030")],
)
def test_the_citizens_page_shows_the_day_of_deletion(client, council, state, forgotten):
    moment = timezone.make_aware(datetime.datetime(2030, 10, 9, 12))
    citizen_input = make.input_(council, state=state, answer="Ja.", answered_at=moment, closed_at=moment)
    assert f"Vi sletter det, du skrev, {forgotten}." in words(client.get(lifecycle.link_path(citizen_input)))


def test_a_guessed_or_changed_link_shows_nothing(client, council, vejle, bo):
    address = send(client).url
    make.council(vejle)
    token = address.rstrip("/").rpartition("/")[2]
    for wrong in (address[:-5] + "/", address.replace("esbjerg", "vejle"), "/esbjerg/skriv-til-raadet/1/"):
        response = client.get(wrong)
        assert response.status_code == 404
        assert Input.objects.get().reference not in response.content.decode()
    assert client.post(address).status_code == 405
    assert client.get(f"/esbjerg/godkend/{token}/").status_code == 404


def test_the_citizens_page_shows_the_meeting_once_the_item_is_public(client, council):
    address = send(client).url
    citizen_input = Input.objects.get()
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(days=20))
    lifecycle.put_on_agenda(citizen_input, meeting)
    assert "taler om det" not in words(client.get(address))
    type(meeting.agenda).objects.filter(meeting=meeting).update(**make.state(Status.PUBLISHED))
    page = client.get(address)
    assert "taler om det" in words(page)
    assert f"#punkt-{Input.objects.get().item_id}" in page.content.decode()


# Spam


def test_too_fast_and_too_old_are_asked_to_send_again_with_the_text_kept(client, council):
    for age in (0, 2 * 24 * 60 * 60):
        stamp = signing.dumps(int(timezone.now().timestamp()) - age, salt=spam_protection._SALT)
        page = send(client, hentet=stamp)
        assert page.status_code == 200 and WORDS in page.content.decode()
    assert not Input.objects.exists()


def test_a_filled_honeypot_field_is_rejected(client, council):
    page = send(client, kommentar="Buy now")
    assert page.status_code == 200 and "Buy now" not in page.content.decode()
    assert not Input.objects.exists()
    hidden = re.search(r"<div hidden>.*?</div>", page.content.decode(), re.DOTALL)[0]
    assert 'name="kommentar"' in hidden


def test_an_input_with_many_links_is_held_without_a_receipt(client, council):
    text = "http://a.example http://b.example www.c.example"
    response = send(client, text=text, email="offer@example.dk")
    citizen_input = Input.objects.get()
    assert citizen_input.state == Input.State.HELD
    assert not Letter.objects.exists()
    assert "Tak. Vi har fået det" in words(client.get(response.url))
    lifecycle.release(citizen_input)
    assert Input.objects.get().state == Input.State.NEW
    assert Letter.objects.filter(to="offer@example.dk").count() == 1


def test_two_links_are_no_spam(client, council):
    send(client, text="Se https://avisen.example og https://radio.example")
    assert Input.objects.get().state == Input.State.NEW


def test_one_network_that_sends_a_lot_is_held_and_no_address_is_kept(client, council):
    for number in range(lifecycle.MAX_PER_NETWORK + 2):
        send(client, text=f"Nummer {number}")
    states = list(Input.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["ny"] * lifecycle.MAX_PER_NETWORK + ["maaske-spam"] * 2
    assert FormSubmission.objects.count() == lifecycle.MAX_PER_NETWORK
    assert "203.0.113" not in everything_stored()


def test_one_address_gets_no_more_than_a_few_receipts_a_day(client, council):
    for number in range(lifecycle.MAX_PER_ADDRESS + 2):
        send(client, text=f"Nummer {number}", email="ofte@example\u200b.dk" if number % 2 else "Ofte@Example.dk")
    assert Letter.objects.filter(to__istartswith="ofte@").count() == lifecycle.MAX_PER_ADDRESS


def test_a_flood_of_inputs_is_held_and_then_refused_with_the_phone_number(client, council, monkeypatch):
    monkeypatch.setattr(lifecycle, "MAX_PER_DAY", 1)
    monkeypatch.setattr(lifecycle, "CAPACITY_PER_DAY", 2)
    for number in range(2):
        send(client, text=f"Nummer {number}")
    assert [citizen_input.state for citizen_input in Input.objects.order_by("pk")] == ["ny", "maaske-spam"]
    page = send(client, text="Nummer tre")
    assert page.status_code == 200 and "Ring i stedet" in words(page)
    assert "Nummer tre" in page.content.decode()
    assert Input.objects.count() == 2


# The secretary


@pytest.fixture
def citizen_input(council):
    return make.input_(council, WORDS, name="Karl Madsen", email="karl@example.dk", phone="20 30 40 50")


@pytest.fixture
def as_anna(client, anna):
    client.force_login(anna)
    return client


def edit_url(citizen_input, what="change"):
    return reverse(f"admin:council_input_{what}", args=[citizen_input.pk])


def press(client, citizen_input, action):
    return client.post(edit_url(citizen_input, "action"), {"action": action}, follow=True)


def test_my_desk_shows_an_unanswered_input(anna, council):
    citizen_input = make.input_(council)
    Input.objects.filter(pk=citizen_input.pk).update(created_at=timezone.now() - datetime.timedelta(days=3))
    row = next(row for row in council_tasks.inputs(MyDesk(anna)))
    assert row.title == "En borger skrev til rådet for 3 dage siden"
    assert (row.url, row.severity) == (edit_url(citizen_input), Severity.READY)
    Input.objects.filter(pk=citizen_input.pk).update(created_at=timezone.now() - datetime.timedelta(days=8))
    assert next(council_tasks.inputs(MyDesk(anna))).severity == Severity.LATE


def test_my_desk_counts_inputs_and_possible_spam_separately(anna, bo, council, django_assert_num_queries):
    for state in (Input.State.NEW, Input.State.NEW, Input.State.HELD, Input.State.UNDER_WAY, Input.State.ANSWERED):
        make.input_(council, state=state)
    with django_assert_num_queries(2):  # the user's roles, and the inputs
        rows = {row.title for row in council_tasks.inputs(MyDesk(anna))}
    assert rows == {
        "2 borgere har henvendt sig til rådet",
        "1 henvendelse ligner spam",
        "1 borger venter stadig på svar",
    }
    assert not list(council_tasks.inputs(MyDesk(bo)))


def test_an_input_on_an_agenda_is_due_again_when_the_meeting_is_over(anna, council):
    today = timezone.localdate()
    citizen_input = make.input_(council, state=Input.State.UNDER_WAY, item=make.item(make.meeting(council, today)))
    assert not list(council_tasks.inputs(MyDesk(anna)))
    council.meetings.update(date=today - datetime.timedelta(days=1))
    assert [row.url for row in council_tasks.inputs(MyDesk(anna))] == [edit_url(citizen_input)]


def test_the_secretary_answers_by_letter(as_anna, citizen_input, mailbox):
    page = as_anna.get(edit_url(citizen_input, "answer"))
    assert WORDS in page.content.decode()
    given = {"seen": citizen_input.version, "text": "Der kommer tre bænke."}
    assert as_anna.post(edit_url(citizen_input, "answer"), given).status_code == 302
    citizen_input.refresh_from_db()
    assert (citizen_input.state, citizen_input.answer) == (Input.State.ANSWERED, "Der kommer tre bænke.")
    assert citizen_input.answered_at and citizen_input.closed_at
    send_letters(timezone.now())
    (delivery,) = mailbox.deliveries
    assert delivery.recipients == ["karl@example.dk"]
    assert "Kære Karl Madsen" in delivery.text and "Der kommer tre bænke." in delivery.text
    assert WORDS not in delivery.text


def test_two_who_answer_at_once_send_one_answer(as_anna, citizen_input):
    seen = citizen_input.version
    lifecycle.answer(citizen_input, "Det første svar.")
    page = as_anna.post(edit_url(citizen_input, "answer"), {"seen": seen, "text": "Det andet svar."})
    assert page.status_code == 200
    assert "En anden har ændret henvendelsen imens" in words(page) and "Det andet svar." in page.content.decode()
    citizen_input.refresh_from_db()
    assert citizen_input.answer == "Det første svar."
    assert Letter.objects.filter(to="karl@example.dk").count() == 1


def test_an_answer_that_is_empty_or_has_a_cpr_number_is_not_sent(as_anna, citizen_input):
    for text in (f"Dit nummer er {CPR}", "  ", "", "a" * 6001, "a\x00b"):
        page = as_anna.post(edit_url(citizen_input, "answer"), {"seen": citizen_input.version, "text": text})
        assert page.status_code == 200 and "Fejl:" in page.content.decode(), text[:20]
    citizen_input.refresh_from_db()
    assert (citizen_input.state, citizen_input.answer) == (Input.State.NEW, "")
    assert not Letter.objects.exists()
    assert CPR not in everything_stored()


def test_an_editor_reads_but_sends_nothing_out_of_the_house(client, carla, citizen_input):
    client.force_login(carla)
    assert WORDS in client.get(edit_url(citizen_input, "answer")).content.decode()
    assert client.post(edit_url(citizen_input, "answer"), {"seen": "1", "text": "Hej"}).status_code == 403
    assert client.post(edit_url(citizen_input, "forget")).status_code == 403
    assert not Letter.objects.exists()


def test_one_click_puts_it_on_an_agenda_without_anything_of_the_citizens(as_anna, citizen_input, council):
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(days=20), Status.DRAFT)
    given = {
        "version": citizen_input.version,
        "title": "Bænke ved banegården",
        "question": "Kan der komme <bænke>?",
        "meeting": meeting.pk,
        "_put_on_agenda": "",
    }
    page = as_anna.post(edit_url(citizen_input), given, follow=True)
    assert "Sat på dagsordenen til mødet" in words(page)
    citizen_input.refresh_from_db()
    item = citizen_input.item
    assert (item.meeting, item.title, item.presentation) == (
        meeting,
        "Bænke ved banegården",
        "<p>Kan der komme &lt;bænke&gt;?</p>",
    )
    assert citizen_input.state == Input.State.UNDER_WAY
    stored = " ".join(str(value) for value in item.revisioned_values().values())
    assert not any(word in stored for word in ("Karl", "Madsen", "karl@", "20 30", WORDS))
    # A second click adds no second item.
    as_anna.post(edit_url(citizen_input), given | {"version": citizen_input.version})
    assert meeting.items.count() == 1


def test_without_the_secretarys_wording_the_item_has_a_neutral_title(citizen_input, council):
    item = lifecycle.put_on_agenda(citizen_input, make.meeting(council, timezone.localdate()))
    assert (item.title, item.presentation) == ("Henvendelse fra en borger", "")


def test_on_a_public_agenda_it_waits_for_the_supplement(citizen_input, council):
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(days=20))
    make.agenda(meeting)
    item = lifecycle.put_on_agenda(citizen_input, meeting)
    assert item.supplement == "venter"


def test_no_meeting_of_another_or_of_the_past_takes_it(as_anna, citizen_input, council, vejle):
    theirs = make.meeting(make.council(vejle), timezone.localdate() + datetime.timedelta(days=3))
    held = make.meeting(council, timezone.localdate() - datetime.timedelta(days=3))
    make.meeting(council, timezone.localdate() + datetime.timedelta(days=30))
    for chosen in (theirs.pk, held.pk, "", "x", "9" * 30):
        page = as_anna.post(
            edit_url(citizen_input),
            {"version": citizen_input.version, "meeting": chosen, "_put_on_agenda": ""},
            follow=True,
        )
        assert "Vælg et møde, der ikke er holdt endnu" in words(page)
        citizen_input.refresh_from_db()
        assert citizen_input.item is None


def test_spam_is_put_aside_and_taken_back(as_anna, citizen_input):
    press(as_anna, citizen_input, "spam")
    citizen_input.refresh_from_db()
    assert citizen_input.state == Input.State.SPAM and citizen_input.closed_at
    press(as_anna, citizen_input, "not_spam")
    citizen_input.refresh_from_db()
    assert citizen_input.state == Input.State.NEW and citizen_input.closed_at is None
    press(as_anna, citizen_input, "close")
    assert "gjort noget ved henvendelsen imens" in words(press(as_anna, citizen_input, "spam"))
    press(as_anna, citizen_input, "reopen")
    citizen_input.refresh_from_db()
    assert citizen_input.state == Input.State.UNDER_WAY
    assert "Tryk på en af knapperne" in words(press(as_anna, citizen_input, "noget helt andet"))


def test_revisions_contain_nothing_of_the_citizens_text(as_anna, citizen_input):
    as_anna.post(
        edit_url(citizen_input), {"version": citizen_input.version, "title": "Bænke", "question": "Hvor er bænkene?"}
    )
    lifecycle.answer(citizen_input, "De kommer.")
    history = str([(r.label, r.by_name, r.values) for r in Revision.objects.of(citizen_input)])
    assert "De kommer." in history and "Bænke" in history
    assert not any(word in history for word in ("Karl", "karl@", "20 30", WORDS))
    assert WORDS not in as_anna.get(edit_url(citizen_input, "history")).content.decode()


# Spoken inputs

NOTE = reverse("admin:council_input_note")


def test_the_secretary_notes_what_a_citizen_said_by_phone(as_anna, anna, council):
    assert f'href="{NOTE}"' in as_anna.get(reverse("admin:council_input_changelist")).content.decode()
    assert "det bliver slettet nogle måneder efter, at du har svaret" in words(as_anna.get(NOTE))
    response = as_anna.post(NOTE, {"text": WORDS, "name": "Karl Madsen", "phone": "20 30 40 50", "hentet": "nu"})
    citizen_input = Input.objects.get()
    assert response.url == reverse("admin:council_input_change", args=[citizen_input.pk])
    assert (citizen_input.kind, citizen_input.state, citizen_input.text, citizen_input.council) == (
        "sagt",
        "ny",
        WORDS,
        council,
    )
    assert not citizen_input.may_publish and not Letter.objects.exists()
    # The history names the secretary and has nothing of the citizen's text.
    assert Revision.objects.of(citizen_input).get().by == anna
    assert WORDS not in str(Revision.objects.of(citizen_input).get().values)
    [row] = due_tasks(MyDesk(anna))
    assert row.title == "En borger talte med rådet i dag"
    # A second click saves no second input.
    as_anna.post(NOTE, {"text": WORDS, "name": "Karl Madsen", "phone": "20 30 40 50", "hentet": "nu"})
    assert Input.objects.count() == 1
    # Without an e-mail address, the message has the phone number to call.
    page = as_anna.post(
        edit_url(citizen_input, "answer"), {"seen": citizen_input.version, "text": "Vi tager det op."}, follow=True
    )
    assert "Ring til borgeren på 20 30 40 50" in words(page)


def test_a_citizen_who_gave_an_address_by_phone_gets_receipt_and_answer(as_anna, council):
    as_anna.post(NOTE, {"text": WORDS, "email": "karl@example.dk"})
    receipt = Letter.objects.get()
    assert receipt.to == "karl@example.dk" and "Tak, fordi du talte med" in receipt.text
    assert lifecycle.link_path(Input.objects.get()) in receipt.text and WORDS not in receipt.text
    citizen_input = Input.objects.get()
    as_anna.post(edit_url(citizen_input, "answer"), {"seen": citizen_input.version, "text": "Vi tager det op."})
    assert "Du talte med" in Letter.objects.latest("pk").text


def test_a_spoken_input_without_an_address_mentions_no_page(as_anna, council):
    as_anna.post(NOTE, {"text": WORDS})
    citizen_input = Input.objects.get()
    assert "Hverken telefon eller e-mail" in words(as_anna.get(edit_url(citizen_input, "answer")))
    page = as_anna.post(
        edit_url(citizen_input, "answer"), {"seen": citizen_input.version, "text": "Vi tager det op."}, follow=True
    )
    assert "Svaret er gemt." in words(page) and "eget link" not in words(page)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": ""}, "Skriv, hvad borgeren sagde."),
        ({"text": f"Hun har {CPR}"}, "ligner et CPR-nummer"),
        ({"name": f"Karl {CPR}"}, "ligner et CPR-nummer"),
        ({"email": "karl"}, "Det ligner ikke en e-mail"),
        ({"text": "x" * 4001}, "Skriv det kortere"),
        ({"topic": "999999"}, "Vælg"),
    ],
    ids=str,
)
def test_an_invalid_note_of_a_call_gives_the_reason_and_saves_nothing(as_anna, council, fields, message):
    response = as_anna.post(NOTE, {"text": WORDS} | fields)
    assert response.status_code == 400 and message in words(response)
    assert not Input.objects.exists() and CPR not in everything_stored()


def test_a_call_is_written_down_for_ones_own_council_only(client, council, vejle, bo, carla, dan, operator):
    theirs = make.council(vejle)
    client.force_login(bo)
    client.post(NOTE, {"text": WORDS, "council": council.pk})
    assert [citizen_input.council for citizen_input in Input.objects.all()] == [theirs]
    # A role that may not send answers sends no receipt.
    for user in (carla, dan):
        client.force_login(user)
        assert client.post(NOTE, {"text": WORDS}).status_code == 403
        assert f'href="{NOTE}"' not in client.get(reverse("admin:council_input_changelist")).content.decode()
    assert Input.objects.count() == 1
    client.force_login(operator)
    assert client.post(NOTE, {"text": "Et andet ord.", "council": "x"}).status_code == 400
    client.post(NOTE, {"text": "Et andet ord.", "council": council.pk})
    assert council.inputs.get().text == "Et andet ord."


def test_a_noted_text_can_be_edited_and_a_citizens_own_text_cannot(as_anna, council, citizen_input):
    as_anna.post(NOTE, {"text": WORDS, "phone": "20 30 40 50"})
    noted = Input.objects.get(kind=Input.Kind.SPOKEN)
    data = {"version": noted.version, "title": "", "question": "", "text": "Bænke ved havnen.", "phone": "20 30 40 51"}
    assert "ligner et CPR-nummer" in words(as_anna.post(edit_url(noted), data | {"name": f"Karl {CPR}"}))
    assert as_anna.post(edit_url(noted), data).status_code == 302
    noted.refresh_from_db()
    assert (noted.text, noted.phone) == ("Bænke ved havnen.", "20 30 40 51")
    assert "Bænke" not in str([revision.values for revision in Revision.objects.of(noted)])
    as_anna.post(edit_url(citizen_input), data | {"version": citizen_input.version})
    citizen_input.refresh_from_db()
    assert citizen_input.text == WORDS


def test_a_noted_input_cannot_be_marked_as_spam(as_anna, council):
    as_anna.post(NOTE, {"text": WORDS})
    noted = Input.objects.get()
    assert "Det er spam" not in words(as_anna.get(edit_url(noted)))
    press(as_anna, noted, "spam")
    noted.refresh_from_db()
    assert noted.state == Input.State.NEW


# Public questions and answers


def test_with_consent_the_question_is_shown_in_the_secretarys_wording(client, council):
    make.answered_input(council, text=WORDS, name="Karl Madsen")
    page = client.get("/esbjerg/udsatteraad/spoergsmaal/")
    assert "Det har andre spurgt om" in words(page)
    assert "Kommer der bænke ved banegården?" in words(page) and "Ja, til foråret." in words(page)
    assert WORDS not in words(page) and "Karl" not in words(page)
    front = client.get("/esbjerg/udsatteraad/").content.decode()
    assert Input.objects.get().get_absolute_url() in front


def test_without_consent_nothing_is_shown_whatever_the_status(client, council):
    citizen_input = make.answered_input(council, may_publish=False)
    assert not Input.objects.published().exists()
    assert citizen_input.title not in words(client.get("/esbjerg/udsatteraad/spoergsmaal/"))
    assert citizen_input.title not in words(client.get("/esbjerg/udsatteraad/"))
    assert not SearchEntry.objects.filter(kind="svar").exists()


def test_the_search_finds_it_until_the_consent_is_withdrawn(client, council):
    citizen_input = make.answered_input(council, text="Pingvin")
    assert citizen_input.get_absolute_url() in client.get("/soeg/?q=bænke").content.decode()
    assert citizen_input.get_absolute_url() not in client.get("/soeg/?q=pingvin").content.decode()
    citizen_input.may_publish = False
    citizen_input.save()
    assert citizen_input.get_absolute_url() not in client.get("/soeg/?q=bænke").content.decode()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"may_publish": False}, "ikke sagt ja"),
        ({"title": ""}, "hvad det handler om"),
        ({"question": ""}, "med dine egne ord"),
        ({"answered_at": None}, "Svar borgeren først"),
        ({"name": "Karl Madsen", "answer": "Kære Karl Madsen"}, "Borgerens navn"),
        ({"phone": "20 30 40 50", "answer": "Vi ringer på 20304050"}, "Borgerens telefon"),
        ({"email": "karl@example.dk", "question": "Skriv til Karl@example.dk"}, "Borgerens e-mail"),
    ],
)
def test_the_gate_blocks_incomplete_texts_and_the_citizens_name(as_anna, council, anna, fields, why):
    citizen_input = make.answered_input(council, status=Status.DRAFT, **fields)
    assert why in words(as_anna.get(edit_url(citizen_input, "publish")))
    with pytest.raises(ValidationError, match=why):
        citizen_input.publish(by=anna, confirmed=True)


def test_the_secretary_publishes_it_through_the_gate(as_anna, council, client):
    citizen_input = make.answered_input(council, status=Status.DRAFT)
    assert "Det har andre spurgt om" in words(as_anna.get(edit_url(citizen_input, "preview")))
    page = as_anna.get(edit_url(citizen_input, "publish"))
    seen = re.search(r'name="seen" value="([^"]+)"', page.content.decode())[1]
    as_anna.post(edit_url(citizen_input, "publish"), {"seen": seen, "confirmed": "on"})
    assert list(Input.objects.published()) == [citizen_input]


def test_the_item_it_became_is_linked_once_it_is_public(client, council):
    meeting = make.meeting(council, datetime.date(2025, 3, 3))
    item = make.item(meeting)
    make.answered_input(council, item=item)
    assert item.get_absolute_url() not in client.get("/esbjerg/udsatteraad/spoergsmaal/").content.decode()
    make.agenda(meeting)
    assert item.get_absolute_url() in client.get("/esbjerg/udsatteraad/spoergsmaal/").content.decode()
    item.is_closed = True
    item.save()
    assert item.get_absolute_url() not in client.get("/esbjerg/udsatteraad/spoergsmaal/").content.decode()


@pytest.mark.parametrize("address", ["/esbjerg/udsatteraad/", "/esbjerg/udsatteraad/spoergsmaal/"])
def test_many_answers_cost_the_queries_of_few(client, council, address):
    meeting = make.meeting(council)
    make.agenda(meeting)

    def ask():
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    make.answered_input(council, item=make.item(meeting))
    few = ask()
    for number in range(6):
        make.answered_input(council, f"Spørgsmål {number}", item=make.item(meeting))
    assert ask() == few


# Deletion


def later(months, days=0):
    return timezone.now() + datetime.timedelta(days=31 * months + days)


def test_after_the_promised_months_the_citizen_is_forgotten_in_row_history_and_letters(client, council):
    address = send(client, name="Karl Madsen", email="karl@example.dk", phone="20 30 40 50").url
    citizen_input = Input.objects.get()
    lifecycle.answer(citizen_input, "Kære Karl, der kommer bænke.")
    Revision.objects.of(citizen_input).update(is_closed=True)
    citizen_input.refresh_from_db()
    citizen_input.answer = "Kære Karl Madsen, der kommer tre."
    citizen_input.save()
    assert lifecycle.forget_old_inputs(timezone.now() + datetime.timedelta(days=150)) == 0
    assert lifecycle.forget_old_inputs(later(council.input_months, 1)) == 1
    kept = everything_stored()
    for gone in ("Karl", "karl@example.dk", "20 30 40 50", WORDS, "der kommer"):
        assert gone not in kept, gone
    citizen_input.refresh_from_db()
    assert citizen_input.state == Input.State.ANSWERED and citizen_input.forgotten_at
    assert "Vi har slettet det, du skrev" in words(client.get(address))
    assert lifecycle.forget_old_inputs(later(council.input_months, 2)) == 0


def test_published_answers_are_kept(council):
    citizen_input = make.answered_input(council, text=WORDS, name="Karl")
    assert lifecycle.forget_old_inputs(later(7)) == 1
    citizen_input.refresh_from_db()
    assert (citizen_input.text, citizen_input.name) == ("", "")
    assert citizen_input.title and citizen_input.question and citizen_input.answer
    assert list(Input.objects.published()) == [citizen_input]


def test_an_unanswered_one_is_never_deleted_silently(council):
    for state in (Input.State.NEW, Input.State.UNDER_WAY, Input.State.HELD):
        make.input_(council, state=state)
    assert lifecycle.forget_old_inputs(later(60)) == 0
    assert Input.objects.exclude(text="").count() == 3


def test_the_council_decides_how_long(council, vejle):
    council.input_months = 2
    council.save()
    moment = timezone.now() - datetime.timedelta(days=80)
    make.input_(council, state=Input.State.CLOSED, closed_at=moment)
    theirs = make.input_(make.council(vejle), state=Input.State.CLOSED, closed_at=moment)
    assert lifecycle.forget_old_inputs(timezone.now()) == 1
    theirs.refresh_from_db()
    assert theirs.text


def test_spam_is_deleted_with_its_history(council):
    citizen_input = make.input_(council, "Buy", email="offer@example.dk")
    lifecycle.close(citizen_input, Input.State.SPAM)
    assert lifecycle.forget_old_inputs(timezone.now() + datetime.timedelta(days=29)) == 0
    assert lifecycle.forget_old_inputs(timezone.now() + datetime.timedelta(days=31)) == 1
    assert not Input.objects.exists() and not Revision.objects.of(citizen_input).exists()


def test_an_input_is_deleted_at_the_citizens_request(as_anna, citizen_input):
    assert "Det kan ikke fortrydes" in words(as_anna.get(edit_url(citizen_input, "forget")))
    assert Input.objects.get().text
    as_anna.post(edit_url(citizen_input, "forget"))
    forgotten = Input.objects.get()
    assert (forgotten.text, forgotten.name, forgotten.email) == ("", "", "")
    assert forgotten.state == Input.State.CLOSED
    assert as_anna.get(edit_url(citizen_input, "forget")).status_code == 302
    assert "ikke noget at svare på længere" in words(
        as_anna.post(edit_url(citizen_input, "answer"), {"seen": forgotten.version, "text": "Hej"})
    )


# Keyboard only


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_citizen_writes_with_the_keys_alone_and_reads_the_answer(council, page_without_javascript):
    page = page_without_javascript
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/esbjerg/udsatteraad/")

    def tab_to(name, most=80):
        """Press Tab until the element with that name has the focus."""
        for _ in range(most):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            if focused.count() and name in (focused.text_content() or "") + (focused.get_attribute("id") or ""):
                return focused
        raise AssertionError(f"Tab never came to {name}")

    tab_to("Skriv til rådet")
    page.keyboard.press("Enter")
    page.wait_for_url("**/skriv-til-raadet/")
    tab_to("id_text")
    page.keyboard.type(f"Mit nummer er {CPR}. {WORDS}")
    assert not page.locator("[name=kommentar]").is_visible()
    tab_to("Send til rådet")
    # The form must look as if it was loaded a while ago.
    stamp = signing.dumps(int(timezone.now().timestamp()) - 60, salt=spam_protection._SALT)
    page.locator("[name=hentet]").evaluate("(field, stamp) => { field.value = stamp }", stamp)
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    # The error message has the focus and is announced.
    assert page.locator(":focus").get_attribute("role") == "alert"
    assert not Input.objects.exists()
    tab_to("Her står noget, der ligner et CPR-nummer")
    page.keyboard.press("Enter")
    tab_to("id_text")
    page.keyboard.press("Control+A")
    page.keyboard.type(WORDS)
    tab_to("Send til rådet")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Tak. Vi har fået det").wait_for()
    assert page.context.cookies() == []
    citizen_input = Input.objects.get()
    assert citizen_input.reference in page.inner_text("main")
    lifecycle.answer(citizen_input, "Der kommer tre bænke.")
    page.reload()
    assert "Der kommer tre bænke." in page.inner_text("main")
