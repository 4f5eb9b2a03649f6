from .agreement import Agreement
from .attachment import Attachment
from .attendance import Attendance
from .correspondence import Approval, Invitation, Proposal, Remark
from .council import Cause, Council, StandardItem, WorkingGroup
from .desk import DeskClash, DeskEdit, DeskPresence, DeskRow
from .edition import Edition
from .hearing import Hearing
from .input import Input
from .item import AgendaItem
from .meeting import FormerDate, Meeting
from .news import News
from .papers import IN_WRITING, Agenda, Minutes
from .people import Membership, Person
from .public_items import PublicItem, latest_decisions, public_decisions, public_items, with_parts
from .subscription import Follower, Notice, Subscription

__all__ = [
    "IN_WRITING",
    "Agenda",
    "AgendaItem",
    "Agreement",
    "Approval",
    "Attachment",
    "Attendance",
    "Cause",
    "Council",
    "DeskClash",
    "DeskEdit",
    "DeskPresence",
    "DeskRow",
    "Edition",
    "Follower",
    "FormerDate",
    "Hearing",
    "Input",
    "Invitation",
    "Meeting",
    "Membership",
    "Minutes",
    "News",
    "Notice",
    "Person",
    "Proposal",
    "PublicItem",
    "Remark",
    "StandardItem",
    "Subscription",
    "WorkingGroup",
    "latest_decisions",
    "public_decisions",
    "public_items",
    "with_parts",
]
