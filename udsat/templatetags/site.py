"""What every page has around it."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag(takes_context=True)
def canonical(context):
    """The one address of this page: without query, on the portal's own host."""
    return settings.SITE_URL + context["request"].path
