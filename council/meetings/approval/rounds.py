"""Who is asked, what they said, and when it is settled. A *paper*: the minutes of a meeting or an answer to a hearing.

The members answer in rounds. A member's answer is about the text on her screen, known by its fingerprint, so that
everybody can see who has approved the text as it is now.
"""

import datetime
import hashlib
import json
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from council.models import (
    Approval,
    Attendance,
    Council,
    Hearing,
    Meeting,
    Membership,
    Minutes,
    Remark,
    public_items,
)
from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import join_words, long_date
from udsat.lib.signed_links import make_token
from udsat.models import Letter

Paper = Minutes | Hearing

KIND = "godkend"
IN_WRITING = "skriftligt"
REMIND_DAYS = 2
# A link is closed with its round; this is for a round that nobody ever closes.
LINK_DAYS = 180


class Settled(Exception):
    """Somebody else has been there: a round is open already, or closed, or the paper is approved."""


# The text, and its fingerprint


def council_of(paper: Paper) -> Council:
    return paper.meeting.council if isinstance(paper, Minutes) else paper.council


def text_version(paper: Paper) -> str:
    """The fingerprint of what a member reads. What happens later to an agreement or to a name does not change it."""
    words = _minutes_words(paper) if isinstance(paper, Minutes) else [paper.title, paper.answer]
    return hashlib.sha256(json.dumps(words, ensure_ascii=False, default=str).encode()).hexdigest()


def _minutes_words(minutes: Minutes) -> list:
    meeting = minutes.meeting
    attendances = meeting.attendances.values_list("member_id", "status", "substitute_for_id", "remark")
    files = meeting.attachments.filter(item=None).values_list("pk", "title", "file")
    return [
        meeting.date, meeting.starts_at, meeting.ends_at, meeting.place, meeting.address, meeting.title,
        minutes.chaired_by, minutes.minutes_by, minutes.guests, minutes.plain_text,
        sorted(attendances), sorted(files),
        [
            [
                item.number, item.title, item.kind, item.case_number, item.presentation, item.recommendation,
                item.discussion, item.answer_code, item.decision, item.dissent, item.plain_text,
                [(file.pk, file.title, file.file.name) for file in item.attachments],
                [(a.text, a.responsible, a.member_id, a.due_on) for a in item.agreements],
            ]
            for item in public_items(meeting, with_minutes=True)
        ],
    ]  # fmt: skip


# Who is asked


def members_to_ask(paper: Paper) -> list[Membership]:
    """Those who sat, by seat or by being there, and still sit. One of each person."""
    council, today = council_of(paper), timezone.localdate()
    day = paper.meeting.date if isinstance(paper, Minutes) else today
    sat = Q(pk__in=council.memberships.on(day).filter(role__in=Membership.VOTING_ROLES).values("pk"))
    if isinstance(paper, Minutes):
        present = paper.meeting.attendances.filter(status=Attendance.Status.PRESENT)
        sat |= Q(pk__in=present.values("member"), role__in=[*Membership.VOTING_ROLES, Membership.Role.SUBSTITUTE])
    seats = (
        council.memberships.filter(sat, person__in=_people_of_today(council))
        .select_related("person", "council")
        .order_by("position", "pk")
    )
    return list({seat.person_id: seat for seat in reversed(seats)}.values())[::-1]


def _people_of_today(council: Council):
    return council.memberships.on().filter(person__anonymised_at=None).exclude(person=None).values("person")


def still_sits(member: Membership) -> bool:
    """Whether the person has a seat in the council today, be it another one."""
    return _people_of_today(member.council).filter(person=member.person_id).exists()


# Rounds


def last_round(paper: Paper) -> int:
    if paper.pk is None:
        return 0
    return paper.approvals.aggregate(last=Max("round"))["last"] or 0


def asked_in_last_round(paper: Paper) -> list[Approval]:
    """The rows of the newest round in the order of the seats, with members and remarks."""
    if paper.pk is None:
        return []
    return list(
        paper.approvals.filter(round=last_round(paper))
        .select_related("member__person", "member__council", "registered_by")
        .prefetch_related("remarks__item")
    )


@dataclass
class Standing:
    """How far the approval of a paper has come, for people."""

    paper: Paper
    rows: list[Approval]
    version: str
    today: datetime.date = field(default_factory=timezone.localdate)

    @classmethod
    def of(cls, paper: Paper) -> "Standing":
        standing = cls(paper, asked_in_last_round(paper), text_version(paper))
        for row in standing.rows:
            row.is_of_earlier_text = bool(row.answer) and row.text_version != standing.version
            row.is_late = bool(row.answered_at and row.due_on and timezone.localdate(row.answered_at) > row.due_on)
        return standing

    @property
    def number(self) -> int:
        return self.rows[0].round if self.rows else 0

    @property
    def is_open(self) -> bool:
        return any(row.closed_at is None for row in self.rows)

    @property
    def due_on(self) -> datetime.date | None:
        return self.rows[0].due_on if self.rows else None

    @property
    def asked_at(self) -> datetime.datetime | None:
        return self.rows[0].asked_at if self.rows else None

    @property
    def is_overdue(self) -> bool:
        return bool(self.is_open and self.due_on and self.due_on < self.today)

    @property
    def approved(self) -> list[Approval]:
        return [row for row in self.rows if row.answer == Approval.Answer.APPROVED and not row.is_of_earlier_text]

    @property
    def approved_earlier(self) -> list[Approval]:
        return [row for row in self.rows if row.answer == Approval.Answer.APPROVED and row.is_of_earlier_text]

    @property
    def wanting_changes(self) -> list[Approval]:
        return [row for row in self.rows if row.answer == Approval.Answer.REMARKS]

    @property
    def missing(self) -> list[Approval]:
        return [row for row in self.rows if not row.answer]

    @property
    def reachable(self) -> list[Approval]:
        """Those who have not answered and can be written to."""
        return [row for row in self.missing if row.member.person and row.member.person.email]

    @property
    def in_words(self) -> str:
        """Who has said what. Silence is called silence."""
        earlier = len(self.approved_earlier)
        parts = [
            f"{len(self.approved)} har godkendt",
            f"{earlier} godkendte en tidligere udgave" if earlier else "",
            f"{len(self.wanting_changes)} har bemærkninger" if self.wanting_changes else "",
            f"{len(self.missing)} har ikke svaret" if self.missing else "",
        ]
        return f"{len(self.rows)} er spurgt: {join_words([part for part in parts if part])}."

    @property
    def next_step(self) -> str:
        """What helps most now: look (at remarks), wait, decide (the deadline has gone), close; "" outside a round."""
        if not self.is_open:
            return ""
        if self.waiting_remarks:
            return "look"
        if self.missing:
            return "decide" if self.is_overdue else "wait"
        return "close"

    @property
    def remarks(self) -> list[Remark]:
        return [remark for row in self.rows for remark in _with_row(row)]

    @property
    def waiting_remarks(self) -> list[Remark]:
        return [remark for remark in self.remarks if not remark.handled_at]


def _with_row(row: Approval) -> list[Remark]:
    remarks = list(row.remarks.all())
    for remark in remarks:
        remark.approval = row
    return remarks


def is_settled(approval: Approval) -> bool:
    """Whether it is too late to answer: the round is closed, the paper approved by another way, or the answer sent."""
    paper = approval.paper
    return bool(approval.closed_at or paper.approved_on or (isinstance(paper, Hearing) and paper.answered_on))


def lock(paper: Paper) -> Paper:
    """The paper as it is now, under a lock until the transaction ends. Its meeting is locked first, as the pages do."""
    if isinstance(paper, Minutes):
        Meeting.objects.select_for_update(of=("self",)).get(pk=paper.meeting_id)
    paper.refresh_from_db(from_queryset=type(paper)._base_manager.select_for_update(of=("self",)))
    return paper


def due_day(paper: Paper) -> datetime.date:
    """The last day for an answer that the council's rules give; an answer to a hearing has its own deadline too."""
    day = timezone.localdate() + datetime.timedelta(days=council_of(paper).approval_days)
    if isinstance(paper, Hearing) and paper.deadline and timezone.localdate() <= paper.deadline < day:
        return paper.deadline
    return day


@transaction.atomic
def ask(paper: Paper, *, due_on: datetime.date, after_round: int) -> list[Approval]:
    """Ask every member in a new round, which closes the last one. Settled if it is not the round that she saw."""
    lock(paper)
    if paper.approved_on or last_round(paper) != after_round:
        raise Settled
    members = members_to_ask(paper)
    if not members:
        return []
    now = timezone.now()
    paper.approvals.filter(closed_at=None).update(closed_at=now)
    rows = [
        paper.approvals.create(member=member, round=after_round + 1, asked_at=now, due_on=due_on) for member in members
    ]
    for row in rows:
        _write(row, "approval", key="asked")
    if isinstance(paper, Minutes):
        paper.approval_asked_on = timezone.localdate(now)
        paper.save(update_fields=["approval_asked_on", "updated_at"])
    return rows


@transaction.atomic
def close(paper: Paper, *, how: str, on: datetime.date) -> None:
    """The council has approved it. No link of the round works any more."""
    lock(paper)
    if paper.approved_on:
        raise Settled
    paper.approved_on, paper.approved_how = on, how
    paper.save(update_fields=["approved_on", "approved_how", "updated_at"])
    paper.approvals.filter(closed_at=None).update(closed_at=timezone.now())


@transaction.atomic
def reopen(paper: Paper) -> None:
    """Take the approval back. The members' links of the last round work again."""
    lock(paper)
    if not paper.approved_on:
        raise Settled
    paper.approved_on, paper.approved_how = None, ""
    paper.save(update_fields=["approved_on", "approved_how", "updated_at"])
    paper.approvals.filter(round=last_round(paper)).update(closed_at=None)


def at_meeting(held: Meeting) -> str:
    """How a paper was approved, as it says it itself."""
    return f"på mødet den {long_date(held.date)}"


def meetings_that_may_have_approved(paper: Paper) -> list[Meeting]:
    """Meetings held since, the likeliest first.

    Minutes: the next one of the same kind; last the meeting itself, as some councils read the minutes before they part.
    """
    held = council_of(paper).meetings.filter(is_cancelled=False, date__lte=timezone.localdate())
    if isinstance(paper, Hearing):
        return list(held.filter(date__gte=paper.received_on))
    meeting = paper.meeting
    later = Q(date__gt=meeting.date) | Q(date=meeting.date, ordinal__gt=meeting.ordinal)
    since = held.filter(later).order_by("date", "ordinal")
    return [*sorted(since, key=lambda other: other.kind != meeting.kind), meeting]


# Answers


@transaction.atomic
def answer(approval: Approval, *, answer: str, remarks: dict[int | None, str], version: str, by=None) -> Approval:
    """What she says about that version of the text; what she said before and nobody has looked at is replaced.

    `remarks` has a text for each item, None for the whole; an empty text takes the remark back. `by` is the user who
    writes down what she said by phone. Settled when the round is closed.
    """
    row = Approval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    if is_settled(row):
        raise Settled
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


# Letters


def link(approval: Approval) -> str:
    """The member's own address. It is hers while she has the seat, and nobody else's afterwards."""
    until = approval.asked_at + datetime.timedelta(days=LINK_DAYS)
    token = make_token(KIND, approval.pk, approval.member.person_id, until=until)
    return settings.SITE_URL + reverse("approve", args=[approval.member.municipality.slug, token])


SUBJECTS = {"approval": "Vil du godkende {}?", "approval_reminder": "Vi mangler dit svar om {}"}


def name_of(paper: Paper) -> str:
    """What it is called in a sentence: referatet af mødet den 3. marts 2025, høringssvaret om »Ny boligpolitik«."""
    if isinstance(paper, Minutes):
        return f"referatet af mødet den {long_date(paper.meeting.date)}"
    return f"høringssvaret om »{hide_cpr(paper.title)}«"


def _write(approval: Approval, template: str, *, key: str) -> bool:
    """The letter to the member, if she has an address. False when she has none or was told already."""
    person = approval.member.person
    key = f"approval:{approval.pk}:{key}"
    if not (person and person.email) or Letter.objects.filter(key=key).exists():
        return False
    paper = approval.paper
    council = council_of(paper)
    context = {
        "approval": approval,
        "person": person,
        "council": council,
        "name": name_of(paper),
        "is_late": approval.due_on is not None and approval.due_on < timezone.localdate(),
        "link": link(approval),
    }
    Letter.objects.write(
        municipality=council.municipality,
        key=key,
        to=person.email,
        to_name=str(person),
        subject=SUBJECTS[template].format(name_of(paper))[:200],
        text=render_to_string(f"email/{template}.txt", context),
    )
    return True


@transaction.atomic
def remind(paper: Paper) -> int:
    """Write to those who have not answered, at most once a day. How many were written to."""
    lock(paper)
    standing = Standing.of(paper)
    if not standing.is_open or paper.approved_on:
        raise Settled
    return sum(_write(row, "approval_reminder", key=_by_hand(standing.today)) for row in standing.reachable)


def _by_hand(day: datetime.date) -> str:
    return f"reminder:{day.isoformat()}"


def remind_before_deadline(now: datetime.datetime) -> int:
    """Once, in the last two days before the deadline, those who have not answered; not on the day they were asked."""
    today = timezone.localdate(now)
    rows = (
        Approval.objects.filter(
            answer="", closed_at=None, due_on__gte=today, due_on__lte=today + datetime.timedelta(days=REMIND_DAYS)
        )
        .filter(minutes__approved_on=None, hearing__approved_on=None, hearing__answered_on=None)
        .filter(asked_at__lt=timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0))
        .select_related(
            "member__person", "member__council__municipality", "minutes__meeting__council__municipality",
            "hearing__council__municipality",
        )
    )  # fmt: skip
    written = 0
    for row in rows:
        reminded = Letter.objects.filter(key=f"approval:{row.pk}:{_by_hand(today)}").exists()
        if not reminded and still_sits(row.member):
            written += _write(row, "approval_reminder", key="reminder:due")
    return written
