"""Days on which a council could meet, from a rhythm and the days that are occupied. Uses no database."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from udsat.lib.danish import short_date
from udsat.lib.holidays import public_holiday, school_holiday

# Days. Meetings of the whole council that are closer get a warning.
MIN_DISTANCE = 10


@dataclass(frozen=True)
class MeetingRhythm:
    """A number of meetings on one weekday (0 is Monday) in a period, both ends included."""

    count: int
    weekday: int
    first: datetime.date
    last: datetime.date

    def days(self) -> list[datetime.date]:
        start = self.first + datetime.timedelta((self.weekday - self.first.weekday()) % 7)
        weeks = (self.last - start).days // 7 + 1
        return [start + datetime.timedelta(weeks=week) for week in range(weeks)]


@dataclass(frozen=True)
class OccupiedDays:
    """The days of meetings of any kind, and of meetings of the whole council."""

    any: frozenset[datetime.date] = frozenset()
    whole: frozenset[datetime.date] = frozenset()

    def __add__(self, days: Iterable[datetime.date]) -> "OccupiedDays":
        return OccupiedDays(self.any | set(days), self.whole | set(days))


def day_warnings(day: datetime.date, occupied: OccupiedDays) -> list[str]:
    """Return warnings about the day, in Danish. The day can be chosen nevertheless."""
    warnings = []
    if day.weekday() > 4:
        warnings.append("weekend")
    if holiday := public_holiday(day):
        warnings.append(f"helligdag: {holiday}")
    if holiday := school_holiday(day):
        warnings.append(f"skoleferie: {holiday}")
    near = [other for other in occupied.whole if abs((other - day).days) < MIN_DISTANCE]
    if day in occupied.any:
        warnings.append("rådet har allerede et møde den dag")
    elif near:
        warnings.append(f"tæt på mødet {short_date(min(near, key=lambda other: abs(other - day)))}")
    return warnings


def propose_days(rhythm: MeetingRhythm, occupied: OccupiedDays) -> list[datetime.date]:
    """Spread the meetings evenly over the period, each on the nearest day without warnings.

    Returns fewer days if there are not enough.
    """
    free = [day for day in rhythm.days() if not day_warnings(day, occupied)]
    if len(free) <= rhythm.count:
        return free
    length = (rhythm.last - rhythm.first) / rhythm.count
    chosen: list[datetime.date] = []
    start = 0
    for number in range(rhythm.count):
        ideal = rhythm.first + length * number + length / 2
        # Leave enough days for the remaining meetings.
        end = len(free) - (rhythm.count - number - 1)
        best = min(range(start, end), key=lambda index: (abs((free[index] - ideal).days), index))
        chosen.append(free[best])
        start = best + 1
    return chosen
