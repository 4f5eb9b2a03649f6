"""»Mit bord« in Chromium: accessible on a dark phone and a light desktop, and each task one click away."""

import datetime

import pytest
from django.utils import timezone

from udsat.lib.publishing import Status

from . import factories as make
from .test_in_chromium import AXE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def council(esbjerg):
    """A council with a task of each severity, a coming and a held meeting, and agreements."""
    today = timezone.localdate()
    council = make.council(esbjerg, agenda_days=8, item_days=14)
    held = make.meeting(council, date=today - datetime.timedelta(3))
    item = make.item(held, decision="<p>Rådet siger ja.</p>")
    make.minutes(held, status=Status.DRAFT, approved_on=today)
    make.agreement(item, due_on=today - datetime.timedelta(2))
    make.meeting(council, date=today + datetime.timedelta(10), status=Status.DRAFT)
    make.membership(council, is_vacant=True)
    return council


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_the_desk_has_no_barrier_and_leads_on(anna, council, page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto("/admin/")
    page.get_by_label("Brugernavn").fill("anna")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.get_by_role("button", name="Log ind").click()
    page.get_by_role("heading", name="Det er tid til").wait_for()
    plan = "/admin/council/meeting/aarsplan/"
    rhythm = f"{plan}ny/?antal=5&ugedag=1&fra=2027-01-01&til=2027-12-31"
    dates = f"{plan}offentliggoer/?aar={(datetime.date.today() + datetime.timedelta(10)).year}"
    for path in ("/admin/", plan, rhythm, f"{plan}ny/?antal=0", dates, "/admin/council/agreement/?stand=aaben"):
        page.goto(path)
        page.evaluate(AXE)
        violations = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        assert [f"{path}: {v['id']} {v['nodes'][0]['html']}" for v in violations] == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
    page.get_by_role("button", name="Invitere boligforeningen").click()
    page.get_by_text("er gjort.").wait_for()
    page.get_by_role("link", name="Mit bord").first.click()
    page.get_by_role("link", name="Offentliggør referatet").first.click()
    page.get_by_role("heading", name="Offentliggør").wait_for()
