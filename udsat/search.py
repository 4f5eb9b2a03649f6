"""Search over what is public: finds, counts and orders; the index is `udsat.models.search`.

The database says which texts hold the words, and Python puts them in order, alike for both databases: first what has
the words in its title, what is in force, what people come for. Words that stand in very many texts would cost the time
of looking at them all, so a search looks at no more than `LOOKED_AT` texts (»over 1.000«), and takes care that those
with the words in the title are among them, the latest first.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.safestring import SafeString

from strategies.models import Situation, Strategy, Topic
from udsat.lib.everyday import OF_PLACE, SILENT
from udsat.lib.search import (
    Sought,
    asked_words,
    called,
    exact_token,
    is_spelled,
    looked_for,
    marked,
    nearest,
    query_words,
    shapes,
    snippet,
    tag,
    words,
)
from udsat.models import KIND_WORDS, PAPER_WORDS, Kind, Municipality, SearchEntry, SearchWord

PAGE = 20
LOOKED_AT = 1_000
MAX_LENGTH = 200
SUGGESTIONS = 8

_OF_MANY = 300  # looked at of the latest with the words in the title, of all such, and of the rest, if there are more
_READ = 30  # the best by title, whose texts then are read
_LAST_YEARS = 2

# What a citizen asks for first: what has been promised, then what was decided about it.
_KIND_WEIGHTS = {
    Kind.STRATEGY: 1.3, Kind.THEME: 1.4, Kind.GOAL: 1.2, Kind.COUNCIL: 1.2, Kind.CAUSE: 1.1, Kind.DECISION: 1.1,
    Kind.HEARING: 1.0, Kind.NEWS: 1.0, Kind.MEETING: 0.9, Kind.ITEM: 0.9, Kind.INPUT: 1.0,
}  # fmt: skip

_OF_STRATEGY = {Kind.STRATEGY, Kind.THEME, Kind.GOAL}
_WORTH_WHEN_OVER = 0.4
_WORTH_LOST_IN_A_YEAR = 0.03
# What a text is about outweighs where it happens to use the very word, and all the more if it is about nothing else.
_WORTH_IN_TITLE = 4
_WORTH_OF_PHRASE = 1.4  # the words in the title as they were asked, the small ones between them too
_WORTH_OF_BEGINNING = 1.15  # the first word of the title
_WORTH_OF_KIND = 1.5  # »høring bænke« asks for a hearing
_WORTH_OF_TOPIC = 0.9  # of a theme, beside a word in its title

_OWN_TOKENS = {kind: {token for word in words(said) for token in shapes(word)} for kind, said in KIND_WORDS.items()}
_PAPER_TOKENS = {kind: {token for word in words(said) for token in shapes(word)} for kind, said in PAPER_WORDS.items()}
_SILENT_TOKENS = {exact_token(word) for word in SILENT}

_SHOWN = """
entry.id, entry.kind, entry.municipality_id, entry.year, entry.topics, COALESCE(CAST(entry.date AS TEXT), ''),
entry.root_id, entry.title_tokens
"""
_SQLITE = """
SELECT {shown}
FROM udsat_searchindex CROSS JOIN udsat_searchentry entry INDEXED BY udsat_searchentry_narrow
    ON entry.id = udsat_searchindex.rowid
WHERE udsat_searchindex MATCH %s AND entry.starts_at <= %s AND (entry.ends_at IS NULL OR entry.ends_at > %s)
ORDER BY udsat_searchindex.rowid DESC LIMIT %s
"""
_POSTGRESQL = """
SELECT {shown}
FROM udsat_searchentry entry
WHERE entry.{vector} @@ to_tsquery('simple', %s)
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
def _by_index() -> Iterator[None]:
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
class Hit:
    url: str
    kind: str
    title: SafeString
    place: str
    meta: str
    snippet: SafeString
    pdf_url: str


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
        return [tag(letter, value) for letter, value in values if value]


@dataclass
class Filter:
    """One way to narrow a search: what may be asked for in the address, with what the index and a reader call it."""

    name: str
    label: str
    known: dict[str, tuple[int | str, str]]
    chosen: str = ""
    unknown: str = ""

    def read(self, asked: str) -> None:
        asked = asked.strip()
        self.chosen, self.unknown = (asked, "") if asked in self.known else ("", asked)

    @property
    def value(self) -> int | str | None:
        return self.known[self.chosen][0] if self.chosen else None

    @property
    def chosen_label(self) -> str:
        return self.known[self.chosen][1]

    def choices(self, counts: Sequence[tuple[int | str, int]]) -> Iterator[tuple[str, str, int]]:
        """For the address and for the reader, with the number of hits."""
        by_value = {value: (asked, label) for asked, (value, label) in self.known.items()}
        return ((*by_value[value], count) for value, count in counts if value in by_value)


@dataclass(frozen=True)
class Found:
    words: list[str]
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    page: int = 1  # the last one, where a later one was asked for
    pages: int = 1  # of those that were looked at
    is_more: bool = False  # more than `total`, which is as many as were looked at
    # Values with their number of hits, by municipality, kind, topic and year.
    counts: tuple[list, list, list, list] = ([], [], [], [])
    mended: str = ""  # the query that was searched for instead, where the one asked finds nothing
    is_some: bool = False  # no text has all the words, so these have some of them
    others: list[str] = field(default_factory=list)  # words that were searched for too, because the texts use them


def named_by(sought: Sequence[str], municipalities: Iterable[Municipality]) -> list[Municipality]:
    """Those that a word names, whole or in part, as »taastrup« does."""
    return [place for place in municipalities if set(sought) & set(words(place.name))]


def on_topic(sought: Sequence[str], named: Sequence[Municipality], known: Iterable[Topic | Situation]) -> list:
    """The topics and situations in life that all the words, but for a municipality's name, speak of; a few."""
    places = {word for place in named for word in words(place.name)}
    asked = Sought([word for word in sought if word not in places])
    found = []
    for one in known:
        in_title = [asked.met_in(word) for word in words(str(one))]
        for met in (in_title, [asked.met_in(word) for word in words(getattr(one, "description", ""))]):
            if asked.words and len({number for numbers in met for number in numbers}) == len(asked.words):
                found.append(one)
                break
    return found[:3]


@_by_index()
def standing(sought: Sequence[str]) -> list[str]:
    """Those of the words that stand in any public text."""
    anywhere = _Question([], _Names([]), Narrow())
    return [word for word in sought if anywhere.stands_anywhere([looked_for(word)])]


@_by_index()
def near_words(sought: Sequence[str]) -> list[str]:
    """Words of public texts that are spelled more or less like those that found nothing."""
    nothing = _Question([], _Names([]), Narrow())
    candidates = dict.fromkeys(known for word in sought for known in SearchWord.objects.meant_by(word, loosely=True))
    return [word for word in candidates if nothing.fetch([[(exact_token(word), False)]], 1)][: SUGGESTIONS // 2]


@_by_index()
def search(query: str, municipalities: Sequence[Municipality], narrow: Narrow, page: int = 1) -> Found:
    """One page of hits and the counts of all. A query that finds nothing is mended, if a known word is near; where
    still no text has all the words, those with some of them are found.

    `municipalities` is all of them: beside other words, the name of one stands for what belongs to it (»bolig vejle«).
    """
    query = query[:MAX_LENGTH]
    sought = query_words(query)
    if not sought:
        return Found([])
    named = _Names(municipalities)
    asked = _Question(sought, named, narrow)
    if asked.rows:
        return _found(asked, query, page)
    mended = _Question([part for word in sought for part in asked.meant(word)], named, narrow)
    if mended.words != asked.words:
        if mended.rows:
            return _found(mended, " ".join(mended.words), page, mended=" ".join(mended.words))
    if len(mended.words) > 1:
        mended.rows = mended.rows_with_some()
        if mended.rows:
            return _found(mended, query, page, is_some=True)
    return Found(sought)


@_by_index()
def suggestions(query: str, municipalities: Sequence[Municipality]) -> list[str]:
    """How the query may go on: words that begin so in the titles of what is public, names, and such titles."""
    query = " ".join(query[:MAX_LENGTH].split())
    typed = asked_words(query)
    if not typed:
        return []
    *before, last = typed
    asked = _Question(query_words(query), _Names(municipalities), Narrow())
    rows = asked.in_order(asked.fetch(asked.groups(), _OF_MANY, in_title=True), "")
    # A goal is a sentence that begins as all the others do.
    best = [row.id for row in rows[:100] if row.kind != Kind.GOAL]
    titles = dict(SearchEntry.objects.published().filter(pk__in=best).values_list("pk", "title"))
    in_order = [titles[pk] for pk in best if pk in titles]
    counted = Counter(
        word
        for title in in_order
        for word in set(words(title))
        if word.startswith(last) and word != last and word not in before
    )
    names = [name for place in municipalities for name in words(place.name) if name.startswith(last) and name != last]
    written = query.rsplit(" ", 1)[0] + " " if " " in query else ""
    finished = [written + word for word in [*[word for word, _ in counted.most_common(4)], *sorted(set(names))[:2]]]
    short = [title for title in in_order if len(title) <= 60]
    return list(dict.fromkeys([*finished, *short]))[:SUGGESTIONS]


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
    text, now = as_text(groups), timezone.now()
    if connection.vendor == "sqlite":
        sql, text = _SQLITE, f"{{title_tokens tags}} : ({text})" if in_title else text
    else:
        sql = _POSTGRESQL
    return sql.format(shown=shown, vector="title_vector" if in_title else "vector"), [text, now, now, at_most]


class _Names:
    """The words of the municipalities' names."""

    def __init__(self, municipalities: Sequence[Municipality]) -> None:
        self.places: dict[str, set[int]] = {}
        self.by_pk = {place.pk: str(place) for place in municipalities}
        for place in municipalities:
            for word in words(place.name):
                self.places.setdefault(word, set()).add(place.pk)


class _Text(NamedTuple):
    pk: int
    municipality_id: int
    kind: str
    url: str
    pdf_url: str
    title: str
    body: str
    meta: str


class _Question:
    """The words of a query, with what stands for a place among them, and the rows that hold them all."""

    def __init__(self, sought: Sequence[str], named: _Names, narrow: Narrow) -> None:
        self.named, self.narrow = named, narrow
        names = {word for word in sought if word in named.places}
        if names:
            sought = [word for word in sought if word not in OF_PLACE or word in names]
        self.words = list(dict.fromkeys(sought))
        self.names = names if names != set(self.words) else set()
        self.sought = Sought(self.words)
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
            [*looked_for(word), *([(tag("n", word), False)] if word in self.names else [])]
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
        are_many = self.count(groups, LOOKED_AT + 1, in_title=True) > LOOKED_AT
        found = [] if are_many else self.fetch(groups, LOOKED_AT + 1)
        self.is_more = are_many or len(found) > LOOKED_AT
        if not self.is_more:
            return found
        year = timezone.localdate().year
        lately = [(tag("y", year - back), False) for back in range(-1, _LAST_YEARS)]
        rows = self.fetch([*groups, lately], _OF_MANY, in_title=True) + self.fetch(groups, _OF_MANY, in_title=True)
        return list({row.id: row for row in [*rows, *found[:_OF_MANY]]}.values())

    def rows_with_some(self) -> list[Row]:
        """Those that hold some of the words; of a long question its longest words are tried."""
        found: dict[int, Row] = {}
        for word in sorted(set(self.words) - self.names, key=len, reverse=True)[:4]:
            rows = self.fetch(self.groups([word, *self.names]), _OF_MANY)
            found |= {row.id: row for row in rows or self.fetch(self.groups([word]), _OF_MANY)}
        return list(found.values())

    def stands_anywhere(self, groups: list[list[tuple[str, bool]]]) -> bool:
        return bool(self.fetch(groups, 1))

    def meant(self, word: str) -> list[str]:
        """The word itself where it is found; else the public one it may be a misspelling of, or those it is made of."""
        everywhere = _Question([word], self.named, Narrow())
        if word in self.named.places or everywhere.rows_exist():
            return [word]
        for name in nearest(word, self.named.places):
            if everywhere.stands_anywhere([[(tag("n", name), False)]]):
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
        in_force = set(Strategy.objects.in_force().values_list("pk", flat=True))
        this_year = timezone.localdate().year
        phrase = f" {' '.join(map(exact_token, asked_words(query)))} " if len(self.words) > 1 else ""
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
            if row.kind == Kind.THEME:
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
                if phrase and about == 1 and phrase in f" {' '.join(filter(is_spelled, row.title_tokens.split()))} ":
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
        return [number for number, word in enumerate(self.words) if not tokens.isdisjoint(shapes(word)[:2])]

    def _met_in_title(self, title_tokens: str) -> tuple[dict[int, float], int, bool]:
        """How well each word is met, how many words the title has that say something, and if the first is met."""
        if not self.sought.is_in(title_tokens):
            return {}, 0, False
        best: dict[int, float] = {}
        length, begins, known = 0, False, self._tokens
        for token in title_tokens.split():
            seen = known.get(token)
            if seen is None:
                says = is_spelled(token) and token not in _SILENT_TOKENS
                seen = known[token] = (says, self.sought.met(token))
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
            for token in shapes(word):
                met |= {number: value * _WORTH_OF_TOPIC for number, value in self.sought.met(token).items()}
        return met


def _found(asked, query, page, mended="", is_some=False):
    rows = asked.in_order(asked.rows, query)
    page = min(page, max(1, -(-len(rows) // PAGE)))
    start = (page - 1) * PAGE
    end = start + PAGE
    to_read = [row.id for row in rows[0 if start < _READ else start : max(end, _READ)]]
    texts = SearchEntry.objects.published().filter(pk__in=to_read)
    by_id = {text[0]: _Text(*text) for text in texts.values_list(*_Text._fields)}
    to_read = [pk for pk in to_read if pk in by_id]
    if start < _READ:
        share = {pk: 1 + asked.sought.share_of(f"{by_id[pk].title} {by_id[pk].body}") for pk in to_read[:_READ]}
        best = sorted(to_read[:_READ], key=lambda pk: asked.worth[pk] * share[pk], reverse=True)
        to_read = [*best, *to_read[_READ:]][start:end]
    return Found(
        words=asked.words,
        hits=[_hit(by_id[pk], asked) for pk in to_read],
        total=LOOKED_AT if asked.is_more else len(rows),
        pages=max(1, -(-len(rows) // PAGE)),
        page=page,
        is_more=asked.is_more,
        counts=(
            Counter(row.municipality for row in rows).most_common(),
            Counter(row.kind for row in rows).most_common(),
            Counter(topic for row in rows for topic in row.topics.split()).most_common(),
            sorted(Counter(row.year for row in rows if row.year).items(), reverse=True),
        ),
        mended=mended,
        is_some=is_some,
        others=list(dict.fromkeys(other for word in asked.words for other in called(word) if other not in asked.words)),
    )


def _hit(text, asked):
    return Hit(
        url=text.url,
        kind=Kind(text.kind).label,
        title=marked(text.title, asked.sought),
        place=asked.named.by_pk[text.municipality_id],
        meta=text.meta,
        snippet=snippet(text.body, asked.sought),
        pdf_url=text.pdf_url,
    )
