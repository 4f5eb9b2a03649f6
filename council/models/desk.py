"""Records of the meeting desk: received edits, clashes of texts, rows created there, and presence."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from udsat.lib.publishing import ScopedQuerySet
from udsat.models import Revision

from .agreement import Agreement
from .item import AgendaItem
from .meeting import Meeting


class DeskRow(models.Model):
    """An item or agreement created at the desk, with the UUID its browser gave it, possibly while offline."""

    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="desk_rows")
    key = models.UUIDField()
    item = models.OneToOneField(AgendaItem, models.SET_NULL, null=True, related_name="desk_row")
    agreement = models.OneToOneField(Agreement, models.SET_NULL, null=True, related_name="desk_row")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "række fra mødebordet"
        verbose_name_plural = "rækker fra mødebordet"
        constraints = [models.UniqueConstraint(fields=["meeting", "key"], name="desk_row_once")]

    def __str__(self):
        return str(self.item or self.agreement or self.key)


class DeskClash(models.Model):
    """A text that could not be saved in its field, kept until a user resolves the clash."""

    class Reason(models.TextChoices):
        CHANGED = "changed", "Feltet blev ændret imens"
        CLOSED = "closed", "Feltet kunne ikke ændres her"
        REMOVED = "removed", "Det, feltet hørte til, er fjernet"
        REFUSED = "refused", "Teksten passer ikke i feltet"

    class Choice(models.TextChoices):
        FIELD = "field", "Behold den tekst, der er gemt"
        TEXT = "text", "Brug den anden tekst"
        BOTH = "both", "Behold begge"

    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="desk_clashes")
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    field = models.CharField(max_length=160)
    label = models.CharField(max_length=400)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    choice = models.CharField(max_length=10, choices=Choice.choices, blank=True)
    # The value of the field before the choice, so that neither text is lost.
    field_text = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "to tekster til ét felt"
        verbose_name_plural = "to tekster til samme felt"
        indexes = [models.Index(fields=["meeting", "resolved_at"], name="desk_clash_open")]

    def __str__(self):
        return self.label


def erase_clashes(deletion: Revision) -> None:
    """Delete the texts that clashed in the fields of a removed item or agreement."""
    section = {AgendaItem: "item", Agreement: "agreement"}.get(deletion.model)
    if section is None:
        return
    # The rows that were created at the desk and have been deleted are known by their keys only.
    deleted_rows = DeskRow.objects.filter(meeting=deletion.page_id, item=None, agreement=None)
    in_fields = Q(field__startswith=f"{section}:{deletion.object_id}:")
    for key in deleted_rows.values_list("key", flat=True):
        in_fields |= Q(field__startswith=f"{section}:{key}:")
    DeskClash.objects.filter(in_fields, meeting=deletion.page_id).delete()


class DeskEdit(models.Model):
    """A received edit. If it is sent again because the response was lost, the same result is returned."""

    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="desk_edits")
    edit = models.UUIDField()
    at = models.DateTimeField(default=timezone.now, db_index=True)
    outcome = models.CharField(max_length=12)
    fingerprint = models.CharField(max_length=16)
    clash = models.ForeignKey(DeskClash, models.SET_NULL, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "rettelse fra mødebordet"
        verbose_name_plural = "rettelser fra mødebordet"
        constraints = [models.UniqueConstraint(fields=["meeting", "edit"], name="desk_edit_once")]

    def __str__(self):
        return str(self.edit)


class DeskPresence(models.Model):
    """An open desk: its user and the row in focus. It counts as closed after `LEFT_AFTER` without a request."""

    LEFT_AFTER = datetime.timedelta(seconds=25)

    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="desk_presences")
    client = models.UUIDField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    row = models.CharField(max_length=60, blank=True)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "til stede ved mødebordet"
        verbose_name_plural = "til stede ved mødebordet"
        constraints = [models.UniqueConstraint(fields=["meeting", "client"], name="desk_presence_once")]

    def __str__(self):
        return str(self.user)
