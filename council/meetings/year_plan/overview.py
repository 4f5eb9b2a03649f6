"""»Årets møder«: the meetings of a year with their deadlines, and moving one of them."""

import datetime
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from council.meetings import progress
from council.meetings.invitations.sending import outdated_invitations
from council.models import Council, Meeting
from council.public import year_wheel
from council.public.meeting_years import year_entries
from udsat.admin.form_fields import DateInputField, TimeInputField
from udsat.admin.scope import has_several_municipalities, may_edit
from udsat.lib import roles
from udsat.lib.danish import long_date, weekday_date
from udsat.lib.forms import FieldsOnly, parse_pk

from .candidate_days import OccupiedDays, day_warnings

# Meetings of the whole council, which should not be close together.
WHOLE_COUNCIL = (Meeting.Kind.ORDINARY, Meeting.Kind.EXTRAORDINARY, Meeting.Kind.CONSTITUENT)


@dataclass
class YearMeeting:
    """A meeting of the year with warnings about its day, its deadlines and the form that moves it."""

    meeting: Meeting
    next: progress.MeetingAction | None
    warnings: list[str]
    agenda_due_on: datetime.date
    items_due_on: datetime.date | None
    form: forms.Form | None = None
    is_over: bool = False

    @property
    def outcome(self) -> str:
        """State of a meeting in the past, in Danish."""
        if self.meeting.is_cancelled:
            return "Aflyst"
        if self.next:
            return self.next.reason
        return "Referatet er offentligt" if progress.is_finished(self.meeting) else "Holdt"


class MeetingTimesForm(forms.Form):
    starts_at = TimeInputField(label="Begynder kl.", required=False)
    ends_at = TimeInputField(label="Slutter kl.", required=False)

    def clean(self):
        starts, ends = self.cleaned_data.get("starts_at"), self.cleaned_data.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", "Mødet slutter, før det begynder.")


class MoveForm(FieldsOnly, MeetingTimesForm):
    field_order = ["date"]

    date = DateInputField(label="Ny dato")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, meeting: Meeting, **kwargs):
        initial = {name: getattr(meeting, name) for name in ("date", "starts_at", "ends_at", "version")}
        super().__init__(*args, prefix=f"m{meeting.pk}", initial=initial, **kwargs)
        self.meeting = meeting


def overview(admin, request: HttpRequest) -> HttpResponse:
    """GET shows the year; POST moves one of its meetings."""
    council = council_from_query(request)
    if council is None:
        return render_year_page(admin, request, "year_plan.html", "Årets møder", None)
    if request.method == "POST":
        form = _move(admin, request)
        if form is None:
            return HttpResponseRedirect(request.get_full_path())
        number = form.meeting.date.year
    else:
        form, number = None, year_from_query(request)
    context = {
        "year": _meeting_year(request.user, council, number, form),
        "open_form": form,
        "may_plan": request.user.may(roles.EDIT, council.municipality),
        "may_publish": request.user.may(roles.PUBLISH, council.municipality),
    }
    status = 400 if form else 200
    return render_year_page(admin, request, "year_plan.html", "Årets møder", council, status=status, **context)


def _meeting_year(user, council, number, bound_form) -> dict:
    now = timezone.now()
    meetings = progress.with_progress(council.meetings.filter(date__year=number))
    meetings = list(meetings.order_by("date", "starts_at", "ordinal"))
    rows = []
    for meeting in meetings:
        occupied = occupied_days([other for other in meetings if other != meeting and not other.is_cancelled])
        if meeting.kind not in WHOLE_COUNCIL:
            occupied = OccupiedDays(occupied.any)
        is_over = progress.is_over(meeting, now)
        is_coming = not is_over and not meeting.is_cancelled
        row = YearMeeting(
            meeting,
            progress.next_action(meeting, now),
            day_warnings(meeting.date, occupied) if is_coming else [],
            progress.agenda_due_on(meeting),
            progress.items_due_on(meeting),
            is_over=is_over,
        )
        if is_coming and may_edit(user, meeting):
            is_bound = bound_form and bound_form.meeting.pk == meeting.pk
            row.form = bound_form if is_bound else MoveForm(meeting=meeting)
        rows.append(row)
    hearings = list(council.hearings.filter(deadline__year=number))
    events = [entry.event for entry in year_entries(meetings, hearings)]
    dates = council.meetings.values_list("date", flat=True)
    years = {date.year for date in dates} | {timezone.localdate(now).year, number, number + 1}
    coming, held = ([row for row in rows if row.is_over is over] for over in (False, True))
    return {
        "number": number,
        "coming": coming,
        "held": held,
        "unpublished": sum(row.meeting.is_only_planned for row in coming),
        "wheel": year_wheel.draw(number, events, timezone.localdate(now)),
        "legend": year_wheel.legend(events),
        "years": sorted(years),
    }


@transaction.atomic
def _move(admin, request) -> MoveForm | None:
    """Move a meeting. Return the form if it has errors."""
    pk = parse_pk(request.POST.get("meeting", ""))
    if pk is None:
        raise Http404("Mødet findes ikke.")
    meeting = admin.get_object(request, str(pk))
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
    # The meeting is locked, so its version cannot change before it is saved.
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
        meeting.ordinal = free_ordinal(meeting.council, values["date"])
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
    if outdated_invitations(meeting):
        messages.warning(
            request,
            format_html(
                'De indkaldte har ikke fået besked endnu. <a href="{}">Send dem den nye dato</a>',
                progress.page_url(meeting, "invitations"),
            ),
        )
    return None


# Base of the year plan's pages


def year_from_query(request) -> int:
    """Return `?aar=`, by default the current year. Raise Http404 outside 1900 to 2199."""
    try:
        number = int(request.GET.get("aar", ""))
    except ValueError:
        return timezone.localdate().year
    if not 1900 <= number < 2200:
        raise Http404("Det år har vi ikke nogen møder i.")
    return number


def _reachable_councils(user):
    return Council.objects.in_reach_of(user).select_related("municipality").order_by("municipality__sort_key")


def council_from_query(request) -> Council | None:
    """Return the council of `?raad=`, by default the first that the user can reach. Raise Http404 for any other."""
    if not request.user.may(roles.VIEW):
        raise PermissionDenied
    councils = _reachable_councils(request.user)
    pk = request.GET.get("raad", "")
    if not pk:
        return councils.first()
    council = councils.filter(pk=parse_pk(pk)).first()
    if council is None:
        raise Http404("Rådet findes ikke.")
    return council


def occupied_days(meetings) -> OccupiedDays:
    return OccupiedDays(
        frozenset(meeting.date for meeting in meetings),
        frozenset(meeting.date for meeting in meetings if meeting.kind in WHOLE_COUNCIL),
    )


def free_ordinal(council, day) -> int:
    """Return the lowest free ordinal of a meeting on the day, at most 9."""
    taken = set(council.meetings.filter(date=day).values_list("ordinal", flat=True))
    return next((number for number in range(1, 10) if number not in taken), 9)


def render_year_page(admin, request, template, title, council, *, status=200, **context):
    crumbs = admin.crumbs()
    if template != "year_plan.html":
        crumbs = [*crumbs, (f"{reverse('admin:council_meeting_year_plan')}?raad={council.pk}", "Årets møder")]
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "crumbs": crumbs,
        "council": council,
        "councils": _reachable_councils(request.user) if has_several_municipalities(request.user) else [],
        "today": timezone.localdate(),
        **context,
    }
    return TemplateResponse(request, f"admin/council/{template}", context, status=status)
