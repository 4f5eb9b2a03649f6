"""»Kan jeg komme med?«: what a citizen needs to know of a coming meeting. What nobody has said is left out."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from council.models import Council, Meeting
from udsat.lib.danish import fold

MAP = "https://www.openstreetmap.org/search"

# Word, field of the council, and whether it is true only where the meetings usually are.
FACTS = [
    ("Sådan finder du derhen", "directions", True),
    ("Trin, elevator og toilet", "access", True),
    ("Penge til rejsen", "travel_money", False),
    ("Mad og kaffe", "food", False),
    ("En ven eller bisidder", "companion", False),
    ("Tolk", "interpreter", False),
]


@dataclass
class ComeAlong:
    is_open: bool
    special: str  # what holds for this meeting alone
    map_url: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)  # what is usual
    next_open: Meeting | None = None


def come_along(meeting: Meeting, council: Council | None, others) -> ComeAlong:
    """`council` and `others` (meetings) are what this reader may see."""
    told = ComeAlong(meeting.is_open, meeting.how_to_attend, map_url(meeting))
    if meeting.is_open:
        told.facts = usual_facts(meeting, council)
    else:
        told.next_open = others.coming().filter(is_open=True).exclude(pk=meeting.pk).first()
    return told


def usual_facts(meeting: Meeting, council: Council | None) -> list[tuple[str, str]]:
    if council is None:
        return []
    at_home = bool(meeting.place) and fold(meeting.place.strip()) == fold(council.meeting_place.strip())
    found = [(word, getattr(council, name)) for word, name, needs_place in FACTS if at_home or not needs_place]
    return [(word, text) for word, text in found if text]


def map_url(meeting: Meeting) -> str:
    """A search on a map, at a site of its own; nothing of it is on our page. An invented address is on no map."""
    place = meeting.municipality
    if not meeting.address or place.is_fictional:
        return ""
    where = meeting.address if fold(place.name) in fold(meeting.address) else f"{meeting.address}, {place.name}"
    return f"{MAP}?{urlencode({'query': where})}"
