"""A strategy on paper: the full text, and one page."""

from django.template.loader import render_to_string
from django.utils.html import strip_tags

from udsat.lib.pdf import frame, stored_pdf

from .models import Section, Strategy

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
    html = render_to_string("pdf/summary.html", _context(strategy))
    words = len(strip_tags(html.partition("<body")[2]).split())
    return stored_pdf(html, layouts=SUMMARY if words <= SUMMARY_WORDS else SUMMARY[-2:], max_pages=1)


def _context(strategy):
    themes, goals = len(strategy.themes.all()), strategy.goal_count
    validity = strategy.validity
    return frame(strategy, qr_title="QR-kode med strategiens adresse") | {
        "strategy": strategy,
        "sections": [section for section in strategy.sections.all() if section.kind != Section.Kind.VISION],
        "themes": strategy.themes.all(),
        "facts": [
            fact
            for fact in (
                f"Erstattet af {strategy.replaced_by}" if strategy.replaced_by else validity.label,
                strategy.adopted_text,
                themes and _count(themes, strategy.theme_label, strategy.theme_label_plural),
                goals and _count(goals, strategy.goal_label, strategy.goal_label_plural),
            )
            if fact
        ],
    }


def _count(number, one, many):
    return f"{number}\N{NO-BREAK SPACE}{one if number == 1 else many}"
