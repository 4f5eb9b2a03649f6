"""The back office in Chromium: axe-core, Content Security Policy and form widgets."""

import pytest
from django.contrib import admin
from django.db.models import Count
from django.urls import reverse
from playwright.sync_api import expect

from council.models import Agreement, Council, Hearing, Meeting, Membership, Minutes, News, Person
from strategies.models import Goal, Strategy, Theme
from udsat.lib.publishing import Status
from udsat.models import User

from . import factories as make
from .selection import COMMIT, dealt
from .test_in_chromium import AXE, RULES_OF_COLOUR

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITORS_ARE_THERE = """() => [...document.querySelectorAll("textarea[data-richtext]")].every(
    (it) => it.hidden || it.name.includes("__prefix__") || it.closest("details:not([open])"))"""


@pytest.fixture
def window(demo, page):
    """A browser page logged in as the demo's administrator; `complaints` collects console errors."""
    user = User.objects.get(username="administrator")
    user.set_password(make.PASSWORD)
    user.save()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto("/admin/")
    page.get_by_label("Brugernavn").fill("administrator")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.get_by_role("button", name="Log ind").click()
    page.get_by_role("heading", name="Hej").wait_for()
    return page


# Fields that a person sees on the page; the choices of a group of radio buttons are one.
VISIBLE_FIELDS = """() => {
    const all = document.querySelectorAll("#content :is(input, select, textarea, [contenteditable=true])");
    const isSeen = (it) => it.type !== "hidden" && !it.closest(".visually-hidden") && it.checkVisibility();
    const seen = [...all].filter(isSeen);
    return new Set(seen.map((it) => (it.type === "radio" ? it.name : it))).size;
}"""
MOST_FIELDS = 60
START_OF_CONTENT = "() => document.querySelector('.messagelist, #content h1').getBoundingClientRect().top + scrollY"


def address(model, what, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def pages():
    """Return the addresses of every list, form, publication page and meeting page."""
    user = User.objects.get(username="administrator")
    found = ["/admin/", "/admin/password_change/"]
    for model, model_admin in admin.site._registry.items():
        found.append(address(model, "changelist"))
        request = type("Request", (), {"user": user, "GET": {}, "method": "GET"})()
        if it := model_admin.get_queryset(request).first():
            found.append(address(model, "change", it.pk))
            found += [address(model, form.slug, it.pk) for form in getattr(model_admin, "form_pages", []) if form.slug]
        # Empty forms only of models on the front page; the others equal the form above without texts.
        if model_admin.index_section and model_admin.has_add_permission(request):
            found.append(address(model, "add"))
    draft, public = News.objects.filter(status=Status.DRAFT).first(), Meeting.objects.filter(status="offentliggjort")
    minutes = Minutes.objects.filter(status=Status.DRAFT).first()
    meeting = public.filter(council__municipality__slug="eksempelkoebing").first()
    hearing = Hearing.objects.filter(council__municipality__slug="eksempelkoebing").exclude(answer="").first()
    person = User.objects.get(username="redaktoer")
    coming = Meeting.objects.filter(agenda__status=Status.DRAFT).first()
    seat = Membership.objects.exclude(person=None).first()
    longest = Meeting.objects.annotate(size=Count("items")).order_by("-size").first()
    full = Theme.objects.annotate(size=Count("goals")).order_by("-size").first()
    return [
        *found,
        *(address(Meeting, name, longest.pk) for name in ("agenda", "desk", "correct")),
        address(Theme, "change", full.pk),
        *(address(Meeting, name) for name in ("year_plan", "year_plan_new", "year_plan_publish")),
        reverse("admin:guide"),
        *(address(Meeting, name, coming.pk) for name in ("agenda", "item_copy", "invitations")),
        *(address(Meeting, name, minutes.meeting_id) for name in ("files", "import")),
        *(address(Meeting, name, meeting.pk) for name in ("correct", "editions", "history")),
        reverse("admin:council_input_note"),
        address(Council, "members", seat.council_id),
        address(Membership, "leave", seat.pk),
        address(Person, "forget", seat.person_id),
        address(News, "publish", draft.pk),
        address(News, "delete", draft.pk),
        address(News, "history", draft.pk),
        address(Minutes, "publish", minutes.pk),
        address(Meeting, "withdraw", meeting.pk),
        address(Meeting, "approval", minutes.meeting_id),
        address(Hearing, "approval", hearing.pk),
        address(Hearing, "send", hearing.pk),
        address(User, "password", person.pk),
        address(News, "changelist") + "?q=findes-ikke",
    ]


def barriers(page, *rules):
    """Return axe-core violations of these rules, or of all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    found = page.evaluate("only => axe.run({resultTypes: ['violations'], ...only})", only)["violations"]
    return [f"{v['id']} {v['nodes'][0]['html'][:200]}" for v in found]


@pytest.mark.parametrize("hand", [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 8))])
def test_no_page_of_the_back_office_has_a_barrier_or_too_many_fields(window, hand):
    wrong = []
    for path in dealt(pages(), 8)[hand]:
        window.complaints.clear()
        assert window.goto(path).status == 200, path
        window.wait_for_function(EDITORS_ARE_THERE)
        # Collect errors before axe-core requests style sheets itself.
        wrong += [f"{path}: {text}" for text in window.complaints]
        # Load once and check twice; the second check differs in colour scheme and width.
        for width, scheme, rules in [(1280, "light", ()), (360, "dark", (*RULES_OF_COLOUR, "target-size"))]:
            window.set_viewport_size({"width": width, "height": 900})
            window.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wrong += [f"{path}, {width} {scheme}: {text}" for text in barriers(window, *rules)]
            if (fields := window.evaluate(VISIBLE_FIELDS)) > MOST_FIELDS:
                wrong.append(f"{path}: shows {fields} fields at {width}")
            if window.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{path}: scrolls sideways at {width}")
        if (top := window.evaluate(START_OF_CONTENT)) > 200:
            wrong.append(f"{path}: begins {top:.0f} px down on a phone")
    assert wrong == [], f"TEST_COMMIT={COMMIT} opens these pages again"


def test_log_in_and_its_errors_have_no_barrier(demo, page):
    page.goto("/admin/login/")
    assert barriers(page) == []
    page.get_by_label("Brugernavn").fill("lise")
    page.get_by_label("Adgangskode").fill("forkert")
    page.get_by_role("button", name="Log ind").click()
    page.get_by_text("Brugernavn eller adgangskode er forkert.").wait_for()
    assert barriers(page) == []
    page.get_by_role("link", name="Har du glemt adgangskoden?").click()
    page.get_by_role("heading", name="Har du glemt adgangskoden?").wait_for()
    assert barriers(page) == []
    # Heading and fields begin at the same edge, and each field stands clear of the next label.
    page.goto("/admin/login/")
    boxes = [page.locator(it).bounding_box() for it in ("h1", "#id_username", "label[for=id_password]")]
    heading, username, next_label = boxes
    assert abs(heading["x"] - username["x"]) < 40
    assert next_label["y"] - (username["y"] + username["height"]) >= 8


def test_errors_of_a_form_and_of_the_gate_have_no_barrier(window):
    window.goto(address(News, "add"))
    window.get_by_role("button", name="Gem", exact=True).click()
    window.get_by_role("alert").get_by_role("link", name="Titel").click()
    assert window.evaluate("document.activeElement.id") == "id_title"
    assert barriers(window) == []
    draft = News.objects.filter(status=Status.DRAFT).first()
    News.objects.filter(pk=draft.pk).update(lead="Ring til 010190-1234")
    window.goto(address(News, "publish", draft.pk))
    window.get_by_role("button", name="Offentliggør").click()
    window.get_by_role("alert").get_by_role("link", name="Jeg har læst").click()
    assert window.evaluate("document.activeElement.id") == "id_confirmed"
    assert barriers(window) == []


def test_a_conflict_has_no_barrier_and_shows_both_texts(window):
    draft = News.objects.filter(status=Status.DRAFT).first()
    window.goto(address(News, "change", draft.pk))
    News.objects.filter(pk=draft.pk).update(title="Skrevet af en anden", version=draft.version + 1)
    window.get_by_label("Titel").fill("Skrevet af mig")
    window.get_by_role("button", name="Gem", exact=True).click()
    window.get_by_role("alert").get_by_text("har gemt imens").wait_for()
    assert window.get_by_label("Titel").input_value() == "Skrevet af mig"
    assert window.locator("#id_title_error").get_by_text("Skrevet af en anden").is_visible()
    assert barriers(window) == []


def test_pickers_work_under_the_policy_that_forbids_inline_code(window):
    """Autocomplete, dates and an added row with its editor cause no console errors."""
    council = Council.objects.get(municipality__slug="eksempelkoebing")
    window.complaints.clear()
    window.goto(address(Agreement, "add"))
    window.locator(".field-item .select2-selection").click()
    window.get_by_label("Søg i listen").fill("eventuelt")
    window.get_by_role("option", name="Eventuelt (").first.click()
    window.get_by_role("textbox", name="Aftale").fill("Ringe til boligforeningen")
    window.get_by_label("Hvornår").fill("2026-12-31")
    window.get_by_role("button", name="Gem", exact=True).click()
    made = Agreement.objects.get(text="Ringe til boligforeningen")
    assert (
        made.item.title == "Eventuelt"
        and made.item.meeting.council == council
        and made.due_on.isoformat() == "2026-12-31"
    )

    count = council.causes.count()
    window.goto(address(Council, "maerkesager", council.pk))
    window.get_by_role("button", name="Tilføj mærkesag").click()
    row = window.locator(f"#causes-{count}")
    row.get_by_label("Titel").fill("Varme stuer")
    row.get_by_role("textbox", name="Tekst").click()
    window.keyboard.type("Ingen skal fryse.")
    window.get_by_role("button", name="Gem", exact=True).click()
    window.get_by_text("er gemt").wait_for()
    cause = council.causes.get(title="Varme stuer")
    assert "Ingen skal fryse." in cause.body
    assert window.complaints == []


def test_a_person_is_added_in_a_small_window_beside_the_form(window):
    window.complaints.clear()
    window.goto(address(Membership, "add"))
    with window.expect_popup() as opened:
        window.get_by_role("link", name="Ny person").click()
    popup = opened.value
    popup.get_by_label("Kommune").select_option("Eksempelkøbing Kommune")
    popup.get_by_label("Fornavn").fill("Solvej")
    popup.get_by_role("button", name="Gem", exact=True).click()
    window.locator("#id_person option:checked").filter(has_text="Solvej").wait_for(state="attached")
    assert popup.is_closed()
    assert window.complaints == []


def test_a_saved_page_stands_where_it_stood_and_a_question_is_read_from_the_top(window):
    at_top = "scrollY === 0"
    window.set_viewport_size({"width": 1280, "height": 300})
    draft = News.objects.filter(status=Status.DRAFT).first()
    window.goto(address(News, "change", draft.pk))
    window.evaluate("scrollTo(0, 200)")
    window.get_by_role("button", name="Gem", exact=True).click()
    window.get_by_text("er gemt").wait_for()
    window.wait_for_load_state()
    expect(window.locator(".messagelist.floating")).to_be_in_viewport()
    assert not window.evaluate(at_top)

    date = Meeting.objects.published().filter(council__municipality__slug="eksempelkoebing").first().date
    minutes = f"Referat af møde den {date:%d.%m.%Y} kl. 14-16\n\n1. Velkomst\nFormanden bød velkommen.\n"
    window.goto(address(Meeting, "import_new"))
    file = {"name": "referat.txt", "mimeType": "text/plain", "buffer": minutes.encode()}
    window.get_by_label("Fil", exact=True).set_input_files(file)
    window.get_by_role("button", name="Læs filen").click()
    window.get_by_label("Råd").select_option(label=str(Council.objects.get(municipality__slug="eksempelkoebing")))
    window.get_by_role("button", name="Lav mødet som kladde").click()
    expect(window.get_by_role("link", name="Vælg, hvor filen skal hen")).to_be_in_viewport()
    assert window.evaluate(at_top)


def test_leaving_with_unsaved_words_asks_first(window):
    goal = Goal.objects.filter(theme__strategy__municipality__slug="eksempelkoebing").first()
    window.goto(address(Goal, "change", goal.pk))
    asked = []
    window.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    window.get_by_role("link", name="Historik").click()
    window.get_by_role("heading", name="Historik").wait_for()
    assert asked == []
    window.go_back()
    window.locator("#id_target").click()
    window.keyboard.type("20 boliger")
    window.get_by_role("link", name="Historik").click()
    window.get_by_role("heading", name="Historik").wait_for()
    assert asked == ["beforeunload"]


def test_the_back_office_works_without_javascript(demo, page_without_javascript):
    user = User.objects.get(username="administrator")
    user.set_password(make.PASSWORD)
    user.save()
    page = page_without_javascript
    page.goto("/admin/")
    page.get_by_label("Brugernavn").fill("administrator")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.get_by_role("button", name="Log ind").click()
    draft = News.objects.filter(status=Status.DRAFT).first()
    page.goto(address(News, "change", draft.pk))
    page.get_by_label("Tekst").fill("<p>Kom <strong>indenfor</strong>.</p>")
    page.get_by_role("button", name="Gem", exact=True).click()
    page.get_by_role("link", name="Offentliggør …").click()
    page.get_by_label("Jeg har læst teksten").check()
    page.get_by_role("button", name="Offentliggør").click()
    page.get_by_role("link", name="Se siden").first.click()
    assert page.get_by_text("indenfor").is_visible()
    assert Strategy.objects.published().exists()
