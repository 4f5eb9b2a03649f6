"""Documents uploaded to be imported, and what has been read in them."""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from udsat.lib import roles
from udsat.lib.actor import acting_as

from .municipalities import Municipality
from .users import User

KEPT = datetime.timedelta(days=1)
MAX_DOCUMENTS = 10  # of a user; the latest are kept
MAX_READ_AT_ONCE = 2
# A process that has not finished a document by then was interrupted. Reading takes a minute at most.
INTERRUPTED = datetime.timedelta(minutes=2)
MAX_ATTEMPTS = 2

GIVEN_UP = (
    "Vi blev afbrudt, mens vi læste filen, også da vi prøvede igen. Vælg filen igen, eller del den i flere filer."
)


@dataclass(frozen=True)
class DocumentReader:
    """`parse` reads content and name without the database. `store` saves the result and returns it for the page.

    `is_long` returns whether storing the result takes over half a second.
    """

    parse: Callable[[bytes, str], Any]
    store: Callable[["DocumentImport", Any], dict]
    is_long: Callable[[Any], bool] = lambda parsed: False


# By name; the apps register theirs.
DOCUMENT_READERS: dict[str, DocumentReader] = {}


class DocumentImportQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(result__isnull=True, error="")

    def being_read(self, now):
        return self.unread().filter(started_at__gt=now - INTERRUPTED)

    def claim(self, now: datetime.datetime) -> "DocumentImport | None":
        """Take the oldest document that nobody reads, one of a user at a time; None if enough are being read."""
        being_read = self.being_read(now)
        if being_read.count() >= MAX_READ_AT_ONCE:
            return None
        waiting = (
            self.unread()
            .exclude(pk__in=being_read.values("pk"))
            .exclude(user__in=being_read.values("user"))
            .filter(attempts__lt=MAX_ATTEMPTS)
        )
        for pk, attempts in waiting.values_list("pk", "attempts"):
            claimed = self.filter(pk=pk, attempts=attempts).update(attempts=attempts + 1, started_at=now)
            if claimed and (document := self.filter(pk=pk).first()):
                return document
        return None


class DocumentImport(models.Model):
    """An uploaded document, which only its user reaches, on the page where it was uploaded, for a day.

    Its content is kept until it is read. Then either `result` is set, as the reader's `store` returns it, or `error`,
    in Danish.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="document_imports")
    municipality = models.ForeignKey(Municipality, models.CASCADE, null=True, related_name="+")
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    page = models.TextField()  # the address of the upload
    reader = models.CharField(max_length=20)  # in DOCUMENT_READERS
    name = models.CharField(max_length=300)
    content = models.BinaryField()
    at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)

    objects = DocumentImportQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "fil, der indlæses"
        verbose_name_plural = "filer, der indlæses"

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"{self.page}?fil={self.key}"

    @classmethod
    @transaction.atomic
    def keep(cls, user: User, name: str, content: bytes, **fields: Any) -> "DocumentImport":
        """Keep the document. The user's oldest above the limit are deleted."""
        kept = cls.objects.create(user=user, name=name[-300:], content=content, **fields)
        latest = user.document_imports.order_by("-pk").values_list("pk", flat=True)[:MAX_DOCUMENTS]
        user.document_imports.exclude(pk__in=list(latest)).delete()
        return kept

    @property
    def is_unread(self) -> bool:
        return self.result is None and not self.error

    def is_open_to(self, user: User) -> bool:
        """Return whether the user uploaded it and may still write in its municipality."""
        return self.user_id == user.pk and user.may(roles.EDIT, self.municipality)

    @transaction.atomic
    def finish(self, parsed: Any = None, error: str = "") -> None:
        """Save what was read, unless a later attempt has begun or the document is deleted."""
        self.error, self.content = error, b""
        mine = type(self).objects.filter(pk=self.pk, attempts=self.attempts)
        if mine.update(error=error, content=b"") and not error:
            with acting_as(user=self.user):
                self.result = DOCUMENT_READERS[self.reader].store(self, parsed)
            mine.update(result=self.result)


def delete_old_document_imports(now: datetime.datetime) -> int:
    """Delete the documents that were uploaded over a day ago. Return their number."""
    return DocumentImport.objects.filter(at__lt=now - KEPT).delete()[0]


def give_up_interrupted_imports(now: datetime.datetime) -> int:
    """End the reading of documents whose last attempt was interrupted. Return their number."""
    interrupted = DocumentImport.objects.unread().filter(attempts=MAX_ATTEMPTS, started_at__lte=now - INTERRUPTED)
    return interrupted.update(error=GIVEN_UP, content=b"")
