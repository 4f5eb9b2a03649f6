"""Public pages of a council: the council, its members, causes, answers to citizens, hearings and news."""

from django.db.models import Prefetch, Q
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from council.file_responses import photo_response
from council.models import Cause, Hearing, Membership, Minutes, WorkingGroup
from strategies.models import Strategy
from strategies.views import find_municipality
from udsat.lib.responses import find_or_404

from . import jsonld
from .frame import framed_municipality
from .trail import items_by_cause, trails_of_hearings
from .visible import (
    get_council,
    latest_update,
    visible,
    visible_answers,
    visible_hearings,
    visible_meetings,
    visible_news,
)

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


def _current_seats(user, council):
    """Return the current seats in order, with the related rows that names and roles use."""
    return Membership.objects.visible_to(user).filter(council=council).on().select_related("person", "council")


@require_safe
def council_detail(request, kommune):
    user, municipality = request.user, framed_municipality(request.user, kommune)
    council = get_council(municipality)
    seats = _current_seats(user, council).filter(role__in=Membership.VOTING_ROLES)
    next_meeting, next_open = visible_meetings(user, municipality).next_and_next_open()
    latest_minutes = (
        visible(Minutes.objects, user)
        .filter(meeting__council=council)
        .select_related("meeting__council__municipality")
        .order_by("-meeting__date", "-meeting__ordinal")
        .first()
    )
    hearings, answers = visible_hearings(user, municipality)[:3], visible_answers(user, council)[:3]
    return _render(
        request,
        "council/council.html",
        council,
        updated=latest_update([council, next_meeting, latest_minutes, *hearings, *answers]),
        data=[jsonld.council(council)],
        causes=Cause.objects.visible_to(user)
        .filter(council=council)
        .select_related("council__municipality")
        .prefetch_related("groups"),
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
    )


@require_safe
def members(request, kommune):
    council = get_council(framed_municipality(request.user, kommune))
    current = _current_seats(request.user, council)
    seats = list(
        current.select_related(
            "council__municipality", "substitute_for__person", "substitute_for__council"
        ).prefetch_related(Prefetch("substitutes", current, to_attr="current_substitutes"), "groups__cause")
    )
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


@require_safe
def causes(request, kommune):
    council = get_council(framed_municipality(request.user, kommune))
    groups = WorkingGroup.objects.visible_to(request.user).prefetch_related(
        Prefetch("members", _current_seats(request.user, council), to_attr="current_members")
    )
    causes = Cause.objects.visible_to(request.user).filter(council=council)
    causes = causes.prefetch_related(Prefetch("groups", groups))
    items = items_by_cause(council)
    for cause in causes:
        cause.items = items[cause.pk]
        cause.hearings = list(dict.fromkeys(hearing for item in cause.items for hearing in item.hearings.all()))
    return _render(
        request, "council/causes.html", council, causes=causes, other_groups=groups.filter(council=council, cause=None)
    )


@require_safe
def answer_list(request, kommune):
    council = get_council(framed_municipality(request.user, kommune))
    answers = visible_answers(request.user, council)
    updated = latest_update([council, *answers])
    return _render(request, "council/answers.html", council, answers=answers, updated=updated)


@require_safe
def hearing_list(request, kommune):
    municipality = framed_municipality(request.user, kommune)
    hearings = list(visible_hearings(request.user, municipality))
    trails = trails_of_hearings(hearings, municipality.council) if hearings else {}
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


@require_safe
def news_list(request, kommune):
    municipality = framed_municipality(request.user, kommune)
    stories = visible_news(request.user, municipality)
    return render(
        request,
        "council/news_list.html",
        {"municipality": municipality, "section": "nyt", "stories": stories, "updated": latest_update(stories)},
    )


@require_safe
def news_detail(request, kommune, slug):
    municipality = framed_municipality(request.user, kommune)
    stories = visible_news(request.user, municipality)
    missing = f"Vi kan ikke finde nyheden. Den er måske taget ned. Se alt nyt fra {municipality}."
    story = find_or_404(stories, missing, slug=slug)
    newer = stories.filter(Q(date__gt=story.date) | Q(date=story.date, pk__gt=story.pk))
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
            "strategy": Strategy.objects.visible_to(request.user)
            .filter(pk=story.strategy_id)
            .select_related("municipality")
            .first(),
            "meeting": visible_meetings(request.user, municipality).filter(pk=story.meeting_id).first(),
            "older": stories.filter(Q(date__lt=story.date) | Q(date=story.date, pk__lt=story.pk)).first(),
            "newer": newer.order_by("date", "pk").first(),
        },
    )
