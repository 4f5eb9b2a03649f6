"""Querysets of the council content that a user may see, and the lookups of the public views.

Each row has `is_public`, so that a preview can mark content that is not public.
"""

import datetime
import functools

from django.contrib.auth.models import AnonymousUser
from django.db.models import Manager, Q, QuerySet, Value
from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import reverse

from council.models import Agenda, Council, Input, Meeting, Minutes
from council.models.meeting import day_and_ordinal
from udsat.lib.danish import join_words, long_date
from udsat.lib.publishing import has_back_office, public_now, reaches, visible_rows
from udsat.models import Municipality, User

from .frame import framed_municipality


def visible(rows, user: User | AnonymousUser) -> QuerySet:
    """Return those of the rows, a manager or queryset, that the user may see."""
    is_public = public_now(rows.model) if has_back_office(user) else Value(True)
    return rows.visible_to(user).annotate(is_public=is_public)


def get_council(municipality: Municipality) -> Council:
    """Return the council of a `framed_municipality()`. Raises Http404 if the reader sees none."""
    return _found(municipality, municipality.visible_council)


def get_public_council(municipality: Municipality) -> Council:
    """Return the council for pages on which a log-in gives no further rights."""
    return _found(municipality, municipality.public_council)


def _found(municipality: Municipality, council: Council | None) -> Council:
    if council is None:
        raise Http404(f"{municipality} har ikke noget udsatteråd her på portalen.")
    return council


def _of_council(name: str, municipality: Municipality) -> Manager | QuerySet:
    """Return the rows of its council, visible or not, by the name of the relation; each has that council."""
    council = getattr(municipality, "council", None)
    return getattr(council, name) if council else Council._meta.get_field(name).related_model.objects.none()


def visible_meetings(user, municipality: Municipality) -> QuerySet[Meeting]:
    return visible(_of_council("meetings", municipality), user)


def get_meeting(user, municipality: Municipality, slug: str) -> Meeting:
    """Raise Http404, with the nearest dates, if the user sees no meeting at this address."""
    council, parsed = getattr(municipality, "council", None), day_and_ordinal(slug)
    if council and parsed:
        for meeting in _at(user, council=council.pk, day=parsed[0], ordinal=parsed[1]):
            meeting.council = council
            return meeting
    try:
        day = datetime.date.fromisoformat(slug[:10])
    except ValueError:
        raise Http404("Adressen på et møde er en dato, for eksempel 2025-03-03.") from None
    meetings = visible_meetings(user, municipality)
    dates = sorted(set(meetings.values_list("date", flat=True)), key=lambda date: abs(date - day))
    raise Http404(
        f"Vi kender ikke noget møde {'med det nummer ' if day in dates else ''}den {long_date(day)}. "
        + (f"Der er møde den {join_words([long_date(date) for date in sorted(dates[:4])])}." if dates else "")
    )


def meeting_and_neighbours(
    user, municipality: Municipality, slug: str
) -> tuple[Meeting | None, Meeting, Meeting | None]:
    """Return the meeting at this address between those before and after it. Raises as `get_meeting()`.

    Each has `visible_agenda` and `visible_minutes`, None where the user may not read them.
    """
    council, parsed = getattr(municipality, "council", None), day_and_ordinal(slug)
    found = _around(user, council=council.pk, day=parsed[0], ordinal=parsed[1]) if council and parsed else []
    if all((meeting.date, meeting.ordinal) != parsed for meeting in found):
        get_meeting(user, municipality, slug)
    for meeting in found:
        meeting.council = council
        for name in ("agenda", "minutes"):
            paper = meeting.paper(name)
            if paper:
                paper.is_public = getattr(meeting, f"has_public_{name}")
            is_visible = paper and (paper.is_public or reaches(user, municipality))
            setattr(meeting, f"visible_{name}", paper if is_visible else None)
    by_place = {((m.date, m.ordinal) > parsed) - ((m.date, m.ordinal) < parsed): m for m in found}
    return by_place.get(-1), by_place[0], by_place.get(1)


@visible_rows
def _around(user, council, day, ordinal):
    meetings = Meeting.objects.visible_to(user).filter(council=council)
    here = Meeting(council_id=council, date=day, ordinal=ordinal)
    beside = [neighbours.values("pk")[:1] for neighbours in (meetings.before(here), meetings.after(here))]
    return (
        visible(Meeting.objects.filter(council=council), user)
        .filter(Q(date=day, ordinal=ordinal) | Q(pk__in=beside[0]) | Q(pk__in=beside[1]))
        .select_related("agenda", "minutes")
        .annotate(has_public_agenda=public_now(Agenda, "agenda__"), has_public_minutes=public_now(Minutes, "minutes__"))
    )


@visible_rows
def _at(user, council, day, ordinal):
    return visible(Meeting.objects.filter(council=council, date=day, ordinal=ordinal), user)


def redirect_moved_meeting(view):
    """Redirect from the former address of a public meeting to the present one, unless it has another meeting now."""

    @functools.wraps(view)
    def wrapped(request, kommune, slug, **kwargs):
        try:
            return view(request, kommune, slug, **kwargs)
        except Http404:
            municipality = framed_municipality(request.user, kommune)
            moved = _of_council("meetings", municipality).published().moved_from(slug).first()
            if moved is None or visible_meetings(request.user, municipality).at_address(slug).exists():
                raise
            kwargs |= {"kommune": kommune, "slug": moved.address_part}
            return HttpResponsePermanentRedirect(reverse(request.resolver_match.url_name, kwargs=kwargs))

    return wrapped


def visible_answers(user, council) -> QuerySet[Input]:
    """Answered inputs that may be shown, as questions in the secretary's words, newest first."""
    return (
        visible(Input.objects.filter(council=council), user)
        .filter(may_publish=True)
        .exclude(answered_at=None)
        .exclude(question="")
        .with_public_item()
        .select_related("item__meeting__council__municipality")
        .order_by("-answered_at", "-pk")
    )


def latest_update(objects) -> datetime.datetime | None:
    """Return when the last of them changed; None without objects."""
    return max((obj.last_changed for obj in objects if obj), default=None)
