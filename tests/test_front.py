"""Front page, list of municipalities and municipality pages."""

import datetime
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from udsat.lib.publishing import Status
from udsat.models import Municipality, Region, RegionPeriod

from . import factories as make

HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]


def html(response):
    assert response.status_code == 200
    return response.content.decode()


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def in_days(days):
    return timezone.localdate() + datetime.timedelta(days=days)


def everything(municipality, status=Status.PUBLISHED, word="Blåbær"):
    """Create one of each object shown on a front page, with the word in its title."""
    strategy = make.strategy(municipality, f"{word} til alle", status)
    make.goal(make.theme(strategy, f"{word} hver dag"))
    council = make.council(municipality, status, name=f"{word}rådet")
    make.meeting(council, date=in_days(7), title=f"{word}møde", status=status)
    held = make.meeting(council, date=in_days(-7), title=f"{word} sidst", status=status)
    make.item(held, f"{word} til natcafeen", decision=f"<p>{word} hver uge.</p>")
    make.minutes(held, status)
    make.news(municipality, f"{word} i nyhederne", status)
    return strategy


# Front page


def test_the_front_page_leads_to_search_municipalities_meetings_minutes_and_news(client, esbjerg):
    everything(esbjerg)
    text = html(client.get("/"))
    assert text.count("<h1") == 1
    assert '<form class="search" action="/soeg/" method="get" role="search">' in text
    for words in ('href="/esbjerg/"', "Blåbærmøde", "Blåbær til natcafeen", "Blåbær hver uge.", "Blåbær i nyhederne"):
        assert words in text


def test_an_empty_portal_shows_messages(client, db):
    assert "Ingen kommuner har lagt noget ind endnu." in html(client.get("/"))
    assert "Ingen kommuner har lagt noget ind endnu." in html(client.get("/kommuner/"))


def test_the_front_page_shows_the_next_meetings_and_the_latest_minutes_first(client, esbjerg):
    council = make.council(esbjerg)
    for days in (30, 3, 10):
        make.meeting(council, date=in_days(days), title=f"Om {days} dage")
        held = make.meeting(council, date=in_days(-days), title="Referat")
        make.item(held, f"For {days} dage siden", decision="<p>Vi gør det.</p>")
        make.minutes(held)
    make.meeting(council, date=in_days(1), title="Aflyst møde", is_cancelled=True)
    text = html(client.get("/"))
    assert text.index("Om 3 dage") < text.index("Om 10 dage") < text.index("Om 30 dage")
    assert text.index("For 3 dage") < text.index("For 10 dage") < text.index("For 30 dage")
    assert "Aflyst møde" not in text


@pytest.mark.parametrize("address", ["/", "/kommuner/", "/esbjerg/"])
@pytest.mark.parametrize("status", HIDDEN)
def test_nothing_hidden_is_on_the_way_in(client, esbjerg, status, address):
    everything(esbjerg, status)
    assert "Blåbær" not in html(client.get(address))


def test_a_municipality_with_only_drafts_is_listed_with_those_that_have_no_content(client, esbjerg):
    everything(esbjerg, Status.DRAFT)
    assert 'href="/esbjerg/"' not in html(client.get("/"))
    assert 'href="/esbjerg/"' in html(client.get("/kommuner/")).split("Alle kommuner</h2>")[1]


@pytest.mark.parametrize("address", ["/", "/esbjerg/"])
def test_what_was_decided_is_listed_by_decision_and_not_by_meeting(client, esbjerg, address):
    council = make.council(esbjerg)
    for days, title in ((9, "Før"), (2, "Nu")):
        held = make.meeting(council, date=in_days(-days), title=f"Ordinært møde {title}")
        make.item(held, f"Dagsorden {title}", answer="godkendt")
        make.item(held, f"Referat {title}", kind="godkendelse", decision="<p>Godkendt uden bemærkninger.</p>")
        make.item(held, f"Natcafe {title}", answer="godkendt", decision="<p>Natcafeen holder åbent hver nat.</p>")
        make.item(held, f"Brev {title}", plain_text="<p>Vi skriver et brev.</p>")
        make.item(held, f"Bus {title}", decision="<p>Vi beder om en bus.</p>")
        make.item(held, f"Hemmelig {title}", is_closed=True, decision="<p>Hemmelig.</p>")
        make.minutes(held)
    text = html(client.get(address)).split("<main")[1]
    listed = re.findall(r"<h3><a [^>]*#[^>]*>([^<]+)</a>", text)
    assert listed == ["Natcafe Nu", "Brev Nu", "Natcafe Før", "Brev Før"]
    assert "Natcafeen holder åbent hver nat." in text and "Vi skriver et brev." in text
    assert re.findall(r"punkt (\d+)", text) == ["3", "4", "3", "4"]
    assert "Ordinært møde" not in text and "Hemmelig" not in text


def test_minutes_of_a_meeting_that_was_withdrawn_are_not_listed(client, esbjerg):
    held = make.meeting(make.council(esbjerg), title="Blåbærmøde", status=Status.WITHDRAWN)
    make.item(held, "Blåbær", decision="<p>Blåbær.</p>")
    make.minutes(held)
    assert "Blåbær" not in html(client.get("/"))


# Municipalities


@pytest.fixture
def regions(db):
    south, north = (Region.objects.create(name=name, position=n) for n, name in enumerate(("Syd", "Nord")))
    return {"syd": south, "nord": north}


def municipality_in(region, name, **fields):
    municipality = make.municipality(name, **fields)
    RegionPeriod.objects.create(municipality=municipality, region=region, starts_on=datetime.date(2007, 1, 1))
    make.strategy(municipality)
    return municipality


def test_municipalities_are_listed_by_region_in_danish_alphabetical_order(client, regions):
    for name in ("Aabenraa", "Faaborg", "Ærø", "Esbjerg", "Fanø"):
        municipality_in(regions["syd"], name)
    municipality_in(regions["nord"], "Aalborg")
    make.strategy(make.municipality("Eksempelkøbing", is_fictional=True))
    text = html(client.get("/kommuner/"))
    order = ["Syd", "Esbjerg K", "Fanø K", "Faaborg K", "Ærø K", "Aabenraa K", "Nord", "Aalborg K", "Opdigtet"]
    at = [text.index(f">{words}") for words in order]
    assert at == sorted(at)
    assert "7 kommuner har lagt noget ind" in text


def test_all_municipalities_are_listed_after_those_with_content(client, regions):
    call_command("load_municipalities", verbosity=0)
    make.strategy(Municipality.objects.get(slug="vejle"))
    make.municipality("Øveby", is_fictional=True)
    text = html(client.get("/kommuner/"))
    for municipality in Municipality.objects.exclude(name="Øveby"):
        assert text.count(f'href="{municipality.get_absolute_url()}"') == 1
    with_content, others = text.split("De andre kommuner</h2>")
    assert 'href="/vejle/"' in with_content and others.count('<li><a href="/') >= 97
    assert others.index(">Albertslund<") < others.index(">Ærø<") < others.index(">Aalborg<")
    assert "Øveby" not in text and "1 kommune har lagt noget ind." in text


def test_a_municipality_is_listed_in_the_current_region(client, regions):
    municipality = municipality_in(regions["syd"], "Roskilde")
    municipality.region_periods.update(ends_on=in_days(-1))
    RegionPeriod.objects.create(municipality=municipality, region=regions["nord"], starts_on=in_days(0))
    text = html(client.get("/kommuner/"))
    assert ">Nord<" in text and ">Syd<" not in text


def test_each_municipality_shows_the_strategy_in_force(client, regions):
    municipality = municipality_in(regions["syd"], "Esbjerg")
    make.strategy(municipality, "Udløbet", starts_on=datetime.date(2019, 1, 1), ends_on=datetime.date(2020, 1, 1))
    make.strategy(municipality, "Fremtid", starts_on=in_days(100))
    for address in ("/kommuner/", "/esbjerg/"):
        text = html(client.get(address))
        assert "Plads til alle" in text
        assert "Udløbet" not in text and "Fremtid" not in text


# Municipality page


def test_the_page_of_a_municipality_gathers_what_is_new(client, esbjerg):
    strategy = everything(esbjerg)
    esbjerg.council.phone = "00 00 00 00"
    esbjerg.council.save()
    text = html(client.get("/esbjerg/"))
    for words in ("Blåbær til alle", "Blåbærrådet", "Blåbærmøde", "Blåbær til natcafeen", "Blåbær i nyhederne"):
        assert words in text
    assert f'href="{strategy.themes.get().get_absolute_url()}"' in text  # part of the house drawing
    assert 'href="tel:+4500000000"' in text


def test_a_municipality_without_content_shows_alternatives(client, esbjerg):
    text = html(client.get("/esbjerg/"))
    assert "Der er ikke lagt noget ind fra Esbjerg Kommune endnu." in text
    assert "Ring til kommunen" in text


def test_phone_place_and_hours_are_on_every_page_of_the_municipality(client, esbjerg):
    strategy = everything(esbjerg)
    for field, value in {"phone": "76 16 16 16", "phone_hours": "hverdage kl. 9–14", "address": "Torvegade 74"}.items():
        setattr(esbjerg.council, field, value)
    esbjerg.council.save()
    for address in (
        "/esbjerg/",
        "/esbjerg/strategier/",
        strategy.get_absolute_url(),
        "/esbjerg/moeder/",
        "/esbjerg/nyt/",
    ):
        foot = html(client.get(address)).split("<footer")[1]
        for words in ("76 16 16 16", "hverdage kl. 9–14", "Torvegade 74"):
            assert words in foot, address


def test_without_a_council_the_municipality_itself_can_be_called(client, esbjerg):
    esbjerg.phone = "76 16 16 16"
    esbjerg.save()
    make.council(esbjerg, Status.DRAFT, phone="99 99 99 99")
    text = html(client.get("/esbjerg/"))
    assert "76 16 16 16" in text and "99 99 99 99" not in text


def test_the_sections_of_a_municipality_are_one_line_of_links_to_what_there_is(client, esbjerg):
    make.strategy(esbjerg)
    make.news(esbjerg, status=Status.DRAFT)
    head = html(client.get("/esbjerg/")).split("<main")[0]
    assert 'href="/esbjerg/strategi/"' in head
    assert 'href="/esbjerg/nyt/"' not in head and 'href="/esbjerg/moeder/"' not in head


def test_a_secretary_has_the_links_that_the_page_will_have(client, esbjerg, anna, bo):
    make.council(esbjerg, Status.DRAFT)
    for who, shown in ((anna, True), (bo, False)):
        client.force_login(who)
        assert ('href="/esbjerg/udsatteraad/"' in html(client.get("/esbjerg/"))) == shown


# All pages


@pytest.mark.parametrize("address", ["/", "/kommuner/", "/esbjerg/", "/soeg/?q=plads", "/om/"])
def test_the_page_has_one_heading_a_language_and_no_cookie(client, esbjerg, address):
    everything(esbjerg)
    response = client.get(address)
    text = html(response)
    assert not response.cookies
    assert response["Cache-Control"] == "no-cache"
    assert "csrf" not in text
    assert text.count("<h1") == 1
    assert '<html lang="da"' in text
    assert '<a class="skip" href="#indhold">' in text and '<main id="indhold"' in text
    # Structured data is not executable; scripts are files.
    inline = r'<script(?! type="(module" src="/static/|application/ld\+json">))'
    assert "style=" not in text and not re.search(inline, text)


def test_a_page_shown_to_somebody_with_a_log_in_is_kept_nowhere(client, esbjerg, anna):
    client.force_login(anna)
    for address in ("/", "/kommuner/", "/esbjerg/", "/soeg/", "/om/", "/findes-ikke/"):
        assert client.get(address)["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("address", ["/", "/kommuner/"])
def test_the_way_in_costs_the_same_for_one_municipality_and_for_many(client, regions, address):
    everything(municipality_in(regions["syd"], "Esbjerg"))
    few = queries(client, address)
    for name in ("Vejle", "Kolding", "Ærø", "Fanø"):
        everything(municipality_in(regions["nord"], name))
    assert queries(client, address) == few


def test_a_municipality_with_much_costs_the_same_as_one_with_little(client, esbjerg, vejle):
    everything(esbjerg)
    for number in range(4):
        strategy = make.strategy(vejle)
        make.goal(make.theme(strategy))
        make.goal(make.theme(strategy))
        make.news(vejle, f"Nyhed {number}")
    council = make.council(vejle)
    for days in (-9, -8, -7, 7, 8):
        make.minutes(make.meeting(council, date=in_days(days)))
    assert queries(client, "/esbjerg/") == queries(client, "/vejle/")


def test_the_page_about_the_portal_leads_to_what_one_can_do(client, db):
    page = client.get("/om/").content.decode().split("<main")[1].split("</main>")[0]
    for address in ("/emner/", "/soeg/", "/sammenlign/", "/kommuner/", "/foelg/"):
        assert f'href="{address}"' in page
