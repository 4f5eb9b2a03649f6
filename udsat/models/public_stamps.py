"""Stamps: by them the page cache knows whether the public still reads the same.

A change of what the public reads raises the stamp of its municipality, or of the country, in its own transaction. Rows
are only added, so that no publication waits for another, and the stamp is their sum: unlike a sequence it moves when
the change is committed. The job `fold_stamps` replaces the rows by their sums.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from django.db import models, transaction
from django.db.models import Sum

# Scope of what is not of one municipality: topics, helplines, names of municipalities.
COUNTRY = 0
MAX_ROWS = 200  # rows that are left unfolded


class PublicStamp(models.Model):
    # Primary key of a municipality, or COUNTRY. No foreign key: the stamp of a deleted municipality still counts.
    scope = models.PositiveBigIntegerField()
    value = models.PositiveBigIntegerField(default=1)

    class Meta:
        verbose_name = "stempel"
        verbose_name_plural = "stempler"

    def __str__(self):
        return f"{self.scope}: {self.value}"


@dataclass(frozen=True)
class _Raised:
    """Kept with the callbacks of the transaction, which Django drops when a savepoint is rolled back."""

    scope: int

    def __call__(self) -> None:
        pass


def raise_stamp(scope: int) -> None:
    """Note that the public reads something else there. Call it in the transaction of the change."""
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A stamp is raised in the transaction of the change.")
    raised = _Raised(scope)
    if not any(callback == raised for _, callback, *_ in connection.run_on_commit):
        PublicStamp.objects.create(scope=scope)
        transaction.on_commit(raised)


def stamps() -> dict[int, int]:
    """Return the stamp of each scope."""
    return dict(PublicStamp.objects.order_by().values_list("scope").annotate(Sum("value")))


@transaction.atomic
def fold_stamps(now: datetime.datetime) -> int:
    """Replace the rows of each scope by one with the same sum, if there are many. Return the number of rows removed."""
    if PublicStamp.objects.count() - PublicStamp.objects.values("scope").distinct().count() < MAX_ROWS:
        return 0
    rows, sums = list(PublicStamp.objects.select_for_update()), dict[int, int]()
    for row in rows:
        sums[row.scope] = sums.get(row.scope, 0) + row.value
    PublicStamp.objects.filter(pk__in=[row.pk for row in rows]).delete()
    PublicStamp.objects.bulk_create(PublicStamp(scope=scope, value=value) for scope, value in sums.items())
    return len(rows) - len(sums)


class StampedQuerySet(models.QuerySet):
    """Rows of a `StampedModel`, whose save() and delete() raise stamps: bulk operations raise the country's."""

    @transaction.atomic
    def update(self, **kwargs):
        raise_stamp(COUNTRY)
        return super().update(**kwargs)

    @transaction.atomic
    def delete(self):
        raise_stamp(COUNTRY)
        return super().delete()

    delete.alters_data = delete.queryset_only = True  # type: ignore[attr-defined]


class StampedModel(models.Model):
    """A model without a history that public pages depend on."""

    # Fields that no public page depends on.
    unread_fields: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, **kwargs):
        super().save(**kwargs)
        only = kwargs.get("update_fields")
        if only is None or not self.unread_fields.issuperset(only):
            self.raise_stamps()

    @transaction.atomic
    def delete(self, **kwargs):
        self.raise_stamps()
        return super().delete(**kwargs)

    def stamp_scopes(self) -> Iterable[int]:
        """Return the scopes of the pages that depend on it."""
        return [COUNTRY]

    def raise_stamps(self) -> None:
        for scope in self.stamp_scopes():
            raise_stamp(scope)
