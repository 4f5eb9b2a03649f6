"""Overriding a suspected CPR number: a reason for each number, and a second person where there is one."""

import html

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from council.models import News
from udsat.lib.publishing import Status
from udsat.models import CprOverride, Letter, PublicationEvent

from . import factories as make
from .test_back_office_conflict import log_in
from .test_back_office_publishing import NUMBER, TICK, answer, gate
from .test_back_office_scope import text, url

OTHER = "020290-1234"
WHY = ["Det er sagens nummer i arkivet.", "Tallet er et varenummer hos leverandøren."]


@pytest.fixture
def annas(anna):
    return log_in(anna)


@pytest.fixture
def news(esbjerg):
    lead = f"Vi talte om Sag {NUMBER} i går. Mødet var langt. Bestillingen {OTHER} er sendt."
    return make.news(esbjerg, lead=lead, status=Status.DRAFT)


def asked(client, it, prefix):
    return [name for name in client.get(gate(client, it)).context["form"].fields if name.startswith(prefix)]


def give(client, it, *reasons):
    return answer(client, it, **dict(zip(asked(client, it, "reason_"), reasons, strict=True)), **TICK)


def is_public(it):
    it.refresh_from_db()
    return it.status == Status.PUBLISHED


def test_each_number_has_its_sentence_and_a_field_for_its_reason(annas, news):
    page = html.unescape(text(annas.get(gate(annas, news))))
    first = page.index("<blockquote>Vi talte om Sag <mark>●●●●●●-●●●●</mark> i går.</blockquote>")
    second = page.index("<blockquote>Bestillingen <mark>●●●●●●-●●●●</mark> er sendt.</blockquote>")
    fields = [page.index(f'name="{name}"') for name in asked(annas, news, "reason_")]
    assert first < fields[0] < second < fields[1]
    assert NUMBER not in page and OTHER not in page


@pytest.mark.parametrize(
    "reasons",
    [
        ["", ""],
        [WHY[0], ""],
        ["aaaaaaaaaa", "aaaaaaaaaa"],
        ["nej nej nej nej", WHY[1]],
        ["Sagsnummer", WHY[1]],
        ["1234567890123", WHY[1]],
        ["- - - - - - - - -", WHY[1]],
        [WHY[0], WHY[0]],
        [WHY[0], WHY[0].upper()],
        [WHY[0], f"Det er sag {OTHER}"],
    ],
)
def test_a_reason_that_says_nothing_about_the_number_is_refused(annas, news, reasons):
    response = give(annas, news, *reasons)
    assert response.status_code == 200 and not is_public(news) and not CprOverride.objects.exists()


def test_without_a_second_person_the_reasons_are_enough_and_are_logged(annas, news, carla, bo):
    """An editor is no second person, and neither is somebody in another municipality."""
    assert give(annas, news, *WHY).status_code == 302 and is_public(news)
    page = html.unescape(text(annas.get(url(News, "change", news.pk))))
    assert f"»{WHY[0]}« (Anna)" in page and f"»{WHY[1]}« (Anna)" in page


def test_an_approver_has_to_look_too_and_the_log_shows_both(annas, dan, news):
    dan.email = "dan@esbjerg.dk"
    dan.save()
    assert "Dan skal også se på det" in text(annas.get(gate(annas, news)))
    response = annas.get(give(annas, news, *WHY).url)
    page = html.unescape(text(response))
    assert not is_public(news) and "Dan får en mail." in page
    assert "Det er ikke offentligt endnu. Dan skal også se på det" in page
    assert f"Anna har skrevet: »{WHY[0]}« Nu skal Dan også se på det." in page
    letter = Letter.objects.get(to="dan@esbjerg.dk")
    assert gate(annas, news) in letter.text and NUMBER not in letter.text and OTHER not in letter.text
    # Neither the person who wrote the reasons nor another secretary gets past.
    assert answer(annas, news, **TICK).status_code == 200 and not is_public(news)
    dans = log_in(dan)
    assert "skal også se på det, før det bliver offentligt" not in text(dans.get(gate(dans, news)))
    assert f"Anna har skrevet: »{WHY[1]}«" in html.unescape(text(dans.get(gate(dans, news))))
    assert answer(dans, news, **TICK).status_code == 200 and not is_public(news)
    ticks = dict.fromkeys(asked(dans, news, "agree_"), "on")
    assert answer(dans, news, **ticks, **TICK).status_code == 302 and is_public(news)
    page = html.unescape(text(annas.get(url(News, "change", news.pk))))
    assert f"»{WHY[0]}« (Anna, og Dan har også set på det)" in page
    event = PublicationEvent.objects.get()
    log = html.unescape(text(annas.get(url(PublicationEvent, "change", event.pk))))
    assert f"»{WHY[1]}« (Anna, og Dan har også set på det)" in log
    assert {override.event for override in CprOverride.objects.all()} == {event} and event.by_name == "Dan"


def test_an_administrator_needs_another_one_as_well(eva, dan, news):
    evas = log_in(eva)
    give(evas, news, *WHY)
    assert not is_public(news)
    assert asked(evas, news, "agree_") == [] and len(asked(log_in(dan), news, "agree_")) == 2


def test_nobody_waits_for_a_second_person_who_has_left(annas, dan, news):
    give(annas, news, *WHY)
    dan.assignments.all().delete()
    assert give(annas, news, *WHY).status_code == 302 and is_public(news)


def test_the_second_person_finds_the_gate_on_the_front_page(annas, dan, news):
    give(annas, news, *WHY)
    page = text(log_in(dan).get("/admin/"))
    assert f'href="{gate(annas, news)}"' in page and "venter på dig" in page and NUMBER not in page
    assert "venter på Dan" in text(annas.get("/admin/"))


def test_the_only_approver_is_enough(dan, news):
    assert give(log_in(dan), news, *WHY).status_code == 302 and is_public(news)


def test_no_way_around_the_gate(anna, carla, dan, news):
    reasons = make.reasons(news.publication_findings())
    with pytest.raises(ValidationError, match="Dan skal også se på det"):
        news.publish(by=anna, confirmed=True, reasons=reasons)
    [override, _] = news.request_overrides(news.publication_findings(), reasons, by=anna)
    for person in (anna, carla):
        with pytest.raises(PermissionDenied):
            override.second(by=person)
    with pytest.raises(PermissionDenied):
        news.request_overrides(news.publication_findings(), reasons, by=carla)
