"""Front page, municipalities, municipality page and search, and the error pages."""

import difflib
import logging
import re
from urllib.parse import quote

from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Prefetch, Q, prefetch_related_objects
from django.http import HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from council.models import Council, Meeting, News, latest_decisions
from council.models.meeting import moment_of, next_and_next_open
from council.public.frame import framed_municipality
from strategies.house_drawing import houses, rooms_of
from strategies.jsonld import municipality_data
from strategies.models import Section, Situation, Strategy, Topic
from strategies.progress import progress
from strategies.views import roof_texts
from udsat.lib import jsonld
from udsat.lib.danish import fold, slugify
from udsat.lib.prepared import prepared
from udsat.lib.search_tokens import query_words, words
from udsat.models import Municipality, SearchKind, last_published
from udsat.portal.search import (
    MAX_LENGTH,
    MAX_SUBJECTS,
    Filter,
    matching_situations,
    matching_topics,
    municipalities_named_in,
    municipalities_spelled_like,
    similar_words,
    suggestions,
    words_in_index,
)
from udsat.portal.search import search as find
from udsat.portal.search_query import SearchFilters
from udsat.portal.topics import topics_of

log = logging.getLogger(__name__)

LIST_LENGTH = 5  # meetings, decisions and news on the front page


def all_municipalities():
    """Return all municipalities in Danish alphabetical order, each with `has_content`."""
    here = OuterRef("pk")
    return Municipality.objects.annotate(
        has_strategy=Exists(Strategy.objects.published().filter(municipality=here)),
        has_council=Exists(Council.objects.published().filter(municipality=here)),
        has_meetings=Exists(Meeting.objects.published().filter(council__municipality=here)),
        has_news=Exists(News.objects.published().filter(municipality=here)),
        has_content=Q(has_strategy=True) | Q(has_council=True) | Q(has_meetings=True) | Q(has_news=True),
    )


def municipalities_with_content():
    return all_municipalities().filter(has_content=True)


@prepared
def _municipalities_with_content():
    return municipalities_with_content()


@prepared
def _coming_meetings(**moment):
    return Meeting.objects.published().coming(**moment).select_related("council__municipality")[:LIST_LENGTH]


@prepared
def _latest_news():
    return News.objects.published().select_related("municipality")[:LIST_LENGTH]


@require_safe
def front(request):
    context = {
        "situations": Situation.objects.all(),
        "municipalities": _municipalities_with_content(),
        "meetings": _coming_meetings(**moment_of()),
        "decisions": latest_decisions(LIST_LENGTH),
        "stories": _latest_news(),
        "data": [site_schema()],
        "updated": last_published(),
    }
    return render(request, "front.html", context)


def site_schema():
    """Structured data of the portal and its search."""
    search = jsonld.schema_object(
        "SearchAction",
        target=f"{jsonld.absolute_url(reverse('search'))}?q={{search_term_string}}",
        **{"query-input": "required name=search_term_string"},
    )
    return jsonld.schema_object(
        "WebSite", name="Udsatteportalen", url=jsonld.absolute_url("/"), inLanguage="da", potentialAction=search
    )


@require_safe
def municipalities(request):
    today = timezone.localdate()
    strategies = {}
    # Prefer a strategy in force over the newest one.
    for queryset in (Strategy.objects.in_force(), Strategy.objects.published().newest_first()):
        for strategy in queryset.select_related("municipality"):
            strategies.setdefault(strategy.municipality_id, strategy)
    groups, without_content = {}, []
    for one in all_municipalities().prefetch_related("region_periods__region"):
        if not one.has_content:
            without_content.append(one)
            continue
        one.strategy = strategies.get(one.pk)
        groups.setdefault(one.region_on(today), []).append(one)
    regions = sorted((region for region in groups if region), key=lambda region: (region.position, region.name))
    context = {
        "section": "kommuner",
        "groups": [(region, groups[region]) for region in [*regions, None] if region in groups],
        "total": sum(map(len, groups.values())),
        "without_content": [one for one in without_content if not one.is_fictional],
        "updated": last_published(),
    }
    return render(request, "municipalities.html", context)


@prepared
def _foremost_strategy(municipality):
    return Strategy.objects.published().filter(municipality=municipality).in_force_first()[:1]


@prepared
def _next_meetings(municipality, **moment):
    own = Meeting.objects.published().filter(council__municipality=municipality)
    return own.select_related("council__municipality").next_ones(**moment)


@prepared
def _news_of(municipality):
    return News.objects.published().filter(municipality=municipality).select_related("municipality")[:3]


@require_safe
def municipality(request, kommune):
    municipality = framed_municipality(request.user, kommune)
    strategy = next(iter(_foremost_strategy(municipality=municipality.pk)), None)
    vision = Prefetch("sections", Section.objects.filter(kind=Section.Kind.VISION))
    prefetch_related_objects([strategy] if strategy else [], vision, "themes__goals__follow_ups")
    next_meeting, next_open = next_and_next_open(_next_meetings(municipality=municipality.pk, **moment_of()))
    context = {
        "municipality": municipality,
        "council": municipality.public_council,
        "strategy": strategy,
        "topics": topics_of(municipality=municipality.pk),
        "next_meeting": next_meeting,
        "next_open": next_open,
        "decisions": latest_decisions(LIST_LENGTH, municipality),
        "stories": _news_of(municipality=municipality.pk),
        "data": [municipality_data(municipality)],
    }
    shown = [strategy, context["council"], context["next_meeting"], *context["stories"]]
    shown += [meeting.minutes for meeting, _ in context["decisions"]]
    context["updated"] = max((one.last_changed for one in shown if one), default=None)
    if strategy:
        context["progress"] = progress(strategy)
        rooms = rooms_of(strategy, lambda theme: theme.get_absolute_url())
        context["houses"] = houses(roof_texts(strategy), rooms) if rooms else []
    return render(request, "municipality.html", context)


def search_text(request):
    """Return the query as typed, without null characters."""
    return " ".join(request.GET.get("q", "").replace("\0", " ").split())[:MAX_LENGTH]


@require_safe
def search(request):
    query = search_text(request)
    municipalities = list(all_municipalities())
    topics = list(Topic.objects.all())
    situations = list(Situation.objects.prefetch_related("helplines"))
    filters = [
        Filter("kommune", "Kommune", {one.slug: (one.pk, one.name) for one in municipalities}),
        Filter("slags", "Slags", {kind.value: (kind.value, kind.label) for kind in SearchKind}),
        Filter("emne", "Emne", {topic.slug: (topic.slug, topic.name) for topic in topics}),
        Filter("aar", "År", {str(year): (year, str(year)) for year in range(1990, timezone.localdate().year + 6)}),
    ]
    for one in filters:
        one.read(request.GET.get(one.name, ""))
    kommune, kind, topic, year = (one.value for one in filters)
    page = int(request.GET["side"]) if re.fullmatch(r"[1-9]\d{0,5}", request.GET.get("side", "")) else 1
    search_filters = SearchFilters(municipality=kommune, kind=kind, topic=topic, year=year)
    phrases = {word for situation in situations for phrase in situation.phrases for word in words(phrase)}
    results = find(query, municipalities, search_filters, page, known=phrases)

    def address(**changes):
        kept = {"q": query} | {one.name: one.chosen for one in filters} | changes
        return f"{reverse('search')}?{urlencode({name: value for name, value in kept.items() if value})}"

    is_misspelled = bool(results.corrected) or not results.hits or results.is_partial
    named = municipalities_named_in(results.words, municipalities)
    if is_misspelled and not named:
        named = municipalities_spelled_like(query_words(query), municipalities)
    help_with = matching_situations(query, situations, is_misspelled=is_misspelled)
    others = [one for one in matching_topics(results.words, named, [*situations, *topics]) if one not in help_with]
    chosen = next((one for one in municipalities if one.pk == kommune), None)
    context = {
        "section": "soeg",
        "query": query,
        "results": results,
        "named": named,
        "contact": chosen or (named[0] if named else None),
        "subjects": [*help_with, *others][:MAX_SUBJECTS],
        "chosen_municipality": chosen,
        "municipalities": [one for one in municipalities if one.has_content],
        "unknown": [one for one in filters if one.unknown],
        "topic": filters[2],
        "chosen": [(one, address(**{one.name: ""})) for one in filters if one.chosen],
        "narrower": [
            (one, [(label, count, address(**{one.name: value})) for value, label, count in one.choices(counts)])
            for one, counts in zip(filters, results.counts, strict=True)
            # Values shared by all hits do not narrow the search.
            if len(counts) > 1 and not one.chosen and min(count for _, count in counts) < results.total
        ],
        "anywhere": address(**{one.name: "" for one in filters}),
        "page": results.page,
        "pages": results.pages,
        "before": address(side=results.page - 1) if results.page > 1 else "",
        "after": address(side=results.page + 1) if results.page < results.pages else "",
    }
    if results.words and not results.hits:
        context["near"] = [(word, address(q=word)) for word in similar_words(results.words)]
        everywhere = {one.name: "" for one in filters}
        context["elsewhere"] = [(word, address(q=word, **everywhere)) for word in words_in_index(results.words)]
        lines = [line for one in help_with or situations for line in one.ordered_helplines]
        context["helplines"] = list(dict.fromkeys(lines))
    return render(request, "search.html", context)


@require_safe
def search_suggestions(request):
    """Completions of the query for static/js/search.js."""
    return JsonResponse({"forslag": suggestions(search_text(request), list(Municipality.objects.all()))})


def not_found(request, exception):
    """Render 404 with links to the municipality of the address or to similarly spelled ones.

    An address that spells the municipality in another way, as /Esbjerg/ and /københavn/ do, is redirected.
    """
    municipality, suggestions = None, []
    first, _, rest = request.path_info.lstrip("/").partition("/")
    try:
        municipality = Municipality.objects.filter(slug=slugify(first)).first()
        if municipality and municipality.slug != first and request.method in ("GET", "HEAD"):
            query = request.META.get("QUERY_STRING", "")
            address = f"{municipality.get_absolute_url()}{quote(rest)}"
            return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
        if not municipality:
            suggestions = _spelled_like(request.path_info)
        context = {"municipality": municipality, "suggestions": suggestions, "message": _danish_message(exception)}
        return render(request, "404.html", context, status=404)
    except DatabaseError:
        log.exception("The database failed while a page was reported missing.")
        return HttpResponse(get_template("500.html").render(), status=404)


def _danish_message(exception):
    """Return the message of our own code, but not Django's messages in English."""
    message = exception.args[0] if exception.args else ""
    return message if isinstance(message, str) and not message.startswith("No ") else ""


def _spelled_like(path):
    """Return municipalities with a similar address; below /emner/, topics and situations."""
    first, _, rest = path.strip("/").partition("/")
    candidates, word, cutoff = Municipality.objects.all(), first, 0.6
    if first == "emner":
        candidates, word, cutoff = [*Topic.objects.all(), *Situation.objects.all()], rest, 0.5
    by_slug = {one.slug: one for one in candidates}
    return [by_slug[slug] for slug in difflib.get_close_matches(slugify(fold(word[:80])), by_slug, 4, cutoff)]


def no_access(request, exception):
    message = str(exception) if exception.args else ""
    return render(request, "403.html", {"message": message}, status=403)


def server_error(request):
    return HttpResponse(get_template("500.html").render(), status=500)
