"""Publication and correction in Chromium, accessible on a desktop and on a phone."""

import pytest
from django.urls import reverse

from council.models import Minutes
from udsat.lib.publishing import Status

from . import factories as make
from .test_back_office_in_chromium import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def meeting(esbjerg, anna):
    made = make.meeting(make.council(esbjerg))
    make.attendance(made, make.membership(made.council, make.person(esbjerg, "Karin", "Holt")))
    make.item(
        made,
        "Boliger til unge",
        decision="<p>Der bygges 21 boliger. Bente Krogh bor på Skolevej 12.</p>",
        discussion="<p>Se sag 010190-1234.</p>",
    )
    make.item(made, "Om en borger", is_closed=True, public_title="En personsag", decision="<p>Ja.</p>")
    make.minutes(made, status=Status.DRAFT)
    return made


def test_a_secretary_looks_publishes_and_corrects(page, meeting):
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))

    def is_open_to_all():
        page.wait_for_load_state("networkidle")
        for width, scheme in ((1280, "light"), (360, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert barriers(page) == []
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        page.set_viewport_size({"width": 1280, "height": 900})

    page.goto(reverse("admin:council_minutes_publish", args=[meeting.minutes.pk]))
    page.get_by_label("Brugernavn").fill("anna")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.get_by_role("button", name="Log ind").click()

    page.get_by_role("heading", name="2. Se, hvad vi fandt").wait_for()
    assert page.locator("blockquote mark").filter(has_text="Skolevej 12").is_visible()
    page.get_by_text("Læs hele teksten her").click()
    is_open_to_all()
    page.get_by_role("link", name="Se siden, som alle vil se den").click()
    assert page.get_by_text("Sådan ser alle det.").is_visible() and page.get_by_text("En personsag").first.is_visible()
    is_open_to_all()
    page.get_by_role("link", name="Tilbage til offentliggørelse").click()
    page.get_by_label("Jeg har set på dem.").check()
    page.get_by_label("Hvorfor er det ikke et CPR-nummer?").fill("Det er sagens nummer i arkivet.")
    page.get_by_label("Jeg har læst teksten").check()
    page.get_by_role("button", name="Offentliggør", exact=True).click()

    page.get_by_role("link", name="Ret referatet …").click()
    page.get_by_label("Hvad er rettet?").fill("Det er 12 boliger, ikke 21.")
    page.get_by_text("Punkt 1. Boliger til unge").click()
    editor = page.locator("[contenteditable=true]").and_(page.get_by_role("textbox", name="Beslutning"))
    editor.fill("Der bygges 12 boliger. Ole Friis glæder sig.")
    page.get_by_role("button", name="Se rettelsen").click()
    page.get_by_role("heading", name="Læs rettelsen").wait_for()
    is_open_to_all()
    page.get_by_label("Jeg har set på dem.").check()
    page.get_by_label("Jeg har læst rettelsen").check()
    page.get_by_role("button", name="Offentliggør rettelsen").click()
    page.get_by_text("Rettelsen er offentlig nu.").wait_for()
    is_open_to_all()
    page.get_by_role("link", name="Udgave 2").click()
    is_open_to_all()

    # A public text is changed: the gate asks, and the typed text comes back.
    news = make.news(meeting.municipality, "Natcafé")
    page.goto(reverse("admin:council_news_change", args=[news.pk]))
    page.get_by_label("Indledning").fill("Bente Krogh kommer.")
    page.get_by_role("button", name="Gem", exact=True).first.click()
    page.get_by_role("heading", name="Se på ændringen").wait_for()
    is_open_to_all()
    page.get_by_role("button", name="Gå tilbage, og ret teksten").click()
    page.get_by_text("Det er ikke gemt.").first.wait_for()
    assert page.get_by_label("Indledning").input_value() == "Bente Krogh kommer."
    page.get_by_role("button", name="Gem", exact=True).first.click()
    page.get_by_label("Jeg har set på dem.").check()
    page.get_by_label("Jeg har læst teksten").check()
    page.get_by_role("button", name="Gem, så alle kan læse det").click()
    page.get_by_text("er gemt").first.wait_for()
    assert page.complaints == []
    assert "12 boliger" in Minutes.objects.get().meeting.items.first().decision
