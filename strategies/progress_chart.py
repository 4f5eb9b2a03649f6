"""How a strategy is going as bars, one to each theme: pure layout in units of about 1 CSS pixel, as in `house`.

On a wide screen every goal is a part of its bar. On a phone the goals that stand alike are one part, and larger.
The template `strategies/_bars.html` draws it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .house import LABEL_LINE, LABEL_SIZE, Line, squeeze
from .progress import Row

WIDE, NARROW = 560, 340
LABEL_WIDTH = 190  # beside the bars of the wide drawing
LABEL_LINES = 3
HEIGHT, TALL = 30, 38  # of a bar, wide and narrow
GAP = 5
LEAST, MOST = 26, 46  # width of a part for one goal: the least has room for its sign
WORDS_SIZE, WORDS_LINE, WORDS_LINES = 15, 19, 2
BETWEEN = 20


@dataclass(frozen=True)
class Block:
    x: int
    y: int
    width: int
    height: int
    status: str

    @property
    def half(self) -> int:
        return self.width // 2

    @property
    def middle(self) -> tuple[int, int]:
        """Where a sign of 22 × 28 begins that stands in the middle."""
        return (self.width - 22) // 2, (self.height - 28) // 2


@dataclass(frozen=True)
class Bar:
    label: Sequence[Line]
    blocks: Sequence[Block]
    words: Sequence[Line]


@dataclass(frozen=True)
class Bars:
    width: int
    height: int
    bars: Sequence[Bar]


def drawings(rows: Sequence[Row]) -> list[tuple[str, Bars]]:
    """The wide and the narrow drawing, with the class by which the stylesheet shows one of them."""
    return [("wide", build(rows, WIDE)), ("narrow", build(rows, NARROW))] if rows else []


def build(rows: Sequence[Row], width: int) -> Bars:
    is_narrow = width < WIDE
    left = 0 if is_narrow else LABEL_WIDTH
    room = width - left
    most = max(row.total for row in rows)
    one = min(MOST, (room + GAP) // most - GAP)  # what a goal takes of the width
    bars, y = [], 0
    for row in rows:
        label = squeeze(row.theme.display_title, LABEL_SIZE, [(room if is_narrow else left - 16)] * LABEL_LINES)
        top = y + len(label) * LABEL_LINE + 4 if is_narrow else y
        height = TALL if is_narrow else HEIGHT
        if is_narrow or one < LEAST:
            blocks = _together(row, left, top, room if is_narrow else row.total * room // most, height)
        else:
            statuses = [status for status, _, number in row.tally for _ in range(number)]
            blocks = [Block(left + n * (one + GAP), top, one, height, status) for n, status in enumerate(statuses)]
        below = top + height + WORDS_SIZE + 4
        words = [
            Line(left, below + n * WORDS_LINE, text)
            for n, text in enumerate(squeeze(row.words, WORDS_SIZE, [room] * WORDS_LINES))
        ]
        first = y + LABEL_SIZE if is_narrow else y + LABEL_SIZE + 4
        bars.append(Bar([Line(0, first + n * LABEL_LINE, text) for n, text in enumerate(label)], blocks, words))
        y = max(words[-1].y, first + (len(label) - 1) * LABEL_LINE) + BETWEEN
    return Bars(width, y - BETWEEN + 6, bars)


def _together(row: Row, left: int, top: int, width: int, height: int) -> list[Block]:
    """One part to each status, as wide as its share, but always with room for its sign."""
    spare = max(0, width - len(row.tally) * (LEAST + GAP) + GAP)
    blocks, x = [], left
    for status, _, number in row.tally:
        own = LEAST + spare * number // row.total
        blocks.append(Block(x, top, own, height, status))
        x += own + GAP
    return blocks
