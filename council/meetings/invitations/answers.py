"""Replies to invitations, expected attendance, and whether the council has a quorum."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from council.models import Attendance, Invitation, Meeting, Membership


def begins_at(meeting: Meeting) -> datetime.datetime:
    """Return the start of the meeting, or the end of its day if it has no time. No reply is accepted after it."""
    if meeting.starts_at:
        return timezone.make_aware(datetime.datetime.combine(meeting.date, meeting.starts_at))
    return timezone.make_aware(datetime.datetime.combine(meeting.date + datetime.timedelta(1), datetime.time.min))


def seats_at(meeting: Meeting) -> QuerySet[Membership]:
    """Return the seats that are occupied on the day of the meeting."""
    return (
        Membership.objects.on(meeting.date)
        .filter(council=meeting.council_id, is_vacant=False)
        .select_related("person", "council__municipality")
    )


def save_reply(invitation: Invitation, reply: str) -> None:
    """Save a reply, given by link or by phone. The last one counts."""
    if invitation.reply != reply:
        invitation.reply, invitation.replied_at = reply, timezone.now()
        invitation.save(update_fields=["reply", "replied_at"])


@dataclass
class ExpectedAttendance:
    """A seat with its expected attendance; `status` is empty without a reply."""

    member: Membership
    status: str
    substitute_for: Membership | None = None


_STATUS = {Invitation.Reply.COMING: Attendance.Status.PRESENT, Invitation.Reply.EXCUSED: Attendance.Status.EXCUSED}


def expected_attendance(meeting: Meeting, seats: Iterable[Membership] | None = None) -> list[ExpectedAttendance]:
    """Return the seats with their replies, in the council's order, then the substitutes called in.

    `seats` are those of the day of the meeting, if they are already fetched.
    """
    invitations = {
        invitation.member_id: invitation
        for invitation in meeting.invitations.called().select_related(
            "member__person", "member__council", "called_for__person", "called_for__council"
        )
    }
    expected, substitutes = [], []
    for seat in seats_at(meeting) if seats is None else seats:
        invitation = invitations.get(seat.pk)
        status = _STATUS.get(invitation.reply, "") if invitation else ""
        if seat.is_substitute:
            if invitation:
                substitutes.append(ExpectedAttendance(seat, status, invitation.called_for))
        else:
            expected.append(ExpectedAttendance(seat, status))
    return expected + substitutes


@dataclass(frozen=True)
class Quorum:
    """Voting seats that are filled, and the number that the council's rule requires (`needed`; 0 without a rule)."""

    coming: int
    seats: int
    silent: int
    needed: int

    @property
    def is_met(self) -> bool:
        return self.coming >= self.needed

    @property
    def text(self) -> str:
        coming = f"{self.coming} af {self.seats} kommer."
        if not self.needed:
            return coming
        if self.is_met:
            return f"{coming} Rådet er beslutningsdygtigt."
        missing = self.needed - self.coming
        more = f"Der skal komme {missing} mere" if missing == 1 else f"Der skal komme {missing} flere"
        if missing > self.silent:
            return f"{coming} Rådet er ikke beslutningsdygtigt. {more}. Indkald en suppleant."
        return f"{coming} {more}, før rådet er beslutningsdygtigt."


def quorum_of(meeting: Meeting, expected: list[ExpectedAttendance] | None = None) -> Quorum:
    """Count the voting seats that are filled. A substitute counts for the replaced member; each seat counts once."""
    expected = expected_attendance(meeting) if expected is None else expected
    voting = {one.member.pk for one in expected if one.member.is_voting and one.substitute_for is None}
    voting -= {one.member.pk for one in expected if one.member.is_substitute}
    coming, silent = set(), set()
    for one in expected:
        seat = one.substitute_for.pk if one.substitute_for else one.member.pk
        if seat in voting:
            if one.status == Attendance.Status.PRESENT:
                coming.add(seat)
            elif not one.status:
                silent.add(seat)
    return Quorum(len(coming), len(voting), len(silent - coming), meeting.council.quorum_needed(len(voting)))
