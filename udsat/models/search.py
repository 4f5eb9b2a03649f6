"""The search index. It holds public content only and is updated in the transaction that changes the content.

The token columns (see `udsat.lib.search_tokens`) are searched by the database engine: SQLite uses FTS5 tables kept up
to date by triggers, PostgreSQL a generated tsvector with a GIN index. Migration 0002 creates both.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from udsat.lib.danish import fold
from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.search_tokens import closest_spellings, filter_token, tokens, words

from .municipalities import Municipality


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


# For each model that is indexed, the function that returns the texts of one object and its parts: those that are
# public now or from a set time on. Each app registers its models in `ready()`.
SEARCH_TEXTS: dict[type[models.Model], Callable[..., Iterable[SearchText]]] = {}


class SearchEntryQuerySet(ScopedQuerySet):
    def published(self):
        """Filter entries that are public now: scheduled and expired ones stay in the index."""
        now = timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)

    def of(self, root: models.Model):
        return self.filter(root_type=ContentType.objects.get_for_model(root), root_id=root.pk)

    def replace(self, root: models.Model, municipality: Municipality, texts: Iterable[SearchText]) -> None:
        """Replace all entries of `root` with these texts. Call it inside a transaction."""
        self.of(root).delete()
        root_type = ContentType.objects.get_for_model(root)
        texts = list(texts)
        self.bulk_create(
            SearchEntry(
                root_type=root_type,
                root_id=root.pk,
                municipality=municipality,
                kind=text.kind,
                url=text.url,
                title=text.title[:400],
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
            for text in texts
        )
        SearchWord.objects.add_words(word for text in texts for word in words(f"{text.title} {text.body}"))


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
    title = models.CharField(max_length=400)
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


MAX_WORD_LENGTH = 60


class SearchWordQuerySet(models.QuerySet):
    def add_words(self, words: Iterable[str]) -> None:
        """Add words as candidates for spelling correction, without short ones and numbers."""
        words = {word for word in words if 3 < len(word) <= MAX_WORD_LENGTH and not word[0].isdigit()}
        self.bulk_create(
            [
                SearchWord(word=word, start=fold(word)[:2], tail=fold(word)[-3:], length=len(word))
                for word in sorted(words)
            ],
            ignore_conflicts=True,
            batch_size=500,
        )

    def corrections_of(self, word: str, *, loosely: bool = False) -> list[str]:
        """Return indexed words with a similar spelling. Their texts may have been removed since."""
        if not 4 <= len(word) <= MAX_WORD_LENGTH:
            return []
        start, tail = fold(word)[:2], fold(word)[-3:]
        near = self.filter(Q(start=start) | Q(tail=tail), length__range=(len(word) - 2, len(word) + 2))
        allowed = max(2, len(word) // 3) if loosely else 0
        return closest_spellings(word, near.values_list("word", flat=True).iterator(), allowed)

    def parts_of(self, word: str) -> list[str]:
        """Return the two indexed words that form this compound, such as misbrugsbehandling, or an empty list."""
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
        whole = [split for split in splits if known.issuperset(split)]
        return list(max(whole, key=lambda split: min(map(len, split)))) if whole else []


class SearchWord(models.Model):
    """A word that occurs, or has occurred, in the index; a candidate for spelling correction."""

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
