"""Filters for Danish dates, times and numbers. Empty values render as empty text."""

import re

from django import template

from udsat.lib import danish

register = template.Library()


def _filter(function):
    def filter_value(value):
        return "" if value is None or value == "" else function(value)

    register.filter(function.__name__, filter_value)
    return filter_value


long_date = _filter(danish.long_date)
weekday_date = _filter(danish.weekday_date)
month_year = _filter(danish.month_year)
short_date = _filter(danish.short_date)
clock = _filter(danish.clock)


@register.filter
def long_datetime(day, time=None):
    """`{{ meeting.date|long_datetime:meeting.starts_at }}`; a datetime needs no argument."""
    return danish.long_datetime(day, time or None) if day else ""


@register.filter
def month_name(day):
    """marts"""
    return danish.month_year(day).split()[0] if day else ""


@register.filter
def count(amount, words):
    """`{{ 1|count:"mål,mål" }}` returns »1 mål«: singular, plural."""
    return danish.count(amount, *words.split(","))


@register.filter
def thousands(number):
    """4000 becomes »4.000«."""
    return f"{int(number):,}".replace(",", ".")


@register.filter
def dial(phone):
    """Return the tel: URL of a phone number: »79 79 79 79« becomes tel:+4579797979."""
    digits = re.sub(r"[^\d+]", "", phone)
    return f"tel:+45{digits}" if len(digits) == 8 and digits.isdigit() else f"tel:{digits}"
