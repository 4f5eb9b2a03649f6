"""Views of /sitemap.xml and /robots.txt."""

from itertools import chain
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from council.models import Agenda, Cause, Council, Hearing, Input, Meeting, Minutes, News
from strategies.models import Situation, Strategy, Theme, Topic

MAX_PER_FILE = 50_000  # addresses per file (sitemaps.org)

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


def entries():
    """Return (path, last change or None) of every public page, with a constant number of queries."""
    changes = {}  # last change by municipality slug and page name

    def note(municipality, name, changed):
        pages = changes.setdefault(municipality.slug, {})
        for page in ("municipality", name):
            pages[page] = max(filter(None, [pages.get(page), changed]))

    pages_of_objects = []
    for strategy in Strategy.objects.published().select_related("municipality").order_by("pk"):
        note(strategy.municipality, "strategies", strategy.last_changed)
        pages_of_objects += [
            (strategy.get_absolute_url(), strategy.last_changed),
            (strategy.get_progress_url(), strategy.last_changed),
        ]
    for theme in Theme.objects.published().select_related("strategy__municipality").order_by("pk"):
        pages_of_objects.append((theme.get_absolute_url(), theme.strategy.last_changed))
    for council in Council.objects.published().select_related("municipality"):
        for name in ("council", "members"):
            note(council.municipality, name, council.last_changed)
    for cause in Cause.objects.published().select_related("council__municipality"):
        note(cause.council.municipality, "causes", cause.council.last_changed)
    for answer in (
        Input.objects.published()
        .filter(council__in=Council.objects.published())
        .select_related("council__municipality")
    ):
        note(answer.municipality, "answers", answer.last_changed)
    changed = {}  # last change of public papers by meeting
    for paper in chain(Agenda.objects.published(), Minutes.objects.published()):
        changed[paper.meeting_id] = max(filter(None, [changed.get(paper.meeting_id), paper.last_changed]))
    for meeting in Meeting.objects.published().select_related("council__municipality").order_by("pk"):
        latest = max(meeting.last_changed, changed.get(meeting.pk, meeting.last_changed))
        note(meeting.municipality, "meetings", latest)
        pages_of_objects.append((meeting.get_absolute_url(), latest))
    for hearing in Hearing.objects.published().select_related("council__municipality"):
        note(hearing.municipality, "hearings", hearing.last_changed)
    for story in News.objects.published().select_related("municipality").order_by("pk"):
        note(story.municipality, "news", story.last_changed)
        pages_of_objects.append((story.get_absolute_url(), story.last_changed))
    pages_of_objects += [(one.get_absolute_url(), None) for model in (Topic, Situation) for one in model.objects.all()]
    return [
        *((reverse(name), None) for name in PORTAL_PAGES),
        *(
            (reverse(name, args=[slug]), pages[name])
            for slug, pages in changes.items()
            for name in MUNICIPALITY_PAGES
            if name in pages
        ),
        *pages_of_objects,
    ]


def _file(kind, item, rows):
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for path, changed in rows:
        day = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
        lines.append(f"<{item}><loc>{escape(settings.SITE_URL + path)}</loc>{day}</{item}>")
    return HttpResponse("\n".join([*lines, f"</{kind}>", ""]), content_type="application/xml; charset=utf-8")


@require_safe
def sitemap(request):
    """Return the sitemap, or an index of its parts if it exceeds the limit."""
    rows = entries()
    files = [rows[start : start + MAX_PER_FILE] for start in range(0, len(rows), MAX_PER_FILE)]
    part = request.GET.get("del")
    if part is None and len(files) == 1:
        return _file("urlset", "url", rows)
    if part is None:
        return _file("sitemapindex", "sitemap", [(f"{request.path}?del={n}", None) for n in range(1, len(files) + 1)])
    if part not in {str(n) for n in range(1, len(files) + 1)}:
        raise Http404("Så mange dele har listen ikke.")
    return _file("urlset", "url", files[int(part) - 1])


@require_safe
def robots(request):
    """Allow all pages. Search results are excluded by a meta tag, which crawlers must be able to read."""
    lines = ["User-agent: *", "Disallow: /admin/", "", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
