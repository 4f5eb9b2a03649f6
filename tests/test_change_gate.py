"""The gate of changes: what a save makes public is reviewed like a publication."""

import html
import io
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from council.models import AgendaItem, Attachment, News, Person
from udsat.lib.publishing import Status
from udsat.models import HeldFile, PublicationEvent

from . import factories as make
from .test_agenda import OpenPage
from .test_back_office_conflict import log_in, opened, save
from .test_back_office_scope import text, url

PRIVATE = "Bente Krogh bor på Skolevej 12. Ring 26 18 44 07."
FOUND = ["Bente Krogh", "Skolevej 12", "26 18 44 07"]


@pytest.fixture
def annas(anna):
    return log_in(anna)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


@pytest.fixture
def meeting(council):
    made = make.meeting(council)
    make.agenda(made)
    made.refresh_from_db()
    return made


@pytest.fixture
def closed(meeting):
    presentation = f"<p>{PRIVATE}</p>"
    return make.item(meeting, "Om en borger", is_closed=True, public_title="En sag", presentation=presentation)


def is_gate(response):
    return response.status_code == 200 and "<h1>Se på ændringen</h1>" in text(response)


def found(response):
    """Return the marked words of the findings at the gate."""
    return [row.finding.match for one in response.context["reviewed"] for row in one.findings]


def hidden_fields(response):
    """Return what the page of the gate sends again."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text(response))
    data = {}
    for name, value in inputs:
        data.setdefault(html.unescape(name), []).append(html.unescape(value))
    data.pop("csrfmiddlewaretoken", None)
    seen = response.context["form"]["seen"]
    return data | {seen.html_name: seen.value()}


def confirm(client, response, **answers):
    """Tick everything at the gate, and send it."""
    form = response.context["form"]
    ticks = {form.add_prefix(name): "on" for name in form.fields if name != "seen"}
    return client.post(response.context["action"], hidden_fields(response) | ticks | answers)


def through_the_gate(client, response):
    """Return the response after the gate, if the page stopped there."""
    return confirm(client, response) if is_gate(response) else response


def is_public(client, it, words):
    return words in html.unescape(text(client.get(it.get_absolute_url())))


# What stops


def test_opening_a_closed_item_of_a_public_agenda_stops_at_the_gate(annas, client, meeting, closed):
    response = save(annas, closed, {k: v for k, v in opened(annas, closed).items() if k != "is_closed"})
    assert is_gate(response) and found(response) == FOUND
    assert "ingen uden for redaktionen kunnet læse før" in text(response)
    assert not is_public(client, meeting, "Bente Krogh")
    assert confirm(annas, response).status_code == 302
    assert is_public(client, meeting, "Bente Krogh bor på Skolevej 12")
    event = PublicationEvent.objects.get()
    assert (event.action, event.subject, event.by_name, event.confirmed) == ("aendr", meeting.agenda, "Anna", True)


def test_opening_an_item_stops_even_where_nothing_is_found(annas, client, meeting, closed):
    AgendaItem.objects.filter(pk=closed.pk).update(presentation="<p>Hun er syg.</p>")
    closed.refresh_from_db()
    response = save(annas, closed, {k: v for k, v in opened(annas, closed).items() if k != "is_closed"})
    assert is_gate(response) and found(response) == [] and "Hun er syg." in text(response)
    answered = annas.post(response.context["action"], hidden_fields(response))
    assert is_gate(answered) and "Læs teksten, og sæt så et hak her." in text(answered)
    assert not is_public(client, meeting, "Hun er syg.")


def test_a_picture_of_a_closed_item_is_looked_at_when_the_item_is_opened(annas, meeting, closed):
    make.attachment(meeting, name="brev.png", content=png(), item=closed)
    response = save(annas, closed, {k: v for k, v in opened(annas, closed).items() if k != "is_closed"})
    assert [name for name, _ in response.context["files"]] == ["brev.png"]


@pytest.mark.parametrize("what", ["item", "news", "goal", "council", "membership", "meeting", "agenda", "municipality"])
def test_a_private_name_typed_into_a_public_text_stops_at_the_gate(annas, eva, client, esbjerg, meeting, what):
    it, name = {
        "item": lambda: (make.item(meeting, "Boliger"), "presentation"),
        "news": lambda: (make.news(esbjerg), "lead"),
        "goal": lambda: (make.goal(make.theme(make.strategy(esbjerg))), "explanation"),
        "council": lambda: (meeting.council, "about"),
        "membership": lambda: (make.membership(meeting.council), "area"),
        "meeting": lambda: (meeting, "title"),
        "agenda": lambda: (meeting.agenda, "intro"),
        "municipality": lambda: (esbjerg, "phone_hours"),
    }[what]()
    users = log_in(eva) if what == "municipality" else annas
    typed = opened(users, it) | {name: "Spørg Bente Krogh"}
    response = save(users, it, typed)
    assert is_gate(response) and found(response) == ["Bente Krogh"]
    it.refresh_from_db()
    assert "Bente" not in getattr(it, name)
    assert confirm(users, response).status_code == 302
    it.refresh_from_db()
    assert "Bente Krogh" in getattr(it, name)


def test_a_planned_text_stops_too(annas, esbjerg):
    news = make.news(esbjerg, status="planlagt")
    assert is_gate(save(annas, news, opened(annas, news) | {"lead": PRIVATE}))


def test_a_text_that_has_expired_stops_when_it_is_shown_again(annas, esbjerg):
    news = make.news(esbjerg, status="udløbet", lead=PRIVATE)
    data = {name: value for name, value in opened(annas, news).items() if name != "expires_at"}
    response = save(annas, news, data | {"expires_at": ""})
    assert is_gate(response) and found(response) == FOUND


def test_a_name_that_becomes_visible_stops(annas, client, esbjerg, council):
    karen = make.person(esbjerg, "Karen", "Holm", shown=Person.Shown.ROLE)
    make.membership(council, karen)
    response = save(annas, karen, opened(annas, karen) | {"shown": "fuldt", "consent_on": "2025-03-01"})
    assert is_gate(response) and "Holm" in text(response)
    assert confirm(annas, response).status_code == 302
    karen.refresh_from_db()
    assert karen.public_name == "Karen Holm"


def test_a_named_person_who_gets_a_seat_stops(annas, esbjerg, council):
    karen = make.person(esbjerg, "Karen", "Holm", shown=Person.Shown.FULL)
    seat = make.membership(council, is_vacant=True)
    data = {k: v for k, v in opened(annas, seat).items() if k != "is_vacant"}
    response = save(annas, seat, data | {"person": karen.pk})
    assert is_gate(response) and "Karen" in text(response)


def test_several_items_saved_at_once_stop_together(annas, client, meeting):
    make.item(meeting, "Boliger"), make.item(meeting, "Mad")
    page = OpenPage(annas, meeting)
    for item in meeting.items.all():
        page.write(item, presentation=f"<p>{item.title}: Bente Krogh kom.</p>")
    response = page.save()
    assert is_gate(response) and found(response) == ["Bente Krogh", "Bente Krogh"]
    assert confirm(annas, response).status_code == 302
    assert [("Bente" in item.presentation) for item in meeting.items.all()] == [True, True]


def test_restoring_an_old_text_from_the_history_stops(annas, client, esbjerg, anna):
    news = make.news(esbjerg, lead=PRIVATE, status=Status.DRAFT)
    save(annas, news, opened(annas, news) | {"lead": "Intet"})
    news.refresh_from_db()
    news.publish(by=anna, confirmed=True)
    history = url(News, "history", news.pk)
    restore = re.search(r'name="revision" value="(\d+)".*?name="seen" value="([^"]+)"', text(annas.get(history)))
    response = annas.post(history, {"what": "restore", "revision": restore[1], "seen": restore[2], "field": "lead"})
    assert is_gate(response) and found(response) == FOUND
    back = annas.post(history, hidden_fields(response) | {"gate-return": "1"})
    news.refresh_from_db()
    assert back["Location"] == history and news.lead == "Intet"
    assert confirm(annas, response).status_code == 302
    news.refresh_from_db()
    assert news.lead == PRIVATE


# What does not stop


def test_a_corrected_word_is_saved_at_once(annas, esbjerg):
    news = make.news(esbjerg, lead="Der er åbne mandag.")
    assert save(annas, news, opened(annas, news) | {"lead": "Der er åbent mandag."}).status_code == 302
    assert not PublicationEvent.objects.exists()


def test_what_was_public_before_is_not_asked_about_again(annas, esbjerg):
    news = make.news(esbjerg, lead=PRIVATE)
    assert save(annas, news, opened(annas, news) | {"lead": f"{PRIVATE} Mere."}).status_code == 302
    response = save(annas, News.objects.get(), opened(annas, News.objects.get()) | {"lead": f"{PRIVATE} Ole Friis."})
    assert found(response) == ["Ole Friis"]


def test_drafts_and_notes_are_saved_at_once(annas, esbjerg, meeting):
    draft = make.news(esbjerg, "Kladde", status=Status.DRAFT)
    assert save(annas, draft, opened(annas, draft) | {"lead": PRIVATE}).status_code == 302
    assert save(annas, meeting, opened(annas, meeting) | {"internal_note": PRIVATE}).status_code == 302


def test_the_minutes_are_written_freely_while_only_the_agenda_is_public(annas, meeting):
    item = make.item(meeting, "Boliger")
    assert save(annas, item, opened(annas, item) | {"decision": f"<p>{PRIVATE}</p>"}).status_code == 302


def test_closing_an_item_does_not_stop(annas, client, meeting):
    item = make.item(meeting, "Boliger", presentation=f"<p>{PRIVATE}</p>")
    assert save(annas, item, opened(annas, item) | {"is_closed": "on"}).status_code == 302
    assert not is_public(client, meeting, "Bente Krogh")


# Nothing typed is lost


def test_the_person_goes_back_to_the_form_with_the_typed_text(annas, esbjerg):
    news = make.news(esbjerg)
    response = save(annas, news, opened(annas, news) | {"title": "Ny titel", "lead": PRIVATE})
    back = annas.post(response.context["action"], hidden_fields(response) | {"gate-return": "1"})
    page = html.unescape(text(back))
    assert back.status_code == 200 and "Det er ikke gemt." in page
    assert 'value="Ny titel"' in page and PRIVATE in page
    form = back.context["adminform"].form
    again = {name: form[name].value() or "" for name in form.fields}
    assert save(annas, news, again | {"lead": "Uden navn"}).status_code == 302
    news.refresh_from_db()
    assert (news.title, news.lead) == ("Ny titel", "Uden navn")


def test_the_agenda_page_too(annas, meeting):
    item = make.item(meeting, "Boliger")
    response = OpenPage(annas, meeting).write(item, title="Boliger nu", presentation=f"<p>{PRIVATE}</p>").save()
    back = annas.post(response.context["action"], hidden_fields(response) | {"gate-return": "1"})
    page = html.unescape(text(back))
    assert "Det er ikke gemt." in page and "Boliger nu" in page and "Bente Krogh" in page
    item.refresh_from_db()
    assert item.title == "Boliger"


def test_a_tick_is_for_the_text_that_was_read(annas, client, esbjerg):
    news = make.news(esbjerg)
    response = save(annas, news, opened(annas, news) | {"lead": "Bente Krogh kom."})
    other = confirm(annas, response, lead="Ole Friis kom.")
    assert is_gate(other) and found(other) == ["Ole Friis"]
    same_name = confirm(annas, response, lead="Bente Krogh blev smidt ud.")
    assert is_gate(same_name) and "Læs den igen" in text(same_name)
    news.refresh_from_db()
    assert news.lead == ""


# Files


def png():
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return file.getvalue()


def new_attachment(client, meeting, **fields):
    data = {"meeting": meeting.pk, "paper": "dagsorden", "position": 1, "title": "Plakat"} | fields
    file = SimpleUploadedFile("min plakat.png", png(), "image/png")
    return client.post(url(Attachment, "add"), data | {"file": file})


@pytest.mark.engine
def test_a_picture_on_a_public_agenda_is_opened_by_a_person_first(annas, client, meeting):
    response = new_attachment(annas, meeting)
    assert is_gate(response) and not Attachment.objects.exists()
    [(name, address)] = response.context["files"]
    assert name == "min_plakat.png" and annas.get(address).getvalue() == png()
    without = annas.post(response.context["action"], hidden_fields(response) | {"gate-confirmed": "on"})
    assert is_gate(without) and "Åbn filerne" in text(without) and HeldFile.objects.count() == 1
    assert confirm(annas, without).status_code == 302
    attachment = Attachment.objects.get()
    assert attachment.filename == "min_plakat.png" and attachment.file.read() == png()
    assert not HeldFile.objects.exists()


@pytest.mark.engine
def test_a_new_row_is_confirmed_though_it_gets_another_primary_key(annas, meeting):
    """On PostgreSQL a rolled back insert uses up its number."""
    response = new_attachment(annas, meeting, title="Brev fra Bente Krogh")
    assert is_gate(response) and found(response) == ["Bente Krogh"]
    assert confirm(annas, response).status_code == 302
    assert Attachment.objects.get().title == "Brev fra Bente Krogh"


def test_nobody_else_opens_or_sends_the_file_that_waits(annas, carla, client, meeting):
    [(_, address)] = new_attachment(annas, meeting).context["files"]
    assert log_in(carla).get(address).status_code == 404
    data = {"meeting": meeting.pk, "paper": "referat", "position": 1, "gate-held": str(HeldFile.objects.get().key)}
    assert log_in(carla).post(url(Attachment, "add"), data).status_code == 200
    assert not Attachment.objects.exists() and HeldFile.objects.count() == 1
    assert client.get(address).status_code == 302


@pytest.mark.engine
@pytest.mark.parametrize("limit", ["MAX_FILES", "MAX_BYTES"])
def test_the_oldest_files_of_a_user_make_room_for_the_latest(anna, carla, monkeypatch, limit):
    monkeypatch.setattr(f"udsat.models.held_files.{limit}", {"MAX_FILES": 2, "MAX_BYTES": 9}[limit])
    for user, name, size in (
        (carla, "andens.png", 9), (anna, "1.png", 4), (anna, "2.png", 4), (anna, "3.png", 4), (anna, "4.png", 4),
    ):  # fmt: skip
        HeldFile.keep(user, "file", SimpleUploadedFile(name, b"x" * size))
    assert [held.name for held in HeldFile.objects.all()] == ["andens.png", "3.png", "4.png"]
    HeldFile.keep(anna, "file", SimpleUploadedFile("stor.png", b"x" * 20))
    assert HeldFile.objects.filter(user=anna).last().name == "stor.png"


def test_the_chosen_file_comes_back_with_the_form(annas, meeting):
    response = new_attachment(annas, meeting)
    back = annas.post(response.context["action"], hidden_fields(response) | {"gate-return": "1"})
    assert "min plakat.png" in text(back)
    data = hidden_fields_of_form(back) | {"meeting": meeting.pk, "paper": "referat", "position": 1, "title": "x"}
    assert annas.post(url(Attachment, "add"), data).status_code == 302
    assert Attachment.objects.get().file.read() == png()


def hidden_fields_of_form(response):
    return {"gate-held": re.findall(r'name="gate-held" value="([^"]+)"', text(response))}


def test_a_dropped_file_waits_for_the_page(annas, meeting):
    item = make.item(meeting, "Boliger")
    address = reverse("admin:council_meeting_item_file", args=[meeting.pk])
    file = SimpleUploadedFile("plakat.png", png(), "image/png")
    response = annas.post(address, {"item": item.pk, "file": file}, headers={"Accept": "*/*"})
    answered = json.loads(response.content)
    assert answered["needs_review"] and "ses efter" in answered["error"]
    assert not Attachment.objects.exists() and not HeldFile.objects.exists()


def test_a_file_moved_from_the_minutes_to_the_agenda_stops(annas, meeting):
    file = make.attachment(meeting, name="notat.txt", content=PRIVATE.encode(), paper="referat")
    response = save(annas, file, opened(annas, file) | {"paper": "dagsorden"})
    assert is_gate(response) and "26 18 44 07" in found(response)


def test_a_new_photo_of_a_member_is_looked_at(annas, esbjerg, council):
    karen = make.person(esbjerg, "Karen", "Holm", shown=Person.Shown.FULL)
    make.membership(council, karen)
    file = io.BytesIO()
    Image.new("RGB", (400, 400)).save(file, "JPEG")
    photo = SimpleUploadedFile("karen.jpg", file.getvalue(), "image/jpeg")
    response = save(
        annas, karen, opened(annas, karen) | {"photo": photo, "photo_alt": "Karen smiler", "consent_on": "2025-03-01"}
    )
    assert is_gate(response) and len(response.context["files"]) == 1
    assert confirm(annas, response).status_code == 302
    karen.refresh_from_db()
    assert karen.photo
