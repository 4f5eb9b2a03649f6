"""Meetings and hearing deadlines by year, with the year wheel."""

import datetime
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Min
from django.utils.safestring import SafeString

from council.models import Council, Hearing, Meeting
from council.models.papers import with_publication
from udsat.lib.publishing import visible_rows

from . import year_wheel
from .visible import visible

SHAPES = {
    Meeting.Kind.ORDINARY: year_wheel.Shape.MEETING,
    Meeting.Kind.EXTRAORDINARY: year_wheel.Shape.MEETING,
    Meeting.Kind.CONSTITUENT: year_wheel.Shape.MEETING,
    Meeting.Kind.VISIT: year_wheel.Shape.VISIT,
}


@dataclass
class YearEntry:
    """A meeting, or the deadline of a hearing."""

    event: year_wheel.Event
    meeting: Meeting | None = None
    hearing: Hearing | None = None

    def is_past(self, today: datetime.date) -> bool:
        return self.meeting.is_past if self.meeting else self.event.date < today

    @property
    def marker(self) -> SafeString:
        return year_wheel.marker(self.event)


@dataclass
class YearSection:
    """Entries of one year. The wheel, where there is one, shows all entries of that year."""

    number: int
    entries: list[YearEntry]
    wheel: SafeString | None = None
    legend: list[tuple[SafeString, str]] = field(default_factory=list)


@visible_rows
def _meeting_days(user, council):
    """Return the first day with a meeting in each year."""
    meetings = Meeting.objects.visible_to(user).filter(council=council)
    return meetings.order_by().values_list("date__year").annotate(first=Min("date"))


@visible_rows
def _deadlines(user, council):
    hearings = Hearing.objects.visible_to(user).filter(council=council, deadline__isnull=False)
    return hearings.order_by().values_list("deadline__year").annotate(first=Min("deadline"))


def first_days(user, council: Council) -> dict[int, datetime.date]:
    """Return the first day with a meeting or a deadline that the user may see, of each year that has one."""
    days: dict[int, datetime.date] = {}
    for year, day in (*_meeting_days(user, council=council.pk), *_deadlines(user, council=council.pk)):
        days[year] = min(day, days.get(year, day))
    return days


@visible_rows
def _meetings(user, council, start, end):
    return with_publication(visible(Meeting.objects.filter(council=council, date__gte=start, date__lte=end), user))


@visible_rows
def _hearings(user, council, start, end):
    return visible(Hearing.objects.filter(council=council, deadline__gte=start, deadline__lte=end), user)


def entries_between(user, council: Council, start: datetime.date, end: datetime.date) -> list[YearEntry]:
    """Return the meetings and deadlines of the period that the user may see, by date."""
    meetings, hearings = (rows(user, council=council.pk, start=start, end=end) for rows in (_meetings, _hearings))
    for row in (*meetings, *hearings):
        row.council = council
    return year_entries(meetings, hearings)


def coming_meetings(meetings) -> list[Meeting]:
    """Return the meetings that are to come, the next first, as `Meeting.objects.coming()`."""
    coming = [meeting for meeting in meetings if meeting.is_to_come]
    return sorted(coming, key=lambda m: (m.date, m.starts_at or datetime.time.min, m.ordinal))


def year_entries(meetings, hearings) -> list[YearEntry]:
    """Return meetings and deadlines by date. The next meeting that is not cancelled is marked."""
    next_meeting = next(iter(coming_meetings(meetings)), None)
    entries = [
        YearEntry(
            year_wheel.Event(
                m.date, SHAPES.get(m.kind, year_wheel.Shape.OTHER), m.is_cancelled, is_next=m is next_meeting
            ),
            meeting=m,
        )
        for m in meetings
    ] + [YearEntry(year_wheel.Event(h.deadline, year_wheel.Shape.DEADLINE), hearing=h) for h in hearings if h.deadline]
    return sorted(entries, key=lambda entry: (entry.event.date, entry.meeting.ordinal if entry.meeting else 0))


def year_sections(entries: list[YearEntry], today: datetime.date) -> tuple[list[YearSection], list[YearSection]]:
    """Return the years with coming entries, nearest first, and those with past entries, newest first.

    The year that is in both has its wheel among the coming ones.
    """

    def by_year(some_entries):
        groups = groupby(some_entries, lambda entry: entry.event.date.year)
        return [YearSection(number, list(group)) for number, group in groups]

    coming = by_year([entry for entry in entries if not entry.is_past(today)])
    past = by_year([entry for entry in reversed(entries) if entry.is_past(today)])
    for section in {section.number: section for section in [*past, *coming]}.values():
        events = [entry.event for entry in entries if entry.event.date.year == section.number]
        section.wheel, section.legend = year_wheel.draw(section.number, events, today), year_wheel.legend(events)
    return coming, past
