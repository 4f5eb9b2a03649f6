"""Comparison of two to four municipalities on one topic, or of two versions of one strategy."""

import re

from django.db.models import Count, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from strategies.models import Strategy, Theme, Topic
from strategies.version_comparison import compare as compare_versions
from udsat.lib.danish import join_words, slugify
from udsat.models import Municipality, last_published

from .topics import promises_about, without_follow_up

MAX_COLUMNS = 4
MAX_VERSIONS = 50  # strategies with a predecessor on the start page
_STRATEGY = re.compile(r"([-\w]{1,60})/([-\w]{1,100})")


@require_safe
def compare(request):
    if "strategi" in request.GET:
        return versions(request)
    by_slug = {one.slug: one for one in Municipality.objects.all()}
    slugs = list(dict.fromkeys(filter(None, (text.strip() for text in request.GET.getlist("kommune")))))
    known = list(dict.fromkeys(by_slug[slug] for text in slugs if (slug := slugify(text)) in by_slug))
    topic_slug = request.GET.get("emne", "").strip()
    all_topics = list(Topic.objects.all())
    topic = next((one for one in all_topics if one.slug == slugify(topic_slug)), None)
    shown = known[:MAX_COLUMNS]
    context = _form(by_slug.values(), shown, all_topics, topic) | {
        "unknown": [text[:40] for text in slugs if slugify(text) not in by_slug][:5],
        "unknown_topic": topic_slug[:40] if topic_slug and not topic else "",
        "left_out": join_words([str(one) for one in known[MAX_COLUMNS:]]),
    }
    if shown and topic:
        columns = context["columns"] = promises_about([topic], shown)
        context["without_follow_up"] = without_follow_up(columns)
        context["without_promises"] = without_promises(columns, topic)
        context["has_follow_ups"] = any(column.is_followed_up for column in columns)
        context["has_promises"] = any(column.strategies for column in columns)
        context["has_causes"] = any(column.causes for column in columns)
        dated = [strategy for column in context["columns"] for strategy, _ in column.strategies]
        context["updated"] = max((strategy.last_changed for strategy in dated), default=None)
    elif shown:
        context["suggestions"] = _shared_topics(shown)
    else:
        context["changes"] = _with_predecessor()[:MAX_VERSIONS]
        context["updated"] = last_published()
    return render(request, "compare.html", context)


def without_promises(columns, topic):
    """Name in one sentence the municipalities that have not written about the topic."""
    silent = [column.municipality.official_name for column in columns if not column.strategies]
    if len(silent) > 1 and len(silent) == len(columns):
        return f"Ingen af kommunerne har skrevet om {topic.name.lower()} på portalen endnu."
    return f"{join_words(silent)} har ikke skrevet om {topic.name.lower()} på portalen endnu." if silent else ""


def _form(municipalities, shown, topics, topic):
    return {
        "section": "sammenlign",
        "municipalities": list(municipalities),
        "choices": [shown[n] if n < len(shown) else None for n in range(MAX_COLUMNS)],
        "shown": shown,
        "topics": topics,
        "topic": topic,
    }


def _shared_topics(municipalities):
    """Return topics with the number of municipalities that have written about them and the comparison URL."""
    themes = Theme.objects.published().filter(
        strategy__in=Strategy.objects.not_replaced(), strategy__municipality__in=municipalities
    )
    count = Count("themes__strategy__municipality", distinct=True, filter=Q(themes__in=themes.order_by()))
    parameters = [("kommune", one.slug) for one in municipalities]
    return [
        (topic, topic.number, f"{reverse('compare')}?{urlencode([*parameters, ('emne', topic.slug)])}")
        for topic in Topic.objects.annotate(number=count).filter(number__gt=0).order_by("position", "name")
    ]


def _with_predecessor():
    """Return public strategies that replace another public one."""
    return (
        Strategy.objects.published()
        .filter(replaces__in=Strategy.objects.published())
        .select_related("municipality", "replaces__municipality")
        .order_by("municipality__sort_key", "-starts_on", "pk")
    )


def versions(request):
    """Compare two strategies, given as `esbjerg/plads-til-alle`; a single one is compared with its predecessor."""
    paths = list(dict.fromkeys(filter(None, (text.strip(" /") for text in request.GET.getlist("strategi")))))
    pairs = [match.groups() for text in paths if (match := _STRATEGY.fullmatch(text))][:MAX_COLUMNS]
    requested = Q(pk__in=[])
    for municipality_slug, slug in pairs:
        requested |= Q(municipality__slug=municipality_slug, slug=slug)
        requested |= Q(replacement__municipality__slug=municipality_slug, replacement__slug=slug)
    published = Strategy.objects.published().with_goals().prefetch_related("sections", "themes__topics")
    found = list(published.filter(requested))
    by_address = {(one.municipality.slug, one.slug): one for one in found}
    strategies = [by_address[pair] for pair in pairs if pair in by_address]
    if len(strategies) == 1:
        strategies += [one for one in found if one.pk == strategies[0].replaces_id]
    problem = _problem(strategies)
    if problem:
        addresses = {"/".join(address) for address in by_address}
        context = _form(Municipality.objects.all(), [], list(Topic.objects.all()), None) | {
            "problem": problem,
            "unknown_strategies": [text[:100] for text in paths if text not in addresses][:5],
            "changes": _with_predecessor()[:MAX_VERSIONS],
        }
        return render(request, "compare.html", context)
    old, new = sorted(strategies[:2], key=lambda one: _age(one, strategies))
    context = {
        "section": "sammenlign",
        "municipality": new.municipality,
        "versions": compare_versions(old, new),
        "updated": max(old.last_changed, new.last_changed),
        "left_out": len(strategies) > 2,
    }
    return render(request, "versions.html", context)


def _problem(strategies):
    """Return a message if the strategies cannot be compared, else an empty string."""
    if not strategies:
        return "Vi fandt ikke de strategier, du vil sammenligne. Måske er de ikke offentlige mere."
    if len(strategies) == 1:
        return f"Vi kender kun én udgave: »{strategies[0]}«. Der er ikke en ældre på portalen, som den har erstattet."
    if strategies[0].municipality_id != strategies[1].municipality_id:
        return "De to strategier er fra hver sin kommune. Sammenlign kommunerne om et emne i stedet."
    return ""


def _age(strategy, strategies):
    """Sort key by age; a strategy that replaces another is newer whatever its dates."""
    is_newer = any(strategy.replaces_id == other.pk for other in strategies)
    begins = strategy.starts_on or strategy.adopted_on
    return is_newer, str(begins or ""), strategy.pk
