"""Agreements made under an agenda item."""

import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from udsat.lib.publishing import ScopedQuerySet
from udsat.models import Part

from .papers import Agenda, Minutes


class AgreementQuerySet(ScopedQuerySet):
    def open_on(self, day: datetime.date):
        """Return the agreements made on or before that day and not done by then."""
        return self.filter(Q(done_on=None) | Q(done_on__gt=day), item__meeting__date__lte=day)


class Agreement(Part):
    """A task agreed under an item: who does what by when, followed until done."""

    municipality_lookup = "item__meeting__council__municipality"

    item = models.ForeignKey("council.AgendaItem", models.CASCADE, related_name="agreements", verbose_name="punkt")
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    text = models.CharField("aftale", max_length=400)
    responsible = models.CharField("hvem", max_length=160, blank=True, help_text="Rolle eller navn, der må vises.")
    member = models.ForeignKey(
        "council.Membership", models.SET_NULL, null=True, blank=True, related_name="agreements", verbose_name="medlem"
    )
    due_on = models.DateField("hvornår", null=True, blank=True)
    done_on = models.DateField("gjort", null=True, blank=True)
    outcome = models.TextField("hvad kom der ud af det?", blank=True)
    followed_up_at = models.ManyToManyField(
        "council.AgendaItem", blank=True, related_name="followed_up", verbose_name="taget op igen under"
    )

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "aftale"
        verbose_name_plural = "aftaler"

    def __str__(self):
        return self.text

    @classmethod
    def published_when(cls, prefix):
        """Public with the decision it belongs to: the minutes are public and the item is not closed."""
        return Minutes.published_when(f"{prefix}item__meeting__minutes__") & Q(**{f"{prefix}item__is_closed": False})

    def roots(self):
        return self.item.roots()

    def shows_in(self, root):
        return not isinstance(root, Agenda)

    def is_field_public(self, field, within):
        return not self.item.is_closed and not isinstance(within, Agenda)

    @property
    def municipality(self):
        return self.item.municipality

    @property
    def is_overdue(self) -> bool:
        return bool(self.due_on and not self.done_on and self.due_on < timezone.localdate())

    @property
    def public_responsible(self) -> str:
        return self.member.public_name if self.member else self.responsible
