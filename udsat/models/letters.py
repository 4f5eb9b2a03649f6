"""E-mail on its way. A letter is written in the same transaction as what it tells of, and sent afterwards."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from udsat.lib.publishing import ScopedQuerySet

from .places import Municipality


class LetterFile(models.Model):
    """A file that one or more letters bring, kept as it was when they were written."""

    municipality_lookup = "municipality"

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="+")
    name = models.CharField("navn", max_length=200)
    media_type = models.CharField("slags", max_length=100, default="application/pdf")
    content = models.BinaryField("indhold")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "vedhæftet fil"
        verbose_name_plural = "vedhæftede filer"

    def __str__(self):
        return self.name


class LetterQuerySet(ScopedQuerySet):
    def waiting(self):
        """Not sent and not given up, in the order in which they were written."""
        return self.filter(sent_at=None, given_up_at=None).order_by("send_after", "pk")

    def write(self, *, municipality, key, to, subject, text, to_name="", calendar="", files=(), send_after=None):
        """The letter with that key, written now unless it was already. Call it in the transaction it tells of.

        `files` are LetterFile rows; `calendar` is an iCalendar text with its METHOD.
        """
        letter, is_new = self.get_or_create(
            key=key,
            defaults={
                "municipality": municipality, "to": to, "to_name": to_name, "subject": subject, "text": text,
                "calendar": calendar, "send_after": send_after or timezone.now(),
            },
        )  # fmt: skip
        if is_new:
            letter.files.set(files)
        return letter


class Letter(models.Model):
    """An e-mail to one person. `key` says what it tells whom, so that nobody is told the same thing twice."""

    municipality_lookup = "municipality"

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="letters", verbose_name="kommune")
    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField("til")
    to_name = models.CharField("modtager", max_length=160, blank=True)
    subject = models.CharField("emne", max_length=200)
    text = models.TextField("tekst")
    # An iCalendar file with its METHOD, which mail programs turn into an entry or take one out by.
    calendar = models.TextField(blank=True)
    files = models.ManyToManyField(LetterFile, blank=True, related_name="letters", verbose_name="filer")
    created_at = models.DateTimeField("skrevet", default=timezone.now)
    send_after = models.DateTimeField("sendes tidligst", default=timezone.now)
    attempts = models.PositiveSmallIntegerField("forsøg", default=0)
    tried_at = models.DateTimeField("sidst forsøgt", null=True, blank=True)
    last_error = models.CharField("fejl", max_length=300, blank=True)
    sent_at = models.DateTimeField("sendt", null=True, blank=True)
    given_up_at = models.DateTimeField("opgivet", null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "mail"
        verbose_name_plural = "mails"
        indexes = [
            models.Index(fields=["send_after"], name="letter_waiting", condition=Q(sent_at=None, given_up_at=None)),
        ]

    def __str__(self):
        return f"{self.subject} til {self.to_name or self.to}"
