"""Publish the dates of a year's meetings together, with one confirmation."""

import datetime
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from council.meetings import progress
from council.models import Meeting
from udsat.admin.privacy_review import ReviewedObject, privacy_review
from udsat.lib import roles
from udsat.lib.danish import long_datetime
from udsat.lib.publishing import Status
from udsat.models import EditConflict, allowed_names_of, batch_reindexing

from .overview import council_from_query, render_year_page, year_from_query


def unpublished_meetings(council, number: int, now: datetime.datetime) -> list[Meeting]:
    """Return the coming meetings of the year that have never been public, in order."""
    drafts = council.meetings.filter(status=Status.DRAFT, date__year=number)
    meetings = drafts.select_related("council__municipality").order_by("date", "starts_at", "ordinal")
    return [meeting for meeting in meetings if meeting.is_only_planned and not progress.is_over(meeting, now)]


@dataclass
class PlannedDate:
    """A meeting, its privacy review, and the address of its own publication gate."""

    meeting: Meeting
    reviewed: list[ReviewedObject]
    gate_url: str

    @property
    def is_plain(self) -> bool:
        """Whether the meeting has no findings or blockers, so that it can be published together with others."""
        blockers = self.meeting.publication_blockers() or self.meeting.files_to_review()
        return not blockers and not any(one.findings for one in self.reviewed)

    @property
    def choice(self) -> tuple[str, str]:
        """Return value and label. The value includes the version, so that the confirmation holds for that text only."""
        meeting = self.meeting
        where = f", {meeting.place}" if meeting.place else ""
        label = capfirst(f"{long_datetime(meeting.date, meeting.starts_at)}: {meeting.display_title}{where}")
        return f"{meeting.pk}-{meeting.version}", label


class DatesForm(forms.Form):
    """The chosen dates and the confirmation.

    Dates that are public already are left out, and changed ones must be confirmed again.
    """

    dates = forms.MultipleChoiceField(
        label="Hvilke datoer?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Sæt hak ved mindst én dato.",
            "invalid_choice": "Et af møderne kan ikke længere offentliggøres her. Læs datoerne igen, og bekræft på ny.",
        },
    )
    confirmed = forms.BooleanField(
        label="Jeg har læst det. Ingen private personer kan genkendes.",
        error_messages={"required": "Læs teksten, og sæt så et hak her."},
    )

    def __init__(self, data=None, *, dates: list[PlannedDate], public: set[int]):
        super().__init__(data)
        field = self.fields["dates"]
        field.choices = [date.choice for date in dates]
        field.initial = [value for value, _ in field.choices]
        self.changed: list[Meeting] = []
        self.is_done = False
        if data is not None:
            submitted = {value.partition("-")[0]: value for value in data.getlist("dates")}
            left = {pk: value for pk, value in submitted.items() if not (pk.isdecimal() and int(pk) in public)}
            self.is_done = bool(submitted) and not left
            for date in dates:
                pk, now = str(date.meeting.pk), date.choice[0]
                if left.get(pk, now) != now:
                    self.changed.append(date.meeting)
                    left[pk] = now
            self.data = data.copy()
            self.data.setlist("dates", list(left.values()))
            if self.changed:
                self.data.pop("confirmed", None)

    def clean(self):
        for meeting in self.changed:
            self.add_error(None, f"{meeting} er ændret imens. Læs datoerne igen, og bekræft på ny.")


def publish_dates(admin, request: HttpRequest) -> HttpResponse:
    """GET shows the dates that are not public yet; POST publishes the chosen ones."""
    council = council_from_query(request)
    if council is None or not request.user.may(roles.PUBLISH, council.municipality):
        raise PermissionDenied
    number = year_from_query(request)
    back = f"{reverse('admin:council_meeting_year_plan')}?raad={council.pk}&aar={number}"
    is_sent = request.method == "POST"
    known = allowed_names_of(council.municipality)
    dates = [
        PlannedDate(
            meeting,
            privacy_review(meeting.publication_parts(), meeting, admin.part_url, known),
            admin.url("publish", meeting),
        )
        for meeting in unpublished_meetings(council, number, timezone.now())
    ]
    plain = [date for date in dates if date.is_plain]
    public = set(council.meetings.published().values_list("pk", flat=True)) if is_sent else set()
    form = DatesForm(request.POST if is_sent else None, dates=plain, public=public)
    if form.is_done:
        messages.success(request, "Datoerne er offentlige.")
        return HttpResponseRedirect(back)
    if not dates:
        messages.info(request, f"Der er ingen datoer at offentliggøre i {number}.")
        return HttpResponseRedirect(back)
    try:
        if form.is_valid() and _publish(admin, request, form, plain):
            return HttpResponseRedirect(back)
    except EditConflict:
        return publish_dates(admin, request)
    context = {"number": number, "form": form, "plain": plain, "others": [date for date in dates if not date.is_plain]}
    status = 400 if form.errors else 200
    return render_year_page(
        admin, request, "year_plan_publish.html", "Offentliggør datoerne", council, status=status, **context
    )


def _publish(admin, request, form, plain) -> bool:
    """Publish the chosen dates. Raise EditConflict if one has changed since it was reviewed."""
    chosen = [date.meeting for date in plain if date.choice[0] in form.cleaned_data["dates"]]
    reviewed = {(meeting.pk, meeting.version, meeting.status) for meeting in chosen}
    try:
        with batch_reindexing():
            saved = Meeting.objects.select_for_update(of=("self",)).filter(pk__in=[meeting.pk for meeting in chosen])
            if set(saved.order_by("pk").values_list("pk", "version", "status")) != reviewed:
                raise EditConflict
            for meeting in chosen:
                meeting.publish(by=request.user, confirmed=True)
                admin.log_change(request, meeting, "Offentliggjort")
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    text = f"{len(chosen)} datoer er offentlige." if len(chosen) > 1 else "Én dato er offentlig."
    messages.success(request, text)
    return True
