"""Attendance at a meeting."""

from collections import Counter

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from udsat.lib.prepared import prepared
from udsat.models import Part

from .meeting import Meeting
from .papers import Agenda, Minutes
from .people import Membership


class Attendance(Part):
    class Status(models.TextChoices):
        PRESENT = "til-stede", "Til stede"
        EXCUSED = "afbud", "Afbud"
        ABSENT = "fravaerende", "Fraværende"

    is_indexed = False
    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendances", verbose_name="møde")
    member = models.ForeignKey(Membership, models.PROTECT, related_name="attendances", verbose_name="medlem")
    status = models.CharField("fremmøde", max_length=12, choices=Status.choices, default=Status.PRESENT)
    substitute_for = models.ForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="i stedet for"
    )
    remark = models.CharField("bemærkning", max_length=120, blank=True, help_text="For eksempel »til kl. 15«.")

    class Meta:
        ordering = ["member__position", "pk"]
        verbose_name = "fremmøde"
        verbose_name_plural = "fremmøde"
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "member"],
                name="attendance_once",
                violation_error_message="Medlemmet står der allerede.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["til-stede", "afbud", "fravaerende"]), name="attendance_status_known"
            ),
        ]

    def __str__(self):
        return f"{self.member}: {self.get_status_display()}"

    @property
    def public_text(self) -> str:
        """Name, role, replaced member and remark, as far as the persons consent."""
        words = [self.member.public_name]
        if self.member.role != Membership.Role.MEMBER and self.member.role_label != words[0]:
            words[0] += f" ({self.member.role_label.lower()})"
        if self.substitute_for:
            words.append(f"i stedet for {self.substitute_for.public_name}")
        return ", ".join([*words, *([self.remark] if self.remark else [])])

    @classmethod
    def published_when(cls, prefix):
        return Minutes.published_when(f"{prefix}meeting__minutes__")

    def roots(self):
        return self.meeting.papers

    def shows_in(self, root):
        return not isinstance(root, Agenda)

    @property
    def municipality(self):
        return self.meeting.municipality

    def is_field_public(self, field, within):
        return not isinstance(within, Agenda)

    def clean(self):
        super().clean()
        if self.meeting_id and self.member_id and self.member.council_id != self.meeting.council_id:
            raise ValidationError({"member": "Vælg et medlem af rådet."})
        if self.member_id and self.substitute_for_id == self.member_id:
            raise ValidationError({"substitute_for": "Vælg en anden: Et medlem kan ikke møde i stedet for sig selv."})


@prepared
def _attendances(meeting):
    seats = ("member", "substitute_for")
    shown = ("role", "speaks_as", "is_vacant", "council__chair_label")
    shown += ("person__first_name", "person__last_name", "person__shown")
    return (
        Attendance.objects.filter(meeting=meeting)
        .select_related(*(f"{seat}__{related}" for seat in seats for related in ("person", "council")))
        .only("status", "remark", *(f"{seat}__{name}" for seat in seats for name in shown))
    )


def attendance_by_status(meeting: Meeting) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the label of each status with its public texts, and the number of persons who share each text."""
    rows = _attendances(meeting=meeting.pk)
    return [
        (label, list(Counter(row.public_text for row in rows if row.status == status).items()))
        for status, label in Attendance.Status.choices
        if any(row.status == status for row in rows)
    ]
