"""Every kind of public page in a real browser: no barrier axe-core finds, no sideways scroll, no blocked code."""

from pathlib import Path

import axe_playwright_python
import pytest
from django.urls import get_resolver

from council.models import Meeting
from strategies.models import Strategy

from .pictures import take_picture
from .test_public_table import named_patterns

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TOWN = "/eksempelkoebing"

# Not pages: a file, an address that only leads on, or one that needs a personal link and is tried where that is made.
NO_PAGE = {
    "sitemap", "robots", "was", "search-suggestions",
    "current-strategy", "strategy-pdf", "strategy-summary-pdf", "agenda-pdf", "minutes-pdf", "attachment", "photo",
    "meetings-ics", "meeting-ics", "answer-invitation", "propose-item", "approve", "written",
}  # fmt: skip


def pages():
    """At least one address of each kind, odd ones included."""
    strategies = {s.slug: s.get_absolute_url() for s in Strategy.objects.published()}
    themes = [Strategy.objects.published().get(municipality__slug=m, themes__position=1) for m in ("kolding",)]
    styles = [
        Meeting.objects.published().with_publication().filter(style=style, has_minutes=True).first()
        for style in Meeting.Style
    ]
    coming = Meeting.objects.published().coming().first()
    return {
        "front": ["/"],
        "municipalities": ["/kommuner/"],
        "municipality": [f"{TOWN}/", "/vejle/", "/aarhus/"],
        "search": ["/soeg/", "/soeg/?q=bolig", "/soeg/?q=xyzxyz"],
        "about": ["/om/"],
        "accessibility": ["/tilgaengelighed/"],
        "privacy": ["/privatliv/"],
        "strategies": [f"{TOWN}/strategier/", "/esbjerg/strategier/"],
        "strategy": list(strategies.values()),
        "strategy-progress": [f"{address}opfoelgning/" for address in strategies.values()][:4],
        "theme": [theme.themes.first().get_absolute_url() for theme in themes]
        + [
            Strategy.objects.published()
            .filter(municipality__slug="eksempelkoebing")
            .in_force()[0]
            .themes.first()
            .get_absolute_url()
        ],
        "council": [f"{TOWN}/udsatteraad/", "/esbjerg/udsatteraad/"],
        "members": [f"{TOWN}/udsatteraad/medlemmer/", "/esbjerg/udsatteraad/medlemmer/"],
        "causes": [f"{TOWN}/udsatteraad/maerkesager/", "/esbjerg/udsatteraad/maerkesager/"],
        "answers": [f"{TOWN}/udsatteraad/spoergsmaal/"],
        "write": [f"{TOWN}/skriv-til-raadet/", "/esbjerg/skriv-til-raadet/"],
        "book-dialogue": [f"{TOWN}/udsatteraad/dialog/"],
        "meetings": [f"{TOWN}/moeder/"],
        "meeting": [meeting.get_absolute_url() for meeting in [*styles, coming]],
        "hearings": [f"{TOWN}/hoeringer/"],
        "news": [f"{TOWN}/nyt/", "/esbjerg/nyt/"],
        "news-story": [f"{TOWN}/nyt/", "/esbjerg/nyt/"],
        "not found": ["/andeby/", f"{TOWN}/moeder/2001-01-01/", f"{TOWN}/strategier/findes-ikke/"],
    }


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_no_page_has_a_barrier(demo, page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    by_name = pages()
    assert set(named_patterns(get_resolver().url_patterns)) - NO_PAGE == set(by_name) - {"not found"}

    barriers = []
    for name, addresses in by_name.items():
        for address in addresses:
            complaints.clear()
            response = page.goto(address)
            assert response.status == (404 if name == "not found" else 200), address
            if name == "news-story":
                page.locator("main article a, main li a, main h2 a, main h3 a").first.click()
            page.evaluate(AXE)
            found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            barriers += [f"{address}: {v['id']} {v['nodes'][0]['html'][:200]}" for v in found]
            # A browser reports the 404 itself as an error of the console.
            barriers += [f"{address}: {text}" for text in complaints if "404" not in text]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                barriers.append(f"{address}: scrolls sideways at {width}")
            if page.locator("h1").count() != 1:
                barriers.append(f"{address}: not one h1")
    assert barriers == []


def test_pages_read_well_at_320_pixels(demo, page):
    page.set_viewport_size({"width": 320, "height": 640})
    for addresses in pages().values():
        for address in addresses:
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


def test_a_citizen_finds_what_was_promised_and_what_came_of_it(demo, page_without_javascript):
    """From the front page to a goal, and to the minutes of the meeting that discussed it."""
    page = page_without_javascript
    page.goto("/")
    page.get_by_role("link", name="Eksempelkøbing").first.click()
    page.get_by_role("navigation").get_by_role("link", name="Strategi", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text().replace("\n", " ") == "Plads til alle i Eksempelkøbing"
    goal = page.locator("li", has_text="bygge 20 små boliger").last
    goal.locator("a[href*='/moeder/']").first.click()
    item = page.locator(":target")
    assert item.get_by_role("heading").first.is_visible()
    assert "/moeder/" in page.url and "#punkt-" in page.url
    assert "Beslutning" in item.inner_text() or "Aftale" in item.inner_text()
    # And back again to the promise.
    item.locator("a[href*='/strategier/']").first.click()
    assert "/strategier/" in page.url
    assert page.context.cookies() == []


def test_a_caseworker_finds_a_theme_and_takes_a_dated_pdf(demo, page_without_javascript):
    page = page_without_javascript
    page.goto("/")
    page.get_by_role("searchbox").fill("bolig til alle")
    page.get_by_role("button", name="Søg").click()
    page.get_by_role("main").get_by_role("link", name="Bolig til alle").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Bolig til alle"
    address = page.locator("a[href$='strategi.pdf']").first.get_attribute("href")
    response = page.request.get(address)
    assert response.headers["content-type"] == "application/pdf"
    assert response.body().startswith(b"%PDF-")


def test_the_picture_in_the_readme_shows_todays_strategy_page(demo, page):
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(f"{TOWN}/strategi/")
    take_picture(page, "strategi")
