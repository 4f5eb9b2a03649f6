"""Base of the year plan's pages: council and year from the query string, occupied days, and rendering."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from council.models import Council, Meeting
from udsat.admin.scope import has_several_municipalities
from udsat.lib import roles
from udsat.lib.forms import parse_pk

from .candidate_days import OccupiedDays

# Meetings of the whole council, which should not be close together.
WHOLE_COUNCIL = (Meeting.Kind.ORDINARY, Meeting.Kind.EXTRAORDINARY, Meeting.Kind.CONSTITUENT)


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
