"""The year's plan in the back office: the year as it stands, and new meetings from a rhythm."""

import datetime
from dataclasses import dataclass, field

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.safestring import SafeString

from council.meetings import progress
from council.meetings.invitations.sending import untold
from council.models import Council, Meeting
from council.public import year_wheel
from council.public.meeting_years import year_entries
from udsat.admin.form_fields import DateInputField, TimeInputField
from udsat.admin.scope import has_several_municipalities, may_edit, municipalities_where
from udsat.lib import roles
from udsat.lib.danish import long_date, weekday_date
from udsat.lib.forms import FieldsOnly
from udsat.lib.holidays import public_holiday, school_holiday

from .candidate_days import Rhythm, Taken, marks, propose

# Meetings of the whole council, which should not lie too close.
WHOLE = (Meeting.Kind.ORDINARY, Meeting.Kind.EXTRAORDINARY, Meeting.Kind.CONSTITUENT)
MOST = 26  # meetings at once: one every other week of a year


# The year as it stands


@dataclass
class Row:
    """A meeting of the year, with what speaks against its day, its deadlines and the form that moves it."""

    meeting: Meeting
    next: progress.NextStep | None
    marks: list[str]
    agenda_due_on: datetime.date
    items_due_on: datetime.date | None
    form: forms.Form | None = None
    is_over: bool = False

    @property
    def outcome(self) -> str:
        """What became of a meeting that has been held, or should have been."""
        if self.meeting.is_cancelled:
            return "Aflyst"
        if self.next:
            return self.next.what
        return "Referatet er offentligt" if progress.is_finished(self.meeting) else "Holdt"


@dataclass
class Year:
    number: int
    coming: list[Row]
    held: list[Row]
    wheel: SafeString
    legend: list[tuple[SafeString, str]]
    others: list[int] = field(default_factory=list)  # years with meetings, to go to

    @property
    def waiting(self) -> int:
        """How many of its dates have never been public."""
        return sum(row.meeting.is_only_planned for row in self.coming)


class MoveForm(FieldsOnly, forms.Form):
    """Another day or hour for one meeting."""

    date = DateInputField(label="Ny dato")
    starts_at = TimeInputField(label="Begynder kl.", required=False)
    ends_at = TimeInputField(label="Slutter kl.", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, meeting: Meeting, **kwargs):
        initial = {name: getattr(meeting, name) for name in ("date", "starts_at", "ends_at", "version")}
        super().__init__(*args, prefix=f"m{meeting.pk}", initial=initial, **kwargs)
        self.meeting = meeting

    def clean(self):
        starts, ends = self.cleaned_data.get("starts_at"), self.cleaned_data.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", "Mødet slutter, før det begynder.")


def overview(admin, request: HttpRequest) -> HttpResponse:
    """GET shows the year; POST moves one meeting of it."""
    council = council_asked_for(request)
    if council is None:
        return year_page(admin, request, "year_plan.html", "Årets møder", None)
    if request.method == "POST":
        form = _move(admin, request)
        if form is None:
            return HttpResponseRedirect(request.get_full_path())
        number = form.meeting.date.year
    else:
        form, number = None, year_asked_for(request)
    year = _year_of(request, council, number, form)
    context = {
        "year": year,
        "open_form": form,
        "may_plan": request.user.may(roles.EDIT, council.municipality),
        "may_publish": request.user.may(roles.PUBLISH, council.municipality),
    }
    return year_page(admin, request, "year_plan.html", "Årets møder", council, status=400 if form else 200, **context)


def year_asked_for(request) -> int:
    """The year in the address, else this one; Http404 where there can be no meetings."""
    try:
        number = int(request.GET.get("aar", ""))
    except ValueError:
        return timezone.localdate().year
    if not 1900 <= number < 2200:
        raise Http404("Det år har vi ikke nogen møder i.")
    return number


def _councils(request):
    councils = Council.objects.in_reach_of(request.user).select_related("municipality")
    return councils.order_by("municipality__sort_key")


def council_asked_for(request) -> Council | None:
    """The council that is asked for, else the first in her reach."""
    if not request.user.may(roles.VIEW):
        raise PermissionDenied
    councils = _councils(request)
    wanted = request.GET.get("raad", "")
    if not wanted:
        return councils.first()
    found = councils.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 10 else None
    if found is None:
        raise Http404("Rådet findes ikke.")
    return found


def _year_of(request, council, number, bound) -> Year:
    now = timezone.now()
    found = progress.with_steps(council.meetings.filter(date__year=number))
    meetings = list(found.order_by("date", "starts_at", "ordinal"))
    dates = set(council.meetings.values_list("date", flat=True))
    rows = []
    for meeting in meetings:
        taken = _taken([other for other in meetings if other != meeting and not other.is_cancelled])
        if meeting.kind not in WHOLE:
            taken = Taken(taken.any)
        over = progress.is_over(meeting, now)
        row = Row(
            meeting,
            progress.next_step(meeting, now),
            [] if over or meeting.is_cancelled else marks(meeting.date, taken),
            progress.agenda_due_on(meeting),
            progress.items_due_on(meeting),
            is_over=over,
        )
        if not over and not meeting.is_cancelled and may_edit(request.user, meeting):
            row.form = bound if bound and bound.meeting.pk == meeting.pk else MoveForm(meeting=meeting)
        rows.append(row)
    hearings = list(council.hearings.filter(deadline__year=number))
    events = [entry.event for entry in year_entries(meetings, hearings, timezone.localdate(now))]
    years = {date.year for date in dates} | {timezone.localdate(now).year, number, number + 1}
    wheel = year_wheel.draw(number, events, timezone.localdate(now))
    coming, held = ([row for row in rows if row.is_over is over] for over in (False, True))
    return Year(number, coming, held, wheel, year_wheel.legend(events), sorted(years))


@transaction.atomic
def _move(admin, request) -> MoveForm | None:
    """Give a meeting its new day. Returns the form when something in it is to be mended."""
    pk = request.POST.get("meeting", "")
    if not (pk.isdecimal() and len(pk) < 16):
        raise Http404("Mødet findes ikke.")
    meeting = admin.get_object(request, pk)
    if not may_edit(request.user, meeting):
        raise PermissionDenied
    form = MoveForm(request.POST, meeting=meeting)
    if not form.is_valid():
        return form
    before = meeting.date
    values = form.cleaned_data
    if all(getattr(meeting, name) == values[name] for name in ("date", "starts_at", "ends_at")):
        messages.info(request, "Mødet har allerede den dato og det klokkeslæt.")
        return None
    # Read under a lock, so the version stays what it is until this is saved.
    if values["version"] != meeting.version:
        form.data = form.data.copy()
        form.data[form.add_prefix("version")] = meeting.version
        form.add_error(
            None,
            f"En anden har ændret mødet imens. Det er nu {weekday_date(meeting.date)}. "
            "Er din nye dato stadig rigtig, så gem igen.",
        )
        return form
    if values["date"] != meeting.date:
        meeting.ordinal = _free_number(meeting.council, values["date"])
    meeting.date, meeting.starts_at, meeting.ends_at = values["date"], values["starts_at"], values["ends_at"]
    try:
        meeting.full_clean()
    except ValidationError as error:
        form.add_error(None, error.messages)
        return form
    meeting.claim_version(meeting.version)
    meeting.save()
    admin.log_change(request, meeting, f"Flyttet fra {long_date(before)}")
    messages.success(request, f"Mødet er flyttet til {weekday_date(meeting.date)}. Fristerne følger med.")
    if untold(meeting):
        messages.warning(
            request,
            format_html(
                'De indkaldte har ikke fået besked endnu. <a href="{}">Send dem den nye dato</a>',
                progress.page_url(meeting, "invitations"),
            ),
        )
    return None


def _free_number(council, day) -> int:
    taken = set(council.meetings.filter(date=day).values_list("ordinal", flat=True))
    return next((number for number in range(1, 10) if number not in taken), 9)


# New meetings


class RhythmForm(forms.Form):
    """How many, which day of the week, what time, and from when to when."""

    # What the page is about is read from the address before this form is; here one chooses another.
    raad = forms.ModelChoiceField(Council.objects.none(), label="Råd", empty_label=None, required=False)
    antal = forms.IntegerField(
        label="Hvor mange møder?", min_value=1, max_value=MOST,
        error_messages={"min_value": "Skriv mindst 1.", "max_value": f"Skriv højst {MOST}."},
    )  # fmt: skip
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
        for name, value in _habits(council).items():
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


def _habits(council) -> dict:
    """What the council did last, and the year that is to be planned."""
    today = timezone.localdate()
    last = _last_ordinary(council)
    year = today.year + (today.month > 7)
    return {
        "raad": council.pk,
        "antal": min(council.ordinary_meetings or 5, MOST),
        "ugedag": last.date.weekday() if last else 1,
        "begynder": last.starts_at if last else None,
        "slutter": last.ends_at if last else None,
        "fra": max(datetime.date(year, 1, 1), today + datetime.timedelta(1)),
        "til": datetime.date(year, 12, 31),
    }


def _last_ordinary(council) -> Meeting | None:
    return council.meetings.filter(kind=Meeting.Kind.ORDINARY).order_by("-date").first()


class PlannedForm(forms.Form):
    """One proposed meeting; its day can be changed before it is made."""

    take = forms.BooleanField(label="Opret dette møde", required=False)
    date = DateInputField(label="Dato", required=False)
    starts_at = TimeInputField(label="Begynder kl.", required=False)
    ends_at = TimeInputField(label="Slutter kl.", required=False)
    # The day whose holidays and neighbours the person has seen.
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)

    def clean(self):
        data = self.cleaned_data
        if data.get("take") and not data.get("date") and "date" not in self.errors:
            self.add_error("date", "Vælg en dato, eller fjern hakket.")
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", "Mødet slutter, før det begynder.")


class PlannedFormSet(forms.BaseFormSet):
    def __init__(self, *args, taken, council, **kwargs):
        self.taken, self.council = taken, council
        super().__init__(*args, **kwargs)

    def chosen(self):
        return [form for form in self.forms if form.is_valid() and form.cleaned_data.get("take")]

    def clean(self):
        days = [form.cleaned_data["date"] for form in self.chosen()]
        if not days and not any(self.errors):
            raise ValidationError("Sæt hak ved mindst ét møde.")
        for form in self.chosen():
            day = form.cleaned_data["date"]
            if day in self.taken.any:
                form.add_error("date", "Rådet har allerede et møde den dag. Vælg en anden dag, eller fjern hakket.")
            elif days.count(day) > 1:
                form.add_error("date", "To af møderne har samme dato. Vælg en anden dag til det ene.")

    def look(self):
        """Put marks and deadlines beside each day, and remember that they have been seen."""
        days = {form: self._day(form) for form in self.forms}
        for form in self.forms:
            day = days[form]
            others = [other for it, other in days.items() if it is not form and other]
            form.marks = marks(day, self.taken + others) if day else []
            if day and day < timezone.localdate():
                form.marks.append("dagen er gået")
            form.day = day
            form.agenda_due_on = form.items_due_on = None
            if day:
                meeting = Meeting(council=self.council, date=day)
                form.agenda_due_on, form.items_due_on = progress.agenda_due_on(meeting), progress.items_due_on(meeting)

    def _day(self, form):
        return form.cleaned_data.get("date") if form.is_bound else form.initial.get("date")

    def has_unseen_marks(self):
        """Whether a day was changed to one that something speaks against, which nobody has been told yet."""
        return any(
            form.marks and form.cleaned_data.get("seen") != form.day.isoformat() for form in self.chosen() if form.day
        )

    def mark_seen(self):
        if self.is_bound:
            self.data = self.data.copy()
            for form in self.forms:
                form.data = self.data
                self.data[form.add_prefix("seen")] = form.day.isoformat() if form.day else ""


Planned = forms.formset_factory(
    PlannedForm, formset=PlannedFormSet, extra=0, max_num=MOST, absolute_max=MOST, validate_max=True
)


def plan(admin, request: HttpRequest) -> HttpResponse:
    """Ask for the rhythm, show the days it gives, and make the meetings once they are as they should be."""
    council = council_asked_for(request)
    if council is None or not request.user.may(roles.EDIT, council.municipality):
        raise PermissionDenied
    if request.method == "POST":
        return _make(admin, request, council)
    asked = "antal" in request.GET
    rhythm = RhythmForm(request.GET if asked else None, user=request.user, council=council)
    context = {"form": rhythm}
    if asked and rhythm.is_valid():
        data = rhythm.cleaned_data
        taken = _taken(_standing(council))
        days = propose(Rhythm(data["antal"], data["ugedag"], data["fra"], data["til"]), taken)
        initial = [
            {"take": True, "date": day, "starts_at": data["begynder"], "ends_at": data["slutter"],
             "seen": day.isoformat()}
            for day in days
        ]  # fmt: skip
        context["rows"] = rows = Planned(initial=initial, taken=taken, council=council, prefix="m")
        rows.look()
        context |= {"missing": data["antal"] - len(days), "days_off": _days_off(data["fra"], data["til"])}
    return year_page(admin, request, "year_plan_new.html", "Planlæg årets møder", council, **context)


@transaction.atomic
def _make(admin, request, council):
    # One at a time: a second click finds the days of the first one taken.
    Council.objects.select_for_update().get(pk=council.pk)
    taken = _taken(_standing(council))
    rows = Planned(request.POST, taken=taken, council=council, prefix="m")
    is_valid = rows.is_valid()
    rows.look()
    is_creating = is_valid and request.POST.get("action") == "create"
    if is_creating and not rows.has_unseen_marks():
        made = [_new_meeting(council, form.cleaned_data) for form in rows.chosen()]
        try:
            for meeting in made:
                meeting.full_clean()
        except ValidationError as error:
            rows.non_form_errors().extend(error.messages)
        else:
            for meeting in made:
                meeting.save()
                admin.log_addition(request, meeting, "Oprettet med årsplanen")
            many = f"{len(made)} møder er oprettet" if len(made) > 1 else "Ét møde er oprettet"
            messages.success(request, f"{many}. De er kladder, til du offentliggør dem.")
            query = f"?raad={council.pk}&aar={made[0].date.year}"
            return HttpResponseRedirect(reverse("admin:council_meeting_year_plan") + query)
    rows.mark_seen()
    context = {"rows": rows, "has_unseen_marks": is_creating}
    status = 200 if is_valid else 400
    return year_page(admin, request, "year_plan_new.html", "Planlæg årets møder", council, status=status, **context)


def _taken(meetings) -> Taken:
    return Taken(
        frozenset(meeting.date for meeting in meetings),
        frozenset(meeting.date for meeting in meetings if meeting.kind in WHOLE),
    )


def _standing(council):
    return council.meetings.filter(is_cancelled=False).only("date", "kind")


def _new_meeting(council, data) -> Meeting:
    last = _last_ordinary(council)
    return Meeting(
        council=council,
        kind=Meeting.Kind.ORDINARY,
        date=data["date"],
        ordinal=_free_number(council, data["date"]),
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        place=last.place if last else "",
        address=last.address if last else council.address,
        is_open=bool(council.meetings_open),
        how_to_attend=last.how_to_attend if last else "",
        style=council.minutes_style,
    )


def _days_off(first, last) -> list[tuple[datetime.date, datetime.date, str]]:
    """The holidays of the period, each run of days as one."""
    found: list[list] = []
    for offset in range((last - first).days + 1):
        day = first + datetime.timedelta(offset)
        name = school_holiday(day) or public_holiday(day)
        if name and found and found[-1][2] == name and found[-1][1] == day - datetime.timedelta(1):
            found[-1][1] = day
        elif name:
            found.append([day, day, name])
    return [tuple(run) for run in found]


def year_page(admin, request, template, title, council, *, status=200, **context):
    """A page about the year of a council, with the way back to the year."""
    several = _councils(request) if has_several_municipalities(request.user) else []
    crumbs = admin.crumbs()
    if template != "year_plan.html":
        crumbs = [*crumbs, (f"{reverse('admin:council_meeting_year_plan')}?raad={council.pk}", "Årets møder")]
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "crumbs": crumbs,
        "council": council,
        "councils": several,
        "today": timezone.localdate(),
        **context,
    }
    return TemplateResponse(request, f"admin/council/{template}", context, status=status)
