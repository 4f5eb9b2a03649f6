"""Words as search sees them. The index and the query pass through the same functions, so that spellings meet.

A word is looked up in three shapes: as it is spelled (`bolig`), by its stem (`zzsbol`, Snowball's Danish) and from its
end (`zztgilob`), so that *bolig* finds *boligerne*, and *rådgivning* finds *gældsrådgivning*. No Danish word begins
with zz, so the shapes share a column and both databases take them for words.
"""

import functools
import re
import threading
import unicodedata
from collections.abc import Iterable, Sequence

import Stemmer
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from rapidfuzz.distance import OSA

from .danish import fold

MAX_WORDS = 8
SNIPPET = 220  # characters
_SHORTEST_TAIL = 4
_LONG_WORD = 8
# What inflection adds to a noun or an adjective, longest first; lighter than a stemmer, for the ends of compounds.
_ENDINGS = ("ernes", "erne", "enes", "ene", "ers", "ens", "ets", "er", "en", "et", "es", "e", "s")
_WORD = re.compile(r"[^\W_]+")
# The stemmer keeps a buffer of its own, so each thread has one.
_stemmers = threading.local()


def words(text: str) -> list[str]:
    """The words of a text, lower case, with one spelling of æ, ø and å: æ ø å."""
    text = unicodedata.normalize("NFC", text).lower()
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
    return fold(word)


def stem_token(word: str) -> str:
    return f"zzs{fold(stem(word))}"


def tail_token(word: str) -> str:
    """From the end, so that a prefix of it is an end of the word."""
    return f"zzt{fold(uninflected(word))[::-1]}"


def tokens(text: str) -> list[str]:
    """Every shape of every word of a text, in order, for the index."""
    found = []
    for word in words(text):
        found += [exact_token(word), stem_token(word)]
        if len(word) >= _LONG_WORD:
            found.append(tail_token(word))
    return found


def tag(kind: str, value: object) -> str:
    """A filter as a token: `kind` is one letter, the value letters, digits and hyphens."""
    return f"zz{kind}{fold(str(value)).replace('-', '')}"


def query_words(query: str) -> list[str]:
    """The words to look for; single letters only where there is nothing else."""
    found = list(dict.fromkeys(words(query)))
    return ([word for word in found if len(word) > 1 or word.isdigit()] or found)[:MAX_WORDS]


def looked_for(word: str) -> list[tuple[str, bool]]:
    """The tokens that find a word of a query, each with whether it is only the beginning of one in the index."""
    found = [(exact_token(word), len(word) > 1), (stem_token(word), False)]
    if len(uninflected(word)) >= _SHORTEST_TAIL:
        found.append((tail_token(word), True))
    return found


# Showing what was found


@functools.lru_cache(maxsize=20_000)
def _shapes(written: str) -> list[tuple[str, str, str]]:
    """Exact, stem and tail token of a stretch of letters (most often one word) as it stands in a text."""
    tail = (tail_token(word) if len(word) >= _LONG_WORD else "" for word in words(written))
    return [(exact_token(w), stem_token(w), t) for w, t in zip(words(written), tail, strict=True)]


def _spans(text: str, sought: Sequence[str]) -> list[tuple[int, int]]:
    """Where words that the sought ones find stand in the text as it is written."""
    wanted = [token for word in sought for token in looked_for(word)]
    whole = {token for token, _ in wanted}
    beginnings = tuple(token for token, begins in wanted if begins)
    return [
        match.span()
        for match in _WORD.finditer(text)
        if any(token in whole or token.startswith(beginnings) for shapes in _shapes(match[0]) for token in shapes)
    ]


def marked(text: str, sought: Sequence[str]) -> SafeString:
    """The text, escaped, with <mark> around the words that were found."""
    text = unicodedata.normalize("NFC", text)
    pieces, done = [], 0
    for start, end in _spans(text, sought):
        pieces += [escape(text[done:start]), format_html("<mark>{}</mark>", text[start:end])]
        done = end
    # Safe: every piece is escaped above and here.
    return mark_safe("".join([*pieces, escape(text[done:])]))


def snippet(text: str, sought: Sequence[str]) -> SafeString:
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

    def variety(first: tuple[int, int]) -> int:
        near = [text[start:end].lower() for start, end in spans if first[0] <= start < first[0] + SNIPPET * 2 // 3]
        return len(set(near))

    return max(0, max(spans, key=variety)[0] - SNIPPET // 4)


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that a typing error turned into the word; empty when none is near enough."""
    allowed = 1 if len(word) < 6 else 2
    best, best_distance = "", allowed + 1
    for candidate in candidates:
        distance = OSA.distance(word, candidate, score_cutoff=allowed)
        if distance < best_distance or (distance == best_distance <= allowed and len(candidate) > len(best)):
            best, best_distance = candidate, distance
    return best
