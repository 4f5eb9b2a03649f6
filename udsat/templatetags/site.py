"""What every page has around it."""

import re
from html.parser import HTMLParser

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from udsat.lib import jsonld

register = template.Library()
register.filter("structured", jsonld.script)


@register.simple_tag(takes_context=True)
def canonical(context):
    """The one address of this page: without query, on the portal's own host."""
    return settings.SITE_URL + context["request"].path


@register.simple_block_tag(takes_context=True)
def open_graph(context, content):
    """Title and description as they are, and once more for those who show a link as a card.

    Only on pages that have a canonical address: the others are not for passing on.
    """
    if 'rel="canonical"' not in content:
        return content
    title = " ".join(re.search(r"<title>(.*?)</title>", content, re.DOTALL)[1].split())
    description = re.search(r'<meta name="description" content="(.*?)">', content, re.DOTALL)[1]
    # Safe: both are copied from the page, where the template has escaped them.
    return content + format_html(
        '<meta property="og:title" content="{}">\n<meta property="og:description" content="{}">\n'
        '<meta property="og:url" content="{}">\n<meta property="og:locale" content="da_DK">\n'
        '<meta property="og:site_name" content="Udsatteportalen">\n',
        mark_safe(title),
        mark_safe(" ".join(description.split())),
        canonical(context),
    )


class _Crumbs(HTMLParser):
    """The texts of the list items, and the address of the link in each; empty for the page itself."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag == "li":
            self.found.append(["", ""])
        elif tag == "a" and self.found:
            self.found[-1][1] = dict(attrs).get("href", "")

    def handle_data(self, data):
        if self.found:
            self.found[-1][0] += data


class _Chapters(HTMLParser):
    """The heading of each chapter, and the id that leads to it: its own, or that of the section it opens."""

    def __init__(self):
        super().__init__()
        self.found, self.section, self.is_in_heading = [], "", False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "section":
            self.section = attrs.get("id", "")
        elif tag == "h2" and (anchor := attrs.get("id") or self.section):
            self.found.append([anchor, ""])
            self.is_in_heading = True

    def handle_endtag(self, tag):
        if tag == "h2":
            self.is_in_heading = False

    def handle_data(self, data):
        if self.is_in_heading:
            self.found[-1][1] += data


@register.simple_block_tag
def on_this_page(content):
    """Before a long row of chapters, what they are: the headings, as they turned out."""
    chapters = _Chapters()
    chapters.feed(content)
    if len(chapters.found) < 4:
        return content
    links = format_html_join(
        "\n",
        '<li><a href="#{}"><span>{}</span></a></li>',
        ((anchor, " ".join(name.split())) for anchor, name in chapters.found),
    )
    return (
        format_html(
            '<nav class="on-page" aria-labelledby="paa-siden"><h2 id="paa-siden">På denne side</h2>\n<ol>{}</ol></nav>',
            links,
        )
        + content
    )


@register.simple_block_tag
def breadcrumbs(content):
    """The list as it is, and once more for machines."""
    crumbs = _Crumbs()
    crumbs.feed(content)
    items = [
        jsonld.schema_object(
            "ListItem",
            position=position,
            name=" ".join(text.split()),
            item=jsonld.absolute_url(address) if address else "",
        )
        for position, (text, address) in enumerate(crumbs.found, 1)
    ]
    return content + jsonld.script(jsonld.schema_object("BreadcrumbList", itemListElement=items)) if items else content
