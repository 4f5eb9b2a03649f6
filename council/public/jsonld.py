"""schema.org data of councils, meetings and news, limited to what their pages show."""

from strategies.jsonld import municipality_data
from udsat.lib.jsonld import absolute, moment, thing


def council(council):
    return _organization(council) | thing(
        "GovernmentOrganization",
        description=council.summary,
        telephone=council.phone,
        email=council.email,
        address=council.address,
        parentOrganization=municipality_data(council.municipality),
    )


def _organization(council):
    return thing("GovernmentOrganization", name=council.sender_name, url=absolute(council.get_absolute_url()))


def meeting(meeting, council):
    """`council` is None where the reader may not see it."""
    location = meeting.place or meeting.address
    return thing(
        "Event",
        name=meeting.display_title,
        url=absolute(meeting.get_absolute_url()),
        inLanguage="da",
        startDate=moment(meeting.date, meeting.starts_at),
        endDate=moment(meeting.date, meeting.ends_at) if meeting.ends_at else "",
        eventStatus=f"https://schema.org/Event{'Cancelled' if meeting.is_cancelled else 'Scheduled'}",
        # Councils meet in a room; meetings have no field for an online address.
        eventAttendanceMode="https://schema.org/OfflineEventAttendanceMode",
        isAccessibleForFree=True if meeting.is_open else None,
        location=thing("Place", name=location, address=meeting.address) if location else None,
        organizer=_organization(council) if council else None,
    )


def news(story):
    return thing(
        "NewsArticle",
        headline=story.title,
        description=story.lead,
        url=absolute(story.get_absolute_url()),
        inLanguage="da",
        datePublished=story.date.strftime("%Y-%m") if story.date_is_month else story.date.isoformat(),
        dateModified=story.updated_at.isoformat(timespec="seconds"),
        isBasedOn=story.source_url,
        author=municipality_data(story.municipality),
        publisher=municipality_data(story.municipality),
    )
