"""Querysets of the council content that a user may see, and the lookups of the public views.

Each row has `is_public`, so that a preview can mark content that is not public.
"""

import datetime
import functools

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import reverse

from council.models import Council, Hearing, Input, Meeting, News
from strategies.views import find_municipality
from udsat.lib.danish import join_words, long_date
from udsat.lib.responses import find_or_404
from udsat.models import Municipality, User


def visible(model, user: User | AnonymousUser) -> QuerySet:
    return model.objects.visible_to(user).annotate(
        is_public=Exists(model.objects.published().filter(pk=OuterRef("pk")))
    )


def visible_councils(user, municipality: Municipality) -> QuerySet[Council]:
    return visible(Council, user).select_related("municipality").filter(municipality=municipality)


def get_council(user, municipality: Municipality) -> Council:
    return find_or_404(
        visible_councils(user, municipality), f"{municipality} har ikke noget udsatteråd her på portalen."
    )


def visible_meetings(user, municipality: Municipality) -> QuerySet[Meeting]:
    return visible(Meeting, user).filter(council__municipality=municipality).select_related("council__municipality")


def get_meeting(user, municipality: Municipality, slug: str) -> Meeting:
    """Raise Http404, with the nearest dates, if the user sees no meeting at this address."""
    meetings = visible_meetings(user, municipality)
    if meeting := meetings.at_address(slug).first():
        return meeting
    try:
        day = datetime.date.fromisoformat(slug[:10])
    except ValueError:
        raise Http404("Adressen på et møde er en dato, for eksempel 2025-03-03.") from None
    dates = sorted(set(meetings.values_list("date", flat=True)), key=lambda date: abs(date - day))
    raise Http404(
        f"Vi kender ikke noget møde {'med det nummer ' if day in dates else ''}den {long_date(day)}. "
        + (f"Der er møde den {join_words([long_date(date) for date in sorted(dates[:4])])}." if dates else "")
    )


def redirect_moved_meeting(view):
    """Redirect from the former address of a public meeting to the present one, unless it has another meeting now."""

    @functools.wraps(view)
    def wrapped(request, kommune, slug, **kwargs):
        try:
            return view(request, kommune, slug, **kwargs)
        except Http404:
            municipality = find_municipality(kommune)
            moved = Meeting.objects.published().filter(council__municipality=municipality).moved_from(slug).first()
            if moved is None or visible_meetings(request.user, municipality).at_address(slug).exists():
                raise
            kwargs |= {"kommune": kommune, "slug": moved.address_part}
            return HttpResponsePermanentRedirect(reverse(request.resolver_match.url_name, kwargs=kwargs))

    return wrapped


def visible_hearings(user, municipality: Municipality) -> QuerySet[Hearing]:
    return visible(Hearing, user).filter(council__municipality=municipality).select_related("council__municipality")


def visible_answers(user, council: Council) -> QuerySet[Input]:
    """Answered inputs that may be shown, as questions in the secretary's words, newest first."""
    return (
        visible(Input, user)
        .filter(council=council, may_publish=True)
        .exclude(answered_at=None)
        .exclude(question="")
        .with_public_item()
        .select_related("council__municipality", "item__meeting__council__municipality")
        .order_by("-answered_at", "-pk")
    )


def visible_news(user, municipality: Municipality) -> QuerySet[News]:
    return visible(News, user).filter(municipality=municipality).select_related("municipality")


def latest_update(objects) -> datetime.datetime | None:
    """Return when the last of them changed; None without objects."""
    return max((obj.last_changed for obj in objects if obj), default=None)
