"""Atom feed (RFC 4287) of a municipality: news, agendas, minutes and hearings."""

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
    entries = [*_stories(municipality), *_papers(municipality), *_hearings(municipality)]
    for entry in sorted(entries, key=lambda entry: (entry["pubdate"], entry["unique_id"]), reverse=True)[:MAX_ENTRIES]:
        feed.add_item(**entry)
    return feed.writeString("utf-8").encode()


def _stories(municipality) -> Iterator[dict]:
    stories = News.objects.published().filter(municipality=municipality).select_related("municipality")
    for story in stories.order_by("-publish_at", "-pk")[:MAX_ENTRIES]:
        text = linebreaks(story.lead, autoescape=True) + safe_html(story.body)
        yield _entry("Nyhed", f"nyhed/{story.pk}", story.title, story, story.publish_at, text)


def _papers(municipality) -> Iterator[dict]:
    for model, kind, definite, url_method in (
        (Agenda, "Dagsorden", "dagsordenen", "get_agenda_pdf_url"),
        (Minutes, "Referat", "referatet", "get_minutes_pdf_url"),
    ):
        papers = (
            model.objects.published()
            .filter(meeting__council__municipality=municipality)
            .select_related("meeting__council__municipality")
            .annotate(public_from=Greatest("publish_at", "meeting__publish_at"))
        )
        for paper in papers.order_by("-public_from", "-pk")[:MAX_ENTRIES]:
            meeting = paper.meeting
            title = f"{kind}: {meeting.long_title}"
            if meeting.is_cancelled:
                title += " er aflyst"
            elif meeting.change_note:
                title += f" ({meeting.change_note.lower()})"
            pdf = format_html(
                '<p><a href="{}">Hent {} som PDF</a></p>', settings.SITE_URL + getattr(meeting, url_method)(), definite
            )
            text = _change(meeting) + safe_html(paper.plain_text) + pdf
            yield _entry(kind, f"{kind.lower()}/{paper.pk}", title, paper, paper.public_from, text)


def _change(meeting):
    if meeting.is_cancelled:
        return format_html("<p>Mødet er aflyst. {}</p>", meeting.cancelled_reason)
    return format_html("<p>Mødet er flyttet fra {}.</p>", long_date(meeting.former_date)) if meeting.change_note else ""


def _hearings(municipality) -> Iterator[dict]:
    """Yield an entry when the council receives the hearing, and another when it answers."""
    hearings = Hearing.objects.published().filter(council__municipality=municipality)
    for hearing in hearings.select_related("council__municipality"):
        received = format_html("<p>Rådet blev spurgt {}.</p>", long_date(hearing.received_on))
        title, text = f"Høring: {hearing.title}", received + safe_html(hearing.question)
        yield _entry("Høring", f"hoering/{hearing.pk}", title, hearing, hearing.publish_at, text)
        if hearing.answered_on:
            answered = timezone.make_aware(datetime.datetime.combine(hearing.answered_on, datetime.time.min))
            public_from = max(hearing.publish_at, hearing.sent_at or answered)
            title, text = f"Rådet har svaret på høringen: {hearing.title}", safe_html(hearing.public_answer)
            yield _entry("Høringssvar", f"hoeringssvar/{hearing.pk}", title, hearing, public_from, text)


def _entry(kind: str, name: str, title: str, obj, public_from: datetime.datetime, text: str) -> dict:
    return {
        "title": _clean(title),
        "link": settings.SITE_URL + obj.get_absolute_url(),
        "description": _clean(text),
        "unique_id": _tag(name),
        "pubdate": public_from,
        # A text written before publication is new to the readers on publication.
        "updateddate": max(public_from, obj.last_changed),
        "categories": [kind],
    }


def _tag(name: str) -> str:
    """Return a tag URI (RFC 4151) of the row's number, which a new title does not change."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{START.year}:{name}"


def _clean(text: str) -> str:
    return _NOT_XML.sub(" ", text)
