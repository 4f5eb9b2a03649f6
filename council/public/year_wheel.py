"""Year wheel (årshjul): a council's year drawn as SVG from plain events, without the database.

Each marker shows a shape and the day of the month. The list beside the wheel on the page has the details and is its
text alternative.
"""

import calendar
import datetime
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from udsat.lib.danish import join_words

MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")

# All lengths are in units of the view box, about 0.9 CSS pixel on the narrowest phone.
SIZE = 360
CENTRE = SIZE / 2
RIM, BAND, HUB = 178, 143, 56  # outer and inner radius of the ring of months; radius of the middle
LANES = (127, 99, 72)  # radii of the circles of markers, outermost first
MARKER = 13  # every marker fits inside a circle of this radius
GAP = 27  # from centre to centre of neighbours, so two markers never touch


class Shape(TextChoices):
    MEETING = "moede", "Møde i rådet"
    OTHER = "andet", "Andet møde"
    VISIT = "besoeg", "Besøg"
    DEADLINE = "frist", "Frist for at svare på en høring"


# Meetings on the outermost circle, other events inside.
_PREFERRED_LANE = {Shape.MEETING: 0, Shape.OTHER: 0, Shape.VISIT: 1, Shape.DEADLINE: 1}
_WORDS = {
    Shape.MEETING: ("møde", "møder"),
    Shape.OTHER: ("andet møde", "andre møder"),
    Shape.VISIT: ("besøg", "besøg"),
    Shape.DEADLINE: ("svarfrist", "svarfrister"),
}


@dataclass(frozen=True)
class Event:
    date: datetime.date
    shape: Shape = Shape.MEETING
    is_cancelled: bool = False
    is_next: bool = False


@dataclass(frozen=True)
class MarkerPosition:
    """Position of a marker and of its day, in degrees clockwise from New Year at the top."""

    event: Event
    radius: float
    angle: float
    day_angle: float

    @property
    def point(self) -> tuple[float, float]:
        return _point(self.radius, self.angle)


def draw(year: int, events: Iterable[Event], today: datetime.date) -> SafeString:
    """Return the year as SVG. Ignore events of other years; count, but do not draw, more than fit the wheel."""
    events = sorted((e for e in events if e.date.year == year), key=lambda e: (e.date, e.shape))
    positions = position_markers(events)
    parts = [
        f'<svg class="wheel" viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{escape(summary(year, events))}">',
        f'<circle class="wheel-face" cx="{CENTRE:g}" cy="{CENTRE:g}" r="{BAND}"/>',
        *_elapsed(year, today),
        *(part for month in range(12) for part in _month(month, year, today)),
        *_today(year, today),
        *(_leader(position) for position in positions),
        *(
            _marker(p.event.shape, str(p.event.date.day), p.event.is_cancelled, p.event.is_next, *p.point)
            for p in positions
        ),
        f'<circle class="wheel-hub" cx="{CENTRE:g}" cy="{CENTRE:g}" r="{HUB}"/>',
        *_hub(year, events, len(events) - len(positions)),
        "</svg>",
    ]
    return mark_safe("".join(parts))  # numbers and constants; the label is escaped above


def marker(event: Event) -> SafeString:
    """Return the marker of an event as SVG of its own, for the list."""
    return _single(_marker(event.shape, str(event.date.day), event.is_cancelled, event.is_next))


def legend(events: Iterable[Event]) -> list[tuple[SafeString, str]]:
    """Return marker and label of each shape among the events."""
    shapes = {event.shape for event in events}
    return [(_single(_marker(shape)), shape.label) for shape in Shape if shape in shapes]


def summary(year: int, events: Iterable[Event]) -> str:
    """Return the text alternative: the number of events of each shape."""
    counts = Counter(event.shape for event in events if not event.is_cancelled)
    words = [f"{n} {_WORDS[shape][n != 1]}" for shape in Shape if (n := counts[shape])]
    return f"Årshjul for {year}: {join_words(words) or 'ingen møder'}. Listen har alle datoer."


def position_markers(events: list[Event]) -> list[MarkerPosition]:
    """Return a position for each event, in the given order (by date), so that no two markers touch.

    A marker is at its day if one of the circles has room there. In a crowd, neighbours move to both sides and keep
    their order. Events that no circle has room for are left out.
    """
    lanes: list[list[Event]] = [[] for _ in LANES]
    free = [-math.inf] * len(LANES)  # the first angle at which the next marker of a lane would not touch the last
    for event in events:
        angle = _angle(event.date)
        preferred = _PREFERRED_LANE[event.shape]
        roomy = [n for n, lane in enumerate(lanes) if len(lane) < _capacity(n)]
        if not roomy:
            break
        lane = min(roomy, key=lambda n: (max(0.0, free[n] - angle), abs(n - preferred)))
        lanes[lane].append(event)
        free[lane] = max(free[lane], angle) + _gap(lane)
    return [
        MarkerPosition(event, LANES[n], angle, _angle(event.date))
        for n, lane in enumerate(lanes)
        for event, angle in zip(lane, _spread([_angle(e.date) for e in lane], _gap(n)), strict=True)
    ]


def _gap(lane: int) -> float:
    """Return the angle, in degrees, between neighbours of the circle whose centres are GAP apart."""
    return math.degrees(2 * math.asin(GAP / 2 / LANES[lane]))


def _capacity(lane: int) -> int:
    return int(360 // _gap(lane))


def _spread(angles: list[float], gap: float) -> list[float]:
    """Move the ascending angles as little as possible (least squares) to be at least `gap` apart within the year.

    Pool adjacent violators: neighbours that would touch become one block around the mean of their own angles.
    """
    if not angles:
        return []
    blocks: list[tuple[float, int]] = []  # mean of (angle - index * gap), size
    for n, angle in enumerate(angles):
        mean, size = angle - n * gap, 1
        while blocks and blocks[-1][0] > mean:
            other, count = blocks.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]

    def within(low: float, high: float) -> list[float]:
        high -= (len(angles) - 1) * gap
        return [min(max(start, low), high) + n * gap for n, start in enumerate(means)]

    margin = gap / 2
    moved = within(min(margin, angles[0]), max(360 - margin, angles[-1]))
    # December and January are neighbours too.
    return within(margin, 360 - margin) if moved[-1] - moved[0] > 360 - gap else moved


def _angle(day: datetime.date) -> float:
    days = 366 if calendar.isleap(day.year) else 365
    return (day.timetuple().tm_yday - 0.5) / days * 360


def _month_start(month: int, year: int) -> float:
    """Return the angle at the start of the month (0 to 12)."""
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
    """The sector of the current year from New Year to today."""
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


def _leader(position: MarkerPosition) -> str:
    """Line from the day on the ring of months to a marker that is not right beside it."""
    if position.radius == LANES[0] and abs(position.angle - position.day_angle) < 2:
        return ""
    tick = f"M{_xy(BAND, position.day_angle)}L{_xy(BAND - 5, position.day_angle)}"
    return f'<path class="wheel-leader" d="{tick}L{_xy(position.radius, position.angle)}"/>'


_OUTLINES = {
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
        f"{_OUTLINES[shape]}{ring}{label}{strike}</g>"
    )


def _single(marker: str) -> SafeString:
    # Safe: numbers and constants only.
    return mark_safe(f'<svg class="wheel-key" viewBox="-16 -16 32 32" aria-hidden="true">{marker}</svg>')


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
