"""»Planlæg årets møder«: propose days for new meetings and create them."""

import datetime
from itertools import groupby

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from council.meetings import progress
from council.models import Council, Meeting
from udsat.admin.form_fields import DateInputField, TimeInputField
from udsat.admin.scope import has_several_municipalities, municipalities_where
from udsat.lib import roles
from udsat.lib.holidays import public_holiday, school_holiday

from .candidate_days import MeetingRhythm, day_warnings, propose_days
from .overview import MeetingTimesForm, council_from_query, free_ordinal, occupied_days, render_year_page

MAX_MEETINGS = 26  # at once: one every other week of a year


class RhythmForm(forms.Form):
    """Number, weekday, time and period of the new meetings. Its names are part of the address."""

    raad = forms.ModelChoiceField(Council.objects.none(), label="Råd", empty_label=None, required=False)
    antal = forms.IntegerField(
        label="Hvor mange møder?",
        min_value=1,
        max_value=MAX_MEETINGS,
        error_messages={"min_value": "Skriv mindst 1.", "max_value": f"Skriv højst {MAX_MEETINGS}."},
    )
    ugedag = forms.TypedChoiceField(label="Hvilken ugedag?", choices=list(WEEKDAYS.items()), coerce=int)
    begynder = TimeInputField(label="Begynder kl.", required=False)
    slutter = TimeInputField(label="Slutter kl.", required=False)
    fra = DateInputField(label="Fra og med")
    til = DateInputField(label="Til og med")

    def __init__(self, *args, user, council, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["raad"].queryset = Council.objects.filter(
            municipality__in=municipalities_where(user, roles.EDIT)
        ).select_related("municipality")
        if not has_several_municipalities(user):
            self.fields["raad"].widget = forms.HiddenInput()
        for name, value in _default_rhythm(council).items():
            self.fields[name].initial = value
        self.helper = FormHelper()
        self.helper.form_method = "get"
        self.helper.attrs = {"novalidate": True, "class": "rhythm"}
        self.helper.layout = Layout(*self.fields)
        self.helper.add_input(Submit("vis", "Vis forslag til datoer"))

    def clean(self):
        data = self.cleaned_data
        first, last = data.get("fra"), data.get("til")
        if first and last and not first <= last <= first + datetime.timedelta(800):
            self.add_error("til", "Vælg en slutdato, der ligger efter »Fra og med« og højst to år senere.")
        if data.get("begynder") and data.get("slutter") and data["slutter"] <= data["begynder"]:
            self.add_error("slutter", "Mødet slutter, før det begynder.")


def _default_rhythm(council) -> dict:
    """Return weekday and times of the last ordinary meeting, and the period to plan: from August the next year."""
    today = timezone.localdate()
    last = last_ordinary(council)
    year = today.year + (today.month > 7)
    return {
        "raad": council.pk,
        "antal": min(council.ordinary_meetings or 5, MAX_MEETINGS),
        "ugedag": last.date.weekday() if last else 1,
        "begynder": last.starts_at if last else None,
        "slutter": last.ends_at if last else None,
        "fra": max(datetime.date(year, 1, 1), today + datetime.timedelta(1)),
        "til": datetime.date(year, 12, 31),
    }


def last_ordinary(council) -> Meeting | None:
    return council.meetings.filter(kind=Meeting.Kind.ORDINARY).order_by("-date").first()


def usual_details(council) -> dict:
    """Return what a new meeting of the council has in common with the last ordinary one."""
    last = last_ordinary(council)
    return {
        "starts_at": last.starts_at if last else None,
        "ends_at": last.ends_at if last else None,
        "place": last.place if last else council.meeting_place,
        "address": last.address if last else council.address,
        "is_open": bool(council.meetings_open),
        "how_to_attend": last.how_to_attend if last else "",
        "style": council.minutes_style,
    }


class ProposedMeetingForm(MeetingTimesForm):
    """A proposed meeting, which can be changed before it is created."""

    field_order = ["take", "date"]

    take = forms.BooleanField(label="Opret dette møde", required=False)
    date = DateInputField(label="Dato", required=False)
    # The day whose warnings the user has seen.
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)

    def clean(self):
        super().clean()
        if self.cleaned_data.get("take") and not self.cleaned_data.get("date") and "date" not in self.errors:
            self.add_error("date", "Vælg en dato, eller fjern hakket.")


class BaseProposedMeetingFormSet(forms.BaseFormSet):
    def __init__(self, *args, occupied, council, **kwargs):
        self.occupied, self.council = occupied, council
        super().__init__(*args, **kwargs)

    def chosen(self):
        return [form for form in self.forms if form.is_valid() and form.cleaned_data.get("take")]

    def clean(self):
        days = [form.cleaned_data["date"] for form in self.chosen()]
        if not days and not any(self.errors):
            raise ValidationError("Sæt hak ved mindst ét møde.")
        for form in self.chosen():
            day = form.cleaned_data["date"]
            if day in self.occupied.any:
                form.add_error("date", "Rådet har allerede et møde den dag. Vælg en anden dag, eller fjern hakket.")
            elif days.count(day) > 1:
                form.add_error("date", "To af møderne har samme dato. Vælg en anden dag til det ene.")

    def add_warnings(self):
        """Set the day, its warnings and its deadlines on each form."""
        days = {form: (form.cleaned_data if form.is_bound else form.initial).get("date") for form in self.forms}
        for form in self.forms:
            day = days[form]
            others = [other for it, other in days.items() if it is not form and other]
            form.warnings = day_warnings(day, self.occupied + others) if day else []
            if day and day < timezone.localdate():
                form.warnings.append("dagen er gået")
            form.day = day
            form.agenda_due_on = form.items_due_on = None
            if day:
                meeting = Meeting(council=self.council, date=day)
                form.agenda_due_on, form.items_due_on = progress.agenda_due_on(meeting), progress.items_due_on(meeting)

    def has_unseen_warnings(self):
        """Whether a day was changed to one with warnings that the page has not shown yet."""
        return any(
            form.warnings and form.cleaned_data.get("seen") != form.day.isoformat()
            for form in self.chosen()
            if form.day
        )

    def mark_seen(self):
        if self.is_bound:
            self.data = self.data.copy()
            for form in self.forms:
                form.data = self.data
                self.data[form.add_prefix("seen")] = form.day.isoformat() if form.day else ""


ProposedMeetingFormSet = forms.formset_factory(
    ProposedMeetingForm,
    formset=BaseProposedMeetingFormSet,
    extra=0,
    max_num=MAX_MEETINGS,
    absolute_max=MAX_MEETINGS,
    validate_max=True,
)


def new_meetings(admin, request: HttpRequest) -> HttpResponse:
    """GET shows the form of the rhythm and the days it proposes; POST creates the meetings."""
    council = council_from_query(request)
    if council is None or not request.user.may(roles.EDIT, council.municipality):
        raise PermissionDenied
    if request.method == "POST":
        return _create(admin, request, council)
    is_submitted = "antal" in request.GET
    rhythm = RhythmForm(request.GET if is_submitted else None, user=request.user, council=council)
    context = {"form": rhythm}
    if is_submitted and rhythm.is_valid():
        data = rhythm.cleaned_data
        occupied = occupied_days(_not_cancelled(council))
        days = propose_days(MeetingRhythm(data["antal"], data["ugedag"], data["fra"], data["til"]), occupied)
        times = {"starts_at": data["begynder"], "ends_at": data["slutter"]}
        initial = [{"take": True, "date": day, "seen": day.isoformat()} | times for day in days]
        context["rows"] = rows = ProposedMeetingFormSet(initial=initial, occupied=occupied, council=council, prefix="m")
        rows.add_warnings()
        context |= {"missing": data["antal"] - len(days), "days_off": _days_off(data["fra"], data["til"])}
    return render_year_page(admin, request, "year_plan_new.html", "Planlæg årets møder", council, **context)


@transaction.atomic
def _create(admin, request, council):
    # Locked, so that a second click finds the days occupied.
    Council.objects.select_for_update().get(pk=council.pk)
    occupied = occupied_days(_not_cancelled(council))
    rows = ProposedMeetingFormSet(request.POST, occupied=occupied, council=council, prefix="m")
    is_valid = rows.is_valid()
    rows.add_warnings()
    is_creating = is_valid and request.POST.get("action") == "create"
    if is_creating and not rows.has_unseen_warnings():
        meetings = [_new_meeting(council, form.cleaned_data) for form in rows.chosen()]
        try:
            for meeting in meetings:
                meeting.full_clean()
        except ValidationError as error:
            rows.non_form_errors().extend(error.messages)
        else:
            for meeting in meetings:
                meeting.save()
                admin.log_addition(request, meeting, "Oprettet med årsplanen")
            many = f"{len(meetings)} møder er oprettet" if len(meetings) > 1 else "Ét møde er oprettet"
            messages.success(request, f"{many}. De er kladder, til du offentliggør dem.")
            query = f"?raad={council.pk}&aar={meetings[0].date.year}"
            return HttpResponseRedirect(reverse("admin:council_meeting_year_plan") + query)
    rows.mark_seen()
    context = {"rows": rows, "has_unseen_warnings": is_creating}
    status = 200 if is_valid else 400
    title = "Planlæg årets møder"
    return render_year_page(admin, request, "year_plan_new.html", title, council, status=status, **context)


def _not_cancelled(council):
    return council.meetings.filter(is_cancelled=False).only("date", "kind")


def _new_meeting(council, data) -> Meeting:
    own = {name: data[name] for name in ("date", "starts_at", "ends_at")}
    details = usual_details(council) | own
    ordinal = free_ordinal(council, data["date"])
    return Meeting(council=council, kind=Meeting.Kind.ORDINARY, ordinal=ordinal, **details)


def _days_off(first, last) -> list[tuple[datetime.date, datetime.date, str]]:
    """Return the holidays of the period as (first day, last day, name)."""
    period = (first + datetime.timedelta(offset) for offset in range((last - first).days + 1))
    runs = groupby(period, key=lambda day: school_holiday(day) or public_holiday(day))
    holidays = [(name, list(days)) for name, days in runs if name]
    return [(days[0], days[-1], name) for name, days in holidays]
