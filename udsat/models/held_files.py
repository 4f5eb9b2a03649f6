"""Files of a form that has been sent but not saved, kept until the person answers a question about it."""

import datetime
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import models
from django.utils import timezone

from .users import User

KEPT = datetime.timedelta(days=1)


class HeldFile(models.Model):
    """An uploaded file that the same person sends again by its key. Other people cannot read it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    field = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    media_type = models.CharField(max_length=100)
    content = models.BinaryField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "fil, der venter"
        verbose_name_plural = "filer, der venter"

    def __str__(self):
        return self.name

    @classmethod
    def keep(cls, user: User, field: str, file: UploadedFile) -> "HeldFile":
        file.seek(0)
        return cls.objects.create(
            user=user,
            field=field[:200],
            name=(file.name or "")[-300:],
            media_type=(file.content_type or "")[:100],
            content=file.read(),
        )

    def as_upload(self) -> UploadedFile:
        upload = SimpleUploadedFile(self.name, bytes(self.content), self.media_type)
        upload.held_key = str(self.key)
        return upload


def delete_old_held_files(now: datetime.datetime) -> int:
    """Delete the files that nobody sent again within a day. Return their number."""
    return HeldFile.objects.filter(at__lt=now - KEPT).delete()[0]
