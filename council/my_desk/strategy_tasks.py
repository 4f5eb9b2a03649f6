"""Tasks of strategies: follow-up, periods and groups without a heading."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Count, Q
from django.urls import reverse

from strategies.models import Strategy
from udsat.lib.danish import count, long_date
from udsat.lib.publishing import Status

from .tasks import MyDesk, Severity, Task, change_url, edit_abilities


def goals(desk: MyDesk) -> Iterator[Task]:
    """Strategies in force with stale goals, linked to the one without follow-up for longest."""
    stale = Strategy.objects.in_reach_of(desk.user).stale_goals(desk.today).order_by("since", "position", "pk")
    by_strategy: dict[int, list[int]] = defaultdict(list)
    for strategy, goal in stale.values_list("theme__strategy", "pk"):
        by_strategy[strategy].append(goal)
    for strategy in Strategy.objects.filter(pk__in=by_strategy).select_related("municipality"):
        goals = by_strategy[strategy.pk]
        title = f"{count(len(goals), 'mål er', 'mål er')} ikke fulgt op i et år: {strategy}"
        reason = "På strategiens side står der åbent, at der intet nyt er."
        url, button = f"{reverse('admin:strategies_followup_add')}?goal={goals[0]}", "Skriv en opfølgning"
        abilities = edit_abilities(strategy)
        yield Task(title, reason, Severity.SOMETIME, strategy.municipality, url, button, abilities=abilities)


def expired_periods(desk: MyDesk) -> Iterator[Task]:
    strategies = (
        Strategy.objects.in_reach_of(desk.user)
        .published()
        .filter(ends_on__lt=desk.today)
        .exclude(pk__in=Strategy.objects.replacing().filter(replaces__isnull=False).values("replaces"))
        .select_related("municipality")
    )
    for strategy in strategies:
        title, ends_on = f"Perioden for {strategy.title} er udløbet", strategy.ends_on
        reason = f"Den gjaldt til {long_date(ends_on)}. Forlæng den, eller vælg den nye, der erstatter den."
        url, abilities = change_url(strategy), edit_abilities(strategy)
        yield Task(title, reason, Severity.SOMETIME, strategy.municipality, url, "Ret perioden", ends_on, abilities)


def untitled_groups(desk: MyDesk) -> Iterator[Task]:
    strategies = (
        Strategy.objects.in_reach_of(desk.user)
        .exclude(status=Status.WITHDRAWN)
        .annotate(untitled=Count("themes", filter=Q(themes__title="")))
        .filter(untitled__gt=0)
        .select_related("municipality")
    )
    for strategy in strategies:
        title = f"{count(strategy.untitled, 'gruppe', 'grupper')} i {strategy.title} har ingen overskrift"
        reason = "Med en overskrift kan man finde og linke til gruppen. Giv den en, hvis kommunen har et ord for den."
        municipality, url, abilities = strategy.municipality, change_url(strategy), edit_abilities(strategy)
        yield Task(title, reason, Severity.SOMETIME, municipality, url, "Skriv overskrifter", abilities=abilities)
