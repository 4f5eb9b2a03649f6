"""Agenda and minutes: the papers of a meeting, each published separately."""

import datetime
import re

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from udsat.lib import roles
from udsat.lib.danish import long_date
from udsat.lib.publishing import CheckedText, Finding
from udsat.lib.richtext import RichTextField
from udsat.models import Part, PublicationBlocker, PublicationEvent, Publishable, batch_reindexing

from .meeting import Meeting

# `approved_how` of a paper whose members answered by link.
IN_WRITING = "skriftligt"


class MeetingPaper(Publishable):
    """Base class of agenda and minutes. Public only while the meeting is."""

    municipality_lookup = "meeting__council__municipality"
    # The text of earlier versions is kept from the public: minutes are corrected to protect people.
    versions_kept = "address"

    class Meta(Publishable.Meta):
        abstract = True

    @classmethod
    def published_when(cls, prefix):
        return super().published_when(prefix) & Meeting.published_when(f"{prefix}meeting__")

    @property
    def council(self):
        return self.meeting.council

    @property
    def municipality(self):
        return self.meeting.municipality

    def history_page(self):
        return Meeting, self.meeting_id

    @property
    def search_root(self):
        return self.meeting

    def get_absolute_url(self):
        return self.meeting.get_absolute_url()

    def get_version_url(self, number=None):
        address = [self.municipality.slug, self.meeting.address_part, number or self.public_version]
        return reverse(f"{self._meta.model_name}-version", args=address)

    @batch_reindexing()
    def publish(self, *, by, confirmed, reasons=None, at=None):
        """Also publish the meeting itself, if it is not public by then."""
        if not self.meeting.is_live or (self.meeting.is_scheduled and (at is None or at < self.meeting.publish_at)):
            self.meeting.publish(by=by, confirmed=confirmed, reasons=reasons, at=at)
        super().publish(by=by, confirmed=confirmed, reasons=reasons, at=at)

    def show_as_public(self):
        self.meeting.show_as_public()
        super().show_as_public()

    def _lock(self):
        # The meeting first, as its editors lock it, to avoid a deadlock.
        Meeting.objects.select_for_update(of=("self",)).get(pk=self.meeting_id)
        super()._lock()

    def items(self) -> list:
        """Return the meeting's items, each with its `number`."""
        items = list(self.meeting.items.all())
        for number, item in enumerate(items, self.meeting.first_number):
            item.meeting, item.number = self.meeting, number
        return items

    def files(self, items) -> list:
        """Return the meeting's attachments, each linked to its item in `items`."""
        numbered = {item.pk: item for item in items}
        files = list(self.meeting.attachments.all())
        for file in files:
            file.meeting, file.item = self.meeting, numbered.get(file.item_id)
        return files

    def withheld_notes(self):
        items = self.items()
        files, by_paper = self.files(items), isinstance(self, Minutes)
        return [
            item.withheld_text([file for file in files if file.item is item], by_paper)
            for item in items
            if item.is_closed
        ]

    def withheld_titles(self):
        return [item.title for item in self.items() if item.is_closed and item.title != item.public_title]

    def withheld_agreements(self):
        is_public = Minutes.published_when("minutes__") & Q(items__is_closed=False)
        others = Meeting.objects.exclude(pk=self.meeting_id).filter(council=self.meeting.council_id)
        agreements = others.filter(~is_public, items__agreements__isnull=False).values_list(
            "items__agreements__text", "date", "items__is_closed"
        )
        return [
            (text, f"Den er fra {'et lukket punkt på ' if is_closed else ''}mødet den {long_date(date)}.")
            for text, date, is_closed in agreements.distinct()
        ]

    def publication_blockers(self):
        files = self.files(self.items())
        return [
            PublicationBlocker(
                f"»{file.display_title}« hører til et lukket punkt ({closed.item.object_label()}), "
                "men ligger også åbent fremme. Fjern den ene, eller luk også det andet punkt.",
                file,
                "file",
            )
            for file in files
            if file.is_field_public("file", self) and (closed := file.same_as_closed(files))
        ]


class Agenda(MeetingPaper):
    meeting = models.OneToOneField(Meeting, models.CASCADE, related_name="agenda", verbose_name="møde")
    intro = RichTextField("indledning", blank=True)
    plain_text = RichTextField("kort fortalt", blank=True, help_text="Hvad mødet skal handle om, på let dansk.")
    supplemented_on = models.DateField("tillægsdagsorden sendt", null=True, blank=True)

    class Meta(MeetingPaper.Meta):
        verbose_name = "dagsorden"
        verbose_name_plural = "dagsordener"
        constraints = [*Publishable.Meta.constraints]

    def __str__(self):
        return f"Dagsorden til {self.meeting}"

    def publication_parts(self):
        items = self.items()
        return [self, self.meeting, *items, *self.files(items)]

    @transaction.atomic
    def publish(self, *, by, confirmed, reasons=None, at=None):
        """Also delete unsent invitations when it is public only later."""
        super().publish(by=by, confirmed=confirmed, reasons=reasons, at=at)
        if self.is_scheduled:
            self.meeting.delete_unsent_invitations()

    @transaction.atomic
    def withdraw(self, *, by):
        """Also delete unsent invitations, which carry it."""
        super().withdraw(by=by)
        self.meeting.delete_unsent_invitations()

    # Supplementary agenda

    @property
    def takes_supplement(self) -> bool:
        """Whether a new item must wait for a supplementary agenda: this one is public and the meeting is to come."""
        return self.is_live and not self.is_scheduled and not self.meeting.is_past

    def supplement_items(self) -> list[Part]:
        """Return the waiting items, with their attachments, as they will be once published; not saved."""
        items = list(self.meeting.items.waiting().prefetch_related("attachments"))
        for item in items:
            item.meeting = self.meeting
            item.join_supplement(timezone.localdate())
        return items

    def supplement_parts(self) -> list[CheckedText]:
        items = self.supplement_items()
        return [*items, *(attachment for item in items for attachment in item.attachments.all())]

    def supplement_findings(self) -> list[Finding]:
        return [finding for part in self.supplement_parts() for finding in part.findings(self)]

    @transaction.atomic
    def publish_supplement(self, *, by, confirmed, reasons=None) -> list[Part]:
        """Make the waiting items public and return them. Raises as `publish` does."""
        if not by.may(roles.PUBLISH, self.municipality):
            raise PermissionDenied("Du har ikke ret til at offentliggøre i denne kommune.")
        self._lock()
        items = self.supplement_items()
        if not self.is_published:
            raise ValidationError("Dagsordenen er ikke offentlig. Offentliggør den først.")
        if not items:
            raise ValidationError("Ingen punkter venter på en tillægsdagsorden.")
        self._record_confirmation(
            PublicationEvent.Action.SUPPLEMENT, self.supplement_findings(), by=by, confirmed=confirmed, reasons=reasons
        )
        for item in items:
            item.save()
        self.supplemented_on = timezone.localdate()
        self.save()
        return items


class Minutes(MeetingPaper):
    private_fields = frozenset({"approved_version"})

    meeting = models.OneToOneField(Meeting, models.CASCADE, related_name="minutes", verbose_name="møde")
    chaired_by = models.CharField("ordstyrer", max_length=160, blank=True)
    minutes_by = models.CharField("referent", max_length=160, blank=True)
    guests = models.CharField("gæster", max_length=400, blank=True)
    plain_text = RichTextField("kort fortalt", blank=True)
    approval_asked_on = models.DateField("sendt til godkendelse", null=True, blank=True)
    approved_on = models.DateField("godkendt", null=True, blank=True)
    approved_how = models.CharField(
        "hvordan godkendt",
        max_length=160,
        blank=True,
        help_text="For eksempel »på mødet den 4. juni« eller »skriftligt«.",
    )
    # The answers in Danish when a written round was closed without the approval of all; empty when all approved.
    approval_answers = models.CharField(max_length=300, blank=True, editable=False)
    # Fingerprint of the approved text, and whether another text was published.
    approved_version = models.CharField(max_length=64, blank=True, editable=False)
    is_changed_since_approval = models.BooleanField(default=False, editable=False)
    corrected_on = models.DateField("rettet", null=True, blank=True)
    correction = models.TextField("hvad er rettet?", blank=True)

    class Meta(MeetingPaper.Meta):
        verbose_name = "referat"
        verbose_name_plural = "referater"
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(corrected_on=None) | ~Q(correction=""),
                name="minutes_correction_said",
                violation_error_message="Skriv, hvad der er rettet.",
            ),
        ]

    def __str__(self):
        return f"Referat af {self.meeting}"

    @property
    def stage(self) -> str:
        return self.stage_if(self.is_published)

    def stage_if(self, is_published: bool) -> str:
        """Kladde, Til godkendelse, Godkendt, Offentliggjort or Rettet."""
        if is_published:
            return "Rettet" if self.corrected_on else "Offentliggjort"
        if self.approved_on:
            return "Godkendt"
        return "Til godkendelse" if self.approval_asked_on else "Kladde"

    @property
    def approval_text(self) -> str:
        """Describe in Danish sentences whether, how and when the council has approved the minutes."""
        changed = " Teksten er ændret bagefter." if self.is_changed_since_approval else ""
        return f"{self._approval_sentence()}{changed}"

    def _approval_sentence(self):
        if not self.approved_on and not self.approved_how:
            return "Referatet er ikke godkendt af rådet endnu."
        if self.is_partly_approved:
            return f"Referatet har været til skriftlig godkendelse. {self.approval_answers}"
        # »på mødet den 4. juni« already has the date.
        if not self.approved_on or re.search(r"\d", self.approved_how):
            return f"Rådet har godkendt referatet {self.approved_how}."
        how = f", {self.approved_how}" if self.approved_how else ""
        return f"Rådet har godkendt referatet den {long_date(self.approved_on)}{how}."

    @property
    def is_partly_approved(self) -> bool:
        """Whether the written approval ended without the approval of all members who were asked."""
        return bool(self.approval_answers) and self.approved_how == IN_WRITING

    def publication_parts(self):
        items = self.items()
        models.prefetch_related_objects(items, "agreements")
        agreements = [agreement for item in items for agreement in item.agreements.all()]
        return [self, self.meeting, *items, *agreements, *self.meeting.attendances.all(), *self.files(items)]

    # Editions and corrections

    @batch_reindexing()
    def publish(self, *, by, confirmed, reasons=None, at=None):
        super().publish(by=by, confirmed=confirmed, reasons=reasons, at=at)
        self.editions.keep(by=by)

    @batch_reindexing()
    def correct(self, changed, removed=(), *, by, what, confirmed, reasons=None):
        """Save these changed parts of public minutes and publish the correction.

        Raises as publish() does; also ValidationError where `what` is empty or the minutes are not public.
        """
        if not (by.may(roles.PUBLISH, self.municipality) and by.may(roles.EDIT, self.municipality)):
            raise PermissionDenied("Du har ikke ret til at rette offentlige referater i denne kommune.")
        saved = Minutes.objects.select_for_update(of=("self",)).get(pk=self.pk)
        if not saved.is_live:
            raise ValidationError("Referatet er ikke offentligt længere. Ret teksten direkte.")
        if not what.strip():
            raise ValidationError("Skriv, hvad der er rettet.")
        self.version = saved.version
        self.corrected_on, self.correction = timezone.localdate(), what.strip()
        parts = [self, *(part for part in changed if part is not self)]
        findings = [finding for part in parts for finding in part.findings(self)]
        self._record_confirmation(
            PublicationEvent.Action.CORRECT, findings, by=by, confirmed=confirmed, reasons=reasons
        )
        for part in removed:
            part.delete()
        for part in parts:
            part.save()
        # Opening an item or moving an attachment may have exposed a closed one.
        if blockers := Minutes.objects.get(pk=self.pk).publication_blockers():
            raise ValidationError([blocker.message for blocker in blockers])
        self.editions.keep(by=by, correction=self.correction)

    def corrections(self) -> list[tuple[datetime.date, str]]:
        """Return the date and text of each correction, the newest first."""
        corrections = [
            (timezone.localtime(edition.at).date(), edition.correction)
            for edition in self.editions.exclude(correction="").order_by("-number")
        ]
        # Minutes that were corrected before they were imported have no edition of it.
        if self.corrected_on and self.correction not in [text for _, text in corrections]:
            corrections.insert(0, (self.corrected_on, self.correction))
        return corrections


def with_publication(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """Annotate meetings with `has_agenda` and `has_minutes`: whether the public may read them now."""
    return meetings.annotate(
        has_agenda=Exists(Agenda.objects.published().filter(meeting=OuterRef("pk"))),
        has_minutes=Exists(Minutes.objects.published().filter(meeting=OuterRef("pk"))),
    )
