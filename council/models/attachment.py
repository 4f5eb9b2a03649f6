"""Files attached to an agenda or to minutes."""

import hashlib
import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse

from udsat.models import Part

from .item import AgendaItem
from .meeting import Meeting
from .papers import Agenda, Minutes


def _upload_path(attachment, filename):
    stem, _, ending = filename.rpartition(".")
    # Django removes every character of a name in emoji, which would leave only the extension.
    name = filename if re.search(r"\w", stem) else f"bilag.{ending}"
    return f"bilag/{attachment.meeting.council.municipality.slug}/{attachment.meeting.address_part}/{name}"


class Attachment(Part):
    class Paper(models.TextChoices):
        AGENDA = "dagsorden", "Dagsordenen"
        MINUTES = "referat", "Referatet"

    is_indexed = False
    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attachments", verbose_name="møde")
    item = models.ForeignKey(
        AgendaItem,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="attachments",
        verbose_name="punkt",
        help_text="Tom: hører til hele mødet.",
    )
    paper = models.CharField("hører til", max_length=10, choices=Paper.choices, default=Paper.AGENDA)
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    title = models.CharField("titel", max_length=200, blank=True, help_text="Tom: filens navn.")
    file = models.FileField("fil", upload_to=_upload_path, max_length=300)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "bilag"
        verbose_name_plural = "bilag"
        constraints = [
            models.CheckConstraint(condition=Q(paper__in=["dagsorden", "referat"]), name="attachment_paper_known")
        ]

    def __str__(self):
        return self.display_title

    @classmethod
    def published_when(cls, prefix):
        agenda = Agenda.published_when(f"{prefix}meeting__agenda__") & Q(
            Q(**{f"{prefix}item": None}) | AgendaItem.on_agenda(f"{prefix}item__"),
            **{f"{prefix}paper": cls.Paper.AGENDA},
        )
        is_open = Q(**{f"{prefix}item": None}) | Q(**{f"{prefix}item__is_closed": False})
        return is_open & (agenda | Minutes.published_when(f"{prefix}meeting__minutes__"))

    def roots(self):
        return self.meeting.papers

    def shows_in(self, root):
        later = self.paper == self.Paper.MINUTES or (self.item and not self.item.is_on_agenda)
        return not (isinstance(root, Agenda) and later)

    @property
    def municipality(self):
        return self.meeting.municipality

    @property
    def is_closed(self) -> bool:
        return bool(self.item and self.item.is_closed)

    def clean(self):
        super().clean()
        if self.item and self.meeting_id and self.item.meeting_id != self.meeting_id:
            raise ValidationError({"item": "Vælg et punkt på samme møde."})

    def is_field_public(self, field, within):
        return not self.is_closed and (within is None or self.shows_in(within))

    def same_as_closed(self, files: "Iterable[Attachment]") -> "Attachment | None":
        """Return the first of those attachments that belongs to a closed item and has the same content."""
        alike = [file for file in files if file.is_closed and file.pk != self.pk and file.size == self.size]
        own = self._digest() if alike and self.size is not None else ""
        return next((file for file in alike if own and file._digest() == own), None)

    def _digest(self) -> str:
        self.file.open("rb")
        try:
            return hashlib.sha256(self.file.read()).hexdigest()
        finally:
            self.file.seek(0)

    def check_while_public(self):
        super().check_while_public()
        closed = self.meeting.attachments.filter(item__is_closed=True).select_related("item")
        if not self.is_closed and self.live_roots() and self.same_as_closed(closed):
            raise ValidationError({"file": "Filen hører også til et lukket punkt på mødet. Den kan ikke ligge åbent."})

    @property
    def filename(self) -> str:
        return self.file.name.rsplit("/", 1)[-1]

    @property
    def extension(self) -> str:
        return self.filename.rsplit(".", 1)[-1].upper() if "." in self.filename else ""

    @property
    def display_title(self) -> str:
        return self.title or self.filename

    @property
    def size(self) -> int | None:
        """Return the size in bytes, or None if the file is missing from the disk, so that the page still renders."""
        try:
            return self.file.size
        except OSError:
            return None

    def get_absolute_url(self):
        return reverse("attachment", args=[self.municipality.slug, self.meeting.address_part, self.pk, self.filename])
