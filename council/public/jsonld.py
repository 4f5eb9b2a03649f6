"""schema.org data of councils, meetings and news, limited to what their pages show."""

from strategies.jsonld import municipality_data
from udsat.lib.jsonld import absolute_url, iso_datetime, schema_object


def council(council):
    return _organization(council) | schema_object(
        "GovernmentOrganization",
        description=council.summary,
        telephone=council.phone,
        email=council.email,
        address=council.address,
        parentOrganization=municipality_data(council.municipality),
    )


def _organization(council):
    url = absolute_url(council.get_absolute_url())
    return schema_object("GovernmentOrganization", name=council.sender_name, url=url)


def meeting(meeting, council):
    """Return the meeting as an Event. `council` is None if the reader may not see it."""
    location = meeting.place or meeting.address
    return schema_object(
        "Event",
        name=meeting.display_title,
        url=absolute_url(meeting.get_absolute_url()),
        inLanguage="da",
        startDate=iso_datetime(meeting.date, meeting.starts_at),
        endDate=iso_datetime(meeting.date, meeting.ends_at) if meeting.ends_at else "",
        eventStatus=f"https://schema.org/Event{_event_status(meeting)}",
        previousStartDate=meeting.former_date.isoformat() if meeting.former_date else "",
        # Councils meet in a room; meetings have no field for an online address.
        eventAttendanceMode="https://schema.org/OfflineEventAttendanceMode",
        isAccessibleForFree=True if meeting.is_open else None,
        location=schema_object("Place", name=location, address=meeting.address) if location else None,
        organizer=_organization(council) if council else None,
    )


def _event_status(meeting):
    if meeting.is_cancelled:
        return "Cancelled"
    return "Rescheduled" if meeting.former_date else "Scheduled"


def news(story):
    return schema_object(
        "NewsArticle",
        headline=story.title,
        description=story.lead,
        url=absolute_url(story.get_absolute_url()),
        inLanguage="da",
        datePublished=story.date.strftime("%Y-%m") if story.date_is_month else story.date.isoformat(),
        dateModified=story.last_changed.isoformat(timespec="seconds"),
        isBasedOn=story.source_url,
        author=municipality_data(story.municipality),
        publisher=municipality_data(story.municipality),
    )
