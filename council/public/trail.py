"""The trail of a case: citizen's input, agenda item, decision, agreement, hearing and goal, as dated steps.

Every object in a trail is published, and closed items add no step. Each function makes a constant number of queries,
however long the trails are.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from django.db.models import Count, Exists, F, OuterRef, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from council.models import AgendaItem, Agreement, Council, Hearing, Input
from council.models.item_parts import ItemReader, latest_follow_up
from strategies.models import FollowUp, Theme
from udsat.lib.danish import long_date
from udsat.lib.prepared import prepared
from udsat.lib.richtext import plain_text

MAX_EXCERPT = 180  # characters of a decision or an outcome


class Stage(IntEnum):
    """The kind of a step; the value is its order among steps of the same day."""

    INPUT = 1
    ITEM = 2
    AGREEMENT = 3
    HEARING = 4
    ANSWER = 5
    OUTCOME = 6
    GOAL = 7


@dataclass(frozen=True)
class TrailStep:
    """A dated sentence: `before`, the text of the link, and `after`. Without `url` the text is not linked."""

    date: datetime.date
    stage: Stage
    before: str = ""
    link: str = ""
    after: str = ""
    url: str = ""
    # Rendered as its status in word and symbol, with its source.
    follow_up: FollowUp | None = None
    is_here: bool = False  # about the object whose trail this is


def items_in_public():
    """Published open items with number and meeting; `is_decided` is True where the minutes are public."""
    return AgendaItem.objects.published().with_numbers().with_meeting().annotate(is_decided=is_decided())


def is_decided():
    return Exists(AgendaItem.objects.decided_in_public().filter(pk=OuterRef("pk")))


ITEMS_PER_CAUSE = 5


@prepared
def _newest_items(council):
    """Return the newest public items on each cause, and how many there are."""
    newest_first = ["-meeting__date", "-meeting__ordinal", "position", "pk"]
    about = {"partition_by": F("causes")}
    return (
        AgendaItem.objects.published()
        .filter(causes__council=council)
        .annotate(
            cause=F("causes"),
            rank=Window(RowNumber(), order_by=newest_first, **about),
            earlier=Window(Count("pk"), **about) - ITEMS_PER_CAUSE,
            is_decided=is_decided(),
        )
        .filter(rank__lte=ITEMS_PER_CAUSE)
        .select_related("meeting")
        .only("title", "answer", *(f"meeting__{name}" for name in _DAY))
        .order_by(*newest_first)
    )


_DAY = ("date", "ordinal", "starts_at", "ends_at", "is_cancelled", "former_date")


def items_by_cause(council: Council) -> dict[int, list[AgendaItem]]:
    """Return the newest public items on each cause of the council by cause id; `earlier` counts the others."""
    by_cause = defaultdict(list)
    for item in _newest_items(council=council.pk):
        item.meeting.council = council
        by_cause[item.cause].append(item)
    return by_cause


@prepared
def _hearings_about(council):
    items = AgendaItem.objects.published().filter(causes__council=council)
    return (
        Hearing.objects.published()
        .filter(items__in=items.order_by().values("pk"), items__causes__council=council)
        .annotate(cause=F("items__causes"))
        .defer("question", "answer", "outcome_text")
        .order_by(
            "-items__meeting__date", "-items__meeting__ordinal", "items__position", "items", "-received_on", "-pk"
        )
    )


def hearings_by_cause(council: Council) -> dict[int, list[Hearing]]:
    """Return the public hearings that items on each cause of the council are tied to, by cause id."""
    by_cause = defaultdict(dict)
    for hearing in _hearings_about(council=council.pk):
        hearing.council = council
        by_cause[hearing.cause].setdefault(hearing.pk, hearing)
    return defaultdict(list, {cause: list(hearings.values()) for cause, hearings in by_cause.items()})


def _complete(items):
    return items.with_numbers().with_meeting().annotate(is_decided=is_decided())


def _about_goals_of(theme):
    return AgendaItem.objects.published().filter(goals__theme=theme).distinct()


def _about_hearings_of(council):
    return AgendaItem.objects.published().filter(hearings__council=council).distinct()


_PARTS = ("agreements", "hearings", "inputs")
_items_about_goals = ItemReader(_about_goals_of, *_PARTS, complete=_complete)
_items_about_hearings = ItemReader(_about_hearings_of, *_PARTS, "goals", complete=_complete)


def trails_of_goals(theme: Theme, about: dict[int, set[int]]) -> dict[int, list[TrailStep]]:
    """Return the trail of each goal by id. The theme must come from `with_goals()`.

    `about` has the ids of the items about each goal, by the id of the goal.
    """
    items = _items_about_goals.read(theme=theme.pk)
    items_by_goal = {pk: [item for item in items if item.pk in own] for pk, own in about.items()}
    trails = {}
    for goal in theme.all_goals:
        follow_ups = [TrailStep(it.date, Stage.GOAL, follow_up=it) for it in goal.follow_ups.all()]
        trails[goal.pk] = _sorted([*_item_trail(items_by_goal.get(goal.pk, [])), *follow_ups])
    return trails


def trails_of_items(
    items: Iterable[AgendaItem], *, agenda_is_public: bool, minutes_are_public: bool
) -> dict[int, list[TrailStep]]:
    """Return the trail of each item by id, without items whose trail would only repeat the item itself.

    `items` are those of one meeting, from `read_items()`.
    """
    trails, index = {}, 0
    for item in items:
        item.index, item.is_decided = index, minutes_are_public and not item.is_closed
        is_read = minutes_are_public or item.is_on_agenda
        index += is_read
        if item.is_closed or not is_read or not (agenda_is_public or minutes_are_public):
            continue
        steps = _sorted([*_item_trail([item], here=item), *_goal_steps([item])])
        if any(not step.is_here and step.stage not in (Stage.ITEM, Stage.AGREEMENT) for step in steps):
            trails[item.pk] = steps
    return trails


def trails_of_hearings(hearings: Iterable[Hearing], council: Council) -> dict[int, list[TrailStep]]:
    """Return the trail of each of the council's hearings that was on an agenda, by id."""
    items_by_hearing = defaultdict(list)
    by_pk = {hearing.pk: hearing for hearing in hearings}
    for item in _items_about_hearings.read(council=council.pk):
        for hearing in item.parts.hearings:
            items_by_hearing[hearing.pk].append(item)
    return {
        pk: _sorted([*_item_trail(items, here=by_pk[pk]), *_goal_steps(items)])
        for pk, items in items_by_hearing.items()
        if pk in by_pk
    }


def _sorted(steps: Iterable[TrailStep]) -> list[TrailStep]:
    """Return the steps by date, without duplicates."""
    return sorted(dict.fromkeys(steps), key=lambda step: (step.date, step.stage))


# Steps. The object that the trail is shown under (`here`) is not linked.


def _item_trail(items: Iterable[AgendaItem], here=None) -> Iterator[TrailStep]:
    shown = {item.pk for item in items}
    for item in items:
        for citizen_input in item.parts.inputs:
            yield _input_step(citizen_input)
        for agreement in item.parts.followed_up:
            if agreement.item_id not in shown:
                yield TrailStep(
                    agreement.item.meeting.date,
                    Stage.AGREEMENT,
                    f"Rådet aftalte: »{agreement.text}«. Det skete på ",
                    "mødet",
                    ".",
                    agreement.item.get_absolute_url(),
                )
        yield _item_step(item, is_here=item == here)
        for agreement in item.parts.agreements:
            if not agreement.is_public:
                continue
            yield _agreement_step(agreement, item.meeting.date, is_here=item == here)
            for later in agreement.taken_up_at:
                if later.pk not in shown:
                    before, link = "Rådet tog aftalen op igen under ", f"»{later.title}«"
                    yield TrailStep(later.meeting.date, Stage.ITEM, before, link, ".", later.get_absolute_url())
        for hearing in item.parts.hearings:
            yield from _hearing_steps(hearing, is_here=hearing == here)


def _input_step(citizen_input: Input) -> TrailStep:
    beginnings = {
        Input.Kind.DIALOGUE: "En borger ville tale med rådet om ",
        Input.Kind.SPOKEN: "En borger talte med rådet om ",
    }
    return TrailStep(
        timezone.localdate(citizen_input.created_at),
        Stage.INPUT,
        beginnings.get(citizen_input.kind, "En borger skrev til rådet om "),
        f"»{citizen_input.title}«",
        ".",
        citizen_input.get_absolute_url(),
    )


def _item_step(item: AgendaItem, is_here: bool) -> TrailStep:
    url = "" if is_here else item.get_absolute_url()
    link = f"punkt {item.meeting.first_number + item.index}, »{item.heading}«"
    if item.is_decided:
        texts = (item.get_answer_display(), _excerpt(item.decision))
        decision = " ".join(f"{text.rstrip('.')}." for text in texts if text)
        before, after = "Rådet talte om ", f". Beslutning: {decision}" if decision else "."
    elif item.meeting.is_cancelled:
        before, after = "Stod på dagsordenen som ", ". Mødet blev aflyst."
    else:
        before, after = "Står på dagsordenen som " if not item.meeting.is_past else "Stod på dagsordenen som ", "."
    return TrailStep(item.meeting.date, Stage.ITEM, before, link, after, url, is_here=is_here)


def _excerpt(rich: str) -> str:
    """Return the whole sentences of a rich text that fit in MAX_EXCERPT, or else its first words."""
    text = " ".join(plain_text(rich).split())
    if len(text) <= MAX_EXCERPT:
        return text
    cut = text[:MAX_EXCERPT]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? "))
    return cut[: end + 1] if end > 40 else f"{cut.rsplit(' ', 1)[0].rstrip(',;:')} …"


def _agreement_step(agreement: Agreement, day: datetime.date, is_here: bool) -> TrailStep:
    responsible = f" Ansvarlig: {agreement.public_responsible}." if agreement.public_responsible else ""
    if agreement.done_on:
        status = f" Gjort {long_date(agreement.done_on)}."
    elif agreement.is_overdue:
        status = f" Ikke gjort. Fristen var {long_date(agreement.due_on)}."
    else:
        status = " Ikke gjort endnu."
    text = f"Rådet aftalte: »{agreement.text}«.{responsible}{status}"
    return TrailStep(day, Stage.AGREEMENT, text, is_here=is_here)


def _hearing_steps(hearing: Hearing, is_here: bool) -> Iterator[TrailStep]:
    url, link = "" if is_here else hearing.get_absolute_url(), f"»{hearing.title}«"
    before = f"{hearing.sender or 'Kommunen'} spurgte rådet om "
    yield TrailStep(hearing.received_on, Stage.HEARING, before, link, ".", url, is_here=is_here)
    if not hearing.answered_on:
        return
    before = "Rådet svarede på høringen "
    yield TrailStep(hearing.answered_on, Stage.ANSWER, before, link, ".", url, is_here=is_here)
    if hearing.outcome != Hearing.Outcome.PENDING:
        text = f"Svaret på høringen {link}: {hearing.get_outcome_display()}. {_excerpt(hearing.outcome_text)}".strip()
        yield TrailStep(hearing.outcome_on or hearing.answered_on, Stage.OUTCOME, text, is_here=is_here)


def _goal_steps(items: Iterable[AgendaItem]) -> Iterator[TrailStep]:
    """The latest follow-up of each goal of the items."""
    for goal in dict.fromkeys(goal for item in items for goal in item.parts.goals):
        if latest := latest_follow_up(goal):
            link = f"{goal.number} »{goal.full_text}«"
            yield TrailStep(latest.date, Stage.GOAL, "Målet ", link, ":", goal.get_absolute_url(), follow_up=latest)
