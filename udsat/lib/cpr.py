"""Find possible Danish civil registration numbers (CPR).

The form is DDMMYY-NNNN, also with other separators or none, in pairs of digits, or with a four-digit year. The
modulus 11 check is not used; it has not been valid since 1 October 2007 (CPR-kontoret). Days 61–91 are replacement
numbers (erstatningspersonnumre), which also identify one person. Numbers are neither stored nor logged, only keyed
fingerprints of them.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from .danish import MONTH_NAME, month_number
from .fingerprints import fingerprint

# Normalised text (NFKC) has plain spaces only. A number must not be part of a longer one, such as a 13-digit EAN. Case
# numbers of this form are reported: a false alarm costs an override, a missed number is a leak.
_DASHES = r"\-\u2010-\u2015\u2212"
_DASH = f"[{_DASHES}]"
_GAP = f"[ ./{_DASHES}]?"
# Separators between the date and the last four digits, including cell borders, brackets and bullets.
_SIGN = f"[./_:;,*·•+|()\"'{_DASHES}]"
_SIGN_AFTER_GAPS = f"[/_+|{_DASHES}]"
_CPR = re.compile(
    rf"""
    (?<!\d)\d\d(?P<gap>{_GAP})\d\d(?P=gap)\d\d(?:[ ]{{0,2}}{_SIGN_AFTER_GAPS}\s{{0,2}}|[ ]{{0,2}})\d{{4}}(?!\d)
    # Two kinds of separator, as in »01/01-90«, require one before the last four.
    |(?<!\d)\d\d{_GAP}\d\d{_GAP}\d\d[ ]{{0,2}}{_SIGN_AFTER_GAPS}\s{{0,2}}\d{{4}}(?!\d)
    # After six unbroken digits, also a line break, tab or other sign, and the last four in pairs. Not after six
    # spaced digits: those may be a phone number followed by a postal code on the next line.
    |(?<!\d)\d{{6}}(?:\s{{0,3}}{_SIGN}{{0,3}}\s{{0,3}}\(?)\d\d[ ]?{_DASH}?\d\d(?!\d)
    # All in pairs, or digit by digit, but not within a row of phone numbers.
    |(?<!\d)(?<!\d[ ])\d\d(?:(?:[ ]|{_DASH})\d\d){{4}}(?![ ]?\d)
    |(?<!\d)(?<!\d[ ])\d(?:[ ]\d){{5}}(?:[ ]|[ ]?{_DASH}[ ]?)\d(?:[ ]\d){{3}}(?![ ]?\d)
    """,
    re.VERBOSE,
)
# A full year requires a separator before the last four: a date may precede a postal code. Twelve digits in a row, and
# eight and four without the name of a town, need none.
_WHOLE_YEAR = re.compile(
    rf"""
    (?<!\d)(?P<day>\d{{1,2}})(?:[ ]?[./][ ]?|[ ]|{_DASH})(?P<month>\d{{1,2}})(?:[ ]?[./][ ]?|[ ]|{_DASH})
    (?P<year>(?:18|19|20)\d\d)\)?\s{{0,2}}{_SIGN_AFTER_GAPS}{{1,2}}\s{{0,2}}(?P<serial>\d\d[ ]?\d\d)(?!\d)
    |(?<!\d)(?P<date>\d{{4}}(?:18|19|20)\d\d)\s{{0,2}}{_SIGN_AFTER_GAPS}{{1,2}}\s{{0,2}}(?P<last>\d\d[ ]?\d\d)(?!\d)
    |(?<!\d)(?P<row>\d{{4}}(?:18|19|20)\d\d)[ ]?(?P<row_last>\d{{4}})(?![ ]?\d)(?![ ]+[A-ZÆØÅ])
    # The year first, as in »1961-07-07-4285«.
    |(?<!\d)(?P<iso_year>(?:18|19|20)\d\d)(?P<iso_gap>[./ ]|{_DASH}|)(?P<iso_month>\d\d)(?P=iso_gap)(?P<iso_day>\d\d)
    \s{{0,2}}{_SIGN_AFTER_GAPS}\s{{0,2}}(?P<iso_last>\d\d[ ]?\d\d)(?!\d)
    # The month as a word, as in »7. juli 1961-4285«.
    |(?<!\d)(?P<named_day>\d{{1,2}})\.?[ ]?(?P<named_month>(?i:{MONTH_NAME}))\.?[ ]?(?P<named_year>(?:18|19|20)?\d\d)\)?
    \s{{0,2}}{_SIGN_AFTER_GAPS}{{1,2}}\s{{0,2}}(?P<named_last>\d\d[ ]?\d\d)(?!\d)
    """,
    re.VERBOSE,
)
# Invisible characters that may separate the digits: Unicode's Default_Ignorable_Code_Point, and control characters
# other than tab and line breaks.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
# Possible years of birth by the seventh digit (CPR-kontoret, Personnummeret i CPR).
_LATE, _FIRST_AND_LAST = range(1937, 2037), (*range(1858, 1900), *range(2000, 2058))
_YEARS = (*[range(1900, 2000)] * 4, _LATE, *[_FIRST_AND_LAST] * 4, _LATE)
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class CprFinding:
    """A suspected number: a keyed fingerprint of it, and its surroundings with all digits masked."""

    fingerprint: str
    masked: str


def find_cpr(text: str) -> Iterator[CprFinding]:
    """Yield each suspected CPR number in the text, in reading order.

    Digits of any script and full-width digits count; invisible characters are ignored.
    """
    text = _plain(text)
    for match in _matches(text):
        before = _hide_digits(text[max(0, match.start - 30) : match.start])
        after = _hide_digits(text[match.end : match.end + 30])
        yield CprFinding(
            fingerprint=fingerprint("udsat.cpr", match.number), masked=" ".join(f"…{before}●●●●●●-●●●●{after}…".split())
        )


def hide_cpr(text: str) -> str:
    """Return the text with all suspected numbers masked, for logs and messages; other text unchanged."""
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
    number: str  # its ten digits


def _matches(text: str) -> list[_Match]:
    """Return the matches in reading order, without overlaps."""
    candidates = [_Match(*match.span(), _digits(match[0])) for match in _CPR.finditer(text) if not _counts_up(match[0])]
    candidates += filter(None, map(_with_whole_year, _WHOLE_YEAR.finditer(text)))
    matches: list[_Match] = []
    for match in sorted(candidates, key=lambda match: (match.start, -match.end)):
        if _is_day(match.number) and (not matches or match.start >= matches[-1].end):
            matches.append(match)
    return matches


def _with_whole_year(match: re.Match[str]) -> _Match | None:
    """Return None if the serial is not used for that year, which excludes most periods, hours and case numbers."""
    if match["date"] or match["row"]:
        date, serial = _digits(match["date"] or match["row"]), _digits(match["last"] or match["row_last"])
        day, month, year = date[:2], date[2:4], date[4:]
    elif match["iso_year"]:
        day, month, year, serial = map(_digits, match.group("iso_day", "iso_month", "iso_year", "iso_last"))
    elif match["named_day"]:
        day, year, serial = map(_digits, match.group("named_day", "named_year", "named_last"))
        month = str(month_number(match["named_month"]))
    else:
        day, month, year, serial = map(_digits, match.group("day", "month", "year", "serial"))
    if len(year) == 4 and int(year) not in _YEARS[int(serial[0])]:
        return None
    date = f"{day:0>2}{month:0>2}{year[-2:]}"
    return _Match(*match.span(), date + serial)


def _is_day(number: str) -> bool:
    day, month = int(number[:2]), int(number[2:4])
    if day > 60:
        day -= 60
    return 1 <= month <= 12 and 1 <= day <= _DAYS_IN_MONTH[month - 1]


def _counts_up(text: str) -> bool:
    """Whether the pairs count up, as in a row of weeks: »uge 10 11 12 13 14«."""
    pairs = [int(pair) for pair in re.findall(r"\d\d", text)] if re.fullmatch(r"\d\d(?: \d\d){4}", text) else []
    return bool(pairs) and all(later == earlier + 1 for earlier, later in zip(pairs, pairs[1:], strict=False))


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(c)) for c in text if c.isdigit())


def _hide_digits(text: str) -> str:
    return re.sub(r"\d", "●", text)
