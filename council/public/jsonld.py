"""Councils, meetings and news as schema.org describes such things. Only what their pages say."""

from strategies.jsonld import municipality
from udsat.lib.jsonld import absolute, moment, thing


def council(found):
    return thing(
        "GovernmentOrganization",
        name=found.sender_name,
        description=found.summary,
        url=absolute(found.get_absolute_url()),
        telephone=found.phone,
        email=found.email,
        address=found.address,
        parentOrganization=municipality(found.municipality),
    )


def meeting(found, council):
    """`council` only where the reader may see it."""
    place = found.place or found.address
    return thing(
        "Event",
        name=found.display_title,
        url=absolute(found.get_absolute_url()),
        inLanguage="da",
        startDate=moment(found.date, found.starts_at),
        endDate=moment(found.date, found.ends_at) if found.ends_at else "",
        eventStatus=f"https://schema.org/Event{'Cancelled' if found.is_cancelled else 'Scheduled'}",
        # Every council meets in a room; there is no field for an address on the net.
        eventAttendanceMode="https://schema.org/OfflineEventAttendanceMode",
        isAccessibleForFree=True if found.is_open else None,
        location=thing("Place", name=place, address=found.address) if place else None,
        organizer=thing("GovernmentOrganization", name=council.sender_name, url=absolute(council.get_absolute_url()))
        if council
        else None,
    )


def news(found):
    return thing(
        "NewsArticle",
        headline=found.title,
        description=found.lead,
        url=absolute(found.get_absolute_url()),
        inLanguage="da",
        datePublished=found.date.strftime("%Y-%m") if found.date_is_month else found.date.isoformat(),
        dateModified=found.updated_at.isoformat(timespec="seconds"),
        isBasedOn=found.source_url,
        author=municipality(found.municipality),
        publisher=municipality(found.municipality),
    )
