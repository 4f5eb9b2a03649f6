"""Deleted objects: how long they can be brought back, and how they and their stored files are removed for good."""

import datetime
from collections.abc import Callable, Iterator

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import Storage
from django.db import models, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from udsat.lib.pdf_store import clear_store

from .history import Revision, RevisionQuerySet

# Functions of the apps that remove copies of a removed object, such as the content of letters.
REMOVAL_HOOKS: "list[Callable[[Revision], None]]" = []
# Uploaded files are stored before the row that refers to them.
UPLOAD_TIME = datetime.timedelta(days=1)


class DeletionQuerySet(RevisionQuerySet):
    def current(self):
        """Return the deletions of objects that have not been brought back, without those of cascaded parts."""
        same = Revision.objects.filter(content_type=OuterRef("content_type"), object_id=OuterRef("object_id"))
        return self.filter(action=Revision.Action.DELETED, parent_deletion=None).filter(
            pk=Subquery(same.order_by("-pk").values("pk")[:1])
        )


class Deletion(Revision):
    """A deleted object. It can be brought back until `kept_until`."""

    objects = DeletionQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = "slettet"
        verbose_name_plural = "slettet"

    def __str__(self):
        return self.label

    @property
    def kept_until(self) -> datetime.date:
        """The last day on which it can be brought back."""
        return kept_until(self.at)

    @transaction.atomic
    def remove(self) -> None:
        """Remove the object and the parts deleted with it for good: history, files, stored PDFs and copies."""
        deletions: list[Revision] = [self]
        for deletion in deletions:
            deletions.extend(deletion.cascaded_deletions.all())
        names: set[str] = set()
        for deletion in deletions:
            history = Revision.objects.filter(content_type=deletion.content_type_id, object_id=deletion.object_id)
            file_fields = [
                name
                for name, field in deletion.model.revisioned_fields().items()
                if isinstance(field, models.FileField)
            ]
            names.update(revision.values.get(name, "") for revision in history for name in file_fields)
            for hook in REMOVAL_HOOKS:
                hook(deletion)
            history.delete()
        delete_files(name for name in names if name and released_at(name) is None and not is_referenced(name))
        transaction.on_commit(clear_store)


def kept_until(deleted_at: datetime.datetime) -> datetime.date:
    """Return the last day on which something that was deleted then can be brought back."""
    return timezone.localdate(deleted_at) + datetime.timedelta(settings.DELETED_DAYS)


def remove_old_deletions(now: datetime.datetime) -> int:
    """Remove what was deleted more than `DELETED_DAYS` days ago. Return the number of objects."""
    # The day of the deletion and the last day count in full.
    old = Deletion.objects.current().filter(at__lt=_first_moment_kept(now))
    for deletion in old:
        deletion.remove()
    return len(old)


def _first_moment_kept(now):
    first_day = timezone.localdate(now) - datetime.timedelta(settings.DELETED_DAYS)
    return timezone.make_aware(datetime.datetime.combine(first_day, datetime.time.min))


# Stored files


def _file_fields() -> Iterator[tuple[type[models.Model], models.FileField]]:
    for model in apps.get_models():
        if not model._meta.proxy:
            for field in model._meta.concrete_fields:
                if isinstance(field, models.FileField):
                    yield model, field


def is_referenced(name: str) -> bool:
    """Whether a row refers to the stored file."""
    return any(model._base_manager.filter(**{field.name: name}).exists() for model, field in _file_fields())


def released_at(name: str) -> datetime.datetime | None:
    """Return when the last object whose history has the stored file was deleted or got another one; None if none has.

    Only for files that `is_referenced()` is false of.
    """
    moments = []
    for model, field in _file_fields():
        kind = ContentType.objects.get_for_model(model)
        held = Revision.objects.filter(content_type=kind, **{f"values__{field.name}": name})
        for revision in held.exclude(action=Revision.Action.DELETED):
            later = Revision.objects.filter(content_type=kind, object_id=revision.object_id, pk__gt=revision.pk)
            moments.append(later.order_by("pk").values_list("at", flat=True).first() or revision.at)
        moments += held.filter(action=Revision.Action.DELETED).values_list("at", flat=True)
    return max(moments, default=None)


def delete_unused_files(now: datetime.datetime) -> int:
    """Delete stored files that no row refers to and that cannot be brought back any more. Return their number."""
    used = {
        name
        for model, field in _file_fields()
        for name in model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True)
    }
    storages = {id(field.storage): field.storage for _, field in _file_fields()}
    unused = []
    for storage in storages.values():
        for name in _stored_names(storage):
            if name not in used and storage.get_modified_time(name) < now - UPLOAD_TIME:
                released = released_at(name)
                if released is None or released < _first_moment_kept(now):
                    unused.append(name)
    delete_files(unused)
    return len(unused)


def _stored_names(storage: Storage, folder: str = "") -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in files)
    for name in folders:
        yield from _stored_names(storage, f"{folder}{name}/")


def delete_files(names) -> None:
    """Delete the stored files when the transaction is committed."""
    storages = {id(field.storage): field.storage for _, field in _file_fields()}
    for name in list(names):
        for storage in storages.values():
            transaction.on_commit(lambda storage=storage, name=name: storage.delete(name))
