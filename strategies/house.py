"""The strategy as a house: the promise is the roof, themes are rooms, goals are windows lit by how they are going.

Pure layout in whole units of the drawing (1 unit is about 1 CSS pixel): no database, no markup. The template
`strategies/_house.html` draws it. Two drawings are made, one for wide screens and one for phones.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

WIDE, NARROW = 480, 340  # width of the drawing; the narrow one is shown at about its own size on a phone of 360 px
WALL = 16  # from the edge of the drawing, the end of the eaves, to the wall
PAD = 14  # inside a room
LABEL_SIZE, LABEL_LINE = 16, 20
LABEL_LINES = 4
WINDOW_WIDTH, WINDOW_HEIGHT, WINDOW_GAP = 22, 28, 9
LINES_HEIGHT = 28  # the lines of text that stand for a theme told in prose
RIDGE = 8  # from the top of the drawing to the ridge
ROOF_SIZES = (22, 20, 18, 16)
ROOF_LINES = 4

# Widths in em of a bold sans-serif, a little more than Lato, Roboto and Segoe need. In the widest (Verdana, DejaVu)
# a line may reach into the padding of its room, never beyond.
_NARROW, _SLIM, _WIDE = set("ijlI|.,:;'’!"), set('ftr()-/ "”»«'), set("mwMW%@—…æÆœŒ&")


@dataclass(frozen=True)
class Room:
    """A theme: where it leads, what the room says, what is read aloud, and the status of each goal ("" for none)."""

    url: str
    title: str
    spoken: str
    goals: Sequence[str] = ()


@dataclass(frozen=True)
class Line:
    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Window:
    x: int
    y: int
    status: str


@dataclass(frozen=True)
class Placed:
    """A room in its place."""

    room: Room
    x: int
    y: int
    width: int
    height: int
    label: list[Line]
    windows: list[Window]
    prose: list[Line]  # lines of text in a room without goals; only their ends matter

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass(frozen=True)
class House:
    width: int
    height: int
    eaves: int  # where roof meets wall
    roof_size: int
    roof_text: list[Line]
    rooms: list[Placed] = field(default_factory=list)

    @property
    def roof(self) -> str:
        return f"M3 {self.eaves} {self.width // 2} {RIDGE} {self.width - 3} {self.eaves}Z"

    @property
    def chimney(self) -> str:
        x = self.width * 3 // 4
        return f"M{x} {self.eaves - 12}V{RIDGE + 14}h24v{self.eaves - 26 - RIDGE}Z"

    @property
    def walls(self) -> str:
        return f"M{WALL} {self.eaves}V{self.height - 2}H{self.width - WALL}V{self.eaves}"

    @property
    def ground(self) -> str:
        return f"M0 {self.height - 2}H{self.width}"


def text_width(text: str, size: int) -> float:
    """The width of bold text in units, rather too much than too little."""
    return size * sum(
        0.34 if c in _NARROW else 0.44 if c in _SLIM else 0.93 if c in _WIDE else 0.76 if c.isupper() else 0.63
        for c in text
    )


def wrap(text: str, size: int, widths: Sequence[float]) -> list[str] | None:
    """The text in lines no wider than `widths`, one for each; None if it does not fit without breaking a word."""
    lines: list[str] = []
    words = text.split()
    for width in widths:
        line = ""
        while words and text_width(f"{line} {words[0]}".strip(), size) <= width:
            line = f"{line} {words.pop(0)}".strip()
        if line:
            lines.append(line)
        elif lines and words:
            return None
        # A line at the top of a gable may be too short for any word: leave it empty and begin on the next.
    return None if words else lines


def balance(text: str, size: int, width: int, most: int) -> list[str]:
    """In as few lines as can be, at most `most`, and those as even as can be."""
    lines = wrap(text, size, [width] * most)
    if lines is None:
        return squeeze(text, size, [width] * most)
    narrower: list[str] | None = lines
    while narrower:
        lines = narrower
        width -= size // 2
        narrower = wrap(text, size, [width] * len(lines))
    return lines


def squeeze(text: str, size: int, widths: Sequence[float]) -> list[str]:
    """As `wrap`, but always fits: words that are too long are divided, and what is left over becomes »…«."""
    lines: list[str] = []
    words = text.split()
    for number, width in enumerate(widths, 1):
        line = ""
        while words:
            word = words[0]
            if text_width(f"{line} {word}".strip(), size) <= width:
                line = f"{line} {word}".strip()
                words.pop(0)
                continue
            if not line and text_width("aaa-", size) <= width:
                cut = len(word)
                while text_width(word[:cut] + "-", size) > width:
                    cut -= 1
                line, words[0] = word[:cut] + "-", word[cut:]
            break
        if words and number == len(widths):
            while line and text_width(line + "…", size) > width:
                line = line[:-1]
            line = line.rstrip(" -.,:;") + "…"
        if line:
            lines.append(line)
    return lines


def floors(rooms: int, columns: int) -> list[int]:
    """How many rooms on each floor from the top, as even as possible, the larger floors below."""
    count = -(-rooms // columns)
    few, more = divmod(rooms, count)
    return [few] * (count - more) + [few + 1] * more


def build(promises: Sequence[str], rooms: Sequence[Room], width: int, columns: int) -> House:
    """A house of that width with at most so many rooms side by side; fewer where their titles need more space.

    In the roof stands the first of the promises that there is room for; if for none, as much of the last as can be.
    """
    eaves, roof_size, roof_text = _roof(promises, width)
    plan = next(
        (
            floors(len(rooms), number)
            for number in range(min(columns, len(rooms)), 0, -1)
            if all(
                wrap(room.title, LABEL_SIZE, [room_width - 2 * PAD] * LABEL_LINES) is not None
                for room, room_width in zip(rooms, _widths(floors(len(rooms), number), width), strict=True)
            )
        ),
        [1] * len(rooms),
    )
    placed: list[Placed] = []
    top = eaves
    rest = iter(rooms)
    for count in plan:
        edges = [WALL + (width - 2 * WALL) * n // count for n in range(count + 1)]
        floor = [_furnish(next(rest), left, top, right - left) for left, right in pairwise(edges)]
        height = max(room.height for room in floor)
        placed += [_stretch(room, height) for room in floor]
        top += height
    return House(width, top + 2, eaves, roof_size, roof_text, placed)


def houses(promises: Sequence[str], rooms: Sequence[Room]) -> list[tuple[str, House]]:
    """The wide and the narrow drawing, with the class by which the stylesheet shows one of them."""
    return [("wide", build(promises, rooms, WIDE, 3)), ("narrow", build(promises, rooms, NARROW, 2))]


def _widths(plan: Sequence[int], width: int) -> Iterator[int]:
    for count in plan:
        yield from [(width - 2 * WALL) // count] * count


def _roof(promises: Sequence[str], width: int) -> tuple[int, int, list[Line]]:
    """Height of the eaves, size and lines of the roof's text: as few lines as can be, in as large letters."""
    for promise in promises:
        for lines in range(1, ROOF_LINES + 1):
            for size in ROOF_SIZES:
                eaves, baselines, widths = _gable(lines, size, width)
                if text := wrap(promise, size, widths):
                    return eaves, size, _centred(text, baselines, width)
    size = ROOF_SIZES[-1]
    eaves, baselines, widths = _gable(ROOF_LINES, size, width)
    return eaves, size, _centred(squeeze(promises[-1], size, widths), baselines, width)


def _gable(lines: int, size: int, width: int) -> tuple[int, list[int], list[float]]:
    """Height of the eaves above so many lines, and each line's place and width under the slopes."""
    eaves = RIDGE + width * (14 + 6 * lines) // 100
    baselines = [eaves - 14 - size * 6 // 5 * n for n in reversed(range(lines))]
    return eaves, baselines, [_under_roof(baseline - size, eaves, width) for baseline in baselines]


def _centred(text: Sequence[str], baselines: Sequence[int], width: int) -> list[Line]:
    return [Line(width // 2, y, line) for y, line in zip(baselines[-len(text) :], text, strict=True)]


def _under_roof(y: int, eaves: int, width: int) -> float:
    """How wide a text may be whose top is at y."""
    return max(0, (y - RIDGE) / (eaves - RIDGE) * width - 44)


def _furnish(room: Room, x: int, y: int, width: int) -> Placed:
    inner, middle = width - 2 * PAD, x + width // 2
    label = [
        Line(middle, y + PAD + LABEL_SIZE - 2 + LABEL_LINE * n, text)
        for n, text in enumerate(balance(room.title, LABEL_SIZE, inner, LABEL_LINES))
    ]
    below = y + PAD + LABEL_LINE * len(label) + 8
    per_row = max(1, (inner + WINDOW_GAP) // (WINDOW_WIDTH + WINDOW_GAP))
    windows = []
    rows = floors(len(room.goals), per_row)[::-1] if room.goals else []
    goals = iter(room.goals)
    for number, count in enumerate(rows):
        row = [next(goals) for _ in range(count)]
        left = middle - (count * (WINDOW_WIDTH + WINDOW_GAP) - WINDOW_GAP) // 2
        windows += [
            Window(left + n * (WINDOW_WIDTH + WINDOW_GAP), below + number * (WINDOW_HEIGHT + WINDOW_GAP), status)
            for n, status in enumerate(row)
        ]
    prose = [] if windows else [Line(middle, below + 4 + 10 * n, "") for n in range(3)]
    height = len(rows) * (WINDOW_HEIGHT + WINDOW_GAP) - WINDOW_GAP if rows else LINES_HEIGHT
    return Placed(room, x, y, width, below + height + PAD + 2 - y, label, windows, prose)


def _stretch(placed: Placed, height: int) -> Placed:
    """The room as high as its floor, with the windows at the bottom, in line with its neighbours'."""
    down = height - placed.height
    return replace(
        placed,
        height=height,
        windows=[replace(window, y=window.y + down) for window in placed.windows],
        prose=[replace(line, y=line.y + down) for line in placed.prose],
    )


def rooms_of(strategy, url_of: Callable) -> list[Room]:
    """The rooms of a strategy with content; `url_of(theme)` says where each leads."""
    rooms = []
    for theme in strategy.themes.all():
        goals = theme.all_goals
        spoken = f"{strategy.theme_label.capitalize()} {theme.number}: {theme.display_title}"
        if goals:
            spoken += f", {len(goals)} {strategy.goal_label if len(goals) == 1 else strategy.goal_label_plural}"
        rooms.append(
            Room(
                url=url_of(theme),
                title=theme.display_title,
                spoken=spoken,
                goals=[goal.status for goal in goals],
            )
        )
    return rooms
