"""How much a text field takes: said in words, counted near the end, and never cut."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from council.models import Input, Membership
from udsat.lib.publishing import Status

from . import factories as make
from .test_inputs import council, send  # noqa: F401

FIELD = re.compile(r"<(?:input|textarea)\b[^>]*>")


def limited_fields(page):
    """Return the texts of the fields with a maximum, by their names."""
    found = {}
    for field in FIELD.findall(page):
        if " data-max=" in field and (' type="text"' in field or field.startswith("<textarea")):
            name, described = re.search(r' name="([^"]*)"', field)[1], re.search(r'described\w*="([^"]*)"', field)[1]
            [limit] = [one for one in described.split() if one.endswith("_limit")]
            found[name] = re.search(rf'id="{re.escape(limit)}">([^<]*)<', page)[1]
    return found


@pytest.mark.usefixtures("council")
@pytest.mark.parametrize("page", ["skriv-til-raadet", "foelg"])
def test_a_public_form_says_in_words_how_much_there_is_room_for(client, page):
    form = client.get(f"/esbjerg/{page}/").content.decode()
    assert "maxlength" not in form
    assert (
        limited_fields(form)
        == {"skriv-til-raadet": {"text": "Højst 4.000 tegn.", "name": "Højst 120 tegn."}, "foelg": {}}[page]
    )


@pytest.mark.usefixtures("council")
def test_a_pasted_text_is_refused_whole_and_not_cut(client):
    pasted = "Bænk. " * 700
    page = send(client, text=pasted).content.decode()
    assert "Skriv det kortere. Der er plads til 4000 tegn, og du har skrevet 4199." in page
    assert pasted.strip() in page and not Input.objects.exists()


def test_the_forms_of_the_back_office_cut_nothing(client, anna, esbjerg):
    seat = make.membership(make.council(esbjerg), make.person(esbjerg), role=Membership.Role.MEMBER)
    meeting = make.meeting(seat.council, timezone.localdate())
    make.agenda(meeting, status=Status.DRAFT)
    client.force_login(anna)
    desk = reverse("admin:council_meeting_desk", args=[meeting.pk])
    agenda = f"/admin/council/meeting/{meeting.pk}/punkter/"
    for path in (f"/admin/council/membership/{seat.pk}/change/", agenda, desk):
        page = client.get(path).content.decode()
        assert "maxlength" not in page and limited_fields(page), path
    address = f"/admin/council/membership/{seat.pk}/change/"
    page = client.post(address, {"role": seat.role, "position": 0, "area": "x" * 161, "version": ""}).content.decode()
    assert "Skriv det kortere. Der er plads til 160 tegn, og du har skrevet 161." in page and "x" * 161 in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("council")
def test_the_characters_left_are_counted_near_the_end_and_below_zero(page, live_server):
    page.goto("/esbjerg/skriv-til-raadet/")
    text, note = page.locator("#id_text"), page.locator("#id_text_limit")
    expect(note).to_be_hidden()
    text.fill("a" * 3990)
    expect(note).to_have_text("Du har 10 tegn tilbage.")
    expect(page.get_by_role("status")).to_have_text("Du har 10 tegn tilbage.")
    text.fill("a" * 2000 + "\n" + "😀" * 2003)
    expect(note).to_have_text("Du har skrevet 5 tegn for meget.")
    assert len(text.input_value()) > 4000
    text.fill("a")
    expect(note).to_be_hidden()
