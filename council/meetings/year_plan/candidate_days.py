"""Which days a council could meet on. Dates in, dates out; asks no database."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from udsat.lib.danish import short_date
from udsat.lib.holidays import public_holiday, school_holiday

# Days. Two meetings of the whole council closer than this are said to be close.
CLOSE = 10


@dataclass(frozen=True)
class Rhythm:
    """So many meetings on one day of the week (0 is Monday), from the first day to the last, both included."""

    count: int
    weekday: int
    first: datetime.date
    last: datetime.date

    def days(self) -> list[datetime.date]:
        start = self.first + datetime.timedelta((self.weekday - self.first.weekday()) % 7)
        weeks = (self.last - start).days // 7 + 1
        return [start + datetime.timedelta(weeks=week) for week in range(weeks)]


@dataclass(frozen=True)
class Taken:
    """The days of other meetings: of any kind, and of the whole council."""

    any: frozenset[datetime.date] = frozenset()
    whole: frozenset[datetime.date] = frozenset()

    def __add__(self, days: Iterable[datetime.date]) -> "Taken":
        return Taken(self.any | set(days), self.whole | set(days))


def marks(day: datetime.date, taken: Taken) -> list[str]:
    """What speaks against that day, in words; nothing stops anybody from choosing it."""
    found = []
    if day.weekday() > 4:
        found.append("weekend")
    if holiday := public_holiday(day):
        found.append(f"helligdag: {holiday}")
    if holiday := school_holiday(day):
        found.append(f"skoleferie: {holiday}")
    near = [other for other in taken.whole if abs((other - day).days) < CLOSE]
    if day in taken.any:
        found.append("rådet har allerede et møde den dag")
    elif near:
        found.append(f"tæt på mødet {short_date(min(near, key=lambda other: abs(other - day)))}")
    return found


def propose(rhythm: Rhythm, taken: Taken) -> list[datetime.date]:
    """The meetings spread evenly over the period, each on the free day nearest to its even place.

    Free are days without any mark. Are there fewer of them than meetings, all of them are proposed.
    """
    free = [day for day in rhythm.days() if not marks(day, taken)]
    if len(free) <= rhythm.count:
        return free
    length = (rhythm.last - rhythm.first) / rhythm.count
    chosen: list[datetime.date] = []
    start = 0
    for number in range(rhythm.count):
        place = rhythm.first + length * number + length / 2
        # Enough days stay free for the meetings that follow.
        end = len(free) - (rhythm.count - number - 1)
        best = min(range(start, end), key=lambda index: (abs((free[index] - place).days), index))
        chosen.append(free[best])
        start = best + 1
    return chosen
