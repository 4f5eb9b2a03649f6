"""Word by word difference of two texts, as accessible HTML.

Deletions are `<del>`, insertions `<ins>`; each begins and ends with words for screen readers only. Each line of the
text is a paragraph. Bullets and numbers of list items, link addresses and formatting are compared too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter
from typing import Literal, NamedTuple, TypeAlias

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .richtext.blocks import RichBlock, RichList, RichParagraph, Run
from .richtext.html_reader import read_blocks

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


DiffAction: TypeAlias = Literal["same", "del", "ins"]
DiffStep: TypeAlias = tuple[DiffAction, DiffToken]
_LINE_END = DiffToken("\n")
_SPACE = DiffToken("", gap=" ")


def word_difference(old: str, new: str) -> SafeString:
    """Return the difference between two plain texts."""
    before, after = (list(_words(re.sub(r"\r\n?", "\n", text).strip())) for text in (old, new))
    return _html(_steps(before, after))


def rich_difference(old_html: str, new_html: str) -> SafeString:
    """Return the difference between two rich texts. HTML of any other form is cleaned first."""
    return _html(_steps(_read(old_html), _read(new_html)))


# Reading


def _words(text: str, strong: bool = False, em: bool = False) -> Iterator[DiffToken]:
    last: DiffToken | None = None
    for piece in _TOKEN.findall(text):
        if piece.isspace() and piece != "\n":
            last = last and last._replace(gap=" ")
            continue
        if last:
            yield last
        last = _LINE_END if piece == "\n" else DiffToken(piece, strong, em)
    if last:
        yield last


def _read(value: str) -> list[DiffToken]:
    lines = list(_rich_lines(read_blocks(value)))
    return [token for line in lines for token in (*line, _LINE_END)][:-1]


def _rich_lines(blocks: Iterable[RichBlock]) -> Iterator[list[DiffToken]]:
    for block in blocks:
        if isinstance(block, RichParagraph):
            yield from map(_run_tokens, block.lines)
        elif isinstance(block, RichList):
            for index, item in enumerate(block.items):
                bullet = DiffToken(block.label(index), gap=" ")
                first, *others = _rich_lines(item)
                yield from ([bullet, *first], *others)
        else:
            if block.caption:
                yield list(_words(block.caption))
            for row in block.head + block.body:
                tokens: list[DiffToken] = []
                for cell in row:
                    if tokens:
                        tokens.append(DiffToken("|", gap=" "))
                    tokens += (token for line in _rich_lines(cell.blocks) for token in _spaced(line))
                yield tokens


def _run_tokens(runs: Iterable[Run]) -> list[DiffToken]:
    """Return the tokens of a line, with the address after each link unless it is the text of the link."""
    tokens: list[DiffToken] = []
    for address, link in groupby(runs, attrgetter("href")):
        start = len(tokens)
        for run in link:
            if run.text.startswith(" "):
                tokens = _spaced(tokens)
            tokens += _words(run.text, run.strong, run.em)
        if address and address != "".join(token.word + token.gap for token in tokens[start:]):
            tokens = [*_spaced(tokens), DiffToken(f"({address})")]
    return tokens


def _spaced(tokens: list[DiffToken]) -> list[DiffToken]:
    """Return the tokens with a space after the last."""
    return [*tokens[:-1], *(token._replace(gap=" ") for token in tokens[-1:])]


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
    return tuple(token[:3] for token in tokens)


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
    runs = groupby(line, lambda step: step[0])
    return format_html_join("", "{}", ((_run_html(action, [token for _, token in run]),) for action, run in runs))


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
