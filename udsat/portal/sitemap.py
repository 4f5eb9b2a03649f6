"""Views of /sitemap.xml, which lists a file for the portal and one for each municipality, and of /robots.txt."""

import datetime
from itertools import chain
from xml.sax.saxutils import escape

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from council.models import Agenda, Council, Hearing, Input, Meeting, Minutes, News
from strategies.models import Situation, Strategy, Theme, Topic
from strategies.views import find_municipality
from udsat.models import Municipality

# Pages of the portal. A test requires each public page to be listed here, below, or as excluded.
PORTAL_PAGES = ["front", "municipalities", "topics", "about", "accessibility", "privacy"]
# Pages of a municipality, listed if they have content.
MUNICIPALITY_PAGES = [
    "municipality",
    "strategies",
    "council",
    "members",
    "causes",
    "answers",
    "meetings",
    "hearings",
    "news",
]


# What leads to its municipality from each row with a time of its last change.
_MUNICIPALITY_OF = {
    Strategy: "municipality",
    Council: "municipality",
    Input: "council__municipality",
    Meeting: "council__municipality",
    Agenda: "meeting__council__municipality",
    Minutes: "meeting__council__municipality",
    Hearing: "council__municipality",
    News: "municipality",
}
_CHANGE = ("status", "changed_at", "updated_at")  # what `last_changed` is made of

Entry = tuple[str, datetime.datetime | None]  # path and last change


def portal_entries() -> list[Entry]:
    subjects = [one for model in (Topic, Situation) for one in model.objects.all()]
    return [(path, None) for path in (*map(reverse, PORTAL_PAGES), *(one.get_absolute_url() for one in subjects))]


def municipality_files() -> list[Entry]:
    """Return the sitemap of each municipality with public content and its last change, in one query."""
    times = [
        _public(model)
        .order_by()
        .values_list(f"{municipality}__slug")
        .annotate(changed=Max(Coalesce("changed_at", "updated_at")))
        for model, municipality in _MUNICIPALITY_OF.items()
    ]
    latest: dict[str, datetime.datetime] = {}
    for slug, changed in times[0].union(*times[1:], all=True).order_by():
        latest[slug] = max(changed, latest.get(slug, changed))
    return [(reverse("sitemap-municipality", args=[slug]), latest[slug]) for slug in sorted(latest)]


def municipality_entries(municipality: Municipality) -> list[Entry]:
    """Return every public page of the municipality, with a constant number of queries."""
    slug = municipality.slug
    latest: dict[str, datetime.datetime] = {}  # last change by page name
    pages: list[Entry] = []  # of single objects

    def note(changed, *names):
        for name in ("municipality", *names):
            latest[name] = max(changed, latest.get(name, changed))

    def rows(model, *fields):
        own = _public(model).filter(**{_MUNICIPALITY_OF[model]: municipality})
        return list(own.order_by("pk").only(*fields, *_CHANGE))

    strategies = {strategy.pk: strategy for strategy in rows(Strategy, "slug")}
    for strategy in strategies.values():
        note(strategy.last_changed, "strategies")
        for name in ("strategy", "strategy-progress"):
            pages.append((reverse(name, args=[slug, strategy.slug]), strategy.last_changed))
    for pk, theme in Theme.objects.filter(strategy__in=strategies).order_by("pk").values_list("strategy", "slug"):
        strategy = strategies[pk]
        pages.append((reverse("theme", args=[slug, strategy.slug, theme]), strategy.last_changed))
    for council in rows(Council):
        note(council.last_changed, "council", "members", *(["causes"] if council.causes.exists() else []))
    papers = {}  # last change of the public papers by meeting
    for paper in chain(rows(Agenda, "meeting"), rows(Minutes, "meeting")):
        papers[paper.meeting_id] = max(paper.last_changed, papers.get(paper.meeting_id, paper.last_changed))
    years: dict[int, datetime.datetime] = {}  # last change of the meetings of a year
    for meeting in rows(Meeting, "date", "ordinal"):
        changed = max(meeting.last_changed, papers.get(meeting.pk, meeting.last_changed))
        note(changed, "meetings")
        pages.append((reverse("meeting", args=[slug, meeting.address_part]), changed))
        years[meeting.date.year] = max(changed, years.get(meeting.date.year, changed))
    pages += [(reverse("meetings-year", args=[slug, year]), changed) for year, changed in years.items()]
    for model, name in ((Input, "answers"), (Hearing, "hearings")):
        for one in rows(model):
            note(one.last_changed, name)
    for story in rows(News, "slug"):
        note(story.last_changed, "news")
        pages.append((reverse("news-story", args=[slug, story.slug]), story.last_changed))
    return [(reverse(name, args=[slug]), latest[name]) for name in MUNICIPALITY_PAGES if name in latest] + pages


def _public(model):
    """Return the public rows; of answers, those of a public council."""
    public = model.objects.published()
    return public.filter(council__in=Council.objects.published()) if model is Input else public


def _file(kind, item, rows):
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for path, changed in rows:
        day = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
        lines.append(f"<{item}><loc>{escape(settings.SITE_URL + path)}</loc>{day}</{item}>")
    return HttpResponse("\n".join([*lines, f"</{kind}>", ""]), content_type="application/xml; charset=utf-8")


@require_safe
def sitemap(request):
    return _file("sitemapindex", "sitemap", [(reverse("sitemap-portal"), None), *municipality_files()])


@require_safe
def portal_sitemap(request):
    return _file("urlset", "url", portal_entries())


@require_safe
def municipality_sitemap(request, kommune):
    municipality = find_municipality(kommune)
    entries = municipality_entries(municipality)
    if not entries:
        raise Http404(f"{municipality} har ikke lagt noget ind på portalen endnu.")
    return _file("urlset", "url", entries)


@require_safe
def robots(request):
    """Allow all pages. Search results are excluded by a meta tag, which crawlers must be able to read."""
    lines = ["User-agent: *", "Disallow: /admin/", "", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
