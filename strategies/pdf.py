"""PDFs of a strategy: the full text, and a summary of one page."""

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import strip_tags

from udsat.lib.pdf import frame
from udsat.lib.pdf_store import stored_pdf

from .models import Goal, Section, Strategy, Theme
from .progress import progress

FULL = ("short", "long")  # "long", with a table of contents, is used for more pages than FULL_PAGES
FULL_PAGES = 4
SUMMARY = ("s1", "s2", "s3", "s4 dense", "s5 dense", "s6 dense", "over themes", "over title")
# More words than fit on one page in the smallest legible type: the layouts with all text are not tried.
SUMMARY_WORDS = 1_500


def strategy_pdf(strategy: Strategy) -> bytes:
    """Return the full text of a strategy from `Strategy.objects.with_content()` as a PDF."""
    return stored_pdf(render_to_string("pdf/strategy.html", _context(strategy)), layouts=FULL, max_pages=FULL_PAGES)


def summary_pdf(strategy: Strategy) -> bytes:
    """Return vision, themes and goals on one page. Parts too long for it are left out, with a notice."""
    columns = _columns(list(strategy.themes.all()))
    html = render_to_string("pdf/summary.html", _context(strategy) | {"columns": columns})
    words = len(strip_tags(html.partition("<body")[2]).split())
    return stored_pdf(html, layouts=SUMMARY if words <= SUMMARY_WORDS else SUMMARY[-2:], max_pages=1)


class ColumnEntry(NamedTuple):
    """A theme, or the rest of a theme whose first goals are in the column before."""

    theme: Theme
    number: int
    goals: list[Goal]
    is_first: bool = True


def _columns(themes):
    """Divide the themes into two columns of about the same length, between themes or between goals.

    WeasyPrint's own balancing takes minutes where lines must stay together.
    """
    parts = [ColumnEntry(theme, number, list(theme.goals.all())) for number, theme in enumerate(themes, 1)]
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
        split_theme = 3 if cut[1] else 0  # a theme that is not split may make a column this much longer
        return max(sum(_lines(part) for part in column) for column in columns(cut)) + split_theme

    return columns(min(cuts, key=length)) if cuts else ()


def _lines(part):
    """Estimate the number of lines in a column."""
    texts = [goal.text for goal in part.goals] + [child.text for goal in part.goals for child in goal.children.all()]
    lines = sum(1.5 + len(text) // 50 for text in texts)
    if part.is_first:
        lines += 4 + len(part.theme.title) // 35 + (1 + len(part.theme.guiding_thread) // 50)
    return lines


def _context(strategy):
    validity = f"Erstattet af {strategy.replaced_by}" if strategy.replaced_by else strategy.validity.label
    return frame(strategy, qr_title="QR-kode med strategiens adresse") | {
        "strategy": strategy,
        "changed": _changed(strategy),
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


def _changed(strategy):
    """Return the day of the latest edit or follow-up."""
    goals = [goal for theme in strategy.themes.all() for goal in theme.all_goals]
    followed_up = [goal.latest_follow_up.date for goal in goals if goal.latest_follow_up]
    return max([timezone.localtime(strategy.updated_at).date(), *followed_up])
