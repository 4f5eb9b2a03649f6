"""What header and footer of a municipality's pages show: its council, its sections and its contact data."""

from django.db.models import Exists, OuterRef

from council.models import Council, Hearing, Meeting, News
from council.models.council import readers
from strategies.models import Strategy
from strategies.views import find_municipality
from udsat.lib.publishing import public_now, reaches, visible_rows
from udsat.models import Municipality


def framed_municipality(user, kommune: str) -> Municipality:
    """Return the municipality at this address with the data of its frame, in one query. Raises Http404."""
    return _frame(user, kommune) or find_municipality(kommune)


def municipality_frame(user, municipality: Municipality) -> Municipality:
    """Return the municipality with the data of its frame, which it may have already.

    Depends on `visible_to(user)`, so that a preview has the links that the public page will have.
    """
    return municipality if hasattr(municipality, "visible_council") else _frame(user, municipality.slug)


def _frame(user, slug: str) -> Municipality | None:
    rows = _frames(user, slug=slug)
    return _completed(rows[0], user) if rows else None


@visible_rows
def _frames(user, slug):
    own, of_council = {"municipality": OuterRef("pk")}, {"council": OuterRef("council")}
    return (
        Municipality.objects.filter(slug=slug)
        .select_related("council")
        .annotate(
            has_public_council=public_now(Council, "council__"),
            has_strategies=Exists(Strategy.objects.visible_to(user).filter(**own)),
            has_meetings=Exists(Meeting.objects.visible_to(user).filter(**of_council)),
            has_hearings=Exists(Hearing.objects.visible_to(user).filter(**of_council)),
            has_news=Exists(News.objects.visible_to(user).filter(**own)),
            has_readers=Exists(readers().filter(**own)),
        )
    )


def _completed(frame, user):
    council = getattr(frame, "council", None)
    frame.public_council = council if frame.has_public_council else None
    frame.visible_council = council if frame.has_public_council or reaches(user, frame) else None
    if council:
        council.is_public = frame.has_public_council
    frame.takes_inputs = bool(frame.visible_council and frame.visible_council.is_live and frame.has_readers)
    for field in ("phone", "phone_hours", "email", "address"):
        setattr(frame, f"shown_{field}", getattr(frame.visible_council, field, "") or getattr(frame, field))
    return frame
