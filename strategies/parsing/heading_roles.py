"""Decide the role of each heading: theme, section, heading above themes or goals, or subheading."""

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise, takewhile

from . import wording
from .document_type import is_news
from .heading_lines import comparison_key
from .outline import OutlineHeading, OutlineParagraph, Segment, last_sentence


def assign_roles(segments: list[Segment], title: Segment | None, may_have_themes: bool) -> None:
    """Set `heading.role` of every segment except the one of the title.

    The roles are ignore, section, theme, container (above themes: »Fire temaer«), goals (above goals: »Vi vil«),
    thread (above the guiding thread), and sub (any other heading inside a theme or section).
    """
    headed = [s for s in segments if s.heading and s is not title]
    counts = Counter(comparison_key(s.heading.title) for s in headed)
    for segment in headed:
        heading = segment.heading
        if wording.is_thread_heading(heading.text):
            heading.role = "thread"
        elif heading.kind == "ignore":
            heading.role = "ignore"
        elif heading.label:
            pass
        elif wording.CONTAINER.fullmatch(heading.title) or wording.lead_in_kind(heading.title) == "contents":
            heading.role = "container"
        elif (
            heading.leads_in
            or wording.goal_heading(heading.title) == "strong"
            or wording.goal_heading(heading.title)
            and segment.lists
        ):
            heading.role = "goals"
        elif counts[comparison_key(heading.title)] > 1:
            heading.role = "sub"
    if not may_have_themes:
        for segment in headed:
            if segment.heading.role not in ("ignore", "sub"):
                segment.heading.role = "section"
        return
    themes = _labelled_themes(headed)
    by_label = bool(themes)
    if not themes:
        themes = _announced_themes(segments, headed)
    if not themes:
        themes = _themes_with_goals(segments, headed, title)
        themes = _parent_themes(themes, headed)
    if not by_label:
        themes = _add_sibling_themes(themes, headed)
    if not themes:
        themes = _fallback_themes(segments, headed, title)
    for segment in themes:
        segment.heading.role = "theme"
    _assign_remaining_roles(headed, by_label)


def _labelled_themes(headed: list[Segment]) -> list[Segment]:
    labelled = [s for s in headed if s.heading.label and s.heading.label not in wording.GOAL_WORDS]
    if labelled:
        return labelled
    # "Målsætning 1: …" as the highest headings, with lists or prose of their own.
    goals = [s for s in headed if s.heading.label and "." not in s.heading.number]
    numbers = [int(s.heading.number) for s in goals if s.heading.number.isdecimal()]
    rising = len(numbers) == len(goals) > 1 and all(a < b for a, b in zip(numbers, numbers[1:], strict=False))
    others = [s for s in headed if not s.heading.label and not s.heading.kind and s.heading.role == ""]
    if rising and not others and sum(bool(s.lists) for s in goals) * 2 >= len(goals):
        return goals
    return []


def _announced_themes(segments: list[Segment], headed: list[Segment]) -> list[Segment]:
    """Return the headings that a list of contents names, or that follow one such as »Vores fire pejlemærker«."""
    free = [s for s in headed if not s.heading.role and not s.heading.label]
    for segment in segments:
        for listing in segment.lists:
            if segment.heading is None or segment.heading.kind != "ignore":
                named = [s for s in free if any(is_same_heading(item.text, s.heading.title) for item in listing.items)]
                if len(named) > 1 and len(named) * 10 >= len(listing.items) * 6:
                    return named
        last = segment.nodes[-1] if segment.nodes else None
        lead_in = last_sentence(last.text)[1] if isinstance(last, OutlineParagraph) else ""
        if lead_in.endswith(":") and wording.lead_in_kind(lead_in) == "contents":
            following = [s for s in _following_headings(segments[segments.index(segment) + 1 :]) if s in free]
            if len(following) > 1:
                return following
    themes: list[Segment] = []
    for segment in headed:
        if segment.heading.role == "container":
            themes += _contained_headings(segment, headed)
    return themes if len(themes) > 1 else []


def is_same_heading(item: str, title: str) -> bool:
    """Return whether the item of a list of contents refers to the heading."""
    a, b = _entry_key(item), comparison_key(title)
    short, long = sorted((a, b), key=len)
    return bool(short) and (a == b or len(short) > 3 and long.startswith(short + " "))


@lru_cache(maxsize=1024)  # every item is compared with every heading
def _entry_key(item: str) -> str:
    """Return the key without label, number and page: »bolig« for »Tema 2: Bolig … 14«."""
    label = wording.read_label(item)
    return re.sub(r"( side)? \d+$", "", comparison_key(wording.strip_number(label[2] if label else item)[1]))


def _contained_headings(container: Segment, headed: list[Segment]) -> list[Segment]:
    """Return the headings of the next level below a container, or in plain text those up to a known section."""
    after = headed[headed.index(container) + 1 :]
    level = container.heading.level
    deeper = list(takewhile(lambda s: s.heading.level > level, after))
    if deeper:
        top = [s for s in deeper if s.heading.level == min(d.heading.level for d in deeper)]
        return [s for s in top if not s.heading.role and s.heading.kind not in ("andet", "succes")]
    return _following_headings(after)


def _following_headings(after: list[Segment]) -> list[Segment]:
    """Return the headings up to the first known section, on the level of the first one."""
    siblings: list[Segment] = []
    for segment in after:
        heading = segment.heading
        if heading.kind or heading.role == "container" or siblings and heading.level < siblings[0].heading.level:
            break
        if not heading.role and (not siblings or heading.level == siblings[0].heading.level):
            siblings.append(segment)
    return siblings


def _themes_with_goals(segments: list[Segment], headed: list[Segment], title: Segment | None) -> list[Segment]:
    """Return the headings with a goal lead-in in their own text or as a heading below them."""
    themes = []
    owner: Segment | None = None
    sentences = []
    for segment in headed:
        heading = segment.heading
        if heading.role in ("goals", "sub") or heading.label:
            reaches = segment.has_goals or heading.role == "goals" or heading.label
            if reaches and owner and _owns(owner.heading, heading) and owner not in themes:
                themes.append(owner)
            continue
        if heading.role:
            owner = None
            continue
        owner = segment
        if segment.has_goals and not heading.kind:
            themes.append(segment)
        elif not heading.kind and any(
            wording.GOAL_SENTENCE.fullmatch(paragraph.text) for paragraph in segment.paragraphs
        ):
            sentences.append(segment)
    if not themes and len(sentences) > 1:
        themes = sentences
    # One heading with several lead-ins: `assembly` makes each list a theme without title.
    if len(themes) == 1 and sum(listing.kind == "strong" for listing in themes[0].lists) > 1:
        return []
    return sorted(themes, key=lambda s: s.heading.line)


def _owns(owner: OutlineHeading, heading: OutlineHeading) -> bool:
    return owner.level < heading.level or owner.level == heading.level and not owner.kind


def _parent_themes(themes: list[Segment], headed: list[Segment]) -> list[Segment]:
    """Return the headings above these, if they are several, else these."""
    parents: list[Segment] = []
    for segment in themes:
        index = headed.index(segment)
        above = [s for s in headed[:index] if s.heading.level < segment.heading.level]
        parent = above[-1] if above else None
        if parent is None or parent.heading.kind or parent.heading.role:
            return themes
        if parent not in parents:
            parents.append(parent)
    return parents if len(parents) > 1 else themes


def _add_sibling_themes(themes: list[Segment], headed: list[Segment]) -> list[Segment]:
    """Add headings of the same level that lie between two themes or have lists of their own.

    If a lead-in is recognised by its place alone, headings between themes without goals are sections.
    """
    if len(themes) < 2:
        return themes
    by_words = not any(listing.by_place for s in headed for listing in s.lists)
    level = min(s.heading.level for s in themes)
    first, last = headed.index(themes[0]), headed.index(themes[-1])
    siblings = []
    for index, segment in enumerate(headed):
        heading = segment.heading
        if segment in themes:
            siblings.append(segment)
        elif heading.role or heading.label or heading.level != level:
            continue
        elif first < index < last and (by_words and not heading.kind or segment.has_goals):
            siblings.append(segment)
        elif not heading.kind and any(listing.kind in ("unknown", "weak") for listing in segment.lists):
            siblings.append(segment)
    return siblings


def _fallback_themes(segments: list[Segment], headed: list[Segment], title: Segment | None) -> list[Segment]:
    """Return headings with lists, else headings with prose, of a document that calls itself a strategy."""
    unnamed = [s for s in segments if not (s.heading and s.heading.kind)]
    if any(listing.kind in ("strong", "contents") for s in unnamed for listing in s.lists):
        return []
    text = "\n".join(paragraph.text for s in segments for paragraph in s.paragraphs)
    named = title is not None and wording.names_a_strategy(title.heading.text)
    signals = sum(s.heading.kind in ("vision", "formaal", "vaerdier", "forord") for s in headed)
    if not named and signals < 1 or len(wording.COUNCIL.findall(text)) > 2 or wording.MINUTES.search(text):
        return []
    if title is not None and headed and headed[0].heading.line < title.heading.line:
        return []
    if is_news(segments):
        return []
    free = [s for s in headed if not s.heading.role and not s.heading.kind and not s.heading.label]
    if not free:
        return []
    level = min(s.heading.level for s in free)
    free = [s for s in free if s.heading.level == level]
    listed = [s for s in free if any(listing.kind in ("", "unknown", "weak") for listing in s.lists)]
    if len(listed) > 1:
        return listed
    deep = {id(s) for s in free if any(t.heading.level > level for t in headed[headed.index(s) + 1 :][:1])}
    prose = [s for s in free if s.prose_length > 60 or id(s) in deep]
    return prose if len(prose) > 1 else []


def _assign_remaining_roles(headed: list[Segment], by_label: bool) -> None:
    positions = [index for index, segment in enumerate(headed) if segment.heading.role == "theme"]
    first_theme, last_theme = min(positions, default=len(headed)), max(positions, default=-1)
    above: Segment | None = None  # the theme, section or container that the heading may belong to
    for index, segment in enumerate(headed):
        heading = segment.heading
        if heading.role in ("theme", "section", "container", "ignore"):
            above = segment
            continue
        inside = above is not None and above.heading.role != "container"
        if heading.role in ("goals", "thread"):
            continue
        in_theme = inside and above.heading.role == "theme"
        is_below = inside and above.heading.role != "ignore" and heading.level > above.heading.level
        if heading.role == "sub":
            heading.role = "sub" if inside else "section"
        elif is_below and (in_theme or not heading.kind):
            heading.role = "sub"
        elif in_theme and (heading.label or by_label and first_theme < index < last_theme):
            heading.role = "sub"
        elif in_theme and by_label and not heading.kind and segment.has_goals and not above.has_goals:
            heading.role = "sub"
        else:
            heading.role = "section"
        if heading.role == "section":
            above = segment
    for segment, following in pairwise(headed):
        is_empty = not segment.nodes and not segment.heading.kind and segment.heading.role == "section"
        if is_empty and following.heading.role == "theme" and following.heading.level > segment.heading.level:
            segment.heading.role = "container"
