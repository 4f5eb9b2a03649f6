"""Follow-ups: dated reports on the progress of a goal."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from udsat.lib.danish import long_date
from udsat.models import Part


class FollowUp(Part):
    class Status(models.TextChoices):
        REACHED = "naaet", "Nået"
        UNDER_WAY = "i-gang", "I gang"
        NOT_BEGUN = "ikke-begyndt", "Ikke begyndt"
        PAUSED = "i-bero", "Sat i bero"
        GIVEN_UP = "opgivet", "Opgivet"

    FINAL = (Status.REACHED, Status.GIVEN_UP)

    root_lookup = "goal__theme__strategy"
    is_indexed = False
    municipality_lookup = "goal__theme__strategy__municipality"

    goal = models.ForeignKey("Goal", models.CASCADE, related_name="follow_ups", verbose_name="mål")
    date = models.DateField("dato", default=timezone.localdate)
    status = models.CharField("status", max_length=12, choices=Status.choices)
    measure = models.CharField("målt", max_length=80, blank=True, help_text="For eksempel »12 af 20«.")
    text = models.TextField("hvad er der sket?", blank=True)
    source = models.CharField("kilde", max_length=200, blank=True)
    source_url = models.URLField("kildens adresse", blank=True)

    class Meta:
        ordering = ["-date", "-pk"]
        verbose_name = "opfølgning"
        verbose_name_plural = "opfølgninger"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["naaet", "i-gang", "ikke-begyndt", "i-bero", "opgivet"]),
                name="follow_up_status_known",
            )
        ]

    def __str__(self):
        return f"{self.get_status_display()} {long_date(self.date)}"
