"""The rich text editor in a browser, under the site's Content-Security-Policy, in a stock Django admin."""

from pathlib import Path

import axe_playwright_python
import pytest
from django.contrib import admin
from django.urls import path
from playwright.sync_api import expect

from strategies.models import Section, Strategy, Theme
from udsat import urls
from udsat.lib.richtext import clean_html

from . import factories
from .pasted_html import PASTED

pytestmark = [pytest.mark.browser, pytest.mark.urls(__name__)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WORD = (Path(__file__).parent / "files" / "indsat_fra_word.html").read_text()


class EditorSectionInline(admin.StackedInline):
    model = Section
    fields = ["kind", "heading", "body"]
    extra = 0


class EditorThemeInline(admin.TabularInline):
    model = Theme
    fields = ["title", "body"]
    extra = 0


class EditorStrategyAdmin(admin.ModelAdmin):
    fields = ["title", "plain_text"]
    inlines = [EditorSectionInline, EditorThemeInline]


class EditorSectionAdmin(admin.ModelAdmin):
    fields = ["heading", "body"]


site = admin.AdminSite(name="proeve")
site.register(Strategy, EditorStrategyAdmin)
site.register(Section, EditorSectionAdmin)
site.register(Theme)  # which the page of a strategy links to
# In addition to the real URLs, which the back office templates link to.
urlpatterns = [path("proeve/", site.urls), *urls.urlpatterns]
handler404, handler500 = urls.handler404, urls.handler500


def log_in(page, client, operator):
    client.force_login(operator)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "domain": "localhost", "path": "/"}])
    return page


@pytest.fixture
def section(esbjerg):
    return factories.section(factories.strategy(esbjerg), body="", heading="Formål")


@pytest.fixture
def desk(page, client, operator):
    """The operator's page. Fails the test if the Content-Security-Policy was violated."""
    broken = []
    page.on("console", lambda message: "Content Security Policy" in message.text and broken.append(message.text))
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield log_in(page, client, operator)
    assert broken == []


def open_section(page, section):
    page.goto(f"/proeve/strategies/section/{section.pk}/change/")
    text = page.get_by_role("textbox", name="Tekst")
    expect(text).to_have_attribute("contenteditable", "true")
    return text


def stay(page):
    """Press the button that saves and stays on the form."""
    page.locator("[name=_continue]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def save(page, of):
    """Save, return to the same form, and return the stored value."""
    stay(page)
    of.refresh_from_db()
    return of.body


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def paste(text, html):
    # A synthetic event: the clipboard of a test browser would sanitise Word's markup first.
    text.evaluate(
        """(node, html) => {
            node.focus();
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/html", html);
            node.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        html,
    )


def test_a_secretary_writes_bold_text_and_a_list_by_keyboard_alone(desk, section):
    text = open_section(desk, section)
    desk.get_by_label("Overskrift").focus()
    desk.keyboard.press("Tab")  # the toolbar
    desk.keyboard.press("Tab")
    expect(text).to_be_focused()
    desk.keyboard.type("Rådet ")
    desk.keyboard.press("Control+b")
    desk.keyboard.type("anbefaler")
    desk.keyboard.press("Control+b")
    desk.keyboard.type(" to ting:")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Alt+F10")
    expect(button(desk, "Fed")).to_be_focused()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("ArrowRight")
    expect(button(desk, "Punktliste")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(text).to_be_focused()
    expect(button(desk, "Punktliste")).to_have_attribute("aria-pressed", "true")
    desk.keyboard.type("flere boliger")
    desk.keyboard.press("Enter")
    desk.keyboard.type("hjælp til indskud")
    stored = "<p>Rådet <strong>anbefaler</strong> to ting:</p><ul><li>flere boliger</li><li>hjælp til indskud</li></ul>"
    assert save(desk, section) == stored
    expect(desk.locator(".richtext-text li")).to_have_text(["flere boliger", "hjælp til indskud"])


def test_the_toolbar_is_one_stop_for_tab_and_arrows_move_inside_it(desk, section):
    text = open_section(desk, section)
    text.press("Alt+F10")
    desk.keyboard.press("End")
    expect(button(desk, "Gentag")).to_be_focused()
    desk.keyboard.press("ArrowRight")
    expect(button(desk, "Fed")).to_be_focused()
    desk.keyboard.press("ArrowLeft")
    expect(button(desk, "Gentag")).to_be_focused()
    desk.keyboard.press("Home")
    expect(button(desk, "Fed")).to_be_focused()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Tab")
    expect(text).to_be_focused()
    desk.keyboard.press("Shift+Tab")
    expect(button(desk, "Kursiv")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(text).to_be_focused()
    expect(desk.get_by_text("Alt+F10 går til knapperne.")).to_be_visible()


def test_tab_goes_from_cell_to_cell_and_leaves_the_text_from_the_last_and_from_a_list(desk, section):
    section.body = "<ul><li>Et</li><li>To</li></ul><table><tbody><tr><td>A</td><td>B</td></tr></tbody></table>"
    section.save()
    text = open_section(desk, section)
    text.locator("li:last-child p").click()
    expect(text).to_be_focused()
    desk.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    text.locator("td:first-child p").click()
    expect(button(desk, "Slet tabel")).to_be_visible()  # the editor has taken the caret over
    desk.keyboard.press("Tab")
    expect(text).to_be_focused()
    desk.keyboard.type("1")
    desk.keyboard.press("Shift+Tab")
    desk.keyboard.type("2")
    for _ in range(2):
        desk.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    table = "<table><tbody><tr><td>2</td><td>1</td></tr></tbody></table>"
    assert save(desk, section) == f"<ul><li>Et</li><li>To</li></ul>{table}"


def test_a_list_item_can_be_moved_in_and_out(desk, section):
    text = open_section(desk, section)
    text.click()
    button(desk, "Nummerliste").click()
    desk.keyboard.type("Et")
    expect(button(desk, "Ryk ind")).to_have_attribute("aria-disabled", "true")
    desk.keyboard.press("Enter")
    desk.keyboard.type("To")
    button(desk, "Ryk ind").click()
    desk.keyboard.press("Enter")
    desk.keyboard.type("Tre")
    button(desk, "Ryk ud").click()
    assert save(desk, section) == "<ol><li>Et<ol><li>To</li></ol></li><li>Tre</li></ol>"


def test_a_table_is_made_filled_and_changed(desk, section):
    text = open_section(desk, section)
    text.click()
    button(desk, "Tabel").click()
    for heading in ("Dag", "Sted", "Emne"):
        desk.keyboard.type(heading)
        desk.keyboard.press("ArrowRight")
    desk.keyboard.type("3. marts")
    button(desk, "Slet kolonne").click()
    expect(text.locator("th")).to_have_text(["Sted", "Emne"])
    button(desk, "Kolonne efter").click()
    button(desk, "Kolonne før").click()
    expect(text.locator("tr:first-child th")).to_have_count(4)
    button(desk, "Slet kolonne").click()
    button(desk, "Række under").click()
    button(desk, "Række over").click()
    expect(text.locator("tr")).to_have_count(5)
    button(desk, "Slet række").click()
    button(desk, "Slet række").click()
    button(desk, "Slet række").click()
    expect(text.locator("tr")).to_have_count(2)
    button(desk, "Tabeltekst").click()
    desk.get_by_label("Hvad viser tabellen?").fill("Årets møder")
    desk.keyboard.press("Enter")
    expect(text.locator("caption")).to_have_text("Årets møder")
    expect(button(desk, "Overskriftsrække")).to_have_attribute("aria-pressed", "true")
    stored = save(desk, section)
    assert stored.startswith('<table><caption>Årets møder</caption><thead><tr><th scope="col">')
    assert stored.count("<th ") == 3 and stored.count("<td>") == 3
    expect(text.locator("caption")).to_have_text("Årets møder")

    text.locator("th p").first.click()
    button(desk, "Overskriftsrække").click()
    assert "<th" not in save(desk, section)
    text.locator("td p").first.click()
    button(desk, "Slet tabel").click()
    assert save(desk, section) == ""


def test_a_link_is_made_corrected_and_removed(desk, section):
    section.body = "<p>Vejle</p>"
    section.save()
    text = open_section(desk, section)
    text.click()
    desk.keyboard.press("Control+a")
    desk.keyboard.press("Control+k")
    dialog = desk.get_by_role("dialog", name="Indsæt link")
    address = dialog.get_by_label("Hvor skal linket føre hen?")
    expect(address).to_be_focused()
    address.fill("javascript:alert(1)")
    desk.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Skriv en hel adresse")
    address.fill("www.vejle.dk/udsat")
    dialog.get_by_role("button", name="Gem").click()
    expect(dialog).to_have_count(0)
    expect(text).to_be_focused()
    assert save(desk, section) == '<p><a href="https://www.vejle.dk/udsat">Vejle</a></p>'

    text.get_by_text("Vejle").click()
    button(desk, "Link").click()
    expect(desk.get_by_label("Hvor skal linket føre hen?")).to_have_value("https://www.vejle.dk/udsat")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    button(desk, "Link").click()
    desk.get_by_label("Hvor skal linket føre hen?").fill("post@vejle.dk")
    desk.keyboard.press("Enter")
    assert save(desk, section) == '<p><a href="mailto:post@vejle.dk">Vejle</a></p>'

    text.get_by_text("Vejle").click()
    button(desk, "Link").click()
    button(desk, "Fjern link").click()
    text.press("End")
    button(desk, "Link").click()
    desk.get_by_label("Hvor skal linket føre hen?").fill("76 81 00 00")
    desk.keyboard.press("Enter")
    assert save(desk, section) == '<p>Vejle<a href="tel:76810000">76810000</a></p>'


def test_undo_and_redo(desk, section):
    text = open_section(desk, section)
    text.click()
    expect(button(desk, "Fortryd")).to_have_attribute("aria-disabled", "true")
    desk.keyboard.type("Kladde")
    button(desk, "Fortryd").click()
    expect(text).to_have_text("")
    desk.keyboard.press("Control+y")
    expect(text).to_have_text("Kladde")
    desk.keyboard.press("Control+z")
    assert save(desk, section) == ""


def test_minutes_pasted_from_word_look_at_once_as_they_will_be_stored(desk, section):
    text = open_section(desk, section)
    paste(text, WORD)
    expect(text.locator("li li")).to_have_text(["på Havnen", "i Nord"])
    expect(text.locator("td")).to_have_text(["Hvem", "Hvornår", "Ida", "1. juni"])
    expect(text.locator("strong").first).to_have_text("Punkt 3. Boliger")
    assert save(desk, section) == clean_html(WORD)


def test_what_office_programs_paste_looks_at_once_as_it_will_be_stored(desk, section):
    """One page for all cases: each replaces the previous text."""
    for pasted, expected in PASTED.values():
        text = open_section(desk, section)
        text.press("Control+a")
        paste(text, pasted)
        # The editor's text before the server has cleaned it.
        assert clean_html(desk.locator("textarea[name=body]").input_value()) == expected
        assert save(desk, section) == expected


def test_pasted_code_never_runs(desk, section):
    text = open_section(desk, section)
    paste(text, "<p onclick='alert(1)'>Hej<img src=x onerror='document.title=1'><script>document.title=2</script></p>")
    expect(text).to_have_text("Hej")
    assert save(desk, section) == "<p>Hej</p>"
    assert "Formål" in desk.title()


def test_opening_a_text_does_not_change_it(desk, section):
    section.body = clean_html(WORD)
    section.save()
    desk.add_init_script("addEventListener('input', () => document.documentElement.dataset.typed = 'yes')")
    text = open_section(desk, section)
    before = desk.locator("textarea").input_value()
    text.click()
    text.press("ArrowRight")
    assert desk.locator("textarea").input_value() == before
    assert desk.locator("html").get_attribute("data-typed") is None
    assert save(desk, section) == clean_html(WORD)
    expect(text).to_have_attribute("contenteditable", "true")
    text.press("x")
    assert desk.locator("html").get_attribute("data-typed") == "yes"


@pytest.mark.parametrize(
    ("stored", "typed", "stored_then"),
    [
        ("", "Varme stuer. ", "<p>Varme stuer. Åbne døgnet rundt.</p>"),
        ("", "Varme stuer:\nNord\n\n", "<p>Varme stuer:<br>Nord</p><p>Åbne døgnet rundt.</p>"),
        ("<p>Mad.</p><p>Seng.</p>", None, "<p>Mad. Åbne døgnet rundt.</p><p>Seng.</p>"),
    ],
)
def test_text_typed_before_the_editor_has_loaded_is_kept(desk, section, stored, typed, stored_then):
    section.body = stored
    section.save()
    held = []
    desk.route("**/django_prose_editor/editor.js", lambda route: held.append(route))
    with desk.expect_request("**/django_prose_editor/editor.js"):
        desk.goto(f"/proeve/strategies/section/{section.pk}/change/", wait_until="domcontentloaded")
    area = desk.locator("textarea[name=body]")
    area.focus()
    if typed:
        desk.keyboard.type(typed)
    else:
        area.evaluate("area => area.setSelectionRange(...Array(2).fill(area.value.indexOf('Mad.') + 4))")
        desk.keyboard.type(" ")
    # The element with the focus when the text area is hidden gets the next letter.
    desk.evaluate("""() => {
        const area = document.querySelector("textarea[name=body]");
        const note = () => (window.next = document.activeElement.getAttribute("contenteditable"));
        new MutationObserver(note).observe(area, { attributeFilter: ["hidden"] });
    }""")
    held[0].continue_()
    desk.wait_for_function("() => window.next !== undefined")
    assert desk.evaluate("() => window.next") == "true"
    desk.keyboard.type("Åbne døgnet rundt.")
    assert save(desk, section) == stored_then


def test_forms_added_to_the_page_get_their_editor_and_their_name(desk, section):
    strategy = section.strategy
    desk.goto(f"/proeve/strategies/strategy/{strategy.pk}/change/")
    desk.get_by_role("button", name="Tilføj endnu en Afsnit").click()
    desk.get_by_role("button", name="Tilføj endnu en Tema").click()
    added = desk.locator("#sections-1 .richtext-text")
    expect(added).to_have_accessible_name("Tekst")
    added.click()
    desk.keyboard.type("Nyt afsnit")
    row = desk.locator("#themes-0 .richtext-text")
    expect(row).to_have_accessible_name("Tekst")
    row.click()
    desk.keyboard.type("Nyt tema")
    expect(desk.locator(".empty-form .richtext-editor")).to_have_count(0)
    simple = desk.get_by_role("textbox", name="Kort fortalt")
    expect(simple).to_have_accessible_description(
        "Det vigtigste på let dansk. Alt+F10 går til knapperne. Piletaster skifter knap. Esc går tilbage til teksten."
    )
    stay(desk)
    assert strategy.sections.get(heading="").body == "<p>Nyt afsnit</p>"
    assert strategy.themes.get().body == "<p>Nyt tema</p>"


def test_the_label_leads_to_the_editor(desk, section):
    text = open_section(desk, section)
    desk.locator("label[for=id_body]").click()
    expect(text).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_light_or_dark(desk, section, scheme):
    section.body = clean_html(
        "<p>Se <a href='https://www.vejle.dk'>Vejle</a></p><table><caption>Møder</caption><tr><th>Dag</th></tr>"
        "<tr><td>I dag</td></tr></table>"
    )
    section.save()
    desk.emulate_media(color_scheme=scheme)
    text = open_section(desk, section)
    text.locator("td p").click()
    expect(button(desk, "Slet tabel")).to_be_visible()
    # axe must not add style sheets of its own, which the policy forbids.
    desk.evaluate(AXE)
    audit = """where => axe.run(where, { preload: false }).then(
        ({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))"""
    assert desk.evaluate(audit, ".richtext-editor") == []
    button(desk, "Link").click()
    desk.get_by_label("Hvor skal linket føre hen?").fill("x")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_be_visible()
    assert desk.evaluate(audit, ".richtext-dialog") == []


def test_every_button_is_large_enough_to_hit_on_a_phone(desk, section):
    desk.set_viewport_size({"width": 360, "height": 700})
    text = open_section(desk, section)
    text.click()
    button(desk, "Tabel").click()
    expect(button(desk, "Slet tabel")).to_be_visible()
    for size in desk.locator(".richtext-button:visible").evaluate_all("all => all.map(b => b.getBoundingClientRect())"):
        assert size["width"] >= 44 and size["height"] >= 44
    assert desk.locator(".richtext-editor").evaluate("box => box.getBoundingClientRect().right") <= 360


def test_without_javascript_the_text_area_takes_plain_text_and_html(page_without_javascript, client, operator, section):
    page = log_in(page_without_javascript, client, operator)
    page.goto(f"/proeve/strategies/section/{section.pk}/change/")
    area = page.get_by_label("Tekst")
    area.fill("Første afsnit\nmed to linjer\n\nAndet afsnit & mere")
    assert save(page, section) == "<p>Første afsnit<br>med to linjer</p><p>Andet afsnit &amp; mere</p>"
    expect(area).to_have_value("<p>Første afsnit<br>med to linjer</p>\n<p>Andet afsnit &amp; mere</p>")
    area.fill(area.input_value() + "\n\n<b>Fed</b>")
    assert save(page, section).endswith("<p>Andet afsnit &amp; mere</p><p><strong>Fed</strong></p>")


def test_struck_text_is_not_pasted_and_is_named_and_lists_keep_their_numbers(desk, section):
    text = open_section(desk, section)
    paste(
        text,
        '<p>Taksten er <s>400</s> 500 kr. for 20 m<sup>2</sup></p><ol start="4"><li>fire</li></ol>'
        '<ol type="a"><li>bolig</li></ol>',
    )
    expect(desk.get_by_text("Overstreget og skjult tekst er ikke sat ind: »400«.")).to_be_visible()
    stored = '<p>Taksten er 500 kr. for 20 m²</p><ol start="4"><li>fire</li></ol><ol type="a"><li>bolig</li></ol>'
    assert save(desk, section) == stored
    expect(desk.locator(".richtext-text ol").first).to_have_attribute("start", "4")
    assert save(desk, section) == stored
