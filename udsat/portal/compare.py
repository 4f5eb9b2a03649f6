"""Side by side: two to four municipalities about one topic, or two versions of one strategy."""

import re

from django.db.models import Count, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from strategies.models import Strategy, Theme, Topic
from strategies.version_comparison import compare as compare_versions
from udsat.lib.danish import join_words
from udsat.models import Municipality, last_published

from .topics import promised

AT_MOST = 4
CHANGES = 50  # strategies with a predecessor that the first page names
_STRATEGY = re.compile(r"([-\w]{1,60})/([-\w]{1,100})")


@require_safe
def compare(request):
    if "strategi" in request.GET:
        return versions(request)
    by_slug = {place.slug: place for place in Municipality.objects.all()}
    asked = list(dict.fromkeys(filter(None, (text.strip() for text in request.GET.getlist("kommune")))))
    known = list(dict.fromkeys(by_slug[text.lower()] for text in asked if text.lower() in by_slug))
    topic_asked = request.GET.get("emne", "").strip()
    all_topics = list(Topic.objects.all())
    topic = next((one for one in all_topics if one.slug == topic_asked.lower()), None)
    shown = known[:AT_MOST]
    context = _form(by_slug.values(), shown, all_topics, topic) | {
        "unknown": [text[:40] for text in asked if text.lower() not in by_slug][:5],
        "unknown_topic": topic_asked[:40] if topic_asked and not topic else "",
        "left_out": join_words([str(place) for place in known[AT_MOST:]]),
    }
    if shown and topic:
        context["columns"] = promised([topic], shown)
        dated = [strategy for column in context["columns"] for strategy, _ in column.strategies]
        context["updated"] = max((strategy.updated_at for strategy in dated), default=None)
    elif shown:
        context["suggestions"] = _written_about(shown)
    else:
        context["changes"] = _with_predecessor()[:CHANGES]
        context["updated"] = last_published()
    return render(request, "compare.html", context)


def _form(places, shown, topics, topic):
    return {
        "section": "sammenlign",
        "places": list(places),
        "choices": [shown[n] if n < len(shown) else None for n in range(AT_MOST)],
        "shown": shown,
        "topics": topics,
        "topic": topic,
    }


def _written_about(places):
    """The topics, with how many of the municipalities have written about each, and the address of the comparison."""
    themes = Theme.objects.published().filter(
        strategy__in=Strategy.objects.not_replaced(), strategy__municipality__in=places
    )
    count = Count("themes__strategy__municipality", distinct=True, filter=Q(themes__in=themes.order_by()))
    asked = [("kommune", place.slug) for place in places]
    return [
        (topic, topic.number, f"{reverse('compare')}?{urlencode([*asked, ('emne', topic.slug)])}")
        for topic in Topic.objects.annotate(number=count).filter(number__gt=0).order_by("position", "name")
    ]


def _with_predecessor():
    """Public strategies that have replaced another public one."""
    return (
        Strategy.objects.published()
        .filter(replaces__in=Strategy.objects.published())
        .select_related("municipality", "replaces__municipality")
        .order_by("municipality__sort_key", "-starts_on", "pk")
    )


def versions(request):
    """Two addresses of strategies, `esbjerg/plads-til-alle`; of one alone, what it has replaced comes with it."""
    asked = list(dict.fromkeys(filter(None, (text.strip(" /") for text in request.GET.getlist("strategi")))))
    pairs = [match.groups() for text in asked if (match := _STRATEGY.fullmatch(text))][:AT_MOST]
    wanted = Q(pk__in=[])
    for place, slug in pairs:
        wanted |= Q(municipality__slug=place, slug=slug)
    published = Strategy.objects.published().with_content()
    by_address = {(one.municipality.slug, one.slug): one for one in published.filter(wanted)}
    found = [by_address[pair] for pair in pairs if pair in by_address]
    if len(found) == 1 and found[0].replaces_id:
        found += published.filter(pk=found[0].replaces_id)
    problem = _problem(found)
    if problem:
        addresses = {"/".join(address) for address in by_address}
        context = _form(Municipality.objects.all(), [], list(Topic.objects.all()), None) | {
            "problem": problem,
            "unknown_strategies": [text[:100] for text in asked if text not in addresses][:5],
            "changes": _with_predecessor()[:CHANGES],
        }
        return render(request, "compare.html", context)
    old, new = sorted(found[:2], key=lambda one: _age(one, found))
    context = {
        "section": "sammenlign",
        "municipality": new.municipality,
        "versions": compare_versions(old, new),
        "updated": max(old.updated_at, new.updated_at),
        "left_out": len(found) > 2,
    }
    return render(request, "versions.html", context)


def _problem(found):
    """Why these cannot be held against each other, in words; empty when they can."""
    if not found:
        return "Vi fandt ikke de strategier, du vil sammenligne. Måske er de ikke offentlige mere."
    if len(found) == 1:
        return f"Vi kender kun én udgave: »{found[0]}«. Der er ikke en ældre på portalen, som den har erstattet."
    if found[0].municipality_id != found[1].municipality_id:
        return "De to strategier er fra hver sin kommune. Sammenlign kommunerne om et emne i stedet."
    return ""


def _age(strategy, found):
    """What replaced another is the newer one, whatever the dates say."""
    is_newer = any(strategy.replaces_id == other.pk for other in found)
    begins = strategy.starts_on or strategy.adopted_on
    return is_newer, str(begins or ""), strategy.pk
