"""Danish dates, alphabetical order and slugs. No database, no app."""

import calendar
import datetime
import re
import unicodedata
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.dateformat import time_format
from django.utils.formats import number_format
from django.utils.text import slugify as django_slugify

MONTHS = tuple("januar februar marts april maj juni juli august september oktober november december".split())
WEEKDAYS = tuple("mandag tirsdag onsdag torsdag fredag lørdag søndag".split())
# The name of a month, in full or as its first three or four letters (sept.), as a regular expression.
MONTH_NAME = "|".join(f"{name[:3]}(?:{name[3:4]}(?:{name[4:]})?)?" for name in MONTHS)


def month_number(name: str) -> int:
    """Return 1–12 of a name that MONTH_NAME matches. Raises ValueError for other names."""
    return [month[:3] for month in MONTHS].index(name[:3].lower()) + 1


def _local(value: Any) -> Any:
    return timezone.localtime(value) if isinstance(value, datetime.datetime) else value


def long_date(day: datetime.date) -> str:
    """3. marts 2025"""
    day = _local(day)
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year:04}"


def weekday_date(day: datetime.date) -> str:
    """mandag den 3. marts 2025"""
    day = _local(day)
    return f"{WEEKDAYS[day.weekday()]} den {long_date(day)}"


def month_year(day: datetime.date) -> str:
    """marts 2025"""
    return date_format(_local(day), "F Y")


def short_date(day: datetime.date) -> str:
    """3.3.2025"""
    return date_format(_local(day), "j.n.Y")


def clock(time: datetime.time | datetime.datetime) -> str:
    """14.00 (24 hours, with a full stop)"""
    return time_format(_local(time), "G.i")


def long_datetime(day: datetime.date, time: datetime.time | None = None) -> str:
    """mandag den 3. marts 2025 kl. 14.00; a date without a time gives the day only."""
    moment = time or (day if isinstance(day, datetime.datetime) else None)
    return f"{weekday_date(day)} kl. {clock(moment)}" if moment else weekday_date(day)


def fold(text: str) -> str:
    """Return the text in lower case with æ→ae, ø→oe, å→aa and other accents removed, for comparing spellings."""
    text = unicodedata.normalize("NFC", text).lower()
    text = text.replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def slugify(text: str, max_length: int = 80) -> str:
    """Return a slug of a–z, 0–9 and hyphens, cut at a word: »Børn og unge« becomes boern-og-unge."""
    slug = django_slugify(re.sub(r"[–—/]", "-", fold(text)))
    if len(slug) > max_length:
        slug = slug[: max_length + 1].rsplit("-", 1)[0][:max_length]
    return slug


def sort_key(text: str) -> str:
    """Return an ASCII key in Danish alphabetical order: … z æ ø å, with aa as å (Retskrivningsordbogen).

    æ, ø and å become {, | and }, which follow z in ASCII, so that any database can order by the key.
    """
    text = unicodedata.normalize("NFC", text).lower().replace("aa", "å")
    text = text.replace("ä", "æ").replace("ö", "ø").replace("ü", "y")
    text = text.translate(str.maketrans("æøå", "{|}"))
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9{|}]+", " ", text).strip()


def count(amount: int, one: str, many: str) -> str:
    """1 møde, 2 møder, 1.200 møder"""
    return f"{number_format(amount, force_grouping=True)} {one if amount == 1 else many}"


def genitive(name: str) -> str:
    """Return »Annas«, and »Jens'« after s, x or z (Retskrivningsordbogen § 8)."""
    return f"{name}'" if name[-1:].lower() in ("s", "x", "z") else f"{name}s"


def join_words(words: list[str], last: str = "og") -> str:
    """a, b og c"""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


_WEEKDAYS = "mandag tirsdag onsdag torsdag fredag lørdag søndag".split()
_WEEKDAY_NAME = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _WEEKDAYS)
_DATE = re.compile(
    rf"(?:(?P<weekday>{_WEEKDAY_NAME})\.?\s+)?(?:den\s+|d\.\s*)?(?P<day>\d{{1,2}})\s*(?:[./-]\s*|\s)"
    rf"(?:(?P<month>\d{{1,2}})\s*(?:[./-]\s*|\s)|(?P<name>{MONTH_NAME})\.?\s*)"
    r"(?P<year>\d{4}|\d\d)",
    re.IGNORECASE,
)
_ISO_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_TIME = re.compile(r"(?:kl\.?\s*|klokken\s+)?(?P<hour>\d{1,2})(?:[.:]?(?P<minute>\d\d)(?:[.:]\d\d)?)?", re.IGNORECASE)
_DATE_AND_TIME = re.compile(
    r"(?P<date>.*\d)(?:T|,?\s+(?:kl\.?|klokken)\s*|,?\s+)(?P<time>\d{1,2}(?:[.:]\d\d){0,2})", re.IGNORECASE
)


def read_date(text: str) -> datetime.date | None:
    """Read »3. marts 2027«, »3/3-2027«, »onsdag den 3.3.27« or »2027-03-03«; None for anything else.

    Two digits of a year are in this century up to 69. Raises ValueError, with a Danish message, for a day that does not
    exist or is another weekday.
    """
    text = " ".join(text.split())
    match = _DATE.fullmatch(text) or _ISO_DATE.fullmatch(text)
    if not match:
        return None
    groups = match.groupdict()
    day, year = int(groups["day"]), int(groups["year"])
    if len(groups["year"]) == 2:
        year += 2000 if year < 70 else 1900
    name = groups.get("name")
    month = month_number(name) if name else int(groups["month"])
    if not 1 <= month <= 12:
        raise ValueError(f"Der er ikke nogen måned {month}. Skriv datoen som 31.12.2026.")
    days = calendar.monthrange(year, month)[1] if year else 31
    if not 1 <= day <= days:
        in_year = f" {year}" if month == 2 else ""
        raise ValueError(f"{MONTHS[month - 1].capitalize()}{in_year} har {days} dage. Ret datoen.")
    if not year:
        return None
    read = datetime.date(year, month, day)
    weekday = _WEEKDAYS[read.weekday()]
    if (written := groups.get("weekday")) and not weekday.startswith(written.lower()):
        raise ValueError(f"Den {long_date(read)} er en {weekday}. Ret datoen eller ugedagen.")
    return read


def read_time(text: str) -> datetime.time | None:
    """Read »14.30«, »kl. 14«, »14:30« or »1430«; None for anything else.

    Raises ValueError, with a Danish message, for a time that does not exist.
    """
    match = _TIME.fullmatch(" ".join(text.split()))
    if not match:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 23 or minute > 59:
        raise ValueError(f"Klokken kan ikke være {hour}.{minute:02}. Skriv klokkeslættet som 14.30.")
    return datetime.time(hour, minute)


def read_datetime(text: str) -> datetime.datetime | None:
    """Read a date, or a date and a time such as »3. marts 2027 kl. 14.30«, without a time zone; None otherwise.

    Raises ValueError as `read_date` and `read_time` do.
    """
    if day := read_date(text):
        return datetime.datetime.combine(day, datetime.time())
    match = _DATE_AND_TIME.fullmatch(" ".join(text.split()))
    day = read_date(match["date"].rstrip(" ,")) if match else None
    time = read_time(match["time"]) if match and day else None
    return datetime.datetime.combine(day, time) if day and time else None
