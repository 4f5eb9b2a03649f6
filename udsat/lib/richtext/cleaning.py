"""Clean rich text, and extract its plain text and link addresses.

Anything typed, pasted or imported is read into blocks and written again from them. Stored HTML therefore has one form,
and what the blocks cannot hold (scripts, styles, Word's own elements, unknown attributes) is dropped. nh3 parses the
source as a browser does and sanitises the result once more.
"""

import html
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from urllib.parse import unquote

import nh3

from .blocks import RichBlock, RichCell, RichList, RichParagraph, Run, text_lines
from .html_reader import ATTRIBUTES, SCHEMES, read_blocks

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
    return _strict.clean(_blocks_html(blocks))


def _blocks_html(blocks: Sequence[RichBlock]) -> str:
    return "".join(map(_block_html, blocks))


def _block_html(block: RichBlock) -> str:
    if isinstance(block, RichParagraph):
        return f"<p>{_lines_html(block.lines)}</p>"
    if isinstance(block, RichList):
        tag = "ol" if block.ordered else "ul"
        start = f' start="{block.start}"' if block.ordered and block.start != 1 else ""
        kind = f' type="{block.kind}"' if block.ordered and block.kind != "1" else ""
        return (
            f"<{tag}{start}{kind}>" + "".join(f"<li>{_content_html(item)}</li>" for item in block.items) + f"</{tag}>"
        )
    caption = f"<caption>{html.escape(block.caption, quote=False)}</caption>" if block.caption else ""
    head = "".join(_row_html(row, in_head=True) for row in block.head)
    body = "".join(_row_html(row, in_head=False) for row in block.body)
    head, body = head and f"<thead>{head}</thead>", body and f"<tbody>{body}</tbody>"
    return f"<table>{caption}{head}{body}</table>"


def _content_html(blocks: Sequence[RichBlock]) -> str:
    """The content of an item or cell, without <p> around a single paragraph that is followed by lists only."""
    first, rest = blocks[:1], blocks[1:]
    if first and isinstance(first[0], RichParagraph) and all(isinstance(block, RichList) for block in rest):
        return _lines_html(first[0].lines) + _blocks_html(rest)
    return _blocks_html(blocks)


def _row_html(row: list[RichCell], in_head: bool) -> str:
    return "<tr>" + "".join(_cell_html(cell, in_head) for cell in row) + "</tr>"


def _cell_html(cell: RichCell, in_head: bool) -> str:
    tag = "th" if cell.header or in_head else "td"
    attributes = ""
    if tag == "th":
        # Screen readers need an explicit scope.
        scope = cell.scope if cell.scope in ("col", "row", "colgroup", "rowgroup") else "col" if in_head else "row"
        attributes += f' scope="{scope}"'
    attributes += "".join(f' {name}="{span}"' for name, span in cell.spans.items() if span > 1)
    return f"<{tag}{attributes}>{_content_html(cell.blocks)}</{tag}>"


def _lines_html(lines: list[list[Run]]) -> str:
    return "<br>".join(_runs_html(line, ["href", "strong", "em"]) for line in lines)


def _runs_html(runs: Iterable[Run], marks: Sequence[str]) -> str:
    """The runs as HTML, nested in the order of `marks`, each element as long as possible."""
    if not marks:
        return "".join(html.escape(run.text, quote=False) for run in runs)
    output = ""
    for value, group in groupby(runs, key=attrgetter(marks[0])):
        inner = _runs_html(group, marks[1:])
        opening = f'a href="{html.escape(value)}"' if marks[0] == "href" else marks[0]
        output += f"<{opening}>{inner}</{opening.partition(' ')[0]}>" if value else inner
    return output
