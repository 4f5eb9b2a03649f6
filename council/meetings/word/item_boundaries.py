"""Find where each agenda item begins: »Punkt 1«, numbered headings, headings, numbers. No database access."""

import re
from dataclasses import dataclass, replace

from udsat.lib.danish import MONTHS, fold
from udsat.lib.richtext.blocks import RichParagraph

from . import label_patterns
from .pieces import Piece, as_text, drop_start

_MONTH = "|".join(name[:3] for name in MONTHS)
POINT = re.compile(
    r"\s*(?:ad\.?\s+)?(?:dagsordens?)?(?:punkt|pkt\.?)\s*(?:nr\.?\s*)?(\d{1,3})(?!\d)\s*"
    r"(?P<sep>[.:)–—-]+|(?=\s|$))\s*",
    re.I,
)
_AD = re.compile(r"\s*ad\.?\s*(\d{1,3})(?!\d)\s*(?P<sep>[.:)–—-]*)\s*", re.I)
# »3. marts« and »3. 3. 2025« are days, »3.500« is an amount; »3. 20 boliger« is an item.
NUMBER = re.compile(
    rf"\s*(\d{{1,3}})(?P<sep>[.)])(?!\d)\s*(?!{_MONTH}|sal\b|\d{{1,2}}[. ]\s?(?:19|20)\d\d)(?=\S)", re.I
)
BARE_NUMBER = re.compile(rf"\s*(\d{{1,3}})(?P<sep>[:]?)\s+(?!\d|{_MONTH})(?=\S)", re.I)
_LIST_NUMBER = re.compile(r"\d{1,3}[.)]\s*")
_NAMED = re.compile(r"[A-ZÆØÅ][\w.'’-]*\s+[A-ZÆØÅ][\w.'’-]*")
_MAX_TITLE = 200
_TITLE_LIKE = re.compile(
    r"(?!\s*(?:godkendelse|opfølgning|bemærkninger|kommentarer)\b)"
    r".*?(?:referat|dagsorden|indkaldelse|mødeprotokol|beslutningsprotokol|møde i |udsatteråd)",
    re.I | re.S,
)


@dataclass
class ItemStart:
    """The beginning of an item: the index of its piece, and the rest of that piece after the title.

    `family` is the way of marking items that it belongs to: point, heading1, bold, item or plain.
    """

    index: int
    family: str
    number: int
    title: str
    rest: list[Piece]
    is_label: bool = False  # begins a section about the whole meeting, after the items


def find_items(pieces: list[Piece]) -> list[ItemStart]:
    """Return the items in order, without entries of a table of contents."""
    families: dict[str, list[ItemStart]] = {}
    people = _people(pieces)
    for index, piece in enumerate(pieces):
        if index not in people and (start := _numbered(piece, index)):
            families.setdefault(start.family, []).append(start)
    chains = {name: _best_chain(starts, pieces) for name, starts in families.items()}
    headings = _plain_headings(pieces)
    order = ["point", *sorted(name for name in chains if name.startswith("heading")), "bold", "item", "plain"]
    strong = {name: chains[name] for name in order if len(chains.get(name, ())) >= 2}
    # A single numbered heading is an item too: lists after it belong to it, and a list before it is not the agenda.
    for name in order:
        first_strong = next(iter(strong.values()), None)
        if name.startswith(("heading", "point")) and len(chains.get(name, ())) == 1 and first_strong:
            is_list = not first_strong[0].family.startswith(("heading", "point"))
            in_one_place = first_strong[-1].index - first_strong[0].index < len(first_strong)
            if is_list and (chains[name][0].index < first_strong[0].index or in_one_place):
                strong = {name: chains[name]}
    chosen = next(iter(strong.values()), [])
    first = next(iter(strong), "")
    if len(headings) >= 2 and not first.startswith(("point", "heading")) and len(headings) * 1.5 >= len(chosen):
        chosen, first = headings, "headings"
    if not chosen:
        chosen = next((chains[name] for name in order if chains.get(name)), []) or headings or _bold_lines(pieces)
        first = chosen[0].family if chosen else ""
    is_heading = first.startswith("heading") or bool(chosen) and pieces[chosen[0].index].kind == "heading"
    return _with_unnumbered(chosen, pieces) if is_heading else chosen


def _people(pieces: list[Piece]) -> set[int]:
    """Return the indices of a numbered list of names under »Til stede« or »Afbud«."""
    found: set[int] = set()
    for index, piece in enumerate(pieces):
        label_match = label_patterns.head_label(piece.first_line)
        if not label_match or label_match.key not in (*label_patterns.PEOPLE, "guests"):
            continue
        run: list[int] = []
        for after in range(index + 1, len(pieces)):
            start = _numbered(pieces[after], after)
            if not start or run and start.number != run[-1] + 1:
                break
            run.append(start.number)
        texts = [_LIST_NUMBER.sub("", pieces[after].first_line) for after in range(index + 1, index + 1 + len(run))]
        if sum(_NAMED.match(text) is not None for text in texts) * 3 > len(texts) * 2:
            found.update(range(index + 1, index + 1 + len(run)))
    return found


def _numbered(piece: Piece, index: int) -> ItemStart | None:
    text = piece.first_line
    if piece.kind == "table" or not text:
        return None
    if match := POINT.match(text) or (re.match(r"ad\b", text, re.I) and _AD.match(text)) or None:
        # »Punkt 3 blev udsat« is a sentence, not a title.
        stands_out = match["sep"] or match.end() == len(text) or piece.kind == "heading" or piece.bold
        return _start(piece, index, "point", int(match[1]), match.end()) if stands_out else None
    if piece.kind == "heading":
        match = NUMBER.match(text) or BARE_NUMBER.match(text)
        return _start(piece, index, f"heading{piece.level}", int(match[1]), match.end()) if match else None
    if piece.kind == "item" and piece.number is not None:
        if not text or label_patterns.field_label(text, False):
            return None
        return _start(piece, index, "bold" if piece.bold else "item", piece.number, 0)
    if match := NUMBER.match(text):
        bold = piece.bold or len(_bold_lead(piece)) > match.end()
        return _start(piece, index, "bold" if bold else "plain", int(match[1]), match.end())
    return None


def _bold_lead(piece: Piece) -> str:
    """Return the bold words at the start of the first line."""
    lead = ""
    if piece.blocks and isinstance(piece.blocks[0], RichParagraph):
        for run in piece.blocks[0].lines[0]:
            if not run.strong and run.text.strip():
                break
            lead += run.text
    return lead


def _start(piece: Piece, index: int, family: str, number: int, skip: int) -> ItemStart | None:
    first = piece.text.split("\n", 1)[0]
    skip += len(first) - len(first.lstrip())
    end = len(first)
    lead = _bold_lead(piece)
    if skip < len(lead.rstrip()) < len(first.rstrip()):
        end = len(lead)
    elif end - skip > 100 and (sentence := re.match(r".{3,90}?[.:](?=\s)", first[skip:])):
        end = skip + sentence.end()
    title = first[skip:end].strip(" \t:–—-").rstrip()
    if family in ("plain", "item") and len(title) > _MAX_TITLE:
        return None
    title = title.removesuffix(".") if end < len(first) else title
    rest = [left] if (left := drop_start(piece, end)) and left.text.strip() else []
    if piece.kind == "item":
        rest = [part for left in rest for part in as_text(left)]
    else:
        rest = [replace(left, kind="text", level=0, bold=False) for left in rest]
    return ItemStart(index, family, number, title, rest)


def _best_chain(starts: list[ItemStart], pieces: list[Piece]) -> list[ItemStart]:
    """Return the longest run of consecutive numbers; of equally long ones, the one with text between the numbers."""
    chains = []
    for candidates in (starts, _without_inner_lists(starts, pieces)):
        chain: list[ItemStart] = []
        for start in candidates:
            last = chain[-1].number if chain else start.number - 1
            jump = 3 if start.family.startswith(("point", "heading")) else 1
            if last < start.number <= last + jump:
                chain.append(start)
            elif chain and start.number == chain[0].number:
                chains.append(chain)
                chain = [start]
        chains.append(chain)
    best: list[ItemStart] = []
    for chain in chains:
        if _score(chain) >= _score(best) and chain:
            best = chain
    return best


def _score(chain: list[ItemStart]) -> float:
    with_text = sum(b.index - a.index > 1 or bool(a.rest) for a, b in zip(chain, chain[1:], strict=False))
    return len(chain) + (0.5 * len(chain) if with_text else 0)


def _without_inner_lists(starts: list[ItemStart], pieces: list[Piece]) -> list[ItemStart]:
    """Leave out lists inside items: two or more numbers that begin at 1 again."""
    kept = []
    for position, start in enumerate(starts):
        piece = pieces[start.index]
        run = [other for other in starts if piece.list_number and pieces[other.index].list_number == piece.list_number]
        if not piece.list_number:  # typed numbers: adjacent ones make a list
            low = position
            while (
                low
                and starts[low - 1].index == starts[low].index - 1
                and starts[low - 1].number == starts[low].number - 1
            ):
                low -= 1
            high = position
            while (
                high + 1 < len(starts)
                and starts[high + 1].index == starts[high].index + 1
                and starts[high + 1].number == starts[high].number + 1
            ):
                high += 1
            run = starts[low : high + 1]
        if len(run) > 1 and run[0].number == 1 and run[0] is not starts[0]:
            continue
        kept.append(start)
    return kept


def _is_section(text: str) -> bool:
    return bool(
        label_patterns.head_label(text)
        or label_patterns.field_label(text, True)
        or label_patterns.CLOSED_FROM_HERE.fullmatch(text)
    )


def _plain_headings(pieces: list[Piece]) -> list[ItemStart]:
    """Return headings without numbers, at the first level with two that are no label of a field or section."""
    by_level: dict[int, list[ItemStart]] = {}
    for index, piece in enumerate(pieces):
        text = piece.first_line
        if piece.kind != "heading" or not piece.level or not text or _is_section(text):
            continue
        if _TITLE_LIKE.match(text) and index < 6:
            continue
        start = _start(piece, index, f"heading{piece.level}", 0, 0)
        if start:
            by_level.setdefault(piece.level, []).append(start)
    return next((starts for _, starts in sorted(by_level.items()) if len(starts) >= 2), [])


def _bold_lines(pieces: list[Piece]) -> list[ItemStart]:
    starts = []
    for index, piece in enumerate(pieces):
        text = piece.first_line
        is_title = piece.kind == "text" and piece.bold and len(text) < 120 and not text.endswith((".", ":"))
        if is_title and not _is_section(text) and not (_TITLE_LIKE.match(text) and index < 6):
            if start := _start(piece, index, "bold", 0, 0):
                starts.append(start)
    return starts if len(starts) >= 2 else []


def _with_unnumbered(chosen: list[ItemStart], pieces: list[Piece]) -> list[ItemStart]:
    """Add unnumbered headings of the same level: items such as »Eventuelt«, sections such as »Bilag til hele mødet«."""
    level = pieces[chosen[0].index].level
    known = {start.index for start in chosen}
    starts = list(chosen)
    for index in range(chosen[0].index + 1, len(pieces)):
        piece = pieces[index]
        if index in known or piece.kind != "heading" or not 0 < piece.level <= level or not piece.first_line:
            continue
        if label_patterns.CLOSED_FROM_HERE.fullmatch(piece.first_line):
            continue
        if label_patterns.head_label(piece.first_line) or label_patterns.field_label(piece.first_line, True):
            if (
                piece.level < level
                or label_patterns.head_label(piece.first_line)
                and fold(piece.first_line).startswith("bilag til")
            ):
                starts.append(ItemStart(index, "label", 0, piece.first_line, [], is_label=True))
        else:
            match = NUMBER.match(piece.first_line)
            number, skip = (int(match[1]), match.end()) if match else (0, 0)
            if start := _start(piece, index, chosen[0].family, number, skip):
                starts.append(start)
    return sorted(starts, key=lambda start: start.index)
