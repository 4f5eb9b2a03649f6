"""How a strategy is going, counted: for the whole of it and theme by theme. No markup and no database of its own."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from udsat.lib.danish import join_words

from .models import FollowUp, Goal, Strategy, Theme

# In this order everywhere; a goal that nobody has said anything of comes last.
STATES = [*FollowUp.Status.choices, ("", "Ingen opfølgning endnu")]

# A status and how many goals have it; those that no goal has are left out.
Tally = list[tuple[str, str, int]]


def tally(goals: Iterable[Goal]) -> Tally:
    count = Counter(goal.status for goal in goals)
    return [(status, label, count[status]) for status, label in STATES if count[status]]


def in_words(counted: Tally, one: str, many: str) -> str:
    """5 af 21 mål er nået, 9 er i gang og 1 er opgivet. 2 har ingen opfølgning endnu."""
    total = sum(number for _, _, number in counted)
    known = [(label, number) for status, label, number in counted if status]
    unknown = total - sum(number for _, number in known)
    noun = one if total == 1 else many
    if not known:
        return f"{'Målet' if (total, one) == (1, 'mål') else f'{total} {noun}'} har ingen opfølgning endnu."
    parts = [f"{number} er {label.lower()}" for label, number in known]
    parts[0] = f"{known[0][1]} af {total} {noun} er {known[0][0].lower()}"
    rest = f" {unknown} har ingen opfølgning endnu." if unknown else ""
    return f"{join_words(parts)}.{rest}"


def months_between(earlier: datetime.date, later: datetime.date) -> int:
    """Whole months."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month - (later.day < earlier.day)


@dataclass(frozen=True)
class Row:
    """A theme with goals: how many of them stand where, one number to each column of the whole."""

    theme: Theme
    tally: Tally
    counts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def words(self) -> str:
        """2 nået, 1 i gang"""
        return ", ".join(f"{number} {label[0].lower()}{label[1:]}" for _, label, number in self.tally)


@dataclass(frozen=True)
class Progress:
    strategy: Strategy
    tally: Tally  # of all goals
    rows: Sequence[Row]
    latest: datetime.date | None  # when a goal was last followed up

    @property
    def is_known(self) -> bool:
        """Whether any goal at all has been followed up: else there is nothing to compare."""
        return self.latest is not None

    @property
    def words(self) -> str:
        return in_words(self.tally, self.strategy.goal_label, self.strategy.goal_label_plural)

    @property
    def total(self) -> int:
        return sum(number for _, _, number in self.tally)


def progress(strategy: Strategy) -> Progress:
    """Give it a strategy from `with_content()`: then it asks the database nothing."""
    goals = [goal for theme in strategy.themes.all() for goal in theme.all_goals]
    counted = tally(goals)
    rows = []
    for theme in strategy.themes.all():
        if own := tally(theme.all_goals):
            number_of = {status: number for status, _, number in own}
            rows.append(Row(theme, own, [number_of.get(status, 0) for status, _, _ in counted]))
    latest = max((goal.latest_follow_up.date for goal in goals if goal.latest_follow_up), default=None)
    return Progress(strategy, counted, rows, latest)
