"""The rows that forms have created, by the keys that their pages gave them."""

import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

# A page with a new row may stay open, and be sent once more, for this long.
RETENTION = datetime.timedelta(days=60)


class CreatedRow(models.Model):
    """A created row and its key, by which it is found instead of created again when its form is sent once more."""

    key = models.UUIDField(unique=True)
    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    # Not a relation: the record outlives the row, which must not come back after it was deleted.
    object_id = models.PositiveBigIntegerField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "række fra en formular"
        verbose_name_plural = "rækker fra formularer"
        indexes = [models.Index(fields=["content_type", "object_id"], name="created_row")]

    def __str__(self):
        return str(self.key)


def delete_old_created_rows(now: datetime.datetime) -> int:
    return CreatedRow.objects.filter(at__lt=now - RETENTION).delete()[0]
