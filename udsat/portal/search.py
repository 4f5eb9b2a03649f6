"""Search results over public content: filters, counts and excerpts.

The index is in `udsat.models.search`, the query and the ranking in `udsat.portal.search_query`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from django.utils.safestring import SafeString

from strategies.models import Situation, Topic
from udsat.lib.danish import slugify
from udsat.lib.danish_inflection import are_forms_of_one_word
from udsat.lib.search_tokens import (
    SoughtWords,
    all_query_words,
    closest_names,
    closest_spellings,
    exact_token,
    highlight,
    plain_spelling,
    query_compounds,
    query_tokens,
    query_words,
    snippet,
    synonyms_of,
    words,
)
from udsat.models import Municipality, SearchEntry, SearchKind, SearchWord
from udsat.portal.search_query import (
    MAX_RANKED,
    SAMPLE_SIZE,
    MunicipalityNames,
    SearchFilters,
    SearchQuery,
    prefer_index,
)

PAGE = 20
MAX_LENGTH = 200
SUGGESTIONS = 8

MAX_SUBJECTS = 3  # topics and situations above the hits
_FEW_SITUATIONS = 2
_LEAST_MISSPELLED = 5  # letters
_LEAST_FIRST_PART = 6  # letters of a word that leads to a situation as the first part of a compound too
_LEAST_IN_ADVICE = 6  # letters: short words say little about an advice

_READ_FULLY = 30  # the best rows by title, which are then ranked by text


@dataclass(frozen=True)
class Hit:
    url: str
    kind: str
    title: SafeString
    municipality: str
    meta: str
    snippet: SafeString
    pdf_url: str
    note: str = ""  # on a text that is not in force


@dataclass
class Filter:
    """A filter of the search: `options` maps URL values to (index value, label)."""

    name: str
    label: str
    options: dict[str, tuple[int | str, str]]
    chosen: str = ""
    unknown: str = ""

    def read(self, value: str) -> None:
        value = value.strip()
        known = next((one for one in (value, slugify(value)) if one in self.options), "")
        self.chosen, self.unknown = known, "" if known else value

    @property
    def value(self) -> int | str | None:
        return self.options[self.chosen][0] if self.chosen else None

    @property
    def chosen_label(self) -> str:
        return self.options[self.chosen][1]

    def choices(self, counts: Sequence[tuple[int | str, int]]) -> Iterator[tuple[str, str, int]]:
        """Yield URL value, label and number of hits for each counted value."""
        by_value = {value: (url_value, label) for url_value, (value, label) in self.options.items()}
        return ((*by_value[value], count) for value, count in counts if value in by_value)


@dataclass(frozen=True)
class SearchResults:
    words: list[str]
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    page: int = 1  # the last page if a later one was requested
    pages: int = 1  # pages of ranked rows
    is_more: bool = False  # more rows matched than the `total` that were ranked
    # (value, number of hits) by municipality, kind, topic and year.
    counts: tuple[list, list, list, list] = ([], [], [], [])
    corrected: str = ""  # the query used instead, if the original has no hits
    is_partial: bool = False  # hits contain only some of the words
    synonyms: list[str] = field(default_factory=list)  # also searched for


def municipalities_named_in(sought: Sequence[str], municipalities: Iterable[Municipality]) -> list[Municipality]:
    """Return the municipalities whose name contains one of the words."""
    return [one for one in municipalities if set(sought) & set(words(one.name))]


def municipalities_spelled_like(sought: Sequence[str], municipalities: Sequence[Municipality]) -> list[Municipality]:
    """Return the municipalities whose name is spelled nearly as one of the words, which no public text contains."""
    by_name: dict[str, list[Municipality]] = {}
    for one in municipalities:
        parts = words(one.name)
        for name in {*parts, "".join(parts)}:
            by_name.setdefault(name, []).append(one)
    likely = {word: names[0] for word in set(sought) if (names := closest_names(word, by_name))}
    unknown = set(likely) - set(words_in_index(list(likely)))
    return list(dict.fromkeys(one for word in sorted(unknown) for one in by_name[likely[word]]))


def matching_situations(query: str, situations: Sequence[Situation], *, is_misspelled: bool = False) -> list[Situation]:
    """Return the situations with a search phrase in the query, the longest phrase first.

    All words of the phrase must be in the query, as any form. If the query `is_misspelled`, similar spellings are
    enough.
    """
    typed = list(dict.fromkeys(all_query_words(query)))
    typed += [first + second for first, second in pairwise(typed)]

    def is_typed(word: str) -> bool:
        if any(are_forms_of_one_word(word, one) for one in typed):
            return True
        if len(word) >= _LEAST_FIRST_PART and any(one.startswith(word) for one in typed):
            return True
        return (
            is_misspelled
            and len(word) >= _LEAST_MISSPELLED
            and bool(closest_spellings(word, typed, 1 + (len(word) > 8)))
        )

    def longest_phrase(situation: Situation) -> int:
        phrases = [all_query_words(phrase) for phrase in situation.phrases]
        return max((len(phrase) for phrase in phrases if all(map(is_typed, phrase))), default=0)

    length = {one.pk: longest_phrase(one) for one in situations}
    return sorted((one for one in situations if length[one.pk]), key=lambda one: length[one.pk], reverse=True)


def matching_topics(
    sought: Sequence[str], named: Sequence[Municipality], subjects: Iterable[Topic | Situation]
) -> list:
    """Return topics and situations that match all words other than municipality names.

    A title or description counts before the advice of a situation, which counts only if few situations have the words.
    """
    name_words = {word for municipality in named for word in words(municipality.name)}
    remaining = SoughtWords([word for word in sought if word not in name_words])

    def matches_all(text: str) -> bool:
        met = {number for word in words(text) for number in remaining.matches_in(word)}
        return bool(remaining.words) and len(met) == len(remaining.words)

    matches, in_advice = [], []
    for one in subjects:
        if matches_all(str(one)) or matches_all(getattr(one, "description", "")):
            matches.append(one)
        elif isinstance(one, Situation) and len("".join(remaining.words)) >= _LEAST_IN_ADVICE:
            in_text = set(words(f"{one.title} {one.search_words} {one.advice}"))
            if all(any(are_forms_of_one_word(word, other) for other in in_text) for word in remaining.words):
                in_advice.append(one)
    return matches + (in_advice if len(in_advice) <= _FEW_SITUATIONS else [])


@prefer_index()
def words_in_index(sought: Sequence[str]) -> list[str]:
    """Return the words that occur in any public text."""
    anywhere = SearchQuery([], MunicipalityNames([]), SearchFilters())
    return [word for word in sought if anywhere.exists([query_tokens(word)])]


@prefer_index()
def similar_words(sought: Sequence[str]) -> list[str]:
    """Return words of public texts with a spelling similar to words without hits."""
    similar = dict.fromkeys(known for word in sought for known in SearchWord.objects.corrections_of(word, loosely=True))
    return list(similar)[: SUGGESTIONS // 2]


@prefer_index()
def search(
    query: str,
    municipalities: Sequence[Municipality],
    filters: SearchFilters,
    page: int = 1,
    known: Collection[str] = (),
) -> SearchResults:
    """Return one page of hits and the counts of all.

    A query without hits is corrected to similar words; if no text contains all words, texts with some of them are
    returned. `municipalities` is all of them: combined with other words, the name of one limits the search to it
    (»bolig vejle«). `known` are words that are not corrected.
    """
    query = query[:MAX_LENGTH]
    sought = query_words(query)
    if not sought:
        return SearchResults([])
    names = MunicipalityNames(municipalities)
    search_query = SearchQuery(sought, names, filters, query_compounds(query))
    if search_query.rows:
        return _results(search_query, query, page)
    parts = [part for word in sought for part in ([word] if word in known else search_query.corrected(word))]
    corrected = SearchQuery(parts, names, filters)
    if corrected.words != search_query.words and corrected.rows:
        return _results(corrected, " ".join(corrected.words), page, corrected=" ".join(corrected.words))
    if len(corrected.words) > 1:
        corrected.rows = corrected.rows_with_some()
        if corrected.rows:
            return _results(corrected, query, page, is_partial=True)
    return SearchResults(sought)


@prefer_index()
def suggestions(query: str, municipalities: Sequence[Municipality]) -> list[str]:
    """Return completions of the query: words in public titles, names of municipalities, and short titles."""
    query = " ".join(query[:MAX_LENGTH].split())
    typed = all_query_words(query)
    if not typed:
        return []
    *before, last = typed
    search_query = SearchQuery(query_words(query), MunicipalityNames(municipalities), SearchFilters())
    begun = [(exact_token(last), True)] if len(last) > 1 else []
    groups = [
        group + begun if word == last else group
        for word, group in zip(search_query.words, search_query.groups(), strict=True)
    ]
    rows = search_query.ranked(search_query.fetch(groups, SAMPLE_SIZE, in_title=True), "")
    # A goal is a sentence that begins as all the synonyms do.
    best = [row.id for row in rows[:100] if row.kind != SearchKind.GOAL]
    titles = dict(SearchEntry.objects.published().filter(pk__in=best).values_list("pk", "title"))
    in_order = [titles[pk] for pk in best if pk in titles]
    counted = Counter(
        word
        for title in in_order
        for word in set(words(title))
        if word.startswith(last) and word != last and word not in before
    )
    begins = plain_spelling(last)
    names = [
        name
        for one in municipalities
        for name in words(one.name)
        if plain_spelling(name).startswith(begins) and name != last
    ]
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
        """Return `sought`, or None if the tokens show that the body has none of its words."""
        return sought if sought.occur_in(f" {self.body_tokens} ") else None

    def relevance(self, sought: SoughtWords) -> float:
        read = f"{self.title} {self.body}" if self.sought_in_body(sought) else self.title
        return sought.relevance(read, len(self.title) + len(self.body))


def _results(search_query, query, page, corrected="", is_partial=False):
    rows = search_query.ranked(search_query.rows, query)
    page = min(page, max(1, -(-len(rows) // PAGE)))
    start = (page - 1) * PAGE
    end = start + PAGE
    notes = {row.id: search_query.note(row) for row in rows}
    to_read = [row.id for row in rows[0 if start < _READ_FULLY else start : max(end, _READ_FULLY)]]
    texts = SearchEntry.objects.published().filter(pk__in=to_read)
    by_id = {text[0]: _Text(*text) for text in texts.values_list(*_Text._fields)}
    to_read = [pk for pk in to_read if pk in by_id]
    if start < _READ_FULLY:
        share = {pk: 1 + by_id[pk].relevance(search_query.sought) for pk in to_read[:_READ_FULLY]}
        best = sorted(to_read[:_READ_FULLY], key=lambda pk: search_query.score[pk] * share[pk], reverse=True)
        to_read = [*best, *to_read[_READ_FULLY:]][start:end]
    return SearchResults(
        words=search_query.words,
        hits=[_hit(by_id[pk], search_query, notes[pk]) for pk in to_read],
        total=MAX_RANKED if search_query.is_more else len(rows),
        pages=max(1, -(-len(rows) // PAGE)),
        page=page,
        is_more=search_query.is_more,
        counts=(
            Counter(row.municipality for row in rows).most_common(),
            Counter(row.kind for row in rows).most_common(),
            Counter(topic for row in rows for topic in row.topics.split()).most_common(),
            sorted(Counter(row.year for row in rows if row.year).items(), reverse=True),
        ),
        corrected=corrected,
        is_partial=is_partial,
        synonyms=list(
            dict.fromkeys(
                other for word in search_query.words for other in synonyms_of(word) if other not in search_query.words
            )
        ),
    )


def _hit(text, search_query, note):
    return Hit(
        url=text.url,
        kind=SearchKind(text.kind).label,
        title=highlight(text.title, search_query.sought),
        municipality=search_query.names.by_pk[text.municipality_id],
        meta=text.meta,
        snippet=snippet(text.body, text.sought_in_body(search_query.sought)),
        pdf_url=text.pdf_url,
        note=note,
    )
