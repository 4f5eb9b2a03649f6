"""A secretary writes the minutes of a meeting and publishes them, in Chromium."""

import pytest

from council.models import Minutes
from udsat.models import User

from . import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lise(demo):
    """The demo's secretary with a known password."""
    secretary = User.objects.get(username="sekretaer")
    secretary.set_password(make.PASSWORD)
    secretary.save()
    return secretary


def log_in(page):
    page.goto("/admin/")
    page.get_by_label("Brugernavn").fill("sekretaer")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Hej Lise").wait_for()


def test_from_log_in_to_published_minutes(lise, page, chromium, live_server):
    minutes = Minutes.objects.get(status="kladde")
    meeting = minutes.meeting
    item = meeting.items.filter(is_closed=False)[2]
    log_in(page)
    page.get_by_role("link", name=f"Referat af {meeting}").click()

    # A decision with a CPR number.
    page.goto(f"/admin/council/agendaitem/{item.pk}/change/")
    page.locator("[contenteditable=true]").first.wait_for()
    page.get_by_role("textbox", name="Beslutning").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Rådet siger ja til efterværn for 010190-0001.")
    page.get_by_role("button", name="Gem", exact=True).click()
    page.get_by_text("ligner et CPR-nummer").first.wait_for()
    page.goto(f"/admin/council/meeting/{meeting.pk}/change/")

    # The gate shows the number and refuses publication, even when confirmed.
    page.get_by_role("link", name="Offentliggør referat").click()
    page.get_by_text("1 sted ligner et CPR-nummer").wait_for()
    page.get_by_label("Jeg har læst teksten").check()
    page.get_by_role("button", name="Offentliggør").click()
    assert not minutes.is_published
    assert "010190" not in page.content()

    # The button at the gate leads to the field, and saving leads back.
    page.get_by_role("button", name="Ret feltet").first.click()
    page.locator("[contenteditable=true]").first.wait_for()
    page.get_by_role("textbox", name="Beslutning").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Rådet siger ja til et helt års efterværn.")
    page.get_by_role("button", name="Gem", exact=True).click()
    page.get_by_text("Vi fandt intet").wait_for()
    page.get_by_label("Jeg har læst teksten").check()
    page.get_by_role("button", name="Offentliggør").click()
    page.get_by_text("er offentlig").first.wait_for()

    # Public at once, until it is withdrawn.
    citizen = chromium.new_context(base_url=live_server.url, java_script_enabled=False).new_page()
    citizen.goto(meeting.get_absolute_url())
    assert "et helt års efterværn" in citizen.get_by_role("main").inner_text()
    page.goto(f"/admin/council/meeting/{meeting.pk}/change/")
    page.get_by_role("link", name="Træk referatet tilbage").click()
    page.get_by_role("button", name="Træk").click()
    page.wait_for_load_state()
    citizen.reload()
    assert "et helt års efterværn" not in citizen.get_by_role("main").inner_text()
    citizen.context.close()
