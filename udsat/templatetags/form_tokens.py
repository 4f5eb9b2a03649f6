"""The tag `csrf_token`, which in the back office also says whose form it is."""

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from udsat.kept_forms import KEY_FIELD, WRITER_FIELD

register = template.Library()


class FormTokensNode(CsrfTokenNode):
    def render(self, context):
        request = context.get("request")
        names = ((WRITER_FIELD, "writer_token"), (KEY_FIELD, "kept_key"))
        values = [(field, getattr(request, attribute, "")) for field, attribute in names]
        hidden = [format_html('<input type="hidden" name="{}" value="{}">', *pair) for pair in values if pair[1]]
        # Safe: the parts are made by format_html.
        return mark_safe("".join([super().render(context), *hidden]))


@register.tag
def csrf_token(parser, token):
    """Render the CSRF token; a form of the back office is signed for its writer, who gets it back if logged out."""
    return FormTokensNode()
