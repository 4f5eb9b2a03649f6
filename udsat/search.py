"""Search over what is public: finds, counts and orders; the index is `udsat.models.search`.

Words that stand in very many texts would cost the time of ranking them all, so a search looks at the first
`LOOKED_AT` texts that the engine finds and says so (»over 1.000«).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone
from django.utils.safestring import SafeString

from strategies.models import Strategy
from udsat.lib.search import exact_token, looked_for, marked, query_words, snippet, stem_token, tag, words
from udsat.models import Kind, Municipality, SearchEntry, SearchWord

PAGE = 20
LOOKED_AT = 1_000
MAX_LENGTH = 200

# What a citizen asks for first: what has been promised, then what was decided about it.
_KIND_WEIGHTS = {
    Kind.STRATEGY: 1.3, Kind.THEME: 1.3, Kind.GOAL: 1.2, Kind.COUNCIL: 1.2, Kind.CAUSE: 1.1, Kind.DECISION: 1.1,
    Kind.HEARING: 1.0, Kind.NEWS: 1.0, Kind.INPUT: 1.0, Kind.MEETING: 0.9, Kind.ITEM: 0.9,
}  # fmt: skip

_OF_STRATEGY = {Kind.STRATEGY, Kind.THEME, Kind.GOAL}
_WORTH_WHEN_OVER = 0.5
# However the words are inflected: what a text is about outweighs where it happens to use the very word.
_WORTH_IN_TITLE = 3

_SQLITE = """
SELECT entry.id, entry.kind, entry.municipality_id, entry.year, entry.topics, entry.date, entry.root_id,
    -bm25(udsat_searchindex, 4.0, 1.0, 0.1), entry.title_tokens
FROM udsat_searchindex JOIN udsat_searchentry entry ON entry.id = udsat_searchindex.rowid
WHERE udsat_searchindex MATCH %s AND entry.starts_at <= %s AND (entry.ends_at IS NULL OR entry.ends_at > %s)
ORDER BY udsat_searchindex.rowid DESC LIMIT %s
"""
_POSTGRESQL = """
SELECT id, kind, municipality_id, year, topics, date, root_id,
    ts_rank('{0.02, 0.25, 0.5, 1.0}', vector, query, 1), title_tokens
FROM udsat_searchentry, to_tsquery('simple', %s) query
WHERE vector @@ query AND starts_at <= %s AND (ends_at IS NULL OR ends_at > %s)
LIMIT %s
"""


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
    is_more: bool = False  # more than `total`, which is as many as were looked at
    # Values with their number of hits, by municipality, kind, topic and year.
    counts: tuple[list, list, list, list] = ([], [], [], [])
    mended: str = ""  # the query that was searched for instead, where the one asked finds nothing


def named_by(sought: Sequence[str], municipalities: Iterable[Municipality]) -> list[Municipality]:
    """Those that a word names, whole or in part, as »taastrup« does."""
    return [place for place in municipalities if set(sought) & set(words(place.name))]


def search(query: str, municipalities: Sequence[Municipality], narrow: Narrow, page: int = 1) -> Found:
    """One page of hits and the counts of all. A query that finds nothing is mended, if a known word is near.

    `municipalities` is all of them: beside other words, the name of one stands for what belongs to it (»bolig vejle«).
    """
    sought = query_words(query[:MAX_LENGTH])
    if not sought:
        return Found([])
    names = {word for place in municipalities for word in words(place.name)} & set(sought)
    names = names if names != set(sought) else set()
    if rows := _matching(sought, names, narrow):
        return _found(sought, rows, page)
    meant = [word if word in names else _meant(word) for word in sought]
    if meant != sought and (rows := _matching(meant, names, narrow)):
        return _found(meant, rows, page, mended=" ".join(meant))
    return Found(sought)


def _meant(word):
    return word if _matching([word], set(), Narrow(), at_most=1) else SearchWord.objects.meant_by(word) or word


def _matching(sought, names, narrow, at_most=LOOKED_AT + 1):
    """Rows that hold every word, best first: id, kind, municipality, year, topics, date, root, rank, title."""
    now = timezone.now()
    if connection.vendor == "sqlite":
        sql, either, both, beginning = _SQLITE, " OR ", " AND ", "*"
    else:
        sql, either, both, beginning = _POSTGRESQL, " | ", " & ", ":*"
    groups = [[*looked_for(word), *([(tag("n", word), False)] if word in names else [])] for word in sought] + [
        [(token, False)] for token in narrow.tags()
    ]
    # Tokens are letters and digits, so quotes are only for FTS5's own words, such as AND.
    quote = '"' if connection.vendor == "sqlite" else ""
    text = both.join(
        f"({either.join(f'{quote}{token}{quote}{beginning * begins}' for token, begins in group)})" for group in groups
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [text, now, now, at_most])
        rows = cursor.fetchall()
    # The newest of equals first, then the best of all.
    rows.sort(key=lambda row: str(row[5] or ""), reverse=True)
    shapes = [{exact_token(word), stem_token(word)} for word in sought]
    in_force = set(Strategy.objects.in_force().values_list("pk", flat=True))

    def worth(row):
        is_over = row[1] in _OF_STRATEGY and row[6] not in in_force
        title = row[8].split()
        is_about = not any(shape.isdisjoint(title) for shape in shapes)
        return (
            row[7] * _KIND_WEIGHTS[row[1]] * (_WORTH_WHEN_OVER if is_over else 1) * (_WORTH_IN_TITLE if is_about else 1)
        )

    rows.sort(key=worth, reverse=True)
    return rows


def _found(sought, rows, page, mended=""):
    is_more = len(rows) > LOOKED_AT
    rows = rows[:LOOKED_AT]
    on_page = [row[0] for row in rows[(page - 1) * PAGE : page * PAGE]]
    entries = (
        SearchEntry.objects.published().select_related("municipality").defer("title_tokens", "body_tokens", "tags")
    )
    by_id = entries.in_bulk(on_page)
    return Found(
        words=sought,
        hits=[_hit(by_id[pk], sought) for pk in on_page if pk in by_id],
        total=len(rows),
        is_more=is_more,
        counts=(
            Counter(row[2] for row in rows).most_common(),
            Counter(row[1] for row in rows).most_common(),
            Counter(topic for row in rows for topic in row[4].split()).most_common(),
            sorted(Counter(row[3] for row in rows if row[3]).items(), reverse=True),
        ),
        mended=mended,
    )


def _hit(entry, sought):
    return Hit(
        url=entry.url,
        kind=entry.get_kind_display(),
        title=marked(entry.title, sought),
        place=str(entry.municipality),
        meta=entry.meta,
        snippet=snippet(entry.body, sought),
        pdf_url=entry.pdf_url,
    )
