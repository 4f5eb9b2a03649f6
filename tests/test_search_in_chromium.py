"""Completions as a combobox: keyboard, mouse, screen reader, and none without JavaScript."""

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from . import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


@pytest.fixture
def themes(esbjerg):
    strategy = make.strategy(esbjerg)
    return [make.theme(strategy, title) for title in ("Boliger til unge", "Bolig til alle", "Sundhed")]


def test_suggestions_are_reached_by_keys_and_by_mouse_and_never_stale(themes, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "forslag" in request.url else None)
    page.goto("/")
    field, options = page.get_by_role("combobox"), page.get_by_role("listbox", name="Forslag").get_by_role("option")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("bol", delay=20)
    expect(options).to_have_text(["bolig", "boliger", "Bolig til alle", "Boliger til unge"])
    assert len(asked) == 1  # requests are debounced
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status")).to_have_text("4 forslag. Gå til dem med pil ned.")
    assert all(option.bounding_box()["height"] >= 44 for option in options.all())

    # Arrow keys go through the list and back to the field, which keeps the focus.
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", options.first.get_attribute("id"))
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.evaluate(AXE)
    assert page.evaluate("axe.run({resultTypes: ['violations']})")["violations"] == []
    field.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") is None
    field.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(field).to_be_focused()
    expect(field).to_have_value("bol")

    # Escape closes the list and clears the status; typing closes outdated completions.
    field.press("Escape")
    expect(options).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text("")
    field.press("ArrowDown")
    expect(options).to_have_count(4)
    field.press_sequentially("xyz", delay=20)
    expect(options).to_have_count(0)
    expect(field).to_have_attribute("aria-expanded", "false")

    field.fill("sun")
    options.get_by_text("Sundhed", exact=True).click()
    page.wait_for_url("**/soeg/?q=Sundhed")
    field = page.locator("#q")
    field.fill("bol")
    expect(options).to_have_count(4)
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url("**/soeg/?q=bolig*")
    expect(page.get_by_role("main").get_by_role("link", name="Bolig til alle")).to_be_visible()
    # Enter without a selection submits the field.
    field.fill("boli")
    expect(options.first).to_be_visible()
    field.press("Enter")
    page.wait_for_url("**/soeg/?q=boli&*")


def test_without_javascript_the_field_searches_for_an_unfinished_word(themes, page_without_javascript):
    page = page_without_javascript
    page.goto("/")
    page.get_by_role("searchbox").fill("bol")
    assert page.get_by_role("combobox").count() == 0
    page.get_by_role("button", name="Søg").click()
    for title in ("Bolig til alle", "Boliger til unge"):
        expect(page.get_by_role("main").get_by_role("link", name=title)).to_be_visible()
