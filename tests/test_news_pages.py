"""The list of news and the page of a story."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from udsat.lib.publishing import Status

from . import factories as make

LIST = "/esbjerg/nyt/"
HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]


def text(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_story_shows_its_text_and_source(esbjerg, client):
    story = make.news(
        esbjerg,
        "Strategien er vedtaget",
        date=datetime.date(2018, 12, 1),
        date_is_month=True,
        lead="Byrådet sagde ja.",
        body="<p>Over 160 kom.</p>",
        is_restatement=True,
        source_url="https://esbjerg.example/nyt",
    )
    page = text(client, story.get_absolute_url())
    for words in ("Strategien er vedtaget", "Byrådet sagde ja.", "Over 160 kom.", "Kort gengivelse.", "December 2018"):
        assert words in page
    assert "https://esbjerg.example/nyt" in page and "1. december 2018" not in page


def test_a_source_that_is_not_restated_is_named_too(esbjerg, client):
    story = make.news(esbjerg, source_url="https://avis.example/1")
    page = text(client, story.get_absolute_url())
    assert "https://avis.example/1" in page and "Kort gengivelse" not in page


@pytest.mark.parametrize("status", HIDDEN)
def test_outsiders_find_no_story_that_is_not_public(esbjerg, client, bo, status):
    make.news(esbjerg, "Offentlig nyhed", date=datetime.date(2025, 1, 1))
    story = make.news(esbjerg, "Hemmelig nyhed", status, date=datetime.date(2025, 1, 2))
    later = make.news(esbjerg, "Senere nyhed", date=datetime.date(2025, 1, 3))
    for reader in (None, bo):
        if reader:
            client.force_login(reader)
        assert client.get(story.get_absolute_url()).status_code == 404
        assert "Hemmelig nyhed" not in text(client, LIST)
        page = text(client, later.get_absolute_url())
        assert "Hemmelig nyhed" not in page and "Offentlig nyhed" in page


def test_the_secretary_previews_a_draft(esbjerg, client, anna):
    story = make.news(esbjerg, "Hemmelig nyhed", Status.DRAFT)
    client.force_login(anna)
    assert '<aside class="preview"' in text(client, story.get_absolute_url())
    assert "Hemmelig nyhed" in text(client, LIST)


@pytest.mark.parametrize("status", HIDDEN)
def test_a_story_does_not_name_a_strategy_or_meeting_that_is_not_public(esbjerg, client, status):
    strategy = make.strategy(esbjerg, "Skjult strategi", status)
    meeting = make.meeting(make.council(esbjerg), status=status)
    story = make.news(esbjerg, strategy=strategy, meeting=meeting)
    page = text(client, story.get_absolute_url())
    assert "Skjult strategi" not in page and meeting.get_absolute_url() not in page


def test_a_story_links_to_its_strategy_and_meeting(esbjerg, client):
    strategy = make.strategy(esbjerg)
    meeting = make.meeting(make.council(esbjerg))
    page = text(client, make.news(esbjerg, strategy=strategy, meeting=meeting).get_absolute_url())
    assert strategy.get_absolute_url() in page and meeting.get_absolute_url() in page


def test_older_and_newer_stories_are_linked(esbjerg, client):
    stories = [make.news(esbjerg, f"Nyhed {n}", date=datetime.date(2025, 1, 1)) for n in range(3)]
    page = text(client, stories[1].get_absolute_url())
    assert f'class="pager-back" href="{stories[0].get_absolute_url()}"' in page
    assert f'class="pager-on" href="{stories[2].get_absolute_url()}"' in page


def test_the_list_has_the_newest_first_under_its_year(esbjerg, client):
    make.news(esbjerg, "Gammel", date=datetime.date(2024, 5, 1))
    make.news(esbjerg, "Ny", date=datetime.date(2025, 5, 1))
    page = text(client, LIST)
    assert page.index('id="aar-2025"') < page.index("Ny</a>") < page.index('id="aar-2024"') < page.index("Gammel</a>")


def test_an_unknown_story_gives_a_danish_message(esbjerg, client):
    response = client.get("/esbjerg/nyt/findes-ikke/")
    assert response.status_code == 404
    assert "Vi kan ikke finde nyheden." in response.content.decode()


def test_many_stories_cost_no_more_queries_and_no_cookie(esbjerg, client):
    story = make.news(esbjerg)
    counts = []
    for _ in range(2):
        for address in (LIST, story.get_absolute_url()):
            with CaptureQueriesContext(connection) as queries:
                text(client, address)
            counts.append(len(queries))
        for n in range(8):
            make.news(esbjerg, f"Nyhed {n}")
    assert counts[:2] == counts[2:]
    assert not client.get(LIST).cookies and not client.get(story.get_absolute_url()).cookies
