"""Find what looks like a Danish civil registration number (CPR).

Form: DDMMYY-XXXX, with a hyphen, dash, space or nothing between. Modulus 11 stopped holding on 1 October 2007
(CPR-kontoret), so it is not asked for. Days 61-91 are replacement numbers (erstatningspersonnumre), which also
point at one person. The number itself is never kept or logged: only a keyed fingerprint.
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
    rf"(?<!\d)(?P<day>\d\d)(?P<gap>[ ./]|{_DASH}|)(?P<month>\d\d)(?P=gap)(?P<year>\d\d)"
    rf"(?: {{0,2}}{_DASH}\s{{0,2}}| {{0,2}})(?P<serial>\d{{4}})(?!\d)"
)
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
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
        digits = "".join(str(unicodedata.digit(c)) for c in match[0] if c.isdigit())
        before = _hide_digits(text[max(0, match.start() - 30) : match.start()])
        after = _hide_digits(text[match.end() : match.end() + 30])
        yield CprFinding(
            fingerprint=salted_hmac("udsat.cpr", digits).hexdigest(),
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
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE)


def _matches(text: str) -> Iterator[re.Match[str]]:
    for match in _CPR.finditer(text):
        day, month = int(match["day"]), int(match["month"])
        if day > 60:
            day -= 60
        if 1 <= month <= 12 and 1 <= day <= _DAYS_IN_MONTH[month - 1]:
            yield match


def _hide_digits(text: str) -> str:
    return re.sub(r"\d", "●", text)
