"""The trail: from a citizen's words to agenda item, decision, agreement, hearing and goal, as dated steps.

Everything in it comes through `published()`; a closed item leaves no step, so no trail can tell how many there are.
Each function asks the database a constant number of questions, however long the trails are.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone

from council.models import AgendaItem, Agreement, Council, Hearing, Input, Meeting
from strategies.models import FollowUp, Goal, Theme
from udsat.lib.danish import long_date
from udsat.lib.richtext import plain_text

SENTENCE = 180  # letters of a decision; the rest is read where it was made


class Stage(IntEnum):
    """What comes first on the same day."""

    INPUT = 1
    ITEM = 2
    AGREEMENT = 3
    HEARING = 4
    ANSWER = 5
    OUTCOME = 6
    GOAL = 7


@dataclass(frozen=True)
class Step:
    """One dated sentence: `before`, the words of the link, and `after`. Without an address the words stand alone."""

    date: datetime.date
    stage: Stage
    before: str
    link: str
    after: str
    url: str = ""
    # Of a goal's follow-up: its status, shown in word and symbol, and where it is known from.
    follow_up: FollowUp | None = None
    is_here: bool = False  # it tells of what the trail stands under


def items_in_public():
    """Open items that anybody may read, with what a line about them needs; `is_decided`: with public minutes."""
    return (
        AgendaItem.objects.published()
        .with_numbers()
        .with_meeting()
        .annotate(is_decided=Exists(AgendaItem.objects.decided_in_public().filter(pk=OuterRef("pk"))))
    )


def items_by_cause(council: Council) -> dict[int, list[AgendaItem]]:
    """By cause of the council: where it was talked about in public, the newest first, with the hearings about it."""
    by_cause = defaultdict(list)
    items = items_in_public().filter(causes__council=council).distinct()
    items = items.order_by("-meeting__date", "-meeting__ordinal", "position", "pk")
    for item in items.prefetch_related("causes", _hearings()):
        for cause in item.causes.all():
            by_cause[cause.pk].append(item)
    return by_cause


def _hearings():
    return Prefetch("hearings", Hearing.objects.published().select_related("council__municipality"))


def _with_trail(items):
    decided = AgendaItem.objects.decided_in_public().with_meeting()
    agreements = Agreement.objects.published()
    return items.prefetch_related(
        Prefetch(
            "agreements",
            agreements.select_related("member__person", "member__council").prefetch_related(
                Prefetch("followed_up_at", decided)
            ),
        ),
        Prefetch("followed_up", agreements.select_related("item__meeting__council__municipality")),
        Prefetch("inputs", Input.objects.published().select_related("council__municipality")),
        _hearings(),
    )


def trails_of_goals(theme: Theme) -> dict[int, list[Step]]:
    """By goal: all that was said, decided and done about it. Give it a theme from `with_content()`."""
    about = defaultdict(list)
    goals = Goal.objects.filter(theme=theme)
    items = items_in_public().filter(goals__theme=theme).distinct()
    for item in _with_trail(items).prefetch_related(Prefetch("goals", goals)):
        for goal in item.goals.all():
            about[goal.pk].append(item)
    return {goal.pk: in_order([*_of_items(about[goal.pk]), *_of_goal(goal)]) for goal in theme.all_goals}


def trails_of_items(meeting: Meeting) -> dict[int, list[Step]]:
    """By item: what led to it and what came of it. Empty where the item itself says it all."""
    items = items_in_public().filter(meeting=meeting)
    trails = {}
    for item in _with_trail(items).prefetch_related(_goals()):
        steps = in_order([*_of_items([item], here=item), *_of_goals([item])])
        if any(not step.is_here and step.stage not in (Stage.ITEM, Stage.AGREEMENT) for step in steps):
            trails[item.pk] = steps
    return trails


def trails_of_hearings(hearings: Iterable[Hearing]) -> dict[int, list[Step]]:
    """By hearing: the items where the council dealt with it, and what came of it. Empty where there are none."""
    about = defaultdict(list)
    found = {hearing.pk: hearing for hearing in hearings}
    items = items_in_public().filter(hearings__in=found).distinct()
    for item in _with_trail(items).prefetch_related(_goals()):
        for hearing in item.hearings.all():
            about[hearing.pk].append(item)
    return {
        pk: in_order([*_of_items(those, here=found[pk]), *_of_goals(those)])
        for pk, those in about.items()
        if pk in found
    }


def in_order(steps: Iterable[Step]) -> list[Step]:
    """By date, each once."""
    return sorted(dict.fromkeys(steps), key=lambda step: (step.date, step.stage))


def _goals():
    goals = Goal.objects.published().select_related("theme__strategy__municipality", "parent")
    return Prefetch("goals", goals.prefetch_related("follow_ups"))


# The steps. What the trail stands under is told without a link to itself.


def _of_items(items: Iterable[AgendaItem], here=None) -> Iterator[Step]:
    told = {item.pk for item in items}
    for item in items:
        # The citizen comes first.
        for one in item.inputs.all():
            yield Step(
                timezone.localdate(one.created_at), Stage.INPUT,
                {
                    Input.Kind.DIALOGUE: "En borger ville tale med rådet om ",
                    Input.Kind.SPOKEN: "En borger talte med rådet om ",
                }.get(one.kind, "En borger skrev til rådet om "),
                f"»{one.title}«", ".", one.get_absolute_url(),
            )  # fmt: skip
        for agreement in item.followed_up.all():
            if agreement.item_id not in told:
                yield Step(
                    agreement.item.meeting.date, Stage.AGREEMENT, f"Rådet aftalte: »{agreement.text}«. Det skete på ",
                    "mødet", ".", agreement.item.get_absolute_url(),
                )  # fmt: skip
        yield _item(item, is_here=item == here)
        for agreement in item.agreements.all():
            yield _agreement(agreement, item.meeting.date, is_here=item == here)
            for later in agreement.followed_up_at.all():
                if later.pk not in told:
                    yield Step(
                        later.meeting.date, Stage.ITEM, "Rådet tog aftalen op igen under ", f"»{later.title}«", ".",
                        later.get_absolute_url(),
                    )  # fmt: skip
        for hearing in item.hearings.all():
            yield from _hearing(hearing, is_here=hearing == here)


def _item(item: AgendaItem, is_here: bool) -> Step:
    url = "" if is_here else item.get_absolute_url()
    name = f"punkt {item.meeting.first_number + item.place}, »{item.title}«"
    if item.is_decided:
        decision = _sentence(item.decision)
        said = " ".join(f"{text.rstrip('.')}." for text in (item.get_answer_display(), decision) if text)
        before, after = "Rådet talte om ", f". Beslutning: {said}" if said else "."
    else:
        before, after = "Står på dagsordenen som " if not item.meeting.is_past else "Stod på dagsordenen som ", "."
    return Step(item.meeting.date, Stage.ITEM, before, name, after, url, is_here=is_here)


def _sentence(rich: str) -> str:
    """The first sentence or two of a rich text, as far as they are short."""
    text = " ".join(plain_text(rich).split())
    if len(text) <= SENTENCE:
        return text
    cut = text[:SENTENCE]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? "))
    return cut[: end + 1] if end > 40 else f"{cut.rsplit(' ', 1)[0].rstrip(',;:')} …"


def _agreement(agreement: Agreement, day: datetime.date, is_here: bool) -> Step:
    who = f" Ansvarlig: {agreement.public_responsible}." if agreement.public_responsible else ""
    if agreement.done_on:
        state = f" Gjort {long_date(agreement.done_on)}."
    elif agreement.is_overdue:
        state = f" Ikke gjort. Fristen var {long_date(agreement.due_on)}."
    else:
        state = " Ikke gjort endnu."
    return Step(day, Stage.AGREEMENT, f"Rådet aftalte: »{agreement.text}«.{who}{state}", "", "", is_here=is_here)


def _hearing(hearing: Hearing, is_here: bool) -> Iterator[Step]:
    url, name = "" if is_here else hearing.get_absolute_url(), f"»{hearing.title}«"
    by = hearing.sender or "Kommunen"
    yield Step(hearing.received_on, Stage.HEARING, f"{by} spurgte rådet om ", name, ".", url, is_here=is_here)
    if not hearing.answered_on:
        return
    yield Step(hearing.answered_on, Stage.ANSWER, "Rådet svarede på høringen ", name, ".", url, is_here=is_here)
    if hearing.outcome != Hearing.Outcome.PENDING:
        yield Step(
            hearing.outcome_on or hearing.answered_on, Stage.OUTCOME,
            f"Svaret på høringen {name}: {hearing.get_outcome_display()}. {_sentence(hearing.outcome_text)}".strip(),
            "", "", is_here=is_here,
        )  # fmt: skip


def _of_goals(items: Iterable[AgendaItem]) -> Iterator[Step]:
    """Under an item or a hearing: how each goal stands now. The goal's own page has the rest."""
    for goal in dict.fromkeys(goal for item in items for goal in item.goals.all()):
        if latest := goal.latest_follow_up:
            name = f"»{goal.full_text}«"
            yield Step(latest.date, Stage.GOAL, "Målet ", name, ":", goal.get_absolute_url(), follow_up=latest)


def _of_goal(goal: Goal) -> Iterator[Step]:
    for follow_up in goal.follow_ups.all():
        yield Step(follow_up.date, Stage.GOAL, "", "", "", follow_up=follow_up)
