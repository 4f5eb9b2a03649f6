"""Clean rich text, and extract its plain text and link addresses.

Anything typed, pasted or imported is read into blocks and written again from them. Stored HTML therefore has one form,
and what the blocks cannot hold (scripts, styles, Word's own elements, unknown attributes) is dropped. nh3 parses the
source as a browser does and sanitises the result once more.
"""

import html
import re
from collections.abc import Sequence
from urllib.parse import unquote

import nh3

from .blocks import RichBlock, text_lines
from .html_reader import ATTRIBUTES, SCHEMES, read_blocks
from .html_writer import blocks_html

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
TAGS |= {"table", "caption", "thead", "tbody", "tr", "th", "td"}

_strict = nh3.Cleaner(tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, url_relative="deny", link_rel=None)


def clean_html(value: str) -> str:
    """Return the value as the HTML we store (TAGS only), or "" when it holds no text or table.

    Text without any tag becomes paragraphs at its blank lines. Never raises; cleaning is idempotent.
    """
    return write_blocks(read_blocks(value))


def safe_html(value: str) -> str:
    """Return HTML that is safe to show: stored text unchanged, anything else cleaned. Fast enough for every display."""
    return value if value.startswith("<") and _strict.clean(value) == value else clean_html(value)


def plain_text(value: str) -> str:
    """Return the text without markup, for search, e-mail, descriptions and the CPR check.

    Each paragraph, line break, list item and table row gives one line. Inline markup is joined, so that a number split
    over several elements is whole. Link addresses are left out; see `link_addresses`.
    """
    return "\n".join(text_lines(read_blocks(value)))


def link_addresses(value: str) -> list[str]:
    """Return the addresses of the text's links, percent-decoded as a mail program does (%2D is a hyphen)."""
    # Most texts have no link, and reading one twice is slow.
    addresses = re.findall(r'<a href="([^"]*)"', clean_html(value)) if "href" in value.lower() else []
    return [unquote(html.unescape(address)) for address in addresses]


def write_blocks(blocks: Sequence[RichBlock]) -> str:
    """Return the blocks as the HTML we store."""
    return _strict.clean(blocks_html(blocks))
