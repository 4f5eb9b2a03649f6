from django import template
from django.utils.safestring import mark_safe

from udsat.lib.richtext import plain_text, safe_html

register = template.Library()


@register.filter
def rich(value):
    """Stored rich text as HTML."""
    # Safe: safe_html lets through nothing but the few tags and attributes of the model of rich text.
    return mark_safe(safe_html(value)) if value else ""


@register.filter
def plain(value):
    """Rich text without its markup, for descriptions and other places that take text only."""
    return plain_text(value) if value else ""
