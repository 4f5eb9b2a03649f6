"""Danish public holidays and school holidays.

Days on which most offices are closed by agreement count as public holidays. Each municipality sets its own school
holidays; these are the most common ones.
"""

import datetime
from functools import lru_cache

from dateutil.easter import easter

_FIXED = {
    (1, 1): "nytårsdag",
    (5, 1): "arbejdernes kampdag",
    (6, 5): "grundlovsdag",
    (12, 24): "juleaftensdag",
    (12, 25): "juledag",
    (12, 26): "anden juledag",
    (12, 31): "nytårsaftensdag",
}
_FROM_EASTER = {
    -3: "skærtorsdag",
    -2: "langfredag",
    0: "påskedag",
    1: "anden påskedag",
    39: "kristi himmelfartsdag",
    40: "dagen efter kristi himmelfartsdag",
    49: "pinsedag",
    50: "anden pinsedag",
}
_SCHOOL_WEEKS = {
    7: "vinterferie mange steder",
    8: "vinterferie mange steder",
    **dict.fromkeys(range(26, 33), "sommerferie"),
    42: "efterårsferie",
}


@lru_cache(maxsize=64)
def _of_year(year: int) -> dict[datetime.date, str]:
    holidays = {easter(year) + datetime.timedelta(days): name for days, name in _FROM_EASTER.items()}
    if year < 2024:
        # Abolished by the law of 1 March 2023.
        holidays[easter(year) + datetime.timedelta(26)] = "store bededag"
    return holidays | {datetime.date(year, month, day): name for (month, day), name in _FIXED.items()}


def public_holiday(day: datetime.date) -> str:
    """Return the public holiday, in lower case; "" for other days."""
    return _of_year(day.year).get(day, "")


def last_working_day(day: datetime.date) -> datetime.date:
    """Return the day itself or the last day before it that is no Saturday, Sunday or public holiday.

    For deadlines: one that falls on a day off moves to an earlier day, so that nobody gets it later than agreed. The
    days are those on which deadlines of the courts do not expire either (retsplejeloven § 148 a), and those on which
    offices are closed by agreement.
    """
    while day.weekday() >= 5 or public_holiday(day):
        day -= datetime.timedelta(1)
    return day


def school_holiday(day: datetime.date) -> str:
    """Return the school holiday of most municipalities on that day, in lower case; "" for other days."""
    days_to_easter = (easter(day.year) - day).days
    if -1 <= days_to_easter <= 6:
        return "påskeferie"
    if (day.month, day.day) >= (12, 21) or (day.month, day.day) <= (1, 3):
        return "juleferie"
    return _SCHOOL_WEEKS.get(day.isocalendar().week, "")
