"""The årshjul: a council's year drawn as a wheel. A function from plain events to SVG; it asks no database.

The wheel shows when, never what: every marker is a day of the month. The list beside it on the page says the rest,
and is the wheel's text alternative.
"""

import calendar
import datetime
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from udsat.lib.danish import join_words

MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")

# All lengths in units of the view box. On the narrowest phone a unit is about 0.9 CSS pixel.
SIZE = 360
CENTRE = SIZE / 2
RIM, BAND, HUB = 178, 143, 56  # outer and inner radius of the ring of months; radius of the middle
LANES = (127, 99, 72)  # the circles on which markers sit, from the outside in
MARKER = 13  # every marker fits inside a circle of this radius
GAP = 27  # from centre to centre of neighbours, so two markers never touch


class Shape(StrEnum):
    MEETING = "moede"
    OTHER = "andet"
    VISIT = "besoeg"
    DEADLINE = "frist"


# Meetings run along the rim; what happens between them lies inside.
_LANE_OF = {Shape.MEETING: 0, Shape.OTHER: 0, Shape.VISIT: 1, Shape.DEADLINE: 1}
_WORDS = {
    Shape.MEETING: ("møde", "møder"),
    Shape.OTHER: ("andet møde", "andre møder"),
    Shape.VISIT: ("besøg", "besøg"),
    Shape.DEADLINE: ("svarfrist", "svarfrister"),
}
LEGEND = {
    Shape.MEETING: "Møde i rådet",
    Shape.OTHER: "Andet møde",
    Shape.VISIT: "Besøg",
    Shape.DEADLINE: "Frist for at svare på en høring",
}


@dataclass(frozen=True)
class Event:
    date: datetime.date
    shape: Shape = Shape.MEETING
    is_cancelled: bool = False
    is_next: bool = False


@dataclass(frozen=True)
class Place:
    """Where a marker sits, in degrees clockwise from New Year at the top, and which day it points to."""

    event: Event
    radius: float
    angle: float
    day_angle: float

    @property
    def point(self) -> tuple[float, float]:
        return _point(self.radius, self.angle)


def draw(year: int, events: Iterable[Event], today: datetime.date) -> SafeString:
    """The year as SVG. Events of other years are left out; more than the wheel can hold are counted, not drawn."""
    events = sorted((e for e in events if e.date.year == year), key=lambda e: (e.date, e.shape))
    places = place_markers(events)
    parts = [
        f'<svg class="wheel" viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{escape(summary(year, events))}">',
        f'<circle class="wheel-face" cx="{CENTRE:g}" cy="{CENTRE:g}" r="{BAND}"/>',
        *_elapsed(year, today),
        *(part for month in range(12) for part in _month(month, year, today)),
        *_today(year, today),
        *(_leader(place) for place in places),
        *(
            _marker(p.event.shape, str(p.event.date.day), p.event.is_cancelled, p.event.is_next, *p.point)
            for p in places
        ),
        f'<circle class="wheel-hub" cx="{CENTRE:g}" cy="{CENTRE:g}" r="{HUB}"/>',
        *_hub(year, events, len(events) - len(places)),
        "</svg>",
    ]
    return mark_safe("".join(parts))  # numbers and our own words only; the one text is escaped above


def marker(event: Event) -> SafeString:
    """One marker alone, as it looks on the wheel, for the list. The text beside it says the same."""
    return _alone(_marker(event.shape, str(event.date.day), event.is_cancelled, event.is_next))


def legend(events: Iterable[Event]) -> list[tuple[SafeString, str]]:
    """Marker and word of each shape that the events hold."""
    shapes = {event.shape for event in events}
    return [(_alone(_marker(shape)), LEGEND[shape]) for shape in Shape if shape in shapes]


def summary(year: int, events: Iterable[Event]) -> str:
    """What the wheel shows, in one sentence for those who do not see it."""
    counts = Counter(event.shape for event in events if not event.is_cancelled)
    words = [f"{n} {_WORDS[shape][n != 1]}" for shape in Shape if (n := counts[shape])]
    return f"Årshjul for {year}: {join_words(words) or 'ingen møder'}. Listen har alle datoer."


def place_markers(events: list[Event]) -> list[Place]:
    """A place for each event, in the order given (by date), none touching another.

    A marker sits on its day as long as one of the circles has room there. In a crowd neighbours share the room to
    both sides and keep their order. What no circle has room for is left out.
    """
    lanes: list[list[Event]] = [[] for _ in LANES]
    free = [-math.inf] * len(LANES)  # the first angle at which the next marker of a lane would not touch the last
    for event in events:
        angle = _angle(event.date)
        preferred = _LANE_OF[event.shape]
        roomy = [n for n, lane in enumerate(lanes) if len(lane) < _capacity(n)]
        if not roomy:
            break
        lane = min(roomy, key=lambda n: (max(0.0, free[n] - angle), abs(n - preferred)))
        lanes[lane].append(event)
        free[lane] = max(free[lane], angle) + _gap(lane)
    return [
        Place(event, LANES[n], angle, _angle(event.date))
        for n, lane in enumerate(lanes)
        for event, angle in zip(lane, _spread([_angle(e.date) for e in lane], _gap(n)), strict=True)
    ]


def _gap(lane: int) -> float:
    """The angle between neighbours on that circle whose centres are GAP apart, in degrees."""
    return math.degrees(2 * math.asin(GAP / 2 / LANES[lane]))


def _capacity(lane: int) -> int:
    return int(360 // _gap(lane))


def _spread(angles: list[float], gap: float) -> list[float]:
    """The rising angles moved as little as possible (least squares) to lie at least `gap` apart within the year.

    Pool adjacent violators: neighbours that would touch become one block around the mean of where they want to be.
    """
    if not angles:
        return []
    blocks: list[tuple[float, int]] = []  # mean of angle minus its place in the queue; how many
    for n, angle in enumerate(angles):
        mean, size = angle - n * gap, 1
        while blocks and blocks[-1][0] > mean:
            other, count = blocks.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        blocks.append((mean, size))
    wanted = [mean for mean, size in blocks for _ in range(size)]

    def within(low: float, high: float) -> list[float]:
        high -= (len(angles) - 1) * gap
        return [min(max(start, low), high) + n * gap for n, start in enumerate(wanted)]

    margin = gap / 2
    places = within(min(margin, angles[0]), max(360 - margin, angles[-1]))
    # December and January are neighbours too.
    return within(margin, 360 - margin) if places[-1] - places[0] > 360 - gap else places


def _angle(day: datetime.date) -> float:
    days = 366 if calendar.isleap(day.year) else 365
    return (day.timetuple().tm_yday - 0.5) / days * 360


def _month_start(month: int, year: int) -> float:
    """The angle at which the month (0 to 12) begins."""
    if month == 12:
        return 360
    days = 366 if calendar.isleap(year) else 365
    return (datetime.date(year, month + 1, 1).timetuple().tm_yday - 1) / days * 360


def _point(radius: float, angle: float) -> tuple[float, float]:
    turn = math.radians(angle)
    return CENTRE + radius * math.sin(turn), CENTRE - radius * math.cos(turn)


def _xy(radius: float, angle: float) -> str:
    x, y = _point(radius, angle)
    return f"{x:.1f} {y:.1f}"


def _month(month: int, year: int, today: datetime.date) -> list[str]:
    start, end = _month_start(month, year), _month_start(month + 1, year)
    now = " is-now" if (year, month + 1) == (today.year, today.month) else ""
    x, y = _point((RIM + BAND) / 2, (start + end) / 2)
    return [
        f'<path class="wheel-month{now}" d="M{_xy(RIM, start)}A{RIM} {RIM} 0 0 1 {_xy(RIM, end)}'
        f'L{_xy(BAND, end)}A{BAND} {BAND} 0 0 0 {_xy(BAND, start)}Z"/>',
        f'<text class="wheel-name{now}" x="{x:.1f}" y="{y:.1f}">{MONTHS[month]}</text>',
    ]


def _elapsed(year: int, today: datetime.date) -> list[str]:
    """The part of this year that has gone, as a clock shows it."""
    if year != today.year:
        return []
    angle = _angle(today)
    return [
        f'<path class="wheel-gone" d="M{CENTRE:g} {CENTRE:g}L{_xy(BAND, 0)}'
        f'A{BAND} {BAND} 0 {int(angle > 180)} 1 {_xy(BAND, angle)}Z"/>'
    ]


def _today(year: int, today: datetime.date) -> list[str]:
    if year != today.year:
        return []
    angle = _angle(today)
    return [f'<path class="wheel-today" d="M{_xy(HUB, angle)}L{_xy(BAND, angle)}"/>']


def _leader(place: Place) -> str:
    """From the day on the ring of months to a marker that could not sit right beside it."""
    if place.radius == LANES[0] and abs(place.angle - place.day_angle) < 2:
        return ""
    tick = f"M{_xy(BAND, place.day_angle)}L{_xy(BAND - 5, place.day_angle)}"
    return f'<path class="wheel-leader" d="{tick}L{_xy(place.radius, place.angle)}"/>'


_DRAWN = {
    Shape.MEETING: f'<circle r="{MARKER - 1}"/>',
    Shape.OTHER: f'<circle r="{MARKER - 1}"/>',
    Shape.VISIT: '<rect x="-10.5" y="-10.5" width="21" height="21" rx="4.5"/>',
    Shape.DEADLINE: '<path d="M-11.5 -11H11.5V2L0 12L-11.5 2Z"/>',
}


def _marker(
    shape: Shape, text: str = "", is_cancelled: bool = False, is_next: bool = False, x: float = 0, y: float = 0
) -> str:
    state = (" wheel-mark--cancelled" if is_cancelled else "") + (" wheel-mark--next" if is_next else "")
    ring = f'<circle class="wheel-ring" r="{MARKER + 1.5}"/>' if is_next else ""
    strike = '<path class="wheel-strike" d="M-9 9L9 -9"/>' if is_cancelled else ""
    label = f'<text y="{-2 if shape is Shape.DEADLINE else 0}">{text}</text>' if text else ""
    return (
        f'<g class="wheel-mark wheel-mark--{shape}{state}" transform="translate({x:.1f} {y:.1f})">'
        f"{_DRAWN[shape]}{ring}{label}{strike}</g>"
    )


def _alone(drawn: str) -> SafeString:
    return mark_safe(  # numbers and our own words only
        f'<svg class="wheel-key" viewBox="-16 -16 32 32" aria-hidden="true">{drawn}</svg>'
    )


def _hub(year: int, events: list[Event], left_out: int) -> list[str]:
    counts = Counter(event.shape for event in events if not event.is_cancelled)
    meetings = counts[Shape.MEETING] + counts[Shape.OTHER]
    lines = [f"{meetings} {'møde' if meetings == 1 else 'møder'}"]
    if left_out:
        lines.append(f"+ {left_out} i listen")
    return [
        f'<text class="wheel-year" x="{CENTRE:g}" y="{CENTRE - 10:g}">{year}</text>',
        *(
            f'<text class="wheel-count" x="{CENTRE:g}" y="{CENTRE + 16 + 16 * n:g}">{line}</text>'
            for n, line in enumerate(lines)
        ),
    ]
