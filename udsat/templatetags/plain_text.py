"""»Kort fortalt« or »Hele teksten«: show the plain text first and collapse the full text.

The choice is part of the URL (`?kort=1`), so pages stay cacheable and need no cookie. static/js/easy.js stores it on
the device.
"""

import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()

# Links to pages, not to files or the back office.
_PAGE = re.compile(r'(<a\b(?![^<>]* data-short)[^<>]*?\shref="/(?!admin/)(?:[^"?#<>]*/)?)(\?[^"#]+)?((?:#[^"]*)?")')
# GET forms: their fields replace the query of the URL.
_GET_FORM = re.compile(r'<form\b[^<>]*\smethod="get"[^<>]*>')


def is_short(context) -> bool:
    request = context.get("request")
    return bool(request) and request.GET.get("kort") == "1"


@register.simple_tag(takes_context=True)
def asks_short(context):
    """Return whether the reader chose the plain text. PDFs always contain the full text."""
    return is_short(context)


@register.inclusion_tag("includes/_versions.html", takes_context=True)
def versions(context, *easy, is_decided=False):
    """Render the choice between the texts. `easy`: objects with `plain_text`, or lists of them.

    `is_decided`: the page has decisions, which are a short text of their own.
    """
    objects = [one for part in easy if part for one in ([part] if hasattr(part, "plain_text") else part)]
    has_easy = is_decided or any(one.plain_text for one in objects)
    return {"short": is_short(context), "has_easy": has_easy, "path": context["request"].path}


@register.simple_block_tag(takes_context=True)
def whole(context, content, easy="", of=""):
    """Collapse a full text if the reader chose the plain text and `easy` has one. `of`: label of the text."""
    if not (is_short(context) and easy and content.strip()):
        return content
    of = format_html('<span class="unseen">: {}</span>', of) if of else ""
    # The content comes from the template, which has escaped it.
    return format_html(
        '<details class="whole"><summary>Læs hele teksten{}</summary>\n{}</details>', of, mark_safe(content)
    )


class OnInShort(template.Node):
    """Add the choice to links and GET forms.

    Not a `simple_block_tag`, because Django does not resolve `block.super` inside one.
    """

    def __init__(self, nodelist):
        self.nodelist = nodelist

    def render(self, context):
        content = self.nodelist.render(context)
        # Safe: the page as the template has made it; only a query of our own is added.
        return mark_safe(_with_choice(content)) if is_short(context) else content


def _with_choice(content):
    content = _PAGE.sub(lambda m: f"{m[1]}{m[2]}&amp;kort=1{m[3]}" if m[2] else f"{m[1]}?kort=1{m[3]}", content)
    return _GET_FORM.sub(r'\g<0><input type="hidden" name="kort" value="1">', content)


@register.tag
def on_in_short(parser, token):
    nodelist = parser.parse(["endon_in_short"])
    parser.delete_first_token()
    return OnInShort(nodelist)
