"""Find dates and times in Danish text. No database access."""

import datetime
import re

from udsat.lib.danish import MONTHS

_MONTH = "|".join([*MONTHS, *(f"{name[:3]}\\.?" for name in MONTHS)])
_FULL_YEAR = r"(?P<year>(?:19|20)\d\d)"
_YEAR = r"(?P<year>(?:19|20)\d\d|\d\d)"
_DAY, _NUMBER = r"\b(?P<day>\d{1,2})", r"(?P<month>0?[1-9]|1[0-2])"
_DATES = [
    re.compile(rf"{_DAY}\.?\s*(?P<month>{_MONTH})(?!\w)(?:\s+{_FULL_YEAR}(?!\d))?", re.I),
    re.compile(rf"{_DAY}\s?\.\s?{_NUMBER}(?:\s?\.\s?{_YEAR}|\s+{_FULL_YEAR.replace('year', 'full')})(?![\d.:]*\d)"),
    re.compile(rf"{_DAY}\s?/\s?{_NUMBER}\s?[-/ ]\s?{_YEAR}(?![\d.:]*\d)"),
    re.compile(rf"{_DAY}-{_NUMBER}-{_YEAR}(?!\d)"),
    re.compile(r"\b(?P<year>20\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b"),
    re.compile(rf"\b(?:d\.|den)\s*{_DAY[2:]}\s?[./]\s?{_NUMBER}\b(?!\.\d)(?P<year>)"),
]
_CLOCK = r"(?P<{0}h>[01]?\d|2[0-4])(?:\s?[.:]\s?(?P<{0}m>[0-5]\d))?"
_SPAN = re.compile(
    rf"(?:(?P<mark>kl\.?|klokken|fra)\s*)?{_CLOCK.format('a')}\s*+(?:kl\.?\s*)?(?:-|–|—|til)\s*+(?:(?:kl\.?|ca\.?)\s*)?"
    rf"{_CLOCK.format('b')}(?![\d.]*\d)",
    re.I,
)
_BEFORE_DATE = re.compile(
    r"(?:^|(?<=[\s,;(]))(?:(?:(?:man|tirs|ons|tors|fre|lør|søn)dag|den|d\.|kl\.?|klokken|fra|ca\.?)[\s,]*){1,4}+(?=;|$)",
    re.I,
)
_START = re.compile(rf"(?:kl\.?|klokken)\s*{_CLOCK.format('a')}(?![\d])", re.I)


def find_date(text: str, near: datetime.date | None = None) -> datetime.date | None:
    """Return the first date in the text. A date without a year is the first from `near` on, else skipped."""
    matches = [(match.start(), match) for pattern in _DATES for match in pattern.finditer(text)]
    for _, match in sorted(matches, key=lambda pair: pair[0]):
        month = match["month"].lower().rstrip(".")
        number = int(month) if month.isdigit() else next(n for n, m in enumerate(MONTHS, 1) if m.startswith(month[:3]))
        year = match["year"] or match.groupdict().get("full")
        try:
            if year:
                return datetime.date(int(year) + (2000 if len(year) == 2 else 0), number, int(match["day"]))
            if near:
                day = datetime.date(near.year, number, int(match["day"]))
                return day if day >= near else day.replace(year=near.year + 1)
        except ValueError:
            continue
    return None


def find_times(text: str) -> tuple[datetime.time | None, datetime.time | None]:
    """Return start and end: »kl. 14.00-16.00«, »14:00 – 16:00«, »kl. 14 til 16«, »kl. 14«."""
    for pattern in _DATES[:-1]:  # 3.3.2025 is not a time
        text = pattern.sub(" ", text)
    for match in _SPAN.finditer(text):
        if match["mark"] or match["am"] or match["bm"]:
            begins, ends = _time(match["ah"], match["am"]), _time(match["bh"], match["bm"])
            if begins and ends and begins < ends:
                return begins, ends
    match = _START.search(text)
    return (_time(match["ah"], match["am"]) if match else None), None


def without_dates(text: str) -> str:
    """Return the text with a semicolon for each date and time."""
    for pattern in _DATES[:-1]:
        text = pattern.sub(";", text)
    text = _SPAN.sub(lambda span: ";" if span["mark"] or span["am"] or span["bm"] else span[0], text)
    return _BEFORE_DATE.sub("", _DATES[-1].sub(";", _START.sub(";", text)))


def _time(hour: str, minute: str | None) -> datetime.time | None:
    return datetime.time(int(hour), int(minute or 0)) if int(hour) < 24 else None
