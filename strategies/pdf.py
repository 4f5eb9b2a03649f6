"""PDFs of a strategy: the full text, and a summary of one page."""

from itertools import accumulate
from textwrap import shorten
from typing import NamedTuple

from django.template.loader import render_to_string

from udsat.lib.pdf import frame
from udsat.lib.pdf_store import Pdf, long_pdf
from udsat.lib.richtext import plain_text

from .models import Goal, Section, Strategy, Theme
from .progress import progress

SUMMARY = ("s1", "s2", "s3", "s4 dense", "s5 dense", "s6 dense")
FULL_PAGE = 60  # estimated lines in small type; fewer fit on one page in any case


def strategy_pdf(strategy: Strategy) -> Pdf:
    """Return the full text of a strategy from `Strategy.objects.with_content()` as a PDF."""
    return long_pdf(render_to_string("pdf/strategy.html", _context(strategy)))


class Detail(NamedTuple):
    """How much of a strategy its summary shows. Texts are shortened to that many characters, between words."""

    goals: int = 10_000  # for each theme
    themes: int = 10_000
    characters: int = 10_000  # of a goal, and twice as many of a lead-in or guiding thread
    vision: int = 10_000
    has_subgoals: bool = True
    has_plain_text: bool = True


MAX_SHORTER = 60_000  # characters of HTML that are laid out to see whether they fit on one page
# Of a summary that is too full for one page in small type. Each theme loses detail alike, and none its last goal.
SHORTER = (
    Detail(has_subgoals=False),
    Detail(12, 100, 240, 900, False),
    Detail(8, 100, 200, 900, False),
    Detail(6, 100, 200, 700, False),
    Detail(5, 100, 160, 700, False),
    Detail(4, 100, 160, 500, False),
    Detail(3, 100, 120, 500, False, False),
    Detail(2, 60, 120, 400, False, False),
    Detail(1, 40, 100, 300, False, False),
    Detail(1, 24, 80, 200, False, False),
    Detail(1, 16, 60, 150, False, False),
    Detail(1, 8, 40, 100, False, False),
)


def summary_pdf(strategy: Strategy) -> Pdf:
    """Return vision, themes and goals on one page, with less detail and a notice where there are too many."""
    context = _context(strategy)
    html = _summary_html(context, Detail())
    estimate = sum(map(_lines, _entries(strategy, Detail()))) / 2 + 10
    estimate += sum(len(text) for text in (strategy.plain_text, strategy.vision.body if strategy.vision else "")) / 50
    if estimate <= FULL_PAGE:
        return Pdf(html, layouts=SUMMARY, max_pages=1)
    shorter = tuple(_summary_html(context, detail) for detail in SHORTER)
    if estimate <= 3 * FULL_PAGE:
        return Pdf(html, layouts=SUMMARY, max_pages=1, shorter=shorter)
    # Laying out the whole text would take long, and is of no use.
    html, *shorter = [text for text in shorter if len(text) < MAX_SHORTER] or shorter[-1:]
    return Pdf(html, layouts=SUMMARY[-1:], max_pages=1, shorter=tuple(shorter))


def _summary_html(context, detail):
    strategy = context["strategy"]
    vision = plain_text(strategy.vision.body) if strategy.vision else ""
    entries = _entries(strategy, detail)
    shown = [goal for entry in entries for goal in entry.goals]
    return render_to_string(
        "pdf/summary.html",
        context
        | {
            "columns": _columns(entries),
            "vision_text": _shortened(vision, detail.vision) if len(vision) > detail.vision else "",
            "detail": detail,
            "is_shortened": detail != Detail(),
            "missing_themes": len(strategy.themes.all()) - len(entries),
            "missing_goals": strategy.goal_count - len(shown) - sum(len(goal.subgoals) for goal in shown),
        },
    )


class GoalEntry(NamedTuple):
    goal: Goal
    text: str
    subgoals: list[Goal]


class ColumnEntry(NamedTuple):
    """A theme, or the rest of a theme whose first goals are in the column before."""

    theme: Theme
    number: int
    title: str
    guiding_thread: str
    goal_lead_in: str
    goals: list[GoalEntry]
    missing: int  # goals of the theme that there is no room for
    is_first: bool = True
    is_last: bool = True


def _entries(strategy, detail):
    entries = []
    for number, theme in enumerate(list(strategy.themes.all())[: detail.themes], 1):
        goals = theme.top_goals
        entries.append(
            ColumnEntry(
                theme,
                number,
                _shortened(theme.display_title, max(2 * detail.characters, 80)),
                _shortened(theme.guiding_thread, 2 * detail.characters) if detail.characters > 120 else "",
                _shortened(theme.goal_lead_in, 2 * detail.characters),
                [
                    GoalEntry(
                        goal, _shortened(goal.text, detail.characters), goal.subgoals if detail.has_subgoals else []
                    )
                    for goal in goals[: detail.goals]
                ],
                max(0, len(goals) - detail.goals),
            )
        )
    return entries


def _shortened(text, length):
    text = " ".join(text.split()) if len(text) > length else text
    return text if len(text) <= length else shorten(text, length, placeholder=" …") or f"{text[: length - 2]} …"


def _columns(parts):
    """Divide the themes into two columns of about the same length, between themes or between goals.

    WeasyPrint's own balancing takes minutes where lines must stay together.
    """
    cuts = [(index, 0) for index in range(1, len(parts) + 1)]
    cuts += [(index, goal) for index, part in enumerate(parts) for goal in range(1, len(part.goals))]
    # Lines of the goals up to each cut, and of everything.
    tops = [_lines(part._replace(goals=[])) for part in parts]
    goals = [[_goal_lines(goal) for goal in part.goals] for part in parts]
    whole = [top + sum(lines) for top, lines in zip(tops, goals, strict=True)]
    before = [0, *accumulate(whole)]

    def length(cut):
        index, goal = cut
        left = before[index] + (tops[index] + sum(goals[index][:goal]) if goal else 0)
        split_theme = 3 if goal else 0  # a theme that is not split may make a column this much longer
        return max(left, before[-1] - left) + split_theme

    if not cuts:
        return ()
    index, goal = min(cuts, key=length)
    if not goal:
        return parts[:index], parts[index:]
    part = parts[index]
    rest = part._replace(goals=part.goals[goal:], is_first=False)
    return [*parts[:index], part._replace(goals=part.goals[:goal], is_last=False)], [rest, *parts[index + 1 :]]


def _lines(part):
    """Estimate the number of lines in a column."""
    lines = sum(map(_goal_lines, part.goals))
    if part.is_first:
        lines += 4 + len(part.title) // 35 + (1 + len(part.guiding_thread) // 50)
    return lines


def _goal_lines(goal):
    return sum(1.5 + len(text) // 50 for text in [goal.text, *(subgoal.text for subgoal in goal.subgoals)])


def _context(strategy):
    validity = f"Erstattet af {strategy.replaced_by}" if strategy.replaced_by else strategy.validity.label
    return frame(strategy, qr_title="QR-kode med strategiens adresse") | {
        "strategy": strategy,
        "sections": [section for section in strategy.sections.all() if section.kind != Section.Kind.VISION],
        "themes": strategy.themes.all(),
        "progress": progress(strategy),
        "facts": list(filter(None, (validity, strategy.adopted_text))),
        "sizes": [
            f"{number}\N{NO-BREAK SPACE}{one if number == 1 else many}"
            for number, one, many in (
                (len(strategy.themes.all()), strategy.theme_label, strategy.theme_label_plural),
                (strategy.goal_count, strategy.goal_label, strategy.goal_label_plural),
            )
            if number
        ],
    }
