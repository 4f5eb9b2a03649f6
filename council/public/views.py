"""The council's public pages. What they show comes through `visible_to(request.user)` and `public_items()` only."""

import datetime
import functools
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import FileResponse, Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from council.models import (
    Agenda,
    Attachment,
    Attendance,
    Cause,
    Council,
    Hearing,
    Input,
    Meeting,
    Membership,
    Minutes,
    News,
    WorkingGroup,
    public_items,
)
from strategies.models import Strategy
from strategies.views import find_municipality
from udsat.lib.danish import join_words, long_date
from udsat.lib.publishing import Status
from udsat.lib.responses import find_or_404, pdf_response

from . import jsonld, pdf, poster, year_wheel
from .calendar import meetings_calendar
from .come_along import come_along
from .feed import news_feed
from .trail import items_by_cause, trails_of_hearings, trails_of_items

# What a browser may open by itself. Everything else is saved to a file, whatever it claims to be.
SHOWN_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
SAVED_TYPES = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _marked(queryset):
    """With `is_public`, so that a preview can say which rows the public does not see."""
    return queryset.annotate(is_public=Exists(queryset.model.objects.published().filter(pk=OuterRef("pk"))))


def _councils(request, place):
    return _marked(Council.objects.visible_to(request.user)).select_related("municipality").filter(municipality=place)


def _council(request, place):
    return find_or_404(_councils(request, place), f"{place} har ikke noget udsatteråd her på portalen.")


def _meetings(request, place):
    return (
        _marked(Meeting.objects.visible_to(request.user))
        .filter(council__municipality=place)
        .select_related("council__municipality")
    )


def _hearings(request, place):
    return (
        _marked(Hearing.objects.visible_to(request.user))
        .filter(council__municipality=place)
        .select_related("council__municipality")
    )


def _seats(request, council):
    """The council's seats of today, in order, with what a name and a role need."""
    return Membership.objects.visible_to(request.user).filter(council=council).on().select_related("person", "council")


def _latest(things):
    """When the last of them was changed; None without any."""
    return max((thing.updated_at for thing in things), default=None)


# The council

IN_THE_COUNCIL = (Membership.Role.CHAIR, Membership.Role.DEPUTY, Membership.Role.MEMBER)

# What a council may have or not: field, word, what it means when it has, and when it has not.
RIGHTS = [
    (
        "has_hearing_right",
        "Høringsret",
        "Kommunen spørger rådet, før den beslutter noget, der betyder noget for udsatte.",
        "Kommunen behøver ikke at spørge rådet, før den beslutter noget.",
    ),
    ("has_secretary", "Sekretær", "En fra kommunen hjælper rådet.", "Rådet klarer selv papirerne."),
    ("has_budget", "Penge", "Rådet har sit eget budget.", "Rådet har ikke sit eget budget."),
    ("has_premises", "Lokaler", "Rådet har et sted at være.", "Rådet har ikke sit eget sted at være."),
]


@require_safe
def council(request, kommune):
    place = find_municipality(kommune)
    found = _council(request, place)
    seats = _seats(request, found).filter(role__in=IN_THE_COUNCIL)
    coming = _meetings(request, place).coming()
    latest = (
        _marked(Minutes.objects.visible_to(request.user))
        .filter(meeting__council=found)
        .select_related("meeting__council__municipality")
        .order_by("-meeting__date", "-meeting__ordinal")
    )
    next_meeting, latest_minutes = coming.first(), latest.first()
    hearings, answers = _hearings(request, place)[:3], _answers(request, found)[:3]
    shown = [found, next_meeting, latest_minutes, *hearings, *answers]
    return render(
        request,
        "council/council.html",
        {
            "municipality": place,
            "section": "raad",
            "council": found,
            "preview": None if found.is_public else found,
            "updated": _latest(thing for thing in shown if thing),
            "data": [jsonld.council(found)],
            "causes": Cause.objects.visible_to(request.user)
            .filter(council=found)
            .select_related("council__municipality")
            .prefetch_related("groups"),
            "rights": [
                {"name": name, "has": has, "meaning": yes if has else no}
                for field, name, yes, no in RIGHTS
                if (has := getattr(found, field)) is not None
            ],
            "areas": list(dict.fromkeys(seat.area for seat in seats if seat.area)),
            "next_meeting": next_meeting,
            "latest_minutes": latest_minutes,
            "hearings": hearings,
            "answers": answers,
        },
    )


# Those around the council: heading and roles.
ROLE_GROUPS = [
    ("Suppleanter", (Membership.Role.SUBSTITUTE,)),
    ("Sekretær", (Membership.Role.SECRETARY,)),
    ("Tilforordnede", (Membership.Role.ASSOCIATE,)),
    ("Faste gæster", (Membership.Role.GUEST,)),
]


@require_safe
def members(request, kommune):
    place = find_municipality(kommune)
    found = _council(request, place)
    seats = list(
        _seats(request, found)
        .select_related("person", "council__municipality", "substitute_for__person", "substitute_for__council")
        .prefetch_related(
            Prefetch("substitutes", _seats(request, found), to_attr="current_substitutes"), "groups__cause"
        )
    )
    # The chair first, whatever place the row has, and empty seats last.
    members = sorted(
        (seat for seat in seats if seat.role in IN_THE_COUNCIL),
        key=lambda seat: (seat.is_vacant, IN_THE_COUNCIL.index(seat.role)),
    )
    others = [(heading, [seat for seat in seats if seat.role in roles]) for heading, roles in ROLE_GROUPS]
    return render(
        request,
        "council/members.html",
        {
            "municipality": place,
            "section": "raad",
            "council": found,
            "preview": None if found.is_public else found,
            "updated": found.updated_at,
            "members": members,
            "vacant": sum(seat.is_vacant for seat in members),
            "has_people": any(seat.person for seat in seats),
            "others": [(heading, seats) for heading, seats in others if seats],
        },
    )


@require_safe
def photo(request, kommune, person):
    """The photo of somebody with a seat today, as long as she agrees."""
    place = find_municipality(kommune)
    # Numbers too big for the database are nobody's.
    seats = Membership.objects.visible_to(request.user).on().filter(council__municipality=place)
    seat = seats.filter(person=person).select_related("person").first() if person < 2**63 else None
    if seat is None or not seat.person.shows_photo:
        raise Http404("Der er ikke noget foto her.")
    return photo_response(seat.person)


def photo_response(person):
    try:
        response = FileResponse(person.photo.open("rb"), content_type="image/jpeg")
    except (OSError, ValueError):
        raise Http404("Der er ikke noget foto her.") from None
    # A face is for the reader of the page, not for a search of faces.
    response["X-Robots-Tag"] = "noindex, noimageindex"
    return response


@require_safe
def causes(request, kommune):
    place = find_municipality(kommune)
    found = _council(request, place)
    groups = WorkingGroup.objects.visible_to(request.user).prefetch_related(
        Prefetch("members", _seats(request, found), to_attr="current_members")
    )
    own = Cause.objects.visible_to(request.user).filter(council=found).prefetch_related(Prefetch("groups", groups))
    talked = items_by_cause(found)
    for cause in own:
        cause.items = talked[cause.pk]
        cause.hearings = list(dict.fromkeys(hearing for item in cause.items for hearing in item.hearings.all()))
    return render(
        request,
        "council/causes.html",
        {
            "municipality": place,
            "section": "raad",
            "council": found,
            "preview": None if found.is_public else found,
            "updated": found.updated_at,
            "causes": own,
            "other_groups": groups.filter(council=found, cause=None),
        },
    )


def _answers(request, council):
    """What citizens have asked, in the secretary's words, with the answers; the newest first."""
    return (
        _marked(Input.objects.visible_to(request.user))
        .filter(council=council)
        .exclude(answered_at=None)
        .exclude(question="")
        .filter(may_publish=True)
        .with_public_item()
        .select_related("council__municipality", "item__meeting__council__municipality")
        .order_by("-answered_at", "-pk")
    )


@require_safe
def answers(request, kommune):
    place = find_municipality(kommune)
    found = _council(request, place)
    answers = _answers(request, found)
    return render(
        request,
        "council/answers.html",
        {
            "municipality": place,
            "section": "raad",
            "council": found,
            "preview": None if found.is_public else found,
            "answers": answers,
            "updated": _latest([found, *answers]),
        },
    )


# Meetings


@dataclass
class Entry:
    """One line of a year: a meeting, or the deadline of a hearing."""

    event: year_wheel.Event
    meeting: Meeting | None = None
    hearing: Hearing | None = None

    @property
    def marker(self) -> SafeString:
        return year_wheel.marker(self.event)


@dataclass
class Year:
    """Some of a year's lines, and perhaps its wheel, which always shows the whole year."""

    number: int
    entries: list[Entry]
    wheel: SafeString | None = None
    legend: list[tuple[SafeString, str]] = field(default_factory=list)


SHAPES = {
    Meeting.Kind.ORDINARY: year_wheel.Shape.MEETING,
    Meeting.Kind.EXTRAORDINARY: year_wheel.Shape.MEETING,
    Meeting.Kind.CONSTITUENT: year_wheel.Shape.MEETING,
    Meeting.Kind.VISIT: year_wheel.Shape.VISIT,
}


def entries_of(meetings, hearings, today) -> list[Entry]:
    """Meetings and deadlines by date. The next meeting that is not cancelled is marked."""
    coming = [m for m in meetings if m.date >= today and not m.is_cancelled]
    following = min(coming, key=lambda m: (m.date, m.starts_at or datetime.time.min, m.ordinal), default=None)
    entries = [
        Entry(
            year_wheel.Event(
                m.date, SHAPES.get(m.kind, year_wheel.Shape.OTHER), m.is_cancelled, is_next=m is following
            ),
            meeting=m,
        )
        for m in meetings
    ] + [Entry(year_wheel.Event(h.deadline, year_wheel.Shape.DEADLINE), hearing=h) for h in hearings if h.deadline]
    return sorted(entries, key=lambda entry: (entry.event.date, entry.meeting.ordinal if entry.meeting else 0))


def years_of(entries, today) -> tuple[list[Year], list[Year]]:
    """The years with something to come, the nearest first, and those with something gone, the newest first.

    The wheel stands where its year is first met.
    """
    drawn = set()

    def year(number, some):
        found = Year(number, some)
        if number not in drawn:
            drawn.add(number)
            events = [entry.event for entry in entries if entry.event.date.year == number]
            found.wheel, found.legend = year_wheel.draw(number, events, today), year_wheel.legend(events)
        return found

    def by_year(some):
        return [year(number, list(group)) for number, group in groupby(some, lambda entry: entry.event.date.year)]

    coming = by_year([entry for entry in entries if entry.event.date >= today])
    return coming, by_year([entry for entry in reversed(entries) if entry.event.date < today])


def follows_moves(view):
    """Leads from the address that a public meeting had to the one it has, unless another meeting is there now."""

    @functools.wraps(view)
    def wrapped(request, kommune, meeting, **rest):
        try:
            return view(request, kommune, meeting, **rest)
        except Http404:
            place = find_municipality(kommune)
            moved = Meeting.objects.published().filter(council__municipality=place).moved_from(meeting).first()
            if moved is None or _meetings(request, place).at_address(meeting).exists():
                raise
            address = {"kommune": kommune, "meeting": moved.address_part, **rest}
            return HttpResponsePermanentRedirect(reverse(request.resolver_match.url_name, kwargs=address))

    return wrapped


@require_safe
def meetings(request, kommune):
    place = find_municipality(kommune)
    today = timezone.localdate()
    deadlines = _hearings(request, place).exclude(deadline=None)
    entries = entries_of(_meetings(request, place).with_publication(), deadlines, today)
    coming, past = years_of(entries, today)
    calendar = settings.SITE_URL + reverse("meetings-ics", args=[place.slug])
    return render(
        request,
        "council/meetings.html",
        {
            "municipality": place,
            "section": "moeder",
            "council": _councils(request, place).first(),
            "coming": coming,
            "past": past,
            "next_meeting": next((entry.meeting for entry in entries if entry.event.is_next), None),
            # By its own scheme a phone knows that the calendar is to be followed, not copied once.
            "calendar": {"address": calendar, "webcal": f"webcal://{calendar.partition('//')[2]}"},
            "has_public_meetings": any(entry.meeting and entry.meeting.is_public for entry in entries),
            "updated": _latest(entry.meeting or entry.hearing for entry in entries),
        },
    )


def _get_meeting(request, place, address):
    found = _meetings(request, place).at_address(address).first()
    if found:
        return found
    try:
        day = datetime.date.fromisoformat(address[:10])
    except ValueError:
        raise Http404("Adressen på et møde er en dato, for eksempel 2025-03-03.") from None
    dates = sorted(set(_meetings(request, place).values_list("date", flat=True)), key=lambda date: abs(date - day))
    raise Http404(
        f"Vi kender ikke noget møde {'med det nummer ' if day in dates else ''}den {long_date(day)}. "
        + (f"Der er møde den {join_words([long_date(date) for date in sorted(dates[:4])])}." if dates else "")
    )


@dataclass
class Preview:
    """What the banner of the frame says to a person with a log-in."""

    status_text: str
    audience: str = "kun du og dine kolleger kan se det, der ikke er offentligt"


def _preview(meeting, agenda, minutes):
    """Which of the three the public does not see, if any."""
    things = [("Mødet", meeting), ("Dagsordenen", agenda), ("Referatet", minutes)]
    if all(thing is None or thing.is_public for _, thing in things):
        return None
    return Preview(". ".join(f"{name}: {_state(thing)}" for name, thing in things if thing))


def _state(thing):
    if thing.is_public:
        return "offentligt" if isinstance(thing, (Meeting, Minutes)) else "offentlig"
    if thing.status_text == Status.PUBLISHED.label:
        return "klar, men vises først, når mødet er offentligt"
    if thing.status == Status.DRAFT and isinstance(thing, Minutes) and thing.approval_asked_on:
        return f"kladde, {'godkendt' if thing.approved_on else 'sendt til godkendelse'}"
    return thing.status_text.lower()


def attendance_lists(attendances) -> list[tuple[str, list[tuple[str, int]]]]:
    """Who came, who sent word and who did not: what each is called, and how many are called the same."""
    rows = list(
        attendances.select_related(
            "member__person", "member__council", "substitute_for__person", "substitute_for__council"
        )
    )
    return [
        (label, list(Counter(row.public_text for row in rows if row.status == status).items()))
        for status, label in Attendance.Status.choices
        if any(row.status == status for row in rows)
    ]


@require_safe
@follows_moves
def meeting(request, kommune, meeting):
    place = find_municipality(kommune)
    found = _get_meeting(request, place, meeting)
    agenda = _marked(Agenda.objects.visible_to(request.user)).filter(meeting=found).first()
    minutes = _marked(Minutes.objects.visible_to(request.user)).filter(meeting=found).first()
    files = Attachment.objects.visible_to(request.user).filter(meeting=found, item=None)
    attendances = Attendance.objects.none()
    if minutes:
        attendances = Attendance.objects.visible_to(request.user).filter(meeting=found)
    else:
        files = files.filter(paper=Attachment.Paper.AGENDA)
    items = public_items(found, with_minutes=bool(minutes)) if agenda or minutes else []
    trails = trails_of_items(found) if items else {}
    for item in items:
        item.trail = trails.get(item.pk)
    others = _meetings(request, place)
    before = Q(date__lt=found.date) | Q(date=found.date, ordinal__lt=found.ordinal)
    after = Q(date__gt=found.date) | Q(date=found.date, ordinal__gt=found.ordinal)
    council = _councils(request, place).first()
    return render(
        request,
        "council/meeting.html",
        {
            "municipality": place,
            "section": "moeder",
            "council": council,
            "meeting": found,
            "come_along": come_along(found, council, others) if found.is_to_come else None,
            "is_to_come": found.is_public and not found.is_past and not found.is_cancelled,
            "has_poster": not found.is_past,
            "agenda": agenda,
            "minutes": minutes,
            "preview": _preview(found, agenda, minutes),
            "updated": max(thing.updated_at for thing in (found, agenda, minutes) if thing),
            "data": [jsonld.meeting(found, council)],
            "items": items,
            "attachments": files.select_related("meeting__council__municipality") if agenda or minutes else [],
            "attendance": attendance_lists(attendances),
            "news": News.objects.visible_to(request.user).filter(meeting=found).select_related("municipality"),
            "previous": others.filter(before).order_by("-date", "-ordinal").first(),
            "following": others.filter(after).order_by("date", "ordinal").first(),
        },
    )


def _paper(request, place, address, model, missing):
    """The meeting's agenda or minutes, if this person may read them."""
    meeting = _get_meeting(request, place, address)
    return find_or_404(
        _marked(model.objects.visible_to(request.user)).select_related("meeting__council__municipality"),
        f"Der er {missing} at læse fra mødet den {long_date(meeting.date)} endnu.",
        meeting=meeting,
    )


def _pdf_response(request, paper, make, name):
    filename = f"{name}-{paper.municipality.slug}-{paper.meeting.address_part}.pdf"
    return pdf_response(request, make, filename, changed=paper.updated_at, is_public=paper.is_public)


@require_safe
@follows_moves
def agenda_pdf(request, kommune, meeting):
    agenda = _paper(request, find_municipality(kommune), meeting, Agenda, "ingen dagsorden")
    return _pdf_response(request, agenda, lambda: pdf.agenda_pdf(agenda.meeting), "dagsorden")


@require_safe
@follows_moves
def minutes_pdf(request, kommune, meeting):
    minutes = _paper(request, find_municipality(kommune), meeting, Minutes, "intet referat")
    return _pdf_response(request, minutes, lambda: pdf.minutes_pdf(minutes.meeting), "referat")


@require_safe
@follows_moves
def meeting_poster(request, kommune, meeting):
    """Also for a cancelled meeting: where a poster hangs already, one must say that it is off.

    Not for one that is over: whoever prints by an old address would hang up a meeting to which nobody can come.
    """
    place = find_municipality(kommune)
    found = _get_meeting(request, place, meeting)
    if found.is_past:
        raise Http404("Mødet er holdt, så der er ingen plakat. Se, hvornår rådet mødes næste gang.")
    council = _councils(request, place).first()
    return pdf_response(
        request,
        lambda: poster.meeting_poster(found, council),
        f"plakat-{place.slug}-{found.address_part}.pdf",
        changed=found.updated_at,
        is_public=found.is_public,
    )


@require_safe
def council_poster(request, kommune):
    place = find_municipality(kommune)
    found = _council(request, place)
    # On paper a draft among the dates cannot be told from the others, so there is none.
    coming = Meeting.objects.published().filter(council=found).coming()
    return pdf_response(
        request,
        lambda: poster.council_poster(found, coming),
        f"plakat-{place.slug}.pdf",
        changed=found.updated_at,
        is_public=found.is_public,
    )


def _calendar_response(request, content: bytes, filename: str):
    """A calendar file; 304 to a program that has asked before and has it already."""
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return _if_new(request, response)


def _if_new(request, response):
    response["ETag"] = etag = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    return get_conditional_response(request, etag=etag, response=response) or response


@require_safe
@follows_moves
def meeting_ics(request, kommune, meeting):
    """Whoever asks gets what the public may know: a file goes on to others."""
    place = find_municipality(kommune)
    found = _get_meeting(request, place, meeting)
    if not found.is_public:
        raise Http404("Mødet er ikke offentligt endnu, så det kan ikke lægges i en kalender.")
    return _calendar_response(request, meetings_calendar([found]), f"moede-{place.slug}-{found.address_part}.ics")


@require_safe
def meetings_ics(request, kommune):
    """All public meetings, for a calendar that follows them; cancelled ones say so."""
    place = find_municipality(kommune)
    found = Meeting.objects.published().filter(council__municipality=place).select_related("council__municipality")
    council = _councils(request, place).filter(is_public=True).first()
    name = f"Møder i {council.sender_name}" if council else f"Udsatterådets møder i {place.name}"
    return _calendar_response(request, meetings_calendar(found, name), f"moeder-{place.slug}.ics")


@require_safe
@follows_moves
def attachment(request, kommune, meeting, attachment, filename):
    """A closed item's file never leaves by this address, whoever asks."""
    place = find_municipality(kommune)
    found = (
        Attachment.objects.visible_to(request.user)
        .filter(Q(item=None) | Q(item__is_closed=False), pk=attachment)
        .filter(meeting__in=_meetings(request, place).at_address(meeting).values("pk"))
        .first()
    )
    if not found or found.filename != filename:
        raise Http404("Vi kan ikke finde bilaget. Se mødets side. Der står de bilag, alle kan læse.")
    return attachment_response(found)


def attachment_response(found: Attachment) -> FileResponse:
    extension = found.extension.lower()
    content_type = SHOWN_TYPES.get(extension) or SAVED_TYPES.get(extension) or "application/octet-stream"
    try:
        file = found.file.open("rb")
    except FileNotFoundError:
        raise Http404("Filen mangler på vores server. Ring til rådet, og få den sendt.") from None
    return FileResponse(
        file, as_attachment=extension not in SHOWN_TYPES, filename=found.filename, content_type=content_type
    )


# Hearings and news


@require_safe
def hearings(request, kommune):
    place = find_municipality(kommune)
    council = _councils(request, place).first()
    found = list(_hearings(request, place))
    trails = trails_of_hearings(found)
    for hearing in found:
        hearing.trail = trails.get(hearing.pk)
    return render(
        request,
        "council/hearings.html",
        {
            "municipality": place,
            "section": "hoeringer",
            "council": council,
            "waiting": [hearing for hearing in found if not hearing.answered_on],
            "answered": [hearing for hearing in found if hearing.answered_on],
            "heard": [h for h in found if h.outcome in (Hearing.Outcome.FOLLOWED, Hearing.Outcome.PARTLY)],
            "total": len(found),
            "updated": _latest(found),
        },
    )


@require_safe
def news_list(request, kommune):
    place = find_municipality(kommune)
    stories = _marked(News.objects.visible_to(request.user)).filter(municipality=place).select_related("municipality")
    return render(
        request,
        "council/news_list.html",
        {"municipality": place, "section": "nyt", "stories": stories, "updated": _latest(stories)},
    )


@require_safe
def news_atom(request, kommune):
    """What anybody may read, whoever asks: a feed is fetched by programs and goes on to others."""
    place = find_municipality(kommune)
    council = Council.objects.published().filter(municipality=place).select_related("municipality").first()
    content = news_feed(place, council)
    return _if_new(request, HttpResponse(content, content_type="application/atom+xml; charset=utf-8"))


@require_safe
def news_story(request, kommune, story):
    place = find_municipality(kommune)
    stories = _marked(News.objects.visible_to(request.user)).filter(municipality=place).select_related("municipality")
    found = find_or_404(
        stories, f"Vi kan ikke finde nyheden. Den er måske taget ned. Se alt nyt fra {place}.", slug=story
    )
    return render(
        request,
        "council/news_story.html",
        {
            "municipality": place,
            "section": "nyt",
            "story": found,
            "data": [jsonld.news(found)],
            "preview": None if found.is_public else found,
            "updated": found.updated_at,
            "strategy": Strategy.objects.visible_to(request.user)
            .filter(pk=found.strategy_id)
            .select_related("municipality")
            .first(),
            "meeting": _meetings(request, place).filter(pk=found.meeting_id).first(),
            "older": stories.filter(Q(date__lt=found.date) | Q(date=found.date, pk__lt=found.pk)).first(),
            "newer": stories.filter(Q(date__gt=found.date) | Q(date=found.date, pk__gt=found.pk))
            .order_by("date", "pk")
            .first(),
        },
    )
