"""Public pages of a council: the council, its members, causes, answers to citizens, hearings and news."""

from collections import defaultdict

from django.db.models import F, Q
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from council.file_responses import photo_response
from council.models import Cause, Hearing, Meeting, Membership, Minutes, News, WorkingGroup
from council.models.meeting import moment_of, next_and_next_open
from strategies.models import Strategy
from strategies.views import find_municipality
from udsat.lib.prepared import prepared
from udsat.lib.publishing import visible_rows

from . import jsonld
from .frame import framed_municipality
from .trail import hearings_by_cause, items_by_cause, trails_of_hearings
from .visible import get_council, latest_update, visible, visible_answers

# Heading and roles of those around the council.
ROLE_GROUPS = [
    ("Suppleanter", (Membership.Role.SUBSTITUTE,)),
    ("Sekretær", (Membership.Role.SECRETARY,)),
    ("Tilforordnede", (Membership.Role.ASSOCIATE,)),
    ("Faste gæster", (Membership.Role.GUEST,)),
]
# Resources and rights of a council: field, label, text if it has it, text if not.
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


def _render(request, template, council, **context):
    shared = {
        "municipality": council.municipality,
        "section": "raad",
        "council": council,
        "preview": None if council.is_public else council,
        "updated": council.last_changed,
    }
    return render(request, template, shared | context)


@visible_rows
def _current_seats(user, council, day):
    """Return the seats of that day in order, with the related rows that names and roles use."""
    return (
        Membership.objects.visible_to(user)
        .filter(council=council)
        .on(day)
        .select_related("person", "substitute_for__person", "substitute_for__council")
    )


def current_seats(user, council):
    seats = _current_seats(user, council=council.pk, day=timezone.localdate())
    for seat in seats:
        seat.council = council
    return seats


@visible_rows
def _next_meetings(user, council, today, clock, began):
    meetings = visible(Meeting.objects.filter(council=council), user)
    return meetings.next_ones(today=today, clock=clock, began=began)


@visible_rows
def _latest_minutes(user, council):
    return (
        visible(Minutes.objects.filter(meeting__council=council), user)
        .select_related("meeting")
        .order_by("-meeting__date", "-meeting__ordinal")[:1]
    )


@visible_rows
def _latest_hearings(user, council):
    return visible(Hearing.objects.filter(council=council), user).defer("question", "answer")[:3]


@visible_rows
def _answers(user, council):
    return visible_answers(user, council)


@visible_rows
def _latest_answers(user, council):
    return visible_answers(user, council)[:3]


@visible_rows
def _causes(user, council):
    return Cause.objects.visible_to(user).filter(council=council)


@visible_rows
def _groups(user, council):
    return WorkingGroup.objects.visible_to(user).filter(council=council)


def _causes_and_groups(user, council):
    """Return the causes, each with its `shown_groups`, and the groups without a cause."""
    causes, groups = (rows(user, council=council.pk) for rows in (_causes, _groups))
    by_pk = {cause.pk: cause for cause in causes}
    for cause in causes:
        cause.council, cause.shown_groups = council, []
    for group in groups:
        if cause := by_pk.get(group.cause_id):
            group.cause = cause
            cause.shown_groups.append(group)
    return causes, [group for group in groups if group.cause_id is None]


def _of(council, rows):
    for row in rows:
        row.council = council
    return rows


@require_safe
def council_detail(request, kommune):
    user, municipality = request.user, framed_municipality(request.user, kommune)
    council = get_council(municipality)
    seats = [seat for seat in current_seats(user, council) if seat.is_voting]
    meetings = _of(council, _next_meetings(user, council=council.pk, **moment_of()))
    next_meeting, next_open = next_and_next_open(meetings)
    latest_minutes = next(iter(_latest_minutes(user, council=council.pk)), None)
    if latest_minutes:
        latest_minutes.meeting.council = council
    hearings = _of(council, _latest_hearings(user, council=council.pk))
    answers = _of(council, _latest_answers(user, council=council.pk))
    return _render(
        request,
        "council/council.html",
        council,
        updated=latest_update([council, next_meeting, latest_minutes, *hearings, *answers]),
        data=[jsonld.council(council)],
        causes=_causes_and_groups(user, council)[0],
        rights=[
            {"name": label, "has": has, "meaning": text_with if has else text_without}
            for field, label, text_with, text_without in RIGHTS
            if (has := getattr(council, field)) is not None
        ],
        areas=list(dict.fromkeys(seat.area for seat in seats if seat.area)),
        vacant=sum(seat.is_vacant for seat in seats),
        next_meeting=next_meeting,
        next_open=next_open,
        latest_minutes=latest_minutes,
        hearings=hearings,
        answers=answers,
        seats=seats,
    )


@prepared
def _groups_of_seats(council):
    groups = WorkingGroup.objects.filter(members__council=council).annotate(seat=F("members"))
    return groups.select_related("cause").only("name", "cause__title")


@require_safe
def members(request, kommune):
    council = get_council(framed_municipality(request.user, kommune))
    seats = current_seats(request.user, council)
    by_pk = {seat.pk: seat for seat in seats}
    for seat in seats:
        seat.current_substitutes, seat.shown_groups = [], []
    for seat in seats:
        if seat.substitute_for_id in by_pk:
            by_pk[seat.substitute_for_id].current_substitutes.append(seat)
    for group in _groups_of_seats(council=council.pk):
        if group.seat in by_pk:
            by_pk[group.seat].shown_groups.append(group)
    # The chair first, whatever position the row has, and vacant seats last.
    members = sorted(
        (seat for seat in seats if seat.is_voting),
        key=lambda seat: (seat.is_vacant, Membership.VOTING_ROLES.index(seat.role)),
    )
    others = [(heading, [seat for seat in seats if seat.role in roles]) for heading, roles in ROLE_GROUPS]
    return _render(
        request,
        "council/members.html",
        council,
        members=members,
        vacant=sum(seat.is_vacant for seat in members),
        has_people=any(seat.person for seat in seats),
        others=[(heading, seats) for heading, seats in others if seats],
    )


@require_safe
def photo(request, kommune, person):
    """The photo of a person who has a seat today and consents to show it."""
    seats = Membership.objects.visible_to(request.user).on().filter(council__municipality=find_municipality(kommune))
    # A larger number overflows the database's integer.
    seat = seats.filter(person=person).select_related("person").first() if person < 2**63 else None
    if seat is None or not seat.person.shows_photo:
        raise Http404("Der er ikke noget foto her.")
    return photo_response(request, seat.person)


@prepared
def _seats_of_groups(council):
    return WorkingGroup.members.through.objects.filter(workinggroup__council=council).values_list(
        "workinggroup", "membership"
    )


@require_safe
def causes(request, kommune):
    council = get_council(framed_municipality(request.user, kommune))
    causes, other_groups = _causes_and_groups(request.user, council)
    groups = {group.pk: group for group in (*other_groups, *(g for cause in causes for g in cause.shown_groups))}
    seats_of = defaultdict(set)
    for group, seat in _seats_of_groups(council=council.pk):
        seats_of[group].add(seat)
    seats = current_seats(request.user, council)
    for group in groups.values():
        group.current_members = [seat for seat in seats if seat.pk in seats_of[group.pk]]
    items, hearings = items_by_cause(council), hearings_by_cause(council)
    for cause in causes:
        cause.items, cause.hearings = items[cause.pk], hearings[cause.pk]
    return _render(request, "council/causes.html", council, causes=causes, other_groups=other_groups)


@require_safe
def answer_list(request, kommune):
    council = get_council(framed_municipality(request.user, kommune))
    answers = _of(council, _answers(request.user, council=council.pk))
    updated = latest_update([council, *answers])
    return _render(request, "council/answers.html", council, answers=answers, updated=updated)


@visible_rows
def _hearings(user, council):
    return visible(Hearing.objects.filter(council=council), user)


@require_safe
def hearing_list(request, kommune):
    municipality = framed_municipality(request.user, kommune)
    own_council = getattr(municipality, "council", None)
    hearings = _of(own_council, _hearings(request.user, council=own_council.pk)) if own_council else []
    trails = trails_of_hearings(hearings, own_council) if hearings else {}
    for hearing in hearings:
        hearing.trail = trails.get(hearing.pk)
    return render(
        request,
        "council/hearings.html",
        {
            "municipality": municipality,
            "section": "hoeringer",
            "council": municipality.visible_council,
            "waiting": [hearing for hearing in hearings if not hearing.answered_on],
            "answered": [hearing for hearing in hearings if hearing.answered_on],
            "heard": [h for h in hearings if h.outcome in (Hearing.Outcome.FOLLOWED, Hearing.Outcome.PARTLY)],
            "total": len(hearings),
            "updated": latest_update(hearings),
        },
    )


@visible_rows
def _news(user, municipality):
    return visible(News.objects.filter(municipality=municipality), user).defer("body")


@require_safe
def news_list(request, kommune):
    municipality = framed_municipality(request.user, kommune)
    stories = _news(request.user, municipality=municipality.pk)
    for story in stories:
        story.municipality = municipality
    return render(
        request,
        "council/news_list.html",
        {"municipality": municipality, "section": "nyt", "stories": stories, "updated": latest_update(stories)},
    )


@visible_rows
def _story(user, municipality, slug):
    return visible(News.objects.filter(municipality=municipality, slug=slug), user)


@visible_rows
def _older(user, municipality, date, pk):
    stories = News.objects.visible_to(user).filter(municipality=municipality)
    return stories.filter(Q(date__lt=date) | Q(date=date, pk__lt=pk)).defer("body")[:1]


@visible_rows
def _newer(user, municipality, date, pk):
    stories = News.objects.visible_to(user).filter(municipality=municipality)
    return stories.filter(Q(date__gt=date) | Q(date=date, pk__gt=pk)).defer("body").order_by("date", "pk")[:1]


@visible_rows
def _strategy(user, pk):
    return Strategy.objects.visible_to(user).filter(pk=pk).select_related("municipality")


@visible_rows
def _meeting(user, pk):
    return Meeting.objects.visible_to(user).filter(pk=pk).select_related("council__municipality")


@require_safe
def news_detail(request, kommune, slug):
    user, municipality = request.user, framed_municipality(request.user, kommune)
    found = _story(user, municipality=municipality.pk, slug=slug)
    if not found:
        raise Http404(f"Vi kan ikke finde nyheden. Den er måske taget ned. Se alt nyt fra {municipality}.")
    story = found[0]
    place = {"municipality": municipality.pk, "date": story.date, "pk": story.pk}
    older, newer = _older(user, **place), _newer(user, **place)
    strategy = _strategy(user, pk=story.strategy_id) if story.strategy_id else []
    meeting = _meeting(user, pk=story.meeting_id) if story.meeting_id else []
    for one in (story, *older, *newer):
        one.municipality = municipality
    return render(
        request,
        "council/news_story.html",
        {
            "municipality": municipality,
            "section": "nyt",
            "story": story,
            "data": [jsonld.news(story)],
            "preview": None if story.is_public else story,
            "updated": story.last_changed,
            "strategy": next(iter(strategy), None),
            "meeting": next(iter(meeting), None),
            "older": next(iter(older), None),
            "newer": next(iter(newer), None),
        },
    )
