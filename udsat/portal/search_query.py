"""Search query and ranking.

The database selects rows from two indexes, one of titles and one of all text; Python ranks them, identically for
SQLite and PostgreSQL: words in the title first, then strategies in force, then the kinds that citizens look for most.
At most `MAX_RANKED` rows are ranked (»over 1.000«). When more match, only samples are ranked, with the latest rows that
match in the title among them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    closest_names,
    exact_token,
    filter_token,
    is_exact_token,
    query_tokens,
    tokens,
    word_tokens,
    words,
)
from udsat.models import KIND_DOCUMENT_WORDS, KIND_SYNONYMS, Municipality, SearchKind, SearchWord

MAX_RANKED = 1_000
SAMPLE_SIZE = 150  # rows per query when more than MAX_RANKED match
_LAST_YEARS = 2


# Promises first, then decisions about them.
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
_WEIGHT_WHEN_OVER = 0.4
_WEIGHT_LOST_IN_A_YEAR = 0.03
_WEIGHT_IN_TITLE = 4  # above mere mentions in the text
_WEIGHT_OF_PHRASE = 1.4  # the title contains the query as a phrase, stop words included
_WEIGHT_OF_BEGINNING = 1.15  # the title begins with a query word
_WEIGHT_OF_KIND = 1.5  # the query names the kind, as »høring bænke« does
_WEIGHT_OF_TOPIC = 0.9  # a topic of a theme, relative to a word in its title

_OWN_TOKENS = {kind: set(tokens(text)) for kind, text in KIND_SYNONYMS.items()}
_PAPER_TOKENS = {kind: set(tokens(text)) for kind, text in KIND_DOCUMENT_WORDS.items()}
_STOP_WORD_TOKENS = {exact_token(word) for word in STOP_WORDS}

_COLUMNS = """
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


Groups = list[list[tuple[str, bool]]]  # of (token, is_prefix)


class SearchRow(NamedTuple):
    id: int
    kind: str
    municipality: int
    year: int | None
    topics: str
    date: str
    root: int
    title_tokens: str


@contextmanager
def prefer_index() -> Iterator[None]:
    """Disable sequential scans in PostgreSQL, whose planner underestimates the cost of reading vectors."""
    if connection.vendor == "sqlite":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield


@dataclass(frozen=True)
class SearchFilters:
    """Filters of a search; `municipality` is a primary key."""

    municipality: int | None = None
    kind: str = ""
    topic: str = ""
    year: int | None = None

    def tags(self) -> list[str]:
        values = [("k", self.kind), ("m", self.municipality), ("y", self.year), ("e", self.topic)]
        return [filter_token(letter, value) for letter, value in values if value]


def match_expression(groups: Groups) -> str:
    """Return the match expression of the database engine: one token of every group."""
    # Tokens are letters and digits; FTS5 needs quotes only for its keywords, such as AND.
    if connection.vendor == "sqlite":
        either, both, quote, beginning = " OR ", " AND ", '"', "*"
    else:
        either, both, quote, beginning = " | ", " & ", "", ":*"
    return both.join(
        f"({either.join(f'{quote}{token}{quote}{beginning * begins}' for token, begins in group)})" for group in groups
    )


def _select(shown: str, groups: Groups, at_most: int, in_title: bool = False) -> tuple[str, list]:
    now = timezone.now()
    if connection.vendor == "sqlite":
        sql, index = _SQLITE, "udsat_searchtitleindex" if in_title else "udsat_searchindex"
    else:
        sql, index = _POSTGRESQL, "title_vector" if in_title else "vector"
    return sql.format(shown=shown, index=index), [match_expression(groups), now, now, at_most]


class MunicipalityNames:
    """Index of the words in municipalities' names."""

    def __init__(self, municipalities: Sequence[Municipality]) -> None:
        self.municipality_ids: dict[str, set[int]] = {}
        self.by_pk = {municipality.pk: str(municipality) for municipality in municipalities}
        for municipality in municipalities:
            for word in words(municipality.name):
                self.municipality_ids.setdefault(word, set()).add(municipality.pk)


class SearchQuery:
    """The words of a query, those that name a municipality, and the rows that contain them all."""

    def __init__(
        self,
        query: Sequence[str],
        names: MunicipalityNames,
        filters: SearchFilters,
        compounds: Mapping[str, set[str]] | None = None,
    ) -> None:
        self.names, self.filters, self.compounds = names, filters, compounds or {}
        name_words = {word for word in query if word in names.municipality_ids}
        if name_words:
            query = [word for word in query if word not in MUNICIPALITY_WORDS or word in name_words]
        self.words = list(dict.fromkeys(query))
        self.name_words = name_words if name_words != set(self.words) else set()
        self.sought = SoughtWords(self.words, self.compounds)
        self.is_more = False
        # By title token: whether it is significant, and what it matches.
        self._tokens: dict[str, tuple[bool, dict[int, float]]] = {}
        self._rows: list[SearchRow] | None = None

    @property
    def rows(self) -> list[SearchRow]:
        if self._rows is None:
            self._rows = self._all_rows()
        return self._rows

    @rows.setter
    def rows(self, rows: list[SearchRow]) -> None:
        self._rows = rows

    def groups(self, only: Iterable[str] | None = None) -> Groups:
        """Return groups of (token, is_prefix); a text must contain one token of each group."""
        return [
            [
                *query_tokens(word, self.compounds.get(word, ())),
                *([(filter_token("n", word), False)] if word in self.name_words else []),
            ]
            for word in (self.words if only is None else only)
        ] + [[(token, False)] for token in self.filters.tags()]

    def fetch(self, groups: Groups, at_most: int, *, in_title: bool = False) -> list[SearchRow]:
        [rows] = self.fetch_each((groups, at_most, in_title))
        return rows

    def fetch_each(self, *searches: tuple[Groups, int, bool]) -> list[list[SearchRow]]:
        """Return the rows of each search (groups, at most that many, in titles), in one query."""
        parts, values = [], []
        for number, search in enumerate(searches):
            sql, own_values = _select(_COLUMNS, *search)
            parts.append(f"SELECT {number}, part{number}.* FROM ({sql}) AS part{number}")
            values += own_values
        rows: list[list[SearchRow]] = [[] for _ in searches]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            for number, *columns in cursor.fetchall():
                rows[number].append(SearchRow._make(columns))
        return rows

    def count(self, groups: Groups, at_most: int, *, in_title: bool = False) -> int:
        sql, values = _select("1", groups, at_most, in_title)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS matches", values)
            return cursor.fetchone()[0]

    def _all_rows(self) -> list[SearchRow]:
        groups = self.groups()
        # The title index is smaller and often sufficient.
        is_too_many = self.count(groups, MAX_RANKED + 1, in_title=True) > MAX_RANKED
        year = timezone.localdate().year
        recent_years = [(filter_token("y", year - back), False) for back in range(-1, _LAST_YEARS)]
        in_title, recent, *others = self.fetch_each(
            (groups, SAMPLE_SIZE, True),
            ([*groups, recent_years], SAMPLE_SIZE, True),
            *([] if is_too_many else [(groups, MAX_RANKED + 1, False)]),
        )
        rows = [row for part in others for row in part]
        self.is_more = is_too_many or len(rows) > MAX_RANKED
        sample = [*in_title, *recent, *rows[:SAMPLE_SIZE]]
        return list({row.id: row for row in sample}.values()) if self.is_more else rows

    def rows_with_some(self) -> list[SearchRow]:
        """Return rows that contain some of the words, from the four longest words."""
        by_id: dict[int, SearchRow] = {}
        for word in sorted(set(self.words) - self.name_words, key=len, reverse=True)[:4]:
            rows = self.fetch(self.groups([word, *self.name_words]), SAMPLE_SIZE)
            by_id |= {row.id: row for row in rows or self.fetch(self.groups([word]), SAMPLE_SIZE)}
        return list(by_id.values())

    def exists(self, groups: Groups) -> bool:
        return bool(self.fetch(groups, 1))

    def corrected(self, word: str) -> list[str]:
        """Return the word if the index contains it, else its likely spelling, or its parts if it is a compound."""
        everywhere = SearchQuery([word], self.names, SearchFilters())
        is_this_query = self.words == [word] and not self.filters.tags()
        if word in self.names.municipality_ids or (not is_this_query and everywhere.has_rows()):
            return [word]
        for name in closest_names(word, self.names.municipality_ids)[:5]:
            if everywhere.exists([[(filter_token("n", name), False)]]):
                return [name]
        if corrections := SearchWord.objects.corrections_of(word, at_most=1):
            return corrections
        return SearchWord.objects.parts_of(word) or [word]

    def has_rows(self) -> bool:
        return self.exists(self.groups())

    # Ranking

    def ranked(self, rows: list[SearchRow], query: str) -> list[SearchRow]:
        """Rank rows by everything but their text, newest first among equals."""
        self.validity = Strategy.objects.published().validity_by_pk()
        this_year = timezone.localdate().year
        phrase = f" {' '.join(map(exact_token, all_query_words(query)))} " if len(self.words) > 1 else ""
        topics: dict[str, dict[int, float]] = {}
        count = len(self.words)
        # By kind: whether the query names it, and the indexes of query words that only name the kind or its document.
        own = {
            kind: (
                bool(self._word_indexes(tokens)),
                {*self._word_indexes(tokens), *self._word_indexes(_PAPER_TOKENS.get(kind, set()))},
            )
            for kind, tokens in _OWN_TOKENS.items()
        }
        municipalities = {
            number: self.names.municipality_ids[word]
            for number, word in enumerate(self.words)
            if word in self.name_words
        }

        def score(row: SearchRow) -> float:
            met, length, begins = self._title_match(row.title_tokens)
            share = min(1.0, len(met) / length) if length else 0.0
            of_kind, beside = own[row.kind]
            here = [number for number, ids in municipalities.items() if row.municipality in ids]
            if here:
                beside = beside.union(here)
            if row.kind == SearchKind.THEME:
                if row.topics not in topics:
                    topics[row.topics] = self._topic_match(row.topics)
                for number, one in topics[row.topics].items():
                    met[number] = max(met.get(number, 0.0), one)
                    share = max(share, one * one)
            value = _KIND_WEIGHTS[row.kind]
            left = count - len(beside)
            if left <= 0 or met:
                about = sum(one for number, one in met.items() if number not in beside) / left if left > 0 else 1.0
                value *= 1 + (_WEIGHT_IN_TITLE - 1) * about
                value *= 1 + share * about
                if begins:
                    value *= _WEIGHT_OF_BEGINNING
                if (
                    phrase
                    and about == 1
                    and phrase in f" {' '.join(filter(is_exact_token, row.title_tokens.split()))} "
                ):
                    value *= _WEIGHT_OF_PHRASE
            if of_kind:
                value *= _WEIGHT_OF_KIND
            if row.kind in _OF_STRATEGY:
                validity = self.validity.get(row.root)
                return value if validity and validity.is_in_force else value * _WEIGHT_WHEN_OVER
            age = this_year - row.year if row.year else 0
            return value * max(0.5, 1 - _WEIGHT_LOST_IN_A_YEAR * max(0, age))

        rows = sorted(rows, key=attrgetter("date"), reverse=True)
        self.score = {row.id: score(row) for row in rows}
        return sorted(rows, key=lambda row: self.score[row.id], reverse=True)

    def note(self, row: SearchRow) -> str:
        """Return a note on a text of a ranked strategy that is not in force, for example »Erstattet«."""
        validity = self.validity.get(row.root) if row.kind in _OF_STRATEGY else None
        return str(validity.label) if validity and not validity.is_in_force else ""

    def _word_indexes(self, tokens: set[str]) -> list[int]:
        return [number for number, word in enumerate(self.words) if not tokens.isdisjoint(word_tokens(word)[:2])]

    def _title_match(self, title_tokens: str) -> tuple[dict[int, float], int, bool]:
        """Return the match by word index, the number of significant words, and whether the first one matches."""
        if not self.sought.occur_in(f" {title_tokens} "):
            return {}, 0, False
        best: dict[int, float] = {}
        length, begins, known = 0, False, self._tokens
        for token in title_tokens.split():
            match = known.get(token)
            if match is None:
                is_significant = is_exact_token(token) and token not in _STOP_WORD_TOKENS
                match = known[token] = (is_significant, self.sought.matches(token))
            if match[0]:
                length += 1
            if match[1]:
                begins = begins or length == 1
                for number, value in match[1].items():
                    if value > best.get(number, 0.0):
                        best[number] = value
        return best, length, begins

    def _topic_match(self, topics: str) -> dict[int, float]:
        met: dict[int, float] = {}
        for word in words(topics.replace("-", " ")):
            for token in word_tokens(word):
                met |= {number: value * _WEIGHT_OF_TOPIC for number, value in self.sought.matches(token).items()}
        return met
