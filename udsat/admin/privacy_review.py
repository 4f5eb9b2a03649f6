"""Pre-publication privacy review."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from udsat.lib.cpr import find_cpr, hide_cpr
from udsat.lib.pdf_fonts import PdfUnavailable, missing_characters
from udsat.lib.personal_data import AllowedNames, find_personal_data, names_with_titles, sentence_around
from udsat.lib.publishing import CheckedText, Finding, PublicText
from udsat.models import Publishable, allowed_names_of, is_cpr_overridden

CPR = "ligner et CPR-nummer"
CLOSED_TITLE = "titel på et lukket punkt"
AGREEMENT = "aftale, der ikke er offentlig"
MIN_WITHHELD = 12  # characters; shorter texts occur by chance
_HIDDEN = "●●●●●●-●●●●"
# Beyond this number, the findings of a field are summarised.
MAX_FINDINGS_PER_FIELD = 15


class ReviewFinding(NamedTuple):
    """A finding with its sentence, in which it is marked."""

    label: str
    kind: str
    sentence: SafeString
    url: str
    note: str = ""
    match: str = ""  # the marked words
    finding: Finding | None = (
        None  # set for a CPR number, which prevents publication; other findings only require confirmation
    )


@dataclass
class ReviewedObject:
    """An object with its public texts and the findings in them."""

    name: str
    target: str
    findings: list[ReviewFinding] = field(default_factory=list)
    texts: list[tuple[str, SafeString]] = field(default_factory=list)
    unread_files: list[PublicText] = field(default_factory=list)  # that a computer cannot read as a whole
    identity: str = ""  # instead of the target in the key, where the target changes

    @property
    def suspects(self) -> list[ReviewFinding]:
        return [one for one in self.findings if one.finding]

    @property
    def questions(self) -> list[ReviewFinding]:
        return [one for one in self.findings if not one.finding]

    @property
    def key(self) -> str:
        """Hash of the questions, so that a confirmation applies to these only."""
        questions = [f"{finding.label}{finding.kind}{finding.sentence}" for finding in self.questions]
        content = "\0".join([self.identity or self.target, *questions])
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def privacy_review(
    parts: Iterable[CheckedText],
    within: Publishable,
    field_url: Callable[[CheckedText, str], str],
    allowed: AllowedNames | None = None,
    only: Collection[tuple[str, str]] | None = None,
) -> list[ReviewedObject]:
    """Return the objects that are readable when `within` is public, with findings.

    `allowed` is passed when many objects of one municipality are reviewed. `only` limits the review to these fields,
    by target and name; the other texts of `parts` are their context.
    """
    read = [(part, list(part.public_texts(within))) for part in parts]
    allowed = allowed_names_of(within.municipality) if allowed is None else allowed
    introduced = names_with_titles(f"{one.field.verbose_name}: {one.text}" for _, texts in read for one in texts)
    allowed |= AllowedNames(names=introduced)
    withheld = [(title, CLOSED_TITLE, "Titlen er ellers skjult for alle.") for title in within.withheld_titles()]
    withheld += [(text, AGREEMENT, origin) for text, origin in within.withheld_agreements()]
    withheld = [(text, kind, note) for text, kind, note in withheld if len(text) >= MIN_WITHHELD]
    if only is not None:
        read = [(part, [one for one in texts if (part.target, one.field.name) in only]) for part, texts in read]
    return [_review(part, texts, allowed, withheld, field_url) for part, texts in read if texts]


def _review(part, texts, allowed, withheld, field_url) -> ReviewedObject:
    reviewed = ReviewedObject(hide_cpr(capfirst(part.object_label())), part.target)
    reviewed.unread_files = [one for one in texts if one.file_text and not one.file_text.complete]
    sentences = {one.field.name: _sentences_with_numbers(one) for one in texts}
    for finding in part.findings_in(texts):
        if not is_cpr_overridden(finding):
            label = capfirst(part._meta.get_field(finding.field).verbose_name)
            url = field_url(part, finding.field)
            masked = _with_marks(finding.masked, _hidden(finding.masked))
            sentence = sentences[finding.field].get(finding.fingerprint, masked)
            reviewed.findings.append(ReviewFinding(label, CPR, sentence, url, finding=finding))
    for one in texts:
        label, url = capfirst(one.field.verbose_name), field_url(part, one.field.name)
        text = hide_cpr(_readable(one))
        questions = list(_questions(text, one, part, allowed, withheld))
        reviewed.texts.append((label, _paragraphs(text, [*_hidden(text), *((q.start, q.end) for q in questions)])))
        findings = [
            ReviewFinding(label, q.kind, _sentence(text, q.start, q.end), url, q.note, text[q.start : q.end])
            for q in questions
        ]
        findings += [
            ReviewFinding(label, kind, sentence, url, note, match)
            for kind, sentence, note, match in _hidden_findings(one, text, allowed)
        ]
        if len(findings) > MAX_FINDINGS_PER_FIELD:
            rest = format_html("… og {} steder mere i samme tekst.", len(findings) - MAX_FINDINGS_PER_FIELD)
            findings = [*findings[:MAX_FINDINGS_PER_FIELD], ReviewFinding(label, "mange fund", rest, url)]
        reviewed.findings += findings
    return reviewed


def _sentences_with_numbers(one: PublicText) -> dict[str, SafeString]:
    """Return the sentence around each suspected CPR number, with all numbers hidden, by fingerprint."""
    sentences: dict[str, SafeString] = {}
    for text in (one.text, *one.unseen, one.file_text.text if one.file_text else ""):
        if numbers := list(find_cpr(text)):
            hidden = hide_cpr(text)
            for number, (start, end) in zip(numbers, _hidden(hidden), strict=False):
                sentences.setdefault(number.fingerprint, _sentence(hidden, start, end))
    return sentences


class _Question(NamedTuple):
    start: int
    end: int
    kind: str
    note: str = ""


def _readable(one: PublicText) -> str:
    """Return the text; of a file, its name split into words."""
    return re.sub(r"[_+]|%20|(?<=[^\W\d])-(?=[^\W\d])|\.\w{2,4}$", " ", one.text) if one.file else one.text


def _questions(
    text: str, one: PublicText, part: CheckedText, allowed: AllowedNames, withheld: list[tuple[str, str, str]]
) -> Iterator[_Question]:
    is_contact = one.field.name in part.contact_fields
    questions = [q for q in find_personal_data(text, allowed) if not is_contact or "navn" in q.kind]
    yield from (_Question(q.start, q.end, q.kind, q.note) for q in questions)
    lower = text.casefold()
    for hidden, kind, note in withheld:
        if (at := lower.find(hidden.casefold())) >= 0 and len(lower) == len(text):
            yield _Question(at, at + len(hidden), kind, note)
    for character in sorted(_undrawable(text)):  # also in the name of a file, which is printed
        at = text.index(character)
        name = f"U+{ord(character):04X}"
        yield _Question(at, at + 1, f"tegn, som PDF'en ikke kan vise ({name})", "I PDF'en står der en firkant.")


def _undrawable(text: str) -> set[str]:
    try:
        return missing_characters(text)
    except PdfUnavailable:
        return set()


def _hidden_findings(
    one: PublicText, visible: str, allowed: AllowedNames
) -> Iterator[tuple[str, SafeString, str, str]]:
    """Yield findings in link targets and file contents. In files, hidden names are the only names searched for."""
    sources = [] if one.file else [(text, "Står bag et link.") for text in one.unseen]
    if one.file_text:
        sources.append((hide_cpr(one.file_text.text), "Står inde i filen."))
    for text, origin in sources:
        for q in find_personal_data(text, allowed, names=False):
            if one.file or q.text not in visible:
                yield q.kind, _sentence(text, q.start, q.end), f"{origin} {q.note}".strip(), q.text


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
