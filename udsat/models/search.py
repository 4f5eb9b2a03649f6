"""The index of what is public. It holds nothing else: a row is written with what it tells of, in one transaction,
and taken out with it.

The database's own engine finds the words, from the columns of tokens (see `udsat.lib.search_tokens`): in SQLite an
FTS5 table that triggers keep in step, in PostgreSQL a generated tsvector under a GIN index. A migration makes them.
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


# What people call a thing of each kind, so that »høring bænke« finds the hearing. And what they call the paper it
# stands in, which says where to look but not what is meant.
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
    """What a publishable tells the index about itself or a part of it. Plain text; `topics` are slugs.

    `also` finds it without being shown: its day, the names of its topics.
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
        """The filters as tokens, so that the index itself narrows by them."""
        year = [filter_token("y", self.date.year)] if self.date else []
        # With its name, so that »bolig vejle« finds what Vejle says of it.
        name = [filter_token("n", word) for word in words(municipality.name)]
        topics = [filter_token("e", topic) for topic in self.topics]
        # A meeting has a dagsorden or a referat only where it says so itself.
        called = "møde" if self.kind == SearchKind.MEETING else KIND_SYNONYMS[self.kind]
        said = tokens(f"{called} {KIND_DOCUMENT_WORDS.get(self.kind, '')} {self.also}")
        return [filter_token("k", self.kind), filter_token("m", municipality.pk), *year, *topics, *name, *said]


# For each model that is indexed, the function that returns the texts of one object and its parts: those that are
# public now or from a set time on. Each app registers its models in `ready()`.
SEARCH_TEXTS: dict[type[models.Model], Callable[..., Iterable[SearchText]]] = {}


class SearchEntryQuerySet(ScopedQuerySet):
    def published(self):
        """What may be found now: a text that is scheduled waits in the index, one that has expired rests there."""
        now = timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)

    def of(self, root: models.Model):
        return self.filter(root_type=ContentType.objects.get_for_model(root), root_id=root.pk)

    def replace(self, root: models.Model, municipality: Municipality, texts: Iterable[SearchText]) -> None:
        """Put these texts in the place of all that the index holds of `root`. Call it inside a transaction."""
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
        SearchWord.objects.learn(word for text in texts for word in words(f"{text.title} {text.body}"))


class SearchEntry(models.Model):
    """One thing that can be found, as it is shown among the hits."""

    municipality_lookup = "municipality"

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="+")
    # What is published and withdrawn as one: all entries of it are replaced together.
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


LONGEST_KNOWN = 60


class SearchWordQuerySet(models.QuerySet):
    def learn(self, found: Iterable[str]) -> None:
        """Remember how words are spelled. Single letters and numbers have no typing errors to mend."""
        known = {word for word in found if len(word) > 3 and not word[0].isdigit() and len(word) <= LONGEST_KNOWN}
        self.bulk_create(
            [
                SearchWord(word=word, start=fold(word)[:2], tail=fold(word)[-3:], length=len(word))
                for word in sorted(known)
            ],
            ignore_conflicts=True,
            batch_size=500,
        )

    def meant_by(self, word: str, *, loosely: bool = False) -> list[str]:
        """The known words that this may be a misspelling of. They may be known from a text that is gone."""
        if not 4 <= len(word) <= LONGEST_KNOWN:
            return []
        start, tail = fold(word)[:2], fold(word)[-3:]
        near = self.filter(Q(start=start) | Q(tail=tail), length__range=(len(word) - 2, len(word) + 2))
        allowed = max(2, len(word) // 3) if loosely else 0
        return closest_spellings(word, near.values_list("word", flat=True).iterator(), allowed)

    def parts_of(self, word: str) -> list[str]:
        """The two known words that this one is put together of, as misbrugsbehandling is, or none."""
        if not 8 <= len(word) <= LONGEST_KNOWN:
            return []
        # The letter that binds the two together belongs to neither.
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
    """A word that stands, or has stood, in the index: what a misspelled one is held against."""

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
