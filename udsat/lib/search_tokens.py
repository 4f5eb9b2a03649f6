"""Search tokens: normalisation, stemming, matching and excerpts, the same for the index and for queries.

A word has an exact token (`bolig`), the token of its stem (`xbol`, Snowball for Danish), tokens of the inflection keys
that differ from both (`xxregl` of regler), and reversed endings if it is long (`qgilob`), so that *bolig* finds
*boligerne*, *regel* finds *regler*, and *rådgivning* finds *gældsrådgivning*. Words written apart or with a hyphen have
tokens of the joined word too (`xqkrisecent` of krise-center). Exact tokens never begin with x, q or zz, and stem tokens
not with xx or xq, so all kinds of token can share one column that both databases index as words.
"""

import functools
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import takewhile

import Stemmer
from django.utils.safestring import SafeString, mark_safe
from rapidfuzz.distance import OSA

from .danish import MONTHS, fold
from .danish_inflection import base_form, inflection_keys
from .search_synonyms import STOP_WORDS, SYNONYMS

MAX_WORDS = 8
SNIPPET = 220  # characters
MAX_READ = 8_000  # characters of a text that count for its relevance
_SHORTEST_TAIL = 4
_LONG_WORD = 8
# Inflectional endings of nouns and adjectives, longest first: a light stemmer for the last part of compounds.
_ENDINGS = ("ernes", "erne", "enes", "ene", "ers", "ens", "ets", "er", "en", "et", "es", "e", "s")
_WORD = re.compile(r"[^\W_]+")
_HYPHENS = "-\u2010\u2011"
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[. \u00a0\u202f]\d{3})+(?!\d)")
# A number with thousands separators, or words joined by hyphens.
_PIECE = re.compile(rf"{_THOUSANDS.pattern}|[^\W_]+(?:[{_HYPHENS}][^\W_]+)*")
# Two words in a row are indexed as one, in case they are a compound written apart: the least and greatest length.
_SHORTEST_COMPOUND, _LONGEST_COMPOUND = 6, 24
# 25.8.2026 or 25/8-2026, and 2026-08-25
_DATE = re.compile(r"\b(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4})\b")
_ISO_DATE = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b")
# A stemmer is not thread-safe.
_stemmers = threading.local()


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, with æ, ø and å also where the text has ae, oe, aa, ä or ö."""
    return _WORD.findall(_normalised(text))


def _normalised(text: str) -> str:
    text = unicodedata.normalize("NFC", text).lower()
    # Soft hyphens and zero-width spaces.
    text = text.replace("\u00ad", "").replace("\u200b", "")
    return text.replace("ä", "æ").replace("ö", "ø").replace("aa", "å").replace("ae", "æ").replace("oe", "ø")


def _compounds(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of words of a normalised text that may be one word: with a hyphen, or with only a space."""
    before = None
    for match in _WORD.finditer(text):
        if before:
            first, second, gap = before[0], match[0], text[before.end() : match.start()]
            if gap in _HYPHENS and not (first.isdigit() and second.isdigit()):
                yield first, second
            elif (
                gap in (" ", "\u00a0")
                and len(first) > 1
                and len(second) > 2
                and _SHORTEST_COMPOUND <= len(first) + len(second) <= _LONGEST_COMPOUND
                and first.isalpha()
                and second.isalpha()
                and STOP_WORDS.isdisjoint((first, second))
            ):
                yield first, second
        before = match


def stem(word: str) -> str:
    """Return the stem of a word from `words`: the same for »boligerne« and »bolig«."""
    if not hasattr(_stemmers, "danish"):
        _stemmers.danish = Stemmer.Stemmer("danish")
    return str(_stemmers.danish.stemWord(word))


def uninflected(word: str) -> str:
    """Return a word from `words` without its inflectional ending: »ungdomsboligerne« becomes »ungdomsbolig«."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_TAIL:
            return word.removesuffix(ending)
    return word


def exact_token(word: str) -> str:
    token = fold(word)
    return {"q": "k", "x": "ks"}.get(token[:1], token[:1]) + token[1:]


def stem_token(word: str) -> str:
    return f"x{exact_token(_stem_or_key(word))}"


def _stem_or_key(word: str) -> str:
    """Return the stem, but of an irregular form its key: that of bøger is bog, not bøg."""
    keys = inflection_keys(word)
    return keys[0] if keys and base_form(word) != word else stem(word)


def key_token(key: str) -> str:
    return f"xx{fold(key)}"


def joined_token(stem_or_key: str) -> str:
    return f"xq{fold(stem_or_key)}"


def tail_tokens(word: str) -> list[str]:
    """Return reversed endings of the word, so that a prefix query finds words by how they end."""
    changed = (key for key in inflection_keys(word) if not word.startswith(key))
    return [f"q{fold(ending)[::-1]}" for ending in (uninflected(word), *changed) if len(ending) >= _SHORTEST_TAIL]


def tokens(text: str) -> list[str]:
    """Return all tokens of a text for the index: those of its words in order, then those of joined words."""
    text = _normalised(text)
    separate = [token for word in _WORD.findall(text) for token in word_tokens(word)]
    compounds = [token for first, second in _compounds(text) for token in _joined_tokens(first + second)]
    numbers = [joined_token(re.sub(r"\D", "", number)) for number in _THOUSANDS.findall(text)]
    return separate + compounds + numbers


@functools.lru_cache(maxsize=20_000)
def word_tokens(word: str) -> tuple[str, ...]:
    """Return the exact token and the stem token of a word from `words`, then those of its keys and endings."""
    endings = tail_tokens(word) if len(word) >= _LONG_WORD else ()
    return (exact_token(word), stem_token(word), *map(key_token, _other_keys(word)), *endings)


def _other_keys(word: str) -> list[str]:
    # Queries look for a key as a word and as a stem too.
    return [key for key in inflection_keys(word) if key not in (word, _stem_or_key(word))]


@functools.lru_cache(maxsize=20_000)
def _joined_tokens(word: str) -> tuple[str, ...]:
    return tuple(map(joined_token, (stem(word), *_other_keys(word))))


def is_exact_token(token: str) -> bool:
    """Whether the token is an exact spelling, not a stem or a tail."""
    return token[:1] not in "xq"


def filter_token(kind: str, value: object) -> str:
    """Return a filter as a token. `kind` is one letter; `value` has letters, digits and hyphens only."""
    return f"zz{kind}{fold(str(value)).replace('-', '')}"


def all_query_words(query: str) -> list[str]:
    """Return all words of a query: numeric dates written out as in the texts, numbers without thousands separators."""

    return words(_written_out(query))


def _written_out(query: str) -> str:
    def write_out(match: re.Match[str]) -> str:
        month = int(match["month"])
        return f" {int(match['day'])} {MONTHS[month - 1]} {match['year']} " if 1 <= month <= 12 else match[0]

    query = _DATE.sub(write_out, _ISO_DATE.sub(write_out, query))
    return _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), query)


def query_compounds(query: str) -> dict[str, set[str]]:
    """Return by word of a query the compounds that it forms with its neighbours, as tandlæge for »tand læge«."""
    compounds: dict[str, set[str]] = {}
    for first, second in _compounds(_normalised(_written_out(query))):
        for word in (first, second):
            compounds.setdefault(word, set()).add(first + second)
    return compounds


def query_words(query: str) -> list[str]:
    """Return at most MAX_WORDS words to search for: stop words and single letters only if nothing else is left."""
    all_words = list(dict.fromkeys(all_query_words(query)))
    longer = [word for word in all_words if len(word) > 1]
    significant = [word for word in all_words if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())]
    return (significant or longer or all_words)[:MAX_WORDS]


def synonyms_of(word: str) -> tuple[str, ...]:
    """Return the words that official texts use instead of this everyday word."""
    return SYNONYMS.get(word) or SYNONYMS.get(stem(word)) or SYNONYMS.get(uninflected(word)) or ()


def _may_begin(word: str) -> bool:
    """Whether a query word also matches longer words that begin with it; false for two letters and for numbers."""
    return len(word) > 2 and not word.isdigit()


def query_tokens(word: str, compounds: Iterable[str] = ()) -> list[tuple[str, bool]]:
    """Return the tokens that match a query word or one of its compounds, each with whether it is a prefix."""
    tokens = [(exact_token(word), _may_begin(word)), (stem_token(word), False)]
    if len(uninflected(word)) >= _SHORTEST_TAIL:
        tokens += [(token, True) for token in tail_tokens(word)]
    if len(word) == 4 and word.isdigit():
        tokens.append((filter_token("y", word), False))
    tokens += [(token, False) for token in _form_tokens(word, compounds)]
    return tokens + [(token, False) for other in synonyms_of(word) for token in word_tokens(other)[:2]]


def _form_tokens(word: str, compounds: Iterable[str]) -> list[str]:
    """Return the tokens of other inflected forms of the word, and of other spellings of it."""
    forms = []
    for one in (word, *compounds):
        keys = inflection_keys(one)
        forms += [token for key in keys for token in (key_token(key), exact_token(key), f"x{exact_token(key)}")]
        if len(one) > 3:
            forms += map(joined_token, (stem(one), *keys))
    for compound in compounds:
        forms += word_tokens(compound)[:2]
    return list(dict.fromkeys(forms))


# The score of a match by how it came about.
_EXACT, _SAME_STEM, _OTHER_FORM, _PREFIX, _ENDING, _SYNONYM = 1.0, 0.95, 0.9, 0.8, 0.7, 0.6
_NO_MATCH: dict[int, float] = {}


class SoughtWords:
    """The words of a query, matched against tokens and texts. Scores are cached per token and per piece of text.

    Scores are returned as {index of the word in `words`: 0 to 1}. `compounds` are those of `query_compounds`.
    """

    def __init__(self, sought: Sequence[str], compounds: Mapping[str, Iterable[str]] | None = None) -> None:
        self.words = list(sought)
        compounds = compounds or {}
        self._forms = [set(_form_tokens(word, compounds.get(word, ()))) for word in sought]
        self._exact = [exact_token(word) for word in sought]
        self._stems = [stem_token(word) for word in sought]
        self._is_prefix = [_may_begin(word) for word in sought]
        self._tails = [tuple(tail_tokens(word)) if len(uninflected(word)) >= _SHORTEST_TAIL else () for word in sought]
        self._synonyms = [{token for other in synonyms_of(word) for token in word_tokens(other)[:2]} for word in sought]
        wanted = [token for word in sought for token in query_tokens(word, compounds.get(word, ()))]
        self._whole = {token for token, _ in wanted}
        self._prefixes = tuple(token for token, is_prefix in wanted if is_prefix)
        self._token_scores: dict[str, dict[int, float]] = {}
        self._text_scores: dict[str, dict[int, float]] = {}
        self._needles = [f" {token}{'' if is_prefix else ' '}" for token, is_prefix in wanted]

    def occur_in(self, padded_tokens: str) -> bool:
        """Whether a token matches a word. `tokens` is a string with a space before, between and after the tokens."""
        # A plain loop: any() with a generator takes twice as long here.
        for needle in self._needles:
            if needle in padded_tokens:
                return True
        return False

    def matches(self, token: str) -> dict[int, float]:
        """Return the scores of the words that an indexed token matches."""
        if token not in self._whole and not token.startswith(self._prefixes):
            return _NO_MATCH
        scores = self._token_scores.get(token)
        if scores is None:
            scores = self._token_scores[token] = {
                number: score for number in range(len(self.words)) if (score := self._score(number, token))
            }
        return scores

    def _score(self, number: int, token: str) -> float:
        if token == self._exact[number]:
            return _EXACT
        if token == self._stems[number]:
            return _SAME_STEM
        if token in self._forms[number]:
            return _OTHER_FORM
        if self._is_prefix[number] and token.startswith(self._exact[number]):
            return _PREFIX
        if token.startswith(self._tails[number]):
            return _ENDING
        return _SYNONYM if token in self._synonyms[number] else 0.0

    def matches_in(self, text: str) -> dict[int, float]:
        """Like `matches`, for a piece of text as written, most often one word."""
        scores = self._text_scores.get(text)
        if scores is None:
            scores, tokens = _NO_MATCH, _tokens_in(text)
            if self.occur_in(tokens):
                scores = {}
                for token in tokens.split():
                    for number, score in self.matches(token).items():
                        scores[number] = max(score, scores.get(number, 0.0))
            self._text_scores[text] = scores
        return scores

    def relevance(self, text: str, length: int) -> float:
        """Return from 0 to 1 how much a text is about the words, rather than mentioning them in passing.

        Parts of the text without any of the words may be left out of `text`, but not of `length` (characters).
        """
        counts = [0.0] * len(self.words)
        # A direct lookup first: this loop runs over every word of the best hits.
        known_scores, matches_in = self._text_scores, self.matches_in
        for piece in _WORD.findall(text[:MAX_READ]):
            scores = known_scores.get(piece)
            if scores is None:
                scores = matches_in(piece)
            if scores:
                for number, score in scores.items():
                    counts[number] += score
        # Each further mention adds less, and long texts mention more.
        damping = 0.5 + min(length, MAX_READ) / 650  # characters, some hundred words
        return sum(count / (count + damping) for count in counts) / max(1, len(counts))


@functools.lru_cache(maxsize=20_000)
def _tokens_in(text: str) -> str:
    return f" {' '.join(tokens(text))} "


# Excerpts


def _spans(text: str, sought: SoughtWords | None) -> list[tuple[int, int]]:
    """Return start and end of each word in the text that matches a sought word."""
    spans: list[tuple[int, int]] = []
    if not sought:
        return spans
    for piece in _PIECE.finditer(text):
        parts = list(_WORD.finditer(text, *piece.span()))
        matches = [part.span() for part in parts if sought.matches_in(part[0])]
        if not matches and len(parts) > 1 and sought.matches_in(piece[0]):
            matches = [piece.span()]
        spans += matches
    return spans


def highlight(text: str, sought: SoughtWords | None) -> SafeString:
    """Return the text, escaped, with <mark> around the words that match."""
    text = unicodedata.normalize("NFC", text)
    pieces, done = [], 0
    for start, end in _spans(text, sought):
        pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    # Safe: every piece is escaped above and here.
    return mark_safe("".join([*pieces, escape(text[done:])]))


def snippet(text: str, sought: SoughtWords | None) -> SafeString:
    """Return the excerpt with most of the sought words, highlighted; the beginning of the text if none match."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    spans = _spans(text, sought)
    start = _best_start(text, spans) if spans else 0
    if start:
        start = text.find(" ", start) + 1
    end = start + SNIPPET
    if end < len(text):
        end = text.rfind(" ", start, end)
        end = end if end > start else start + SNIPPET
    return highlight(f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}", sought)


def _best_start(text: str, spans: Sequence[tuple[int, int]]) -> int:
    """Return an index shortly before the match with the most different matches within a snippet's length."""
    matches = [(start, text[start:end].lower()) for start, end in spans]

    def variety(index: int) -> int:
        end = matches[index][0] + SNIPPET * 2 // 3
        return len({word for _, word in takewhile(lambda match: match[0] < end, matches[index:])})

    return max(0, matches[max(range(len(matches)), key=variety)][0] - SNIPPET // 4)


def closest_spellings(word: str, candidates: Iterable[str], allowed: int = 0) -> list[str]:
    """Return the candidates that the word may be a typing error for, most likely first.

    `allowed` is the largest edit distance (OSA); 0 means 1 for words below 6 letters, else 2.
    """
    allowed = allowed or (1 if len(word) < 6 else 2)
    distances = ((OSA.distance(word, candidate, score_cutoff=allowed), candidate) for candidate in candidates)
    near = [(distance, -len(candidate), candidate) for distance, candidate in distances if distance <= allowed]
    return [candidate for *_, candidate in sorted(near)]


def closest_names(word: str, names: Iterable[str]) -> list[str]:
    """Return the names that the word may be a misspelling of, most likely first: »arhus« of århus, »fakse« of faxe.

    Missing dots and rings, and letters that sound alike, are no errors; one other letter is, two in long words.
    """
    plain_names: dict[str, list[str]] = {}
    for name in sorted(names):
        plain_names.setdefault(plain_spelling(name), []).append(name)
    plain = plain_spelling(word)
    if len(plain) < 3:
        return []
    allowed = 2 if len(plain) > 7 else 1
    near = [plain] if plain in plain_names else []
    if len(plain) > 3:
        near += [name for name in closest_spellings(plain, plain_names, allowed) if name != plain]
    return [name for one in near for name in plain_names[one]]


_SOUND_ALIKE = [("æ", "e"), ("ø", "o"), ("å", "a"), ("x", "ks"), ("w", "v"), ("c", "k"), ("z", "s"), ("hj", "j")]


def plain_spelling(word: str) -> str:
    """Return the word as somebody writes it who knows only its sound: »fakse« for faxe."""
    for letter, alike in _SOUND_ALIKE:
        word = word.replace(letter, alike)
    return re.sub(r"(.)\1", r"\1", word)
