"""Read HTML and plain blocks into rich text, which keeps bold, italics, links, lists and tables."""

import re
from dataclasses import dataclass, field

import lxml.html

from udsat.lib.file_checks import UnreadableDocument
from udsat.lib.richtext.blocks import RichBlock, RichCell, RichList, RichParagraph, RichTable, Run
from udsat.lib.richtext.html_reader import read_blocks

from .blocks import TOO_NESTED, Block, Heading, ImportNote, ListItem, Paragraph, Table
from .html_page import INLINE, Page, parse_html, take_out_unseen
from .text import single_spaced


@dataclass
class RichDocument:
    """Like Document, with the blocks of a rich text."""

    title: str = ""
    blocks: list[RichBlock] = field(default_factory=list)
    ignored: list[ImportNote] = field(default_factory=list)
    left_out: list[ImportNote] = field(default_factory=list)


def rich_html(text: str) -> RichDocument:
    """Read the page's own text. Menus, headers, footers, notes and tables of contents are ignored.

    Raises UnreadableDocument.
    """
    root = parse_html(text)
    left_out = take_out_unseen(root)
    title = root.find(".//title")
    document = RichDocument(single_spaced(title.text_content()) if title is not None else "", left_out=left_out)
    try:
        page = Page(root)
        body = page.body
        excluded = []
        for node in body.iterdescendants():
            if not isinstance(node.tag, str) or node.tag in INLINE or node in page.mains or node in page.around:
                continue
            is_note = re.match(r"(foot|end)note-", node.get("id") or "")
            if reason := "fodnote" if is_note else page.exclusion_reason(node):
                excluded.append((node, reason))
        for node, reason in excluded:
            if body not in node.iterancestors():  # removed with its parent
                continue
            if words := single_spaced(node.text_content().replace("↑", "")):
                document.ignored.append(ImportNote(0, words, reason))
            node.drop_tree()
        for note in [a for a in body.iter("a") if re.match(r"#(foot|end)note-", a.get("href") or "")]:
            (note.getparent() if note.getparent().tag == "sup" else note).drop_tree()
        for caption in body.xpath(".//p[@class='caption'][following-sibling::*[1][self::table]]"):
            table = caption.getnext()
            caption.tag = "caption"
            table.insert(0, caption)
        document.blocks = read_blocks(lxml.html.tostring(body, encoding="unicode"))
    except RecursionError as error:
        raise UnreadableDocument(TOO_NESTED) from error
    return document


def rich_blocks(blocks: list[Block]) -> list[RichBlock]:
    """Convert the blocks of a plain text."""
    rich: list[RichBlock] = []
    path: list[tuple[int, RichList]] = []  # the open lists, outermost first
    for block in blocks:
        if isinstance(block, ListItem):
            ordered = block.number is not None or bool(re.match(r"\(?[a-zæø][.)]", block.marker))
            while path and path[-1][0] > block.level:
                path.pop()
            if path and path[-1][0] == block.level:
                last = path[-1][1]
                continues = block.number is None or block.number == last.start + len(last.items)
                if last.ordered != ordered or not continues:
                    path.pop()
            if not path or path[-1][0] < block.level:
                listing = RichList(ordered, start=block.number or 1)
                (path[-1][1].items[-1] if path else rich).append(listing)
                path.append((block.level, listing))
            path[-1][1].items.append([RichParagraph([[Run(block.text)]])])
            continue
        path = []
        if isinstance(block, Table):
            cells = [[RichCell(False, "", {}, [RichParagraph([[Run(c)]])]) for c in r] for r in block.rows]
            rich.append(RichTable("", cells[:1], cells[1:]))
        else:
            heading = block.level if isinstance(block, Heading) else None
            is_bold = heading is not None or isinstance(block, Paragraph) and block.bold
            run = Run(block.text, strong=is_bold)
            rich.append(RichParagraph([[run]], heading=heading))
    return rich
