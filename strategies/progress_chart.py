"""Layout of the progress chart: a bar for each theme, in units of about 1 CSS pixel, as in `house_drawing`.

On a wide screen each goal is a segment of its bar; on a phone, goals with the same status are one segment. The template
`strategies/_bars.html` renders it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .house_drawing import LABEL_LINE, LABEL_SIZE, SvgTextLine, squeeze
from .progress import ThemeProgress

WIDE, NARROW = 560, 340
LABEL_WIDTH = 190  # beside the bars of the wide drawing
LABEL_LINES = 3
HEIGHT, TALL = 30, 38  # of a bar, wide and narrow
GAP = 5
MIN_SEGMENT, MAX_SEGMENT = 26, 46  # width of a segment for one goal; its sign needs the minimum
SUMMARY_SIZE, SUMMARY_LINE, SUMMARY_LINES = 15, 19, 2
BETWEEN = 20


@dataclass(frozen=True)
class BarSegment:
    x: int
    y: int
    width: int
    height: int
    status: str

    @property
    def half(self) -> int:
        return self.width // 2

    @property
    def sign_position(self) -> tuple[int, int]:
        """Top left corner of a centred sign of 22 × 28."""
        return (self.width - 22) // 2, (self.height - 28) // 2


@dataclass(frozen=True)
class ThemeBar:
    label: Sequence[SvgTextLine]
    segments: Sequence[BarSegment]
    summary: Sequence[SvgTextLine]


@dataclass(frozen=True)
class ProgressChart:
    width: int
    height: int
    bars: Sequence[ThemeBar]


def drawings(rows: Sequence[ThemeProgress]) -> list[tuple[str, ProgressChart]]:
    """Return the wide and the narrow chart, each with the CSS class by which the stylesheet shows one of them."""
    return [("wide", draw_chart(rows, WIDE)), ("narrow", draw_chart(rows, NARROW))] if rows else []


def draw_chart(rows: Sequence[ThemeProgress], width: int) -> ProgressChart:
    is_narrow = width < WIDE
    left = 0 if is_narrow else LABEL_WIDTH
    room = width - left
    max_goals = max(row.total for row in rows)
    segment_width = min(MAX_SEGMENT, (room + GAP) // max_goals - GAP)
    bars, y = [], 0
    for row in rows:
        label = squeeze(row.theme.display_title, LABEL_SIZE, [(room if is_narrow else left - 16)] * LABEL_LINES)
        top = y + len(label) * LABEL_LINE + 4 if is_narrow else y
        height = TALL if is_narrow else HEIGHT
        if is_narrow or segment_width < MIN_SEGMENT:
            segments = _grouped_segments(row, left, top, room if is_narrow else row.total * room // max_goals, height)
        else:
            statuses = [status for status, _, number in row.tally for _ in range(number)]
            segments = [
                BarSegment(left + n * (segment_width + GAP), top, segment_width, height, status)
                for n, status in enumerate(statuses)
            ]
        below = top + height + SUMMARY_SIZE + 4
        summary = [
            SvgTextLine(left, below + n * SUMMARY_LINE, text)
            for n, text in enumerate(squeeze(row.summary, SUMMARY_SIZE, [room] * SUMMARY_LINES))
        ]
        first = y + LABEL_SIZE if is_narrow else y + LABEL_SIZE + 4
        bars.append(
            ThemeBar([SvgTextLine(0, first + n * LABEL_LINE, text) for n, text in enumerate(label)], segments, summary)
        )
        y = max(summary[-1].y, first + (len(label) - 1) * LABEL_LINE) + BETWEEN
    return ProgressChart(width, y - BETWEEN + 6, bars)


def _grouped_segments(row: ThemeProgress, left: int, top: int, width: int, height: int) -> list[BarSegment]:
    """Return one segment for each status, proportional to its goals but wide enough for its sign."""
    spare = max(0, width - len(row.tally) * (MIN_SEGMENT + GAP) + GAP)
    segments, x = [], left
    for status, _, number in row.tally:
        own = MIN_SEGMENT + spare * number // row.total
        segments.append(BarSegment(x, top, own, height, status))
        x += own + GAP
    return segments
