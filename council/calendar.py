"""Meetings as calendar entries (RFC 5545), in a feed, in a file and in an invitation by e-mail (RFC 5546)."""

from council.models import Meeting


def invitation_calendar(meeting: Meeting, attendee_email: str, attendee_name: str, method: str) -> str:
    """The entry that an invitation brings (method "REQUEST"), or the one that takes it out again ("CANCEL").

    For `Letter.objects.write(calendar=…)`. Its number is `meeting.calendar_sequence`, which grows by itself when the
    meeting is saved with another date, time, place or title or is cancelled.
    """
    raise NotImplementedError
