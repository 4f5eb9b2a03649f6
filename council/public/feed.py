"""What is new in a municipality, for programs that follow it: an Atom feed (RFC 4287)."""

import datetime
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, linebreaks

from council.models import Agenda, Council, Hearing, Minutes, News
from udsat.lib.danish import long_date
from udsat.lib.richtext import safe_html
from udsat.models import Municipality

LENGTH = 50
# Part of every identifier, and the age of a feed in which nothing has come: neither may ever change (RFC 4151).
BEGAN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
# What XML has no way to write, escaped or not.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Feed(Atom1Feed):
    def root_attributes(self):
        # Editors' links may be to pages of ours, without the host.
        return super().root_attributes() | {"xml:base": f"{settings.SITE_URL}/"}

    def latest_post_date(self):
        # Django's own falls back on the clock, which would make an empty feed new each time somebody asks.
        return super().latest_post_date() if self.items else BEGAN


def news_feed(place: Municipality, council: Council | None) -> bytes:
    """The newest that the public may read. A fixed number of queries; what a closed item holds is in none of it."""
    address = settings.SITE_URL + reverse("news", args=[place.slug])
    feed = _Feed(
        title=_clean(f"Nyt fra {council.sender_name if council else place.official_name}"),
        subtitle=f"Nyheder, dagsordener, referater og høringer i {place.official_name}",
        description="",
        link=address,
        feed_url=settings.SITE_URL + reverse("news-feed", args=[place.slug]),
        feed_guid=_tag(f"kommune/{place.code}"),
        author_name=_clean(council.name if council else place.official_name),
        language="da",
    )
    entries = [*_stories(place), *_papers(place), *_hearings(place)]
    for entry in sorted(entries, key=lambda entry: (entry["pubdate"], entry["unique_id"]), reverse=True)[:LENGTH]:
        feed.add_item(**entry)
    return feed.writeString("utf-8").encode()


def _stories(place) -> Iterator[dict]:
    stories = News.objects.published().filter(municipality=place).select_related("municipality")
    for story in stories.order_by("-publish_at", "-pk")[:LENGTH]:
        text = linebreaks(story.lead, autoescape=True) + safe_html(story.body)
        yield _entry("Nyhed", f"nyhed/{story.pk}", story.title, story, story.publish_at, text)


def _papers(place) -> Iterator[dict]:
    for model, kind, the_paper, address in (
        (Agenda, "Dagsorden", "dagsordenen", "get_agenda_pdf_url"),
        (Minutes, "Referat", "referatet", "get_minutes_pdf_url"),
    ):
        papers = (
            model.objects.published()
            .filter(meeting__council__municipality=place)
            .select_related("meeting__council__municipality")
            .annotate(public_from=Greatest("publish_at", "meeting__publish_at"))
        )
        for paper in papers.order_by("-public_from", "-pk")[:LENGTH]:
            meeting = paper.meeting
            title = f"{kind}: {meeting.long_title}{' er aflyst' if meeting.is_cancelled else ''}"
            pdf = format_html(
                '<p><a href="{}">Hent {} som PDF</a></p>', settings.SITE_URL + getattr(meeting, address)(), the_paper
            )
            yield _entry(
                kind, f"{kind.lower()}/{paper.pk}", title, paper, paper.public_from, safe_html(paper.plain_text) + pdf
            )


def _hearings(place) -> Iterator[dict]:
    """Each hearing when the council was asked, and once more when it has answered."""
    hearings = Hearing.objects.published().filter(council__municipality=place)
    for hearing in hearings.select_related("council__municipality"):
        asked = format_html("<p>Rådet blev spurgt {}.</p>", long_date(hearing.received_on))
        yield _entry(
            "Høring", f"hoering/{hearing.pk}", f"Høring: {hearing.title}", hearing, hearing.publish_at,
            asked + safe_html(hearing.question),
        )  # fmt: skip
        if hearing.answered_on:
            answered = timezone.make_aware(datetime.datetime.combine(hearing.answered_on, datetime.time.min))
            yield _entry(
                "Høringssvar", f"hoeringssvar/{hearing.pk}", f"Rådet har svaret på høringen: {hearing.title}", hearing,
                max(hearing.publish_at, hearing.sent_at or answered), safe_html(hearing.public_answer),
            )  # fmt: skip


def _entry(kind: str, name: str, title: str, thing, public_from: datetime.datetime, text: str) -> dict:
    return {
        "title": _clean(title),
        "link": settings.SITE_URL + thing.get_absolute_url(),
        "description": _clean(text),
        "unique_id": _tag(name),
        "pubdate": public_from,
        # Written before it could be read, it is new to the reader when it can.
        "updateddate": max(public_from, thing.updated_at),
        "categories": [kind],
    }


def _tag(name: str) -> str:
    """By number and not by address: a story that gets another title is still the same one."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{BEGAN.year}:{name}"


def _clean(text: str) -> str:
    return _UNWRITABLE.sub(" ", text)
