"""Hearings: the proposal, the council's answer, and the outcome."""

import hashlib
import json

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from udsat.lib.richtext import RichTextField
from udsat.models import Publishable

from .council import Council


class Hearing(Publishable):
    """A proposal that the council was asked to comment on."""

    class Outcome(models.TextChoices):
        FOLLOWED = "fulgt", "Rådet blev fulgt"
        PARTLY = "delvist", "Delvist fulgt"
        NOT_FOLLOWED = "ikke-fulgt", "Ikke fulgt"
        PENDING = "afventer", "Afventer svar"

    municipality_lookup = "council__municipality"
    private_fields = frozenset({"sender_email", "approved_version"})

    council = models.ForeignKey(Council, models.PROTECT, related_name="hearings", verbose_name="råd")
    title = models.CharField("titel", max_length=200)
    sender = models.CharField("spurgt af", max_length=160, blank=True, help_text="Udvalg eller forvaltning.")
    sender_email = models.EmailField("svaret sendes til", blank=True, help_text="Vises aldrig.")
    assigned_to = models.ForeignKey(
        "council.Membership",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="hvem skriver svaret?",
    )
    received_on = models.DateField("modtaget")
    deadline = models.DateField("svarfrist", null=True, blank=True)
    question = RichTextField("det blev rådet spurgt om", blank=True)
    answer = RichTextField("høringssvar", blank=True)
    approved_on = models.DateField("svaret godkendt", null=True, blank=True)
    approved_how = models.CharField("hvordan godkendt", max_length=160, blank=True)
    # As in Minutes.
    approval_answers = models.CharField(max_length=300, blank=True, editable=False)
    approved_version = models.CharField(max_length=64, blank=True, editable=False)
    answered_on = models.DateField("besvaret", null=True, blank=True)
    sent_at = models.DateTimeField("sendt", null=True, blank=True, editable=False)
    outcome = models.CharField("udfald", max_length=12, choices=Outcome.choices, default=Outcome.PENDING)
    outcome_text = RichTextField("hvad skete der?", blank=True)
    outcome_on = models.DateField("udfaldet kendt", null=True, blank=True)
    items = models.ManyToManyField(
        "council.AgendaItem", blank=True, related_name="hearings", verbose_name="rådet talte om den under"
    )

    class Meta(Publishable.Meta):
        ordering = ["-received_on", "-pk"]
        verbose_name = "høring"
        verbose_name_plural = "høringer"
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(answered_on=None) | Q(answered_on__gte=F("received_on")),
                name="hearing_answered_after_received",
                violation_error_message="Svaret ligger før modtagelsen.",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["fulgt", "delvist", "ikke-fulgt", "afventer"]), name="hearing_outcome_known"
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def municipality(self):
        return self.council.municipality

    def get_absolute_url(self):
        return f"{reverse('hearings', args=[self.municipality.slug])}#hoering-{self.pk}"

    @property
    def public_answer(self) -> str:
        """The answer once it is given. Until then it is a draft, even when the question is public."""
        return self.answer if self.answered_on else ""

    @property
    def text_version(self) -> str:
        """A fingerprint of the text that members approve."""
        return hashlib.sha256(json.dumps([self.title, self.answer], ensure_ascii=False).encode()).hexdigest()

    @property
    def approval_text(self) -> str:
        """Describe in Danish sentences how the council has approved the answer; empty if it has not."""
        if not self.approved_on:
            return ""
        is_changed = self.approved_version not in ("", self.text_version)
        changed = " Teksten er ændret bagefter." if is_changed else ""
        if self.approval_answers:
            return f"Svaret har været til skriftlig godkendelse. {self.approval_answers}{changed}"
        return f"Rådet har godkendt svaret {self.approved_how}.{changed}"

    @property
    def is_overdue(self) -> bool:
        return bool(self.deadline and not self.answered_on and self.deadline < timezone.localdate())

    @property
    def days_overdue(self) -> int:
        """Days since a missed deadline; 0 when it is answered or not due."""
        return (timezone.localdate() - self.deadline).days if self.is_overdue else 0

    @property
    def days_without_outcome(self) -> int:
        """Days since an answer whose outcome is not recorded; 0 when it is recorded or not answered."""
        if self.outcome != self.Outcome.PENDING or not self.answered_on:
            return 0
        return max(0, (timezone.localdate() - self.answered_on).days)
