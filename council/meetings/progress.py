"""The stages of a meeting, from agenda to published minutes, and its next step."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextChoices
from django.urls import reverse
from django.utils import timezone

from council.models import AgendaItem, Council, Invitation, Meeting
from udsat.lib import roles
from udsat.lib.danish import long_date, short_date
from udsat.lib.holidays import last_working_day

# Days before the meeting that the agenda is due where the council has no rule.
DEFAULT_AGENDA_DAYS = 7

# Kinds of meetings that always have minutes. Others have them only if they have been begun.
MINUTES_KINDS = (Meeting.Kind.ORDINARY, Meeting.Kind.EXTRAORDINARY, Meeting.Kind.CONSTITUENT, Meeting.Kind.DIALOGUE)


class MeetingStage(TextChoices):
    AGENDA = "agenda", "Dagsorden"
    INVITATION = "invitation", "Indkaldt"
    MEETING = "meeting", "Møde"
    MINUTES = "minutes", "Referat"
    APPROVAL = "approval", "Godkendt"
    PUBLICATION = "publication", "Offentliggjort"


class StageState(TextChoices):
    DONE = "gjort", "gjort"
    NOW = "nu", "næste skridt"
    LATER = "senere", "senere"
    SKIPPED = "sprunget", "sprunget over"

    @property
    def sign(self) -> str:
        """The state as a sign, so that it is not shown by colour alone."""
        return {"gjort": "✓", "nu": "→", "senere": "○", "sprunget": "–"}[self]


@dataclass(frozen=True)
class StageStatus:
    """One stage of a meeting, as the back office shows it."""

    stage: MeetingStage
    state: StageState
    note: str = ""


@dataclass(frozen=True)
class MeetingAction:
    """The next action of a meeting: the reason, a button with its address, and the ability it requires."""

    reason: str
    label: str
    url: str
    ability: str = roles.EDIT


def with_progress(meetings: QuerySet) -> QuerySet:
    """Annotate meetings with the data that the functions below require, in one query."""
    items = AgendaItem.objects.filter(meeting=OuterRef("pk"))
    sent = Q(invitations__sent_at__isnull=False)
    return meetings.select_related("council__municipality", "agenda", "minutes").annotate(
        has_items=Exists(items),
        has_record=Exists(items.exclude(discussion="", decision="", answer="")),
        called=Count("invitations", filter=sent, distinct=True),
        excused=Count("invitations", filter=sent & Q(invitations__reply=Invitation.Reply.EXCUSED), distinct=True),
    )


def agenda_due_on(meeting: Meeting) -> datetime.date:
    """Return the last day for the agenda, by the council's rule; earlier if that is a day off."""
    days = meeting.council.agenda_days
    return last_working_day(meeting.date - datetime.timedelta(DEFAULT_AGENDA_DAYS if days is None else days))


def items_due_on(meeting: Meeting) -> datetime.date | None:
    """Return the last day for members' items, by the council's rule if it has one; earlier if that is a day off."""
    days = meeting.council.item_days
    return None if days is None else last_working_day(meeting.date - datetime.timedelta(days))


def is_over(meeting: Meeting, now: datetime.datetime) -> bool:
    """Whether the meeting has been held: its end has passed, or its minutes of today have been sent for approval."""
    if meeting.ends <= now or meeting.date != timezone.localdate(now):
        return meeting.ends <= now
    minutes = meeting.paper("minutes")
    return bool(minutes and (minutes.approval_asked_on or minutes.approved_on or minutes.is_live))


def is_sent(meeting: Meeting) -> bool:
    """Whether the agenda is public or has been sent to the members."""
    agenda = meeting.paper("agenda")
    return bool(meeting.called or (agenda and agenda.is_live))


def has_minutes_stages(meeting: Meeting) -> bool:
    return meeting.kind in MINUTES_KINDS or meeting.paper("minutes") is not None


def _stages_done(meeting: Meeting, now: datetime.datetime) -> dict[MeetingStage, bool]:
    minutes = meeting.paper("minutes")
    done = {
        MeetingStage.AGENDA: is_sent(meeting),
        MeetingStage.INVITATION: bool(meeting.called),
        MeetingStage.MEETING: is_over(meeting, now),
    }
    if not has_minutes_stages(meeting):
        return done
    is_public = bool(minutes and minutes.is_live)
    is_written = bool(minutes and (meeting.has_record or minutes.approval_asked_on or minutes.approved_on))
    return done | {
        MeetingStage.MINUTES: is_public or (is_over(meeting, now) and is_written),
        MeetingStage.APPROVAL: bool(minutes and minutes.approved_on),
        MeetingStage.PUBLICATION: is_public,
    }


def current_stage(meeting: Meeting, now: datetime.datetime) -> MeetingStage | None:
    """Return the stage after the last one that is done; None after the last stage."""
    done = _stages_done(meeting, now)
    stages = list(done)
    last = max((index for index, stage in enumerate(stages) if done[stage]), default=-1)
    return stages[last + 1] if last + 1 < len(stages) else None


def stages_of(meeting: Meeting, now: datetime.datetime) -> list[StageStatus]:
    """Return the stages of a meeting from `with_progress`."""
    current = current_stage(meeting, now)
    stages, state = [], StageState.SKIPPED
    for stage, is_done in _stages_done(meeting, now).items():
        note = _note(meeting, stage, is_done)
        if stage == current:
            stages.append(StageStatus(stage, StageState.NOW, note))
            state = StageState.LATER
        else:
            stages.append(StageStatus(stage, StageState.DONE if is_done else state, note))
    return stages


def _note(meeting: Meeting, stage: MeetingStage, is_done: bool) -> str:
    agenda, minutes = meeting.paper("agenda"), meeting.paper("minutes")
    match stage:
        case MeetingStage.AGENDA if not is_done:
            return f"senest {short_date(agenda_due_on(meeting))}"
        case MeetingStage.AGENDA if agenda and agenda.is_live:
            return short_date(agenda.publish_at)
        case MeetingStage.INVITATION if is_done:
            return f"{meeting.called} indkaldt" + (f", {meeting.excused} afbud" if meeting.excused else "")
        case MeetingStage.MEETING:
            return short_date(meeting.date)
        case MeetingStage.MINUTES if minutes and minutes.approval_asked_on:
            return f"sendt rundt {short_date(minutes.approval_asked_on)}"
        case MeetingStage.APPROVAL if is_done:
            return short_date(minutes.approved_on)
        case MeetingStage.PUBLICATION if is_done:
            return short_date(minutes.publish_at)
    return ""


def page_url(meeting: Meeting, name: str) -> str:
    """Return the address of one of the meeting's pages in the back office."""
    return reverse(f"admin:council_meeting_{name}", args=[meeting.pk])


def next_action(meeting: Meeting, now: datetime.datetime) -> MeetingAction | None:
    """Return the next action of a meeting from `with_progress`; None when it is finished or cancelled."""
    if meeting.is_cancelled:
        return None
    today = timezone.localdate(now)
    match current_stage(meeting, now):
        case MeetingStage.AGENDA:
            due = agenda_due_on(meeting)
            when = "skulle være ude" if due < today else "skal ud senest"
            label = "Gør dagsordenen færdig" if meeting.has_items else "Lav dagsordenen"
            return MeetingAction(f"Dagsordenen {when} den {long_date(due)}.", label, page_url(meeting, "agenda"))
        case MeetingStage.INVITATION:
            reason = "Dagsordenen er klar, men ingen er indkaldt."
            return MeetingAction(reason, "Indkald medlemmerne", page_url(meeting, "invitations"))
        case MeetingStage.MEETING if meeting.date == today:
            reason = "Mødet er i dag. Her skriver du, mens I holder det."
            return MeetingAction(reason, "Åbn mødebordet", page_url(meeting, "desk"))
        case MeetingStage.MEETING:
            excused = f" {meeting.excused} har meldt afbud." if meeting.excused else ""
            reason = f"{meeting.called or 'Alle'} er indkaldt.{excused}"
            return MeetingAction(reason, "Se, hvem der kommer", page_url(meeting, "invitations"))
        case MeetingStage.MINUTES:
            reason = "Mødet er holdt. Nu skal referatet skrives."
            return MeetingAction(reason, "Skriv referatet", page_url(meeting, "desk"))
        case MeetingStage.APPROVAL:
            return _approval_action(meeting)
        case MeetingStage.PUBLICATION:
            is_partly = meeting.minutes.is_partly_approved
            reason = f"{'Godkendelsen er slut' if is_partly else 'Referatet er godkendt'}, men det er ikke offentligt."
            url = reverse("admin:council_minutes_publish", args=[meeting.minutes.pk])
            return MeetingAction(reason, "Offentliggør referatet", url, roles.PUBLISH)
    return None


def _approval_action(meeting: Meeting) -> MeetingAction:
    asked_on, url = meeting.minutes.approval_asked_on, page_url(meeting, "approval")
    if asked_on:
        return MeetingAction(f"Referatet blev sendt rundt den {long_date(asked_on)}.", "Se, hvem der har svaret", url)
    if meeting.council.approval == Council.ApprovalWay.WRITTEN:
        return MeetingAction("Referatet er skrevet, men ikke sendt rundt.", "Send til godkendelse", url)
    reason = "Referatet er skrevet. Rådet godkender det på næste møde."
    return MeetingAction(reason, "Skriv, at det er godkendt", url)


def is_finished(meeting: Meeting) -> bool:
    """Whether the meeting is cancelled or its minutes are public."""
    minutes = meeting.paper("minutes")
    return meeting.is_cancelled or bool(minutes and minutes.is_live)
