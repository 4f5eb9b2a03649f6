"""Version and date of public documents."""

from django import template

register = template.Library()


@register.simple_tag
def version_url(document, number):
    return document.get_version_url(number)
