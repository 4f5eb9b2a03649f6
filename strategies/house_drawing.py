"""Layout of a strategy as a house: vision in the roof, themes as rooms, goals as windows that show their status.

Plain geometry in units of about 1 CSS pixel, without database or markup. `strategies/_house.html` renders it, once for
wide screens and once for phones.
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
PROSE_HEIGHT = 28  # of the lines that represent the text of a theme without goals
RIDGE = 8  # from the top of the drawing to the ridge
ROOF_SIZES = (22, 20, 18, 16)
ROOF_LINES = 4

# Characters by width in bold sans-serif. The widths in em are slightly larger than in Lato, Roboto and Segoe; in
# Verdana and DejaVu, which are wider, a line may extend into the padding of its room but not beyond.
_NARROW, _SLIM, _WIDE = set("ijlI|.,:;'’!"), set('ftr()-/ "”»«'), set("mwMW%@—…æÆœŒ&")


@dataclass(frozen=True)
class Room:
    """A theme: its address, title, text for screen readers, and the status of each goal ("" for none)."""

    url: str
    title: str
    spoken: str
    goals: Sequence[str] = ()


@dataclass(frozen=True)
class SvgTextLine:
    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Window:
    x: int
    y: int
    status: str


@dataclass(frozen=True)
class PlacedRoom:
    """A room with its position, label and windows."""

    room: Room
    x: int
    y: int
    width: int
    height: int
    label: list[SvgTextLine]
    windows: list[Window]
    prose: list[SvgTextLine]  # lines of text in a room without goals; only their ends matter

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
    roof_text: list[SvgTextLine]
    rooms: list[PlacedRoom] = field(default_factory=list)

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
    """Return the width of bold text in units, at least as large as in common fonts."""
    return size * sum(
        0.34 if c in _NARROW else 0.44 if c in _SLIM else 0.93 if c in _WIDE else 0.76 if c.isupper() else 0.63
        for c in text
    )


def wrap(text: str, size: int, widths: Sequence[float]) -> list[str] | None:
    """Break the text into lines of at most the given widths; None if it does not fit without breaking a word."""
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
        # The first line of a gable may be too short for any word: continue on the next.
    return None if words else lines


def balance(text: str, size: int, width: int, max_lines: int) -> list[str]:
    """Break the text into as few and as even lines as possible, at most `max_lines`."""
    lines = wrap(text, size, [width] * max_lines)
    if lines is None:
        return squeeze(text, size, [width] * max_lines)
    narrower: list[str] | None = lines
    while narrower:
        lines = narrower
        width -= size // 2
        narrower = wrap(text, size, [width] * len(lines))
    return lines


def squeeze(text: str, size: int, widths: Sequence[float]) -> list[str]:
    """Like `wrap`, but divide words that are too long and end in »…« where the text does not fit."""
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
    """Return the number of rooms on each floor from the top: as even as possible, larger floors below."""
    count = -(-rooms // columns)
    few, more = divmod(rooms, count)
    return [few] * (count - more) + [few + 1] * more


def draw_house(roof_texts: Sequence[str], rooms: Sequence[Room], width: int, columns: int) -> House:
    """Lay out a house with at most `columns` rooms side by side, fewer where their titles need more space.

    The roof shows the first of the texts that fits, or else the beginning of the last.
    """
    eaves, roof_size, roof_text = _roof(roof_texts, width)
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
    placed: list[PlacedRoom] = []
    top = eaves
    rest = iter(rooms)
    for count in plan:
        edges = [WALL + (width - 2 * WALL) * n // count for n in range(count + 1)]
        floor = [_place_room(next(rest), left, top, right - left) for left, right in pairwise(edges)]
        height = max(room.height for room in floor)
        placed += [_stretch_to_floor(room, height) for room in floor]
        top += height
    return House(width, top + 2, eaves, roof_size, roof_text, placed)


def houses(roof_texts: Sequence[str], rooms: Sequence[Room]) -> list[tuple[str, House]]:
    """Return the wide and the narrow drawing, each with the CSS class by which the stylesheet shows one of them."""
    return [("wide", draw_house(roof_texts, rooms, WIDE, 3)), ("narrow", draw_house(roof_texts, rooms, NARROW, 2))]


def _widths(plan: Sequence[int], width: int) -> Iterator[int]:
    for count in plan:
        yield from [(width - 2 * WALL) // count] * count


def _roof(roof_texts: Sequence[str], width: int) -> tuple[int, int, list[SvgTextLine]]:
    """Return height of the eaves, font size and lines of the roof text, in few lines and large type."""
    for roof_text in roof_texts:
        for lines in range(1, ROOF_LINES + 1):
            for size in ROOF_SIZES:
                eaves, baselines, widths = _gable(lines, size, width)
                if text := wrap(roof_text, size, widths):
                    return eaves, size, _centred(text, baselines, width)
    size = ROOF_SIZES[-1]
    eaves, baselines, widths = _gable(ROOF_LINES, size, width)
    return eaves, size, _centred(squeeze(roof_texts[-1], size, widths), baselines, width)


def _gable(lines: int, size: int, width: int) -> tuple[int, list[int], list[float]]:
    """Return height of the eaves for a number of lines, and each line's baseline and width under the slopes."""
    eaves = RIDGE + width * (14 + 6 * lines) // 100
    baselines = [eaves - 14 - size * 6 // 5 * n for n in reversed(range(lines))]
    return eaves, baselines, [max(0, (y - size - RIDGE) / (eaves - RIDGE) * width - 44) for y in baselines]


def _centred(text: Sequence[str], baselines: Sequence[int], width: int) -> list[SvgTextLine]:
    return [SvgTextLine(width // 2, y, line) for y, line in zip(baselines[-len(text) :], text, strict=True)]


def _place_room(room: Room, x: int, y: int, width: int) -> PlacedRoom:
    inner, middle = width - 2 * PAD, x + width // 2
    label = [
        SvgTextLine(middle, y + PAD + LABEL_SIZE - 2 + LABEL_LINE * n, text)
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
    prose = [] if windows else [SvgTextLine(middle, below + 4 + 10 * n, "") for n in range(3)]
    height = len(rows) * (WINDOW_HEIGHT + WINDOW_GAP) - WINDOW_GAP if rows else PROSE_HEIGHT
    return PlacedRoom(room, x, y, width, below + height + PAD + 2 - y, label, windows, prose)


def _stretch_to_floor(placed: PlacedRoom, height: int) -> PlacedRoom:
    """Return the room with the height of its floor, its windows moved to the bottom."""
    down = height - placed.height
    return replace(
        placed,
        height=height,
        windows=[replace(window, y=window.y + down) for window in placed.windows],
        prose=[replace(line, y=line.y + down) for line in placed.prose],
    )


def rooms_of(strategy, url_of: Callable) -> list[Room]:
    """Return a room for each theme of a strategy from `with_content()`; `url_of(theme)` returns its address."""
    rooms = []
    for theme in strategy.themes.all():
        goals = theme.all_goals
        spoken = f"{strategy.theme_label.capitalize()} {theme.number}: {theme.display_title}"
        if goals:
            spoken += f", {len(goals)} {strategy.goal_label if len(goals) == 1 else strategy.goal_label_plural}"
        rooms.append(Room(url_of(theme), theme.display_title, spoken, [goal.status for goal in goals]))
    return rooms
