"""The agenda page in Chromium: by keyboard alone, and a file that is dropped on an item."""

import datetime
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from council.models import Attachment

from . import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def meeting(esbjerg):
    council = make.council(esbjerg)
    make.standard_item(council, "Godkendelse af dagsorden")
    make.standard_item(council, "Eventuelt", is_last=True)
    return make.meeting(council, timezone.localdate() + datetime.timedelta(days=20))


@pytest.fixture
def agenda_page(page, anna, meeting):
    """The open page. Fails on errors in the console."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"/admin/login/?next=/admin/council/meeting/{meeting.pk}/punkter/")
    log_in(page)
    page.get_by_role("heading", name="Begynd på dagsordenen").wait_for()
    yield page
    assert errors == []


def log_in(page):
    page.get_by_label("Brugernavn").fill("anna")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.keyboard.press("Enter")


def titles(meeting):
    return list(meeting.items.values_list("title", flat=True))


def tab_to(page, element):
    """Press Tab until the element has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("Tab does not reach the element.")


def test_an_agenda_is_built_by_keyboard_alone(agenda_page, meeting):
    page = agenda_page
    tab_to(page, page.get_by_role("button", name="Lav dagsordenen"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Punkter").wait_for()
    tab_to(page, page.locator("#id_new_title"))
    for title in ("Natcafé", "Varme måltider"):
        page.keyboard.type(title)
        page.keyboard.press("Enter")
        page.locator(f"input[value='{title}']").wait_for()
        expect(page.locator("#id_new_title")).to_be_focused()
    assert titles(meeting) == ["Godkendelse af dagsorden", "Natcafé", "Varme måltider", "Eventuelt"]

    row = page.locator(f"#punkt-{meeting.items.get(title='Varme måltider').pk}")
    page.reload()
    tab_to(page, row.get_by_role("button", name="Flyt op"))
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    page.get_by_text("Gemt kl.").wait_for()
    assert titles(meeting) == ["Godkendelse af dagsorden", "Varme måltider", "Natcafé", "Eventuelt"]

    tab_to(page, row.locator("summary").first)
    page.keyboard.press("Enter")
    editor = row.get_by_role("textbox", name="Sagsfremstilling")
    editor.wait_for()
    tab_to(page, editor)
    with page.expect_response(lambda answer: "efter mad." in (answer.request.post_data or "")):
        page.keyboard.type("Flere spørger efter mad.")
    assert meeting.items.get(title="Varme måltider").presentation == "<p>Flere spørger efter mad.</p>"


DROP = """([row, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, {type: "text/plain"}));
    for (const kind of ["dragover", "drop"])
        document.querySelector(row).dispatchEvent(
            new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def test_a_file_dropped_and_a_file_chosen_lie_there_at_once_and_are_removed_in_place(agenda_page, meeting):
    item = make.item(meeting, "Natcafé")
    agenda_page.reload()
    row = agenda_page.locator(f"#punkt-{item.pk}")
    agenda_page.evaluate(DROP, [f"#punkt-{item.pk}", "notat.txt", "Et notat"])
    row.get_by_role("link", name="notat.txt").wait_for()
    chosen = {"name": "brev.txt", "mimeType": "text/plain", "buffer": b"Et brev"}
    row.get_by_label("Læg en fil ved").set_input_files(chosen)
    row.get_by_role("link", name="brev.txt").wait_for()
    assert [(file.item, file.display_title) for file in Attachment.objects.all()] == [
        (item, "notat.txt"),
        (item, "brev.txt"),
    ]
    row.get_by_text("Fjern …").first.click()
    row.get_by_role("button", name="Fjern »notat.txt«").click()
    agenda_page.get_by_text("»notat.txt« er fjernet.").wait_for()
    assert row.get_by_role("link", name="brev.txt").is_visible()
    assert Attachment.objects.get().display_title == "brev.txt"


def test_a_picture_chosen_for_a_public_item_is_looked_at_before_it_is_saved(agenda_page, meeting, tmp_path):
    item = make.item(meeting, "Natcafé")
    make.agenda(meeting)
    agenda_page.reload()
    row = agenda_page.locator(f"#punkt-{item.pk}")
    row.locator("summary").first.click()
    picture = tmp_path / "plakat.png"
    Image.new("RGB", (30, 30)).save(picture)
    row.locator("input[type=file]").set_input_files(picture)
    agenda_page.get_by_role("heading", name="Se på ændringen").wait_for()
    assert not Attachment.objects.exists()
    agenda_page.get_by_label("Jeg har åbnet filerne").check()
    agenda_page.get_by_label("Jeg har læst teksten").check()
    agenda_page.get_by_role("button", name="Gem, så alle kan læse det").click()
    agenda_page.locator("#agenda_form").wait_for(state="attached")
    assert Attachment.objects.get().item == item


def open_item(page, item):
    page.reload()
    row = page.locator(f"#punkt-{item.pk}")
    row.locator("summary").first.click()
    return row


def test_a_tick_of_closed_item_is_no_clash_and_a_saved_page_is_left_without_a_question(agenda_page, meeting):
    item = make.item(meeting, "Om en borger")
    page, asked = agenda_page, []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    row = open_item(page, item)
    row.get_by_label("Lukket punkt").check()
    page.get_by_text("Gemt kl.").wait_for()
    assert row.get_by_label("Neutral titel").input_value() == "Lukket punkt"
    with page.expect_response(lambda answer: "Drøftes" in (answer.request.post_data or "")):
        row.get_by_label("Sagsnr.").fill("Drøftes")
    page.wait_for_function("!document.querySelector('[data-errors]:not([hidden])')")
    item.refresh_from_db()
    assert (item.case_number, item.public_title) == ("Drøftes", "Lukket punkt")
    page.goto("/admin/")
    assert asked == []
    page.goto(f"/admin/council/meeting/{meeting.pk}/punkter/")
    page.locator("#id_new_title").fill("Et punkt, der ikke er sat på")
    page.goto("/admin/")
    assert asked == ["beforeunload"]


def test_the_agenda_says_that_nobody_is_logged_in_and_saves_after_logging_in_elsewhere(page, anna, meeting):
    item = make.item(meeting, "Natcafé")
    page.goto(f"/admin/login/?next=/admin/council/meeting/{meeting.pk}/punkter/")
    log_in(page)
    row = page.locator(f"#punkt-{item.pk}")
    row.wait_for()
    Session.objects.all().delete()
    row.get_by_label("Titel", exact=True).fill("Natcafé på havnen")
    link = page.get_by_role("link", name="Log ind i et nyt vindue")
    link.wait_for()
    assert "Du er logget ud." in page.locator("[data-saved]").inner_text()
    # The computer restarts before she has logged in again.
    address, context = page.url, page.context
    page.close()
    page = context.new_page()
    page.goto(f"/admin/login/?next={urlsplit(address).path}")
    log_in(page)
    page.get_by_text("Det her skrev du sidst, og det er ikke gemt: Natcafé på havnen").wait_for()
    page.get_by_role("button", name="Sæt det ind i feltet").click()
    Session.objects.all().delete()
    link = page.get_by_role("link", name="Log ind i et nyt vindue")
    link.wait_for()
    with page.context.expect_page() as other:
        link.click()
    log_in(other.value)
    other.value.get_by_role("heading", name="Punkter").wait_for()
    other.value.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.get_by_text("Gemt kl.").wait_for()
    assert titles(meeting) == ["Natcafé på havnen"]


def test_the_button_leads_through_the_log_in_page_back_to_what_was_typed(page, anna, meeting):
    item = make.item(meeting, "Natcafé")
    page.goto(f"/admin/login/?next=/admin/council/meeting/{meeting.pk}/punkter/")
    log_in(page)
    page.locator(f"#punkt-{item.pk}").get_by_label("Titel", exact=True).fill("Natcafé på havnen")
    Session.objects.all().delete()
    page.get_by_role("button", name="Gem", exact=True).last.click()
    page.get_by_text("Du var logget ud, da du trykkede på knappen.").wait_for()
    log_in(page)
    page.get_by_text("Det er ikke gemt endnu.").wait_for()
    assert page.locator(f"#punkt-{item.pk}").get_by_label("Titel", exact=True).input_value() == "Natcafé på havnen"
    page.get_by_role("button", name="Gem", exact=True).last.click()
    page.get_by_text("Dagsordenen er gemt.").wait_for()
    assert titles(meeting) == ["Natcafé på havnen"]
