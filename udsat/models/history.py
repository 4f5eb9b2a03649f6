"""Who changed what, when: each text as it was after each save."""

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from udsat.lib.publishing import ScopedQuerySet

from .places import Municipality
from .users import User


class Revision(models.Model):
    """One object as it was after one save (or a run of saves by the same person within minutes)."""

    class Action(models.TextChoices):
        MADE = "lavet", "Lavet"
        CHANGED = "aendret", "Ændret"
        DELETED = "slettet", "Slettet"
        RESTORED = "gendannet", "Gendannet"

    municipality_lookup = "municipality"

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="+")
    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey("content_type", "object_id")
    # The page whose history tells it: a meeting for its items, a strategy for its goals.
    page_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    page_id = models.PositiveBigIntegerField()
    action = models.CharField("handling", max_length=10, choices=Action.choices)
    at = models.DateTimeField("tidspunkt", default=timezone.now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name="af")
    by_name = models.CharField("navn", max_length=200, blank=True)
    label = models.CharField("hvad", max_length=300)
    values = models.JSONField("indhold", default=dict)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "udgave"
        verbose_name_plural = "udgaver"
        indexes = [
            models.Index(fields=["page_type", "page_id", "-at"], name="revision_of_page"),
            models.Index(fields=["content_type", "object_id", "-at"], name="revision_of_object"),
        ]

    def __str__(self):
        return f"{self.label}: {self.get_action_display().lower()} {self.at:%d.%m.%Y}"
