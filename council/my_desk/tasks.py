"""Tasks of »Mit bord«, and the meetings they are derived from."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, IntegerChoices, Q
from django.urls import reverse
from django.utils import timezone

from council.meetings import progress
from council.models import Meeting, Proposal
from udsat.lib import roles
from udsat.lib.publishing import Status
from udsat.models import Municipality, Publishable, User


class Severity(IntegerChoices):
    """Severity of a task, in display order. Each has a sign and a label, so that colour is never the only cue."""

    LATE = 1, "Over tiden"
    SOON = 2, "Snart"
    READY = 3, "Klar til dig"
    SOMETIME = 4, "Når du har tid"

    @property
    def sign(self) -> str:
        return {1: "!", 2: "◔", 3: "→", 4: "○"}[self]


@dataclass(frozen=True)
class Task:
    title: str
    reason: str
    severity: Severity
    municipality: Municipality
    url: str
    button: str
    due_on: datetime.date | None = None
    # Abilities that a user needs. A change of public content requires both.
    abilities: tuple[str, ...] = (roles.EDIT,)

    def is_for(self, user: User) -> bool:
        return all(user.may(ability, self.municipality) for ability in self.abilities)


@dataclass
class MyDesk:
    """The meetings of a user's municipalities, read once for all tasks."""

    user: User
    now: datetime.datetime = field(default_factory=timezone.now)

    @property
    def today(self) -> datetime.date:
        return timezone.localdate(self.now)

    def in_days(self, days: int) -> datetime.date:
        return self.today + datetime.timedelta(days)

    def is_over(self, meeting: Meeting) -> bool:
        return progress.is_over(meeting, self.now)

    @cached_property
    def meetings(self) -> list[Meeting]:
        """Meetings of the past year and later, by date, with progress and the number of unanswered proposals."""
        unanswered = Count("proposals", filter=Q(proposals__state=Proposal.State.NEW), distinct=True)
        meetings = Meeting.objects.in_reach_of(self.user).filter(date__gte=self.in_days(-365), is_cancelled=False)
        meetings = progress.with_progress(meetings).annotate(unanswered_proposals=unanswered)
        return list(meetings.order_by("date", "starts_at", "ordinal"))

    @cached_property
    def coming(self) -> list[Meeting]:
        return [meeting for meeting in self.meetings if not self.is_over(meeting)]

    @cached_property
    def unfinished(self) -> list[Meeting]:
        """Past meetings that should have minutes and have no public ones."""
        return [
            meeting
            for meeting in self.meetings
            if self.is_over(meeting) and not progress.is_finished(meeting) and self._expects_minutes(meeting)
        ]

    def _expects_minutes(self, meeting):
        minutes = meeting.paper("minutes")
        return progress.has_minutes_stages(meeting) and not (minutes and minutes.status == Status.WITHDRAWN)

    def next_meetings(self) -> list[Meeting]:
        """The next meeting of each council, by date."""
        by_council = {}
        for meeting in self.coming:
            by_council.setdefault(meeting.council_id, meeting)
        return list(by_council.values())

    def later_meeting(self, meeting: Meeting) -> Meeting | None:
        """Return the first ordinary meeting of the council after `meeting` that is over."""
        later = (
            other
            for other in self.meetings
            if other.council_id == meeting.council_id
            and other.date > meeting.date
            and other.kind == Meeting.Kind.ORDINARY
            and self.is_over(other)
        )
        return next(later, None)


def relative_day(day: datetime.date, today: datetime.date) -> str:
    """i dag, i morgen, om 5 dage, i går, for 3 dage siden"""
    days = (day - today).days
    if abs(days) <= 1:
        return {-1: "i går", 0: "i dag", 1: "i morgen"}[days]
    return f"om {days} dage" if days > 0 else f"for {-days} dage siden"


def edit_abilities(obj: Publishable) -> tuple[str, ...]:
    return (roles.EDIT, roles.PUBLISH) if obj.is_live else (roles.EDIT,)


def change_url(obj) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def by_municipality(rows: Iterable) -> dict[Municipality, list]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.municipality].append(row)
    return grouped
