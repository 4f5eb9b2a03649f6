"""Danish dates, alphabetical order and slugs. No database, no app."""

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


def _local(value: Any) -> Any:
    return timezone.localtime(value) if isinstance(value, datetime.datetime) else value


def long_date(day: datetime.date) -> str:
    """3. marts 2025"""
    return date_format(_local(day), "j. F Y")


def weekday_date(day: datetime.date) -> str:
    """mandag den 3. marts 2025"""
    return date_format(_local(day), r"l \d\e\n j. F Y")


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
