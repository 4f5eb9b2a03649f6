"""The search index. It holds public content only and is updated in the transaction that changes the content.

The token columns (see `udsat.lib.search_tokens`) are searched by the database engine: SQLite uses FTS5 tables kept up
to date by triggers, PostgreSQL a generated tsvector with a GIN index. Migration 0002 creates both.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
from django.db.models import Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.utils import timezone

from udsat.lib.danish import fold
from udsat.lib.publishing import ScopedQuerySet, Status
from udsat.lib.search_tokens import closest_spellings, exact_token, filter_token, tokens, words

from .municipalities import Municipality
from .public_stamps import COUNTRY, raise_stamp

MAX_TITLE = 400  # characters
MAX_WORD_LENGTH = 60


def spelling_words(text: str) -> set[str]:
    """Return the words of a text that typing errors are corrected to: not short ones and numbers."""
    return {word for word in words(text) if 3 < len(word) <= MAX_WORD_LENGTH and not word[0].isdigit()}


class SearchKind(models.TextChoices):
    STRATEGY = "strategi", "Strategier"
    THEME = "tema", "Temaer"
    GOAL = "maal", "Mål"
    DECISION = "beslutning", "Beslutninger"
    ITEM = "punkt", "Dagsordener"
    MEETING = "moede", "Møder"
    HEARING = "hoering", "Høringer"
    NEWS = "nyt", "Nyt"
    COUNCIL = "raad", "Udsatteråd"
    CAUSE = "maerkesag", "Mærkesager"
    INPUT = "svar", "Spørgsmål og svar"


# Indexed words by kind, so that »høring bænke« finds the hearing: names of the kind and of its document.
KIND_SYNONYMS = {
    SearchKind.STRATEGY: "strategi politik plan",
    SearchKind.THEME: "tema indsatsområde",
    SearchKind.GOAL: "mål målsætning",
    SearchKind.DECISION: "beslutning punkt",
    SearchKind.ITEM: "punkt",
    SearchKind.MEETING: "møde dagsorden referat",
    SearchKind.HEARING: "høring høringssvar",
    SearchKind.NEWS: "nyhed nyt",
    SearchKind.COUNCIL: "udsatteråd råd medlemmer",
    SearchKind.CAUSE: "mærkesag",
    SearchKind.INPUT: "spørgsmål svar henvendelse",
}
KIND_DOCUMENT_WORDS = {SearchKind.DECISION: "referat", SearchKind.ITEM: "dagsorden"}


@dataclass(frozen=True)
class SearchText:
    """Search text of a publishable or of a part of it, as plain text. `topics` are slugs.

    `also` is searched without being shown: the date, names of topics.
    """

    kind: SearchKind
    url: str
    title: str
    body: str = ""
    meta: str = ""
    date: datetime.date | None = None
    topics: tuple[str, ...] = ()
    starts_at: datetime.datetime | None = None
    ends_at: datetime.datetime | None = None
    pdf_url: str = ""
    also: str = ""

    def fitted(self) -> "SearchText":
        """Return the text with a title of at most MAX_TITLE characters; the rest of the title begins the body."""
        if len(self.title) <= MAX_TITLE:
            return self
        end = self.title.rfind(" ", 0, MAX_TITLE + 1)
        end = end if end > 0 else MAX_TITLE
        return replace(self, title=self.title[:end], body=f"{self.title[end:].lstrip()}\n{self.body}")

    def tags(self, municipality: Municipality) -> list[str]:
        """Return filter tokens, so that the index itself applies the filters."""
        year = [filter_token("y", self.date.year)] if self.date else []
        # The name of the municipality, so that »bolig vejle« finds texts of Vejle.
        name = [filter_token("n", word) for word in words(municipality.name)]
        topics = [filter_token("e", topic) for topic in self.topics]
        # Not every meeting has a dagsorden and a referat, so those words are left out.
        synonyms = "møde" if self.kind == SearchKind.MEETING else KIND_SYNONYMS[self.kind]
        kind_tokens = tokens(f"{synonyms} {KIND_DOCUMENT_WORDS.get(self.kind, '')} {self.also}")
        return [filter_token("k", self.kind), filter_token("m", municipality.pk), *year, *topics, *name, *kind_tokens]


class SearchSource(NamedTuple):
    """How the objects of a model are indexed.

    `texts` returns the texts of an object and its parts: those that are public now or from a set time on. It makes no
    query for objects from `with_related`.
    """

    texts: Callable[..., Iterable[SearchText]]
    with_related: Callable[[models.QuerySet], models.QuerySet]


# For each model that is indexed; each app registers its models in `ready()`.
SEARCH_SOURCES: dict[type[models.Model], SearchSource] = {}

_BATCH = 500  # entries that a rebuild writes at once


_WITH_TOKEN = {
    "sqlite": "SELECT rowid FROM udsat_searchindex WHERE udsat_searchindex MATCH '\"' || %s || '\"'",
    "postgresql": "SELECT id FROM udsat_searchentry WHERE vector @@ to_tsquery('simple', %s)",
}


class SearchEntryQuerySet(ScopedQuerySet):
    def published(self):
        """Filter entries that are public now: scheduled and expired ones stay in the index."""
        now = timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)

    def of(self, root: models.Model):
        return self.filter(root_type=ContentType.objects.get_for_model(root), root_id=root.pk)

    def with_word(self, word: str):
        """Filter entries whose title or body contains exactly this word, from `words`."""
        token, space = exact_token(word), Value(" ", models.TextField())
        # The index also covers the tags.
        in_index = self.filter(pk__in=RawSQL(_WITH_TOKEN[connection.vendor], [token]))
        padded = Concat(space, "title_tokens", space, "body_tokens", space)
        return in_index.alias(padded=padded).filter(padded__contains=f" {token} ")

    def remove(self) -> int:
        """Delete these entries, and the words that no other entry contains. Call it inside a transaction."""
        removed = self._spelling_words()
        count, _ = self.delete()
        SearchWord.objects.remove_unused(removed)
        return count

    def _spelling_words(self) -> set[str]:
        texts = self.order_by().values_list("title", "body")
        return {word for title, body in texts for word in spelling_words(f"{title} {body}")}

    def replace(self, root: models.Model, municipality: Municipality, texts: Iterable[SearchText]) -> None:
        """Replace all entries of `root` with these texts. Call it inside a transaction."""
        stored, entries = list(self.of(root).order_by("pk")), _entries(root, municipality, texts)
        if [_values(entry) for entry in stored] == [_values(entry) for entry in entries]:
            return  # New rows would change the order of equal hits.
        self.of(root).delete()
        self.bulk_create(entries)
        earlier, present = _spelling_words_of(stored), _spelling_words_of(entries)
        SearchWord.objects.add_words(present)
        SearchWord.objects.remove_unused(earlier - present)

    def rebuild(self) -> Iterator[int]:
        """Make the index anew, and yield the number of entries after each batch. Call it inside a transaction."""
        raise_stamp(COUNTRY)
        self.all().delete()
        SearchWord.objects.all().delete()
        entries, words, written = _all_entries(), set(), 0
        while batch := list(islice(entries, _BATCH)):
            self.bulk_create(batch)
            words |= _spelling_words_of(batch)
            written += len(batch)
            yield written
        SearchWord.objects.add_words(words)


class SearchEntry(models.Model):
    """One search hit."""

    municipality_lookup = "municipality"

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="+")
    # The publishable whose entries are replaced together.
    root_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    root_id = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=12, choices=SearchKind.choices)
    url = models.CharField(max_length=400)
    pdf_url = models.CharField(max_length=400, blank=True)
    title = models.CharField(max_length=MAX_TITLE)
    body = models.TextField(blank=True)
    meta = models.CharField(max_length=300, blank=True)
    date = models.DateField(null=True)
    year = models.PositiveSmallIntegerField(null=True)
    topics = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    title_tokens = models.TextField()
    body_tokens = models.TextField()
    tags = models.TextField()

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "søgepost"
        verbose_name_plural = "søgeposter"
        indexes = [models.Index(fields=["root_type", "root_id"], name="searchentry_root")]

    def __str__(self):
        return self.title


def _entries(root: models.Model, municipality: Municipality, texts: Iterable[SearchText]) -> list[SearchEntry]:
    root_type = ContentType.objects.get_for_model(root)
    return [
        SearchEntry(
            root_type=root_type,
            root_id=root.pk,
            municipality=municipality,
            kind=text.kind,
            url=text.url,
            title=text.title,
            body=text.body,
            meta=text.meta[:300],
            date=text.date,
            year=text.date.year if text.date else None,
            topics=" ".join(text.topics),
            starts_at=text.starts_at or timezone.now(),
            ends_at=text.ends_at,
            pdf_url=text.pdf_url,
            title_tokens=" ".join(tokens(text.title)),
            body_tokens=" ".join(tokens(text.body)),
            tags=" ".join(text.tags(municipality)),
        )
        for text in (text.fitted() for text in texts)
    ]


def _values(entry: SearchEntry) -> list:
    return [getattr(entry, field.attname) for field in entry._meta.concrete_fields if not field.primary_key]


def _all_entries() -> Iterator[SearchEntry]:
    for model, source in SEARCH_SOURCES.items():
        roots = source.with_related(model._base_manager.filter(status=Status.PUBLISHED).order_by("pk"))
        for root in roots.iterator(chunk_size=100):
            yield from _entries(root, root.municipality, source.texts(root))


def _spelling_words_of(entries: Iterable[SearchEntry]) -> set[str]:
    return {word for entry in entries for word in spelling_words(f"{entry.title} {entry.body}")}


@transaction.atomic
def remove_expired_entries(now: datetime.datetime) -> int:
    """Delete the entries whose period has ended, with their words. Return their number."""
    return SearchEntry.objects.filter(ends_at__lte=now).remove()


class SearchWordQuerySet(models.QuerySet):
    """Candidates for spelling correction.

    The table also holds the words of scheduled and expired texts. Only words that are public now are returned, so that
    no answer depends on hidden texts.
    """

    def add_words(self, words: set[str]) -> None:
        """Add words from `spelling_words`."""
        self.bulk_create(
            [
                SearchWord(word=word, start=fold(word)[:2], tail=fold(word)[-3:], length=len(word))
                for word in sorted(words)
            ],
            ignore_conflicts=True,
            batch_size=500,
        )

    def remove_unused(self, words: set[str]) -> None:
        """Delete those of the words that are no longer in the index."""
        unused = []
        # Without the ORM, which takes ten times as long as the index: a text may have thousands of words.
        with connection.cursor() as cursor:
            for word in sorted(words):
                cursor.execute(f"SELECT EXISTS ({_WITH_TOKEN[connection.vendor]})", [exact_token(word)])
                if not cursor.fetchone()[0]:
                    unused.append(word)
        for start in range(0, len(unused), 500):
            self.filter(word__in=unused[start : start + 500]).delete()

    def corrections_of(self, word: str, *, loosely: bool = False, at_most: int = 5) -> list[str]:
        """Return public words with a similar spelling, most likely first."""
        if not 4 <= len(word) <= MAX_WORD_LENGTH:
            return []
        start, tail = fold(word)[:2], fold(word)[-3:]
        near = self.filter(Q(start=start) | Q(tail=tail), length__range=(len(word) - 2, len(word) + 2))
        allowed = max(2, len(word) // 3) if loosely else 0
        closest = closest_spellings(word, near.values_list("word", flat=True).iterator(), allowed)
        return list(islice(filter(_is_public, closest), at_most))

    def parts_of(self, word: str) -> list[str]:
        """Return the two public words that form this compound, such as misbrugsbehandling, or an empty list."""
        if not 8 <= len(word) <= MAX_WORD_LENGTH:
            return []
        # A linking e or s belongs to neither part.
        splits = [
            (first, word[at:])
            for at in range(4, len(word) - 3)
            for first in (word[:at], word[: at - 1] if word[at - 1] in "se" else "")
            if len(first) > 3
        ]
        known = set(self.filter(word__in={part for split in splits for part in split}).values_list("word", flat=True))
        whole = [split for split in splits if known.issuperset(split) and all(map(_is_public, split))]
        return list(max(whole, key=lambda split: min(map(len, split)))) if whole else []


def _is_public(word: str) -> bool:
    return SearchEntry.objects.published().with_word(word).exists()


class SearchWord(models.Model):
    """A word of the index; a candidate for spelling correction."""

    word = models.CharField(max_length=60, primary_key=True)
    start = models.CharField(max_length=4)
    tail = models.CharField(max_length=6)
    length = models.PositiveSmallIntegerField()

    objects = SearchWordQuerySet.as_manager()

    class Meta:
        verbose_name = "søgeord"
        verbose_name_plural = "søgeord"
        indexes = [
            models.Index(fields=["start", "length"], name="searchword_start"),
            models.Index(fields=["tail", "length"], name="searchword_tail"),
        ]

    def __str__(self):
        return self.word
