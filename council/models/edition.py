"""Editions of public minutes: their content at each publication and correction."""

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from udsat.lib.cpr import find_cpr, hide_cpr
from udsat.lib.publishing import ScopedQuerySet

from .papers import Minutes
from .people import Membership
from .public_items import public_items

HEAD = ("chaired_by", "minutes_by", "guests", "plain_text")
TEXTS = ("title", "presentation", "recommendation", "discussion", "decision", "dissent", "plain_text")


class EditionQuerySet(ScopedQuerySet):
    def keep(self, *, by, correction=""):
        """Save the present content of the minutes as an edition: `minutes.editions.keep(by=…)`."""
        # Read again: the instance may have cached rows from before the change.
        minutes = Minutes.objects.select_related("meeting__council__municipality").get(pk=self._hints["instance"].pk)
        number = (self.aggregate(last=models.Max("number"))["last"] or 0) + 1
        return self.create(
            minutes=minutes, number=number, by=by, by_name=str(by), correction=correction, content=content_of(minutes)
        )


class Edition(models.Model):
    municipality_lookup = "minutes__meeting__council__municipality"

    minutes = models.ForeignKey(Minutes, models.CASCADE, related_name="editions", verbose_name="referat")
    number = models.PositiveIntegerField("nummer")
    at = models.DateTimeField("tidspunkt", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="af")
    by_name = models.CharField("navn", max_length=200)
    # Checked for CPR numbers as the minutes' field of that name.
    correction = models.TextField("hvad er rettet?", blank=True)
    content = models.JSONField("indhold")

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        verbose_name = "udgave af referatet"
        verbose_name_plural = "udgaver af referatet"
        constraints = [models.UniqueConstraint(fields=["minutes", "number"], name="edition_number_once")]

    def __str__(self):
        return f"Udgave {self.number} af {self.minutes}"

    def hide_number(self, fingerprint: str) -> None:
        """Hide the CPR numbers in each text that contains that one, and save it."""
        content = _without_number(self.content, fingerprint)
        correction = _without_number(self.correction, fingerprint)
        if (content, correction) != (self.content, self.correction):
            self.content, self.correction = content, correction
            with transaction.atomic():
                self.save(update_fields=["content", "correction"])
                self.minutes.note_update("correction")

    @classmethod
    def published_when(cls, prefix):
        return Minutes.published_when(f"{prefix}minutes__")


def _without_number(value, fingerprint):
    if isinstance(value, dict):
        return {key: _without_number(part, fingerprint) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_number(part, fingerprint) for part in value]
    is_found = isinstance(value, str) and any(number.fingerprint == fingerprint for number in find_cpr(value))
    return hide_cpr(value) if is_found else value


def content_of(minutes: Minutes) -> dict:
    """Return the public content as plain data. Members are stored by pk, since they may withdraw their consent."""
    meeting = minutes.meeting
    return {
        "head": {name: getattr(minutes, name) for name in HEAD},
        "attendance": [
            {"member": row.member_id, "status": row.status, "for": row.substitute_for_id, "remark": row.remark}
            for row in meeting.attendances.all()
        ],
        "items": [
            {
                "id": item.pk,
                "number": item.number,
                "is_closed": item.is_closed,
                "answer": item.answer,
                **{name: getattr(item, name) for name in TEXTS},
                "agreements": [
                    {
                        "text": agreement.text,
                        "responsible": agreement.responsible,
                        "member": agreement.member_id,
                        "due_on": agreement.due_on and agreement.due_on.isoformat(),
                    }
                    for agreement in item.agreements
                ],
                "attachments": [attachment.display_title for attachment in item.attachments],
            }
            for item in public_items(meeting, with_minutes=True)
        ],
    }


def members_of(*contents: dict) -> dict[int, Membership]:
    """Return the members that the contents of editions refer to."""
    numbers = {
        number
        for content in contents
        for row in [*content["attendance"], *(a for item in content["items"] for a in item["agreements"])]
        for number in (row["member"], row.get("for"))
    }
    return Membership.objects.select_related("person", "council").in_bulk([n for n in numbers if n])
