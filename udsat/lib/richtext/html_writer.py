"""Write the blocks of a rich text as HTML."""

import html
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from .blocks import RichBlock, RichCell, RichList, RichParagraph, Run


def blocks_html(blocks: Sequence[RichBlock]) -> str:
    """Return the blocks as HTML. Link addresses are escaped but not checked."""
    return "".join(_block_html(block) for block in blocks)


def _block_html(block: RichBlock) -> str:
    if isinstance(block, RichParagraph):
        return f"<p>{_lines_html(block.lines)}</p>"
    if isinstance(block, RichList):
        tag = "ol" if block.ordered else "ul"
        return f"<{tag}>" + "".join(f"<li>{_content_html(item)}</li>" for item in block.items) + f"</{tag}>"
    caption = f"<caption>{html.escape(block.caption, quote=False)}</caption>" if block.caption else ""
    head = "".join(_row_html(row, in_head=True) for row in block.head)
    body = "".join(_row_html(row, in_head=False) for row in block.body)
    head, body = head and f"<thead>{head}</thead>", body and f"<tbody>{body}</tbody>"
    return f"<table>{caption}{head}{body}</table>"


def _content_html(blocks: Sequence[RichBlock]) -> str:
    """The content of an item or cell, without <p> around a single paragraph that is followed by lists only."""
    first, rest = blocks[:1], blocks[1:]
    if first and isinstance(first[0], RichParagraph) and all(isinstance(block, RichList) for block in rest):
        return _lines_html(first[0].lines) + blocks_html(rest)
    return blocks_html(blocks)


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
