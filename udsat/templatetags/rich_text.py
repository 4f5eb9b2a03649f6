from django import template
from django.utils.safestring import mark_safe

from udsat.lib.richtext import plain_text, safe_html

register = template.Library()


@register.filter
def rich(value):
    """Return stored rich text as HTML."""
    # Safe: safe_html allows only the tags and attributes of rich text.
    return mark_safe(safe_html(value)) if value else ""


@register.filter
def plain(value):
    """Return rich text without markup, for meta descriptions and other plain text."""
    return plain_text(value) if value else ""
