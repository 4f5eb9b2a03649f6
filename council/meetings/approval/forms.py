"""Forms of the approval page."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from council.models import Approval, Meeting
from udsat.admin.form_fields import DateInputField
from udsat.lib.forms import FieldsOnly

from .member_views import remark_field
from .round_status import RoundStatus


class StartRoundForm(FieldsOnly, forms.Form):
    due_on = DateInputField(
        label="Svar senest", error_messages={"required": "Skriv, hvornår medlemmerne senest skal svare."}
    )
    checked = forms.BooleanField(
        label="Jeg har set efter. Det er ikke CPR-numre.",
        error_messages={"required": "Ret teksten, eller sæt et hak her, hvis det ikke er CPR-numre."},
    )

    def __init__(self, *args, suspects=(), **kwargs):
        super().__init__(*args, **kwargs)
        if not suspects:
            del self.fields["checked"]

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        if day < timezone.localdate():
            raise ValidationError("Datoen er gået. Vælg en dag, der kommer.")
        return day


class ApprovedAtMeetingForm(FieldsOnly, forms.Form):
    meeting = forms.TypedChoiceField(
        label="Hvilket møde?",
        coerce=int,
        error_messages={"invalid_choice": "Vælg et af møderne.", "required": "Vælg et af møderne."},
    )

    def __init__(self, *args, meetings: list[Meeting], own: Meeting | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.meetings = {meeting.pk: meeting for meeting in meetings}
        self.fields["meeting"].choices = [
            (pk, f"{meeting.long_title}{' (mødet selv)' if meeting == own else ''}")
            for pk, meeting in self.meetings.items()
        ]

    def clean_meeting(self):
        return self.meetings[self.cleaned_data["meeting"]]


class RegisterAnswerForm(FieldsOnly, forms.Form):
    """An answer given by phone or in person."""

    member = forms.TypedChoiceField(
        label="Hvem har svaret?",
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Vælg et af medlemmerne."),
    )
    answer = forms.ChoiceField(
        label="Hvad var svaret?",
        choices=Approval.Answer.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Vælg et af de to svar."),
    )
    item = forms.TypedChoiceField(
        label="Bemærkningen handler om",
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Vælg et af punkterne."},
    )
    remark = remark_field("Bemærkning")

    def __init__(self, *args, status: RoundStatus, items, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = {row.pk: row for row in status.rows}
        self.fields["member"].choices = [("", "Vælg …"), *((pk, str(row.member)) for pk, row in self.rows.items())]
        if items:
            choices = [(item.pk, f"{item.number}. {item.title}") for item in items]
            self.fields["item"].choices = [("", "Det hele"), *choices]
        else:
            del self.fields["item"]

    def clean(self):
        super().clean()
        remark = self.cleaned_data.get("remark", "").strip()
        if self.cleaned_data.get("answer") == Approval.Answer.REMARKS and not remark and "remark" not in self.errors:
            self.add_error("remark", "Skriv, hvad medlemmet vil have rettet.")
