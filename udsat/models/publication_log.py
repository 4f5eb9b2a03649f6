"""The log of publications, and the CPR warnings that people have overridden."""

import datetime
import re
from collections.abc import Iterable

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from udsat.lib import roles
from udsat.lib.publishing import Finding, ScopedQuerySet

from .municipalities import Municipality
from .users import User


class PublicationEvent(models.Model):
    """Log entry of a publication or withdrawal. Append-only."""

    class Action(models.TextChoices):
        PUBLISH = "udgiv", "Offentliggjort"
        SCHEDULE = "planlaeg", "Planlagt"
        SUPPLEMENT = "tillaeg", "Tillæg offentliggjort"
        WITHDRAW = "traek", "Trukket tilbage"
        CORRECT = "ret", "Rettet"
        CHANGE = "aendr", "Ændret"

    municipality_lookup = "municipality"

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey("content_type", "object_id")
    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="publication_events")
    action = models.CharField("handling", max_length=10, choices=Action.choices)
    at = models.DateTimeField("tidspunkt", default=timezone.now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name="af")
    by_name = models.CharField("navn", max_length=200)
    version = models.PositiveIntegerField("version")
    confirmed = models.BooleanField("bekræftet, at ingen kan genkendes", default=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["content_type", "object_id", "-at"])]
        verbose_name = "offentliggørelse"
        verbose_name_plural = "offentliggørelser"

    def __str__(self):
        return f"{self.get_action_display()} {self.at:%d.%m.%Y} af {self.by_name}"


def last_published() -> datetime.datetime | None:
    """Return the time of the last publication, correction or withdrawal; scheduled ones do not count."""
    events = PublicationEvent.objects.exclude(action=PublicationEvent.Action.SCHEDULE)
    return events.aggregate(at=models.Max("at"))["at"]


class CprOverrideQuerySet(models.QuerySet):
    def of(self, finding: Finding):
        return self.filter(target=finding.target, fingerprint=finding.fingerprint)

    def waiting(self):
        """Filter the requests to a second person."""
        return self.filter(event=None, seconded_at=None)

    def requests_for(self, findings: Iterable[Finding]) -> "dict[str, CprOverride]":
        """Return the overrides that wait for a second person, by key of the finding."""
        findings = list(findings)
        waiting = self.waiting().filter(target__in=[finding.target for finding in findings])
        by_number = {(it.target, it.fingerprint): it for it in waiting.select_related("by")} if findings else {}
        matches = ((finding.key, by_number.get((finding.target, finding.fingerprint))) for finding in findings)
        return {key: override for key, override in matches if override}


class CprOverride(models.Model):
    """A person's confirmation that a number in one field is no CPR number, stored as a keyed fingerprint.

    Where the municipality has an approver or administrator besides that person, one of them confirms it too. `event` is
    the publication that it first allowed; until then it is a request.
    """

    event = models.ForeignKey(PublicationEvent, models.CASCADE, null=True, related_name="overrides")
    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="+")
    target = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    reason = models.TextField("begrundelse")
    page = models.CharField(max_length=200, blank=True)  # the address of the gate where a second person confirms it
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    seconded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    seconded_by_name = models.CharField(max_length=200, blank=True)
    seconded_at = models.DateTimeField(null=True)

    objects = CprOverrideQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["target", "fingerprint"])]
        verbose_name = "tilsidesat CPR-advarsel"
        verbose_name_plural = "tilsidesatte CPR-advarsler"

    def __str__(self):
        return f"{self.target}: {self.reason}"

    @property
    def seconders(self) -> list[User]:
        return override_seconders(self.municipality, self.by)

    def can_be_seconded_by(self, user: User) -> bool:
        return user.pk != self.by_id and user in self.seconders

    def second(self, *, by: User) -> None:
        """Record that a second person agrees. Raises PermissionDenied unless the role allows it."""
        if not self.can_be_seconded_by(by):
            raise PermissionDenied("En anden godkender eller administrator skal se på det.")
        self.seconded_by, self.seconded_by_name, self.seconded_at = by, str(by), timezone.now()
        self.save(update_fields=["seconded_by", "seconded_by_name", "seconded_at"])

    @property
    def log_text(self) -> str:
        """Return the reason with the names of those who answer for it, for the log."""
        second = f", og {self.seconded_by_name} har også set på det" if self.seconded_by_name else ""
        return f"»{self.reason}« ({self.by_name}{second})"


def override_seconders(municipality: Municipality, user: User | None) -> list[User]:
    """Return the other people who may confirm that person's overrides."""
    return [person for person in possible_seconders([municipality])[municipality.pk] if person != user]


def possible_seconders(municipalities: Iterable[Municipality]) -> dict[int, list[User]]:
    """Return the approvers and administrators by primary key of the municipality, in one query."""
    found: dict[int, list[User]] = {municipality.pk: [] for municipality in municipalities}
    people = User.objects.filter(
        is_active=True,
        is_staff=True,
        assignments__municipality__in=found,
        assignments__role__in=[roles.Role.APPROVER, roles.Role.ADMINISTRATOR],
    )
    for person in people.annotate(seconds_in=models.F("assignments__municipality")).order_by("pk"):
        found[person.seconds_in].append(person)
    return found


MIN_REASON = 12  # characters


def check_override_reasons(reasons: Iterable[str]) -> None:
    """Raise ValidationError, in Danish, for a reason that says nothing, or that is given for several numbers."""
    reasons = [" ".join(reason.split()) for reason in reasons]
    for reason in reasons:
        words = re.findall(r"[^\W\d_]+", reason.casefold())
        letters = set("".join(words))
        if len(reason) < MIN_REASON or len(set(words)) < 3 or len(letters) < 6:
            raise ValidationError(
                "Skriv en sætning om, hvad tallet er. For eksempel: »Det er sagens nummer i arkivet«."
            )
    if len({reason.casefold() for reason in reasons}) < len(reasons):
        raise ValidationError("Du har skrevet det samme om flere tal. Skriv om hvert tal for sig, hvad det er.")


def is_cpr_overridden(finding: Finding) -> bool:
    """Whether a publication or a second person has confirmed that the number is no CPR number."""
    is_confirmed = Q(event__isnull=False) | Q(seconded_at__isnull=False)
    return CprOverride.objects.of(finding).filter(is_confirmed).exists()
