"""Approval rounds: who is asked, their answers, and the approval or its withdrawal.

Members answer in rounds. An answer stores the fingerprint of the text that was shown, so that answers to the
current text can be identified.
"""

import copy
import datetime
import hashlib
from collections import Counter

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone

from council.mail import write_to_person
from council.models import IN_WRITING, Approval, Attendance, Council, Hearing, Meeting, Membership, Minutes, Remark
from udsat.lib.danish import join_words, long_date
from udsat.lib.holidays import last_working_day
from udsat.lib.signed_links import make_token
from udsat.models import Letter
from udsat.models.letters import end_of_day

from .paper import Paper, lock_paper, name_of, text_version

REMIND_DAYS = 2  # before the deadline
LINK_KIND = "godkend"
# A link expires with its round; this is for rounds that are never closed.
LINK_DAYS = 180
SUBJECTS = {"approval": "Vil du godkende {}?", "approval_reminder": "Vi mangler dit svar om {}"}


NOT_APPROVED_HELP = "Mind medlemmerne om at svare, send teksten ud igen, eller tag den med på et møde."


class ApprovalConflict(Exception):
    """Another user has started or closed a round, or approved the paper, in the meantime."""


# Members to ask


def members_to_ask(paper: Paper) -> list[Membership]:
    """Return one seat per person who held a seat or was present at the meeting, and holds a seat today."""
    council, today = paper.council, timezone.localdate()
    day = paper.meeting.date if isinstance(paper, Minutes) else today
    sat = Q(pk__in=council.memberships.on(day).filter(role__in=Membership.VOTING_ROLES).values("pk"))
    if isinstance(paper, Minutes):
        present = paper.meeting.attendances.filter(status=Attendance.Status.PRESENT)
        sat |= Q(pk__in=present.values("member"), role__in=[*Membership.VOTING_ROLES, Membership.Role.SUBSTITUTE])
    seats = (
        council.memberships.filter(sat, person__in=_current_people(council))
        .select_related("person", "council")
        .order_by("position", "pk")
    )
    return list({seat.person_id: seat for seat in reversed(seats)}.values())[::-1]


def _current_people(council: Council):
    return council.memberships.on().filter(person__anonymised_at=None).exclude(person=None).values("person")


def may_answer(approval: Approval) -> bool:
    """Whether the person who was asked has not lost the seat to another and holds any seat in the council today."""
    member = approval.member
    is_same = approval.person_id == member.person_id
    return is_same and _current_people(member.council).filter(person=member.person_id).exists()


# Status of the last round


def last_round(paper: Paper) -> int:
    if paper.pk is None:
        return 0
    return paper.approvals.aggregate(last=Max("round"))["last"] or 0


class RoundStatus:
    """The last round of a paper: who has answered what, and the next step."""

    def __init__(self, paper: Paper):
        self.version, self.rows = text_version(paper), []
        if paper.pk is not None:
            rows = paper.approvals.filter(round=last_round(paper)).prefetch_related("remarks__item")
            # In the order of the seats.
            self.rows = list(rows.select_related("person", "member__person", "member__council", "registered_by"))
        current = set(_current_people(paper.council).values_list("person", flat=True)) if self.rows else set()
        for row in self.rows:
            row.has_left = row.person_id not in current or row.person_id != row.member.person_id
            row.is_of_earlier_text = bool(row.answer) and row.text_version != self.version
            row.is_late = bool(row.answered_at and row.due_on and timezone.localdate(row.answered_at) > row.due_on)
        self.is_open = any(row.closed_at is None for row in self.rows)
        self.number, self.asked_at, self.due_on = 0, None, None
        if self.rows:
            self.number, self.asked_at, self.due_on = self.rows[0].round, self.rows[0].asked_at, self.rows[0].due_on
        self.is_overdue = bool(self.is_open and self.due_on and self.due_on < timezone.localdate())
        approved = [row for row in self.rows if row.answer == Approval.Answer.APPROVED]
        self.approved_earlier = [row for row in approved if row.is_of_earlier_text]
        self.approved = [row for row in approved if not row.is_of_earlier_text]
        self.objecting = [row for row in self.rows if row.answer == Approval.Answer.REMARKS]
        # People who have left the council are not asked any more; the answers that they gave count.
        self.missing = [row for row in self.rows if not row.answer and not row.has_left]
        self.left = [row for row in self.rows if not row.answer and row.has_left]
        # Members who have not answered and have an e-mail address.
        self.reachable = [row for row in self.missing if row.person.email]

    @property
    def summary(self) -> str:
        """Return the number of each answer, in Danish. No answer never counts as approval."""
        answers, earlier = Counter(row.answer for row in self.rows), len(self.approved_earlier)
        wanting_changes = answers[Approval.Answer.REMARKS]
        parts = [
            f"{answers[Approval.Answer.APPROVED] - earlier} har godkendt",
            f"{earlier} godkendte en tidligere udgave" if earlier else "",
            f"{wanting_changes} har bemærkninger" if wanting_changes else "",
            f"{len(self.missing)} har ikke svaret" if self.missing else "",
            f"{len(self.left)} er gået ud af rådet" if self.left else "",
        ]
        return f"{len(self.rows)} er spurgt: {join_words([part for part in parts if part])}."

    @property
    def can_be_closed(self) -> bool:
        """Whether somebody has approved the text, or an earlier one that was corrected afterwards."""
        return bool(self.approved or self.approved_earlier)

    @property
    def answers_text(self) -> str:
        """Return the answers in a Danish sentence for the public, without names; empty if all approved this text."""
        if len(self.approved) == len(self.rows) - len(self.left):
            return ""
        asked = len(self.rows) - len(self.left)
        members = f"{asked} {'medlem' if asked == 1 else 'medlemmer'}"
        now, earlier = len(self.approved), len(self.approved_earlier)
        if earlier and not now:
            first = f"{earlier} af {members} godkendt en tidligere udgave"
        else:
            first = f"{now} af {members} godkendt det"
        others = [
            f"{earlier} havde godkendt en tidligere udgave" if earlier and now else "",
            f"{len(self.objecting)} havde bemærkninger" if self.objecting else "",
            f"{len(self.missing)} havde ikke svaret" if self.missing else "",
        ]
        *parts, last = [first, *filter(None, others)]
        if not parts:
            return f"Den {long_date(timezone.localdate())} havde {last}."
        return f"Den {long_date(timezone.localdate())} havde {', '.join(parts)}, og {last}."

    @property
    def stamp(self) -> str:
        """A token that changes with every answer and every change of the text."""
        answers = [(row.pk, row.answer, row.text_version, row.has_left) for row in self.rows]
        return hashlib.sha256(repr((self.version, answers)).encode()).hexdigest()

    @property
    def next_step(self) -> str:
        """Return "review_remarks", "wait", "decide" (after the deadline) or "close"; "" outside a round."""
        if not self.is_open:
            return ""
        if self.open_remarks:
            return "review_remarks"
        if self.missing:
            return "decide" if self.is_overdue else "wait"
        return "close"

    @property
    def remarks(self) -> list[Remark]:
        """Return all remarks, each with its prefetched row as `approval`."""
        remarks = []
        for row in self.rows:
            for remark in row.remarks.all():
                remark.approval = row
                remarks.append(remark)
        return remarks

    @property
    def open_remarks(self) -> list[Remark]:
        return [remark for remark in self.remarks if not remark.handled_at]


# Rounds


def is_settled(approval: Approval) -> bool:
    """Whether answers are closed: the round is closed, the paper approved, or the answer to the hearing sent."""
    paper = approval.paper
    return bool(approval.closed_at or paper.approved_on or (isinstance(paper, Hearing) and paper.answered_on))


def default_due_date(paper: Paper) -> datetime.date:
    """Return the council's usual deadline for answers, at most the deadline of the hearing.

    A day off moves to the working day before, unless that is not after today.
    """
    today = timezone.localdate()
    day = today + datetime.timedelta(days=paper.council.approval_days)
    if isinstance(paper, Hearing) and paper.deadline and today <= paper.deadline < day:
        day = paper.deadline
    earlier = last_working_day(day)
    return earlier if earlier > today else day


@transaction.atomic
def start_round(paper: Paper, *, due_on: datetime.date, after_round: int) -> list[Approval]:
    """Ask every member in a new round and close the last one.

    Raise ApprovalConflict unless `after_round` is the last round and the paper is not approved.
    """
    lock_paper(paper)
    if paper.approved_on or last_round(paper) != after_round:
        raise ApprovalConflict
    members = members_to_ask(paper)
    if not members:
        return []
    now = timezone.now()
    paper.approvals.filter(closed_at=None).update(closed_at=now)
    rows = [
        paper.approvals.create(member=member, round=after_round + 1, asked_at=now, due_on=due_on) for member in members
    ]
    for row in rows:
        send_email(row, "approval", key="asked")
    if isinstance(paper, Minutes):
        paper.approval_asked_on = timezone.localdate(now)
        paper.save(update_fields=["approval_asked_on", "updated_at"])
    return rows


@transaction.atomic
def mark_approved(paper: Paper, *, how: str, on: datetime.date, answers: str = "") -> None:
    """Record the council's approval and close the round, with its personal links.

    `answers` are the answers of a written round in which not all have approved.
    """
    lock_paper(paper)
    if paper.approved_on:
        raise ApprovalConflict
    _save_approval(paper, on, how, answers, text_version(paper))
    paper.approvals.filter(closed_at=None).update(closed_at=timezone.now())


def _save_approval(paper, on, how, answers, version):
    paper.approved_on, paper.approved_how = on, how
    paper.approval_answers, paper.approved_version = answers, version
    fields = ["approved_on", "approved_how", "approval_answers", "approved_version", "updated_at"]
    if isinstance(paper, Minutes):
        paper.is_changed_since_approval = False
        fields.append("is_changed_since_approval")
    paper.save(update_fields=fields)


def closed_text(paper: Paper, status: RoundStatus) -> str:
    """Return what the public will read about the approval if the round is closed now, in Danish."""
    closed = copy.copy(paper)
    closed.approved_on, closed.approved_how = timezone.localdate(), IN_WRITING
    closed.approval_answers, closed.approved_version = status.answers_text, status.version
    return closed.approval_text


@transaction.atomic
def withdraw_approval(paper: Paper) -> None:
    """Withdraw the approval and reopen the last round, with its personal links."""
    lock_paper(paper)
    if not paper.approved_on:
        raise ApprovalConflict
    _save_approval(paper, None, "", "", "")
    paper.approvals.filter(round=last_round(paper)).update(closed_at=None)


def approved_at(meeting: Meeting) -> str:
    """Return the `approved_how` of a paper that was approved at the meeting."""
    return f"på mødet den {long_date(meeting.date)}"


def candidate_meetings(paper: Paper) -> list[Meeting]:
    """Return the meetings that may have approved the paper, the most likely first.

    For minutes: later meetings, those of the same kind first, and last the meeting itself.
    """
    held = paper.council.meetings.filter(is_cancelled=False, date__lte=timezone.localdate())
    if isinstance(paper, Hearing):
        return list(held.filter(date__gte=paper.received_on))
    meeting = paper.meeting
    return [*sorted(held.after(meeting), key=lambda other: other.kind != meeting.kind), meeting]


# Answers


@transaction.atomic
def record_answer(
    approval: Approval, *, answer: str, remarks: dict[int | None, str], version: str, by=None
) -> Approval:
    """Save a member's answer to that version of the text. Remarks that are not handled yet are replaced.

    `remarks` maps item ids to texts, None for the whole paper; an empty text deletes the remark. `by` is the user who
    registers an answer given by phone. Raise ApprovalConflict if the round is closed.
    """
    row = Approval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    if is_settled(row):
        raise ApprovalConflict
    row.answer, row.answered_at, row.text_version, row.registered_by = answer, timezone.now(), version, by
    row.save()
    waiting = {remark.item_id: remark for remark in row.remarks.filter(handled_at=None)}
    for item, text in remarks.items():
        remark = waiting.get(item)
        if not text:
            if remark:
                remark.delete()
        elif remark is None:
            row.remarks.create(item_id=item, text=text)
        elif remark.text != text:
            remark.text, remark.created_at = text, timezone.now()
            remark.save()
    return row


# E-mails


def approval_url(approval: Approval) -> str:
    """Return the member's personal link. It is valid only while the same person holds the seat."""
    until = approval.asked_at + datetime.timedelta(days=LINK_DAYS)
    token = make_token(LINK_KIND, approval.pk, approval.person_id, until=until)
    return settings.SITE_URL + reverse("approve", args=[approval.member.municipality.slug, token])


def send_email(approval: Approval, template: str, *, key: str) -> bool:
    """E-mail the member, once for each key. Return whether an e-mail was written."""
    paper = approval.paper
    name = name_of(paper)
    is_late = approval.due_on is not None and approval.due_on < timezone.localdate()
    return write_to_person(
        approval.person,
        paper.council,
        f"approval:{approval.pk}:{key}",
        SUBJECTS[template].format(name),
        f"{template}.txt",
        approval=approval,
        name=name,
        valid_until=None if is_late else end_of_day(approval.due_on),
        is_late=is_late,
        link=approval_url(approval),
    )


@transaction.atomic
def send_reminders(paper: Paper) -> int:
    """E-mail members who have not answered, at most once a day. Return the number of e-mails."""
    lock_paper(paper)
    status = RoundStatus(paper)
    if not status.is_open or paper.approved_on:
        raise ApprovalConflict
    return sum(send_email(row, "approval_reminder", key=f"reminder:{timezone.localdate()}") for row in status.reachable)


def send_due_reminders(now: datetime.datetime) -> int:
    """Remind members once in the last two days before the deadline, but not on the day they were asked."""
    today = timezone.localdate(now)
    rows = (
        Approval.objects.filter(
            answer="", closed_at=None, due_on__gte=today, due_on__lte=today + datetime.timedelta(days=REMIND_DAYS)
        )
        .filter(minutes__approved_on=None, hearing__approved_on=None, hearing__answered_on=None)
        .filter(asked_at__lt=timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0))
        .select_related("person", "member__council__municipality")
        .select_related("minutes__meeting__council__municipality", "hearing__council__municipality")
    )
    written = 0
    for row in rows:
        reminded = Letter.objects.filter(key=f"approval:{row.pk}:reminder:{today}").exists()
        if not reminded and may_answer(row):
            written += send_email(row, "approval_reminder", key="reminder:due")
    return written
