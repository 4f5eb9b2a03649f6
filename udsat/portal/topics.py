"""Topic pages: promises, decisions and contacts of all municipalities on a topic or situation in life.

A strategy that another has replaced is left out; one past its period without a successor is kept and marked.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from council.models import AgendaItem, Agreement, Cause, Council, Meeting, PublicItem, public_decisions, with_parts
from strategies.models import Goal, Situation, Strategy, Theme, Topic
from strategies.progress import Tally, in_words, tally
from udsat.lib.danish import join_words, slugify
from udsat.lib.prepared import prepared
from udsat.models import Municipality, last_published

PER_PAGE = 8  # municipalities
DECISIONS = 10


@dataclass
class MunicipalityPromises:
    """Promises of one municipality about the topics, strategies in force first, with its council and its causes."""

    municipality: Municipality
    council: Council | None
    causes: list[Cause] = field(default_factory=list)
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
    """A public agenda item with its themes and goals about the topics."""

    meeting: Meeting
    item: PublicItem
    themes: Sequence[Theme]
    goals: Sequence[Goal]


def themes_about(topics: Iterable[Topic]) -> QuerySet[Theme]:
    about = Theme.topics.through.objects.filter(topic__in=topics).values("theme")
    return Theme.objects.filter(strategy__in=Strategy.objects.not_replaced(), pk__in=about)


@prepared
def topics_of(municipality: int) -> QuerySet[Topic]:
    """Return the topics of the municipality's strategies."""
    latest = Strategy.objects.not_replaced().filter(municipality=municipality)
    themes = Theme.objects.published().filter(strategy__in=latest)
    return Topic.objects.filter(pk__in=themes.order_by().values("topics"))


def with_promises(themes: QuerySet[Theme]) -> QuerySet[Municipality]:
    """Return all municipalities in Danish alphabetical order; `has_promises` tells which have one of the themes."""
    return Municipality.objects.annotate(has_promises=Exists(themes.filter(strategy__municipality=OuterRef("pk"))))


def promises_about(topics: Iterable[Topic], municipalities: Sequence[Municipality]) -> list[MunicipalityPromises]:
    """Return the promises of each municipality, in order, with a constant number of queries."""
    themes = (
        themes_about(topics)
        .filter(strategy__municipality__in=municipalities)
        .with_numbers()
        .select_related("strategy")
        .prefetch_related("goals__follow_ups")
    )
    promises = {one.pk: MunicipalityPromises(one, None) for one in municipalities}
    councils = Council.objects.published().filter(municipality__in=municipalities).select_related("municipality")
    # One row per council and cause, which saves a query.
    rows = councils.annotate(cause_pk=F("causes"), cause_title=F("causes__title"))
    for council in rows.order_by("pk", "causes__position", "causes__pk"):
        own = promises[council.municipality_id]
        own.council = council
        if council.cause_pk:
            own.causes.append(Cause(pk=council.cause_pk, council=council, title=council.cause_title))
    by_strategy: dict[int, tuple[Strategy, list[Theme]]] = {}
    for theme in themes:
        strategy, own_themes = by_strategy.setdefault(theme.strategy_id, (theme.strategy, []))
        strategy.is_replaced = False
        theme.strategy = strategy
        own_themes.append(theme)
    for strategy, own in sorted(by_strategy.values(), key=_in_force_and_newest):
        strategy.municipality = promises[strategy.municipality_id].municipality
        promises[strategy.municipality_id].strategies.append((strategy, own))
    return list(promises.values())


def without_follow_up(promises: Sequence[MunicipalityPromises]) -> str:
    """Name in one sentence the municipalities with goals that have not written how they are going."""
    silent = [one for one in promises if one.goals and not one.is_followed_up]
    if len(silent) > 1 and len(silent) == len(promises):
        return "Ingen af kommunerne har skrevet her, hvordan det går med målene."
    names = join_words([one.municipality.official_name for one in silent])
    return f"{names} har ikke skrevet her, hvordan det går med målene." if silent else ""


def _in_force_and_newest(pair):
    strategy, _ = pair
    return not strategy.is_in_force, -(strategy.starts_on or strategy.adopted_on or datetime.date.min).toordinal()


def decisions_about(topics: Iterable[Topic], municipality: Municipality | None, at_most: int) -> list[TopicDecision]:
    """Return decisions and agreements on public themes about the topics and their goals, newest first."""
    about = Theme.topics.through.objects.filter(topic__in=topics).values("theme")
    themes = Theme.objects.published().filter(pk__in=about)
    items_by_theme = AgendaItem.themes.through.objects.filter(theme__in=themes.order_by()).values("agendaitem")
    items_by_goal = AgendaItem.goals.through.objects.filter(goal__theme__in=themes.order_by()).values("agendaitem")
    items = AgendaItem.objects.filter(
        Q(pk__in=items_by_theme) | Q(pk__in=items_by_goal),
        ~Q(answer="", decision="") | Exists(Agreement.objects.filter(item=OuterRef("pk"))),
    ).order_by("-meeting__date", "-meeting__ordinal", "position", "pk")
    if municipality:
        items = items.filter(meeting__council__municipality=municipality)
    goals = Goal.objects.filter(theme__in=themes.order_by()).with_numbers()
    parts = {
        "themes": themes.with_numbers().select_related("strategy__municipality"),
        "goals": goals.select_related("theme__strategy__municipality"),
        "agreements": Agreement.objects.all(),
    }
    return [
        TopicDecision(meeting, item, item.themes, item.goals)
        for meeting, item in public_decisions(items, at_most, lambda items: with_parts(items, **parts))
    ]


def chosen_municipality(request, queryset=None) -> tuple[list[Municipality], Municipality | None, str]:
    """Return the municipalities, by default all, the chosen one, and the requested slug if it is unknown."""
    municipalities = list(Municipality.objects.all() if queryset is None else queryset)
    slug = request.GET.get("kommune", "").strip()
    chosen = next((one for one in municipalities if one.slug == slugify(slug)), None)
    return municipalities, chosen, slug[:40] if slug and not chosen else ""


def page_number(request) -> int:
    return int(request.GET["side"]) if re.fullmatch(r"[1-9]\d?", request.GET.get("side", "")) else 1


@require_safe
def topics(request):
    municipalities, chosen, unknown = chosen_municipality(request)
    themes = Theme.objects.published().filter(strategy__in=Strategy.objects.not_replaced())
    if chosen:
        themes = themes.filter(strategy__municipality=chosen)
    about = Q(themes__in=themes.order_by())
    context = {
        "section": "emner",
        "situations": Situation.objects.all(),
        "topics": Topic.objects.annotate(
            municipality_count=Count("themes__strategy__municipality", distinct=True, filter=about),
            theme_count=Count("themes", distinct=True, filter=about),
        ).order_by("position", "name"),
        "municipalities": municipalities,
        "chosen_municipality": chosen,
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
    municipalities, chosen, unknown = chosen_municipality(request, with_promises(themes_about(topics)))
    promising = [one for one in municipalities if one.has_promises]
    page = 1 if chosen else min(page_number(request), max(1, -(-len(promising) // PER_PAGE)))
    promises = promises_about(topics, [chosen] if chosen else promising[(page - 1) * PER_PAGE : page * PER_PAGE])
    decisions = decisions_about(topics, chosen, DECISIONS + 1) if page == 1 else []
    dated = [strategy for one in promises for strategy, _ in one.strategies] + [
        one.meeting for one in decisions[:DECISIONS]
    ]
    context = {
        "section": "emner",
        "subject": situation or topic,
        "situation": situation,
        "helplines": situation.ordered_helplines if situation else [],
        "topic": topic,
        "topics": topics,
        "chosen_municipality": chosen,
        "unknown": unknown,
        "municipalities_with_promises": promising,
        "others": [one for one in municipalities if not one.has_promises],
        "promises": promises,
        "without_follow_up": without_follow_up(promises),
        "decisions": decisions[:DECISIONS],
        "has_more": len(decisions) > DECISIONS,
        "page": page,
        "pages": -(-len(promising) // PER_PAGE),
        "situations": [] if situation else topic.situations.all(),
        "updated": max((one.last_changed for one in dated), default=None),
    }
    return render(request, "topic.html", context)
