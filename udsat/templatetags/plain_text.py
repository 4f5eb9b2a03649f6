"""»Kort fortalt« or »Hele teksten«: one way for all pages to show the easy text first and fold the full one away.

The choice stands in the address (`?kort=1`), so a page is the same for everybody who asks for that address and needs
no cookie. static/js/easy.js remembers it on the device.
"""

import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()

# The pages of the site, not its files or the back office: those end otherwise, or stand elsewhere.
_PAGE = re.compile(r'(<a\b(?![^>]* data-short)[^>]*?\shref="/(?!admin/)(?:[^"?#]*/)?)(\?[^"#]+)?((?:#[^"]*)?")')
# Its forms that ask for a page: what they send takes the place of a query in their address.
_ASKING_FORM = re.compile(r'<form\b[^>]*\smethod="get"[^>]*>')


def is_short(context) -> bool:
    request = context.get("request")
    return bool(request) and request.GET.get("kort") == "1"


@register.simple_tag(takes_context=True)
def asks_short(context):
    """Whether the reader has asked for the easy text. A PDF has no address to ask by, and is always whole."""
    return is_short(context)


@register.inclusion_tag("includes/_versions.html", takes_context=True)
def versions(context, *easy):
    """The choice between the two. `easy`: what the page shows that may have an easy text, things or lists of them."""
    things = [one for part in easy if part for one in ([part] if hasattr(part, "plain_text") else part)]
    has_easy = any(thing.plain_text for thing in things)
    return {"short": is_short(context), "has_easy": has_easy, "path": context["request"].path}


@register.simple_block_tag(takes_context=True)
def whole(context, content, easy="", of=""):
    """A full text that `easy` says shortly: folded away for those who asked for that. `of`: what it is the text of.

    Without an easy text the full one is shown to them, too.
    """
    if not (is_short(context) and easy and content.strip()):
        return content
    of = format_html('<span class="unseen">: {}</span>', of) if of else ""
    # The content comes from the template, which has escaped it.
    return format_html(
        '<details class="whole"><summary>Læs hele teksten{}</summary>\n{}</details>', of, mark_safe(content)
    )


class OnInShort(template.Node):
    """Links to other pages, and forms that ask for one, take the choice along.

    A node of its own: Django looks for no block inside a `simple_block_tag`, so `block.super` would be empty there.
    """

    def __init__(self, nodelist):
        self.nodelist = nodelist

    def render(self, context):
        content = self.nodelist.render(context)
        # Safe: the page as the template has made it; only a query of our own is added.
        return mark_safe(_with_choice(content)) if is_short(context) else content


def _with_choice(content):
    content = _PAGE.sub(lambda m: f"{m[1]}{m[2]}&amp;kort=1{m[3]}" if m[2] else f"{m[1]}?kort=1{m[3]}", content)
    return _ASKING_FORM.sub(r'\g<0><input type="hidden" name="kort" value="1">', content)


@register.tag
def on_in_short(parser, token):
    nodelist = parser.parse(["endon_in_short"])
    parser.delete_first_token()
    return OnInShort(nodelist)
