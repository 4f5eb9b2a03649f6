"""Head, breadcrumbs and tables of contents of public pages."""

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
    """Return the canonical URL of the page, without query."""
    return settings.SITE_URL + context["request"].path


@register.simple_block_tag(takes_context=True)
def open_graph(context, content):
    """Append Open Graph tags made from title and description.

    Pages without a canonical URL get none.
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


class _BreadcrumbParser(HTMLParser):
    """Collect text and link of each list item; the link of the current page is empty."""

    def __init__(self):
        super().__init__()
        self.items = []

    def handle_starttag(self, tag, attrs):
        if tag == "li":
            self.items.append(["", ""])
        elif tag == "a" and self.items:
            self.items[-1][1] = dict(attrs).get("href", "")

    def handle_data(self, data):
        if self.items:
            self.items[-1][0] += data


class _HeadingParser(HTMLParser):
    """Collect each h2 with its id, or that of the enclosing section."""

    def __init__(self):
        super().__init__()
        self.headings, self.section, self.is_in_heading = [], "", False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "section":
            self.section = attrs.get("id", "")
        elif tag == "h2" and (anchor := attrs.get("id") or self.section):
            self.headings.append([anchor, ""])
            self.is_in_heading = True

    def handle_endtag(self, tag):
        if tag == "h2":
            self.is_in_heading = False

    def handle_data(self, data):
        if self.is_in_heading:
            self.headings[-1][1] += data


@register.simple_block_tag
def on_this_page(content):
    """Prepend a table of contents if there are at least four headings."""
    parser = _HeadingParser()
    parser.feed(content)
    if len(parser.headings) < 4:
        return content
    links = format_html_join(
        "\n",
        '<li><a href="#{}"><span>{}</span></a></li>',
        ((anchor, " ".join(name.split())) for anchor, name in parser.headings),
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
    """Append the breadcrumbs as structured data."""
    parser = _BreadcrumbParser()
    parser.feed(content)
    items = [
        jsonld.schema_object(
            "ListItem",
            position=position,
            name=" ".join(text.split()),
            item=jsonld.absolute_url(address) if address else "",
        )
        for position, (text, address) in enumerate(parser.items, 1)
    ]
    return content + jsonld.script(jsonld.schema_object("BreadcrumbList", itemListElement=items)) if items else content
