"""Word by word difference of two texts, as accessible HTML.

Deletions are `<del>`, insertions `<ins>`; each begins and ends with words for screen readers only. Each line of the
text is a paragraph. Bullets and numbers of list items, link addresses and formatting are compared too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from html.parser import HTMLParser
from itertools import groupby
from typing import Literal, NamedTuple, TypeAlias

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .richtext import clean_html

# Limits of the product of the two lengths, which the time of a comparison depends on. Above the first, frequent words
# are ignored as anchors; above the second, the texts are shown as one deletion and one insertion.
_MAX_THOROUGH = 1_000_000
_MAX_COMPARED = 400_000_000
_TOKEN = re.compile(r"\n|[^\W_]+(?:[-.,:/@][^\W_]+)*|[^\s]|[^\S\n]+")


class DiffToken(NamedTuple):
    """A word or sign. `gap` is the space after it, which is not compared."""

    word: str
    strong: bool = False
    em: bool = False
    gap: str = ""

    @property
    def key(self) -> tuple[str, bool, bool]:
        return self[:3]


DiffAction: TypeAlias = Literal["same", "del", "ins"]
DiffStep: TypeAlias = tuple[DiffAction, DiffToken]
_LINE_END = DiffToken("\n")
_SPACE = DiffToken("", gap=" ")


def word_difference(old: str, new: str) -> SafeString:
    """Return the difference between two plain texts."""
    return _html(_steps(list(_words(old)), list(_words(new))))


def rich_difference(old_html: str, new_html: str) -> SafeString:
    """Return the difference between two rich texts. HTML of any other form is cleaned first."""
    return _html(_steps(_read(old_html), _read(new_html)))


# Reading


def _words(text: str, strong: bool = False, em: bool = False) -> Iterator[DiffToken]:
    last: DiffToken | None = None
    for piece in _TOKEN.findall(text.replace("\r\n", "\n").replace("\r", "\n").strip()):
        if piece.isspace() and piece != "\n":
            last = last and last._replace(gap=" ")
            continue
        if last:
            yield last
        last = _LINE_END if piece == "\n" else DiffToken(piece, strong, em)
    if last:
        yield last


class _TokenReader(HTMLParser):
    """Reads cleaned HTML into lines of tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[DiffToken] = []
        self.marks = {"strong": 0, "em": 0}
        self.lists: list[int | None] = []
        self.link: tuple[str, int] | None = None

    def end_line(self) -> None:
        if self.tokens and self.tokens[-1] != _LINE_END:
            self.tokens.append(_LINE_END)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.marks:
            self.marks[tag] += 1
        elif tag == "a":
            self.link = (dict(attrs).get("href") or "", len(self.tokens))
        elif tag in ("ul", "ol"):
            self.end_line()
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.end_line()
            if self.lists and (number := self.lists[-1]) is not None:
                self.lists[-1] = number + 1
                self.tokens.append(DiffToken(f"{number + 1}.", gap=" "))
            else:
                self.tokens.append(DiffToken("•", gap=" "))
        elif tag in ("td", "th"):
            if self.tokens and self.tokens[-1] != _LINE_END:
                self.tokens.append(DiffToken("|", gap=" "))
        elif tag in ("br", "tr", "table", "caption") or (tag == "p" and not self._is_first_in_item()):
            self.end_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in self.marks:
            self.marks[tag] = max(0, self.marks[tag] - 1)
        elif tag == "a" and self.link:
            address, start = self.link
            self.link = None
            if address and address != "".join(token.word + token.gap for token in self.tokens[start:]):
                self.space()
                self.tokens.append(DiffToken(f"({address})"))
        elif tag in ("ul", "ol"):
            self.end_line()
            if self.lists:
                self.lists.pop()
        elif tag in ("p", "li", "tr", "caption"):
            self.end_line()
        elif tag in ("td", "th"):
            self.space()

    def handle_data(self, data: str) -> None:
        if data[:1].isspace():
            self.space()
        flat = " ".join(data.split())
        self.tokens += _words(flat, bool(self.marks["strong"]), bool(self.marks["em"]))
        if data[-1:].isspace():
            self.space()

    def space(self) -> None:
        if self.tokens and self.tokens[-1] != _LINE_END:
            self.tokens[-1] = self.tokens[-1]._replace(gap=" ")

    def _is_first_in_item(self) -> bool:
        """Whether the text so far ends with the bullet or number of a list item."""
        return bool(self.lists and self.tokens and re.fullmatch(r"•|\d+\.", self.tokens[-1].word))


def _read(value: str) -> list[DiffToken]:
    reader = _TokenReader()
    reader.feed(clean_html(value))
    reader.close()
    while reader.tokens and reader.tokens[-1] == _LINE_END:
        reader.tokens.pop()
    return reader.tokens


# Comparing


def _steps(old: list[DiffToken], new: list[DiffToken]) -> Iterator[DiffStep]:
    """Compare lines first, then the words of lines that differ: faster, and closer to what people see as the change."""
    old_lines, new_lines = _lines(old), _lines(new)
    for action, a, b in _compare([_keys(line) for line in old_lines], [_keys(line) for line in new_lines]):
        before = [token for line in old_lines[a] for token in line]
        after = [token for line in new_lines[b] for token in line]
        if action == "equal":
            yield from (("same", token) for token in after)
        else:
            yield from _word_steps(before, after)


def _word_steps(old: list[DiffToken], new: list[DiffToken]) -> Iterator[DiffStep]:
    """Compare words. Changes with only a comma or a short word between them are merged, for readability."""
    deleted: list[DiffToken] = []
    inserted: list[DiffToken] = []
    for action, a, b in _compare(_keys(old), _keys(new)):
        kept = new[b]
        is_small = len(kept) <= 2 and all(len(token.word) <= 3 and token.word != "\n" for token in kept)
        if action == "equal" and not ((deleted or inserted) and is_small and b.stop < len(new) and a.stop < len(old)):
            yield from _changes(deleted, inserted)
            last, last_old = kept[-1], old[a][-1]
            # A space that only one of the texts has belongs to the change that follows.
            deleted = [_SPACE] if last_old.gap and not last.gap else []
            inserted = [_SPACE] if last.gap and not last_old.gap else []
            yield from (("same", token) for token in [*kept[:-1], last._replace(gap=last.gap and last_old.gap)])
        else:
            deleted += old[a]
            inserted += kept
    yield from _changes(deleted, inserted)


def _changes(deleted: list[DiffToken], inserted: list[DiffToken]) -> Iterator[DiffStep]:
    yield from (("del", token) for token in deleted if deleted != [_SPACE])
    yield from (("ins", token) for token in inserted if inserted != [_SPACE])


def _keys(tokens: Sequence[DiffToken]) -> tuple[tuple[str, bool, bool], ...]:
    return tuple(token.key for token in tokens)


def _lines(tokens: Iterable[DiffToken]) -> list[list[DiffToken]]:
    lines: list[list[DiffToken]] = [[]]
    for token in tokens:
        lines[-1].append(token)
        if token == _LINE_END:
            lines.append([])
    return lines if lines[-1] else lines[:-1]


def _compare(old: Sequence[object], new: Sequence[object]) -> Iterator[tuple[str, slice, slice]]:
    cost = len(old) * len(new)
    if cost > _MAX_COMPARED:
        yield "replace", slice(0, len(old)), slice(0, len(new))
        return
    for action, a, b, c, d in SequenceMatcher(None, old, new, autojunk=cost > _MAX_THOROUGH).get_opcodes():
        yield action, slice(a, b), slice(c, d)


# Writing


def _html(steps: Iterable[DiffStep]) -> SafeString:
    lines: list[list[DiffStep]] = [[]]
    for step in steps:
        if step[1].word == "\n":
            lines.append([])
        else:
            lines[-1].append(step)
    return format_html_join("\n", "<p>{}</p>", ((_line_html(line),) for line in lines if line))


def _line_html(line: list[DiffStep]) -> SafeString:
    runs = [(action, [token for _, token in run]) for action, run in groupby(line, lambda step: step[0])]
    return format_html_join("", "{}", ((_run_html(action, tokens),) for action, tokens in runs))


_SCREEN_READER_TEXT = {"del": "fjernet:", "ins": "tilføjet:"}


def _run_html(action: DiffAction, tokens: list[DiffToken]) -> SafeString:
    if action == "same":
        return _tokens_html(tokens)
    # The last space is outside the element, so that it is not underlined or struck through.
    *others, last = tokens
    return format_html(
        '<{0}><span class="visually-hidden"> {1} </span>{2}<span class="visually-hidden"> (slut) </span></{0}>{3}',
        action,
        _SCREEN_READER_TEXT[action],
        _tokens_html([*others, last._replace(gap="")]),
        last.gap,
    )


def _tokens_html(tokens: Iterable[DiffToken]) -> SafeString:
    return format_html_join("", "{}", ((_token_html(token),) for token in tokens))


def _token_html(token: DiffToken) -> SafeString:
    html = format_html("{}", token.word)
    if token.em:
        html = format_html("<em>{}</em>", html)
    if token.strong:
        html = format_html("<strong>{}</strong>", html)
    return format_html("{}{}", html, token.gap)
