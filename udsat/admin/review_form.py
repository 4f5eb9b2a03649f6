"""Forms of the privacy review: a tick for each object with findings, and a reason for each suspected CPR number."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst

from udsat.lib.cpr import find_cpr
from udsat.models import CprOverride, User, check_override_reasons, override_seconders

from .privacy_review import ReviewedObject, ReviewFinding

REVIEW_PREFIX, REASON_PREFIX, AGREE_PREFIX = "looked_", "reason_", "agree_"


class CprReason(forms.CharField):
    def __init__(self, **kwargs):
        super().__init__(
            label="Hvorfor er det ikke et CPR-nummer?",
            help_text="Kun hvis du er sikker. Skriv, hvad tallet er, for eksempel: »Det er sagens nummer i arkivet«. "
            "Skriv ikke selve nummeret. Begrundelsen bliver gemt sammen med dit navn.",
            widget=forms.Textarea(attrs={"rows": 2}),
            error_messages={"required": "Er det et CPR-nummer, så ret teksten. Er det ikke, så skriv, hvad det er."},
            **kwargs,
        )

    def clean(self, value):
        reason = " ".join(super().clean(value).split())
        if any(find_cpr(reason)):
            raise ValidationError("Skriv ikke selve nummeret. Begrundelsen bliver gemt.")
        check_override_reasons([reason])
        return reason


def names_of(people: list[User]) -> str:
    return " eller ".join(map(str, people)) or "en godkender eller administrator"


@dataclass
class FindingRow:
    """A finding with its form field, if any, and what is known about its override."""

    finding: ReviewFinding
    field: forms.BoundField | None = None
    note: str = ""


@dataclass
class ReviewRow:
    """A reviewed object with its findings and its checkbox, if any."""

    name: str
    findings: list[FindingRow]
    checkbox: forms.BoundField | None


class ReviewForm(forms.Form):
    """Confirmations of a review. `seen` is the version that was read, so that they apply to no other text."""

    was_changed = "En anden har ændret teksten, mens du læste. Læs den igen, og bekræft på ny."

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    files_seen = forms.BooleanField(
        label="Jeg har åbnet filerne og set efter. De må offentliggøres.",
        error_messages={"required": "Åbn filerne, og sæt så et hak her."},
    )
    confirmed = forms.BooleanField(
        label="Jeg har læst teksten. Ingen private personer kan genkendes.",
        error_messages={"required": "Læs teksten, og sæt så et hak her."},
    )

    def __init__(self, *args, unread_files, seen, reviewed, user, municipality, **kwargs):
        super().__init__(*args, **kwargs)
        self.stamp, self.unread_files = seen, unread_files
        self.fields["seen"].initial = seen
        if not unread_files:
            del self.fields["files_seen"]
        self.review = ReviewFields(self, reviewed, user, municipality)

    def clean_seen(self):
        if self.cleaned_data["seen"] != self.stamp:
            self.data = self.data.copy()
            self.data[self.add_prefix("seen")] = self.stamp
            clear_confirmations(self.data, self.prefix)
            self.add_error(None, self.was_changed)
        return self.stamp

    def clean(self):
        super().clean()
        self.review.clean()


class ReviewFields:
    """The fields of a form that belong to the findings of a review."""

    def __init__(self, form: forms.Form, reviewed: list[ReviewedObject], user: User, municipality):
        self.form, self.reviewed, self.user = form, reviewed, user
        self.seconders = override_seconders(municipality, user) if self.suspects else []
        requests = CprOverride.objects.requests_for(one.finding for one in self.suspects)
        # Where those who were asked have left, the next person gives a reason of their own.
        self.requests = {key: request for key, request in requests.items() if request.seconders}
        for one in self.suspects:
            self._add_suspect(one.finding)
        for one in reviewed:
            if one.questions:
                form.fields[f"{REVIEW_PREFIX}{one.key}"] = forms.BooleanField(
                    label=f"Jeg har set på dem. {one.name} kan offentliggøres, som det står.",
                    error_messages={"required": f"Se på det, vi fandt i »{one.name}«, og sæt så et hak der."},
                )

    @property
    def suspects(self) -> list[ReviewFinding]:
        return [finding for one in self.reviewed for finding in one.suspects]

    def _add_suspect(self, finding):
        request = self.requests.get(finding.key)
        if request is None:
            self.form.fields[f"{REASON_PREFIX}{finding.key}"] = CprReason()
        elif request.can_be_seconded_by(self.user):
            self.form.fields[f"{AGREE_PREFIX}{finding.key}"] = forms.BooleanField(
                label="Jeg har også set på det. Det er ikke et CPR-nummer.",
                error_messages={"required": "Er det et CPR-nummer, så ret teksten. Er det ikke, så sæt et hak."},
            )

    def clean(self) -> None:
        """Add errors for reasons that repeat each other and for numbers that wait for another person."""
        try:
            check_override_reasons(self.reasons_by_number.values())
        except ValidationError as error:
            self.form.add_error(None, error)
        for names in {names_of(it.seconders) for it in self.requests.values() if not it.can_be_seconded_by(self.user)}:
            self.form.add_error(None, f"{capfirst(names)} skal også se på det, der ligner et CPR-nummer.")

    @property
    def second_person(self) -> str:
        """The names of those who have to confirm the reasons that the form asks for; empty if nobody has to."""
        asks = any(name.startswith(REASON_PREFIX) for name in self.form.fields)
        return names_of(self.seconders) if asks and self.seconders else ""

    @property
    def reasons(self) -> dict[str, str]:
        """The valid reasons by key of the finding."""
        data = self.form.cleaned_data
        return {
            name.removeprefix(REASON_PREFIX): value for name, value in data.items() if name.startswith(REASON_PREFIX)
        }

    @property
    def reasons_by_number(self) -> dict[str, str]:
        reasons = self.reasons
        return {
            one.finding.fingerprint: reasons[one.finding.key] for one in self.suspects if one.finding.key in reasons
        }

    @property
    def agreed(self) -> list[CprOverride]:
        """The requests of others that the person has agreed to."""
        return [it for key, it in self.requests.items() if self.form.cleaned_data.get(f"{AGREE_PREFIX}{key}")]

    def rows(self) -> list[ReviewRow]:
        """Return the objects with findings, for the template."""
        return [
            ReviewRow(
                one.name,
                [self._row(finding) for finding in one.findings],
                self.form[f"{REVIEW_PREFIX}{one.key}"] if one.questions else None,
            )
            for one in self.reviewed
            if one.findings
        ]

    def _row(self, finding: ReviewFinding) -> FindingRow:
        if finding.finding is None:
            return FindingRow(finding)
        key = finding.finding.key
        names = [f"{REASON_PREFIX}{key}", f"{AGREE_PREFIX}{key}"]
        field = next((self.form[name] for name in names if name in self.form.fields), None)
        request = self.requests.get(key)
        note = f"{request.by_name} har skrevet: »{request.reason}«" if request else ""
        if request and field is None:
            note += f" Nu skal {names_of(request.seconders)} også se på det."
        return FindingRow(finding, field, note)


def clear_confirmations(data, prefix=None):
    """Remove confirmations from form data after the text has changed."""
    start = f"{prefix}-" if prefix else ""
    kept = (f"{start}{REVIEW_PREFIX}", f"{start}{AGREE_PREFIX}")
    for name in [f"{start}confirmed", f"{start}files_seen", *(key for key in data if key.startswith(kept))]:
        data.pop(name, None)
