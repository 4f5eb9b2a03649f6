"""Find what looks like a Danish civil registration number (CPR).

Form: DDMMYY-NNNN, with a hyphen, dash, space or nothing between, or however else a person may have parted it, also
with all four digits of the year.
Modulus 11 stopped holding on 1 October 2007 (CPR-kontoret), so it is not asked for. Days 61-91 are replacement
numbers (erstatningspersonnumre), which also point at one person. The number itself is never kept or logged: only a
keyed fingerprint.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from .fingerprints import fingerprint

# Normalised text (NFKC) has plain spaces only. Not inside a longer number: a 13-digit EAN has another shape. A case
# number that happens to fit is a person's to judge: too many findings cost a reason, one too few costs a leak.
_DASHES = r"\-\u2010-\u2015\u2212"
_DASH = f"[{_DASHES}]"
_GAP = f"[ ./{_DASHES}]?"
# Between the date and the last four: also the border of a cell, a bracket or the bullet of a list.
_SIGN = f"[./_:,*·•+|(){_DASHES}]"
_SIGN_AFTER_GAPS = f"[/_+|{_DASHES}]"
_CPR = re.compile(
    rf"""
    (?<!\d)\d\d(?P<gap>{_GAP})\d\d(?P=gap)\d\d(?:[ ]{{0,2}}{_SIGN_AFTER_GAPS}\s{{0,2}}|[ ]{{0,2}})\d{{4}}(?!\d)
    # Parted in two ways, as in »01/01-90«: then with a sign before the last four.
    |(?<!\d)\d\d{_GAP}\d\d{_GAP}\d\d[ ]{{0,2}}{_SIGN_AFTER_GAPS}\s{{0,2}}\d{{4}}(?!\d)
    # Six digits that stand together: then also a line, a tab or another sign between, and the last four in pairs.
    # Not six with spaces: a phone number on one line and a postal code on the next are no such number.
    |(?<!\d)\d{{6}}(?:\s{{0,3}}{_SIGN}{{0,2}}\s{{0,3}}\(?)\d\d[ ]?{_DASH}?\d\d(?!\d)
    # In pairs all the way, or each digit by itself; not as part of a row of phone numbers.
    |(?<!\d)(?<!\d[ ])\d\d(?:(?:[ ]|{_DASH})\d\d){{4}}(?![ ]?\d)
    |(?<!\d)(?<!\d[ ])\d(?:[ ]\d){{5}}(?:[ ]|[ ]?{_DASH}[ ]?)\d(?:[ ]\d){{3}}(?![ ]?\d)
    """,
    re.VERBOSE,
)
# With the whole year a sign has to stand before the last four: a date stands before a postal code, too.
_WHOLE_YEAR = re.compile(
    rf"""
    (?<!\d)(?P<day>\d{{1,2}})(?:[ ]?[./][ ]?|[ ]|{_DASH})(?P<month>\d{{1,2}})(?:[ ]?[./][ ]?|[ ]|{_DASH})
    (?P<year>(?:18|19|20)\d\d)\)?\s{{0,2}}{_SIGN_AFTER_GAPS}{{1,2}}\s{{0,2}}(?P<serial>\d\d[ ]?\d\d)(?!\d)
    |(?<!\d)(?P<date>\d{{4}}(?:18|19|20)\d\d)\s{{0,2}}{_SIGN_AFTER_GAPS}{{1,2}}\s{{0,2}}(?P<last>\d\d[ ]?\d\d)(?!\d)
    """,
    re.VERBOSE,
)
# What is not seen on the page and would part the digits: what Unicode calls ignorable (Default_Ignorable_Code_Point),
# and control characters other than tab and line breaks.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
# The years of birth, by the first of the last four digits (CPR-kontoret, Personnummeret i CPR).
_LATE, _FIRST_AND_LAST = range(1937, 2037), (*range(1858, 1900), *range(2000, 2058))
_YEARS = (*[range(1900, 2000)] * 4, _LATE, *[_FIRST_AND_LAST] * 4, _LATE)
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class CprFinding:
    """One suspected number: `masked` shows its surroundings with the digits hidden."""

    fingerprint: str
    masked: str


def find_cpr(text: str) -> Iterator[CprFinding]:
    """Every suspected CPR number in a text, in reading order.

    Digits of other scripts and full-width digits count; soft hyphens and zero-width characters do not hide one.
    """
    text = _plain(text)
    for match in _matches(text):
        before = _hide_digits(text[max(0, match.start - 30) : match.start])
        after = _hide_digits(text[match.end : match.end + 30])
        yield CprFinding(
            fingerprint=fingerprint("udsat.cpr", match.number),
            masked=" ".join(f"…{before}●●●●●●-●●●●{after}…".split()),
        )


def hide_cpr(text: str) -> str:
    """The text with every suspected number hidden, for logs and messages; any other text as it is."""
    plain = _plain(text)
    matches = _matches(plain)
    for match in reversed(matches):
        plain = f"{plain[: match.start]}●●●●●●-●●●●{plain[match.end :]}"
    return plain if matches else text


def _plain(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True)
class _Match:
    start: int
    end: int
    number: str  # the ten digits of it, however it was written


def _matches(text: str) -> list[_Match]:
    """In reading order, none within another."""
    found = [_Match(*match.span(), _digits(match[0])) for match in _CPR.finditer(text) if not _counts_up(match[0])]
    found += filter(None, map(_with_whole_year, _WHOLE_YEAR.finditer(text)))
    matches: list[_Match] = []
    for match in sorted(found, key=lambda match: (match.start, -match.end)):
        if _is_day(match.number) and (not matches or match.start >= matches[-1].end):
            matches.append(match)
    return matches


def _with_whole_year(match: re.Match[str]) -> _Match | None:
    """None where that year has no such serial, so that periods, hours and case numbers are left alone."""
    if match["date"]:
        date, serial = _digits(match["date"]), _digits(match["last"])
    else:
        date = f"{_digits(match['day']):0>2}{_digits(match['month']):0>2}{_digits(match['year'])}"
        serial = _digits(match["serial"])
    if int(date[4:]) not in _YEARS[int(serial[0])]:
        return None
    return _Match(*match.span(), date[:4] + date[6:] + serial)


def _is_day(number: str) -> bool:
    day, month = int(number[:2]), int(number[2:4])
    if day > 60:
        day -= 60
    return 1 <= month <= 12 and 1 <= day <= _DAYS_IN_MONTH[month - 1]


def _counts_up(text: str) -> bool:
    """»uge 10 11 12 13 14« is a row of weeks."""
    pairs = [int(pair) for pair in re.findall(r"\d\d", text)] if re.fullmatch(r"\d\d(?: \d\d){4}", text) else []
    return bool(pairs) and all(later == earlier + 1 for earlier, later in zip(pairs, pairs[1:], strict=False))


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(c)) for c in text if c.isdigit())


def _hide_digits(text: str) -> str:
    return re.sub(r"\d", "●", text)
