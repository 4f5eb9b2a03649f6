"""Public pages of meetings: the year's meetings, and one meeting with its agenda and minutes."""

import datetime

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from council.models import Agenda, Attachment, Meeting, Minutes, News, public_items
from council.models.attendance import attendance_by_status
from council.models.meeting import next_and_next_open
from council.models.public_items import read_items
from udsat.lib.publishing import Status, visible_rows
from udsat.lib.responses import find_or_404
from udsat.models import version_history

from . import jsonld
from .come_along import come_along
from .frame import framed_municipality
from .meeting_years import coming_meetings, entries_between, first_days, year_sections
from .trail import trails_of_items
from .visible import get_meeting, latest_update, meeting_and_neighbours, redirect_moved_meeting


@require_safe
def meeting_list(request, kommune):
    """The meetings to come, and those of the current year, or else of the latest year that had any."""
    municipality, today = framed_municipality(request.user, kommune), timezone.localdate()
    years = _years(request.user, municipality)
    year = next(iter(_begun(years)), today.year)
    return _years_page(request, municipality, years, datetime.date(year, 1, 1), datetime.date.max)


@require_safe
def meeting_year(request, kommune, year):
    municipality = framed_municipality(request.user, kommune)
    years = _years(request.user, municipality)
    if year not in years:
        raise Http404(f"Vi kender ingen møder fra rådet i {year}.")
    start, end = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    return _years_page(request, municipality, years, start, end, year=year)


def _years(user, municipality):
    council = getattr(municipality, "council", None)
    return first_days(user, council) if council else {}


def _begun(years):
    """Return the years with something before today, the newest first."""
    return sorted((year for year, first in years.items() if first <= timezone.localdate()), reverse=True)


def _years_page(request, municipality, years, start, end, year=None):
    entries = entries_between(request.user, municipality.council, start, end) if years else []
    next_meeting, next_open = next_and_next_open(coming_meetings(entry.meeting for entry in entries if entry.meeting))
    coming, past = year_sections(entries, timezone.localdate())
    calendar_url = settings.SITE_URL + reverse("meetings-ics", args=[municipality.slug])
    context = {
        "municipality": municipality,
        "section": "moeder",
        "council": municipality.visible_council,
        "year": year,
        "years": _begun(years),
        "shown": [section.number for section in past],
        "coming": coming,
        "past": past,
        "next_meeting": next_meeting,
        "next_open": next_open,
        # With this scheme a phone subscribes to the calendar instead of copying it once.
        "calendar": {"address": calendar_url, "webcal": f"webcal://{calendar_url.partition('//')[2]}"},
        "has_public_meetings": any(entry.meeting and entry.meeting.is_public for entry in entries),
        "updated": latest_update(entry.meeting or entry.hearing for entry in entries),
    }
    return render(request, "council/meetings.html", context)


@require_safe
@redirect_moved_meeting
def meeting_detail(request, kommune, slug):
    user, municipality = request.user, framed_municipality(request.user, kommune)
    previous, meeting, following = meeting_and_neighbours(user, municipality, slug)
    agenda, minutes, council = meeting.visible_agenda, meeting.visible_minutes, municipality.visible_council
    items, files, trails = [], [], {}
    if agenda or minutes:
        all_items, files = read_items(meeting, with_trails=True)
        items = public_items(meeting, with_minutes=bool(minutes), items=all_items)
        trails = trails_of_items(
            all_items,
            agenda_is_public=bool(agenda and agenda.is_public),
            minutes_are_public=bool(minutes and minutes.is_public),
        )
    for item in items:
        item.trail = trails.get(item.pk)
    return render(
        request,
        "council/meeting.html",
        {
            "municipality": municipality,
            "section": "moeder",
            "council": council,
            "meeting": meeting,
            "come_along": come_along(user, meeting, municipality) if meeting.is_to_come else None,
            "is_to_come": meeting.is_public and not meeting.is_past and not meeting.is_cancelled,
            "has_poster": not meeting.is_past,
            "agenda": agenda,
            "minutes": minutes,
            "preview": _preview(meeting, agenda, minutes),
            "updated": latest_update([meeting, agenda, minutes]),
            "data": [jsonld.meeting(meeting, council)],
            "items": items,
            "is_decided": any(item.answer or item.decision for item in items),
            "attachments": [file for file in files if minutes or file.paper == Attachment.Paper.AGENDA],
            "attendance": attendance_by_status(meeting) if minutes else [],
            "news": _news_about(user, meeting=meeting.pk),
            "previous": previous,
            "following": following,
        },
    )


@visible_rows
def _news_about(user, meeting):
    return News.objects.visible_to(user).filter(meeting=meeting).select_related("municipality")


def _preview(meeting, agenda, minutes):
    """Return the texts of the preview banner if the public does not see all three; None otherwise."""
    labelled = [("Mødet", meeting), ("Dagsordenen", agenda), ("Referatet", minutes)]
    if all(obj is None or obj.is_public for _, obj in labelled):
        return None
    return {
        "status_text": ". ".join(f"{label}: {_publication_status(obj)}" for label, obj in labelled if obj),
        "audience": "kun du og dine kolleger kan se det, der ikke er offentligt",
    }


def _publication_status(obj):
    if obj.is_public:
        return "offentligt" if isinstance(obj, (Meeting, Minutes)) else "offentlig"
    if obj.status_text == Status.PUBLISHED.label:
        return "klar, men vises først, når mødet er offentligt"
    if obj.status == Status.DRAFT and isinstance(obj, Minutes) and obj.approval_asked_on:
        return f"kladde, {'godkendt' if obj.approved_on else 'sendt til godkendelse'}"
    return obj.status_text.lower()


def _paper_version(request, kommune, slug, model, number):
    """A version of an agenda or minutes: when it was public, and what replaced it."""
    municipality = framed_municipality(request.user, kommune)
    meeting = get_meeting(request.user, municipality, slug)
    papers = model.objects.published().select_related("meeting__council__municipality")
    paper = find_or_404(papers, "Vi kan ikke finde det, du søger. Se mødets side.", meeting=meeting)
    history = version_history(paper, number)
    if history is None:
        raise Http404(f"{paper} har ingen version {number}.")
    context = {"municipality": municipality, "section": "moeder", "document": paper, "title": str(paper)}
    return render(request, "version.html", context | {"history": history})


@require_safe
@redirect_moved_meeting
def agenda_version(request, kommune, slug, number):
    return _paper_version(request, kommune, slug, Agenda, number)


@require_safe
@redirect_moved_meeting
def minutes_version(request, kommune, slug, number):
    return _paper_version(request, kommune, slug, Minutes, number)
