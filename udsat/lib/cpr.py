"""Find what looks like a Danish civil registration number (CPR).

Form: DDMMYY-XXXX, with a hyphen, dash, space or nothing between, or however else a person may have parted it, also
with all four digits of the year.
Modulus 11 stopped holding on 1 October 2007 (CPR-kontoret), so it is not asked for. Days 61-91 are replacement
numbers (erstatningspersonnumre), which also point at one person. The number itself is never kept or logged: only a
keyed fingerprint.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

# Normalised text (NFKC) has plain spaces only. Not inside a longer number: a 13-digit EAN has another shape. A case
# number that happens to fit is a person's to judge: too many findings cost a reason, one too few costs a leak.
_DASH = "[-\u2010-\u2015\u2212]"
_CPR = re.compile(
    rf"""
    (?<!\d)(?P<day>\d\d)(?P<gap>[ ./]|{_DASH}|)(?P<month>\d\d)(?P=gap)(?P<year>\d\d)
    (?:[ ]{{0,2}}{_DASH}\s{{0,2}}|[ ]{{0,2}})(?P<serial>\d{{4}})(?!\d)
    # Six digits that stand together: then also a line, a tab or another sign between, and the last four in pairs.
    # Not six with spaces: a phone number on one line and a postal code on the next are no such number.
    |(?<!\d)\d{{6}}(?:\s{{0,3}}[-./_:,*·{_DASH[1:-1]}]{{0,2}}\s{{0,3}})\d\d[ ]?{_DASH}?\d\d(?!\d)
    # The whole year, then only with a dash: a date stands before a postal code, too.
    |(?<!\d)\d\d(?P<dot>[ ./]|{_DASH}|)\d\d(?P=dot)(?:18|19|20)\d\d[ ]{{0,2}}{_DASH}\s{{0,2}}\d{{4}}(?!\d)
    # In pairs all the way, or each digit by itself; not as part of a row of phone numbers.
    |(?<!\d)(?<!\d[ ])\d\d(?:(?:[ ]|{_DASH})\d\d){{4}}(?![ ]?\d)
    |(?<!\d)(?<!\d[ ])\d(?:[ ]\d){{5}}(?:[ ]|[ ]?{_DASH}[ ]?)\d(?:[ ]\d){{3}}(?![ ]?\d)
    """,
    re.VERBOSE,
)
# What is not seen on the page and would part the digits: what Unicode calls ignorable (Default_Ignorable_Code_Point),
# and control characters other than tab and line breaks.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
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
        before = _hide_digits(text[max(0, match.start() - 30) : match.start()])
        after = _hide_digits(text[match.end() : match.end() + 30])
        yield CprFinding(
            fingerprint=salted_hmac("udsat.cpr", _number(match)).hexdigest(),
            masked=" ".join(f"…{before}●●●●●●-●●●●{after}…".split()),
        )


def hide_cpr(text: str) -> str:
    """The text with every suspected number hidden, for logs and messages; any other text as it is."""
    plain = _plain(text)
    spans = [match.span() for match in _matches(plain)]
    for start, end in reversed(spans):
        plain = f"{plain[:start]}●●●●●●-●●●●{plain[end:]}"
    return plain if spans else text


def _plain(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _matches(text: str) -> Iterator[re.Match[str]]:
    for match in _CPR.finditer(text):
        digits = _number(match)
        day, month = int(digits[:2]), int(digits[2:4])
        if day > 60:
            day -= 60
        if 1 <= month <= 12 and 1 <= day <= _DAYS_IN_MONTH[month - 1]:
            yield match


def _number(match: re.Match[str]) -> str:
    """The ten digits of it, however it was written."""
    digits = "".join(str(unicodedata.digit(c)) for c in match[0] if c.isdigit())
    return digits[:4] + digits[-6:]


def _hide_digits(text: str) -> str:
    return re.sub(r"\d", "●", text)
