"""Files of a form that has been sent but not saved, kept until the person answers a question about it."""

import datetime
import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import models, transaction
from django.db.models.functions import Length
from django.utils import timezone

from udsat.lib.file_checks import MB

from .users import User

KEPT = datetime.timedelta(days=1)
# The latest files of a user are kept: those of the largest form, and some of those before it.
MAX_FILES = 100
MAX_BYTES = 250 * MB


class UploadCopy(models.Model):
    """A copy of an uploaded file, with the name of its form field."""

    field = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    media_type = models.CharField(max_length=100)
    content = models.BinaryField()

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    @staticmethod
    def columns_of(field: str, file: UploadedFile) -> dict[str, Any]:
        file.seek(0)
        return {
            "field": field[:200],
            "name": (file.name or "")[-300:],  # with its ending
            "media_type": (file.content_type or "")[:100],
            "content": file.read(),
        }

    def as_upload(self) -> UploadedFile:
        return SimpleUploadedFile(self.name, bytes(self.content), self.media_type)


class HeldFile(UploadCopy):
    """An uploaded file that the same person sends again by its key. Other people cannot read it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "fil, der venter"
        verbose_name_plural = "filer, der venter"

    @classmethod
    @transaction.atomic
    def keep(cls, user: User, field: str, file: UploadedFile) -> "HeldFile":
        """Keep the file. The user's oldest files above the limits are deleted."""
        held = cls.objects.create(user=user, **cls.columns_of(field, file))
        sizes = cls.objects.filter(user=user).order_by("-pk").values_list("pk", Length("content"))
        total, surplus = 0, []
        for number, (pk, size) in enumerate(sizes, 1):
            total += size
            if number > MAX_FILES or total > MAX_BYTES:
                surplus.append(pk)
        cls.objects.filter(pk__in=surplus).exclude(pk=held.pk).delete()
        return held

    def as_upload(self) -> UploadedFile:
        upload = super().as_upload()
        upload.held_key = str(self.key)
        return upload


def delete_old_held_files(now: datetime.datetime) -> int:
    """Delete the files that nobody sent again within a day. Return their number."""
    return HeldFile.objects.filter(at__lt=now - KEPT).delete()[0]
