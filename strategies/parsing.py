"""Turn the blocks of a document into the parts of a strategy: sections, themes, guiding threads, goals.

Pure: no database and no model. The structure comes from the text's own signals, in this order of trust: labels
(»Tema 1: …«), a list of contents that repeats headings, a heading that holds themes, a lead-in to goals (»Vi vil:«).
Every piece of the text ends up in exactly one place, at worst in `not_understood` with a reason.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from html import escape, unescape

from udsat.lib.documents import Document, Heading, ListItem, Paragraph, Remark, Table

from . import wording


@dataclass
class ParsedGoal:
    """`explanation` is HTML. `number` is the document's own, as in »Mål 1.2«."""

    text: str
    line: int = 0
    number: str = ""
    explanation: str = ""
    children: list["ParsedGoal"] = field(default_factory=list)


@dataclass
class ParsedTheme:
    """`title` is empty for a group without a heading. `body` is HTML."""

    title: str = ""
    line: int = 0
    number: str = ""
    guiding_thread: str = ""
    body: str = ""
    goal_lead_in: str = ""
    goals: list[ParsedGoal] = field(default_factory=list)


@dataclass
class ParsedSection:
    """`kind` is a value of the Section model's Kind. `heading` is empty where the document has none."""

    kind: str
    heading: str = ""
    line: int = 0
    body: str = ""
    signed_by: str = ""


@dataclass
class ParsedStrategy:
    """`unit` says what the line numbers count: "linje" or "afsnit". `doubt` is why this may be no strategy at all."""

    title: str = ""
    kind: str = ""
    start_year: int | None = None
    end_year: int | None = None
    adopted_on: date | None = None
    adopted_precision: str = ""
    adopted_by: str = ""
    theme_label: str = "tema"
    theme_label_plural: str = "temaer"
    sections: list[ParsedSection] = field(default_factory=list)
    themes: list[ParsedTheme] = field(default_factory=list)
    not_understood: list[Remark] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)
    doubt: str = ""
    unit: str = "linje"

    @property
    def goal_count(self) -> int:
        """Goals at the first level."""
        return sum(len(theme.goals) for theme in self.themes)


# The document as heads, paragraphs and lists


@dataclass
class _Head:
    text: str
    line: int
    level: int
    label: str = ""
    number: str = ""
    title: str = ""
    kind: str = ""
    role: str = ""


@dataclass
class _Para:
    text: str
    line: int
    bold: bool = False


@dataclass
class _Item:
    text: str
    line: int
    marker: str = ""
    children: list["_Item"] = field(default_factory=list)


@dataclass
class _List:
    """`lead` are the words that lead into it, `before` the sentences of the same paragraph that come first."""

    items: list[_Item]
    line: int
    lead: str = ""
    before: str = ""
    kind: str = ""
    ordered: bool = False


_Node = _Head | _Para | _List | Table


@dataclass
class _Segment:
    """A head and what follows it, up to the next head. The first one may have none."""

    head: _Head | None
    nodes: list[_Para | _List | Table] = field(default_factory=list)

    @property
    def lists(self) -> list[_List]:
        return [node for node in self.nodes if isinstance(node, _List)]

    @property
    def has_goals(self) -> bool:
        return any(each.kind == "strong" for each in self.lists) or any(
            isinstance(node, _Para) and wording.read_goal_label(node.text) for node in self.nodes
        )

    @property
    def prose(self) -> int:
        return sum(len(node.text) for node in self.nodes if isinstance(node, _Para))


def parse_strategy(document: Document) -> ParsedStrategy:
    """Read a strategy out of a document. Never fails; what it doubts is in `doubt`, `not_understood` and `ignored`."""
    parsed = ParsedStrategy(unit=document.unit, ignored=list(document.ignored))
    segments = _segments(document, parsed)
    pieces = list(_pieces(segments))
    title_segment = _take_title(segments, document, parsed)
    _take_period(segments, document, parsed)
    is_other = _is_minutes(document) or _is_council_page(segments, document)
    _give_roles(segments, title_segment, may_have_themes=not is_other)
    _Assembler(parsed, may_have_themes=not is_other).assemble(segments)
    _name_themes(segments, parsed)
    _doubt(document, segments, parsed)
    _account_for(pieces, parsed)
    parsed.not_understood.sort(key=lambda remark: remark.line)
    parsed.ignored.sort(key=lambda remark: remark.line)
    return parsed


def _segments(document: Document, parsed: ParsedStrategy) -> list[_Segment]:
    segments = [_Segment(None)]
    for node in _nodes(document):
        if isinstance(node, _Head):
            segments.append(_Segment(node))
        else:
            segments[-1].nodes.append(node)
    headings = {_key(segment.head.text) for segment in segments if segment.head}
    for segment in segments:
        for node in list(segment.nodes):
            if isinstance(node, _Para) and len(node.text) <= 100 and _key(node.text) in headings:
                segment.nodes.remove(node)
                parsed.ignored.append(Remark(node.line, node.text, "gentager en overskrift"))
        segment.nodes = _join_lead_ins(segment.nodes)
        if segment.head and wording.goal_heading(segment.head.text):
            first = next((each for each in segment.lists if not each.lead), None)
            if first:
                first.lead = segment.head.text.rstrip(":") + ("" if segment.head.text.endswith("?") else ":")
                first.kind = wording.goal_heading(segment.head.text)
    return [segment for segment in segments if segment.head or segment.nodes]


def _nodes(document: Document) -> list[_Node]:
    blocks = _join_bare_labels(document.blocks)
    extra = _series_labels(blocks)
    heads = _find_heads(blocks, extra)
    nodes: list[_Node] = []
    for at, block in enumerate(blocks):
        if at in heads:
            nodes.append(_head(block, heads[at], extra))
        elif isinstance(block, Table):
            nodes.append(block)
        elif isinstance(block, ListItem):
            if not nodes or not isinstance(nodes[-1], _List):
                nodes.append(_List([], block.line, ordered=block.number is not None))
            _append_item(nodes[-1], block)
        elif match := _INLINE_SECTION.fullmatch(block.text):
            head = _Head(match["heading"], block.line, 7)
            head.title, head.kind = head.text, wording.section_kind(head.text)
            nodes += [head, _Para(match["text"], block.line)]
        else:
            nodes.append(_Para(block.text, block.line, isinstance(block, Paragraph) and block.bold))
    return nodes


_INLINE_SECTION = re.compile(
    r"(?P<heading>Vision|Visionen|Mission|Formål|Formålet|Baggrund|Definition|Menneskesyn|Målgruppe)\s*:\s+(?P<text>\S.*)"
)
_HEAD_TYPES = (Heading, Paragraph, ListItem)


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
            and _looks_like_heading(block.text)
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


def _looks_like_heading(text: str) -> bool:
    if len(text) > 100 or len(text.split()) > 14 or text[-1] in ".,;:…":
        return False
    return text[0].isupper() or text[0].isdigit() or text[0] in '»”"“'


def _find_heads(blocks: list, extra: frozenset[str]) -> dict[int, int]:
    """Index and level of each block that is a heading, marked or not."""
    heads: dict[int, int] = {}
    marked = [at for at, block in enumerate(blocks) if isinstance(block, Heading)]
    for at in marked:
        next_is_list = at + 1 < len(blocks) and isinstance(blocks[at + 1], ListItem)
        # A heading that only says "Vi vil:" leads into its list.
        if not (blocks[at].text.endswith(":") and next_is_list and not wording.read_label(blocks[at].text)):
            heads[at] = blocks[at].level
    structured = len(heads) > 2 or any(level > 1 for level in heads.values())

    def opens_text(at: int) -> bool:
        return at + 1 < len(blocks)

    for at, block in enumerate(blocks):
        if isinstance(block, Paragraph) and opens_text(at) and at not in heads:
            label = wording.read_label(block.text, extra)
            if label and label[2] and label[0] not in wording.GOAL_WORDS and _looks_like_heading(label[2]):
                heads[at] = 7 if structured else 2
    bold = [
        at
        for at, block in enumerate(blocks)
        if isinstance(block, Paragraph) and block.bold and opens_text(at) and at not in heads
        and _looks_like_heading(block.text.rstrip(":")) and not _is_lead_in(blocks, at)
        and not wording.is_signature(block.text)
    ]  # fmt: skip
    for at in bold:
        heads[at] = 7 if structured else 2
    heads |= _numbered_heads(blocks, 7 if structured else 2)
    if structured:
        # A lone "Vision" in a document with marked headings.
        for at, block in enumerate(blocks):
            if isinstance(block, Paragraph) and opens_text(at) and at not in heads and len(block.text) < 30:
                if wording.section_kind(block.text) in ("vision", "formaal", "forord") and " " not in block.text:
                    heads[at] = 7
        return heads
    if len(bold) < 2:
        heads |= _unmarked_heads(blocks, heads)
    return heads


def _is_lead_in(blocks: list, at: int) -> bool:
    return blocks[at].text.endswith(":") and isinstance(blocks[at + 1], ListItem)


def _numbered_heads(blocks: list, level: int) -> dict[int, int]:
    """»1. Bolig« followed by prose, at least twice: numbered headings that look like lists of one item."""

    def is_item(at: int) -> bool:
        block = blocks[at] if 0 <= at < len(blocks) else None
        return (
            isinstance(block, ListItem)
            and block.number is not None
            and block.level == 0
            and block.marker.count(".") < 2
        )

    candidates = {
        at
        for at, block in enumerate(blocks[:-1])
        if is_item(at) and not is_item(at - 1) and not is_item(at + 1)
        and len(block.text) <= 100 and not block.text.endswith((".", ",", ";", ":"))
        and block.text[0].isupper()
        and not (at and blocks[at - 1].text.endswith(":") and isinstance(blocks[at + 1], ListItem))
    }  # fmt: skip
    with_prose = [at for at in candidates if not isinstance(blocks[at + 1], ListItem)]
    return dict.fromkeys(candidates, level) if len(with_prose) > 1 else {}


def _unmarked_heads(blocks: list, heads: dict[int, int]) -> dict[int, int]:
    """Headings of plain text: a short line without a full stop that text follows."""
    found: dict[int, int] = {}
    run: list[int] = []  # neighbouring short lines
    is_top = True
    for at in range(len(blocks) + 1):
        block = blocks[at] if at < len(blocks) else None
        if isinstance(block, Paragraph) and at not in heads and _may_be_heading(block.text):
            run.append(at)
            continue
        if run:
            found |= _heads_of_run(run, blocks, is_top, after=block)
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
    if re.search(r"[.!] [A-ZÆØÅ]", text) or wording.is_left_open(text) or wording.is_signature(text):
        return False
    return _looks_like_heading(text) and not wording.read_goal_label(text) and not wording.read_thread(text)


def _heads_of_run(run: list[int], blocks: list, is_top: bool, after: object) -> dict[int, int]:
    if after is None:
        run = run[:-1]  # nothing follows the last line
    before = blocks[run[0] - 1].text if run and run[0] else ""
    if before.endswith(":") and len(run) > 2:
        return {}  # a list that lost its bullets
    heads = {}
    for at in run:
        text = blocks[at].text
        is_last = at == run[-1]
        known = (
            wording.section_kind(text) or wording.is_container(text) or wording.goal_heading(text)
            or wording.is_thread_heading(text) or wording.names_a_strategy(text) and is_top
        )  # fmt: skip
        is_signed = isinstance(after, Paragraph) and wording.is_signature(after.text)  # a name above "Borgmester"
        if known or is_last and not is_signed and not (is_top and wording.is_front_line(text)):
            heads[at] = 2
    return heads


def _head(block: Heading | Paragraph | ListItem, level: int, extra: frozenset[str]) -> _Head:
    text = block.text
    head = _Head(text, block.line, level, title=text.rstrip(":"))
    if isinstance(block, ListItem):
        head.number = str(block.number)
    elif label := wording.read_label(text, extra):
        head.label, head.number, head.title = label
    else:
        head.number, head.title = wording.strip_number(head.title)
    if not head.label:
        head.kind = wording.section_kind(head.title)
    return head


def _append_item(target: _List, block: ListItem) -> None:
    marker = block.marker if block.number is not None and "." in block.marker.rstrip(".") else ""
    item = _Item(block.text, block.line, marker.rstrip(".)"))
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
        if isinstance(node, _Para) and at < len(nodes):
            following = nodes[at]
            before, lead = _last_sentence(node.text)
            kind = wording.lead_in_kind(lead)
            if isinstance(following, _List) and _leads_in(lead, kind):
                following.lead, following.before, following.kind = lead, before, kind
                following.line = node.line
                continue
            if lead.endswith(":") and kind == "strong" and not wording.read_goal_label(node.text):
                items = []
                while at < len(nodes) and isinstance(nodes[at], _Para) and nodes[at].text[:1].islower():
                    items.append(_Item(nodes[at].text, nodes[at].line))
                    at += 1
                if items:
                    joined.append(_List(items, node.line, lead, before, kind))
                    continue
        joined.append(node)
    return joined


def _last_sentence(text: str) -> tuple[str, str]:
    parts = re.split(r"(?<=[.!?])\s+(?=[A-ZÆØÅ»”\"])", text)
    return " ".join(parts[:-1]), parts[-1]


def _leads_in(lead: str, kind: str) -> bool:
    if lead.endswith(":"):
        return True
    return kind in ("strong", "weak", "contents") and len(lead) <= 120 and not lead.endswith((".", "!", "?"))


# Title, period, adoption


def _take_title(segments: list[_Segment], document: Document, parsed: ParsedStrategy) -> _Segment | None:
    """Find the title, and the segment whose heading it is."""
    heads = [segment for segment in segments if segment.head]
    chosen = None
    for segment in heads:
        if segment.head.level == 0:
            chosen = segment
            break
    top = [s for s in heads[:3] if not s.head.label and not (s.head.kind and not wording.names_a_strategy(s.head.text))]
    marked = [s for s in heads if s.head.level == 1]
    chosen = chosen or next((s for s in top if wording.names_a_strategy(s.head.text)), None)
    if not chosen and len(marked) == 1 and not marked[0].head.kind and not marked[0].head.label:
        chosen = marked[0]
    named = document.title if wording.names_a_strategy(document.title) else ""
    if not chosen and not named:
        chosen = next(
            (
                s
                for s in heads
                if wording.names_a_strategy(s.head.text) and not s.head.label and not s.head.kind and not s.has_goals
            ),
            None,
        )
    if not chosen and not named and top and top[0] is segments[0] and not top[0].has_goals and len(heads) > 2:
        chosen = top[0]
    if chosen:
        text = chosen.head.title
        chosen.head.role = "title"
    else:
        text = named and re.split(r"\s+[|–—-]\s+", named)[0]
        if not text:
            text = _front_title(segments) or _title_in_prose(segments) or wording.strategy_word(document.text)
    parsed.title = _without_period(text, parsed)
    if not parsed.title:
        parsed.not_understood.append(Remark(0, "", "Teksten har ingen titel. Skriv den selv."))
    parsed.title = wording.undefinite(parsed.title)
    parsed.kind = wording.document_kind(parsed.title) or wording.document_kind(
        wording.strategy_word(document.text.lower())
    )
    return chosen


def _front_title(segments: list[_Segment]) -> str:
    """A short first line of a document whose headings are all about something else."""
    if segments and not segments[0].head and isinstance(first := segments[0].nodes[0], _Para):
        if _looks_like_heading(first.text) and wording.names_a_strategy(first.text):
            segments[0].nodes.pop(0)
            return first.text
    return ""


def _title_in_prose(segments: list[_Segment]) -> str:
    for segment in segments:
        for node in segment.nodes:
            if isinstance(node, _Para) and (match := wording.TITLE_IN_PROSE.search(node.text)):
                return match[0].strip()
    return ""


def _without_period(title: str, parsed: ParsedStrategy) -> str:
    if found := wording.find_period(title):
        parsed.start_year, parsed.end_year, words = found
        title = title.replace(words, " ")
    elif start := wording.find_start(title):
        parsed.start_year = start[0]
        title = title.replace(start[1], " ")
    return re.sub(r"\s+", " ", title).strip(" ,.:;–—-|/")


_PERIOD_SENTENCE = re.compile(
    r"\b(strategien|politikken|planen|strategiperioden?|politikperioden|planperioden|gælder|gældende|perioden)\b",
    re.IGNORECASE,
)


def _take_period(segments: list[_Segment], document: Document, parsed: ParsedStrategy) -> None:
    """Period and adoption, from short lines near the top and from sentences that say so. Cover lines go to `ignored`."""
    for number, segment in enumerate(segments):
        is_cover = segment.head is None or segment.head.role == "title"
        is_front = number < 3
        kept = []
        for node in segment.nodes:
            if not isinstance(node, _Para):
                is_front = False
                kept.append(node)
                continue
            text = node.text
            short = len(text) <= 120
            if (
                not parsed.adopted_on
                and (found := wording.find_adoption(text))
                and (short or "strategi" in text or "politik" in text)
            ):
                parsed.adopted_on, parsed.adopted_precision, parsed.adopted_by = found
            period = wording.find_period(text) if short and is_front or _PERIOD_SENTENCE.search(text) else None
            if period and not parsed.start_year:
                parsed.start_year, parsed.end_year = period[:2]
            elif not parsed.start_year and short and re.search(r"gælde", text) and (start := wording.find_start(text)):
                parsed.start_year = start[0]
            rest = text.replace(period[2], " ").strip(" ,.:–-") if period else text
            if is_front and short and (not rest or wording.is_front_line(rest)):
                parsed.ignored.append(Remark(node.line, text, "linje fra forsiden, læst som titel, periode eller dato"))
            elif is_front and is_cover and len(segment.nodes) < 4 and len(segments) > 2 and _looks_like_heading(text):
                parsed.not_understood.append(Remark(node.line, text, "En linje fra forsiden. Hører den til titlen?"))
            else:
                kept.append(node)
            is_front = is_front and short
        segment.nodes = kept
    if not parsed.start_year and (found := wording.find_period(document.title)):
        parsed.start_year, parsed.end_year = found[:2]


# What each heading is


def _give_roles(segments: list[_Segment], title: _Segment | None, may_have_themes: bool) -> None:
    """Roles: title, ignore, section, container, theme, goals, thread, sub (a heading inside a theme or section)."""
    plain = [s for s in segments if s.head and s is not title]
    repeated = {key for key, count in Counter(_key(s.head.title) for s in plain).items() if count > 1}
    for segment in plain:
        head = segment.head
        if wording.is_thread_heading(head.text):
            head.role = "thread"
        elif head.kind == "ignore":
            head.role = "ignore"
        elif head.label:
            pass
        elif wording.is_container(head.title):
            head.role = "container"
        elif wording.goal_heading(head.title) == "strong" or wording.goal_heading(head.title) and segment.lists:
            head.role = "goals"
        elif _key(head.title) in repeated:
            head.role = "sub"
    if not may_have_themes:
        for segment in plain:
            segment.head.role = segment.head.role if segment.head.role in ("ignore", "sub") else "section"
        return
    themes = _labelled(plain)
    by_label = bool(themes)
    if not themes:
        themes = _listed_or_held(segments, plain)
    if not themes:
        themes = _with_goals(segments, plain, title)
        themes = _lifted(themes, plain)
    if not by_label:
        themes = _with_siblings(themes, plain)
    if not themes:
        themes = _fallback(segments, plain, title)
    for segment in themes:
        segment.head.role = "theme"
    _give_rest(plain, themes, by_label)


def _key(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def _labelled(plain: list[_Segment]) -> list[_Segment]:
    labelled = [s for s in plain if s.head.label and s.head.label not in wording.GOAL_WORDS]
    if labelled:
        return labelled
    # "Målsætning 1: …" as the highest headings, with lists or prose of their own.
    goals = [s for s in plain if s.head.label and "." not in s.head.number]
    numbers = [int(s.head.number) for s in goals if s.head.number.isdecimal()]
    rising = len(numbers) == len(goals) > 1 and all(a < b for a, b in zip(numbers, numbers[1:], strict=False))
    others = [s for s in plain if not s.head.label and not s.head.kind and s.head.role == ""]
    if rising and not others and sum(bool(s.lists) for s in goals) * 2 >= len(goals):
        return goals
    return []


def _listed_or_held(segments: list[_Segment], plain: list[_Segment]) -> list[_Segment]:
    """Themes that a list of contents names, or that stand under a heading such as »Vores fire pejlemærker«."""
    free = [s for s in plain if not s.head.role and not s.head.label]
    for segment in segments:
        for each in segment.lists:
            container = segment.head is not None and segment.head.role == "container"
            if each.kind == "contents" or container and each.kind in ("", "unknown"):
                named = [s for s in free if any(_same(item.text, s.head.title) for item in each.items)]
                if len(named) > 1 and len(named) * 10 >= len(each.items) * 6:
                    return named
        last = segment.nodes[-1] if segment.nodes else None
        if (
            isinstance(last, _Para)
            and last.text.endswith(":")
            and wording.lead_in_kind(_last_sentence(last.text)[1]) == "contents"
        ):
            held = [s for s in _held(segments[segments.index(segment) + 1 :]) if s in free]
            if len(held) > 1:
                return held
    themes: list[_Segment] = []
    for segment in plain:
        if segment.head.role == "container":
            themes += _below(segment, plain)
    return themes if len(themes) > 1 else []


def _same(item: str, title: str) -> bool:
    """Is this entry of a list of contents that heading?"""
    label = wording.read_label(item)
    a, b = _key(wording.strip_number(label[2] if label else item)[1]), _key(title)
    a = re.sub(r"( side)? \d+$", "", a)
    short, long = sorted((a, b), key=len)
    return bool(short) and (a == b or len(short) > 3 and long.startswith(short + " "))


def _below(container: _Segment, plain: list[_Segment]) -> list[_Segment]:
    """The headings that a container holds: the next level below it, or in plain text those up to a known section."""
    after = plain[plain.index(container) + 1 :]
    level = container.head.level
    deeper = []
    for segment in after:
        if segment.head.level <= level:
            break
        deeper.append(segment)
    if deeper:
        top = min(s.head.level for s in deeper)
        return [
            s for s in deeper if s.head.level == top and s.head.role == "" and s.head.kind not in ("andet", "succes")
        ]
    return _held(after)


def _held(after: list[_Segment]) -> list[_Segment]:
    """Headings up to the first known section, on the level of the first one."""
    held: list[_Segment] = []
    for segment in after:
        head = segment.head
        if head.kind or head.role == "container" or held and head.level < held[0].head.level:
            break
        if not head.role and (not held or head.level == held[0].head.level):
            held.append(segment)
    return held


def _with_goals(segments: list[_Segment], plain: list[_Segment], title: _Segment | None) -> list[_Segment]:
    """Headings whose own text, or a »Mål« heading below them, leads into goals."""
    themes = []
    owner: _Segment | None = None
    sentences = []
    for segment in plain:
        head = segment.head
        if head.role in ("goals", "sub") or head.label:
            reaches = segment.has_goals or head.role == "goals" or head.label
            if reaches and owner and _owns(owner.head, head) and owner not in themes:
                themes.append(owner)
            continue
        if head.role:
            owner = None
            continue
        owner = segment
        if segment.has_goals and not head.kind:
            themes.append(segment)
        elif not head.kind and any(isinstance(n, _Para) and wording.is_goal_sentence(n.text) for n in segment.nodes):
            sentences.append(segment)
    if not themes and len(sentences) > 1:
        themes = sentences
    # One heading with several lead-ins and no other theme: groups without headings.
    if len(themes) == 1 and sum(each.kind == "strong" for each in themes[0].lists) > 1:
        return []
    return sorted(themes, key=lambda s: s.head.line)


def _owns(owner: _Head, head: _Head) -> bool:
    if owner.level < head.level:
        return True
    return owner.level == head.level and not owner.kind


def _lifted(themes: list[_Segment], plain: list[_Segment]) -> list[_Segment]:
    """If the goals stand under subheadings of several headings, those are the themes."""
    parents: list[_Segment] = []
    for segment in themes:
        at = plain.index(segment)
        above = [s for s in plain[:at] if s.head.level < segment.head.level]
        parent = above[-1] if above else None
        if parent is None or parent.head.kind or parent.head.role:
            return themes
        if parent not in parents:
            parents.append(parent)
    return parents if len(parents) > 1 else themes


def _with_siblings(themes: list[_Segment], plain: list[_Segment]) -> list[_Segment]:
    """Headings of the same level between two themes are themes too, and those beside them with lists of their own."""
    if len(themes) < 2:
        return themes
    level = min(s.head.level for s in themes)
    first, last = plain.index(themes[0]), plain.index(themes[-1])
    found = []
    for at, segment in enumerate(plain):
        head = segment.head
        if segment in themes:
            found.append(segment)
        elif head.role or head.label or head.level != level:
            continue
        elif first < at < last and (not head.kind or segment.has_goals):
            found.append(segment)
        elif not head.kind and any(each.kind in ("unknown", "weak") for each in segment.lists):
            found.append(segment)
    return found


def _fallback(segments: list[_Segment], plain: list[_Segment], title: _Segment | None) -> list[_Segment]:
    """No theme has shown itself: headings with lists, else headings with prose, of what calls itself a strategy."""
    if any(each.kind in ("strong", "contents") for s in segments for each in s.lists):
        return []
    text = "\n".join(node.text for s in segments for node in s.nodes if isinstance(node, _Para))
    named = title is not None and wording.names_a_strategy(title.head.text)
    signals = sum(s.head.kind in ("vision", "formaal", "vaerdier", "forord") for s in plain)
    if not named and signals < 1 or len(wording.COUNCIL.findall(text)) > 2 or wording.MINUTES.search(text):
        return []
    if title is not None and plain and plain[0].head.line < title.head.line:
        return []
    if wording.QUOTE.search(text) and wording.NEWS.search(text):
        return []
    free = [s for s in plain if not s.head.role and not s.head.kind and not s.head.label]
    if not free:
        return []
    level = min(s.head.level for s in free)
    free = [s for s in free if s.head.level == level]
    listed = [s for s in free if any(each.kind in ("", "unknown", "weak") for each in s.lists)]
    if len(listed) > 1:
        return listed
    deep = {id(s) for s in free if any(t.head.level > level for t in plain[plain.index(s) + 1 :][:1])}
    prose = [s for s in free if s.prose > 60 or id(s) in deep]
    return prose if len(prose) > 1 else []


def _give_rest(plain: list[_Segment], themes: list[_Segment], by_label: bool) -> None:
    last_theme = max((plain.index(s) for s in themes), default=-1)
    first_theme = min((plain.index(s) for s in themes), default=len(plain))
    above: _Segment | None = None  # the theme or section that is open
    for at, segment in enumerate(plain):
        head = segment.head
        if head.role in ("theme", "section", "container", "ignore"):
            above = segment
            continue
        inside = above is not None and above.head.role != "container"
        if head.role in ("goals", "thread"):
            continue
        in_theme = inside and above.head.role == "theme"
        if head.role == "sub":
            head.role = "sub" if inside else "section"
        elif inside and above.head.role != "ignore" and head.level > above.head.level and (in_theme or not head.kind):
            head.role = "sub"
        elif in_theme and (head.label or by_label and first_theme < at < last_theme):
            head.role = "sub"
        elif in_theme and by_label and not head.kind and segment.has_goals and not above.has_goals:
            head.role = "sub"
        else:
            head.role = "section"
        if head.role == "section":
            above = segment


# Putting it together


def _html_list(each: _List | None, items: list[_Item] | None = None) -> str:
    tag = "ol" if each and each.ordered else "ul"
    rows = each.items if each else items or []
    inner = "".join(
        f"<li>{escape(i.text, quote=False)}{_html_list(None, i.children) if i.children else ''}</li>" for i in rows
    )
    return f"<{tag}>{inner}</{tag}>"


def _html_para(text: str, strong: bool = False) -> str:
    text = escape(text, quote=False)
    return f"<p><strong>{text}</strong></p>" if strong else f"<p>{text}</p>"


def _html(node: _Para | _List) -> str:
    if isinstance(node, _Para):
        return _html_para(node.text)
    lead = " ".join(part for part in (node.before, node.lead) if part)
    return (_html_para(lead) if lead else "") + _html_list(node)


def _numbered_goal(item: _Item) -> tuple[str, str]:
    """Number, perhaps empty, and text of »Mål 1.2: Flere boliger«, »1.2 Flere boliger« and of any other item."""
    label = wording.read_goal_label(item.text)
    if label and label[0]:
        return label
    if not item.marker and (match := re.match(r"(\d{1,2}\.\d{1,2})\.?\s+(\S.*)", item.text, re.DOTALL)):
        return match[1], match[2]
    return item.marker, item.text


def _goal(item: _Item, depth: int = 0) -> ParsedGoal:
    """Two layers of goals; what lies deeper becomes the explanation of the second."""
    number, text = _numbered_goal(item)
    goal = ParsedGoal(text, item.line, number)
    if depth == 0:
        goal.children = [_goal(child, 1) for child in item.children]
    elif item.children:
        goal.explanation = _html_list(None, item.children)
    return goal


class _Assembler:
    """Fills a ParsedStrategy from segments that have their roles."""

    def __init__(self, parsed: ParsedStrategy, may_have_themes: bool) -> None:
        self.parsed = parsed
        self.may_have_themes = may_have_themes

    def assemble(self, segments: list[_Segment]) -> None:
        self.has_titled = any(s.head and s.head.role == "theme" for s in segments)
        self.is_news = not self.has_titled and self.may_have_themes and _is_news(segments)
        self.makes_groups = not self.has_titled and self.may_have_themes
        self.contents = [s.head.title for s in segments if s.head and s.head.role == "theme"]
        at = 0
        while at < len(segments):
            segment = segments[at]
            role = segment.head.role if segment.head else "title"
            group = [segment]
            while role in ("theme", "section") and at + len(group) < len(segments):
                follower = segments[at + len(group)]
                inner = ("sub", "goals", "thread") if role == "theme" else ("sub",)
                if not follower.head or follower.head.role not in inner or not self.belongs(segment, follower):
                    break
                group.append(follower)
            at += len(group)
            if role == "theme":
                self.theme(group)
            elif role == "ignore":
                self.ignore(segment)
            elif role == "container":
                self.container(segment)
            elif role in ("goals", "thread"):
                self.loose(segment, heading_is_lead_in=True)
            elif role in ("section", "sub"):
                segment.head.role = "section"
                self.section(group)
            else:
                self.loose(segment)
        self.trailing_prose(segments)

    def belongs(self, segment: _Segment, follower: _Segment) -> bool:
        return segment.head is not None and (follower.head.role != "goals" or follower.head.level >= segment.head.level)

    # Places where text goes

    def ignore(self, segment: _Segment) -> None:
        self.parsed.ignored.append(Remark(segment.head.line, segment.head.text, "indholdsliste, kontakt eller links"))
        for node in segment.nodes:
            self.parsed.ignored += _remarks(node, "hører til indholdsliste, kontakt eller links")

    def not_understood(self, node: _Para | _List | Table | _Head, reason: str) -> None:
        self.parsed.not_understood += _remarks(node, reason)

    def table(self, table: Table) -> None:
        self.not_understood(table, "Tabeller bliver ikke læst ind. Skriv indholdet ind selv.")

    def add_section(self, kind: str, heading: str, line: int, body: str, signed_by: str = "") -> None:
        if kind == "vision" and any(section.kind == "vision" for section in self.parsed.sections):
            kind = "andet"
        self.parsed.sections.append(ParsedSection(kind, heading, line, body, signed_by))

    # Text outside any theme

    def section(self, group: list[_Segment]) -> None:
        """A heading with its text. Its lists are its own, unless several of them lead into goals."""
        head = group[0].head
        lists = [each for s in group for each in s.lists]
        strong = [each for each in lists if each.kind == "strong"]
        is_plain = not head.kind or head.kind in ("baggrund", "andet", "formaal")
        if self.makes_groups and strong and is_plain and (len(strong) > 1 or not head.kind) and not self.is_news:
            self.loose(group[0])
            for segment in group[1:]:
                self.loose(segment)
            return
        signed = self.signature(group[-1]) if head.kind == "forord" else []
        body = ""
        for segment in group:
            if segment is not group[0]:
                body += _html_para(segment.head.title, strong=True)
            for node in segment.nodes:
                if isinstance(node, Table):
                    self.table(node)
                elif isinstance(node, _List) and self.is_contents(node):
                    self.list_of_contents(node)
                else:
                    body += _html(node)
        if self.is_news:
            self.news(group)
        elif not body and not signed:
            self.not_understood(head, "Overskriften har ingen tekst under sig.")
        else:
            kind = head.kind or self.kind_of(group[0])
            self.add_section(kind, head.title, head.line, body, ", ".join(signed))

    def signature(self, segment: _Segment) -> list[str]:
        """Take the names at the end of a foreword out of it."""
        tail: list[_Para] = []
        while segment.nodes and isinstance(last := segment.nodes[-1], _Para):
            if len(last.text) > 120 or last.text.endswith((".", ":", "?")) and not wording.is_signature(last.text):
                break
            tail.insert(0, last)
            segment.nodes.pop()
        if not any(wording.is_signature(node.text) for node in tail):
            segment.nodes += tail
            return []
        greetings = [node for node in tail if wording.is_greeting(node.text)]
        for node in greetings:
            self.parsed.ignored.append(Remark(node.line, node.text, "hilsen"))
        return [node.text for node in tail if node not in greetings]

    def kind_of(self, segment: _Segment) -> str:
        """The kind that the first paragraph gives away."""
        for node in segment.nodes:
            if isinstance(node, _Para):
                if kind := wording.kind_of_prose(node.text):
                    return kind
                if re.match(r"vidste du", node.text, re.IGNORECASE):
                    return "fakta"
        if any(each.kind == "definition" for each in segment.lists):
            return "definition"
        return "andet"

    def news(self, group: list[_Segment]) -> None:
        for segment in group:
            if segment.head and segment.head.role != "title":
                self.not_understood(segment.head, _NEWS_REASON)
            for node in segment.nodes:
                self.not_understood(node, _NEWS_REASON)

    def is_contents(self, each: _List) -> bool:
        """Does the list only repeat the headings of the themes?"""
        if not self.contents or each.kind == "strong":
            return False
        hits = sum(any(_same(item.text, title) for title in self.contents) for item in each.items)
        return (
            hits > 1
            and hits * 10 >= len(each.items) * 6
            or each.kind == "contents"
            and len(each.items) == len(self.contents)
        )

    def list_of_contents(self, each: _List) -> None:
        self.parsed.ignored += _remarks(each, "indholdsliste: gentager temaernes overskrifter")

    def container(self, segment: _Segment) -> None:
        """»4 temaer«: the themes follow, or stand in its list."""
        rest: list[_Para | _List | Table] = []
        for node in segment.nodes:
            if isinstance(node, _List) and self.is_contents(node):
                self.list_of_contents(node)
            elif isinstance(node, _List) and self.makes_groups and node.kind in ("", "unknown", "contents"):
                rest += self.before_list(node)
                self.themes_of_list(node)
            else:
                rest.append(node)
        if any(isinstance(node, _List) and node.kind == "strong" for node in rest) and self.makes_groups:
            segment.nodes = rest
            self.loose(segment)
        elif rest:
            self.section([_Segment(segment.head, rest)])
        else:
            self.parsed.ignored.append(Remark(segment.head.line, segment.head.text, "overskrift over temaerne"))

    def before_list(self, each: _List) -> list[_Para | _List | Table]:
        return [_Para(each.before, each.line)] if each.before else []

    def themes_of_list(self, each: _List) -> None:
        """A list that names the themes, each perhaps with a few words or a list of goals."""
        if each.lead:
            self.parsed.ignored.append(Remark(each.line, each.lead, "indledning til listen over temaer"))
        for item in each.items:
            title, body = item.text, ""
            if len(title) > 60 and (match := re.match(r"(.{3,80}?)(?:\s[–—-]|[:.])\s+(\S.*)", title, re.DOTALL)):
                title, body = match[1], _html_para(match[2])
            label = wording.read_label(title)
            number = label[1] if label else ""
            goals = [_goal(child) for child in item.children]
            self.parsed.themes.append(
                ParsedTheme(
                    label[2] if label and label[2] else title.rstrip("."), item.line, number, "", body, "", goals
                )
            )

    def loose(self, segment: _Segment, heading_is_lead_in: bool = False) -> None:
        """Text under the title or under no heading: sections that announce themselves, and groups without a heading."""
        head = segment.head
        named = head and (head.role in ("section", "container") or head.role == "title" and self.parsed.sections)
        heading = head.title if head and named else ""
        line = head.line if head else 0
        pending: list[_Para | _List] = []
        made_group = False

        def write_pending() -> None:
            nonlocal heading
            if pending:
                kinds = [wording.kind_of_prose(node.text) for node in pending if isinstance(node, _Para)]
                kind = head.kind if head and heading and head.kind else next(filter(None, kinds), "")
                kind = kind or ("andet" if heading or made_group else "baggrund")
                self.add_section(kind, heading, line or pending[0].line, "".join(map(_html, pending)))
                heading = ""
                pending.clear()

        for node in segment.nodes:
            if isinstance(node, Table):
                self.table(node)
            elif isinstance(node, _Para):
                label = wording.read_goal_label(node.text)
                if label and self.may_have_themes and not self.is_news and (label[0] or self.makes_groups):
                    if not made_group:
                        write_pending()
                        self.parsed.themes.append(ParsedTheme("", node.line))
                        made_group = True
                    self.parsed.themes[-1].goals.append(ParsedGoal(label[1], node.line, label[0]))
                else:
                    pending.append(node)
            elif self.is_contents(node):
                pending += self.before_list(node)  # type: ignore[arg-type]
                self.list_of_contents(node)
            elif node.kind == "contents" and self.makes_groups:
                pending += self.before_list(node)  # type: ignore[arg-type]
                self.themes_of_list(node)
            elif node.kind == "definition":
                write_pending()
                self.add_section("definition", "", node.line, _html(node))
            elif self.is_goal_list(node, head) and not self.is_news:
                if node.before:
                    pending.append(_Para(node.before, node.line))
                if made_group and pending:
                    body = "".join(map(_html, pending))
                    pending.clear()
                else:
                    body = ""
                    write_pending()
                title = head.title if heading_is_lead_in and head and self.has_titled else ""
                lead = "" if title and node.lead.rstrip(":") == title else node.lead
                self.parsed.themes.append(
                    ParsedTheme(title, node.line, "", "", body, lead, [_goal(item) for item in node.items])
                )
                made_group = True
            elif self.makes_groups and self.is_tree(node) and not self.is_news:
                write_pending()
                self.themes_of_list(node)
            else:
                pending.append(node)
        if self.is_news:
            for node in pending:
                self.not_understood(node, _NEWS_REASON)
        elif heading_is_lead_in and head and pending and not made_group:
            self.goals_of_prose(head, pending)
        else:
            write_pending()

    def goals_of_prose(self, head: _Head, pending: list[_Para | _List]) -> None:
        """»Mål« followed by a sentence or two instead of a list."""
        paras = [node for node in pending if isinstance(node, _Para)]
        about_goals = wording.is_about_goals(head.title) and self.may_have_themes
        if (
            about_goals
            and len(paras) == len(pending)
            and len(paras) <= 12
            and all(len(node.text) <= 400 for node in paras)
        ):
            goals = [ParsedGoal(node.text, node.line) for node in paras]
            self.parsed.themes.append(ParsedTheme("", head.line, goals=goals))
        else:
            self.add_section("andet", head.title, head.line, "".join(map(_html, pending)))

    def is_goal_list(self, each: _List, head: _Head | None) -> bool:
        if each.kind == "strong":
            return self.may_have_themes
        return each.kind == "weak" and head is not None and head.role == "goals" and self.makes_groups

    def is_tree(self, each: _List) -> bool:
        """»1. Bolig« with bullets below, »2. Sundhed« with bullets below: themes with their goals."""
        with_children = sum(bool(item.children) for item in each.items)
        short = all(len(item.text) <= 100 and not item.text.endswith(".") for item in each.items)
        return len(each.items) > 1 and with_children * 2 >= len(each.items) and short and each.kind in ("", "unknown")

    # A theme

    def theme(self, group: list[_Segment]) -> None:
        head = group[0].head
        theme = ParsedTheme(head.title or head.text, head.line, head.number)
        self.parsed.themes.append(theme)
        _ThemeReader(self, theme, group).read()

    def trailing_prose(self, segments: list[_Segment]) -> None:
        """In plain text, prose after the last theme's goals is the document's end, if no other theme has any."""
        themes = [s for s in segments if s.head and s.head.role == "theme"]
        if len(themes) < 3 or themes[-1] is not segments[-1] or any(s.head.level != 2 for s in themes):
            return
        if any(s.nodes and isinstance(s.nodes[-1], _Para) for s in themes[:-1]):
            return
        tail: list[_Para] = []
        nodes = themes[-1].nodes
        while nodes and isinstance(nodes[-1], _Para):
            tail.insert(0, nodes.pop())
        theme = self.parsed.themes[-1]
        body = "".join(map(_html, tail))
        if tail and theme.goals and nodes and theme.body.endswith(body):
            theme.body = theme.body.removesuffix(body)
            self.add_section("andet", "", tail[0].line, body)


_NEWS_REASON = "Teksten ligner en nyhed om strategien, ikke strategiens egne ord."


def _remarks(node: _Para | _List | Table | _Head, reason: str) -> list[Remark]:
    if not isinstance(node, _List):
        return [Remark(node.line, node.text, reason)]
    lead = " ".join(part for part in (node.before, node.lead) if part)
    found = [Remark(node.line, lead, reason)] if lead else []
    waiting = list(node.items)
    while waiting:
        item = waiting.pop(0)
        found.append(Remark(item.line, item.text, reason))
        waiting = item.children + waiting
    return found


class _ThemeReader:
    """Sorts the text of one theme into guiding thread, goals and body."""

    def __init__(self, assembler: _Assembler, theme: ParsedTheme, group: list[_Segment]) -> None:
        self.assembler = assembler
        self.theme = theme
        self.group = group

    def read(self) -> None:
        lists = [each for segment in self.group for each in segment.lists]
        labelled = self.has_labelled_goals()
        self.goal_lists = {id(each) for each in self.choose(lists, labelled)}
        self.nests = self.nesting_heads()
        self.parent: ParsedGoal | None = None
        self.explains = False
        for segment in self.group:
            role = "" if segment is self.group[0] else segment.head.role
            pending_thread = role == "thread"
            if role == "thread":
                pass
            elif segment is not self.group[0]:
                self.subheading(segment)
            prose_goals = role == "goals" and not segment.lists and wording.is_about_goals(segment.head.title)
            for node in segment.nodes:
                if isinstance(node, Table):
                    self.assembler.table(node)
                elif pending_thread and isinstance(node, _Para):
                    self.thread(node.text)
                elif isinstance(node, _Para):
                    self.paragraph(node, prose_goals)
                else:
                    self.listing(node)
        if not self.theme.goals:
            self.goal_sentences()

    def has_labelled_goals(self) -> bool:
        return any(
            isinstance(node, _Para) and wording.read_goal_label(node.text) for s in self.group for node in s.nodes
        ) or any(s.head.label in wording.GOAL_WORDS for s in self.group[1:])

    def choose(self, lists: list[_List], labelled: bool) -> list[_List]:
        """The lists that are goals: those with the clearest lead-in."""
        strong = [each for each in lists if each.kind == "strong"]
        if strong or labelled:
            return strong
        for kinds in (("", "unknown", "vision", "purpose"), ("weak",)):
            if found := [each for each in lists if each.kind in kinds]:
                return found
        return []

    def nesting_heads(self) -> set[int]:
        """Subheadings that are goals with goals of their own: two or more in the theme, each with its list."""
        own = [
            s for s in self.group[1:]
            if s.head.role == "sub" and any(id(each) in self.goal_lists for each in s.lists)
        ]  # fmt: skip
        outside = [each for s in self.group if s not in own for each in s.lists if id(each) in self.goal_lists]
        return {id(s.head) for s in own} if len(own) > 1 and not outside else set()

    def subheading(self, segment: _Segment) -> None:
        head = segment.head
        self.explains = False
        if head.label in wording.GOAL_WORDS:
            self.parent = ParsedGoal(head.title or head.text, head.line, head.number)
            self.theme.goals.append(self.parent)
            self.explains = True
        elif id(head) in self.nests:
            self.parent = ParsedGoal(head.title, head.line, head.number)
            self.theme.goals.append(self.parent)
            self.explains = True
        else:
            self.parent = None
            leads = head.role == "goals" and any(
                id(each) in self.goal_lists and each.lead.rstrip(":?") == head.text.rstrip(":?")
                for each in segment.lists
            )
            prose = head.role == "goals" and not segment.lists and wording.is_about_goals(head.title)
            if not leads and not prose:
                self.theme.body += _html_para(head.title, strong=True)

    def thread(self, text: str) -> None:
        self.theme.guiding_thread = f"{self.theme.guiding_thread} {text}".strip()

    def paragraph(self, node: _Para, prose_goals: bool) -> None:
        if thread := wording.read_thread(node.text):
            self.thread(thread)
        elif label := wording.read_goal_label(node.text):
            self.parent = ParsedGoal(label[1], node.line, label[0])
            self.theme.goals.append(self.parent)
            self.explains = bool(label[0])
        elif prose_goals and len(node.text) <= 400:
            self.theme.goals.append(ParsedGoal(node.text, node.line))
        elif self.parent and self.explains:
            self.parent.explanation += _html(node)
        else:
            self.theme.body += _html(node)

    def listing(self, each: _List) -> None:
        if self.parent and each.kind in ("strong", "", "unknown"):
            if each.before or each.lead:
                self.parent.explanation += _html_para(f"{each.before} {each.lead}".strip())
            for item in each.items:
                self.parent.children.append(_goal(item, 1))
        elif self.parent and self.explains and each.kind == "weak":
            self.parent.explanation += _html(each)
        elif id(each) in self.goal_lists:
            if each.before:
                self.theme.body += _html_para(each.before)
            goals = [_goal(item) for item in each.items]
            if self.theme.goals and each.lead != self.theme.goal_lead_in:
                self.two_lead_ins(each, goals)
            else:
                self.theme.goal_lead_in = each.lead
            self.theme.goals += goals
        else:
            self.theme.body += _html(each)

    def two_lead_ins(self, each: _List, goals: list[ParsedGoal]) -> None:
        """A theme has one lead-in. With a second one, each goal gets its own words, so that it can stand alone."""
        for goal in self.theme.goals:
            goal.text = _with_lead_in(self.theme.goal_lead_in, goal.text)
        for goal in goals:
            goal.text = _with_lead_in(each.lead, goal.text)
        self.theme.goal_lead_in = ""
        reason = "Temaet har mere end én indledning til mål. Hvert mål har fået sin egen foran."
        self.assembler.parsed.not_understood.append(Remark(each.line, each.lead, reason))

    def goal_sentences(self) -> None:
        """»Vores mål er, at …« in a theme that has no other goal."""
        for segment in self.group:
            for node in segment.nodes:
                if isinstance(node, _Para) and wording.is_goal_sentence(node.text) and _html(node) in self.theme.body:
                    self.theme.body = self.theme.body.replace(_html(node), "", 1)
                    self.theme.goals.append(ParsedGoal(node.text, node.line))


def _with_lead_in(lead: str, text: str) -> str:
    """»Vi vil:« and »skabe boliger« → »Vi vil skabe boliger«."""
    return f"{lead.rstrip(' :')} {text}" if lead and text[:1].islower() else text


# Nothing is lost


def _pieces(segments: list[_Segment]) -> Iterator[tuple[int, str]]:
    """Line and text of everything that has to end up somewhere, without labels such as »Tema 1:« and »Ledetråd:«."""
    for segment in segments:
        if segment.head and not wording.is_thread_heading(segment.head.text):
            yield segment.head.line, segment.head.title
        for node in segment.nodes:
            if isinstance(node, _List):
                yield node.line, node.before
                yield node.line, node.lead.rstrip(" :?")
                waiting = list(node.items)
                while waiting:
                    item = waiting.pop()
                    yield item.line, _numbered_goal(item)[1]
                    waiting += item.children
            else:
                label = wording.read_goal_label(node.text)
                yield node.line, wording.read_thread(node.text) or (label[1] if label else node.text)


def _account_for(pieces: list[tuple[int, str]], parsed: ParsedStrategy) -> None:
    """Report what found no place, whatever the reason: a text is never silently shorter than its source."""
    written = [parsed.title, *(remark.text for remark in parsed.not_understood + parsed.ignored)]
    for section in parsed.sections:
        written += [section.heading, section.body, section.signed_by]
    for theme in parsed.themes:
        written += [theme.title, theme.guiding_thread, theme.body, theme.goal_lead_in]
        for goal in theme.goals:
            written += [goal.text, goal.explanation]
            written += [text for child in goal.children for text in (child.text, child.explanation)]
    fragments = [unescape(text).strip() for each in written for text in re.split(r"<[^>]+>", each)]
    known, whole = set(fragments), "\n".join(fragments)
    for line, text in pieces:
        if text and text not in known and text not in whole and _without_period(text, ParsedStrategy()) not in whole:
            parsed.not_understood.append(
                Remark(line, text, "Teksten fandt ingen plads. Skriv den selv ind, hvor den hører til.")
            )


# Words for themes, and doubt


def _name_themes(segments: list[_Segment], parsed: ParsedStrategy) -> None:
    """The document's own word for a theme, from its labels, else from headings and lead-ins that announce them."""
    labels = Counter(s.head.label for s in segments if s.head and s.head.role == "theme" and s.head.label)
    if labels:
        label = labels.most_common(1)[0][0]
    else:
        announced = [s.head.title for s in segments if s.head and s.head.role == "container"]
        announced += [each.lead for s in segments for each in s.lists if each.kind == "contents"]
        announced += [
            node.text for s in segments for node in s.nodes[-1:]
            if isinstance(node, _Para) and node.text.endswith(":") and wording.lead_in_kind(node.text) == "contents"
        ]  # fmt: skip
        label = next(filter(None, map(wording.theme_word_in, announced)), "")
    if label and parsed.themes:
        parsed.theme_label, parsed.theme_label_plural = label, wording.plural_of(label)


def _prose(segments: list[_Segment]) -> str:
    return "\n".join(
        node.text for s in segments for node in ([s.head] if s.head else []) + s.nodes if not isinstance(node, _List)
    )


def _is_news(segments: list[_Segment]) -> bool:
    if any(each.kind == "strong" for s in segments for each in s.lists):
        return False
    text = _prose(segments)
    return bool(wording.QUOTE.search(text) and wording.NEWS.search(text))


def _is_minutes(document: Document) -> bool:
    return len(wording.MINUTES.findall(document.text)) > 2


def _is_council_page(segments: list[_Segment], document: Document) -> bool:
    """A page about the council: what it works for are causes, not goals of the municipality."""
    signals = len(wording.COUNCIL.findall(document.text))
    heads = [segment.head for segment in segments if segment.head]
    if any(head.label in wording.THEME_WORDS for head in heads):
        return False
    first = heads[0].text if heads else document.title
    if re.match(r"(om )?(rådet|\w*råd(et)?)\b", first, re.IGNORECASE) and not wording.names_a_strategy(first):
        return signals > 0
    return signals > 2 and not (heads and wording.names_a_strategy(first))


def _doubt(document: Document, segments: list[_Segment], parsed: ParsedStrategy) -> None:
    if _is_minutes(document):
        parsed.doubt = "Teksten ligner en dagsorden eller et referat, ikke en strategi."
    elif not parsed.themes and _is_council_page(segments, document):
        parsed.doubt = "Teksten ligner en side om et udsatteråd, ikke en strategi. Den har hverken temaer eller mål."
    elif _is_news(segments):
        parsed.doubt = "Teksten ligner en nyhed om en strategi. Brug strategiens egen tekst, hvis du har den."
    elif not parsed.themes:
        parsed.doubt = "Teksten har hverken temaer eller mål, der kan genkendes. Er det den rigtige fil?"
