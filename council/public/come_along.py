"""The box "Kan jeg komme med?" on the page of a coming meeting: practical facts for citizens who want to attend."""

from urllib.parse import urlencode

from council.models import Council, Meeting
from udsat.lib.danish import fold
from udsat.models import Municipality

from .visible import visible_meetings

MAP_SEARCH = "https://www.openstreetmap.org/search"

# Label, field of the council, and whether it applies only at the council's usual meeting place.
USUAL_FACTS = [
    ("Sådan finder du derhen", "directions", True),
    ("Trin, elevator og toilet", "access", True),
    ("Penge til rejsen", "travel_money", False),
    ("Mad og kaffe", "food", False),
    ("En ven eller bisidder", "companion", False),
    ("Tolk", "interpreter", False),
]


def come_along(user, meeting: Meeting, municipality: Municipality) -> dict:
    """Return the context of the box as the user may see it. The municipality has its frame."""
    coming = visible_meetings(user, municipality).coming()
    return {
        "is_open": meeting.is_open,
        "special": meeting.how_to_attend,
        "map_url": map_url(meeting),
        "facts": usual_facts(meeting, municipality.visible_council) if meeting.is_open else [],
        "next_open": None if meeting.is_open else coming.filter(is_open=True).first(),
    }


def usual_facts(meeting: Meeting, council: Council | None) -> list[tuple[str, str]]:
    """Return label and text of each fact that the council has filled in and that applies at the meeting's place."""
    if council is None:
        return []
    is_usual_place = bool(meeting.place) and fold(meeting.place.strip()) == fold(council.meeting_place.strip())
    return [
        (label, text)
        for label, name, needs_place in USUAL_FACTS
        if (is_usual_place or not needs_place) and (text := getattr(council, name))
    ]


def map_url(meeting: Meeting) -> str:
    """Return a search at OpenStreetMap for the address; empty without an address and for an invented municipality."""
    municipality = meeting.municipality
    if not meeting.address or municipality.is_fictional:
        return ""
    in_address = fold(municipality.name) in fold(meeting.address)
    query = meeting.address if in_address else f"{meeting.address}, {municipality.name}"
    return f"{MAP_SEARCH}?{urlencode({'query': query})}"
