"""How far a meeting has come, from agenda to published minutes, and what the next step is."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from council.models import AgendaItem, Council, Invitation, Meeting, Minutes
from udsat.lib import roles
from udsat.lib.danish import long_date, short_date

# Without a rule of the council's own, the agenda is asked for this many days before the meeting.
USUAL_AGENDA_DAYS = 7


# Kinds of meetings that always leave minutes; of the others only those that somebody has begun.
WITH_MINUTES = (Meeting.Kind.ORDINARY, Meeting.Kind.EXTRAORDINARY, Meeting.Kind.CONSTITUENT, Meeting.Kind.DIALOGUE)


class State(StrEnum):
    DONE = "gjort"
    NOW = "nu"
    LATER = "senere"
    SKIPPED = "sprunget"


# Never colour alone: each state has a sign and a word.
SIGNS = {State.DONE: "✓", State.NOW: "→", State.LATER: "○", State.SKIPPED: "–"}
WORDS = {State.DONE: "gjort", State.NOW: "næste skridt", State.LATER: "senere", State.SKIPPED: "sprunget over"}


@dataclass(frozen=True)
class Step:
    name: str
    state: State
    note: str = ""

    @property
    def sign(self) -> str:
        return SIGNS[self.state]

    @property
    def word(self) -> str:
        return WORDS[self.state]


@dataclass(frozen=True)
class NextStep:
    """What somebody does now: why, and one button with where it leads and what her role must give."""

    what: str
    label: str
    url: str
    ability: str = roles.EDIT


def with_steps(meetings: QuerySet) -> QuerySet:
    """With what the steps are told by, for any number of meetings in one query."""
    items = AgendaItem.objects.filter(meeting=OuterRef("pk"))
    sent = Q(invitations__sent_at__isnull=False)
    return meetings.select_related("council__municipality", "agenda", "minutes").annotate(
        has_items=Exists(items),
        has_record=Exists(items.exclude(discussion="", decision="", answer="")),
        called=Count("invitations", filter=sent, distinct=True),
        excused=Count("invitations", filter=sent & Q(invitations__reply=Invitation.Reply.EXCUSED), distinct=True),
    )


def paper(meeting: Meeting, name: str):
    """The meeting's agenda or minutes; None until somebody makes it."""
    try:
        return getattr(meeting, name)
    except ObjectDoesNotExist:
        return None


def agenda_due_on(meeting: Meeting) -> datetime.date:
    days = meeting.council.agenda_days
    return meeting.date - datetime.timedelta(USUAL_AGENDA_DAYS if days is None else days)


def items_due_on(meeting: Meeting) -> datetime.date | None:
    days = meeting.council.item_days
    return None if days is None else meeting.date - datetime.timedelta(days)


def is_over(meeting: Meeting, now: datetime.datetime) -> bool:
    """Whether it has been held: its day is past, or its last hour is, or its minutes are on their way."""
    now = timezone.localtime(now)
    if meeting.date != now.date():
        return meeting.date < now.date()
    last, minutes = meeting.ends_at or meeting.starts_at, paper(meeting, "minutes")
    return bool(
        (last and last <= now.time())
        or (minutes and (minutes.approval_asked_on or minutes.approved_on or minutes.is_live))
    )


def is_sent(meeting: Meeting) -> bool:
    """Whether the agenda is out: public, or with the members."""
    agenda = paper(meeting, "agenda")
    return bool(meeting.called or (agenda and agenda.is_live))


def leaves_minutes(meeting: Meeting) -> bool:
    return meeting.kind in WITH_MINUTES or paper(meeting, "minutes") is not None


def _dones(meeting: Meeting, now: datetime.datetime) -> dict[str, bool]:
    minutes = paper(meeting, "minutes")
    to_the_meeting = {
        "Dagsorden": is_sent(meeting),
        "Indkaldt": bool(meeting.called),
        "Møde": is_over(meeting, now),
    }
    if not leaves_minutes(meeting):
        return to_the_meeting
    is_public = bool(minutes and minutes.is_live)
    is_written = bool(minutes and (meeting.has_record or minutes.approval_asked_on or minutes.approved_on))
    return to_the_meeting | {
        "Referat": is_public or (is_over(meeting, now) and is_written),
        "Godkendt": bool(minutes and minutes.approved_on),
        "Offentliggjort": is_public,
    }


def current(meeting: Meeting, now: datetime.datetime) -> str:
    """The first step that nobody has taken after the last one that somebody has; empty at the end."""
    dones = _dones(meeting, now)
    names = list(dones)
    last = max((index for index, name in enumerate(names) if dones[name]), default=-1)
    return names[last + 1] if last + 1 < len(names) else ""


def steps_of(meeting: Meeting, now: datetime.datetime) -> list[Step]:
    """The steps of a meeting that comes from `with_steps`."""
    dones, here = _dones(meeting, now), current(meeting, now)
    steps, state = [], State.SKIPPED
    for name, done in dones.items():
        if name == here:
            steps.append(Step(name, State.NOW, _note(meeting, name, done)))
            state = State.LATER
        else:
            steps.append(Step(name, State.DONE if done else state, _note(meeting, name, done)))
    return steps


def _note(meeting, name, done) -> str:
    agenda, minutes = paper(meeting, "agenda"), paper(meeting, "minutes")
    match name:
        case "Dagsorden" if not done:
            return f"senest {short_date(agenda_due_on(meeting))}"
        case "Dagsorden" if agenda and agenda.is_live:
            return short_date(agenda.publish_at)
        case "Indkaldt" if done:
            return f"{meeting.called} indkaldt" + (f", {meeting.excused} afbud" if meeting.excused else "")
        case "Møde":
            return short_date(meeting.date)
        case "Referat" if minutes and minutes.approval_asked_on:
            return f"sendt rundt {short_date(minutes.approval_asked_on)}"
        case "Godkendt" if done:
            return short_date(minutes.approved_on)
        case "Offentliggjort" if done:
            return short_date(minutes.publish_at)
    return ""


def page_url(meeting: Meeting, name: str) -> str:
    """The page of the back office where that is done."""
    return reverse(f"admin:council_meeting_{name}", args=[meeting.pk])


def next_step(meeting: Meeting, now: datetime.datetime) -> NextStep | None:
    """What to do with a meeting that comes from `with_steps`; None when it is done with, or cancelled."""
    if meeting.is_cancelled:
        return None
    today = timezone.localdate(now)
    match current(meeting, now):
        case "Dagsorden":
            due = agenda_due_on(meeting)
            when = "skulle være ude" if due < today else "skal ud senest"
            label = "Gør dagsordenen færdig" if meeting.has_items else "Lav dagsordenen"
            return NextStep(f"Dagsordenen {when} den {long_date(due)}.", label, page_url(meeting, "agenda"))
        case "Indkaldt":
            return NextStep("Dagsordenen er klar, men ingen er indkaldt.", "Indkald medlemmerne",
                            page_url(meeting, "invitations"))  # fmt: skip
        case "Møde" if meeting.date == today:
            return NextStep("Mødet er i dag. Her skriver du, mens I holder det.", "Åbn mødebordet",
                            page_url(meeting, "desk"))  # fmt: skip
        case "Møde":
            excused = f" {meeting.excused} har meldt afbud." if meeting.excused else ""
            return NextStep(f"{meeting.called or 'Alle'} er indkaldt.{excused}", "Se, hvem der kommer",
                            page_url(meeting, "invitations"))  # fmt: skip
        case "Referat":
            return NextStep("Mødet er holdt. Nu skal referatet skrives.", "Skriv referatet",
                            page_url(meeting, "desk"))  # fmt: skip
        case "Godkendt":
            return _approval_step(meeting)
        case "Offentliggjort":
            minutes = paper(meeting, "minutes")
            return NextStep("Referatet er godkendt, men ikke offentligt.", "Offentliggør referatet",
                            reverse("admin:council_minutes_publish", args=[minutes.pk]), roles.PUBLISH)  # fmt: skip
    return None


def _approval_step(meeting):
    minutes, url = paper(meeting, "minutes"), page_url(meeting, "approval")
    if minutes.approval_asked_on:
        return NextStep(f"Referatet blev sendt rundt den {long_date(minutes.approval_asked_on)}.",
                        "Se, hvem der har svaret", url)  # fmt: skip
    if meeting.council.approval == Council.ApprovalWay.WRITTEN:
        return NextStep("Referatet er skrevet, men ikke sendt rundt.", "Send til godkendelse", url)
    return NextStep("Referatet er skrevet. Rådet godkender det på næste møde.", "Skriv, at det er godkendt", url)


def is_finished(meeting: Meeting) -> bool:
    """Whether its minutes are public, so that nothing more is waited for."""
    minutes: Minutes | None = paper(meeting, "minutes")
    return meeting.is_cancelled or bool(minutes and minutes.is_live)
