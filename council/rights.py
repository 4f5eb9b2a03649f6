"""Who may write agenda items, and what a public agenda or public minutes lock.

A role gives abilities in a municipality (`udsat/lib/roles.py`). On top of them:

- Public minutes lock all fields of an item except `UNLOCKED_FIELDS`. They are changed on the correction page
  (`council/meetings/corrections.py`), which publishes the change at once.
- A public agenda locks the fields of the agenda for users who may not publish. They may still write the minutes.
"""

from collections.abc import Iterable
from enum import StrEnum

from council.models import AgendaItem, Meeting
from udsat.lib import roles
from udsat.models import User

# Fields of an item that a public agenda does not lock.
MINUTES_FIELDS = frozenset({*AgendaItem.MINUTES_FIELDS, "answer", "internal_note"})
# Fields of an item that public minutes do not lock.
UNLOCKED_FIELDS = frozenset({"internal_note", "themes", "goals", "causes"})


class ItemLock(StrEnum):
    NONE = ""
    AGENDA = "agenda"
    MINUTES = "minutes"


def item_lock(user: User, meeting: Meeting | None) -> ItemLock:
    """Return which public paper locks the items of the meeting for the user."""
    if meeting is None:
        return ItemLock.NONE
    if (minutes := meeting.paper("minutes")) and minutes.is_live:
        return ItemLock.MINUTES
    agenda = meeting.paper("agenda")
    if agenda and agenda.is_live and not user.may(roles.PUBLISH, _municipality(meeting)):
        return ItemLock.AGENDA
    return ItemLock.NONE


def may_write_items(user: User, meeting: Meeting | None) -> bool:
    """Whether the user may write any field of an item."""
    municipality = _municipality(meeting)
    return user.may(roles.EDIT, municipality) and (
        item_lock(user, meeting) != ItemLock.MINUTES or user.may(roles.PUBLISH, municipality)
    )


def may_edit_agenda(user: User, meeting: Meeting | None) -> bool:
    """Whether the user may add, remove and rewrite items."""
    return may_write_items(user, meeting) and not item_lock(user, meeting)


def locked_item_fields(user: User, meeting: Meeting | None, fields: Iterable[str]) -> list[str]:
    """Return the names in `fields` that are read-only for the user in an item."""
    match item_lock(user, meeting):
        case ItemLock.MINUTES:
            return [name for name in fields if name not in UNLOCKED_FIELDS]
        case ItemLock.AGENDA:
            return [name for name in fields if name not in MINUTES_FIELDS]
    return []


def _municipality(meeting):
    """Return the municipality, or None while the form of a new meeting has no council."""
    return getattr(meeting, "municipality", None)
