from .council import Agreement, Cause, Council, Hearing, News, WorkingGroup
from .meeting import Agenda, AgendaItem, Attachment, Attendance, Meeting, Minutes
from .people import Membership, Person

__all__ = [
    "Agenda",
    "AgendaItem",
    "Agreement",
    "Attachment",
    "Attendance",
    "Cause",
    "Council",
    "Hearing",
    "Meeting",
    "Membership",
    "Minutes",
    "News",
    "Person",
    "WorkingGroup",
]
