"""A question to the search index: which texts hold its words, and which of them are the best.

The database says which, from an index of titles and one of everything; Python puts them in order, alike for both
databases: first what has the words in its title, what is in force, what people come for. Words that stand in very many
texts would cost the time of looking at them all, so no more than `LOOKED_AT` are (»over 1.000«), and care is taken that
those with the words in the title are among them, the latest first.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from strategies.models import Strategy
from udsat.lib.search_synonyms import MUNICIPALITY_WORDS, STOP_WORDS
from udsat.lib.search_tokens import (
    SoughtWords,
    all_query_words,
    closest_spellings,
    exact_token,
    filter_token,
    is_exact_token,
    query_tokens,
    tokens,
    word_tokens,
    words,
)
from udsat.models import KIND_DOCUMENT_WORDS, KIND_SYNONYMS, Municipality, SearchKind, SearchWord

LOOKED_AT = 1_000
OF_MANY = 150  # looked at of the latest with the words in the title, of all such, and else of any, if there are more
_LAST_YEARS = 2


# What a citizen asks for first: what has been promised, then what was decided about it.
_KIND_WEIGHTS = {
    SearchKind.STRATEGY: 1.3,
    SearchKind.THEME: 1.4,
    SearchKind.GOAL: 1.2,
    SearchKind.COUNCIL: 1.2,
    SearchKind.CAUSE: 1.1,
    SearchKind.DECISION: 1.1,
    SearchKind.HEARING: 1.0,
    SearchKind.NEWS: 1.0,
    SearchKind.MEETING: 0.9,
    SearchKind.ITEM: 0.9,
    SearchKind.INPUT: 1.0,
}

_OF_STRATEGY = {SearchKind.STRATEGY, SearchKind.THEME, SearchKind.GOAL}
_WORTH_WHEN_OVER = 0.4
_WORTH_LOST_IN_A_YEAR = 0.03
# What a text is about outweighs where it happens to use the very word, and all the more if it is about nothing else.
_WORTH_IN_TITLE = 4
_WORTH_OF_PHRASE = 1.4  # the words in the title as they were asked, the small ones between them too
_WORTH_OF_BEGINNING = 1.15  # the first word of the title
_WORTH_OF_KIND = 1.5  # »høring bænke« asks for a hearing
_WORTH_OF_TOPIC = 0.9  # of a theme, beside a word in its title

_OWN_TOKENS = {kind: set(tokens(text)) for kind, text in KIND_SYNONYMS.items()}
_PAPER_TOKENS = {kind: set(tokens(text)) for kind, text in KIND_DOCUMENT_WORDS.items()}
_STOP_WORD_TOKENS = {exact_token(word) for word in STOP_WORDS}

_SHOWN = """
entry.id, entry.kind, entry.municipality_id, entry.year, entry.topics, COALESCE(CAST(entry.date AS TEXT), ''),
entry.root_id, entry.title_tokens
"""
_SQLITE = """
SELECT {shown}
FROM {index} CROSS JOIN udsat_searchentry entry INDEXED BY udsat_searchentry_narrow ON entry.id = {index}.rowid
WHERE {index} MATCH %s AND entry.starts_at <= %s AND (entry.ends_at IS NULL OR entry.ends_at > %s)
ORDER BY {index}.rowid DESC LIMIT %s
"""
_POSTGRESQL = """
SELECT {shown}
FROM udsat_searchentry entry
WHERE entry.{index} @@ to_tsquery('simple', %s)
    AND entry.starts_at <= %s AND (entry.ends_at IS NULL OR entry.ends_at > %s)
LIMIT %s
"""


class Row(NamedTuple):
    id: int
    kind: str
    municipality: int
    year: int | None
    topics: str
    date: str
    root: int
    title_tokens: str


@contextmanager
def by_index() -> Iterator[None]:
    """PostgreSQL believes that a word stands in every 70th text until it knows better, and that reading a vector costs
    nothing, so it would rather read every text than ask the index.
    """
    if connection.vendor == "sqlite":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield


@dataclass(frozen=True)
class Narrow:
    """What a search is kept to; `municipality` by its number."""

    municipality: int | None = None
    kind: str = ""
    topic: str = ""
    year: int | None = None

    def tags(self) -> list[str]:
        values = [
            ("k", self.kind),
            ("m", self.municipality),
            ("y", self.year),
            ("e", self.topic),
        ]
        return [filter_token(letter, value) for letter, value in values if value]


def as_text(groups: list[list[tuple[str, bool]]]) -> str:
    """As the database's own engine wants it written: of every group one token."""
    # Tokens are letters and digits, so quotes are only for FTS5's own words, such as AND.
    if connection.vendor == "sqlite":
        either, both, quote, beginning = " OR ", " AND ", '"', "*"
    else:
        either, both, quote, beginning = " | ", " & ", "", ":*"
    return both.join(
        f"({either.join(f'{quote}{token}{quote}{beginning * begins}' for token, begins in group)})" for group in groups
    )


def _select(shown: str, groups: list[list[tuple[str, bool]]], at_most: int, in_title: bool = False) -> tuple[str, list]:
    now = timezone.now()
    if connection.vendor == "sqlite":
        sql, index = _SQLITE, "udsat_searchtitleindex" if in_title else "udsat_searchindex"
    else:
        sql, index = _POSTGRESQL, "title_vector" if in_title else "vector"
    return sql.format(shown=shown, index=index), [as_text(groups), now, now, at_most]


class Names:
    """The words of the municipalities' names."""

    def __init__(self, municipalities: Sequence[Municipality]) -> None:
        self.places: dict[str, set[int]] = {}
        self.by_pk = {place.pk: str(place) for place in municipalities}
        for place in municipalities:
            for word in words(place.name):
                self.places.setdefault(word, set()).add(place.pk)


class Question:
    """The words of a query, with what stands for a place among them, and the rows that hold them all."""

    def __init__(self, sought: Sequence[str], named: Names, narrow: Narrow) -> None:
        self.named, self.narrow = named, narrow
        names = {word for word in sought if word in named.places}
        if names:
            sought = [word for word in sought if word not in MUNICIPALITY_WORDS or word in names]
        self.words = list(dict.fromkeys(sought))
        self.names = names if names != set(self.words) else set()
        self.sought = SoughtWords(self.words)
        self.is_more = False
        self._tokens: dict[str, tuple[bool, dict[int, float]]] = {}  # of titles: if it says something, what it meets
        self._rows: list[Row] | None = None

    @property
    def rows(self) -> list[Row]:
        if self._rows is None:
            self._rows = self._all_rows()
        return self._rows

    @rows.setter
    def rows(self, found: list[Row]) -> None:
        self._rows = found

    def groups(self, only: Iterable[str] | None = None) -> list[list[tuple[str, bool]]]:
        """Of each group one token must stand in the text; each with whether it is only the beginning of one."""
        return [
            [*query_tokens(word), *([(filter_token("n", word), False)] if word in self.names else [])]
            for word in (self.words if only is None else only)
        ] + [[(token, False)] for token in self.narrow.tags()]

    def fetch(self, groups: list[list[tuple[str, bool]]], at_most: int, *, in_title: bool = False) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(*_select(_SHOWN, groups, at_most, in_title))
            return list(map(Row._make, cursor.fetchall()))

    def count(self, groups: list[list[tuple[str, bool]]], at_most: int, *, in_title: bool = False) -> int:
        sql, values = _select("1", groups, at_most, in_title)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS found", values)
            return cursor.fetchone()[0]

    def _all_rows(self) -> list[Row]:
        groups = self.groups()
        # The smaller index first: it often knows already.
        are_many = self.count(groups, LOOKED_AT + 1, in_title=True) > LOOKED_AT
        found = [] if are_many else self.fetch(groups, LOOKED_AT + 1)
        self.is_more = are_many or len(found) > LOOKED_AT
        if not self.is_more:
            return found
        year = timezone.localdate().year
        lately = [(filter_token("y", year - back), False) for back in range(-1, _LAST_YEARS)]
        rows = self.fetch(groups, OF_MANY, in_title=True)
        rows += self.fetch([*groups, lately], OF_MANY, in_title=True) if len(rows) == OF_MANY else []
        rows += found[:OF_MANY]
        return list({row.id: row for row in rows}.values())

    def rows_with_some(self) -> list[Row]:
        """Those that hold some of the words; of a long question its longest words are tried."""
        found: dict[int, Row] = {}
        for word in sorted(set(self.words) - self.names, key=len, reverse=True)[:4]:
            rows = self.fetch(self.groups([word, *self.names]), OF_MANY)
            found |= {row.id: row for row in rows or self.fetch(self.groups([word]), OF_MANY)}
        return list(found.values())

    def stands_anywhere(self, groups: list[list[tuple[str, bool]]]) -> bool:
        return bool(self.fetch(groups, 1))

    def meant(self, word: str) -> list[str]:
        """The word itself where it is found; else the public one it may be a misspelling of, or those it is made of."""
        everywhere = Question([word], self.named, Narrow())
        if word in self.named.places or everywhere.rows_exist():
            return [word]
        for name in closest_spellings(word, self.named.places):
            if everywhere.stands_anywhere([[(filter_token("n", name), False)]]):
                return [name]
        for known in SearchWord.objects.meant_by(word):
            if everywhere.stands_anywhere([[(exact_token(known), False)]]):
                return [known]
        return SearchWord.objects.parts_of(word) or [word]

    def rows_exist(self) -> bool:
        return self.stands_anywhere(self.groups())

    # In order

    def in_order(self, rows: list[Row], query: str) -> list[Row]:
        """The best first, judged by all but the text itself; the newest of equals first."""
        in_force = set(Strategy.objects.in_force().order_by().values_list("pk", flat=True))
        this_year = timezone.localdate().year
        phrase = f" {' '.join(map(exact_token, all_query_words(query)))} " if len(self.words) > 1 else ""
        topics: dict[str, dict[int, float]] = {}
        count = len(self.words)
        # Of each kind: whether the question asks for it, and the words of the question that are no more than its name.
        own = {
            kind: (
                bool(self._numbers(tokens)),
                {*self._numbers(tokens), *self._numbers(_PAPER_TOKENS.get(kind, set()))},
            )
            for kind, tokens in _OWN_TOKENS.items()
        }
        places = {number: self.named.places[word] for number, word in enumerate(self.words) if word in self.names}

        def worth(row: Row) -> float:
            met, length, begins = self._met_in_title(row.title_tokens)
            share = min(1.0, len(met) / length) if length else 0.0
            of_kind, beside = own[row.kind]
            here = [number for number, there in places.items() if row.municipality in there]
            if here:
                beside = beside.union(here)
            if row.kind == SearchKind.THEME:
                if row.topics not in topics:
                    topics[row.topics] = self._met_in_topics(row.topics)
                for number, value in topics[row.topics].items():
                    met[number] = max(met.get(number, 0.0), value)
                    share = max(share, value * value)
            points = _KIND_WEIGHTS[row.kind]
            left = count - len(beside)
            if left <= 0 or met:
                value = sum(value for number, value in met.items() if number not in beside)
                about = value / left if left > 0 else 1.0
                points *= 1 + (_WORTH_IN_TITLE - 1) * about
                points *= 1 + share * about
                if begins:
                    points *= _WORTH_OF_BEGINNING
                if (
                    phrase
                    and about == 1
                    and phrase in f" {' '.join(filter(is_exact_token, row.title_tokens.split()))} "
                ):
                    points *= _WORTH_OF_PHRASE
            if of_kind:
                points *= _WORTH_OF_KIND
            if row.kind in _OF_STRATEGY:
                return points if row.root in in_force else points * _WORTH_WHEN_OVER
            age = this_year - row.year if row.year else 0
            return points * max(0.5, 1 - _WORTH_LOST_IN_A_YEAR * max(0, age))

        rows = sorted(rows, key=attrgetter("date"), reverse=True)
        self.worth = {row.id: worth(row) for row in rows}
        return sorted(rows, key=lambda row: self.worth[row.id], reverse=True)

    def _numbers(self, tokens: set[str]) -> list[int]:
        return [number for number, word in enumerate(self.words) if not tokens.isdisjoint(word_tokens(word)[:2])]

    def _met_in_title(self, title_tokens: str) -> tuple[dict[int, float], int, bool]:
        """How well each word is met, how many words the title has that say something, and if the first is met."""
        if not self.sought.occur_in(f" {title_tokens} "):
            return {}, 0, False
        best: dict[int, float] = {}
        length, begins, known = 0, False, self._tokens
        for token in title_tokens.split():
            seen = known.get(token)
            if seen is None:
                says = is_exact_token(token) and token not in _STOP_WORD_TOKENS
                seen = known[token] = (says, self.sought.matches(token))
            if seen[0]:
                length += 1
            if seen[1]:
                begins = begins or length == 1
                for number, value in seen[1].items():
                    if value > best.get(number, 0.0):
                        best[number] = value
        return best, length, begins

    def _met_in_topics(self, topics: str) -> dict[int, float]:
        met: dict[int, float] = {}
        for word in words(topics.replace("-", " ")):
            for token in word_tokens(word):
                met |= {number: value * _WORTH_OF_TOPIC for number, value in self.sought.matches(token).items()}
        return met
