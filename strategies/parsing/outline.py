"""Group the blocks of a document into segments of a heading, paragraphs, and lists with their lead-ins."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise, takewhile

from udsat.lib.documents import Document, Heading, ImportNote, ListItem, Paragraph, Table

from . import wording
from .heading_lines import comparison_key, find_headings, join_bare_labels, looks_like_heading, series_labels
from .parsed_strategy import ParsedStrategy
from .theme_table import Cell, read_theme_table

MAX_LEAD_IN = 100  # characters of a paragraph that leads into goals by its place alone


@dataclass
class OutlineHeading:
    """A heading. `title` is its text without label and number, `kind` its Section kind, `role` see `heading_roles`."""

    text: str
    line: int
    level: int
    label: str = ""
    number: str = ""
    title: str = ""
    kind: str = ""
    role: str = ""
    leads_in: bool = False  # repeated above the goals of several themes


@dataclass
class OutlineParagraph:
    text: str
    line: int
    bold: bool = False


@dataclass
class OutlineItem:
    text: str
    line: int
    marker: str = ""
    children: list["OutlineItem"] = field(default_factory=list)


@dataclass
class OutlineList:
    """A list with its lead-in: `before` holds the earlier sentences of the paragraph that ends in `lead`.

    `kind` classifies the lead-in, see `wording.lead_in_kind`.
    """

    items: list[OutlineItem]
    line: int
    lead: str = ""
    before: str = ""
    kind: str = ""
    ordered: bool = False
    lead_is_heading: bool = False
    by_place: bool = False  # holds goals because similar headings have such a list, not by the words of its lead-in

    @property
    def all_items(self) -> list[OutlineItem]:
        """Items of every level in reading order."""
        items: list[OutlineItem] = []
        waiting = list(self.items)
        while waiting:
            items.append(waiting.pop(0))
            waiting = items[-1].children + waiting
        return items


@dataclass
class EndOfTable:
    """Ends the last theme of a table, whose heads are in the text of the themes."""

    heads: str
    line: int


Node = OutlineHeading | OutlineParagraph | OutlineList | Table | EndOfTable


@dataclass
class Segment:
    """A heading and the nodes up to the next heading. The first segment, and one after a table, may have no heading."""

    heading: OutlineHeading | None
    nodes: list[OutlineParagraph | OutlineList | Table] = field(default_factory=list)

    @property
    def lists(self) -> list[OutlineList]:
        return [node for node in self.nodes if isinstance(node, OutlineList)]

    @property
    def paragraphs(self) -> list[OutlineParagraph]:
        return [node for node in self.nodes if isinstance(node, OutlineParagraph)]

    @property
    def has_goals(self) -> bool:
        return any(listing.kind == "strong" for listing in self.lists) or any(
            wording.read_goal_label(paragraph.text) for paragraph in self.paragraphs
        )

    @property
    def prose_length(self) -> int:
        return sum(len(paragraph.text) for paragraph in self.paragraphs)


def read_segments(document: Document, parsed: ParsedStrategy) -> list[Segment]:
    """Return the segments of a document. Repeated headings are added to `parsed.ignored`."""
    segments = [Segment(None)]
    for node in _outline_nodes(document):
        if isinstance(node, EndOfTable):
            segments.append(Segment(None))
            if node.heads:
                parsed.ignored.append(ImportNote(node.line, node.heads, "skemaets hoved"))
        elif not isinstance(node, OutlineHeading):
            segments[-1].nodes.append(node)
        elif _repeats_heading(segments[-1], node):
            parsed.ignored.append(ImportNote(node.line, node.text, "gentager en overskrift"))
        else:
            segments.append(Segment(node))
    headings = {comparison_key(segment.heading.text) for segment in segments if segment.heading}
    for segment in segments:
        for paragraph in segment.paragraphs:
            if len(paragraph.text) <= 100 and comparison_key(paragraph.text) in headings:
                segment.nodes.remove(paragraph)
                parsed.ignored.append(ImportNote(paragraph.line, paragraph.text, "gentager en overskrift"))
        segment.nodes = _attach_lead_ins(segment.nodes)
        _use_heading_as_lead_in(segment)
        for listing in segment.lists:
            if listing.kind != "strong" and wording.names_people([item.text for item in listing.items]):
                listing.kind = "never"
    _recognise_sibling_lead_ins(segments)
    _recognise_repeated_lead_ins(segments)
    return [segment for segment in segments if segment.heading or segment.nodes]


def _repeats_heading(above: Segment, heading: OutlineHeading) -> bool:
    is_directly_below = above.heading is not None and not above.nodes
    return is_directly_below and comparison_key(above.heading.text) == comparison_key(heading.text)


def _use_heading_as_lead_in(segment: Segment) -> None:
    """Make a heading such as »Vi vil« the lead-in of the first list without one."""
    if segment.heading and (kind := wording.goal_heading(segment.heading.text)):
        text = segment.heading.text
        if listing := next((listing for listing in segment.lists if not listing.lead), None):
            listing.lead = text.rstrip(":") + ("" if text.endswith("?") else ":")
            listing.kind = kind
            listing.lead_is_heading = True


def _recognise_sibling_lead_ins(segments: list[Segment]) -> None:
    """Make lists hold goals that follow a short lead-in below several headings of one level, whatever its words are."""
    levels: dict[int, list[Segment]] = {}
    for segment in segments:
        if segment.heading and not segment.heading.kind and not wording.goal_heading(segment.heading.title):
            levels.setdefault(segment.heading.level, []).append(segment)
    for siblings in levels.values():
        led = {id(segment): _lists_with_short_lead_in(segment) for segment in siblings}
        if sum(segment.has_goals or bool(led[id(segment)]) for segment in siblings) < 2:
            continue
        repeated = Counter(comparison_key(listing.lead) for lists in led.values() for listing in lists)
        for segment in siblings:
            if lists := led[id(segment)] if not segment.has_goals else []:
                about_goals = [listing for listing in lists if wording.mentions_goals(listing.lead)]
                recurring = [listing for listing in lists if repeated[comparison_key(listing.lead)] > 1]
                for listing in about_goals or recurring or lists[-1:]:
                    listing.kind, listing.by_place = "strong", True


def _recognise_repeated_lead_ins(segments: list[Segment]) -> None:
    """Make a subheading that is repeated above lists (»Ambitioner«) lead into goals where no words do."""
    if any(segment.has_goals for segment in segments):
        return
    repeated: dict[str, list[Segment]] = {}
    for above, segment in pairwise(segments):
        heading = segment.heading
        if not heading or heading.kind or heading.label or not segment.nodes:
            continue
        first = segment.nodes[0]
        is_plain = isinstance(first, OutlineList) and not first.kind and not first.lead
        is_below = above.heading is not None and above.heading.level < heading.level
        if is_plain and is_below and wording.lead_in_kind(f"{heading.title}:") not in ("never", "definition"):
            repeated.setdefault(comparison_key(heading.title), []).append(segment)
    found = [group for group in repeated.values() if len(group) > 1]
    for segment in max(found, key=lambda group: wording.mentions_goals(group[0].heading.title), default=[]):
        segment.heading.leads_in = True
        listing = segment.lists[0]
        listing.lead, listing.kind = f"{segment.heading.text.rstrip(' :?')}:", "strong"
        listing.lead_is_heading = listing.by_place = True


def _lists_with_short_lead_in(segment: Segment) -> list[OutlineList]:
    """Return the lists below a short paragraph with a colon, those after one such as »Sådan gør vi:« if no others."""
    led = [x for x in segment.lists if x.lead.endswith(":") and len(x.before) + len(x.lead) <= MAX_LEAD_IN]
    return [x for x in led if x.kind == "unknown"] or [x for x in led if x.kind == "weak"]


def _outline_nodes(document: Document) -> list[Node]:
    blocks = join_bare_labels(document.blocks)
    extra = series_labels(blocks)
    headings = find_headings(blocks, extra, is_plain=document.unit == "linje")
    nodes: list[Node] = []
    for index, block in enumerate(blocks):
        if index in headings:
            nodes.append(_make_heading(block, headings[index], extra))
        elif isinstance(block, Table):
            above = next((node.level for node in reversed(nodes) if isinstance(node, OutlineHeading)), 1)
            nodes += _table_nodes(block, min(above + 1, 7))
        elif isinstance(block, ListItem):
            if not nodes or not isinstance(nodes[-1], OutlineList):
                nodes.append(OutlineList([], block.line, ordered=block.number is not None))
            _append_item(nodes[-1], block)
        elif match := _INLINE_SECTION.fullmatch(block.text):
            heading = OutlineHeading(match["heading"], block.line, 7)
            heading.title, heading.kind = heading.text, wording.section_kind(heading.text)
            nodes += [heading, OutlineParagraph(match["text"], block.line)]
        else:
            nodes.append(OutlineParagraph(block.text, block.line, isinstance(block, Paragraph) and block.bold))
    return nodes


def _table_nodes(table: Table, level: int) -> Iterator[Node]:
    """Yield the nodes of a table that lays out themes or has headings; any other table as it is."""
    if laid_out := read_theme_table(table):
        for text in laid_out.above:
            if looks_like_heading(text):
                yield _make_heading(Heading(level, text, table.line), level, frozenset())
            else:
                yield OutlineParagraph(text, table.line)
        level += bool(laid_out.above)
        for theme in laid_out.themes:
            heading = _make_heading(Heading(level, theme.title, table.line), level, frozenset())
            heading.label, heading.number = heading.label or laid_out.label, heading.number or theme.number
            heading.kind = ""
            yield heading
            yield from _cell_nodes(theme.rest)
            for column, (head, cell) in enumerate(theme.columns):
                yield from _column_nodes(head, cell, table.line, column == laid_out.goals)
        yield EndOfTable(" | ".join(filter(None, laid_out.heads)), table.line)
    elif any(isinstance(block, Heading) for row in table.cells for cell in row for block in cell):
        for row in table.cells:
            for cell in row:
                yield from _cell_nodes(cell)
    else:
        yield table


def _cell_nodes(cell: Cell) -> Iterator[Node]:
    for is_item, blocks in groupby(cell, key=lambda block: isinstance(block, ListItem)):
        if is_item:
            yield _make_list(blocks)
            continue
        for block in blocks:
            if isinstance(block, Heading):
                yield _make_heading(block, block.level, frozenset())
            else:
                yield block if isinstance(block, Table) else OutlineParagraph(block.text, block.line)


def _column_nodes(head: str, cell: Cell, line: int, holds_goals: bool) -> Iterator[Node]:
    """Yield the cell below a head, which leads into its goals, or is written in front of its text."""
    nodes = list(_cell_nodes(cell))
    for index, node in enumerate(nodes):
        if isinstance(node, OutlineHeading | OutlineParagraph):
            nodes[index] = OutlineParagraph(re.sub(r"^[-–—]\s+", "", node.text), node.line)  # a bullet alone
    paragraphs = [node for node in nodes if isinstance(node, OutlineParagraph)]
    lead = head and head.rstrip(" :") + ("" if head.endswith("?") else ":")
    if len(paragraphs) > 1 and paragraphs[0].text.endswith(":"):
        lead = paragraphs.pop(0).text
        nodes.pop(0)
    if len(nodes) == len(paragraphs) and (holds_goals or len(paragraphs) > 1):
        nodes = [OutlineList([OutlineItem(node.text, node.line) for node in paragraphs], line)] if nodes else []
    for node in nodes:
        if isinstance(node, OutlineList):
            node.lead = lead
            node.kind = "strong" if holds_goals else "never"
        elif isinstance(node, OutlineParagraph) and lead and not holds_goals:
            node.text = f"{lead} {node.text}"
        yield node


def _make_list(items: Iterable[ListItem]) -> OutlineList:
    listing = OutlineList([], 0)
    for item in items:
        listing.line, listing.ordered = listing.line or item.line, listing.ordered or item.number is not None
        _append_item(listing, item)
    return listing


_INLINE_SECTION = re.compile(
    r"(?P<heading>Vision|Visionen|Mission|Formål|Formålet|Baggrund|Definition|Menneskesyn|Målgruppe)\s*:\s+(?P<text>\S.*)"
)


def _make_heading(block: Heading | Paragraph | ListItem, level: int, extra: frozenset[str]) -> OutlineHeading:
    text = block.text
    heading = OutlineHeading(text, block.line, level, title=text.rstrip(":"))
    if isinstance(block, ListItem):
        heading.number = block.marker.rstrip(".)")
    elif label := wording.read_label(text, extra):
        heading.label, heading.number, heading.title = label
    else:
        heading.number, heading.title = wording.strip_number(heading.title)
    if not heading.label:
        heading.kind = wording.section_kind(heading.title)
    return heading


def _append_item(target: OutlineList, block: ListItem) -> None:
    marker = block.marker if block.number is not None and "." in block.marker.rstrip(".") else ""
    item = OutlineItem(block.text, block.line, marker.rstrip(".)"))
    siblings = target.items
    for _ in range(block.level):
        if not siblings:
            break
        siblings = siblings[-1].children
    siblings.append(item)


def _attach_lead_ins(nodes: list) -> list:
    """Attach lead-ins to lists, and turn lower-case lines after a goal lead-in into a list."""
    joined: list = []
    index = 0
    while index < len(nodes):
        node = nodes[index]
        index += 1
        if isinstance(node, OutlineParagraph) and index < len(nodes):
            following = nodes[index]
            before, lead = last_sentence(node.text)
            kind = wording.lead_in_kind(lead)
            if isinstance(following, OutlineList) and _leads_in(lead, kind):
                following.lead, following.before, following.kind = lead, before, kind
                following.line = node.line
                continue
            if lead.endswith(":") and kind == "strong" and not wording.read_goal_label(node.text):
                lines = takewhile(lambda n: isinstance(n, OutlineParagraph) and n.text[:1].islower(), nodes[index:])
                items = [OutlineItem(line.text, line.line) for line in lines]
                index += len(items)
                if items:
                    joined.append(OutlineList(items, node.line, lead, before, kind))
                    continue
        joined.append(node)
    return joined


def last_sentence(text: str) -> tuple[str, str]:
    """Split a paragraph into everything before its last sentence, and that sentence."""
    parts = re.split(r"(?<=[.!?])\s+(?=[A-ZÆØÅ»”\"])", text)
    return " ".join(parts[:-1]), parts[-1]


def _leads_in(lead: str, kind: str) -> bool:
    if lead.endswith(":"):
        return True
    return kind in ("strong", "weak", "contents") and len(lead) <= 120 and not lead.endswith((".", "!", "?"))
