"""Creating and publishing a meeting without JavaScript."""

import pytest

from council.models import Meeting

from . import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_secretary_creates_publishes_and_withdraws_a_meeting_with_an_item(
    anna, esbjerg, client, page_without_javascript
):
    page = page_without_javascript
    council = make.council(esbjerg)
    page.goto("/admin/")
    page.get_by_label("Brugernavn").fill("anna")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.get_by_role("button", name="Log ind").click()
    page.get_by_role("heading", name="Hej Anna").wait_for()

    page.goto("/admin/council/meeting/add/")
    page.locator("input[name=date]").fill("2030-06-06")
    page.get_by_role("button", name="Gem", exact=True).click()
    page.get_by_role("link", name="Dagsorden", exact=True).first.click()
    page.get_by_label("Titel").last.fill("Et varmt sted at sove")
    page.get_by_role("button", name="Sæt på").click()
    meeting = Meeting.objects.get()
    assert [item.title for item in meeting.items.all()] == ["Et varmt sted at sove"]

    page.get_by_role("link", name="Offentliggør og indkald").click()
    page.get_by_label("Jeg har læst teksten").check()
    page.get_by_role("button", name="Offentliggør").click()
    page.get_by_text("er offentliggjort").wait_for()
    assert "Et varmt sted at sove" in client.get(meeting.get_absolute_url()).content.decode()

    page.goto(f"/admin/council/meeting/{meeting.pk}/change/")
    page.get_by_role("link", name="Træk mødet tilbage").click()
    page.get_by_role("button", name="Træk").click()
    page.get_by_text("er trukket tilbage").wait_for()
    assert client.get(meeting.get_absolute_url()).status_code == 404

    page.goto(f"/admin/council/council/{council.pk}/change/")
    page.get_by_role("link", name="Mærkesager").first.click()
    page.get_by_role("link", name="Vis så en tom række i hver liste").click()
    page.locator("input[name=causes-0-title]").fill("Et sted at sove")
    page.get_by_role("button", name="Gem", exact=True).click()
    assert council.causes.get().title == "Et sted at sove"
