"""A strategy on paper: the full text, and one page."""

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import strip_tags

from udsat.lib.pdf import frame, stored_pdf

from .models import Goal, Section, Strategy, Theme
from .progress import progress

FULL = ("short", "long")  # a long one, of more pages than this, gets a table of contents
FULL_PAGES = 4
SUMMARY = ("s1", "s2", "s3", "s4 dense", "s5 dense", "s6 dense", "over themes", "over title")
# More words than fit one page in the smallest type that can be read; trying would only take time.
SUMMARY_WORDS = 1_500


def strategy_pdf(strategy: Strategy) -> bytes:
    """All that is public of the strategy. Give it one from `with_content()`: then it costs no query per theme."""
    return stored_pdf(render_to_string("pdf/strategy.html", _context(strategy)), layouts=FULL, max_pages=FULL_PAGES)


def summary_pdf(strategy: Strategy) -> bytes:
    """Vision, themes and goals on one page; what is far too long for it is left out whole, and the page says so."""
    columns = _columns(list(strategy.themes.all()))
    html = render_to_string("pdf/summary.html", _context(strategy) | {"columns": columns})
    words = len(strip_tags(html.partition("<body")[2]).split())
    return stored_pdf(html, layouts=SUMMARY if words <= SUMMARY_WORDS else SUMMARY[-2:], max_pages=1)


class Part(NamedTuple):
    """A theme, or the rest of one whose first goals stand in the column before."""

    theme: Theme
    number: int
    goals: list[Goal]
    is_first: bool = True


def _columns(themes):
    """The themes in two columns of about the same length, cut between themes or, where that is better, between goals.

    Done here, because WeasyPrint's own balancing takes minutes where lines must stay together.
    """
    parts = [Part(theme, number, list(theme.goals.all())) for number, theme in enumerate(themes, 1)]
    cuts = [(index, 0) for index in range(1, len(parts) + 1)]
    cuts += [(index, goal) for index, part in enumerate(parts) for goal in range(1, len(part.goals))]

    def columns(cut):
        index, goal = cut
        if not goal:
            return parts[:index], parts[index:]
        part = parts[index]
        rest = part._replace(goals=part.goals[goal:], is_first=False)
        return [*parts[:index], part._replace(goals=part.goals[:goal])], [rest, *parts[index + 1 :]]

    def length(cut):
        split_theme = 3 if cut[1] else 0  # lines by which a theme in one piece may be longer
        return max(sum(_lines(part) for part in column) for column in columns(cut)) + split_theme

    return columns(min(cuts, key=length)) if cuts else ()


def _lines(part):
    """About how many lines a theme takes in a column."""
    texts = [goal.text for goal in part.goals] + [child.text for goal in part.goals for child in goal.children.all()]
    lines = sum(1.5 + len(text) // 50 for text in texts)
    if part.is_first:
        lines += 4 + len(part.theme.title) // 35 + (1 + len(part.theme.guiding_thread) // 50)
    return lines


def _context(strategy):
    return frame(strategy, qr_title="QR-kode med strategiens adresse") | {
        "strategy": strategy,
        "changed": _changed(strategy),
        "sections": [section for section in strategy.sections.all() if section.kind != Section.Kind.VISION],
        "themes": strategy.themes.all(),
        "progress": progress(strategy),
        "facts": [fact for fact in (_validity(strategy), strategy.adopted_text) if fact],
        "sizes": [
            _count(number, one, many)
            for number, one, many in (
                (len(strategy.themes.all()), strategy.theme_label, strategy.theme_label_plural),
                (strategy.goal_count, strategy.goal_label, strategy.goal_label_plural),
            )
            if number
        ],
    }


def _changed(strategy):
    """The day of the latest edit or follow-up."""
    goals = [goal for theme in strategy.themes.all() for goal in theme.all_goals]
    followed_up = [goal.latest_follow_up.date for goal in goals if goal.latest_follow_up]
    return max([timezone.localtime(strategy.updated_at).date(), *followed_up])


def _validity(strategy):
    return f"Erstattet af {strategy.replaced_by}" if strategy.replaced_by else strategy.validity.label


def _count(number, one, many):
    return f"{number}\N{NO-BREAK SPACE}{one if number == 1 else many}"
