"""The document as headings, paragraphs and lists, each list with the words that lead into it.

In plain text no heading is marked: a short line without a full stop that text follows is one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from udsat.lib.documents import Document, Heading, ImportNote, ListItem, Paragraph, Table

from . import wording
from .parsed_strategy import ParsedStrategy


@dataclass
class Head:
    text: str
    line: int
    level: int
    label: str = ""
    number: str = ""
    title: str = ""
    kind: str = ""
    role: str = ""


@dataclass
class Para:
    text: str
    line: int
    bold: bool = False


@dataclass
class Item:
    text: str
    line: int
    marker: str = ""
    children: list["Item"] = field(default_factory=list)


@dataclass
class Listing:
    """`lead` are the words that lead into it, `before` the sentences of the same paragraph that come first.

    `is_headed` says that the lead-in is the heading above it.
    """

    items: list[Item]
    line: int
    lead: str = ""
    before: str = ""
    kind: str = ""
    ordered: bool = False
    is_headed: bool = False


Node = Head | Para | Listing | Table


@dataclass
class Segment:
    """A head and what follows it, up to the next head. The first one may have none."""

    head: Head | None
    nodes: list[Para | Listing | Table] = field(default_factory=list)

    @property
    def lists(self) -> list[Listing]:
        return [node for node in self.nodes if isinstance(node, Listing)]

    @property
    def has_goals(self) -> bool:
        return any(each.kind == "strong" for each in self.lists) or any(
            isinstance(node, Para) and wording.read_goal_label(node.text) for node in self.nodes
        )

    @property
    def prose(self) -> int:
        return sum(len(node.text) for node in self.nodes if isinstance(node, Para))


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def read_segments(document: Document, parsed: ParsedStrategy) -> list[Segment]:
    segments = [Segment(None)]
    for node in _nodes(document):
        above = segments[-1]
        if isinstance(node, Head) and above.head and not above.nodes and key(above.head.text) == key(node.text):
            parsed.ignored.append(ImportNote(node.line, node.text, "gentager en overskrift"))
        elif isinstance(node, Head):
            segments.append(Segment(node))
        else:
            segments[-1].nodes.append(node)
    headings = {key(segment.head.text) for segment in segments if segment.head}
    for segment in segments:
        for node in list(segment.nodes):
            if isinstance(node, Para) and len(node.text) <= 100 and key(node.text) in headings:
                segment.nodes.remove(node)
                parsed.ignored.append(ImportNote(node.line, node.text, "gentager en overskrift"))
        segment.nodes = _join_lead_ins(segment.nodes)
        if segment.head and wording.goal_heading(segment.head.text):
            first = next((each for each in segment.lists if not each.lead), None)
            if first:
                first.lead = segment.head.text.rstrip(":") + ("" if segment.head.text.endswith("?") else ":")
                first.kind = wording.goal_heading(segment.head.text)
                first.is_headed = True
    return [segment for segment in segments if segment.head or segment.nodes]


def _nodes(document: Document) -> list[Node]:
    blocks = _join_bare_labels(document.blocks)
    extra = _series_labels(blocks)
    heads = _find_heads(blocks, extra, is_plain=document.unit == "linje")
    nodes: list[Node] = []
    for at, block in enumerate(blocks):
        if at in heads:
            nodes.append(_head(block, heads[at], extra))
        elif isinstance(block, Table):
            nodes.append(block)
        elif isinstance(block, ListItem):
            if not nodes or not isinstance(nodes[-1], Listing):
                nodes.append(Listing([], block.line, ordered=block.number is not None))
            _append_item(nodes[-1], block)
        elif match := _INLINE_SECTION.fullmatch(block.text):
            head = Head(match["heading"], block.line, 7)
            head.title, head.kind = head.text, wording.section_kind(head.text)
            nodes += [head, Para(match["text"], block.line)]
        else:
            nodes.append(Para(block.text, block.line, isinstance(block, Paragraph) and block.bold))
    return nodes


_INLINE_SECTION = re.compile(
    r"(?P<heading>Vision|Visionen|Mission|Formål|Formålet|Baggrund|Definition|Menneskesyn|Målgruppe)\s*:\s+(?P<text>\S.*)"
)


def _join_bare_labels(blocks: Iterable[Heading | Paragraph | ListItem | Table]) -> list:
    """»Tema 1« on a line of its own, its title on the next."""
    joined: list[Heading | Paragraph | ListItem | Table] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if (
            isinstance(last, Heading | Paragraph)
            and isinstance(block, Heading | Paragraph)
            and (label := wording.read_label(last.text))
            and not label[2]
            and label[0] in wording.THEME_WORDS
            and looks_like_heading(block.text)
        ):
            text = f"{last.text.rstrip(' :.–-')}: {block.text}"
            joined[-1] = (
                Heading(last.level, text, last.line) if isinstance(last, Heading) else Paragraph(text, last.line)
            )
        else:
            joined.append(block)
    return joined


def _series_labels(blocks: list) -> frozenset[str]:
    """Words that the document itself numbers: »Sporskifte 1: …«, »Sporskifte 2: …«."""
    found: dict[str, set[str]] = {}
    for block in blocks:
        if isinstance(block, Heading | Paragraph) and (label := wording.unknown_label(block.text)):
            found.setdefault(label[0], set()).add(label[1])
    return frozenset(word for word, numbers in found.items() if len(numbers) > 1)


def looks_like_heading(text: str) -> bool:
    if len(text) > 100 or len(text.split()) > 14 or text[-1] in ".,;:…":
        return False
    return text[0].isupper() or text[0].isdigit() or text[0] in '»”"“'


def _find_heads(blocks: list, extra: frozenset[str], is_plain: bool) -> dict[int, int]:
    """Index and level of each block that is a heading, marked or not. `is_plain`: no paragraph is marked as one."""
    heads: dict[int, int] = {}
    for at, block in enumerate(blocks):
        # A heading that only says "Vi vil:" leads into its list.
        leads_in = at + 1 < len(blocks) and isinstance(blocks[at + 1], ListItem) and block.text.endswith(":")
        if isinstance(block, Heading) and (not leads_in or wording.read_label(block.text)):
            heads[at] = block.level
    structured = len(heads) > 2 or any(level > 1 for level in heads.values())
    level = 7 if structured else 2

    def paragraphs() -> Iterator[tuple[int, Paragraph]]:
        for at, block in enumerate(blocks[:-1]):
            if isinstance(block, Paragraph) and at not in heads:
                yield at, block

    for at, block in paragraphs():
        label = wording.read_label(block.text, extra)
        if label and label[2] and label[0] not in wording.GOAL_WORDS and looks_like_heading(label[2]):
            heads[at] = level
    labelled = len(heads)
    for at, block in paragraphs():
        looks_like_one = looks_like_heading(block.text.rstrip(":")) and not wording.is_signature(block.text)
        if block.bold and looks_like_one and not _is_lead_in(blocks, at):
            heads[at] = level
    bold = len(heads) - labelled
    heads |= _numbered_heads(blocks, level)
    if not labelled or structured:
        heads |= _decimal_heads(blocks, level + 1)
    # Where headings are marked, in bold or by a label, another short paragraph is only one if it says "Vision".
    if structured or bold > 1 or labelled > 1 and not is_plain:
        for at, block in paragraphs():
            if " " not in block.text and wording.section_kind(block.text) in ("vision", "formaal", "forord"):
                heads[at] = level
        return heads
    return heads | _unmarked_heads(blocks, heads)


def _is_lead_in(blocks: list, at: int) -> bool:
    return blocks[at].text.endswith(":") and isinstance(blocks[at + 1], ListItem)


def _numbered_heads(blocks: list, level: int) -> dict[int, int]:
    """»1. Bolig« followed by prose, at least twice: numbered headings that look like items of a list."""

    def is_numbered(block: object) -> bool:
        return isinstance(block, ListItem) and re.fullmatch(r"\d{1,2}[.)]", block.marker) is not None

    candidates = []
    for at, block in enumerate(blocks[:-1]):
        before, after = blocks[at - 1] if at else None, blocks[at + 1]
        opens_list = before is not None and before.text.endswith(":") and isinstance(after, ListItem)
        looks_like_one = len(block.text) <= 100 and block.text[0].isupper() and block.text[-1] not in ".,;:"
        if is_numbered(block) and looks_like_one and not is_numbered(after) and not opens_list:
            candidates.append(at)
    alone = [at for at in candidates if blocks[at].level == 0 and not is_numbered(blocks[at - 1] if at else None)]
    # Lists between the headings have numbers of their own, so the headings are those that count on from each other.
    counted: list[int] = []
    for at in candidates:
        before = blocks[at - 1] if at else None
        goes_on = is_numbered(before) and before.number == blocks[at].number - 1 and before.text[0].isupper()
        if blocks[at].number == len(counted) + 1 and not goes_on:
            counted.append(at)
    found = max((alone, counted), key=len)
    with_prose = [at for at in found if not isinstance(blocks[at + 1], ListItem)]
    return dict.fromkeys(found, level) if len(with_prose) > 1 else {}


def _decimal_heads(blocks: list, level: int) -> dict[int, int]:
    """»3.1 Bolig« followed by prose, at least twice."""
    found = [
        at
        for at, block in enumerate(blocks[:-1])
        if isinstance(block, ListItem) and re.fullmatch(r"\d{1,2}\.\d{1,2}\.?", block.marker)
        and isinstance(blocks[at + 1], Paragraph) and looks_like_heading(block.text)
    ]  # fmt: skip
    return dict.fromkeys(found, level) if len(found) > 1 else {}


def _unmarked_heads(blocks: list, heads: dict[int, int]) -> dict[int, int]:
    """Headings of plain text: a short line without a full stop that text follows."""
    found: dict[int, int] = {}
    listed = {key(block.text) for block in blocks if isinstance(block, ListItem) and len(block.text) <= 100}
    run: list[int] = []  # neighbouring short lines
    is_top = True
    for at in range(len(blocks) + 1):
        block = blocks[at] if at < len(blocks) else None
        if isinstance(block, Paragraph) and at not in heads and _may_be_heading(block.text):
            run.append(at)
            continue
        if run:
            found |= _heads_of_run(run, blocks, is_top, block, listed)
        if block is not None:
            is_top = False
        run = []
    return found


def _may_be_heading(text: str) -> bool:
    exact = text.rstrip(":")
    if (
        text.endswith(":")
        and len(text) < 40
        and (wording.section_kind(exact) and " " not in exact or wording.is_thread_heading(exact))
    ):
        return True
    if wording.find_period(text) and not wording.names_a_strategy(text):
        return False
    if re.search(r"[.!] [A-ZÆØÅ]", text) or wording.is_left_open(text) or wording.is_signature(text):
        return False
    return looks_like_heading(text) and not wording.read_goal_label(text) and not wording.read_thread(text)


def _heads_of_run(run: list[int], blocks: list, is_top: bool, after: object, listed: set[str]) -> dict[int, int]:
    if after is None:
        run = run[:-1]  # nothing follows the last line
    before = blocks[run[0] - 1].text if run and run[0] else ""
    if before.endswith(":") and len(run) > 2:
        return {}  # a list that lost its bullets
    heads = {}
    for at in run:
        text = blocks[at].text
        is_last = at == run[-1]
        below = blocks[run[run.index(at) + 1]].text if not is_last else ""
        known = (
            wording.goal_heading(below) or wording.is_thread_heading(below) or key(text) in listed
            or wording.section_kind(text) or wording.is_container(text) or wording.goal_heading(text)
            or wording.is_thread_heading(text) or wording.names_a_strategy(text) and is_top
        )  # fmt: skip
        is_signed = isinstance(after, Paragraph) and wording.is_signature(after.text)  # a name above "Borgmester"
        if known or is_last and not is_signed and not (is_top and wording.is_front_line(text)):
            heads[at] = 2
    return heads


def _head(block: Heading | Paragraph | ListItem, level: int, extra: frozenset[str]) -> Head:
    text = block.text
    head = Head(text, block.line, level, title=text.rstrip(":"))
    if isinstance(block, ListItem):
        head.number = block.marker.rstrip(".)")
    elif label := wording.read_label(text, extra):
        head.label, head.number, head.title = label
    else:
        head.number, head.title = wording.strip_number(head.title)
    if not head.label:
        head.kind = wording.section_kind(head.title)
    return head


def _append_item(target: Listing, block: ListItem) -> None:
    marker = block.marker if block.number is not None and "." in block.marker.rstrip(".") else ""
    item = Item(block.text, block.line, marker.rstrip(".)"))
    siblings = target.items
    for _ in range(block.level):
        if not siblings:
            break
        siblings = siblings[-1].children
    siblings.append(item)


def _join_lead_ins(nodes: list) -> list:
    """Give each list the words that lead into it, and make lists of goals whose bullets got lost."""
    joined: list = []
    at = 0
    while at < len(nodes):
        node = nodes[at]
        at += 1
        if isinstance(node, Para) and at < len(nodes):
            following = nodes[at]
            before, lead = last_sentence(node.text)
            kind = wording.lead_in_kind(lead)
            if isinstance(following, Listing) and _leads_in(lead, kind):
                following.lead, following.before, following.kind = lead, before, kind
                following.line = node.line
                continue
            if lead.endswith(":") and kind == "strong" and not wording.read_goal_label(node.text):
                items = []
                while at < len(nodes) and isinstance(nodes[at], Para) and nodes[at].text[:1].islower():
                    items.append(Item(nodes[at].text, nodes[at].line))
                    at += 1
                if items:
                    joined.append(Listing(items, node.line, lead, before, kind))
                    continue
        joined.append(node)
    return joined


def last_sentence(text: str) -> tuple[str, str]:
    parts = re.split(r"(?<=[.!?])\s+(?=[A-ZÆØÅ»”\"])", text)
    return " ".join(parts[:-1]), parts[-1]


def _leads_in(lead: str, kind: str) -> bool:
    if lead.endswith(":"):
        return True
    return kind in ("strong", "weak", "contents") and len(lead) <= 120 and not lead.endswith((".", "!", "?"))
