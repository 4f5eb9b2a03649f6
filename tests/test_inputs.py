"""A citizen writes to the council, is answered, and is forgotten."""

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

from council import due_tasks
from council.citizens.inputs import lifecycle
from council.models import Input
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
    """The fields of the form as a browser would send them back, fetched a minute ago."""
    html = page.content.decode()
    assert 'name="hentet"' in html
    minute_ago = int(timezone.now().timestamp()) - 60
    return {"hentet": signing.dumps(minute_ago, salt=spam_protection._SALT), "kommentar": ""}


def send(client, address="/esbjerg/skriv-til-raadet/", **fields):
    given = form_of(client.get(address)) | {"text": WORDS} | fields
    return client.post(address, given, REMOTE_ADDR="203.0.113.9")


def everything_stored():
    """All rows of all tables, as text."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found.append(str(cursor.fetchall()))
    return "\n".join(found)


# Before one writes


def test_the_page_says_where_a_case_of_ones_own_belongs_who_reads_and_when_it_is_deleted(client, council, esbjerg):
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


def test_where_nobody_reads_the_page_gives_the_phone_and_no_form(client, esbjerg):
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


def test_anybody_can_write_without_saying_who_she_is(client, council):
    response = send(client)
    found = Input.objects.get()
    assert (found.text, found.name, found.state, found.kind) == (WORDS, "", "ny", "skriv")
    page = client.get(response.url)
    assert found.reference in words(page)
    assert "Svaret kommer her på siden" in words(page)
    # Another may stand behind her, or open the browser's history.
    assert WORDS not in page.content.decode()


def test_it_works_for_a_browser_that_checks_tokens(council):
    client = Client(enforce_csrf_checks=True)
    assert send(client).status_code == 302


def test_a_volunteer_writes_for_another(client, council):
    send(client, for_other="on", name="Vera fra Værestedet", phone="20 30 40 50")
    found = Input.objects.get()
    assert found.for_other and found.name == "Vera fra Værestedet" and not found.may_publish


def test_the_secretary_hears_of_it_and_the_mail_does_not_say_what_it_was(client, council, anna):
    send(client, name="Karl Madsen", email="karl@example.dk")
    notice, receipt = Letter.objects.order_by("pk")
    assert (notice.to, receipt.to) == (anna.email, "karl@example.dk")
    for letter in (notice, receipt):
        said = letter.subject + letter.text + letter.to_name
        assert WORDS not in said and "Karl" not in said
    assert f"/admin/council/input/{Input.objects.get().pk}/" in notice.text
    assert "karl@example.dk" not in notice.text
    assert "/esbjerg/skriv-til-raadet/" in receipt.text and Input.objects.get().reference in receipt.text


def test_nobody_is_written_to_where_no_address_is_given(client, council, anna):
    send(client)
    assert list(Letter.objects.values_list("to", flat=True)) == [anna.email]


@pytest.mark.parametrize("field", ["text", "name", "phone", "email"])
def test_a_cpr_number_is_stopped_before_anything_is_kept(client, council, field, caplog):
    caplog.set_level(logging.DEBUG)
    value = {"email": f"{CPR}@example.dk"}.get(field, f"Jeg hedder {CPR}"[-38:])
    response = send(client, **{field: value})
    assert response.status_code == 200
    page = response.content.decode()
    assert "ligner et CPR-nummer" in page and value in page
    assert not Input.objects.exists() and not Letter.objects.exists()
    assert CPR not in everything_stored() + caplog.text
    # What else she wrote is still there, and can be sent.
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


def test_sent_twice_by_a_nervous_finger_it_is_one(client, council):
    given = form_of(client.get("/esbjerg/skriv-til-raadet/")) | {"text": WORDS, "email": "a@example.dk"}
    first, second = (client.post("/esbjerg/skriv-til-raadet/", given) for _ in range(2))
    assert words(client.get(first.url)) == words(client.get(second.url))
    assert Input.objects.count() == 1
    assert Letter.objects.filter(to="a@example.dk").count() == 1
    # The same form with other words is another.
    client.post("/esbjerg/skriv-til-raadet/", given | {"text": "Og så er der heller ikke noget toilet."})
    assert Input.objects.count() == 2


# The writer's own page


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
def test_the_writers_page_says_the_day_on_which_it_is_deleted(client, council, state, forgotten):
    moment = timezone.make_aware(datetime.datetime(2030, 10, 9, 12))
    found = make.input_(council, state=state, answer="Ja.", answered_at=moment, closed_at=moment)
    assert f"Vi sletter det, du skrev, {forgotten}." in words(client.get(lifecycle.link_path(found)))


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


def test_the_page_says_when_the_council_talks_about_it_once_everybody_may_know(client, council):
    address = send(client).url
    found = Input.objects.get()
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(days=20))
    lifecycle.put_on_agenda(found, meeting)
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


def test_what_fills_in_the_hidden_field_is_asked_to_send_again(client, council):
    page = send(client, kommentar="Buy now")
    assert page.status_code == 200 and "Buy now" not in page.content.decode()
    assert not Input.objects.exists()
    hidden = re.search(r"<div hidden>.*?</div>", page.content.decode(), re.DOTALL)[0]
    assert 'name="kommentar"' in hidden


def test_many_links_are_held_for_the_secretary_and_nobody_is_written_to(client, council):
    text = "http://a.example http://b.example www.c.example"
    response = send(client, text=text, email="offer@example.dk")
    found = Input.objects.get()
    assert found.state == Input.State.HELD
    assert not Letter.objects.exists()
    assert "Tak. Vi har fået det" in words(client.get(response.url))
    lifecycle.release(found)
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


def test_a_flood_is_held_and_then_asked_to_ring(client, council, monkeypatch):
    monkeypatch.setattr(lifecycle, "MAX_PER_DAY", 1)
    monkeypatch.setattr(lifecycle, "CAPACITY_PER_DAY", 2)
    for number in range(2):
        send(client, text=f"Nummer {number}")
    assert [found.state for found in Input.objects.order_by("pk")] == ["ny", "maaske-spam"]
    page = send(client, text="Nummer tre")
    assert page.status_code == 200 and "Ring i stedet" in words(page)
    assert "Nummer tre" in page.content.decode()
    assert Input.objects.count() == 2


# The secretary


@pytest.fixture
def found(council):
    return make.input_(council, WORDS, name="Karl Madsen", email="karl@example.dk", phone="20 30 40 50")


@pytest.fixture
def as_anna(client, anna):
    client.force_login(anna)
    return client


def edit_url(found, what="change"):
    return reverse(f"admin:council_input_{what}", args=[found.pk])


def press(client, found, action):
    return client.post(edit_url(found, "action"), {"action": action}, follow=True)


def test_her_desk_says_that_a_citizen_has_written(anna, council):
    found = make.input_(council)
    Input.objects.filter(pk=found.pk).update(created_at=timezone.now() - datetime.timedelta(days=3))
    row = next(row for row in due_tasks.inputs(due_tasks.UserTasks(anna)))
    assert row.title == "En borger skrev til rådet for 3 dage siden"
    assert (row.url, row.severity) == (edit_url(found), due_tasks.Severity.READY)
    Input.objects.filter(pk=found.pk).update(created_at=timezone.now() - datetime.timedelta(days=8))
    assert next(due_tasks.inputs(due_tasks.UserTasks(anna))).severity == due_tasks.Severity.LATE


def test_her_desk_counts_several_and_keeps_what_may_be_spam_apart(anna, bo, council, django_assert_num_queries):
    for state in (Input.State.NEW, Input.State.NEW, Input.State.HELD, Input.State.UNDER_WAY, Input.State.ANSWERED):
        make.input_(council, state=state)
    with django_assert_num_queries(2):  # her roles, and the inputs
        rows = {row.title for row in due_tasks.inputs(due_tasks.UserTasks(anna))}
    assert rows == {
        "2 borgere har henvendt sig til rådet",
        "1 henvendelse ligner spam",
        "1 borger venter stadig på svar",
    }
    assert not list(due_tasks.inputs(due_tasks.UserTasks(bo)))


def test_what_the_council_will_talk_about_is_due_again_when_the_meeting_is_over(anna, council):
    today = timezone.localdate()
    found = make.input_(council, state=Input.State.UNDER_WAY, item=make.item(make.meeting(council, today)))
    assert not list(due_tasks.inputs(due_tasks.UserTasks(anna)))
    council.meetings.update(date=today - datetime.timedelta(days=1))
    assert [row.url for row in due_tasks.inputs(due_tasks.UserTasks(anna))] == [edit_url(found)]


def test_she_answers_and_the_letter_brings_it(as_anna, found, mailbox):
    page = as_anna.get(edit_url(found, "answer"))
    assert WORDS in page.content.decode()
    given = {"seen": found.version, "text": "Der kommer tre bænke."}
    assert as_anna.post(edit_url(found, "answer"), given).status_code == 302
    found.refresh_from_db()
    assert (found.state, found.answer) == (Input.State.ANSWERED, "Der kommer tre bænke.")
    assert found.answered_at and found.closed_at
    send_letters(timezone.now())
    (delivery,) = mailbox.deliveries
    assert delivery.recipients == ["karl@example.dk"]
    assert "Kære Karl Madsen" in delivery.text and "Der kommer tre bænke." in delivery.text
    assert WORDS not in delivery.text


def test_two_who_answer_at_once_send_one_answer(as_anna, found):
    seen = found.version
    lifecycle.answer(found, "Det første svar.")
    page = as_anna.post(edit_url(found, "answer"), {"seen": seen, "text": "Det andet svar."})
    assert page.status_code == 200
    assert "En anden har ændret henvendelsen imens" in words(page) and "Det andet svar." in page.content.decode()
    found.refresh_from_db()
    assert found.answer == "Det første svar."
    assert Letter.objects.filter(to="karl@example.dk").count() == 1


def test_an_answer_with_a_cpr_number_or_without_words_is_not_sent(as_anna, found):
    for text in (f"Dit nummer er {CPR}", "  ", "", "a" * 6001, "a\x00b"):
        page = as_anna.post(edit_url(found, "answer"), {"seen": found.version, "text": text})
        assert page.status_code == 200 and "Fejl:" in page.content.decode(), text[:20]
    found.refresh_from_db()
    assert (found.state, found.answer) == (Input.State.NEW, "")
    assert not Letter.objects.exists()
    assert CPR not in everything_stored()


def test_an_editor_reads_but_sends_nothing_out_of_the_house(client, carla, found):
    client.force_login(carla)
    assert WORDS in client.get(edit_url(found, "answer")).content.decode()
    assert client.post(edit_url(found, "answer"), {"seen": "1", "text": "Hej"}).status_code == 403
    assert client.post(edit_url(found, "forget")).status_code == 403
    assert not Letter.objects.exists()


def test_one_click_puts_it_on_an_agenda_without_anything_of_the_citizens(as_anna, found, council):
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(days=20), Status.DRAFT)
    given = {
        "version": found.version, "title": "Bænke ved banegården", "question": "Kan der komme <bænke>?",
        "meeting": meeting.pk, "_put_on_agenda": "",
    }  # fmt: skip
    page = as_anna.post(edit_url(found), given, follow=True)
    assert "Sat på dagsordenen til mødet" in words(page)
    found.refresh_from_db()
    item = found.item
    assert (item.meeting, item.title, item.presentation) == (
        meeting, "Bænke ved banegården", "<p>Kan der komme &lt;bænke&gt;?</p>",
    )  # fmt: skip
    assert found.state == Input.State.UNDER_WAY
    said = " ".join(str(value) for value in item.revisioned_values().values())
    assert not any(word in said for word in ("Karl", "Madsen", "karl@", "20 30", WORDS))
    # Once is enough.
    as_anna.post(edit_url(found), given | {"version": found.version})
    assert meeting.items.count() == 1


def test_without_words_of_hers_the_item_has_a_neutral_title(found, council):
    item = lifecycle.put_on_agenda(found, make.meeting(council, timezone.localdate()))
    assert (item.title, item.presentation) == ("Henvendelse fra en borger", "")


def test_on_a_public_agenda_it_waits_for_the_supplement(found, council):
    meeting = make.meeting(council, timezone.localdate() + datetime.timedelta(days=20))
    make.agenda(meeting)
    item = lifecycle.put_on_agenda(found, meeting)
    assert item.supplement == "venter"


def test_no_meeting_of_another_or_of_the_past_takes_it(as_anna, found, council, vejle):
    theirs = make.meeting(make.council(vejle), timezone.localdate() + datetime.timedelta(days=3))
    held = make.meeting(council, timezone.localdate() - datetime.timedelta(days=3))
    make.meeting(council, timezone.localdate() + datetime.timedelta(days=30))
    for chosen in (theirs.pk, held.pk, "", "x", "9" * 30):
        page = as_anna.post(
            edit_url(found), {"version": found.version, "meeting": chosen, "_put_on_agenda": ""}, follow=True
        )
        assert "Vælg et møde, der ikke er holdt endnu" in words(page)
        found.refresh_from_db()
        assert found.item is None


def test_spam_is_put_aside_and_taken_back(as_anna, found):
    press(as_anna, found, "spam")
    found.refresh_from_db()
    assert found.state == Input.State.SPAM and found.closed_at
    press(as_anna, found, "not_spam")
    found.refresh_from_db()
    assert found.state == Input.State.NEW and found.closed_at is None
    press(as_anna, found, "close")
    assert "gjort noget ved henvendelsen imens" in words(press(as_anna, found, "spam"))
    press(as_anna, found, "reopen")
    found.refresh_from_db()
    assert found.state == Input.State.UNDER_WAY
    assert "Tryk på en af knapperne" in words(press(as_anna, found, "noget helt andet"))


def test_the_citizens_words_stand_in_no_revision(as_anna, found):
    as_anna.post(edit_url(found), {"version": found.version, "title": "Bænke", "question": "Hvor er bænkene?"})
    lifecycle.answer(found, "De kommer.")
    history = str([(r.label, r.by_name, r.values) for r in Revision.objects.of(found)])
    assert "De kommer." in history and "Bænke" in history
    assert not any(word in history for word in ("Karl", "karl@", "20 30", WORDS))
    assert WORDS not in as_anna.get(edit_url(found, "history")).content.decode()


# Said by phone or at a shelter

NOTE = reverse("admin:council_input_note")


def test_the_secretary_writes_down_what_somebody_said_by_phone(as_anna, anna, council):
    assert f'href="{NOTE}"' in as_anna.get(reverse("admin:council_input_changelist")).content.decode()
    assert "det bliver slettet nogle måneder efter, at du har svaret" in words(as_anna.get(NOTE))
    response = as_anna.post(NOTE, {"text": WORDS, "name": "Karl Madsen", "phone": "20 30 40 50", "hentet": "nu"})
    found = Input.objects.get()
    assert response.url == reverse("admin:council_input_change", args=[found.pk])
    assert (found.kind, found.state, found.text, found.council) == ("sagt", "ny", WORDS, council)
    assert not found.may_publish and not Letter.objects.exists()
    # The history says that she did it, and nothing of what was said.
    assert Revision.objects.of(found).get().by == anna
    assert WORDS not in str(Revision.objects.of(found).get().values)
    [row] = due_tasks.UserTasks(anna).due()
    assert row.title == "En borger talte med rådet i dag"
    # The same click twice is one.
    as_anna.post(NOTE, {"text": WORDS, "name": "Karl Madsen", "phone": "20 30 40 50", "hentet": "nu"})
    assert Input.objects.count() == 1
    # She answers and is told to ring.
    page = as_anna.post(edit_url(found, "answer"), {"seen": found.version, "text": "Vi tager det op."}, follow=True)
    assert "Ring til borgeren på 20 30 40 50" in words(page)


def test_whoever_gave_an_address_by_phone_gets_a_receipt_and_the_answer(as_anna, council):
    as_anna.post(NOTE, {"text": WORDS, "email": "karl@example.dk"})
    receipt = Letter.objects.get()
    assert receipt.to == "karl@example.dk" and "Tak, fordi du talte med" in receipt.text
    assert lifecycle.link_path(Input.objects.get()) in receipt.text and WORDS not in receipt.text
    found = Input.objects.get()
    as_anna.post(edit_url(found, "answer"), {"seen": found.version, "text": "Vi tager det op."})
    assert "Du talte med" in Letter.objects.latest("pk").text


def test_without_phone_and_address_nobody_is_promised_a_page(as_anna, council):
    as_anna.post(NOTE, {"text": WORDS})
    found = Input.objects.get()
    assert "Hverken telefon eller e-mail" in words(as_anna.get(edit_url(found, "answer")))
    page = as_anna.post(edit_url(found, "answer"), {"seen": found.version, "text": "Vi tager det op."}, follow=True)
    assert "Svaret er gemt." in words(page) and "eget link" not in words(page)


@pytest.mark.parametrize(
    ("fields", "said"),
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
def test_what_cannot_be_kept_of_a_call_is_said_and_leaves_nothing(as_anna, council, fields, said):
    response = as_anna.post(NOTE, {"text": WORDS} | fields)
    assert response.status_code == 400 and said in words(response)
    assert not Input.objects.exists() and CPR not in everything_stored()


def test_a_call_is_written_down_for_ones_own_council_only(client, council, vejle, bo, carla, dan, operator):
    theirs = make.council(vejle)
    client.force_login(bo)
    client.post(NOTE, {"text": WORDS, "council": council.pk})
    assert [found.council for found in Input.objects.all()] == [theirs]
    # Whoever may not send an answer out of the house sends no receipt either.
    for user in (carla, dan):
        client.force_login(user)
        assert client.post(NOTE, {"text": WORDS}).status_code == 403
        assert f'href="{NOTE}"' not in client.get(reverse("admin:council_input_changelist")).content.decode()
    assert Input.objects.count() == 1
    client.force_login(operator)
    assert client.post(NOTE, {"text": "Et andet ord.", "council": "x"}).status_code == 400
    client.post(NOTE, {"text": "Et andet ord.", "council": council.pk})
    assert council.inputs.get().text == "Et andet ord."


def test_what_she_wrote_down_can_be_mended_and_what_a_citizen_typed_cannot(as_anna, council, found):
    as_anna.post(NOTE, {"text": WORDS, "phone": "20 30 40 50"})
    noted = Input.objects.get(kind=Input.Kind.SPOKEN)
    data = {"version": noted.version, "title": "", "question": "", "text": "Bænke ved havnen.", "phone": "20 30 40 51"}
    assert "ligner et CPR-nummer" in words(as_anna.post(edit_url(noted), data | {"name": f"Karl {CPR}"}))
    assert as_anna.post(edit_url(noted), data).status_code == 302
    noted.refresh_from_db()
    assert (noted.text, noted.phone) == ("Bænke ved havnen.", "20 30 40 51")
    assert "Bænke" not in str([revision.values for revision in Revision.objects.of(noted)])
    as_anna.post(edit_url(found), data | {"version": found.version})
    found.refresh_from_db()
    assert found.text == WORDS


def test_nobody_calls_her_own_note_spam(as_anna, council):
    as_anna.post(NOTE, {"text": WORDS})
    noted = Input.objects.get()
    assert "Det er spam" not in words(as_anna.get(edit_url(noted)))
    press(as_anna, noted, "spam")
    noted.refresh_from_db()
    assert noted.state == Input.State.NEW


# What others see


def test_what_the_writer_agreed_to_is_shown_in_the_secretarys_words(client, council):
    make.answered_input(council, text=WORDS, name="Karl Madsen")
    page = client.get("/esbjerg/udsatteraad/spoergsmaal/")
    assert "Det har andre spurgt om" in words(page)
    assert "Kommer der bænke ved banegården?" in words(page) and "Ja, til foråret." in words(page)
    assert WORDS not in words(page) and "Karl" not in words(page)
    front = client.get("/esbjerg/udsatteraad/").content.decode()
    assert Input.objects.get().get_absolute_url() in front


def test_without_her_consent_nothing_is_shown_whatever_the_status(client, council):
    found = make.answered_input(council, may_publish=False)
    assert not Input.objects.published().exists()
    assert found.title not in words(client.get("/esbjerg/udsatteraad/spoergsmaal/"))
    assert found.title not in words(client.get("/esbjerg/udsatteraad/"))
    assert not SearchEntry.objects.filter(kind="svar").exists()


def test_it_is_found_by_search_until_she_changes_her_mind(client, council):
    found = make.answered_input(council, text="Pingvin")
    assert found.get_absolute_url() in client.get("/soeg/?q=bænke").content.decode()
    assert found.get_absolute_url() not in client.get("/soeg/?q=pingvin").content.decode()
    found.may_publish = False
    found.save()
    assert found.get_absolute_url() not in client.get("/soeg/?q=bænke").content.decode()


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
def test_the_gate_stops_what_is_not_ready_or_names_the_writer(as_anna, council, anna, fields, why):
    found = make.answered_input(council, status=Status.DRAFT, **fields)
    assert why in words(as_anna.get(edit_url(found, "publish")))
    with pytest.raises(ValidationError, match=why):
        found.publish(by=anna, confirmed=True)


def test_she_publishes_it_through_the_gate(as_anna, council, client):
    found = make.answered_input(council, status=Status.DRAFT)
    assert "Det har andre spurgt om" in words(as_anna.get(edit_url(found, "preview")))
    page = as_anna.get(edit_url(found, "publish"))
    seen = re.search(r'name="seen" value="([^"]+)"', page.content.decode())[1]
    as_anna.post(edit_url(found, "publish"), {"seen": seen, "confirmed": "on"})
    assert list(Input.objects.published()) == [found]


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


# Forgetting


def later(months, days=0):
    return timezone.now() + datetime.timedelta(days=31 * months + days)


def test_after_the_promised_months_the_citizen_is_forgotten_in_row_history_and_letters(client, council):
    address = send(client, name="Karl Madsen", email="karl@example.dk", phone="20 30 40 50").url
    found = Input.objects.get()
    lifecycle.answer(found, "Kære Karl, der kommer bænke.")
    Revision.objects.of(found).update(is_closed=True)
    found.refresh_from_db()
    found.answer = "Kære Karl Madsen, der kommer tre."
    found.save()
    assert lifecycle.forget_old_inputs(timezone.now() + datetime.timedelta(days=150)) == 0
    assert lifecycle.forget_old_inputs(later(council.input_months, 1)) == 1
    kept = everything_stored()
    for gone in ("Karl", "karl@example.dk", "20 30 40 50", WORDS, "der kommer"):
        assert gone not in kept, gone
    found.refresh_from_db()
    assert found.state == Input.State.ANSWERED and found.forgotten_at
    assert "Vi har slettet det, du skrev" in words(client.get(address))
    assert lifecycle.forget_old_inputs(later(council.input_months, 2)) == 0


def test_what_everybody_may_read_stays(council):
    found = make.answered_input(council, text=WORDS, name="Karl")
    assert lifecycle.forget_old_inputs(later(7)) == 1
    found.refresh_from_db()
    assert (found.text, found.name) == ("", "")
    assert found.title and found.question and found.answer
    assert list(Input.objects.published()) == [found]


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
    found = make.input_(council, "Buy", email="offer@example.dk")
    lifecycle.close(found, Input.State.SPAM)
    assert lifecycle.forget_old_inputs(timezone.now() + datetime.timedelta(days=29)) == 0
    assert lifecycle.forget_old_inputs(timezone.now() + datetime.timedelta(days=31)) == 1
    assert not Input.objects.exists() and not Revision.objects.of(found).exists()


def test_a_citizen_who_asks_is_forgotten_at_once(as_anna, found):
    assert "Det kan ikke fortrydes" in words(as_anna.get(edit_url(found, "forget")))
    assert Input.objects.get().text
    as_anna.post(edit_url(found, "forget"))
    forgotten = Input.objects.get()
    assert (forgotten.text, forgotten.name, forgotten.email) == ("", "", "")
    assert forgotten.state == Input.State.CLOSED
    assert as_anna.get(edit_url(found, "forget")).status_code == 302
    assert "ikke noget at svare på længere" in words(
        as_anna.post(edit_url(found, "answer"), {"seen": forgotten.version, "text": "Hej"})
    )


# By keyboard only


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_citizen_writes_with_the_keys_alone_and_reads_the_answer(council, page_without_javascript):
    page = page_without_javascript
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/esbjerg/udsatteraad/")

    def tab_to(name, most=80):
        """Press Tab until the focus is on what has that name."""
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
    # The form was handed out a while ago, as it is for somebody who types.
    stamp = signing.dumps(int(timezone.now().timestamp()) - 60, salt=spam_protection._SALT)
    page.locator("[name=hentet]").evaluate("(field, stamp) => { field.value = stamp }", stamp)
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    # What went wrong is where she is, and is read to her.
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
    found = Input.objects.get()
    assert found.reference in page.inner_text("main")
    lifecycle.answer(found, "Der kommer tre bænke.")
    page.reload()
    assert "Der kommer tre bænke." in page.inner_text("main")
