"""A topic, or a situation somebody is in, across all municipalities: what is promised, what was decided, whom to ask.

Of each municipality the latest word counts: a strategy that another has replaced is left out, one that is past its
period without a newer one stays and says so.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from council.models import AgendaItem, Agreement, Council, Meeting, PublicItem, public_decisions
from strategies.models import Goal, Situation, Strategy, Theme, Topic
from strategies.progress import Tally, in_words, tally
from udsat.models import Municipality, last_published

PLACES = 8  # municipalities on a page
DECISIONS = 10


@dataclass
class MunicipalityPromises:
    """What one municipality has promised about the topics, strategies in force first; and who answers there."""

    place: Municipality
    council: Council | None
    strategies: list[tuple[Strategy, list[Theme]]] = field(default_factory=list)

    @property
    def themes(self) -> list[Theme]:
        return [theme for _, themes in self.strategies for theme in themes]

    @property
    def goals(self) -> list[Goal]:
        return [goal for theme in self.themes for goal in theme.all_goals]

    @property
    def tally(self) -> Tally:
        return tally(self.goals)

    @property
    def is_followed_up(self) -> bool:
        return any(goal.status for goal in self.goals)

    @property
    def progress_words(self) -> str:
        return in_words(self.tally, "mål", "mål")

    @property
    def reached(self) -> int:
        return sum(goal.status == "naaet" for goal in self.goals)

    @property
    def followed_up(self) -> int:
        return sum(bool(goal.status) for goal in self.goals)

    @property
    def with_target(self) -> int:
        return sum(bool(goal.target) for goal in self.goals)


@dataclass(frozen=True)
class TopicDecision:
    """An item as the public may read it, and what of it is about the topics."""

    meeting: Meeting
    item: PublicItem
    themes: Sequence[Theme]
    goals: Sequence[Goal]


def themes_about(topics: Iterable[Topic]) -> QuerySet[Theme]:
    latest = Strategy.objects.not_replaced()
    return Theme.objects.published().filter(strategy__in=latest, topics__in=topics).distinct()


def topics_of(place: Municipality) -> QuerySet[Topic]:
    """What the municipality's own promises are about."""
    latest = Strategy.objects.not_replaced().filter(municipality=place)
    themes = Theme.objects.published().filter(strategy__in=latest)
    return Topic.objects.filter(pk__in=themes.order_by().values("topics"))


def municipalities_with(themes: QuerySet[Theme]) -> QuerySet[Municipality]:
    """In Danish alphabetical order."""
    return Municipality.objects.filter(Exists(themes.filter(strategy__municipality=OuterRef("pk"))))


def promised(topics: Iterable[Topic], places: Sequence[Municipality]) -> list[MunicipalityPromises]:
    """One for each place, in their order, also where nothing is promised. A constant number of queries."""
    goals = Goal.objects.prefetch_related("follow_ups")
    themes = (
        themes_about(topics)
        .filter(strategy__municipality__in=places)
        .prefetch_related(
            Prefetch("strategy", Strategy.objects.with_validity().prefetch_related("themes")),
            Prefetch("goals", goals.filter(parent=None).prefetch_related(Prefetch("children", goals))),
        )
    )
    councils = Council.objects.published().filter(municipality__in=places).select_related("municipality")
    council_of = {one.municipality_id: one for one in councils}
    found = {place.pk: MunicipalityPromises(place, council_of.get(place.pk)) for place in places}
    by_strategy = {}
    for theme in themes:
        by_strategy.setdefault(theme.strategy.pk, (theme.strategy, []))[1].append(theme)
    for strategy, own in sorted(by_strategy.values(), key=_in_force_and_newest):
        strategy.municipality = found[strategy.municipality_id].place
        found[strategy.municipality_id].strategies.append((strategy, own))
    return list(found.values())


def _in_force_and_newest(pair):
    strategy, _ = pair
    return not strategy.is_in_force, -(strategy.starts_on or strategy.adopted_on or datetime.date.min).toordinal()


def decided(topics: Iterable[Topic], place: Municipality | None, at_most: int) -> list[TopicDecision]:
    """Decisions and agreements on items tied to a public theme about the topics or to its goals, newest first."""
    about = set(Theme.objects.published().filter(topics__in=topics).values_list("pk", flat=True))
    tied = AgendaItem.objects.filter(themes__in=about).values("pk").order_by()
    tied_by_goal = AgendaItem.objects.filter(goals__theme__in=about).values("pk").order_by()
    items = AgendaItem.objects.filter(
        Q(pk__in=tied) | Q(pk__in=tied_by_goal),
        ~Q(answer="", decision="") | Exists(Agreement.objects.filter(item=OuterRef("pk"))),
    ).order_by("-meeting__date", "-meeting__ordinal", "position", "pk")
    if place:
        items = items.filter(meeting__council__municipality=place)
    return [
        TopicDecision(
            meeting,
            item,
            [theme for theme in item.themes if theme.pk in about],
            [goal for goal in item.goals if goal.theme_id in about],
        )
        for meeting, item in public_decisions(items, at_most)
    ]


def chosen_place(request) -> tuple[list[Municipality], Municipality | None, str]:
    """All municipalities, the one asked for, and what was asked for if it is none of them."""
    places = list(Municipality.objects.all())
    asked = request.GET.get("kommune", "").strip()
    found = next((place for place in places if place.slug == asked.lower()), None)
    return places, found, asked[:40] if asked and not found else ""


def page_number(request) -> int:
    return int(request.GET["side"]) if re.fullmatch(r"[1-9]\d?", request.GET.get("side", "")) else 1


@require_safe
def topics(request):
    places, place, unknown = chosen_place(request)
    counted = Theme.objects.published().filter(strategy__in=Strategy.objects.not_replaced())
    if place:
        counted = counted.filter(strategy__municipality=place)
    about = Q(themes__in=counted.order_by())
    context = {
        "section": "emner",
        "situations": Situation.objects.all(),
        "topics": Topic.objects.annotate(
            place_count=Count("themes__strategy__municipality", distinct=True, filter=about),
            theme_count=Count("themes", distinct=True, filter=about),
        ).order_by("position", "name"),
        "places": places,
        "place": place,
        "unknown": unknown,
        "updated": last_published(),
    }
    return render(request, "topics.html", context)


@require_safe
def topic(request, slug):
    situation = Situation.objects.filter(slug=slug).first()
    topic = None if situation else Topic.objects.filter(slug=slug).first()
    if not situation and not topic:
        raise Http404(f"Vi kender intet emne med adressen »{slug[:60]}«.")
    topics = list(situation.topics.all()) if situation else [topic]
    places, place, unknown = chosen_place(request)
    with_promises = list(municipalities_with(themes_about(topics)))
    page = 1 if place else min(page_number(request), max(1, -(-len(with_promises) // PLACES)))
    promises = promised(topics, [place] if place else with_promises[(page - 1) * PLACES : page * PLACES])
    decisions = decided(topics, place, DECISIONS + 1) if page == 1 else []
    dated = [strategy for one in promises for strategy, _ in one.strategies] + [
        one.meeting for one in decisions[:DECISIONS]
    ]
    context = {
        "section": "emner",
        "subject": situation or topic,
        "situation": situation,
        "topic": topic,
        "topics": topics,
        "place": place,
        "unknown": unknown,
        "with_promises": with_promises,
        "others": [one for one in places if one not in with_promises],
        "promises": promises,
        "decisions": decisions[:DECISIONS],
        "has_more": len(decisions) > DECISIONS,
        "page": page,
        "pages": -(-len(with_promises) // PLACES),
        "situations": [] if situation else topic.situations.all(),
        "updated": max((one.updated_at for one in dated), default=None),
    }
    return render(request, "topic.html", context)
