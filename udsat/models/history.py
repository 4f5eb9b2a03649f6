"""Revision history: every saved state of a text, by whom and when, and how it is restored."""

import datetime
from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.deletion import Collector
from django.utils import timezone

from udsat.lib.actor import current_actor
from udsat.lib.bidi import remove_bidi_controls
from udsat.lib.cpr import hide_cpr
from udsat.lib.publishing import CheckedText, ScopedQuerySet

from .public_changes import changes_what_is_read, note_change
from .public_stamps import raise_stamp
from .self_relations import check_self_relations

# Saves of an object by one person within this time form one revision; the meeting desk saves every few seconds.
RUN_LENGTH = datetime.timedelta(minutes=10)


class RevisionQuerySet(ScopedQuerySet):
    def of(self, obj: models.Model):
        """Return the revisions of one object."""
        return self.filter(content_type=ContentType.objects.get_for_model(obj), object_id=obj.pk)

    def on_page_of(self, page: models.Model):
        """Return the revisions of the page's object and of its parts."""
        return self.filter(page_type=ContentType.objects.get_for_model(page), page_id=page.pk)

    def latest_of(self, obj: models.Model) -> "Revision | None":
        return self.of(obj).order_by("-pk").first()

    def with_previous(self):
        """Annotate `previous`, the primary key of the object's preceding revision."""
        earlier = Revision.objects.filter(
            content_type=OuterRef("content_type"), object_id=OuterRef("object_id"), pk__lt=OuterRef("pk")
        )
        return self.annotate(previous=Subquery(earlier.order_by("-pk").values("pk")[:1]))

    def close_run_of(self, obj: models.Model) -> None:
        """Close the object's open revision, so that the next save keeps what it holds."""
        self.of(obj).filter(is_closed=False).update(is_closed=True)

    def add_unused(self, obj: "RevisionedModel", values: dict[str, Any], *, by, by_name: str) -> None:
        """Record values that a person typed and that gave way to those saved, followed by the saved ones.

        Those that the person types next, until somebody saves the object, replace them.
        """
        saved, typist = obj.revisioned_values(), {"by_id": by and by.pk, "by_name": by_name[:200]}
        latest, unused = [*self.of(obj).order_by("-pk")[:2], None, None][:2]
        if unused and (unused.action, unused.by_id) == (Revision.Action.UNUSED, typist["by_id"]):
            if latest.values == saved and timezone.now() - RUN_LENGTH < unused.since:
                unused.values |= values
                unused.at = latest.at = timezone.now()
                unused.save(update_fields=["values", "at"])
                latest.save(update_fields=["at"])
                return
        self.close_run_of(obj)
        editor = {"by_id": latest.by_id, "by_name": latest.by_name} if latest else {}
        _create_revision(obj, Revision.Action.UNUSED, saved | values, **typist, is_closed=True)
        _create_revision(obj, Revision.Action.CHANGED, saved, **editor, is_closed=True)

    def last_change_of(self, obj: models.Model, field: str) -> "Revision | None":
        """Return the revision that gave the field its latest value."""
        found = None
        for revision in self.of(obj).exclude(action=Revision.Action.UNUSED).order_by("-pk").select_related("by")[:50]:
            if found is not None and revision.values.get(field) != found.values.get(field):
                break
            found = revision
        return found

    def close_runs(self, municipality) -> None:
        """Close open revisions on publication, so that the next save starts a new one."""
        self.filter(municipality=municipality, at__gte=timezone.now() - RUN_LENGTH, is_closed=False).update(
            is_closed=True
        )


class Revision(models.Model):
    """The state of an object after one save, or after a run of saves by the same person."""

    class Action(models.TextChoices):
        MADE = "lavet", "Lavet"
        CHANGED = "aendret", "Ændret"
        DELETED = "slettet", "Slettet"
        RESTORED = "gendannet", "Gendannet"
        UNUSED = "ubrugt", "Skrevet, men ikke brugt"

    municipality_lookup = "municipality"

    municipality = models.ForeignKey("udsat.Municipality", models.CASCADE, related_name="+")
    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey("content_type", "object_id")
    # The object whose history page includes the revision: a meeting for its items, a strategy for its goals.
    page_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    page_id = models.PositiveBigIntegerField()
    action = models.CharField("handling", max_length=10, choices=Action.choices)
    since = models.DateTimeField("begyndt", default=timezone.now)
    at = models.DateTimeField("tidspunkt", default=timezone.now)
    is_closed = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="af")
    by_name = models.CharField("navn", max_length=200, blank=True)
    label = models.CharField("hvad", max_length=300)
    # By field name: texts and choices as they are, dates in ISO format, files by name, relations by primary key. Names
    # of related objects are looked up on display, so that no name outlives its person.
    values = models.JSONField("indhold", default=dict)
    # The deletion that this one is a cascade of.
    parent_deletion = models.ForeignKey("self", models.CASCADE, null=True, related_name="cascaded_deletions")

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "udgave"
        verbose_name_plural = "udgaver"
        indexes = [
            models.Index(fields=["page_type", "page_id", "-at"], name="revision_of_page"),
            models.Index(fields=["content_type", "object_id", "-id"], name="revision_of_object"),
        ]

    def __str__(self):
        return f"{self.label}: {self.get_action_display().lower()} {self.at:%d.%m.%Y}"

    @property
    def model(self) -> "type[RevisionedModel]":
        return ContentType.objects.get_for_id(self.content_type_id).model_class()

    @property
    def stamp(self) -> str:
        """A token that changes with every save; a page sends it back so that a conflict is detected."""
        return f"{self.pk}-{self.at.timestamp()}"

    # Restoring

    @transaction.atomic
    def restore_values(self, obj: "RevisionedModel", values: dict[str, Any]) -> None:
        """Set the object's fields to those values and save it as a revision of its own."""
        Revision.objects.close_run_of(obj)
        obj.set_values(values)
        obj.full_clean()
        obj.save()
        self._mark_restored(obj)

    @transaction.atomic
    def undelete(self) -> "RevisionedModel":
        """Recreate the deleted object with its primary key, and everything deleted with it by cascade."""
        obj = self.deleted_object()
        obj.full_clean()
        obj.save(force_insert=True)
        for field in obj._meta.many_to_many:
            existing = field.related_model._base_manager.filter(pk__in=self.values.get(field.name, []))
            getattr(obj, field.name).set(existing)
        self._mark_restored(obj)
        waiting = list(self.cascaded_deletions.order_by("pk"))
        while waiting:
            pending = {(revision.content_type_id, revision.object_id) for revision in waiting}
            ready = [revision for revision in waiting if not pending & revision._related_keys()] or waiting
            for revision in ready:
                revision.undelete()
            waiting = [revision for revision in waiting if revision not in ready]
        return obj

    def _related_keys(self) -> set[tuple[int, int]]:
        fields = self.model.revisioned_fields()
        return {
            (ContentType.objects.get_for_model(fields[name].related_model).pk, value)
            for name, value in self.values.items()
            if name in fields and fields[name].is_relation and value is not None
        }

    def deleted_object(self) -> "RevisionedModel":
        """Return the deleted object, unsaved. Raises ValidationError if it exists."""
        model = self.model
        if model._base_manager.filter(pk=self.object_id).exists():
            raise ValidationError(f"»{self.label}« er her allerede.")
        obj = model(pk=self.object_id)
        obj.set_values({name: value for name, value in self.values.items() if name in model.revisioned_fields()})
        return obj

    def _mark_restored(self, obj):
        latest = Revision.objects.latest_of(obj)
        if latest is not None and not latest.is_closed:
            latest.action, latest.is_closed = Revision.Action.RESTORED, True
            latest.save(update_fields=["action", "is_closed"])


class RevisionedModel(CheckedText):
    """A model whose every save() and delete() creates a `Revision`. Bulk operations create none."""

    # Whether a deleted object can be brought back.
    is_kept_after_deletion = True
    # Fields besides `private_fields` that no public page shows or depends on.
    unread_fields: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    @classmethod
    def revisioned_fields(cls) -> dict[str, models.Field]:
        """Return the editable fields by name."""
        return {field.name: field for field in cls._meta.concrete_fields if field.editable and not field.primary_key}

    def clean(self):
        super().clean()
        check_self_relations(self)

    @classmethod
    def choice_labels(cls, field: models.Field, page: models.Model) -> dict[str, str]:
        """Return the labels of the field's choices for the history page of an object."""
        return dict(field.flatchoices)

    def history_page(self) -> tuple[type[models.Model], int]:
        """Return model and primary key of the object whose history page includes this one."""
        return type(self), self.pk

    def revisioned_values(self, only: Collection[str] | None = None) -> dict[str, Any]:
        """Return JSON-serialisable field values, optionally of the fields in `only` (as in `update_fields`)."""
        values = {}
        for name, field in self.revisioned_fields().items():
            if field.attname in self.get_deferred_fields():
                continue
            value = field.value_from_object(self)
            is_included = only is None or name in only or field.attname in only
            if is_included and not hasattr(value, "resolve_expression"):
                values[name] = _json_value(field, value)
        return values

    def set_values(self, values: dict[str, Any]) -> None:
        """Set fields from values of `revisioned_values()`."""
        fields = self.revisioned_fields()
        for name, value in values.items():
            field = fields[name]
            setattr(self, field.attname, value if isinstance(field, models.FileField) else field.to_python(value))

    def save(self, **kwargs):
        only = kwargs.get("update_fields")
        for field in self.revisioned_fields().values():
            # Of texts that no form has cleaned, such as imported ones.
            if isinstance(value := self.__dict__.get(field.attname), str):
                setattr(self, field.attname, remove_bidi_controls(value))
        stored = None if self._state.adding else type(self)._base_manager.filter(pk=self.pk).first()
        self.take_over(stored)
        note_change(self, stored, only)
        action = Revision.Action.MADE if self._state.adding else Revision.Action.CHANGED
        for field in self.revisioned_fields().values():
            # Convert dates given as text: `__str__` formats them.
            if isinstance(field, models.DateField | models.TimeField) and isinstance(
                self.__dict__.get(field.name), str
            ):
                setattr(self, field.name, field.to_python(getattr(self, field.name)))
        with transaction.atomic():
            super().save(**kwargs)
            values = self.revisioned_values(only)
            if values:
                _record(self, action, values)
            if changes_what_is_read(self, stored, only):
                self.raise_stamps()

    def take_over(self, stored: Self | None) -> None:
        """Take values from the row as it is stored, just before it is saved."""

    def delete(self, using=None, keep_parents=False):
        using = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            if any(self.is_read(field.name) for field in self.read_fields()):
                self.raise_stamps()
            collector, groups = _deleted_with(self, using, keep_parents)
            own_revision = _record_deletion(self)
            for model, rows in groups:
                if issubclass(model, RevisionedModel):
                    # Read again, since the collector defers fields.
                    for row in model._base_manager.filter(pk__in=[row.pk for row in rows]):
                        if row != self:
                            _record_deletion(row, parent_deletion=own_revision)
            return collector.delete()

    # What the public reads

    @classmethod
    def read_fields(cls) -> list[models.Field]:
        """Return the fields that a public page may depend on."""
        unread = cls.private_fields | cls.unread_fields
        return [field for field in cls._meta.concrete_fields if not field.primary_key and field.name not in unread]

    def is_read(self, field: str) -> bool:
        """Whether a public page depends on the field, now or at a set time."""
        return any(root.is_live and self.is_field_public(field, root) for root in self.publication_roots())

    def raise_stamps(self) -> None:
        """Note, in the transaction of a change, that the public reads something else."""
        raise_stamp(_municipality_id(self))

    def note_update(self, *fields: str) -> None:
        """Note that a queryset's update() has changed these fields of it."""
        if any(self.is_read(field) for field in fields):
            self.raise_stamps()


def _deleted_with(obj, using, keep_parents=False):
    """Return the collector of the object's deletion, and (model, rows) of everything that is deleted."""
    collector = Collector(using=using, origin=obj)
    collector.collect([obj], keep_parents=keep_parents)
    groups = [(queryset.model, queryset) for queryset in collector.fast_deletes] + list(collector.data.items())
    return collector, groups


def parts_without_history(obj: RevisionedModel) -> list[str]:
    """Return the plural names of the rows that are deleted with the object and cannot be brought back."""
    _, groups = _deleted_with(obj, router.db_for_write(type(obj), instance=obj))
    lost = {
        str(model._meta.verbose_name_plural)
        for model, rows in groups
        if not issubclass(model, RevisionedModel) and not model._meta.auto_created and rows
    }
    return sorted(lost)


def _json_value(field: models.Field, value: Any) -> Any:
    """Return the field's value as JSON, in a normal form so that equal values compare equal."""
    if isinstance(field, models.FileField):
        return value.name or ""
    value = field.to_python(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value


def _municipality_id(obj: RevisionedModel) -> int:
    *steps, last = obj.municipality_lookup.split("__")
    for step in steps:
        obj = getattr(obj, step)
    return obj.pk if last == "pk" else getattr(obj, f"{last}_id")


def _actor_fields() -> dict[str, Any]:
    actor = current_actor()
    if actor.user is not None and actor.user.is_authenticated:
        return {"by_id": actor.user.pk, "by_name": str(actor.user)[:200]}
    return {"by_id": None, "by_name": actor.name[:200]}


def _label(obj: RevisionedModel) -> str:
    return hide_cpr(str(obj))[:300]


def _create_revision(obj: RevisionedModel, action: str, values: dict, **fields) -> Revision:
    page_model, page_id = obj.history_page()
    return Revision.objects.create(
        municipality_id=_municipality_id(obj),
        content_type=ContentType.objects.get_for_model(obj),
        object_id=obj.pk,
        page_type=ContentType.objects.get_for_model(page_model),
        page_id=page_id,
        action=action,
        label=_label(obj),
        values=values,
        **{**_actor_fields(), **fields},
    )


def _record(obj: RevisionedModel, action: str, values: dict) -> None:
    latest = None if action == Revision.Action.MADE else Revision.objects.latest_of(obj)
    if latest is None:
        _create_revision(obj, action, obj.revisioned_values())
        return
    values = latest.values | values
    if values == latest.values:
        return
    now, actor = timezone.now(), _actor_fields()
    same_person = (latest.by_id, latest.by_name) == (actor["by_id"], actor["by_name"])
    if same_person and not latest.is_closed and now - RUN_LENGTH < latest.since <= now:
        latest.values, latest.label, latest.at = values, _label(obj), now
        latest.save(update_fields=["values", "label", "at"])
    else:
        _create_revision(obj, action, values)


def _record_deletion(obj: RevisionedModel, parent_deletion: Revision | None = None) -> Revision:
    relations = {f.name: sorted(getattr(obj, f.name).values_list("pk", flat=True)) for f in obj._meta.many_to_many}
    return _create_revision(
        obj,
        Revision.Action.DELETED,
        obj.revisioned_values() | relations,
        is_closed=True,
        parent_deletion=parent_deletion,
    )
