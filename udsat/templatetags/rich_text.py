from django import template
from django.utils.html import linebreaks
from django.utils.safestring import mark_safe

from udsat.lib.phone_links import link_phones
from udsat.lib.richtext import plain_text, safe_html

register = template.Library()


@register.filter
def rich(value):
    """Return stored rich text as HTML, with links to call its phone numbers."""
    # Safe: safe_html allows only the tags and attributes of rich text; the links hold digits only.
    return mark_safe(link_phones(safe_html(value))) if value else ""


@register.filter
def paragraphs(value):
    """Return plain text as escaped paragraphs, with links to call its phone numbers."""
    return mark_safe(link_phones(linebreaks(value, autoescape=True))) if value else ""


@register.filter
def plain(value):
    """Return rich text without markup, for meta descriptions and other plain text."""
    return plain_text(value) if value else ""
