"""Forms that were sent after the log-in had run out, kept until their writer has logged in again."""

import datetime

from django.conf import settings
from django.db import models, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.datastructures import MultiValueDict

from udsat.lib.file_checks import MB

from .held_files import UploadCopy

RETENTION = datetime.timedelta(days=7)
# The latest forms of a user are kept. A meeting takes one form at a time, so more than a few are no work of a person.
MAX_FORMS = 10
MAX_BYTES = 60 * MB  # of all forms of a user


def new_key() -> str:
    return get_random_string(32)


class KeptFormQuerySet(models.QuerySet):
    def current(self):
        return self.filter(at__gt=timezone.now() - RETENTION)


class KeptForm(models.Model):
    """One form as it was sent: the values of its fields, and its files."""

    key = models.CharField(max_length=32, unique=True, default=new_key)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept_forms")
    action = models.CharField(max_length=500)  # the address that the form was sent to
    page = models.CharField(max_length=500)  # the address of the page with the form
    values = models.JSONField(default=list)  # pairs of name and value
    size = models.PositiveIntegerField(default=0)  # bytes, with files
    at = models.DateTimeField(default=timezone.now)

    objects = KeptFormQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        verbose_name = "formular, der ikke blev gemt"
        verbose_name_plural = "formularer, der ikke blev gemt"

    def __str__(self):
        return f"{self.action} {self.at:%d.%m.%Y}"

    @classmethod
    @transaction.atomic
    def keep(cls, user, *, action, page, values, files, previous="") -> "KeptForm | None":
        """Keep a form for the user, and return it; None if it is too large.

        `files` are pairs of field and upload; too many bytes of them are left out. `previous` is the key of the kept
        form that this one was made from; its files move here, unless others were chosen. The oldest forms above the
        limits are deleted.
        """
        size = sum(len(name) + 4 * len(value) for name, value in values)
        if size + sum(file.size for _, file in files) > MAX_BYTES:
            files = []
        size += sum(file.size for _, file in files)
        if size > MAX_BYTES or max(len(action), len(page)) > 500:
            return None
        form = cls.objects.create(user=user, action=action, page=page, values=values, size=size)
        for field, file in files:
            form.files.create(**KeptFile.columns_of(field, file))
        if before := user.kept_forms.filter(key=previous).first():
            chosen = {field for field, _ in files}
            moved = before.files.exclude(field__in=chosen)
            form.size += sum(len(file.content) for file in moved)
            moved.update(form=form)
            form.save(update_fields=["size"])
            before.delete()
        total = 0
        for n, kept in enumerate(user.kept_forms.all()):
            total += kept.size
            if n >= MAX_FORMS or total > MAX_BYTES:
                kept.delete()
        return form if cls.objects.filter(pk=form.pk).exists() else None

    @property
    def post(self) -> QueryDict:
        post = QueryDict(mutable=True)
        for name, value in self.values:
            post.appendlist(name, value)
        return post

    def uploads(self) -> MultiValueDict:
        """Return its files as a request's."""
        uploads: MultiValueDict = MultiValueDict()
        for file in self.files.all():
            uploads.appendlist(file.field, file.as_upload())
        return uploads


class KeptFile(UploadCopy):
    form = models.ForeignKey(KeptForm, models.CASCADE, related_name="files")

    class Meta:
        ordering = ["pk"]
        verbose_name = "fil i en formular, der ikke blev gemt"
        verbose_name_plural = "filer i formularer, der ikke blev gemt"


def delete_old_kept_forms(now: datetime.datetime) -> int:
    return KeptForm.objects.filter(at__lt=now - RETENTION).delete()[0]
