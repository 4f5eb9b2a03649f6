"""Every regular expression of the project reads hostile text in a number of steps proportional to its length.

The patterns are collected from the imported modules and from the source. `StepCounter` runs a pattern by backtracking,
as `re` does, and counts the characters that it compares, which does not depend on the speed of the machine.
"""

import ast
import importlib
import pkgutil
import re
import sys
from collections import defaultdict
from pathlib import Path
from re import _constants as op
from re import _parser as parser
from typing import NamedTuple

import pytest

from council.meetings.desk import sync
from council.meetings.word import label_patterns

from .selection import dealt

ROOT = Path(__file__).parents[1]
APPS = ("udsat", "strategies", "council")
LENGTH = 400  # characters of a hostile text
MAX_STEPS = 120  # per character; a quadratic pattern takes some 200
COMPILING = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
ANCHORED = {"match", "fullmatch"}

# Values of local variables in patterns that are put together inside a function.
LOCALS = {
    "council/meetings/desk/sync.py": {"pattern": f".*|{sync.HASH}|{sync.KEY}|{sync.ROW}"},
    "council/meetings/word/attendance_match.py": {"is_alone": False},
    "council/meetings/word/label_patterns.py": {"pattern": "|".join(label_patterns.KINDS.values())},
    "council/members/consent.py": {"name": "Kirsten Jensen"},
    "council/models/input.py": {"value": "Kirsten Jensen"},
    "udsat/admin/forms.py": {"prefix": "items"},
    "udsat/lib/documents/text.py": {"mark": "**"},
    "udsat/lib/personal_data.py": {"house": "Hovedgaden 1", "spelling": "Kirsten Jensen"},
}
# Patterns for texts that are cut before: the length of the text.
CUT_AT = {
    "strategies/parsing/wording.py: _SECTION_KINDS": 200,
    "udsat/lib/page_boilerplate.py: _COMPILED": 160,
    "udsat/lib/page_boilerplate.py: _FOOT": 160,
}
# Tables of patterns that are only tried at the start of a text.
AT_START = {
    "udsat/lib/page_boilerplate.py: _COMPILED",
    "strategies/parsing/wording.py: _PROSE_KINDS",
    "strategies/parsing/wording.py: _SECTION_KINDS",
}


class Pattern(NamedTuple):
    location: str
    pattern: str
    flags: int
    searched: bool  # tried at every position, not at the start alone


# Collection


def modules():
    for app in APPS:
        package = importlib.import_module(app)
        for info in pkgutil.walk_packages(package.__path__, f"{app}."):
            # udsat.wsgi selects production mode.
            if ".migrations" not in info.name and info.name not in ("udsat.settings", "udsat.wsgi"):
                yield importlib.import_module(info.name)


def compiled_in(value):
    """Return the compiled patterns in a module's variable, also within lists, tuples and dictionaries."""
    if isinstance(value, re.Pattern):
        return [value]
    if isinstance(value, dict):
        return [found for item in (*value.keys(), *value.values()) for found in compiled_in(item)]
    return [found for item in value for found in compiled_in(item)] if isinstance(value, (list, tuple, set)) else []


def methods_of_names():
    """Return the methods that are called on each variable; a private variable belongs to its file."""
    methods = defaultdict(set)
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
                name = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                methods[variable(path, name)].add(node.attr)
    return methods


def variable(path, name):
    return (str(path.relative_to(ROOT)), name) if name.startswith("_") else name


def source_files():
    return [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def collect_patterns():
    patterns, methods = {}, methods_of_names()
    for module in modules():
        location = str(Path(module.__file__).relative_to(ROOT))
        for name, value in vars(module).items():
            for found in compiled_in(value):
                used = methods[variable(ROOT / location, name)] & (COMPILING - {"compile"})
                if isinstance(found.pattern, str):
                    searched = bool(used - ANCHORED) or not used and f"{location}: {name}" not in AT_START
                    one = Pattern(f"{location}: {name}", found.pattern, found.flags, searched)
                    patterns.setdefault((found.pattern, found.flags, one.searched), one)
        for one in written_in(module, location):
            patterns.setdefault((one.pattern, one.flags, one.searched), one)
    return list(patterns.values())


def written_in(module, location):
    """Yield the patterns that are written inside functions as arguments of a function of `re`."""
    functions = [
        node
        for node in ast.walk(ast.parse(Path(module.__file__).read_text()))
        if isinstance(node, (ast.FunctionDef, ast.Lambda))
    ]
    for node in {node for function in functions for node in ast.walk(function)}:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in COMPILING):
            continue
        names = {**vars(module), **LOCALS.get(location, {})}
        value, *flags = [
            eval(compile(ast.Expression(argument), location, "eval"), names)  # noqa: S307
            for argument in (node.args[0], *flag_arguments(node))
        ]
        if isinstance(value, str):
            searched = node.func.attr not in ANCHORED
            yield Pattern(f"{location}:{node.lineno}", value, int(sum(flags)), searched)


def flag_arguments(call):
    position = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(call.func.attr, 2)
    return [*call.args[position : position + 1], *(word.value for word in call.keywords if word.arg == "flags")]


# Counting


class TooManySteps(Exception):
    pass


class StepCounter:
    """Match a pattern on a text by backtracking, counting every comparison of a character."""

    def __init__(self, pattern, flags, text, limit):
        self.tree = parser.parse(pattern, flags)
        self.flags = self.tree.state.flags
        self.text, self.steps, self.limit = text, 0, limit
        self.groups = {}
        self.run = self.sequence(list(self.tree))

    def count(self, searched):
        """Return the steps of `finditer`, or of `match` where the pattern is not searched."""
        start, size = 0, len(self.text)
        while start <= size:
            ends = []
            self.groups.clear()
            matched = self.run(start, lambda at, ends=ends: ends.append(at) or True)
            if not searched:
                break
            start = max(ends[0], start + 1) if matched else start + 1
        return self.steps

    def step(self, number=1):
        self.steps += number
        if self.steps > self.limit:
            raise TooManySteps

    def sequence(self, nodes):
        matchers = [self.node(*node) for node in nodes]
        if not matchers:
            return lambda at, then: then(at)
        if len(matchers) == 1:
            return matchers[0]

        def chain(at, then, index=0):
            if index == len(matchers):
                return then(at)
            return matchers[index](at, lambda end: chain(end, then, index + 1))

        return chain

    def node(self, kind, value):
        if (test := self.character(kind, value)) is not None:

            def one(at, then):
                self.step()
                return at < len(self.text) and test(self.text[at]) and then(at + 1)

            return one
        return getattr(self, str(kind).lower())(value)

    def character(self, kind, value):
        """Return a test of one character, or None where the node is not a character."""
        fold = str.casefold if self.flags & re.IGNORECASE else str
        if kind is op.LITERAL:
            wanted = fold(chr(value))
            return lambda c: fold(c) == wanted
        if kind is op.NOT_LITERAL:
            unwanted = fold(chr(value))
            return lambda c: fold(c) != unwanted
        if kind is op.ANY:
            return (lambda c: True) if self.flags & re.DOTALL else (lambda c: c != "\n")
        if kind is op.IN:
            negated = value[0][0] is op.NEGATE
            tests = [self.set_member(*item) for item in value[negated:]]
            return lambda c: any(test(c) for test in tests) != negated
        return None

    def set_member(self, kind, value):
        ignore = self.flags & re.IGNORECASE
        if kind is op.LITERAL:
            return self.character(kind, value)
        if kind is op.RANGE:
            low, high = value
            return lambda c: any(
                low <= ord(v) <= high for v in ((c, c.lower(), c.upper()) if ignore else (c,)) if len(v) == 1
            )
        return self.category(value)

    def category(self, value):
        ascii_only = self.flags & re.ASCII
        kinds = {"DIGIT": str.isdecimal, "SPACE": str.isspace, "WORD": lambda c: c.isalnum() or c == "_"}
        name = str(value).removeprefix("CATEGORY_")
        test = kinds[name.removeprefix("NOT_")]
        negated = name.startswith("NOT_")
        return lambda c: (test(c) and not (ascii_only and ord(c) > 127)) != negated

    def subpattern(self, value):
        group, added, removed, nodes = value
        before, self.flags = self.flags, (self.flags | added) & ~removed
        body = self.sequence(list(nodes))
        self.flags = before

        def matched(at, then):
            def end(stop):
                old = self.groups.get(group)
                self.groups[group] = (at, stop)
                if then(stop):
                    return True
                self.groups[group] = old
                return False

            return body(at, end)

        return matched

    def branch(self, value):
        branches = [(self.sequence(list(nodes)), self.first_character(nodes)) for nodes in value[1]]

        def matched(at, then):
            self.step()
            # `re` skips a branch whose first character differs.
            return any(
                branch(at, then)
                for branch, first in branches
                if first is None or (at < len(self.text) and first(self.text[at]))
            )

        return matched

    def first_character(self, nodes):
        return self.character(*nodes[0]) if len(nodes) else None

    def max_repeat(self, value, lazy=False, possessive=False):
        low, high, nodes = value
        high = sys.maxsize if high is op.MAXREPEAT else int(high)
        nodes = list(nodes)
        if len(nodes) == 1 and (test := self.character(*nodes[0])) is not None and not lazy:

            def characters(at, then):
                stop = at
                while stop < len(self.text) and stop - at < high and test(self.text[stop]):
                    stop += 1
                self.step(stop - at + 1)
                if possessive:
                    return stop - at >= low and then(stop)
                for end in range(stop, at + low - 1, -1):
                    self.step()
                    if then(end):
                        return True
                return False

            return characters
        body = self.sequence(nodes)

        def repeated(at, then, number=0, start=None):
            def again(end):
                return (end > at or number < low) and repeated(end, then, number + 1)

            if number < low:
                return body(at, again)
            if lazy:
                return then(at) or (number < high and body(at, again))
            return (number < high and body(at, again)) or then(at)

        if possessive:
            return self.once(lambda at, then: repeated(at, then))
        return repeated

    def min_repeat(self, value):
        return self.max_repeat(value, lazy=True)

    def possessive_repeat(self, value):
        return self.max_repeat(value, possessive=True)

    def once(self, body):
        """Return a matcher that keeps the first match of the body and never tries another one."""

        def matched(at, then):
            ends = []
            return body(at, lambda end: ends.append(end) or True) and then(ends[0])

        return matched

    def atomic_group(self, nodes):
        return self.once(self.sequence(list(nodes)))

    def lookaround(self, value, wanted):
        direction, nodes = value
        body = self.sequence(list(nodes))
        width = parser.SubPattern(self.tree.state, list(nodes)).getwidth()[0] if direction < 0 else 0

        def matched(at, then):
            self.step()
            holds = at >= width and bool(body(at - width, lambda end: direction > 0 or end == at))
            return holds == wanted and then(at)

        return matched

    def assert_(self, value):
        return self.lookaround(value, True)

    def assert_not(self, value):
        return self.lookaround(value, False)

    def at(self, where):
        def is_word(at):
            return 0 <= at < len(self.text) and (self.text[at].isalnum() or self.text[at] == "_")

        def holds(at):
            name, size = str(where), len(self.text)
            if name in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
                line_start = self.flags & re.MULTILINE and name == "AT_BEGINNING" and self.text[at - 1 : at] == "\n"
                return at == 0 or bool(line_start)
            if name == "AT_END":
                return at == size or self.text[at:] == "\n" or bool(self.flags & re.MULTILINE and self.text[at] == "\n")
            if name == "AT_END_STRING":
                return at == size
            return (is_word(at - 1) != is_word(at)) == (name == "AT_BOUNDARY")

        def matched(at, then):
            self.step()
            return holds(at) and then(at)

        return matched

    def groupref(self, group):
        def matched(at, then):
            start, stop = self.groups.get(group) or (0, -1)
            wanted = self.text[start:stop]
            self.step(len(wanted) + 1)
            return stop >= 0 and self.text.startswith(wanted, at) and then(at + len(wanted))

        return matched

    def groupref_exists(self, value):
        group, yes, no = value
        branches = self.sequence(list(yes)), self.sequence(list(no or []))
        return lambda at, then: branches[not self.groups.get(group)](at, then)


# The name of a node kind that is a keyword in Python.
setattr(StepCounter, "assert", StepCounter.assert_)


# Hostile texts

CHARACTERS = " a1A.-,(:;\n@'<»\"/*&_%"
COMMON = (
    *" a1A.-\n(*",
    "a ",
    "A ",
    "1 ",
    "a.",
    "A.",
    "1.",
    "a-",
    "a\n",
    " \n",
    "Aa ",
    "a, ",
    "*a **b ",
    "11-",
    "a@",
    "<a ",
)


def hostile_texts(pattern, flags):
    """Return texts that begin as the pattern does and then repeat what one of its repetitions accepts."""
    tree = parser.parse(pattern, flags)
    texts = {text * (LENGTH // len(text)) for text in COMMON}
    for before, body in repetitions(tree, ""):
        for pump in {*samples(body), *(c for c in COMMON if accepts(body, c, flags))}:
            if pump:
                long = pump * (LENGTH // len(pump))
                texts |= {before + long, before + long + "\0", before + long + "\n!"}
        if before:
            texts.add(before * (LENGTH // len(before)))
            texts |= {(before + pump) * (LENGTH // len(before + pump)) for pump in samples(body)[:2]}
    return texts


def accepts(body, text, flags):
    try:
        counter = StepCounter("", flags, text, 10_000)
        run = counter.sequence(list(body))
        return run(0, lambda end: end == len(text))
    except TooManySteps:
        return False


def repetitions(nodes, before):
    """Yield each repetition of more than 20 in a pattern, with a text that leads to it."""
    for kind, value in nodes:
        for inner in inner_nodes(kind, value):
            yield from repetitions(inner, before)
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and value[1] > 20:
            yield before, value[2]
        before += samples([(kind, value)])[0]


def inner_nodes(kind, value):
    if kind is op.SUBPATTERN:
        return [value[3]]
    if kind is op.BRANCH:
        return value[1]
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return [value[2]]
    if kind is op.ATOMIC_GROUP:
        return [value]
    return [value[1]] if kind in (op.ASSERT, op.ASSERT_NOT) else []


def samples(nodes):
    """Return up to four short texts that the nodes match, lookarounds and anchors aside."""
    texts = [""]
    for kind, value in nodes:
        if kind is op.LITERAL:
            parts = [chr(value)]
        elif kind in (op.NOT_LITERAL, op.ANY, op.IN):
            test = StepCounter("", 0, "", 1).character(kind, value)
            accepted = [c for c in CHARACTERS if test(c)]
            parts = (
                accepted[:3]
                or [
                    chr(item[1][0] if item[0] is op.RANGE else item[1])
                    for item in value
                    if item[0] in (op.RANGE, op.LITERAL)
                ][:1]
            )
        elif kind is op.BRANCH:
            parts = [sample for branch in value[1] for sample in samples(branch)[:1]]
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            parts = [sample * max(1, value[0]) for sample in samples(value[2])]
        else:
            parts = next((samples(inner) for inner in inner_nodes(kind, value)), [""])
            parts = [""] if kind in (op.ASSERT, op.ASSERT_NOT) else parts
        texts = [text + part for part in parts or [""] for text in texts][:4]
    return texts


def needs_too_many_steps(one):
    """Return the first text on which the pattern takes more steps per character than MAX_STEPS, or None."""
    for text in sorted(hostile_texts(one.pattern, one.flags)):
        text = text[: CUT_AT.get(one.location, LENGTH)]
        try:
            StepCounter(one.pattern, one.flags, text, MAX_STEPS * LENGTH).count(one.searched)
        except TooManySteps:
            return text
    return None


@pytest.fixture
def deep_recursion():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.parametrize("hand", [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 4))])
def test_patterns_read_hostile_text_in_linear_steps(deep_recursion, hand):
    slow = {one.location: needs_too_many_steps(one) for one in dealt(collect_patterns(), 4)[hand]}
    assert {location: text[:60] for location, text in slow.items() if text is not None} == {}
