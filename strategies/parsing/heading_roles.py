"""What each heading is: the title, a theme, a section, a heading over themes or goals, or one inside another."""

import re
from collections import Counter
from functools import lru_cache

from . import wording
from .checks import is_news
from .outline import Head, Para, Segment, key, last_sentence


def give_roles(segments: list[Segment], title: Segment | None, may_have_themes: bool) -> None:
    """Roles: title, ignore, section, container, theme, goals, thread, sub (a heading inside a theme or section)."""
    plain = [s for s in segments if s.head and s is not title]
    repeated = {key for key, count in Counter(key(s.head.title) for s in plain).items() if count > 1}
    for segment in plain:
        head = segment.head
        if wording.is_thread_heading(head.text):
            head.role = "thread"
        elif head.kind == "ignore":
            head.role = "ignore"
        elif head.label:
            pass
        elif wording.is_container(head.title) or wording.lead_in_kind(head.title) == "contents":
            head.role = "container"
        elif wording.goal_heading(head.title) == "strong" or wording.goal_heading(head.title) and segment.lists:
            head.role = "goals"
        elif key(head.title) in repeated:
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


def _labelled(plain: list[Segment]) -> list[Segment]:
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


def _listed_or_held(segments: list[Segment], plain: list[Segment]) -> list[Segment]:
    """Themes that a list of contents names, or that stand under a heading such as »Vores fire pejlemærker«."""
    free = [s for s in plain if not s.head.role and not s.head.label]
    for segment in segments:
        for each in segment.lists:
            if segment.head is None or segment.head.kind != "ignore":
                named = [s for s in free if any(is_same_heading(item.text, s.head.title) for item in each.items)]
                if len(named) > 1 and len(named) * 10 >= len(each.items) * 6:
                    return named
        last = segment.nodes[-1] if segment.nodes else None
        if (
            isinstance(last, Para)
            and last.text.endswith(":")
            and wording.lead_in_kind(last_sentence(last.text)[1]) == "contents"
        ):
            held = [s for s in _held(segments[segments.index(segment) + 1 :]) if s in free]
            if len(held) > 1:
                return held
    themes: list[Segment] = []
    for segment in plain:
        if segment.head.role == "container":
            themes += _below(segment, plain)
    return themes if len(themes) > 1 else []


def is_same_heading(item: str, title: str) -> bool:
    """Is this entry of a list of contents that heading?"""
    a, b = _entry_key(item), key(title)
    short, long = sorted((a, b), key=len)
    return bool(short) and (a == b or len(short) > 3 and long.startswith(short + " "))


@lru_cache(maxsize=1024)  # every entry is compared with every heading
def _entry_key(item: str) -> str:
    """Without label, number and page: »Tema 2: Bolig … 14« → »bolig«."""
    label = wording.read_label(item)
    return re.sub(r"( side)? \d+$", "", key(wording.strip_number(label[2] if label else item)[1]))


def _below(container: Segment, plain: list[Segment]) -> list[Segment]:
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


def _held(after: list[Segment]) -> list[Segment]:
    """Headings up to the first known section, on the level of the first one."""
    held: list[Segment] = []
    for segment in after:
        head = segment.head
        if head.kind or head.role == "container" or held and head.level < held[0].head.level:
            break
        if not head.role and (not held or head.level == held[0].head.level):
            held.append(segment)
    return held


def _with_goals(segments: list[Segment], plain: list[Segment], title: Segment | None) -> list[Segment]:
    """Headings whose own text, or a »Mål« heading below them, leads into goals."""
    themes = []
    owner: Segment | None = None
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
        elif not head.kind and any(isinstance(n, Para) and wording.is_goal_sentence(n.text) for n in segment.nodes):
            sentences.append(segment)
    if not themes and len(sentences) > 1:
        themes = sentences
    # One heading with several lead-ins and no other theme: groups without headings.
    if len(themes) == 1 and sum(each.kind == "strong" for each in themes[0].lists) > 1:
        return []
    return sorted(themes, key=lambda s: s.head.line)


def _owns(owner: Head, head: Head) -> bool:
    if owner.level < head.level:
        return True
    return owner.level == head.level and not owner.kind


def _lifted(themes: list[Segment], plain: list[Segment]) -> list[Segment]:
    """If the goals stand under subheadings of several headings, those are the themes."""
    parents: list[Segment] = []
    for segment in themes:
        at = plain.index(segment)
        above = [s for s in plain[:at] if s.head.level < segment.head.level]
        parent = above[-1] if above else None
        if parent is None or parent.head.kind or parent.head.role:
            return themes
        if parent not in parents:
            parents.append(parent)
    return parents if len(parents) > 1 else themes


def _with_siblings(themes: list[Segment], plain: list[Segment]) -> list[Segment]:
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


def _fallback(segments: list[Segment], plain: list[Segment], title: Segment | None) -> list[Segment]:
    """No theme has shown itself: headings with lists, else headings with prose, of what calls itself a strategy."""
    unnamed = [s for s in segments if not (s.head and s.head.kind)]
    if any(each.kind in ("strong", "contents") for s in unnamed for each in s.lists):
        return []
    text = "\n".join(node.text for s in segments for node in s.nodes if isinstance(node, Para))
    named = title is not None and wording.names_a_strategy(title.head.text)
    signals = sum(s.head.kind in ("vision", "formaal", "vaerdier", "forord") for s in plain)
    if not named and signals < 1 or len(wording.COUNCIL.findall(text)) > 2 or wording.MINUTES.search(text):
        return []
    if title is not None and plain and plain[0].head.line < title.head.line:
        return []
    if is_news(segments):
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


def _give_rest(plain: list[Segment], themes: list[Segment], by_label: bool) -> None:
    last_theme = max((plain.index(s) for s in themes), default=-1)
    first_theme = min((plain.index(s) for s in themes), default=len(plain))
    above: Segment | None = None  # the theme or section that is open
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
