"""A citizen writes to the council, is answered, and is forgotten."""

import datetime
import logging
import re

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.utils import timezone

from council.inputs import desk
from council.models import Input
from udsat.lib import spam
from udsat.lib.publishing import Status
from udsat.models import Knock, Letter

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
    return {"hentet": signing.dumps(minute_ago, salt=spam._SALT), "kommentar": ""}


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
    desk.answer(Input.objects.get(), "Vi har spurgt banen. Der kommer tre bænke.")
    page = client.get(address)
    assert "Her er svaret" in words(page) and "Der kommer tre bænke" in words(page)
    assert WORDS not in words(page)


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
    desk.put_on_agenda(found, meeting)
    assert "taler om det" not in words(client.get(address))
    type(meeting.agenda).objects.filter(meeting=meeting).update(**make.state(Status.PUBLISHED))
    page = client.get(address)
    assert "taler om det" in words(page)
    assert f"#punkt-{Input.objects.get().item_id}" in page.content.decode()


# Spam


def test_too_fast_and_too_old_are_asked_to_send_again_with_the_text_kept(client, council):
    for age in (0, 2 * 24 * 60 * 60):
        stamp = signing.dumps(int(timezone.now().timestamp()) - age, salt=spam._SALT)
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
    desk.release(found)
    assert Input.objects.get().state == Input.State.NEW
    assert Letter.objects.filter(to="offer@example.dk").count() == 1


def test_two_links_are_no_spam(client, council):
    send(client, text="Se https://avisen.example og https://radio.example")
    assert Input.objects.get().state == Input.State.NEW


def test_one_network_that_sends_a_lot_is_held_and_no_address_is_kept(client, council):
    for number in range(desk.MOST_FROM_NETWORK + 2):
        send(client, text=f"Nummer {number}")
    states = list(Input.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["ny"] * desk.MOST_FROM_NETWORK + ["maaske-spam"] * 2
    assert Knock.objects.count() == desk.MOST_FROM_NETWORK
    assert "203.0.113" not in everything_stored()


def test_one_address_gets_no_more_than_a_few_receipts_a_day(client, council):
    for number in range(desk.MOST_FROM_ADDRESS + 2):
        send(client, text=f"Nummer {number}", email="ofte@example.dk" if number % 2 else "Ofte@Example.dk")
    assert Letter.objects.filter(to__iexact="ofte@example.dk").count() == desk.MOST_FROM_ADDRESS


def test_a_flood_is_held_and_then_asked_to_ring(client, council, monkeypatch):
    monkeypatch.setattr(desk, "MOST_A_DAY", 1)
    monkeypatch.setattr(desk, "FULL", 2)
    for number in range(2):
        send(client, text=f"Nummer {number}")
    assert [found.state for found in Input.objects.order_by("pk")] == ["ny", "maaske-spam"]
    page = send(client, text="Nummer tre")
    assert page.status_code == 200 and "Ring i stedet" in words(page)
    assert "Nummer tre" in page.content.decode()
    assert Input.objects.count() == 2
