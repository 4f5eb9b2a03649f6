"""Words as search sees them. The index and the query pass through the same functions, so that spellings meet.

A word is looked up in three shapes: as it is spelled (`bolig`), by its stem (`xbol`, Snowball's Danish) and from its
end (`qgilob`), so that *bolig* finds *boligerne*, and *rådgivning* finds *gældsrådgivning*. No word as it is spelled is
let begin with x, q or zz, so the shapes share a column and both databases take them for words.
"""

import functools
import re
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from itertools import takewhile

import Stemmer
from django.utils.safestring import SafeString, mark_safe
from rapidfuzz.distance import OSA

from .danish import MONTHS, fold
from .search_synonyms import CALLED, SILENT

MAX_WORDS = 8
SNIPPET = 220  # characters
READ = 8_000  # characters of a text that are read to see what it speaks of
_SHORTEST_TAIL = 4
_LONG_WORD = 8
# What inflection adds to a noun or an adjective, longest first; lighter than a stemmer, for the ends of compounds.
_ENDINGS = ("ernes", "erne", "enes", "ene", "ers", "ens", "ets", "er", "en", "et", "es", "e", "s")
_WORD = re.compile(r"[^\W_]+")
# 25.8.2026 or 25/8-2026, and 2026-08-25
_DAY = re.compile(r"\b(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4})\b")
_ISO_DAY = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b")
# The stemmer keeps a buffer of its own, so each thread has one.
_stemmers = threading.local()


def words(text: str) -> list[str]:
    """The words of a text, lower case, with one spelling of æ, ø and å: æ ø å."""
    text = unicodedata.normalize("NFC", text).lower()
    # Where a word may be divided at the end of a line; not a letter of it.
    text = text.replace("\u00ad", "").replace("\u200b", "")
    text = text.replace("ä", "æ").replace("ö", "ø").replace("aa", "å").replace("ae", "æ").replace("oe", "ø")
    return _WORD.findall(text)


def stem(word: str) -> str:
    """The stem of one of `words`: »boligerne« and »bolig« share one."""
    if not hasattr(_stemmers, "danish"):
        _stemmers.danish = Stemmer.Stemmer("danish")
    found: str = _stemmers.danish.stemWord(word)
    return found


def uninflected(word: str) -> str:
    """One of `words` without the ending that inflection gave it: »ungdomsboligerne« becomes »ungdomsbolig«."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_TAIL:
            return word.removesuffix(ending)
    return word


def exact_token(word: str) -> str:
    token = fold(word)
    return {"q": "k", "x": "ks"}.get(token[:1], token[:1]) + token[1:]


def stem_token(word: str) -> str:
    return f"x{fold(stem(word))}"


def tail_token(word: str) -> str:
    """From the end, so that a prefix of it is an end of the word."""
    return f"q{fold(uninflected(word))[::-1]}"


def tokens(text: str) -> list[str]:
    """Every shape of every word of a text, in order, for the index."""
    return [token for word in words(text) for token in shapes(word)]


@functools.lru_cache(maxsize=20_000)
def shapes(word: str) -> tuple[str, ...]:
    """Exact and stem token of one of `words`, and its tail where it is long enough to be a compound."""
    tail = (tail_token(word),) if len(word) >= _LONG_WORD else ()
    return (exact_token(word), stem_token(word), *tail)


def is_spelled(token: str) -> bool:
    """Whether a token is a word as it is spelled, not its stem or its end."""
    return token[:1] not in "xq"


def tag(kind: str, value: object) -> str:
    """A filter as a token: `kind` is one letter, the value letters, digits and hyphens."""
    return f"zz{kind}{fold(str(value)).replace('-', '')}"


def asked_words(query: str) -> list[str]:
    """All the words of a query, days written out as texts write them."""

    def written_out(match: re.Match[str]) -> str:
        month = int(match["month"])
        return f" {int(match['day'])} {MONTHS[month - 1]} {match['year']} " if 1 <= month <= 12 else match[0]

    return words(_DAY.sub(written_out, _ISO_DAY.sub(written_out, query)))


def query_words(query: str) -> list[str]:
    """The words to look for; single letters and words that say nothing only where there is nothing else."""
    found = list(dict.fromkeys(asked_words(query)))
    for says in (lambda word: word not in SILENT and (len(word) > 1 or word.isdigit()), lambda word: len(word) > 1):
        if saying := [word for word in found if says(word)]:
            return saying[:MAX_WORDS]
    return found[:MAX_WORDS]


def called(word: str) -> tuple[str, ...]:
    """What the texts call that which people ask for by this word."""
    return CALLED.get(word) or CALLED.get(stem(word)) or CALLED.get(uninflected(word)) or ()


def _may_begin(word: str) -> bool:
    """Whether a word of a query may be the beginning of a longer one: not two letters, and no number."""
    return len(exact_token(word)) > 2 and not word.isdigit()


def looked_for(word: str) -> list[tuple[str, bool]]:
    """The tokens that find a word of a query, each with whether it is only the beginning of one in the index."""
    found = [(exact_token(word), _may_begin(word)), (stem_token(word), False)]
    if len(uninflected(word)) >= _SHORTEST_TAIL:
        found.append((tail_token(word), True))
    if len(word) == 4 and word.isdigit():
        found.append((tag("y", word), False))
    return found + [(token, False) for other in called(word) for token in shapes(other)[:2]]


# How much better it is to meet a word as it was spelled than some form, part or other name of it.
_EXACT, _SAME_STEM, _BEGINNING, _END, _OTHER_WORD = 1.0, 0.95, 0.8, 0.7, 0.6


_NOTHING: dict[int, float] = {}


class Sought:
    """The words that are looked for, held against tokens. It remembers each token that it has seen."""

    def __init__(self, sought: Sequence[str]) -> None:
        self.words = list(sought)
        self._exact = [exact_token(word) for word in sought]
        self._stems = [stem_token(word) for word in sought]
        self._beginnings = [_may_begin(word) for word in sought]
        self._tails = [tail_token(word) if len(uninflected(word)) >= _SHORTEST_TAIL else "" for word in sought]
        self._others = [{token for other in called(word) for token in shapes(other)[:2]} for word in sought]
        wanted = [token for word in sought for token in looked_for(word)]
        self._whole = {token for token, _ in wanted}
        self._any_beginning = tuple(token for token, begins in wanted if begins)
        self._known: dict[str, dict[int, float]] = {}
        self._written: dict[str, dict[int, float]] = {}
        self._needles = [f" {token}{'' if begins else ' '}" for token, begins in wanted]

    def is_in(self, padded: str) -> bool:
        """Whether any of these tokens, with spaces between and around, stands for any of the words."""
        for needle in self._needles:
            if needle in padded:
                return True
        return False

    def met(self, token: str) -> dict[int, float]:
        """The numbers of the words that a token of the index stands for, with how well."""
        if token not in self._whole and not token.startswith(self._any_beginning):
            return _NOTHING
        found = self._known.get(token)
        if found is None:
            found = self._known[token] = {
                number: value for number in range(len(self.words)) if (value := self._value(number, token))
            }
        return found

    def _value(self, number: int, token: str) -> float:
        if token == self._exact[number]:
            return _EXACT
        if token == self._stems[number]:
            return _SAME_STEM
        if self._beginnings[number] and token.startswith(self._exact[number]):
            return _BEGINNING
        if self._tails[number] and token.startswith(self._tails[number]):
            return _END
        return _OTHER_WORD if token in self._others[number] else 0.0

    def met_in(self, written: str) -> dict[int, float]:
        """The same of a stretch of letters (most often one word) as it stands in a text."""
        found = self._written.get(written)
        if found is None:
            found, tokens = _NOTHING, _tokens_in(written)
            if self.is_in(tokens):
                found = {}
                for token in tokens.split():
                    for number, value in self.met(token).items():
                        found[number] = max(value, found.get(number, 0.0))
            self._written[written] = found
        return found

    def share_of(self, text: str, length: int) -> float:
        """From 0 to 1: how much a text speaks of the words, as against mentioning them in passing. What holds none of
        them may be left out of it, but not of its length.
        """
        counts = [0.0] * len(self.words)
        known, met_in = self._written, self.met_in
        for one in _WORD.findall(text[:READ]):
            found = known.get(one)
            if found is None:
                found = met_in(one)
            if found:
                for number, value in found.items():
                    counts[number] += value
        # Each further mention adds less, and a long text mentions more.
        little = 0.5 + min(length, READ) / 650  # characters, some hundred words
        return sum(count / (count + little) for count in counts) / max(1, len(counts))


@functools.lru_cache(maxsize=20_000)
def _tokens_in(written: str) -> str:
    return f" {' '.join(token for word in words(written) for token in shapes(word))} "


# Showing what was found


def _spans(text: str, sought: Sought | None) -> list[tuple[int, int]]:
    """Where words that the sought ones find stand in the text as it is written."""
    return [match.span() for match in _WORD.finditer(text) if sought.met_in(match[0])] if sought else []


def marked(text: str, sought: Sought | None) -> SafeString:
    """The text, escaped, with <mark> around the words that were found."""
    text = unicodedata.normalize("NFC", text)
    pieces, done = [], 0
    for start, end in _spans(text, sought):
        pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    # Safe: every piece is escaped above and here.
    return mark_safe("".join([*pieces, escape(text[done:])]))


def snippet(text: str, sought: Sought | None) -> SafeString:
    """The stretch of a text that holds most of the sought words, else its beginning."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    spans = _spans(text, sought)
    start = _best_start(text, spans) if spans else 0
    if start:
        start = text.find(" ", start) + 1
    end = start + SNIPPET
    if end < len(text):
        end = text.rfind(" ", start, end)
        end = end if end > start else start + SNIPPET
    return marked(f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}", sought)


def _best_start(text: str, spans: Sequence[tuple[int, int]]) -> int:
    """A little before the found word from which on most different found words stand within a snippet."""
    found = [(start, text[start:end].lower()) for start, end in spans]

    def variety(number: int) -> int:
        end = found[number][0] + SNIPPET * 2 // 3
        return len({word for _, word in takewhile(lambda one: one[0] < end, found[number:])})

    return max(0, found[max(range(len(found)), key=variety)][0] - SNIPPET // 4)


def nearest(word: str, candidates: Iterable[str], allowed: int = 0) -> list[str]:
    """The candidates that a typing error may have turned into the word, the most likely first, at most five."""
    allowed = allowed or (1 if len(word) < 6 else 2)
    found = []
    for candidate in candidates:
        distance = OSA.distance(word, candidate, score_cutoff=allowed)
        if distance <= allowed:
            found.append((distance, -len(candidate), candidate))
    return [candidate for *_, candidate in sorted(found)[:5]]
