"""Every kind of public page in Chromium: axe-core, horizontal scrolling, Content-Security-Policy."""

from pathlib import Path

import axe_playwright_python
import pytest
from django.urls import get_resolver

from council.models import Meeting, News
from council.models.papers import with_publication
from strategies.models import Strategy

from .page_input import Keyboard
from .screenshots import check_screenshot
from .selection import COMMIT, dealt
from .statement_facts import check_fact
from .test_public_table import named_patterns

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TOWN = "/eksempelkoebing"

# URL names that are not pages: files, redirects, and personal links, which are tested with their feature.
NO_PAGE = {
    "sitemap", "sitemap-portal", "sitemap-municipality", "robots", "was", "search-suggestions",
    "current-strategy", "strategy-pdf", "strategy-summary-pdf", "agenda-pdf", "minutes-pdf", "attachment", "photo",
    "meetings-ics", "meeting-ics", "meeting-poster", "council-poster", "news-feed",
    "answer-invitation", "propose-item", "approve", "written",
    "subscriptions", "unsubscribe",
}  # fmt: skip


def pages():
    """Return the addresses to open by kind of page, unusual ones included."""
    strategies = {s.slug: s.get_absolute_url() for s in Strategy.objects.published()}
    themes = [Strategy.objects.published().get(municipality__slug=m, themes__position=1) for m in ("kolding",)]
    styles = [
        with_publication(Meeting.objects.published()).filter(style=style, has_minutes=True).first()
        for style in Meeting.Style
    ]
    coming = Meeting.objects.published().coming().first()
    told_shortly = (
        with_publication(Meeting.objects.published()).filter(has_minutes=True).exclude(minutes__plain_text="")[0]
    )
    in_force = Strategy.objects.in_force().filter(municipality__slug="eksempelkoebing")[0]
    return {
        "front": ["/"],
        "municipalities": ["/kommuner/"],
        "municipality": [f"{TOWN}/", "/vejle/", "/aarhus/"],
        "search": ["/soeg/", "/soeg/?q=bolig", "/soeg/?q=xyzxyz"],
        "topics": ["/emner/", "/emner/?kommune=esbjerg"],
        "topic": [
            "/emner/bolig/",
            "/emner/soen-paa-gaden/?kommune=eksempelkoebing",
            "/emner/vold-og-kriser/?kommune=kolding",
        ],
        "compare": [
            "/sammenlign/",
            "/sammenlign/?kommune=esbjerg&kommune=vejle&kommune=kolding&kommune=eksempelkoebing&emne=faellesskab",
            "/sammenlign/?strategi=eksempelkoebing/plads-til-alle-i-eksempelkoebing-2025-2028",
        ],
        "follow": [f"{TOWN}/foelg/", "/esbjerg/foelg/"],
        "follow-topics": ["/foelg/?emne=bolig"],
        "about": ["/om/"],
        "accessibility": ["/tilgaengelighed/"],
        "privacy": ["/privatliv/"],
        "strategies": [f"{TOWN}/strategier/", "/esbjerg/strategier/"],
        "strategy": [*strategies.values(), f"{in_force.get_absolute_url()}?kort=1"],
        "strategy-progress": [f"{address}opfoelgning/" for address in strategies.values()][:4],
        "strategy-version": [in_force.get_version_url(1)],
        "agenda-version": [coming.agenda.get_version_url(1)],
        "minutes-version": [told_shortly.minutes.get_version_url(1)],
        "theme": [theme.themes.first().get_absolute_url() for theme in themes]
        + [f"{in_force.themes.first().get_absolute_url()}{short}" for short in ("", "?kort=1")],
        "council": [f"{TOWN}/udsatteraad/", "/esbjerg/udsatteraad/"],
        "members": [f"{TOWN}/udsatteraad/medlemmer/", "/esbjerg/udsatteraad/medlemmer/"],
        "causes": [f"{TOWN}/udsatteraad/maerkesager/", "/esbjerg/udsatteraad/maerkesager/"],
        "answers": [f"{TOWN}/udsatteraad/spoergsmaal/"],
        "write": [f"{TOWN}/skriv-til-raadet/", "/esbjerg/skriv-til-raadet/"],
        "book-dialogue": [f"{TOWN}/udsatteraad/dialog/"],
        "meetings": [f"{TOWN}/moeder/"],
        "meetings-year": [f"{TOWN}/moeder/{told_shortly.date.year}/"],
        "meeting": [meeting.get_absolute_url() for meeting in [*styles, coming]]
        + [f"{meeting.get_absolute_url()}?kort=1" for meeting in (told_shortly, coming)],
        "hearings": [f"{TOWN}/hoeringer/"],
        "news": [f"{TOWN}/nyt/", "/esbjerg/nyt/"],
        "news-story": [
            News.objects.published().filter(municipality__slug=slug).first().get_absolute_url()
            for slug in ("eksempelkoebing", "esbjerg")
        ],
        "not found": ["/andeby/", f"{TOWN}/moeder/2001-01-01/", f"{TOWN}/strategier/findes-ikke/"],
    }


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Rules that depend on colours.
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]

# The text spacing of WCAG 1.4.12, as a constructed style sheet: the Content-Security-Policy forbids inline styles.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
        p { margin-block-end: 2em !important }
    `);
    document.adoptedStyleSheets = [sheet];
}"""
# Overflow: the page scrolls horizontally, or an element clips its content.
CUT = """() => {
    const root = document.documentElement;
    const cuts = (it) => it instanceof HTMLElement && !it.closest(".unseen, .visually-hidden")
        && /hidden|clip/.test(getComputedStyle(it).overflow)
        && (it.scrollWidth > it.clientWidth + 1 || it.scrollHeight > it.clientHeight + 1);
    return [
        ...(root.scrollWidth > root.clientWidth ? [`scrolls sideways, ${root.scrollWidth} pixels`] : []),
        ...[...document.querySelectorAll("body *")].filter(cuts).map((it) => `cuts off ${it.outerHTML.slice(0, 120)}`),
    ];
}"""
ONE_OF_EACH = """() => [
    "head > title", "meta[name=description]",
    ".skip[href='#indhold']", "body > header", "main#indhold", "h1", "body > footer",
].filter((it) => document.querySelectorAll(it).length !== 1)"""


class Look:
    """Checks one page in different browser settings without reloading it; errors are in `found`."""

    def __init__(self, page):
        self.page, self.found = page, []
        self.window = page.context.new_cdp_session(page)
        page.on("console", lambda message: self.complain(message.text) if message.type == "error" else None)

    def complain(self, text):
        # The browser logs a 404 response as an error in the console.
        if "404" not in text:
            self.found.append(f"{self.address}: {text}")

    def at(self, width, height, scale):
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.window.send("Emulation.setDeviceMetricsOverride", size)

    def barriers(self, seen, **run_only):
        found = self.page.evaluate("only => axe.run({runOnly: only, resultTypes: ['violations']})", run_only)[
            "violations"
        ]
        self.found += [f"{self.address}, {seen}: {v['id']} {v['nodes'][0]['html'][:200]}" for v in found]

    def cuts(self, seen):
        self.found += [f"{self.address}, {seen}: {text}" for text in self.page.evaluate(CUT)]

    def all_of(self, address, status):
        self.address = address
        self.at(1280, 900, 1)
        self.page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="reduce")
        assert self.page.goto(address).status == status, address
        self.page.evaluate(AXE)
        self.found += [f"{address}: not one {it}" for it in self.page.evaluate(ONE_OF_EACH)]
        if self.page.evaluate("document.getAnimations().length"):
            self.complain("moves for those who asked for stillness")
        self.barriers("light", type="tag", values=RULES)
        self.page.emulate_media(color_scheme="dark")
        self.barriers("dark", type="rule", values=RULES_OF_COLOUR)
        self.page.emulate_media(color_scheme="light", forced_colors="active")
        self.barriers("forced colours", type="rule", values=RULES_OF_COLOUR)
        self.page.emulate_media(forced_colors="none")
        self.at(360, 740, 2)
        if (top := self.page.evaluate("document.querySelector('main').getBoundingClientRect().top")) > 180:
            self.complain(f"begins {top:.0f} px down on a phone")
        # At 400 %, a window of 1280 by 1024 pixels has a viewport of 320 by 256.
        self.at(320, 256, 4)
        self.barriers("400 %", type="tag", values=RULES)
        self.cuts("400 %")
        self.page.evaluate(SPACING)
        self.cuts("400 %, text spacing")
        self.at(1280, 900, 1)
        self.cuts("text spacing")


@pytest.mark.parametrize("hand", [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 4))])
def test_no_page_has_a_barrier_however_it_is_seen(demo, page, hand):
    by_name = pages()
    assert set(named_patterns(get_resolver().url_patterns)) - NO_PAGE == set(by_name) - {"not found"}
    look = Look(page)
    addresses = [(kind, address) for kind in by_name for address in by_name[kind]]
    for name, address in dealt(addresses, 4)[hand]:
        look.all_of(address, 404 if name == "not found" else 200)
    assert look.found == [], f"TEST_COMMIT={COMMIT} opens these pages again"
    check_fact("failings", look.found)
    check_fact(
        "axe",
        {
            "version": page.evaluate("axe.version"),
            "rules": "WCAG 2.0, 2.1 og 2.2 på niveau A og AA og god praksis",
            "seen": [
                "lyst", "mørkt", "med brugerens egne farver", "på 320 pixels bredde", "i 400 %",
                "med brugerens egen afstand mellem bogstaver og linjer",
            ],
        },
    )  # fmt: skip


def test_a_citizen_finds_what_was_promised_and_what_came_of_it(demo, page_without_javascript):
    """From the front page to a goal and to the minutes of the meeting that discussed it, by keyboard."""
    page = page_without_javascript
    hand = Keyboard(page)
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Gå til indholdet")
    assert skip.evaluate("it => it === document.activeElement && it.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "indhold"
    hand.follow(page.get_by_role("link", name="Eksempelkøbing").first)
    hand.follow(page.get_by_role("navigation").get_by_role("link", name="Strategi", exact=True))
    assert page.get_by_role("heading", level=1).inner_text().replace("\n", " ") == "Plads til alle i Eksempelkøbing"
    goal = page.locator("li", has_text="bygge 20 små boliger").last
    hand.follow(goal.locator("a[href*='/moeder/']").first)
    item = page.locator(":target")
    assert item.get_by_role("heading").first.is_visible()
    assert "/moeder/" in page.url and "#punkt-" in page.url
    assert "Beslutning" in item.inner_text() or "Aftale" in item.inner_text()
    # And back to the goal.
    hand.follow(item.locator("a[href*='/strategier/']:visible").first)
    assert "/strategier/" in page.url
    assert page.context.cookies() == []


def test_a_caseworker_finds_a_theme_and_takes_a_dated_pdf(demo, page_without_javascript):
    """By a search, with the keyboard only."""
    page = page_without_javascript
    hand = Keyboard(page)
    page.goto("/")
    hand.write(page.get_by_role("searchbox"), "bolig til alle")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    hand.follow(page.get_by_role("main").get_by_role("link", name="Bolig til alle").first)
    assert page.get_by_role("heading", level=1).inner_text() == "Bolig til alle"
    to_pdf = page.locator("a[href$='strategi.pdf']").first
    hand.reach(to_pdf)
    response = page.request.get(to_pdf.get_attribute("href"))
    assert response.headers["content-type"] == "application/pdf"
    assert response.body().startswith(b"%PDF-")


def test_a_citizen_unfolds_a_theme_on_a_phone_and_sees_all_on_a_wide_screen(demo, page_without_javascript):
    page = page_without_javascript
    page.goto(f"{TOWN}/strategi/")
    goals, height = page.locator(".goals > li"), "document.documentElement.scrollHeight"
    assert goals.count() > 20 and all(goal.is_visible() for goal in goals.all())
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate(height) < 10_000
    assert not any(goal.is_visible() for goal in goals.all())
    page.locator(".narrow-fold summary", has_text="Et sted at bo").click()
    assert goals.first.is_visible() and not goals.last.is_visible()


def test_the_picture_in_the_readme_shows_todays_strategy_page(demo, page):
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(f"{TOWN}/strategi/")
    check_screenshot(page, "strategi")
