"""The pages that see both apps: front page, municipalities, search, about. And the pages for what went wrong."""

import difflib
import logging

from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils import timezone
from django.views.decorators.http import require_safe

from council.models import Council, Meeting, Minutes, News
from strategies.house import houses, rooms_of
from strategies.models import Strategy
from strategies.views import find_municipality, promises, tally
from udsat.lib.danish import fold, slugify
from udsat.models import Municipality
from udsat.search import MAX_LENGTH, named_by, words_of
from udsat.search import search as find

log = logging.getLogger(__name__)

SHOWN = 5  # meetings, minutes and news on the front page


def with_content():
    """The municipalities that have published anything, in Danish alphabetical order."""
    here = OuterRef("pk")
    return Municipality.objects.annotate(
        has_strategy=Exists(Strategy.objects.published().filter(municipality=here)),
        has_council=Exists(Council.objects.published().filter(municipality=here)),
        has_meetings=Exists(Meeting.objects.published().filter(council__municipality=here)),
        has_news=Exists(News.objects.published().filter(municipality=here)),
    ).filter(Q(has_strategy=True) | Q(has_council=True) | Q(has_meetings=True) | Q(has_news=True))


def coming_meetings():
    return Meeting.objects.published().coming().select_related("council__municipality")


def latest_minutes():
    papers = Minutes.objects.published().select_related("meeting__council__municipality")
    return papers.order_by("-meeting__date", "-meeting__ordinal", "-pk")


def latest_news():
    return News.objects.published().select_related("municipality")


@require_safe
def front(request):
    context = {
        "places": with_content(),
        "meetings": coming_meetings()[:SHOWN],
        "papers": latest_minutes()[:SHOWN],
        "stories": latest_news()[:SHOWN],
    }
    return render(request, "front.html", context)


@require_safe
def municipalities(request):
    today = timezone.localdate()
    strategies = {}
    # In force first, then any: the first one seen of each municipality stays.
    for queryset in (Strategy.objects.in_force(), Strategy.objects.published().newest_first()):
        for strategy in queryset.select_related("municipality"):
            strategies.setdefault(strategy.municipality_id, strategy)
    groups = {}
    for place in with_content().prefetch_related("region_periods__region"):
        place.strategy = strategies.get(place.pk)
        groups.setdefault(place.region_on(today), []).append(place)
    regions = sorted((region for region in groups if region), key=lambda region: (region.position, region.name))
    context = {
        "section": "kommuner",
        "groups": [(region, groups[region]) for region in [*regions, None] if region in groups],
        "found": sum(map(len, groups.values())),
    }
    return render(request, "municipalities.html", context)


@require_safe
def municipality(request, kommune):
    place = find_municipality(kommune)
    own = Strategy.objects.filter(municipality=place).with_content()
    strategy = own.in_force().first() or own.published().newest_first().first()
    context = {
        "municipality": place,
        "council": Council.objects.published().filter(municipality=place).first(),
        "strategy": strategy,
        "next_meeting": coming_meetings().filter(council__municipality=place).first(),
        "papers": latest_minutes().filter(meeting__council__municipality=place)[:3],
        "stories": latest_news().filter(municipality=place)[:3],
    }
    if strategy:
        context["tally"] = tally(strategy)
        rooms = rooms_of(strategy, lambda theme: theme.get_absolute_url())
        context["houses"] = houses(promises(strategy), rooms) if rooms else []
    return render(request, "municipality.html", context)


@require_safe
def search(request):
    query = " ".join(request.GET.get("q", "").replace("\0", " ").split())
    slug = request.GET.get("kommune", "")
    words = words_of(query)
    places = list(Municipality.objects.all())
    place = next((one for one in places if one.slug == slug), None)
    context = {
        "section": "soeg",
        "query": query[:MAX_LENGTH],
        "words": words,
        "named": list(dict.fromkeys(place for found in named_by(words, places).values() for place in found)),
        "place": place,
        "unknown_place": slug if slug and not place else "",
        "places": with_content(),
        "groups": find(query, places, place),
    }
    return render(request, "search.html", context)


@require_safe
def about(request):
    return render(request, "about.html", {"section": "om"})


def not_found(request, exception):
    """404 in Danish, with the way on. Names the municipality of the address, or those that are spelled like it."""
    place, suggestions = None, []
    first = request.path_info.strip("/").split("/")[0]
    try:
        place = Municipality.objects.filter(slug=slugify(first)).first()
        if not place:
            suggestions = _spelled_like(first)
        context = {"municipality": place, "suggestions": suggestions, "message": _danish_message(exception)}
        return render(request, "404.html", context, status=404)
    except DatabaseError:
        log.exception("The database failed while a page was reported missing.")
        return HttpResponse(get_template("500.html").render(), status=404)


def _danish_message(exception):
    """What our own code said; Django's words about models and patterns are not for readers."""
    message = exception.args[0] if exception.args else ""
    return message if isinstance(message, str) and not message.startswith("No ") else ""


def _spelled_like(word):
    by_slug = {place.slug: place for place in Municipality.objects.all()}
    return [by_slug[slug] for slug in difflib.get_close_matches(slugify(fold(word)), by_slug, 4, 0.6)]


def no_access(request, exception):
    message = str(exception) if exception.args else ""
    return render(request, "403.html", {"message": message}, status=403)


def server_error(request):
    return HttpResponse(get_template("500.html").render(), status=500)
