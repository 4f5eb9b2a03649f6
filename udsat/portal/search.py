"""Search results over public content: filters, counts and excerpts.

The index is in `udsat.models.search`, the query and the ranking in `udsat.portal.search_query`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.safestring import SafeString

from strategies.models import Situation, Topic
from udsat.lib.search_tokens import (
    SoughtWords,
    all_query_words,
    exact_token,
    highlight,
    query_tokens,
    query_words,
    snippet,
    synonyms_of,
    words,
)
from udsat.models import Municipality, SearchEntry, SearchKind, SearchWord
from udsat.portal.search_query import LOOKED_AT, OF_MANY, Names, Narrow, Question, by_index

PAGE = 20
MAX_LENGTH = 200
SUGGESTIONS = 8

_READ = 30  # the best by title, whose texts then are read


@dataclass(frozen=True)
class Hit:
    url: str
    kind: str
    title: SafeString
    place: str
    meta: str
    snippet: SafeString
    pdf_url: str


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
    asked = SoughtWords([word for word in sought if word not in places])
    found = []
    for one in known:
        in_title = [asked.matches_in(word) for word in words(str(one))]
        for met in (in_title, [asked.matches_in(word) for word in words(getattr(one, "description", ""))]):
            if asked.words and len({number for numbers in met for number in numbers}) == len(asked.words):
                found.append(one)
                break
    return found[:3]


@by_index()
def standing(sought: Sequence[str]) -> list[str]:
    """Those of the words that stand in any public text."""
    anywhere = Question([], Names([]), Narrow())
    return [word for word in sought if anywhere.stands_anywhere([query_tokens(word)])]


@by_index()
def near_words(sought: Sequence[str]) -> list[str]:
    """Words of public texts that are spelled more or less like those that found nothing."""
    nothing = Question([], Names([]), Narrow())
    candidates = dict.fromkeys(known for word in sought for known in SearchWord.objects.meant_by(word, loosely=True))
    return [word for word in candidates if nothing.fetch([[(exact_token(word), False)]], 1)][: SUGGESTIONS // 2]


@by_index()
def search(query: str, municipalities: Sequence[Municipality], narrow: Narrow, page: int = 1) -> Found:
    """One page of hits and the counts of all. A query that finds nothing is mended, if a known word is near; where
    still no text has all the words, those with some of them are found.

    `municipalities` is all of them: beside other words, the name of one stands for what belongs to it (»bolig vejle«).
    """
    query = query[:MAX_LENGTH]
    sought = query_words(query)
    if not sought:
        return Found([])
    named = Names(municipalities)
    asked = Question(sought, named, narrow)
    if asked.rows:
        return _found(asked, query, page)
    mended = Question([part for word in sought for part in asked.meant(word)], named, narrow)
    if mended.words != asked.words and mended.rows:
        return _found(mended, " ".join(mended.words), page, mended=" ".join(mended.words))
    if len(mended.words) > 1:
        mended.rows = mended.rows_with_some()
        if mended.rows:
            return _found(mended, query, page, is_some=True)
    return Found(sought)


@by_index()
def suggestions(query: str, municipalities: Sequence[Municipality]) -> list[str]:
    """How the query may go on: words that begin so in the titles of what is public, names, and such titles."""
    query = " ".join(query[:MAX_LENGTH].split())
    typed = all_query_words(query)
    if not typed:
        return []
    *before, last = typed
    asked = Question(query_words(query), Names(municipalities), Narrow())
    rows = asked.in_order(asked.fetch(asked.groups(), OF_MANY, in_title=True), "")
    # A goal is a sentence that begins as all the others do.
    best = [row.id for row in rows[:100] if row.kind != SearchKind.GOAL]
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


class _Text(NamedTuple):
    pk: int
    municipality_id: int
    kind: str
    url: str
    pdf_url: str
    title: str
    body: str
    meta: str
    body_tokens: str

    def sought_in_body(self, sought: SoughtWords) -> SoughtWords | None:
        """None where the body holds none of the words, as of most texts that are found by their titles: its tokens
        know that much sooner than it is read.
        """
        return sought if sought.occur_in(f" {self.body_tokens} ") else None

    def relevance(self, sought: SoughtWords) -> float:
        read = f"{self.title} {self.body}" if self.sought_in_body(sought) else self.title
        return sought.relevance(read, len(self.title) + len(self.body))


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
        share = {pk: 1 + by_id[pk].relevance(asked.sought) for pk in to_read[:_READ]}
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
        others=list(
            dict.fromkeys(other for word in asked.words for other in synonyms_of(word) if other not in asked.words)
        ),
    )


def _hit(text, asked):
    return Hit(
        url=text.url,
        kind=SearchKind(text.kind).label,
        title=highlight(text.title, asked.sought),
        place=asked.named.by_pk[text.municipality_id],
        meta=text.meta,
        snippet=snippet(text.body, text.sought_in_body(asked.sought)),
        pdf_url=text.pdf_url,
    )
