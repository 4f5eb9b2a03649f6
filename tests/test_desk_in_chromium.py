"""The meeting desk in Chromium: by keyboard alone, offline, with a colleague, without JavaScript."""

from pathlib import Path

import axe_playwright_python
import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from council.models import AgendaItem, Agreement, Attendance, DeskClash, Invitation, Minutes
from udsat.lib.publishing import Status

from . import factories as make
from .crashing_server import crashing_server, traffic

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def barriers(page):
    page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [f"{v['id']} {v['nodes'][0]['html'][:200]}" for v in found]


@pytest.fixture
def server(transactional_db, settings):
    with crashing_server(settings) as server:
        yield server


@pytest.fixture
def meeting(esbjerg):
    council = make.council(esbjerg, quorum="halvdelen")
    meeting = make.meeting(council, status=Status.DRAFT)
    karen = make.membership(council, make.person(esbjerg, "Karen"))
    ib = make.membership(council, make.person(esbjerg, "Ib"))
    Invitation.objects.create(meeting=meeting, member=karen, reply="kommer")
    Invitation.objects.create(meeting=meeting, member=ib, reply="afbud")
    make.item(meeting, title="Boliger til unge", presentation="<p>Der mangler boliger.</p>")
    make.item(meeting, title="Varme stuer")
    return meeting


@pytest.fixture
def desk_of(chromium, server, meeting):
    """Return a function that opens the desk in a window of a user. Fails on errors in the console."""
    errors, contexts = [], []

    def log_in(context, user):
        client = Client()
        client.force_login(user)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}
        context.add_cookies([cookie])

    def open_desk(user, context=None):
        if context is None:
            context = chromium.new_context(
                base_url=server.url, locale="da-DK", timezone_id="Europe/Copenhagen", reduced_motion="reduce"
            )
            contexts.append(context)
            log_in(context, user)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if "Security Policy" in m.text else None)
        page.goto(reverse("admin:council_meeting_desk", args=[meeting.pk]))
        expect(page.locator("[data-status]")).to_contain_text("Gemt kl.")
        expect(page.locator("[contenteditable=true]").first).to_be_visible()
        return page

    open_desk.log_in = log_in
    yield open_desk
    for context in contexts:
        # Requests under way may finish; new ones are aborted.
        context.route("**/*", lambda route: route.abort())
    traffic.wait_until_idle()
    for context in contexts:
        context.close()
    assert errors == []


def saved(page):
    expect(page.locator("[data-state]")).to_have_attribute("data-kind", "saved")


def field(page, item, label):
    return page.locator(f'[data-row="item:{item.pk}"]').get_by_role("textbox", name=label, exact=True)


def open_item(page, item):
    page.get_by_role("navigation", name="Punkter").get_by_role("link", name=item.title).click()


def test_the_item_at_hand_is_open_and_the_others_are_folded(desk_of, meeting, anna):
    homes, stues = meeting.items.all()
    homes.discussion = "<p>Talt igennem.</p>"
    homes.save()
    page = desk_of(anna)
    expect(field(page, stues, "Beslutning")).to_be_visible()
    expect(field(page, homes, "Beslutning")).to_be_hidden()
    page.get_by_role("heading", name="1. Boliger til unge").click()
    expect(field(page, homes, "Beslutning")).to_be_visible()
    expect(field(page, homes, "Referat")).to_be_focused()
    expect(field(page, stues, "Beslutning")).to_be_hidden()
    page.goto(f"{page.url}#punkt-{stues.pk}-felter")
    page.reload()
    expect(field(page, stues, "Beslutning")).to_be_visible()


def test_a_meeting_is_written_by_keyboard_alone(desk_of, meeting, anna):
    page = desk_of(anna)
    homes, stues = meeting.items.all()
    press, text = page.keyboard.press, page.keyboard.type
    press("Alt+0")
    expect(page.get_by_role("navigation", name="Punkter").get_by_role("link", name="Fremmøde")).to_be_focused()
    press("Tab")
    press("Enter")
    expect(field(page, homes, "Referat")).to_be_focused()
    text("Mette fortalte om boligerne.")
    press("Alt+2")
    press("Alt+1")
    press("Alt+A")
    text("Ringe til boligforeningen")
    press("Tab")
    press("Tab")
    text("Jobcenteret")
    press("Alt+PageDown")
    expect(field(page, stues, "Referat")).to_be_focused()
    text("Det blev talt igennem.")
    press("Alt+3")
    press("Alt+3")  # the same key again takes it away
    press("Alt+N")
    text("Nye nøgler til huset")
    press("Control+S")
    saved(page)
    homes.refresh_from_db()
    stues.refresh_from_db()
    assert (homes.discussion, homes.answer) == ("<p>Mette fortalte om boligerne.</p>", "godkendt")
    assert (stues.discussion, stues.answer) == ("<p>Det blev talt igennem.</p>", "")
    agreement = Agreement.objects.get()
    assert (agreement.item, agreement.text, agreement.responsible) == (
        homes,
        "Ringe til boligforeningen",
        "Jobcenteret",
    )
    assert AgendaItem.objects.get(raised_at_meeting=True).title == "Nye nøgler til huset"
    # The replies to the invitation are saved with the first edit.
    assert sorted(Attendance.objects.values_list("status", flat=True)) == ["afbud", "til-stede"]
    expect(page.locator("[data-quorum]")).to_contain_text("1 af 2 medlemmer er til stede. Rådet er beslutningsdygtigt.")
    expect(
        page.get_by_role("navigation", name="Punkter").get_by_role("link", name="Boliger til unge ✓")
    ).to_be_visible()
    assert barriers(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme="dark")
    assert barriers(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_page_that_dies_without_connection_leaves_its_words_to_the_next(desk_of, meeting, anna):
    page = desk_of(anna)
    homes = meeting.items.first()
    page.context.set_offline(True)
    field(page, homes, "Beslutning").click()
    page.keyboard.type("Rådet siger ja, men")
    expect(page.locator("[data-status]")).to_have_text("Ingen forbindelse: gemt på denne computer", timeout=10_000)
    expect(page.get_by_role("status").first).to_contain_text("Ingen forbindelse")
    context = page.context
    page.close()
    homes.refresh_from_db()
    assert homes.decision == ""
    context.set_offline(False)
    page = desk_of(anna, context)
    expect(page.locator("[data-notice]")).to_contain_text("Her lå tekst fra sidst, som ikke var sendt")
    expect(field(page, homes, "Beslutning")).to_contain_text("Rådet siger ja, men")
    homes.refresh_from_db()
    assert homes.decision == "<p>Rådet siger ja, men</p>"
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 1
    page.reload()
    expect(page.locator("[data-status]")).to_contain_text("Gemt kl.")
    expect(page.locator("[data-notice]")).to_be_hidden()


def test_two_at_the_desk_see_each_other_and_choose_between_two_texts(desk_of, meeting, anna, carla):
    hers, his = desk_of(anna), desk_of(carla)
    homes, stues = meeting.items.all()
    field(his, homes, "Beslutning").click()
    expect(hers.locator("[data-present]")).to_contain_text("Carla (ved punkt 1)")
    his.keyboard.type("Fra Carla")
    expect(field(hers, homes, "Beslutning")).to_have_text("Fra Carla")
    # Both write while one of them is offline.
    hers.context.set_offline(True)
    open_item(hers, stues)
    field(hers, stues, "Beslutning").click()
    hers.keyboard.type("Annas tekst")
    open_item(his, stues)
    field(his, stues, "Beslutning").click()
    his.keyboard.type("Carlas tekst")
    saved(his)
    hers.context.set_offline(False)
    clash = hers.locator(".clash")
    expect(clash).to_contain_text("Carlas tekst")
    expect(clash).to_contain_text("Annas tekst")
    expect(field(hers, stues, "Beslutning")).to_have_text("Annas tekst")
    expect(his.locator(".clash")).to_contain_text("Annas tekst")
    assert barriers(hers) == []
    expect(clash.get_by_role("button")).to_have_text(["Behold begge", "Brug min tekst", "Behold Carlas tekst"])
    clash.get_by_role("button", name="Behold begge").press("Enter")
    expect(hers.locator(".clash")).to_have_count(0)
    for page in (hers, his):
        expect(field(page, stues, "Beslutning")).to_contain_text("Carlas tekst")
        expect(field(page, stues, "Beslutning")).to_contain_text("Annas tekst")
    stues.refresh_from_db()
    assert stues.decision == "<p>Carlas tekst</p><p>Annas tekst</p>"
    assert not DeskClash.objects.filter(resolved_at=None).exists()


def test_text_is_kept_for_a_user_who_is_logged_out(desk_of, meeting, anna):
    page = desk_of(anna)
    homes = meeting.items.first()
    page.context.clear_cookies()
    field(page, homes, "Beslutning").click()
    page.keyboard.type("Skrevet uden log-in")
    expect(page.locator("[data-status]")).to_have_text("Du er logget ud: gemt på denne computer")
    expect(page.get_by_role("link", name="Log ind i et nyt vindue")).to_be_visible()
    desk_of.log_in(page.context, anna)
    saved(page)
    homes.refresh_from_db()
    assert homes.decision == "<p>Skrevet uden log-in</p>"


def test_from_the_end_of_the_meeting_to_public_minutes_in_four_clicks(desk_of, meeting, anna):
    page = desk_of(anna)
    field(page, meeting.items.first(), "Beslutning").click()
    page.keyboard.type("Godkendt af alle.")
    page.get_by_role("link", name="Mødet er slut", exact=True).click()
    page.get_by_role("button", name="Godkendt på mødet: offentliggør").click()
    page.get_by_label("Jeg har læst teksten").check()
    page.get_by_role("button", name="Offentliggør", exact=True).click()
    page.get_by_role("link", name="Se siden").first.wait_for()
    minutes = Minutes.objects.get()
    assert minutes.is_published and minutes.approved_on == meeting.date
    assert meeting.items.first().decision == "<p>Godkendt af alle.</p>"


def test_the_desk_works_without_a_script(page_without_javascript, client, live_server, meeting, anna):
    page = page_without_javascript
    client.force_login(anna)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    homes = meeting.items.first()
    page.goto(reverse("admin:council_meeting_desk", args=[meeting.pk]))
    item = page.locator(f'[data-row="item:{homes.pk}"]')
    item.get_by_label("Beslutning").fill("Det gør vi.")
    item.get_by_label("Taget til efterretning").check()
    item.get_by_label("Hvad er aftalt?").fill("Skrive til udvalget")
    homes.decision = "<p>En andens.</p>"
    homes.save()
    item.get_by_role("button", name="Gem").click()
    clash = page.locator(".clash")
    expect(clash).to_contain_text("En andens.")
    expect(clash).to_contain_text("Det gør vi.")
    clash.get_by_role("button", name="Behold begge").click()
    homes.refresh_from_db()
    assert homes.decision == "<p>En andens.</p><p>Det gør vi.</p>"
    assert homes.answer == "taget-til-efterretning" and homes.agreements.get().text == "Skrive til udvalget"
