"""Atom feed (RFC 4287) of a municipality: news, agendas, minutes and hearings."""

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, linebreaks

from council.models import Agenda, Council, Hearing, Minutes, News
from udsat.lib.danish import long_date
from udsat.lib.prepared import prepared
from udsat.lib.richtext import safe_html
from udsat.models import Municipality

MAX_ENTRIES = 50
# Part of every entry's id, and the date of an empty feed. Must never change (RFC 4151).
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
# Characters that XML 1.0 does not allow, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Feed(Atom1Feed):
    def root_attributes(self):
        # Texts may contain relative links.
        return super().root_attributes() | {"xml:base": f"{settings.SITE_URL}/"}

    def latest_post_date(self):
        # Django falls back on the present time, which would change an empty feed on each request.
        return super().latest_post_date() if self.items else START


@dataclass(frozen=True)
class Entry:
    public_from: datetime.datetime
    name: str  # of the row, in the id
    obj: Any
    kind: str
    title: str
    text: Callable[[], str]  # called only for entries that are shown

    def as_item(self) -> dict:
        return {
            "title": _clean(self.title),
            "link": settings.SITE_URL + self.obj.get_absolute_url(),
            "description": _clean(self.text()),
            "unique_id": _tag(self.name),
            "pubdate": self.public_from,
            # A text written before publication is new to the readers on publication.
            "updateddate": max(self.public_from, self.obj.last_changed),
            "categories": [self.kind],
        }


def news_feed(municipality: Municipality, council: Council | None) -> bytes:
    """Return the newest published entries, in a constant number of queries. Contains nothing of closed items."""
    address = settings.SITE_URL + reverse("news", args=[municipality.slug])
    feed = _Feed(
        title=_clean(f"Nyt fra {council.sender_name if council else municipality.official_name}"),
        subtitle=f"Nyheder, dagsordener, referater og høringer i {municipality.official_name}",
        description="",
        link=address,
        feed_url=settings.SITE_URL + reverse("news-feed", args=[municipality.slug]),
        feed_guid=_tag(f"kommune/{municipality.code}"),
        author_name=_clean(council.name if council else municipality.official_name),
        language="da",
    )
    entries = list(_stories(municipality))
    if own_council := getattr(municipality, "council", None):
        entries += [*_papers(own_council), *_hearings(own_council)]
    for entry in sorted(entries, key=lambda entry: (entry.public_from, entry.name), reverse=True)[:MAX_ENTRIES]:
        feed.add_item(**entry.as_item())
    return feed.writeString("utf-8").encode()


@prepared
def _news(municipality):
    return News.objects.published().filter(municipality=municipality).order_by("-publish_at", "-pk")[:MAX_ENTRIES]


def _stories(municipality) -> Iterator[Entry]:
    for story in _news(municipality=municipality.pk):
        story.municipality = municipality
        yield Entry(story.publish_at, f"nyhed/{story.pk}", story, "Nyhed", story.title, partial(_story_text, story))


def _story_text(story):
    return linebreaks(story.lead, autoescape=True) + safe_html(story.body)


def _newest(model):
    return prepared(
        lambda council: (
            model.objects.published()
            .filter(meeting__council=council)
            .select_related("meeting")
            .annotate(public_from=Greatest("publish_at", "meeting__publish_at"))
            .order_by("-public_from", "-pk")[:MAX_ENTRIES]
        )
    )


_PAPERS = [
    (_newest(Agenda), "Dagsorden", "dagsordenen", "get_agenda_pdf_url"),
    (_newest(Minutes), "Referat", "referatet", "get_minutes_pdf_url"),
]


def _papers(council) -> Iterator[Entry]:
    for newest, kind, definite, url_method in _PAPERS:
        for paper in newest(council=council.pk):
            meeting = paper.meeting
            meeting.council = council
            title = f"{kind}: {meeting.long_title}"
            if meeting.is_cancelled:
                title += " er aflyst"
            elif meeting.change_note:
                title += f" ({meeting.change_note.lower()})"
            yield Entry(
                paper.public_from,
                f"{kind.lower()}/{paper.pk}",
                paper,
                kind,
                title,
                partial(_paper_text, paper, definite, url_method),
            )


def _paper_text(paper, definite, url_method):
    url = settings.SITE_URL + getattr(paper.meeting, url_method)()
    pdf = format_html('<p><a href="{}">Hent {} som PDF</a></p>', url, definite)
    return _change(paper.meeting) + safe_html(paper.plain_text) + pdf


def _change(meeting):
    if meeting.is_cancelled:
        return format_html("<p>Mødet er aflyst. {}</p>", meeting.cancelled_reason)
    return format_html("<p>Mødet er flyttet fra {}.</p>", long_date(meeting.former_date)) if meeting.change_note else ""


@prepared
def _public_hearings(council):
    return Hearing.objects.published().filter(council=council)


def _hearings(council) -> Iterator[Entry]:
    """Yield an entry when the council receives the hearing, and another when it answers."""
    for hearing in _public_hearings(council=council.pk):
        hearing.council = council
        yield Entry(
            hearing.publish_at,
            f"hoering/{hearing.pk}",
            hearing,
            "Høring",
            f"Høring: {hearing.title}",
            partial(_question, hearing),
        )
        if hearing.answered_on:
            answered = timezone.make_aware(datetime.datetime.combine(hearing.answered_on, datetime.time.min))
            yield Entry(
                max(hearing.publish_at, hearing.sent_at or answered),
                f"hoeringssvar/{hearing.pk}",
                hearing,
                "Høringssvar",
                f"Rådet har svaret på høringen: {hearing.title}",
                partial(_answer, hearing),
            )


def _question(hearing):
    received = format_html("<p>Rådet blev spurgt {}.</p>", long_date(hearing.received_on))
    return received + safe_html(hearing.question)


def _answer(hearing):
    return safe_html(hearing.public_answer)


def _tag(name: str) -> str:
    """Return a tag URI (RFC 4151) of the row's number, which a new title does not change."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{START.year}:{name}"


def _clean(text: str) -> str:
    return _NOT_XML.sub(" ", text)
