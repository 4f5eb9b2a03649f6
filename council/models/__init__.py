from .correspondence import Approval, Invitation, Proposal, Remark
from .council import Agreement, Cause, Council, Hearing, ItemKind, News, StandardItem, WorkingGroup
from .desk import DeskClash, DeskEdit, DeskPresence, DeskRow
from .edition import Edition
from .input import Input
from .item import AgendaItem, Attachment, Attendance, PublicItem, public_decisions, public_items
from .meeting import Agenda, FormerDate, Meeting, Minutes
from .people import Membership, Person
from .subscription import Follower, Notice, Subscription

__all__ = [
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
    "ItemKind",
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
    "public_decisions",
    "public_items",
]
