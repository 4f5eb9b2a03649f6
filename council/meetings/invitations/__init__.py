"""Calling the members to a meeting: letters with the agenda, their answers, and substitutes for those who stay away."""

from .answers import Expected, Quorum, begins_at, expected_attendance, give_answer, quorum_of
from .sending import (
    call_in,
    call_off,
    can_be_called,
    invite,
    invited_seats,
    send_scheduled_invitations,
    send_supplement,
    tell_change,
    time_and_place,
)

__all__ = [
    "Expected",
    "Quorum",
    "begins_at",
    "call_in",
    "call_off",
    "can_be_called",
    "expected_attendance",
    "give_answer",
    "invite",
    "invited_seats",
    "quorum_of",
    "send_scheduled_invitations",
    "send_supplement",
    "tell_change",
    "time_and_place",
]
