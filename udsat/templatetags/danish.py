"""Danish dates, times and numbers in templates. An empty value gives an empty text."""

import re

from django import template

from udsat.lib import danish

register = template.Library()


def _filter(function):
    def when_given(value):
        return "" if value is None or value == "" else function(value)

    register.filter(function.__name__, when_given)
    return when_given


long_date = _filter(danish.long_date)
weekday_date = _filter(danish.weekday_date)
month_year = _filter(danish.month_year)
short_date = _filter(danish.short_date)
clock = _filter(danish.clock)


@register.filter
def long_datetime(day, time=None):
    """`{{ meeting.date|long_datetime:meeting.starts_at }}`; a moment carries its own time."""
    return danish.long_datetime(day, time or None) if day else ""


@register.filter
def month_name(day):
    """marts"""
    return danish.month_year(day).split()[0] if day else ""


@register.filter
def count(amount, words):
    """`{{ 1|count:"mål,mål" }}` is »1 mål«; the first word for one, the second for any other number."""
    return danish.count(amount, *words.split(","))


@register.filter
def dial(phone):
    """The address behind a phone number: »79 79 79 79« is dialled as tel:+4579797979."""
    digits = re.sub(r"[^\d+]", "", phone)
    return f"tel:+45{digits}" if len(digits) == 8 and digits.isdigit() else f"tel:{digits}"
