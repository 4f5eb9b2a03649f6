"""Agenda items as the public may read them."""

import functools
from collections.abc import Iterable

from django.db.models import Case, F, Model, Prefetch, QuerySet, When, Window
from django.db.models.functions import RowNumber

from strategies.models import Goal, Theme
from udsat.lib.prepared import prepared
from udsat.models import Municipality

from .agreement import Agreement
from .attachment import Attachment
from .council import Cause, ItemKind
from .item import AgendaItem, without_number
from .item_parts import ItemParts, ItemReader, prefetched_parts
from .meeting import Meeting


def with_public_parts(items: QuerySet[AgendaItem]) -> QuerySet[AgendaItem]:
    """Prefetch everything public that belongs to the items."""
    return items.prefetch_related(
        Prefetch("attachments", Attachment.objects.select_related("meeting__council__municipality")),
        Prefetch(
            "agreements",
            Agreement.objects.select_related("member__person", "member__council").prefetch_related(
                Prefetch("followed_up_at", AgendaItem.objects.decided_in_public().with_meeting())
            ),
        ),
        Prefetch("followed_up", Agreement.objects.published().select_related("item__meeting__council__municipality")),
        Prefetch(
            "themes",
            Theme.objects.published().select_related("strategy__municipality").prefetch_related("strategy__themes"),
        ),
        Prefetch(
            "goals", Goal.objects.published().with_numbers().select_related("theme__strategy__municipality", "parent")
        ),
        Prefetch("causes", Cause.objects.published().select_related("council__municipality")),
    )


def with_indexed_parts(items: QuerySet[AgendaItem]) -> QuerySet[AgendaItem]:
    """Prefetch the parts of the items that the search index contains: agreements and topics."""
    return items.prefetch_related(
        "agreements",
        Prefetch("themes", Theme.objects.published().prefetch_related("topics")),
        Prefetch("goals", Goal.objects.published().select_related("theme").prefetch_related("theme__topics")),
        Prefetch("attachments", Attachment.objects.none()),
        Prefetch("followed_up", Agreement.objects.none()),
        Prefetch("causes", Cause.objects.none()),
    )


def with_parts(items: QuerySet[AgendaItem], **shown: QuerySet) -> QuerySet[AgendaItem]:
    """Prefetch these parts of the items by name, and none of the others, which cost no queries."""
    parts: dict[str, type[Model]] = {
        "attachments": Attachment,
        "agreements": Agreement,
        "followed_up": Agreement,
        "themes": Theme,
        "goals": Goal,
        "causes": Cause,
    }
    return items.prefetch_related(
        *[Prefetch(name, shown.get(name, model._default_manager.none())) for name, model in parts.items()]
    )


class PublicItem:
    """An agenda item as the public may read it. It has no attribute that is not public, so no template can leak it."""

    def __init__(self, item: AgendaItem, number: int, *, with_minutes: bool):
        parts = getattr(item, "parts", None) or prefetched_parts(item)
        self.pk = item.pk
        self.anchor = item.anchor
        self.number = number
        self.is_closed = item.is_closed
        self.supplemented_on = item.supplemented_on
        if item.is_closed:
            self.title = without_number(item.public_title) or "Lukket punkt"
            self.kind = self.case_number = self.presentation = self.recommendation = ""
            self.themes, self.goals, self.causes, self.attachments = [], [], [], []
            with_minutes = False
        else:
            self.title = item.heading
            self.kind = item.get_kind_display()
            self.case_number = item.case_number
            self.presentation = item.presentation
            self.recommendation = item.recommendation
            self.themes, self.goals, self.causes = parts.themes, parts.goals, parts.causes
            self.attachments = [a for a in parts.attachments if with_minutes or a.paper == Attachment.Paper.AGENDA]
        self.discussion = item.discussion if with_minutes else ""
        self.answer = item.get_answer_display() if with_minutes else ""
        self.answer_code = item.answer if with_minutes else ""
        self.decision = item.decision if with_minutes else ""
        self.dissent = item.dissent if with_minutes else ""
        self.plain_text = item.plain_text if with_minutes else ""
        self.raised_at_meeting = item.raised_at_meeting and with_minutes
        self.agreements = parts.agreements if with_minutes else []
        self.followed_up = parts.followed_up if with_minutes else []


def _items_of(meeting):
    return AgendaItem.objects.filter(meeting=meeting)


_ON_PAPER = ("agreements", "themes", "goals", "causes")
_for_papers = ItemReader(_items_of, *_ON_PAPER)
_for_pages = ItemReader(_items_of, *_ON_PAPER, "hearings", "inputs")


@prepared
def _files_of(meeting):
    return Attachment.objects.filter(meeting=meeting)


def read_items(meeting: Meeting, *, with_trails: bool = False) -> tuple[list[AgendaItem], list[Attachment]]:
    """Return the items of the meeting, each with its `parts`, and the attachments that belong to no item."""
    items = (_for_pages if with_trails else _for_papers).read(meeting=meeting.pk)
    by_pk = {item.pk: item for item in items}
    others = []
    for item in items:
        item.meeting = meeting
    for file in _files_of(meeting=meeting.pk):
        file.meeting = meeting
        (by_pk[file.item_id].parts.attachments if file.item_id else others).append(file)
    return items, others


def public_items(
    meeting: Meeting, *, with_minutes: bool, items: Iterable[AgendaItem] | None = None
) -> list[PublicItem]:
    """Return the items as the public may read them. Pages, PDFs, feeds and search all use this.

    A closed item has only its number and neutral title. Without minutes, discussions and decisions are left out.
    `items` are those of the meeting, if they are already fetched.
    """
    if items is None:
        items, _ = read_items(meeting)
    # Numbered after filtering, since a gap would reveal an item that is not public yet.
    shown = [item for item in items if with_minutes or item.is_on_agenda]
    return [
        PublicItem(item, number, with_minutes=with_minutes) for number, item in enumerate(shown, meeting.first_number)
    ]


def public_decisions(
    items: QuerySet[AgendaItem], at_most: int, with_parts=with_public_parts
) -> list[tuple[Meeting, PublicItem]]:
    """Return those of the items that are not closed and have public minutes, each with its meeting, in their order."""
    decided = with_parts(items.decided_in_public().with_numbers().with_meeting())[:at_most]
    return [
        (item.meeting, PublicItem(item, item.meeting.first_number + item.index, with_minutes=True)) for item in decided
    ]


def latest_decisions(
    at_most: int, municipality: Municipality | None = None, per_meeting: int = 2
) -> list[tuple[Meeting, PublicItem]]:
    """Return the first decisions of each of the latest public minutes, without related objects, in one query.

    Items for approval (agenda, earlier minutes) and items with only an answer such as »Godkendt« come last.
    """
    of = {"municipality": municipality.pk} if municipality else {}
    decided = _latest_decisions(at_most, per_meeting, of_municipality=bool(municipality))(**of)
    for item in decided:
        item.parts = ItemParts()
    return [
        (item.meeting, PublicItem(item, item.meeting.first_number + item.index, with_minutes=True)) for item in decided
    ]


@functools.cache
def _latest_decisions(at_most, per_meeting, *, of_municipality):
    """Return a prepared query of the latest decisions of the country, or of a municipality."""
    formality = Case(When(decision="", plain_text="", then=2), When(kind=ItemKind.APPROVAL, then=1), default=0)
    rank = Window(RowNumber(), partition_by=F("meeting"), order_by=[formality, "position", "pk"])

    @prepared
    def decisions(**of):
        own = {"meeting__council__municipality": of["municipality"]} if of else {}
        decided = AgendaItem.objects.decided_in_public().exclude(decision="", plain_text="", answer="").filter(**own)
        first = decided.annotate(rank=rank).filter(rank__lte=per_meeting).order_by()
        latest = AgendaItem.objects.filter(pk__in=first.values("pk")).with_meeting().select_related("meeting__minutes")
        newest_first = latest.order_by("-meeting__date", "-meeting__ordinal", "-meeting", "position", "pk")
        return newest_first.decided_in_public().with_numbers()[:at_most]

    return decisions
