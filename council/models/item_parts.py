"""What belongs to agenda items: agreements, ties to strategies and causes, hearings and citizens' inputs.

An `ItemReader` reads it for any number of items, in one prepared query for each kind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Case, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, When

from strategies.models import FollowUp, Goal, Theme
from udsat.lib.prepared import prepared
from udsat.lib.publishing import public_now
from udsat.models import Municipality

from .agreement import Agreement
from .attachment import Attachment
from .council import Cause, Council
from .hearing import Hearing
from .input import Input
from .item import AgendaItem
from .meeting import Meeting
from .papers import Minutes


@dataclass
class ItemParts:
    """The parts of one item. An agreement has `taken_up_at`: the items that took it up again, in public minutes."""

    attachments: list[Attachment] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    followed_up: list[Agreement] = field(default_factory=list)  # public ones, of earlier meetings
    themes: list[Theme] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    hearings: list[Hearing] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)


def prefetched_parts(item: AgendaItem) -> ItemParts:
    """Return the parts of an item whose related objects are prefetched."""
    names = ("attachments", "agreements", "followed_up", "themes", "goals", "causes")
    return ItemParts(**{name: list(getattr(item, name).all()) for name in names})


class ItemReader:
    """Reads items with their `parts`.

    `items` returns a queryset of items from its arguments, `names` are the kinds of parts, and `complete` adds what the
    items themselves need.
    """

    def __init__(
        self,
        items: Callable[..., QuerySet[AgendaItem]],
        *names: str,
        complete: Callable[[QuerySet[AgendaItem]], QuerySet[AgendaItem]] = lambda items: items,
    ):
        whole = (lambda items: _with_inputs(complete(items))) if "inputs" in names else complete
        self._items = prepared(lambda **arguments: whole(items(**arguments)))
        self._parts = {name: prepared(partial(_QUERIES[name], items)) for name in names if name != "inputs"}

    def read(self, **arguments) -> list[AgendaItem]:
        by_pk: dict[int, AgendaItem] = {}
        for row in self._items(**arguments):
            item = by_pk.setdefault(row.pk, row)
            if item is row:
                item.parts = ItemParts()
            if getattr(row, "input_pk", None):
                item.parts.inputs.append(_input_of(row))
        for name, query in self._parts.items() if by_pk else ():
            rows = query(**arguments)
            if name == "agreements":
                _add_agreements(rows, by_pk)
            else:
                for row in rows:
                    getattr(by_pk[row.of_item].parts, name).append(row)
        return list(by_pk.values())


def _pks(items, arguments):
    return items(**arguments).order_by().values("pk")


def _attachments(items, **arguments):
    files = Attachment.objects.filter(item__in=_pks(items, arguments)).annotate(of_item=F("item"))
    return files.select_related("meeting__council__municipality")


# Who answers for an agreement, and the address of its item.
_AGREEMENT = [
    *("position", "text", "responsible", "due_on", "done_on", "outcome"),
    *(f"member__{name}" for name in ("role", "speaks_as", "is_vacant", "council__chair_label")),
    *(f"member__person__{name}" for name in ("first_name", "last_name", "shown")),
    *(f"item__meeting__{name}" for name in ("date", "ordinal", "council__municipality__slug")),
]


def _agreements(items, **arguments):
    """Return a row for each agreement that was made or taken up again under the items, and item that took it up."""
    later, meeting = "followed_up_at__", "followed_up_at__meeting__"
    in_public = Q(Minutes.published_when(f"{meeting}minutes__"), **{f"{later}is_closed": False})
    return (
        Agreement.objects.filter(Q(item__in=_pks(items, arguments)) | Q(followed_up_at__in=_pks(items, arguments)))
        .select_related("member__person", "member__council", "item__meeting__council__municipality")
        .only(*_AGREEMENT)
        .annotate(
            is_public=public_now(Agreement),
            later=F("followed_up_at"),
            later_is_public=Case(When(in_public, then=True), default=False),
            later_title=F(f"{later}title"),
            later_date=F(f"{meeting}date"),
            later_ordinal=F(f"{meeting}ordinal"),
            later_slug=F(f"{meeting}council__municipality__slug"),
        )
        .order_by("position", "pk", f"{later}position", "followed_up_at")
    )


def _add_agreements(rows, by_pk):
    made: dict[int, Agreement] = {}
    for row in rows:
        if row.item_id in by_pk:
            if row.pk not in made:
                made[row.pk], row.taken_up_at = row, []
                by_pk[row.item_id].parts.agreements.append(row)
            if row.later_is_public:
                made[row.pk].taken_up_at.append(_later_item(row))
        if row.is_public and row.later in by_pk:
            by_pk[row.later].parts.followed_up.append(row)


def _later_item(row):
    council = Council(municipality=Municipality(slug=row.later_slug))
    meeting = Meeting(date=row.later_date, ordinal=row.later_ordinal, council=council)
    return AgendaItem(pk=row.later, title=row.later_title, meeting=meeting)


def _themes(items, **arguments):
    themes = Theme.objects.published().with_numbers().filter(agenda_items__in=_pks(items, arguments))
    return (
        themes.annotate(of_item=F("agenda_items"))
        .select_related("strategy__municipality")
        .only("title", "slug", "strategy__slug", "strategy__municipality__slug")
    )


_FOLLOW_UP = ("pk", "date", "status", "measure", "text", "source", "source_url")


def _goals(items, **arguments):
    """Return the goals with number and latest follow-up."""
    latest = Subquery(FollowUp.objects.filter(goal=OuterRef("pk")).values("pk")[:1])
    return (
        Goal.objects.published()
        .with_numbers()
        .filter(Q(follow_ups=None) | Q(follow_ups=latest), agenda_items__in=_pks(items, arguments))
        .annotate(of_item=F("agenda_items"), **{f"latest_{name}": F(f"follow_ups__{name}") for name in _FOLLOW_UP})
        .select_related("theme__strategy__municipality", "parent")
        .only(
            *("text", "theme__slug", "theme__goal_lead_in", "parent__text"),
            *("theme__strategy__slug", "theme__strategy__municipality__slug"),
        )
    )


def latest_follow_up(goal: Goal) -> FollowUp | None:
    """Return the latest follow-up of a goal that an `ItemReader` has read."""
    return FollowUp(**{name: getattr(goal, f"latest_{name}") for name in _FOLLOW_UP}) if goal.latest_pk else None


def _causes(items, **arguments):
    causes = Cause.objects.published().filter(agenda_items__in=_pks(items, arguments))
    return (
        causes.annotate(of_item=F("agenda_items"))
        .select_related("council__municipality")
        .only("title", "council__municipality__slug")
    )


def _hearings(items, **arguments):
    hearings = Hearing.objects.published().filter(items__in=_pks(items, arguments)).annotate(of_item=F("items"))
    return hearings.select_related("council__municipality").defer("question", "answer")


def _with_inputs(items):
    """Annotate the items with their public inputs, in a row for each."""
    public = FilteredRelation("inputs", condition=Input.published_when("inputs__"))
    return items.annotate(
        input=public,
        **{f"input_{name}": F(f"input__{name}") for name in ("pk", "title", "kind", "created_at")},
        input_slug=F("input__council__municipality__slug"),
    ).order_by("position", "pk", "-input__created_at", "-input__pk")


def _input_of(row):
    return Input(
        pk=row.input_pk,
        title=row.input_title,
        kind=row.input_kind,
        created_at=row.input_created_at,
        council=Council(municipality=Municipality(slug=row.input_slug)),
    )


_QUERIES = {
    "attachments": _attachments,
    "agreements": _agreements,
    "themes": _themes,
    "goals": _goals,
    "causes": _causes,
    "hearings": _hearings,
}
