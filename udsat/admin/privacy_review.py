"""What a person has to look at before it is public: each finding in its sentence, place by place."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from udsat.lib.cpr import hide_cpr
from udsat.lib.pdf import PdfUnavailable, missing_characters
from udsat.lib.personal_data import AllowedNames, find_personal_data, names_with_titles, sentence_around
from udsat.lib.publishing import CheckedText, Finding, PublicText
from udsat.models import Publishable, allowed_names_of, is_cpr_overridden

CPR = "ligner et CPR-nummer"
CLOSED_TITLE = "titel på et lukket punkt"
_HIDDEN = "●●●●●●-●●●●"
# More than these in one field is a list, and one look at it is enough.
MOST = 15


class Spot(NamedTuple):
    """One finding: where, what, and the sentence with it marked."""

    label: str
    kind: str
    sentence: SafeString
    url: str
    note: str = ""
    what: str = ""  # the words that are marked
    finding: Finding | None = None  # of a CPR number, which stops; all else only asks


@dataclass
class Place:
    """One thing with everything that is read of it, and what was found there."""

    name: str
    target: str
    spots: list[Spot] = field(default_factory=list)
    texts: list[tuple[str, SafeString]] = field(default_factory=list)

    @property
    def suspects(self) -> list[Spot]:
        return [spot for spot in self.spots if spot.finding]

    @property
    def questions(self) -> list[Spot]:
        return [spot for spot in self.spots if not spot.finding]

    @property
    def key(self) -> str:
        """Of these very questions: a tick is not taken for others."""
        asked = "\0".join([self.target, *(f"{spot.label}{spot.kind}{spot.sentence}" for spot in self.questions)])
        return hashlib.sha256(asked.encode()).hexdigest()[:12]


def look(
    parts: Iterable[CheckedText],
    within: Publishable,
    field_url: Callable[[CheckedText, str], str],
    known: AllowedNames | None = None,
) -> list[Place]:
    """The places that are read when `within` is public, with what was found in them.

    `known` is what may stand in its municipality, for who looks at many things there.
    """
    read = [(part, list(part.public_texts(within))) for part in parts]
    known = allowed_names_of(within.municipality) if known is None else known
    introduced = names_with_titles(f"{one.field.verbose_name}: {one.text}" for _, texts in read for one in texts)
    known |= AllowedNames(names=introduced)
    titles = [title for title in within.withheld_titles() if len(title) >= 12]
    return [_place(part, texts, within, known, titles, field_url) for part, texts in read if texts]


def _place(part, texts, within, known, titles, field_url) -> Place:
    place = Place(hide_cpr(capfirst(part.object_label())), f"{part._meta.label_lower}:{part.pk}")
    for finding in part.findings(within):
        if not is_cpr_overridden(finding):
            label = capfirst(part._meta.get_field(finding.field).verbose_name)
            url = field_url(part, finding.field)
            place.spots.append(
                Spot(label, CPR, _with_marks(finding.masked, _hidden(finding.masked)), url, finding=finding)
            )
    for one in texts:
        label, url = capfirst(one.field.verbose_name), field_url(part, one.field.name)
        text = hide_cpr(_words(one))
        found = list(_questions(text, one, part, known, titles))
        place.texts.append((label, _paragraphs(text, [*_hidden(text), *((q.start, q.end) for q in found)])))
        asked = [
            Spot(label, q.kind, _sentence(text, q.start, q.end), url, q.note, text[q.start : q.end]) for q in found
        ]
        asked += [Spot(label, kind, s, url, note, what) for kind, s, note, what in _unseen(one, text, known)]
        if len(asked) > MOST:
            rest = format_html("… og {} steder mere i samme tekst.", len(asked) - MOST)
            asked = [*asked[:MOST], Spot(label, "mange fund", rest, url)]
        place.spots += asked
    return place


class _Question(NamedTuple):
    start: int
    end: int
    kind: str
    note: str = ""


def _words(one: PublicText) -> str:
    """A file's name as the words it is made of."""
    return re.sub(r"[_+]|%20|(?<=[^\W\d])-(?=[^\W\d])|\.\w{2,4}$", " ", one.text) if one.file_text else one.text


def _questions(
    text: str, one: PublicText, part: CheckedText, known: AllowedNames, titles: list[str]
) -> Iterator[_Question]:
    is_contact = one.field.name in part.contact_fields
    found = [q for q in find_personal_data(text, known) if not is_contact or "navn" in q.kind]
    yield from (_Question(q.start, q.end, q.kind, q.note) for q in found)
    lower = text.casefold()
    for title in titles:
        if (at := lower.find(title.casefold())) >= 0 and len(lower) == len(text):
            yield _Question(at, at + len(title), CLOSED_TITLE, "Titlen er ellers skjult for alle.")
    if not isinstance(one.field, models.FileField):
        for character in sorted(_undrawable(text)):
            at = text.index(character)
            name = f"U+{ord(character):04X}"
            yield _Question(at, at + 1, f"tegn, som PDF'en ikke kan vise ({name})", "I PDF'en står der en firkant.")


def _undrawable(text: str) -> set[str]:
    try:
        return missing_characters(text)
    except PdfUnavailable:
        return set()


def _unseen(one: PublicText, shown: str, known: AllowedNames) -> Iterator[tuple[str, SafeString, str, str]]:
    """What stands behind a link or inside a file. Of a file's names only those are asked about that may not show."""
    behind = [] if one.file_text else [(text, "Står bag et link.") for text in one.unseen]
    if one.file_text:
        behind.append((hide_cpr(one.file_text.text), "Står inde i filen."))
    for text, where in behind:
        for q in find_personal_data(text, known, names=False):
            if one.file_text or q.text not in shown:
                yield q.kind, _sentence(text, q.start, q.end), f"{where} {q.note}".strip(), q.text


def _hidden(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(re.escape(_HIDDEN), text)]


def _sentence(text: str, start: int, end: int) -> SafeString:
    before, after = sentence_around(text, start, end)
    return format_html("{}<mark>{}</mark>{}", before, text[start:end], after)


def _with_marks(text: str, spans: Iterable[tuple[int, int]]) -> SafeString:
    pieces, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            pieces += [(text[at:start], text[start:end])]
            at = end
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[at:])


def _paragraphs(text: str, spans: list[tuple[int, int]]) -> SafeString:
    lines, at = [], 0
    for line in text.split("\n"):
        inside = [(a - at, min(b, at + len(line)) - at) for a, b in spans if at <= a < at + len(line)]
        if line.strip():
            lines.append((_with_marks(line, inside),))
        at += len(line) + 1
    return format_html_join("\n", "<p>{}</p>", lines)
