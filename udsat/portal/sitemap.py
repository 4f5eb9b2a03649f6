"""Where everything public is, for search engines: /sitemap.xml and /robots.txt."""

from itertools import chain
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from council.models import Agenda, Cause, Council, Hearing, Input, Meeting, Minutes, News
from strategies.models import Situation, Strategy, Theme, Topic

LARGEST = 50_000  # addresses in one file, by the standard (sitemaps.org)

# The portal's own pages. A test holds that every page is either here, below, or not for search engines.
OWN = ["front", "municipalities", "topics", "about", "accessibility", "privacy"]
# Those of a municipality, each once it has something to show.
OF_A_MUNICIPALITY = [
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


def entries():
    """Every public page and the day it changed last, or None. A constant number of queries."""
    places = {}  # slug: name of a page: the latest change of what it shows

    def note(place, name, changed):
        pages = places.setdefault(place.slug, {})
        for page in ("municipality", name):
            pages[page] = max(filter(None, [pages.get(page), changed]))

    things = []
    for strategy in Strategy.objects.published().select_related("municipality").order_by("pk"):
        note(strategy.municipality, "strategies", strategy.updated_at)
        things += [
            (strategy.get_absolute_url(), strategy.updated_at),
            (strategy.get_progress_url(), strategy.updated_at),
        ]
    for theme in Theme.objects.published().select_related("strategy__municipality").order_by("pk"):
        things.append((theme.get_absolute_url(), theme.strategy.updated_at))
    for council in Council.objects.published().select_related("municipality"):
        for name in ("council", "members"):
            note(council.municipality, name, council.updated_at)
    for cause in Cause.objects.published().select_related("council__municipality"):
        note(cause.council.municipality, "causes", cause.council.updated_at)
    for answer in (
        Input.objects.published()
        .filter(council__in=Council.objects.published())
        .select_related("council__municipality")
    ):
        note(answer.municipality, "answers", answer.updated_at)
    changed = {}  # meeting: when its public papers changed last
    for paper in chain(Agenda.objects.published(), Minutes.objects.published()):
        changed[paper.meeting_id] = max(filter(None, [changed.get(paper.meeting_id), paper.updated_at]))
    for meeting in Meeting.objects.published().select_related("council__municipality").order_by("pk"):
        latest = max(meeting.updated_at, changed.get(meeting.pk, meeting.updated_at))
        note(meeting.municipality, "meetings", latest)
        things.append((meeting.get_absolute_url(), latest))
    for hearing in Hearing.objects.published().select_related("council__municipality"):
        note(hearing.municipality, "hearings", hearing.updated_at)
    for story in News.objects.published().select_related("municipality").order_by("pk"):
        note(story.municipality, "news", story.updated_at)
        things.append((story.get_absolute_url(), story.updated_at))
    things += [(one.get_absolute_url(), None) for model in (Topic, Situation) for one in model.objects.all()]
    return [
        *((reverse(name), None) for name in OWN),
        *(
            (reverse(name, args=[slug]), pages[name])
            for slug, pages in places.items()
            for name in OF_A_MUNICIPALITY
            if name in pages
        ),
        *things,
    ]


def _file(kind, item, rows):
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for path, changed in rows:
        day = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
        lines.append(f"<{item}><loc>{escape(settings.SITE_URL + path)}</loc>{day}</{item}>")
    return HttpResponse("\n".join([*lines, f"</{kind}>", ""]), content_type="application/xml; charset=utf-8")


@require_safe
def sitemap(request):
    """One file; when there is more than one file may hold, a list of files."""
    found = entries()
    files = [found[start : start + LARGEST] for start in range(0, len(found), LARGEST)]
    wanted = request.GET.get("del")
    if wanted is None and len(files) == 1:
        return _file("urlset", "url", found)
    if wanted is None:
        return _file("sitemapindex", "sitemap", [(f"{request.path}?del={n}", None) for n in range(1, len(files) + 1)])
    if wanted not in {str(n) for n in range(1, len(files) + 1)}:
        raise Http404("Så mange dele har listen ikke.")
    return _file("urlset", "url", files[int(wanted) - 1])


@require_safe
def robots(request):
    """Search results keep themselves out, by a word on the page, which a search engine must be let in to read."""
    lines = ["User-agent: *", "Disallow: /admin/", "", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
