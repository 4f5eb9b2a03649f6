"""Meetings as calendar entries (RFC 5545) in files, subscriptions and e-mail invitations (RFC 5546)."""

import datetime
import re
from collections.abc import Iterable
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur, vUri

from council.models import Meeting
from council.models.meeting import DEFAULT_LENGTH

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
# Length of an entry for a meeting without an end time: calendars draw an entry without an end as a line.
HOUR = datetime.timedelta(hours=1)


def invitation_calendar(meeting: Meeting, attendee_email: str, attendee_name: str, method: str) -> str:
    """Return the calendar of an invitation (method "REQUEST") or of its cancellation ("CANCEL").

    For `Letter.objects.write(calendar=…)`. The sequence number is `meeting.calendar_sequence`, which is incremented
    when a meeting is saved with another date, time or place, or is cancelled.
    """
    if method not in {"REQUEST", "CANCEL"}:
        raise ValueError(f"The method must be REQUEST or CANCEL, not {method!r}.")
    event = _event(meeting, stamp=timezone.now(), is_public=meeting.is_published)
    if method == "CANCEL":
        event["STATUS"] = "CANCELLED"
    council = meeting.council
    # Outlook and Google send replies to the organizer. Members reply by the link in the e-mail, hence RSVP=FALSE.
    event["ORGANIZER"] = _person(council.mailbox or parseaddr(settings.DEFAULT_FROM_EMAIL)[1], council.sender_name)
    event["ATTENDEE"] = _person(
        attendee_email,
        attendee_name,
        CUTYPE="INDIVIDUAL",
        ROLE="REQ-PARTICIPANT",
        PARTSTAT="NEEDS-ACTION",
        RSVP="FALSE",
    )
    return _calendar(method, [event]).to_ical().decode()


def meetings_calendar(meetings: Iterable[Meeting], name: str = "") -> bytes:
    """Return the calendar of public meetings; `name` is for calendars that users subscribe to."""
    calendar = _calendar(
        "PUBLISH", [_event(meeting, stamp=meeting.last_changed, is_public=True) for meeting in meetings]
    )
    if name:
        calendar.add("NAME", _plain(name))
        # Non-standard names of NAME and REFRESH-INTERVAL (RFC 7986), for older programs.
        calendar.add("X-WR-CALNAME", _plain(name))
        calendar.add("X-PUBLISHED-TTL", "PT6H")
        calendar.add("REFRESH-INTERVAL", datetime.timedelta(hours=6), parameters={"VALUE": "DURATION"})
    return calendar.to_ical()


def _calendar(method: str, events: list[Event]) -> Calendar:
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Udsatteportalen//Udsat//DA")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method)
    if any("TZID" in event["DTSTART"].params for event in events):
        calendar.add_component(_copenhagen())
    for event in events:
        calendar.add_component(event)
    return calendar


def _event(meeting: Meeting, *, stamp: datetime.datetime, is_public: bool) -> Event:
    host = urlsplit(settings.SITE_URL).hostname
    event = Event()
    # Independent of date and place, so that calendars update the entry of a meeting that is moved.
    event.add("UID", f"moede-{meeting.pk}@{host}")
    event.add("SEQUENCE", meeting.calendar_sequence)
    event.add("DTSTAMP", stamp.astimezone(datetime.UTC))
    event.add("LAST-MODIFIED", meeting.last_changed.astimezone(datetime.UTC))
    _add_times(event, meeting)
    title = f"{meeting.council.sender_name}: {meeting.display_title}"
    # Many programs do not show STATUS.
    event.add("SUMMARY", _plain(f"Aflyst: {title}" if meeting.is_cancelled else title))
    event.add("STATUS", "CANCELLED" if meeting.is_cancelled else "CONFIRMED")
    if location := ", ".join(filter(None, (meeting.place, meeting.address))):
        event.add("LOCATION", _plain(location))
    url = f"{settings.SITE_URL}{meeting.get_absolute_url()}" if is_public else ""
    if url:
        event["URL"] = vUri(url)
    event.add("DESCRIPTION", _plain("\n".join(filter(None, (*_description(meeting), url)))))
    return event


def _description(meeting: Meeting) -> list[str]:
    if meeting.is_cancelled:
        return [f"Mødet er aflyst. {meeting.cancelled_reason}".strip()]
    return [
        f"{meeting.change_note}." if meeting.change_note else "",
        "" if meeting.starts_at else "Klokkeslættet er ikke sat endnu.",
        "Mødet er åbent for alle." if meeting.is_open else "Mødet er kun for rådet.",
        meeting.how_to_attend if meeting.is_open else "",
    ]


def _add_times(event: Event, meeting: Meeting) -> None:
    if meeting.starts_at is None:
        event.add("DTSTART", meeting.date)
        event.add("DTEND", meeting.date + datetime.timedelta(days=1))
        event.add("TRANSP", "TRANSPARENT")  # an all-day entry that does not block the day
        return
    starts = datetime.datetime.combine(meeting.date, meeting.starts_at, COPENHAGEN)
    ends = datetime.datetime.combine(meeting.date, meeting.ends_at, COPENHAGEN) if meeting.ends_at else None
    event.add("DTSTART", starts)
    event.add("DTEND", ends or starts + DEFAULT_LENGTH)


def _copenhagen() -> Timezone:
    """Return Danish time by the rule of Directive 2000/84/EC, in a form that Outlook accepts.

    icalendar's own component lists the two days of each year up to 2037, an hour late in spring.
    """
    zone = Timezone()
    zone.add("TZID", COPENHAGEN.key)
    for part, name, month, clock, before, after in (
        (TimezoneDaylight(), "CEST", 3, 2, HOUR, 2 * HOUR),
        (TimezoneStandard(), "CET", 10, 3, 2 * HOUR, HOUR),
    ):
        part.add("DTSTART", datetime.datetime(1996, month, 31 if month == 3 else 27, clock))
        part.add("RRULE", vRecur(freq="YEARLY", bymonth=month, byday="-1SU"))
        part.add("TZNAME", name)
        part.add("TZOFFSETFROM", before)
        part.add("TZOFFSETTO", after)
        zone.add_component(part)
    return zone


def _person(email: str, name: str, **parameters: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{_plain(email)}")
    for key, value in {"CN": _plain(name), **parameters}.items():
        person.params[key] = value
    return person


def _plain(text: str) -> str:
    """Normalise line breaks and remove other control characters, which RFC 5545 cannot express."""
    text = "\n".join(text.splitlines())
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", text)
