"""Progress of a strategy: goals counted by status, for the strategy and for each theme."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from udsat.lib.danish import join_words

from .models import FollowUp, Goal, Strategy, Theme

# The order of statuses in every list; goals without follow-up come last.
STATUSES = [*FollowUp.Status.choices, ("", "Ingen opfølgning endnu")]

# Status, label and number of goals, for each status that a goal has.
Tally = list[tuple[str, str, int]]


def tally(goals: Iterable[Goal]) -> Tally:
    count = Counter(goal.status for goal in goals)
    return [(status, label, count[status]) for status, label in STATUSES if count[status]]


def in_words(counts: Tally, one: str, many: str) -> str:
    """Return »5 af 21 mål er nået, 9 er i gang og 1 er opgivet. 2 har ingen opfølgning endnu.«"""
    total = sum(number for _, _, number in counts)
    known = [(label, number) for status, label, number in counts if status]
    unknown = total - sum(number for _, number in known)
    noun = one if total == 1 else many
    if not known:
        return f"{'Målet' if (total, one) == (1, 'mål') else f'{total} {noun}'} har ingen opfølgning endnu."
    parts = [f"{number} er {label.lower()}" for label, number in known]
    parts[0] = f"{known[0][1]} af {total} {noun} er {known[0][0].lower()}"
    rest = f" {unknown} har ingen opfølgning endnu." if unknown else ""
    return f"{join_words(parts)}.{rest}"


def months_between(earlier: datetime.date, later: datetime.date) -> int:
    """Return the number of whole months."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month - (later.day < earlier.day)


@dataclass(frozen=True)
class ThemeProgress:
    """A theme with goals. `counts` has a number for each status in the tally of the strategy."""

    theme: Theme
    tally: Tally
    counts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def summary(self) -> str:
        """»2 nået, 1 i gang«."""
        return ", ".join(f"{number} {label[0].lower()}{label[1:]}" for _, label, number in self.tally)


@dataclass(frozen=True)
class Progress:
    strategy: Strategy
    tally: Tally  # of all goals
    rows: Sequence[ThemeProgress]
    latest: datetime.date | None  # when a goal was last followed up

    @property
    def is_known(self) -> bool:
        """Return whether any goal has been followed up."""
        return self.latest is not None

    @property
    def summary(self) -> str:
        return in_words(self.tally, self.strategy.goal_label, self.strategy.goal_label_plural)

    @property
    def total(self) -> int:
        return sum(number for _, _, number in self.tally)


def progress(strategy: Strategy) -> Progress:
    """Return the progress of a strategy, without a query for one from `Strategy.objects.with_content()`."""
    goals = [goal for theme in strategy.themes.all() for goal in theme.all_goals]
    counts = tally(goals)
    rows = []
    for theme in strategy.themes.all():
        if theme_tally := tally(theme.all_goals):
            number_of = {status: number for status, _, number in theme_tally}
            rows.append(ThemeProgress(theme, theme_tally, [number_of.get(status, 0) for status, _, _ in counts]))
    latest = max((goal.latest_follow_up.date for goal in goals if goal.latest_follow_up), default=None)
    return Progress(strategy, counts, rows, latest)
