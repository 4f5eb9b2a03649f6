"""Files to download or subscribe to: PDFs of agendas, minutes and posters, calendars, the news feed, attachments."""

import hashlib

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from council.file_responses import attachment_response
from council.models import Agenda, Attachment, Meeting, Minutes
from udsat.lib.danish import long_date
from udsat.lib.prepared import prepared
from udsat.lib.responses import find_or_404, pdf_response

from . import pdf
from .calendar import meetings_calendar
from .feed import news_feed
from .frame import framed_municipality
from .visible import get_council, get_meeting, redirect_moved_meeting, visible, visible_meetings

MAX_CALENDAR_ENTRIES = 40  # of most councils the last years and all that is planned


def _paper_pdf(request, kommune, slug, model, missing, make, name):
    """Return the agenda or minutes of the meeting as PDF; raise Http404 if the user may not read it."""
    meeting = get_meeting(request.user, framed_municipality(request.user, kommune), slug)
    paper = find_or_404(
        visible(model.objects, request.user).select_related("meeting__council__municipality"),
        f"Der er {missing} at læse fra mødet den {long_date(meeting.date)} endnu.",
        meeting=meeting,
    )
    title = f"{name} {paper.meeting.display_title} {paper.meeting.address_part}"
    return pdf_response(request, make(paper.meeting), paper, title, is_public=paper.is_public)


@require_safe
@redirect_moved_meeting
def agenda_pdf(request, kommune, slug):
    return _paper_pdf(request, kommune, slug, Agenda, "ingen dagsorden", pdf.agenda_pdf, "dagsorden")


@require_safe
@redirect_moved_meeting
def minutes_pdf(request, kommune, slug):
    return _paper_pdf(request, kommune, slug, Minutes, "intet referat", pdf.minutes_pdf, "referat")


@require_safe
@redirect_moved_meeting
def meeting_poster(request, kommune, slug):
    """Poster of a coming or cancelled meeting; a past meeting has none."""
    municipality = framed_municipality(request.user, kommune)
    meeting = get_meeting(request.user, municipality, slug)
    if meeting.is_past:
        raise Http404("Mødet er holdt, så der er ingen plakat. Se, hvornår rådet mødes næste gang.")
    return pdf_response(
        request,
        pdf.meeting_poster(meeting, municipality.visible_council),
        meeting,
        f"plakat {meeting.display_title} {meeting.address_part}",
        is_public=meeting.is_public,
    )


@require_safe
def council_poster(request, kommune):
    municipality = framed_municipality(request.user, kommune)
    council = get_council(municipality)
    # Only public dates, even for a logged-in user, since a draft could not be recognised on paper.
    meetings = Meeting.objects.published().filter(council=council).coming()
    return pdf_response(
        request, pdf.council_poster(council, meetings), council, f"plakat {council.name}", is_public=council.is_public
    )


def _with_etag(request, response):
    """Add an ETag of the content; return 304 if the client has this content."""
    response["ETag"] = etag = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    return get_conditional_response(request, etag=etag, response=response) or response


def _calendar_response(request, content: bytes, filename: str):
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return _with_etag(request, response)


@require_safe
@redirect_moved_meeting
def meeting_ics(request, kommune, slug):
    """Calendar file of a public meeting. Drafts have none, even for a logged-in user, who may pass the file on."""
    municipality = framed_municipality(request.user, kommune)
    meeting = get_meeting(request.user, municipality, slug)
    if not meeting.is_public:
        raise Http404("Mødet er ikke offentligt endnu, så det kan ikke lægges i en kalender.")
    filename = f"moede-{municipality.slug}-{meeting.address_part}.ics"
    return _calendar_response(request, meetings_calendar([meeting]), filename)


@prepared
def _newest_meetings(council):
    return Meeting.objects.published().filter(council=council)[:MAX_CALENDAR_ENTRIES]


@require_safe
def meetings_ics(request, kommune):
    """The public meetings to come and the latest ones, cancelled ones included, for calendars that subscribe."""
    municipality = framed_municipality(AnonymousUser(), kommune)
    council = municipality.public_council
    name = f"Møder i {council.sender_name}" if council else f"Udsatterådets møder i {municipality.name}"
    meetings = _newest_meetings(council=municipality.council.pk) if hasattr(municipality, "council") else []
    for meeting in meetings:
        meeting.council = municipality.council
    content = meetings_calendar(meetings, name)
    return _calendar_response(request, content, f"moeder-{municipality.slug}.ics")


@require_safe
def news_atom(request, kommune):
    """Atom feed of published content only, even for a logged-in user, since feed readers may share it."""
    municipality = framed_municipality(AnonymousUser(), kommune)
    content = news_feed(municipality, municipality.public_council)
    return _with_etag(request, HttpResponse(content, content_type="application/atom+xml; charset=utf-8"))


@require_safe
@redirect_moved_meeting
def attachment(request, kommune, slug, attachment, filename):
    """An attachment of an open item or of the meeting itself. Files of closed items are never served here."""
    meetings = visible_meetings(request.user, framed_municipality(request.user, kommune)).at_address(slug)
    attachments = Attachment.objects.visible_to(request.user).filter(Q(item=None) | Q(item__is_closed=False))
    attachment = attachments.filter(pk=attachment, meeting__in=meetings.values("pk")).first()
    if not attachment or attachment.filename != filename:
        raise Http404("Vi kan ikke finde bilaget. Se mødets side. Der står de bilag, alle kan læse.")
    return attachment_response(request, attachment)
