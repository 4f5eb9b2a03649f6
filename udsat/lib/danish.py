"""Danish dates, numbers, alphabetical order, slugs and readability. No database, no app."""

import datetime
import re
import unicodedata

from django.utils import timezone
from django.utils.text import slugify as _slugify

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip


def _local(moment: datetime.date) -> datetime.date:
    return timezone.localtime(moment) if isinstance(moment, datetime.datetime) else moment


def long_date(day: datetime.date) -> str:
    """3. marts 2025"""
    day = _local(day)
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"


def weekday_date(day: datetime.date) -> str:
    """mandag den 3. marts 2025"""
    day = _local(day)
    return f"{WEEKDAYS[day.weekday()]} den {long_date(day)}"


def month_year(day: datetime.date) -> str:
    """marts 2025"""
    day = _local(day)
    return f"{MONTHS[day.month - 1]} {day.year}"


def short_date(day: datetime.date) -> str:
    """3.3.2025"""
    day = _local(day)
    return f"{day.day}.{day.month}.{day.year}"


def clock(time: datetime.time) -> str:
    """14.00 (24 hours, with a full stop)"""
    if isinstance(time, datetime.datetime):
        time = timezone.localtime(time).time()
    return f"{time.hour}.{time.minute:02}"


def long_datetime(day: datetime.date, time: datetime.time | None = None) -> str:
    """mandag den 3. marts 2025 kl. 14.00; without a time only the day."""
    if time is None and isinstance(day, datetime.datetime):
        time = timezone.localtime(day).time()
    return f"{weekday_date(day)} kl. {clock(time)}" if time else weekday_date(day)


def number(value: float, decimals: int = 0) -> str:
    """1.234.567,5"""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def fold(text: str) -> str:
    """Lower case with æ→ae, ø→oe, å→aa and other accents dropped, so that spellings meet."""
    text = unicodedata.normalize("NFC", text).lower()
    text = text.replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def slugify(text: str, max_length: int = 80) -> str:
    """An address of a–z, 0–9 and hyphens, cut at a word: »Børn og unge« becomes boern-og-unge."""
    slug = _slugify(re.sub(r"[–—/]", "-", fold(text)))
    if len(slug) > max_length:
        slug = slug[: max_length + 1].rsplit("-", 1)[0][:max_length]
    return slug


def sort_key(text: str) -> str:
    """A plain string that sorts as Danish does: … z æ ø å, and aa as å (Dansk Sprognævn, Retskrivningsordbogen).

    The last three letters become {, | and }, which stand after z in ASCII, so any database can order by it.
    """
    text = unicodedata.normalize("NFC", text).lower().replace("aa", "å")
    text = text.replace("ä", "æ").replace("ö", "ø").replace("ü", "y")
    text = text.translate(str.maketrans("æøå", "{|}"))
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9{|}]+", " ", text).strip()


def join_words(words: list[str], last: str = "og") -> str:
    """a, b og c"""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
