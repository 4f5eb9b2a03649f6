"""Queries whose SQL is written once give the rows that Django's own query gives."""

import datetime

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from council.models import Meeting, News
from udsat.lib.prepared import prepared
from udsat.lib.publishing import Status, visible_rows

from . import factories as make


@prepared
def meetings_on(council, day):
    return Meeting.objects.published().select_related("council__municipality").filter(council=council, date=day)


def test_each_call_has_its_own_values(esbjerg, vejle, django_assert_num_queries):
    day, next_day = datetime.date(2025, 3, 3), datetime.date(2025, 3, 4)
    ours, theirs = make.council(esbjerg), make.council(vejle)
    meetings = [make.meeting(council, date) for council in (ours, theirs) for date in (day, next_day)]
    found = [meetings_on(council=c.pk, day=date) for c in (ours, theirs) for date in (day, next_day)]
    assert found == [[meeting] for meeting in meetings]
    with django_assert_num_queries(1):
        assert meetings_on(council=theirs.pk, day=day)[0].municipality == vejle


@visible_rows
def news_of(user, municipality):
    return News.objects.visible_to(user).filter(municipality=municipality)


def test_a_reader_sees_news_from_the_minute_it_is_public_and_a_colleague_before(esbjerg, anna, bo):
    story = make.news(esbjerg, "Nyt", slug="nyt")
    draft = make.news(esbjerg, "Kladde", Status.DRAFT, slug="kladde")
    readers = AnonymousUser(), bo, anna

    def seen():
        return [set(news_of(reader, municipality=esbjerg.pk)) for reader in readers]

    assert seen() == [{story}, {story}, {story, draft}]
    News.objects.filter(pk=story.pk).update(publish_at=timezone.now() + datetime.timedelta(hours=1))
    assert seen() == [set(), set(), {story, draft}]
    past = timezone.now() - datetime.timedelta(hours=1)
    News.objects.filter(pk=story.pk).update(publish_at=past, expires_at=None)
    assert seen() == [{story}, {story}, {story, draft}]


def test_the_page_of_a_municipality_shows_the_strategy_of_the_day(esbjerg, client, monkeypatch):
    old = make.strategy(esbjerg, "Vores plan", ends_on=datetime.date(2026, 12, 31))
    make.strategy(esbjerg, "Den nye plan", starts_on=datetime.date(2027, 1, 1), replaces=old)
    for day, shown in ((30, "Vores plan"), (31, "Vores plan"), (32, "Den nye plan")):
        moment = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC) + datetime.timedelta(days=day - 1)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert f">{shown}</a></h2>" in client.get("/esbjerg/").content.decode(), day
