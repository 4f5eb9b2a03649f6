"""The agenda page in Chromium: by keyboard alone, and a file that is dropped on an item."""

import datetime

import pytest
from django.utils import timezone

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
    page.get_by_label("Brugernavn").fill("anna")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Begynd på dagsordenen").wait_for()
    yield page
    assert errors == []


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
        page.wait_for_function("document.activeElement.id === 'id_new_title'")
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
