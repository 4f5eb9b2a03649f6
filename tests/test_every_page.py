"""Elements of every page: breadcrumbs, contacts, structured data, sitemap."""

import datetime
import gzip
import json
import re
from xml.etree import ElementTree

import pytest
from django.apps import apps
from django.conf import settings as project_settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db import models as fields
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from council.models import Meeting
from udsat.lib import jsonld
from udsat.lib.danish import long_date
from udsat.lib.publishing import Status
from udsat.models import RESERVED_SLUGS, Municipality
from udsat.portal import sitemap, statements

from . import factories as make
from .test_public_table import STATES, WORD, build, named_patterns

SITE = project_settings.SITE_URL
OF_ESBJERG = [
    "/esbjerg/",
    "/esbjerg/strategier/",
    "/esbjerg/strategier/plan/",
    "/esbjerg/strategier/plan/bolig/",
    "/esbjerg/udsatteraad/",
    "/esbjerg/udsatteraad/medlemmer/",
    "/esbjerg/udsatteraad/maerkesager/",
    "/esbjerg/moeder/",
    "/esbjerg/moeder/2025/",
    "/esbjerg/moeder/2025-03-03/",
    "/esbjerg/hoeringer/",
    "/esbjerg/nyt/",
    "/esbjerg/nyt/historie/",
]
OF_THE_PORTAL = ["/", "/kommuner/", "/emner/", "/om/", "/tilgaengelighed/", "/privatliv/"]


COUNTRY = ["/", "/kommuner/", "/emner/", "/emner/bolig/", "/sammenlign/", "/sammenlign/?kommune=esbjerg&emne=bolig"]


@pytest.mark.parametrize("address", COUNTRY)
def test_national_pages_show_their_last_change(client, esbjerg, anna, address):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    make.theme(strategy).topics.add(make.topic("Bolig"))
    # Scheduled publications are not disclosed.
    strategy.publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(days=3))
    assert "Sidst opdateret" not in text_of(client, address)
    strategy.publish(by=anna, confirmed=True)
    assert f"Sidst opdateret {long_date(timezone.localdate())}" in text_of(client, address)


def test_static_pages_show_the_last_change_of_their_text(client, db):
    for name, day in statements.LAST_CHANGED.items():
        assert f"Sidst opdateret {long_date(day)}" in text_of(client, reverse(name))


@pytest.fixture
def everything(esbjerg):
    Municipality.objects.update(phone="76 16 16 16")
    build(esbjerg, Status.PUBLISHED)


def text_of(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def structured_data(text):
    """Return the JSON-LD objects of a page by `@type`."""
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
    return {block["@type"]: block for block in map(json.loads, blocks)}


# Contacts and statements


def test_every_page_shows_its_age_and_contacts(client, everything):
    for address in OF_ESBJERG:
        text = text_of(client, address)
        foot = text[text.index('<footer class="foot">') :]
        assert "Sidst opdateret" in foot, address
        assert "Ansvarlig:" in foot and 'href="tel:+4576161616"' in foot, address


def test_the_statement_and_the_page_on_privacy_are_one_click_from_every_page(client, everything):
    for address in (*OF_THE_PORTAL, *OF_ESBJERG):
        text = text_of(client, address)
        assert '<a href="/tilgaengelighed/">Tilgængelighedserklæring</a>' in text, address
        assert '<a href="/privatliv/">Privatliv</a>' in text, address


def test_the_short_address_of_the_law_leads_to_the_statement(client):
    assert client.get("/was")["Location"] == "/tilgaengelighed/"


def test_a_citizen_who_cannot_use_a_page_reads_where_to_complain(client, everything):
    text = text_of(client, "/tilgaengelighed/")
    assert "lov om tilgængelighed af offentlige organers websteder og mobilapplikationer" in text
    assert 'href="tel:+4576161616"' in text  # the municipality first
    assert "Digitaliseringsstyrelsen" in text and "10 arbejdsdage" in text
    assert f"axe-core {statements.facts()['axe']['version']}" in text


def test_the_statement_lies_where_the_agency_keeps_it_once_the_portal_has_a_name(client, settings, db):
    assert "was.digst.dk" not in text_of(client, "/tilgaengelighed/")
    settings.PRODUCTION, settings.SITE_URL = True, "https://www.udsat.example"
    assert 'href="https://was.digst.dk/www-udsat-example"' in text_of(client, "/tilgaengelighed/")


def test_the_privacy_page_shows_retention_settings(client, settings, esbjerg):
    settings.LETTER_DAYS = 41
    make.council(esbjerg, name="Rådet for alle", keep_years=3, input_months=8)
    text = " ".join(text_of(client, "/privatliv/").split())
    assert "slettes 41 dage efter" in text
    assert "slettes 8 måneder efter svaret" in text and "slettes 3 år efter" in text


def test_an_unpublished_council_is_not_shown_on_portal_pages(client, esbjerg):
    make.strategy(esbjerg)
    make.council(esbjerg, status=Status.DRAFT, name="Hemmeligt råd", phone="12 34 56 78")
    for address in ("/privatliv/", "/tilgaengelighed/"):
        text = text_of(client, address)
        assert "Esbjerg Kommune" in text and "Hemmeligt råd" not in text and "12 34 56 78" not in text


def test_no_kind_of_row_with_somebodys_address_is_missing_from_the_page_on_privacy():
    on_the_page = {label for one in statements.data_retention() for label in one.models}
    offices = {"udsat.Municipality", "council.Council"}
    for model in apps.get_models():
        if any(isinstance(field, fields.EmailField) for field in model._meta.concrete_fields):
            assert model._meta.label in on_the_page | offices, model
    for label in on_the_page:
        assert apps.get_model(label)


def test_no_municipality_can_take_an_address_of_the_portals_own():
    first_parts = {
        str(pattern.pattern).split("/")[0] for pattern in get_resolver().url_patterns if str(pattern.pattern)[:1] != "<"
    }
    assert first_parts - {""} <= set(RESERVED_SLUGS)


def test_text_leaves_compressed_and_pdfs_as_they_are(client, everything):
    response = client.get("/esbjerg/strategier/plan/", headers={"Accept-Encoding": "gzip, br"})
    assert response["Content-Encoding"] == "gzip" and "Accept-Encoding" in response["Vary"]
    assert WORD in gzip.decompress(response.content).decode()
    assert "Content-Encoding" not in client.get("/esbjerg/", headers={"Accept-Encoding": "identity"})
    for name in ("strategi.pdf", "resume.pdf"):
        pdf = client.get(f"/esbjerg/strategier/plan/{name}", headers={"Accept-Encoding": "gzip, br"})
        assert "Content-Encoding" not in pdf and pdf.content.startswith(b"%PDF")


def test_a_long_page_begins_with_what_is_on_it(client, everything):
    for address in ("/esbjerg/strategier/plan/", "/esbjerg/udsatteraad/", "/tilgaengelighed/", "/privatliv/"):
        text = text_of(client, address)
        nav = re.search(r'<nav class="on-page" aria-labelledby="paa-siden">.*?</nav>', text, re.DOTALL)[0]
        assert "På denne side" in nav, address
        anchors = re.findall(r'href="#(.*?)"', nav)
        assert anchors and all(text.count(f' id="{anchor}"') == 1 for anchor in anchors), address


# Structured data


def test_a_page_has_one_address_and_a_card_for_those_who_pass_it_on(client, everything):
    for address in (*OF_THE_PORTAL, *OF_ESBJERG):
        text = text_of(client, f"{address}?fra=mail")
        title = " ".join(re.search(r"<title>(.*?)</title>", text)[1].split())
        kind = "article" if address == "/esbjerg/nyt/historie/" else "website"
        for line in (
            f'<link rel="canonical" href="{SITE}{address}">',
            f'<meta property="og:url" content="{SITE}{address}">',
            f'<meta property="og:title" content="{title}">',
            f'<meta property="og:type" content="{kind}">',
            '<meta property="og:locale" content="da_DK">',
        ):
            assert text.count(line) == 1, f"{address}: {line}"


def test_a_search_result_is_kept_out_of_search_engines(client, everything):
    text = text_of(client, "/soeg/?q=bolig")
    assert '<meta name="robots" content="noindex">' in text
    assert "canonical" not in text and "og:" not in text.replace("og:type", "")


def test_machines_read_the_same_way_back_as_people(client, everything):
    for address in (*OF_THE_PORTAL[1:], *OF_ESBJERG):
        text = text_of(client, address)
        listed = re.search(r'aria-label="Brødkrummer">(.*?)</nav>', text, re.DOTALL)[1]
        seen = [" ".join(re.sub("<.*?>", "", item).split()) for item in re.findall(r"<li.*?</li>", listed, re.DOTALL)]
        items = structured_data(text)["BreadcrumbList"]["itemListElement"]
        assert [(item["position"], item["name"]) for item in items] == list(enumerate(seen, 1)), address
        leads = [item["item"].removeprefix(SITE) for item in items if "item" in item]
        assert leads == re.findall(r'href="(.*?)"', listed), address


WHAT_IT_IS = {
    "/": ("WebSite", {"name": "Udsatteportalen"}),
    "/esbjerg/": ("GovernmentOrganization", {"name": "Esbjerg Kommune", "telephone": "76 16 16 16"}),
    "/esbjerg/strategier/plan/": ("CreativeWork", {"name": f"{WORD} plan", "inLanguage": "da"}),
    "/esbjerg/strategier/plan/bolig/": ("CreativeWork", {"name": f"{WORD} bolig", "description": WORD}),
    "/esbjerg/udsatteraad/": ("GovernmentOrganization", {"name": f"{WORD} råd i Esbjerg"}),
    "/esbjerg/moeder/2025-03-03/": ("Event", {"name": f"{WORD} møde", "location": {"@type": "Place", "name": WORD}}),
    "/esbjerg/nyt/historie/": ("NewsArticle", {"headline": f"{WORD} nyt"}),
}


def test_pages_have_structured_data(client, everything):
    for address, (kind, facts) in WHAT_IT_IS.items():
        found = structured_data(text_of(client, address))[kind]
        assert found == found | facts, address
        assert found["@context"] == "https://schema.org" and found["url"] == SITE + address


def test_structured_data_of_a_meeting_has_time_and_cancellation(client, esbjerg):
    council = make.council(esbjerg)
    meeting = make.meeting(council, starts_at="14:00", ends_at="16:00", is_open=True)
    event = structured_data(text_of(client, meeting.get_absolute_url()))["Event"]
    assert event["startDate"] == "2025-03-03T14:00+01:00" and event["endDate"] == "2025-03-03T16:00+01:00"
    assert event["eventStatus"] == "https://schema.org/EventScheduled"
    assert event["isAccessibleForFree"] is True
    Meeting.objects.update(is_cancelled=True, starts_at=None, ends_at=None)
    event = structured_data(text_of(client, meeting.get_absolute_url()))["Event"]
    assert event["startDate"] == "2025-03-03" and "endDate" not in event
    assert event["eventStatus"] == "https://schema.org/EventCancelled"


def test_previews_have_no_structured_data(client, esbjerg, anna):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    client.force_login(anna)
    text = text_of(client, strategy.get_absolute_url())
    assert set(structured_data(text)) == {"BreadcrumbList"} and "og:" not in text


def test_what_people_wrote_cannot_leave_the_block_for_machines():
    nasty = "</script><script>alert(1)//<!-- & \u2028"
    block = jsonld.script({"@type": "Event", "name": nasty})
    inside = block.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set(inside) & set("<>&\u2028")
    assert json.loads(inside)["name"] == nasty


# Search engines


def listed(client, address):
    """Return the locations of one file with their last change."""
    root = ElementTree.fromstring(client.get(address).content)
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    return {
        one.findtext("s:loc", namespaces=space).removeprefix(SITE): one.findtext("s:lastmod", namespaces=space)
        for one in root
    }


def locations(client):
    """Return the pages in all files that the index lists."""
    files = listed(client, "/sitemap.xml")
    return {page: changed for file in files for page, changed in listed(client, file).items()}


def test_a_search_engine_is_led_to_every_public_page(client, everything):
    found = locations(client)
    assert {*OF_THE_PORTAL, *OF_ESBJERG} <= set(found)
    for address in found:
        assert client.get(address).status_code == 200, address
    assert found["/esbjerg/moeder/2025-03-03/"]


@pytest.mark.parametrize("status", [state for state in STATES if state != Status.PUBLISHED])
def test_a_search_engine_is_led_to_nothing_that_is_not_public(client, esbjerg, anna, status):
    build(esbjerg, status)
    client.force_login(anna)
    assert not [address for address in locations(client) if address.startswith("/esbjerg/")]


# Not in the sitemap: files, redirects, forms, results, earlier versions and personal links.
NOT_LISTED = {
    "search", "search-suggestions", "compare", "was", "sitemap", "sitemap-portal", "sitemap-municipality", "robots",
    "current-strategy", "strategy-pdf", "strategy-summary-pdf", "agenda-pdf", "minutes-pdf", "attachment", "photo",
    "meetings-ics", "meeting-ics",
    "news-feed", "meeting-poster", "council-poster", "strategy-version", "agenda-version", "minutes-version",
    "answer-invitation", "propose-item", "approve", "write", "written", "book-dialogue",
    "follow", "follow-topics", "subscriptions", "unsubscribe",
}  # fmt: skip
# One entry per published object, and per year with a meeting.
EACH = {"strategy", "strategy-progress", "theme", "meeting", "meetings-year", "news-story", "topic"}


def test_somebody_has_decided_of_every_address_whether_search_engines_get_it():
    names = set(named_patterns(get_resolver().url_patterns))
    assert names <= {*sitemap.PORTAL_PAGES, *sitemap.MUNICIPALITY_PAGES, *EACH, *NOT_LISTED}


def test_the_map_has_a_file_for_each_municipality_with_its_last_change(client, everything, vejle):
    assert list(listed(client, "/sitemap.xml")) == ["/om/sitemap.xml", "/esbjerg/sitemap.xml"]
    assert client.get("/vejle/sitemap.xml").status_code == 404
    make.news(vejle)
    files = listed(client, "/sitemap.xml")
    assert list(files) == ["/om/sitemap.xml", "/esbjerg/sitemap.xml", "/vejle/sitemap.xml"]
    for name in ("esbjerg", "vejle"):
        pages = listed(client, f"/{name}/sitemap.xml")
        assert all(page.startswith(f"/{name}/") for page in pages)
        assert files[f"/{name}/sitemap.xml"] == pages[f"/{name}/"] == max(pages.values())


def test_search_engines_are_kept_out_of_the_back_office_only(client):
    text = client.get("/robots.txt").content.decode()
    assert text.splitlines() == ["User-agent: *", "Disallow: /admin/", "", f"Sitemap: {SITE}/sitemap.xml"]


# Operations


def test_a_probe_that_calls_by_number_over_plain_http_gets_its_answer(db, settings):
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["udsat.example"]
    for probe in ("live", "ready"):
        response = Client().get(f"/healthz/{probe}", headers={"Host": "10.0.0.7:8000"})
        assert (response.status_code, response.content) == (200, b"ok\n"), probe
        assert response["Cache-Control"] == "no-store" and not response.cookies
        assert Client().post(f"/healthz/{probe}").status_code == 405


def test_readiness_fails_without_write_access(client, db, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "gone"
    response = client.get("/healthz/ready")
    assert response.status_code == 503 and response.content == b"VAR_DIR: cannot be written to\n"
    assert client.get("/healthz/live").status_code == 200


def test_a_portal_whose_database_is_behind_is_not_ready(client, transactional_db):
    try:
        call_command("migrate", "sessions", "zero", verbosity=0)
        response = client.get("/healthz/ready")
        assert response.status_code == 503 and b"migrate" in response.content
    finally:
        call_command("migrate", verbosity=0)
    assert client.get("/healthz/ready").status_code == 200


def test_a_portal_without_its_database_is_not_ready(client, db):
    def down(*arguments):
        raise OperationalError("password of udsat@db.internal is wrong")

    with connection.execute_wrapper(down):
        response = client.get("/healthz/ready")
    assert response.status_code == 503 and response.content == b"database: cannot be reached\n"
