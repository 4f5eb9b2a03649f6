"""Requests for a dialogue meeting with the council."""

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from council.citizens.inputs import lifecycle
from council.models import Input, Meeting
from council.my_desk import council_tasks
from council.my_desk.tasks import MyDesk
from udsat.lib import spam_protection
from udsat.lib.publishing import Status
from udsat.models import Letter

from . import factories as make
from .approval_cast import words

PAGE = "/esbjerg/udsatteraad/dialog/"


@pytest.fixture
def council(esbjerg, anna):
    return make.council(
        esbjerg, dialogue_label="Dialogklippekort", dialogue_text="Rådet kommer ud til jer.", phone="76 16 16 16"
    )


def book(client, **fields):
    stamp = signing.dumps(int(timezone.now().timestamp()) - 60, salt=spam_protection._SALT)
    given = {"hentet": stamp, "text": "Ventetid på en bolig", "group": "Værestedet Kompasset", "phone": "20 30 40 50"}
    return client.post(PAGE, {name: value for name, value in (given | fields).items() if value is not None})


def test_the_page_has_the_councils_own_word_and_its_text(client, council):
    page = client.get(PAGE)
    assert "<h1>Dialogklippekort</h1>" in page.content.decode()
    assert "Rådet kommer ud til jer." in words(page)
    assert PAGE in client.get("/esbjerg/udsatteraad/").content.decode()


def test_the_page_promises_nothing_that_the_form_does_not_ask(client, council):
    page = words(client.get(PAGE))
    assert "Vi gemmer det, til I har fået svar, og 6 måneder efter." in page
    assert "Siger du ja" not in page and "uden dit navn" not in page


def test_without_a_dialogue_text_the_page_has_a_default(client, council):
    council.dialogue_label = ""
    council.save()
    assert "<h1>Vil I tale med rådet?</h1>" in client.get(PAGE).content.decode()


def test_a_council_that_does_not_offer_it_has_no_page_and_no_link(client, council):
    council.dialogue_label = council.dialogue_text = ""
    council.save()
    page = client.get(PAGE)
    assert page.status_code == 404 and "tilbyder ikke at holde dialogmøder" in words(page)
    assert client.post(PAGE, {"text": "Hej"}).status_code == 404
    assert PAGE not in client.get("/esbjerg/udsatteraad/").content.decode()
    assert not Input.objects.exists()


def test_a_council_without_readers_shows_the_phone_and_no_link(client, esbjerg):
    make.council(esbjerg, dialogue_label="Dialogklippekort", phone="76 16 16 16")
    page = client.get(PAGE)
    assert page.status_code == 200 and "<form" not in page.content.decode() and "76 16 16 16" in words(page)
    assert PAGE not in client.get("/esbjerg/udsatteraad/").content.decode()


def test_a_group_books_and_is_answered(client, council, anna):
    response = book(client, people="14", wished_times="En tirsdag", name="Mona", email="mona@example.dk")
    citizen_input = Input.objects.get()
    assert (citizen_input.kind, citizen_input.group, citizen_input.people, citizen_input.wished_times) == (
        "dialog",
        "Værestedet Kompasset",
        14,
        "En tirsdag",
    )
    assert not citizen_input.may_publish
    assert "finder en dag sammen med jer" in words(client.get(response.url))
    receipt = Letter.objects.get(to="mona@example.dk")
    assert "gerne vil tale med rådet" in receipt.text and "Kompasset" not in receipt.text
    assert next(council_tasks.inputs(MyDesk(anna))).title == "En borger bad om at tale med rådet i dag"
    lifecycle.answer(citizen_input, "Vi kommer tirsdag den 3.")
    assert "Vi kommer tirsdag den 3." in words(client.get(response.url))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"phone": ""}, "Skriv et telefonnummer eller en e-mail"),
        ({"group": ""}, "Skriv, hvem I er."),
        ({"text": None}, "Skriv, hvad I vil tale om."),
        ({"people": "mange"}, "Skriv et tal, for eksempel 12."),
        ({"people": "-3"}, "Skriv et tal"),
        ({"people": "9" * 30}, "Skriv et"),
        ({"group": "010190-1234"}, "ligner et CPR-nummer"),
        ({"wished_times": "Kald på 010190-1234"}, "ligner et CPR-nummer"),
        ({"wished_times": "x" * 401}, "Skriv det kortere"),
    ],
)
def test_errors_are_shown_at_their_field(client, council, fields, message):
    page = book(client, **fields)
    assert page.status_code == 200
    assert message in words(page)
    assert not Input.objects.exists()


def test_an_e_mail_alone_is_enough(client, council):
    assert book(client, phone="", email="mona@example.dk").status_code == 302


def test_the_secretary_makes_the_meeting_with_the_councils_word_and_nothing_of_the_writers(client, council, anna):
    citizen_input = make.input_(council, kind="dialog", group="Værestedet Kompasset", name="Mona", phone="20 30 40 50")
    client.force_login(anna)
    page = client.get(reverse("admin:council_input_change", args=[citizen_input.pk])).content.decode()
    address = reverse("admin:council_meeting_add") + "?kind=dialog&amp;kind_label=Dialogklippekort"
    assert address in page
    form = client.get(address.replace("&amp;", "&")).content.decode()
    assert 'value="Dialogklippekort"' in form and '<option value="dialog" selected>' in form
    assert "Kompasset" not in form and "Mona" not in form
    item = lifecycle.put_on_agenda(citizen_input, make.meeting(council, timezone.localdate(), Status.DRAFT))
    assert item.title == "En gruppe vil tale med rådet"


def test_dialogue_meetings_keep_the_councils_label(client, council):
    meeting = make.meeting(council, timezone.localdate(), kind=Meeting.Kind.DIALOGUE, kind_label="Dialogklippekort")
    assert "<h1>Dialogklippekort" in client.get(meeting.get_absolute_url()).content.decode()
