"""Meetings. A meeting is public three times: its date, its agenda, its minutes."""

import datetime
import re
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from udsat.lib import roles
from udsat.lib.danish import long_date, weekday_date
from udsat.lib.publishing import CheckedText, Finding, ScopedQuerySet, Status
from udsat.lib.richtext import RichTextField
from udsat.models import Letter, PublicationBlocker, PublicationEvent, Publishable, batch_reindexing

from .council import Council

if TYPE_CHECKING:
    from .item import AgendaItem

_ADDRESS = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(?:-(?P<ordinal>[2-9]))?")


def _day_and_ordinal(address: str) -> tuple[datetime.date, int] | None:
    match = _ADDRESS.fullmatch(address)
    try:
        return (datetime.date.fromisoformat(match["date"]), int(match["ordinal"] or 1)) if match else None
    except ValueError:
        return None


class MeetingQuerySet(ScopedQuerySet):
    def at_address(self, address: str):
        """The meetings of the day in an address such as 2025-03-03 or 2025-03-03-2; none for anything else."""
        found = _day_and_ordinal(address)
        return self.filter(date=found[0], ordinal=found[1]) if found else self.none()

    def moved_from(self, address: str):
        """The meetings that once had that address, the last one to leave it first."""
        found = _day_and_ordinal(address)
        if found is None:
            return self.none()
        return self.filter(former_dates__date=found[0], former_dates__ordinal=found[1]).order_by("-former_dates__pk")

    def coming(self):
        return self.filter(date__gte=timezone.localdate(), is_cancelled=False).order_by("date", "starts_at", "ordinal")

    def with_publication(self):
        """With `has_agenda` and `has_minutes`: whether the public may read them now."""
        return self.annotate(
            has_agenda=Exists(Agenda.objects.published().filter(meeting=OuterRef("pk"))),
            has_minutes=Exists(Minutes.objects.published().filter(meeting=OuterRef("pk"))),
        )


class Meeting(Publishable):
    class Kind(models.TextChoices):
        ORDINARY = "ordinaert", "Ordinært møde"
        EXTRAORDINARY = "ekstraordinaert", "Ekstraordinært møde"
        CONSTITUENT = "konstituerende", "Konstituerende møde"
        DIALOGUE = "dialog", "Dialogmøde"
        THEME = "tema", "Temamøde"
        ASSEMBLY = "stormoede", "Stormøde"
        GROUP = "arbejdsgruppe", "Arbejdsgruppemøde"
        VISIT = "besoeg", "Besøg"

    Style = Council.Style

    municipality_lookup = "council__municipality"
    private_fields = frozenset({"internal_note"})
    contact_fields = frozenset({"place", "address"})

    council = models.ForeignKey(Council, models.PROTECT, related_name="meetings", verbose_name="råd")
    kind = models.CharField("slags", max_length=15, choices=Kind.choices, default=Kind.ORDINARY)
    kind_label = models.CharField("lokalt ord", max_length=60, blank=True, help_text="For eksempel »Dialogklippekort«.")
    title = models.CharField("titel", max_length=200, blank=True, help_text="Tom: kendes på slags og dato.")
    date = models.DateField("dato")
    ordinal = models.PositiveSmallIntegerField("nummer den dag", default=1, help_text="2 for det andet møde samme dag.")
    starts_at = models.TimeField("begynder kl.", null=True, blank=True)
    ends_at = models.TimeField("slutter kl.", null=True, blank=True)
    place = models.CharField("sted", max_length=160, blank=True)
    address = models.CharField("adresse", max_length=200, blank=True)
    is_open = models.BooleanField("åbent for alle", default=False)
    how_to_attend = models.TextField(
        "særligt ved dette møde",
        blank=True,
        help_text="Tilmelding, kørsel, mad, hvem man kan ringe til. Det står før det, der plejer at gælde.",
    )
    is_cancelled = models.BooleanField("aflyst", default=False)
    cancelled_reason = models.CharField("hvorfor aflyst", max_length=200, blank=True)
    style = models.CharField("referatets form", max_length=15, choices=Style.choices, default=Style.CASE)
    first_number = models.PositiveSmallIntegerField(
        "første punkts nummer", default=1, help_text="Mere end 1, hvis numrene løber hele året."
    )
    # Calendars replace an entry by one with a higher number.
    calendar_sequence = models.PositiveIntegerField("kalenderudgave", default=0, editable=False)
    internal_note = models.TextField("note til sekretæren", blank=True, help_text="Vises aldrig.")

    objects = MeetingQuerySet.as_manager()

    class Meta(Publishable.Meta):
        ordering = ["-date", "-ordinal"]
        verbose_name = "møde"
        verbose_name_plural = "møder"
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(
                fields=["council", "date", "ordinal"],
                name="meeting_unique_address",
                violation_error_message="Rådet har allerede et møde den dag. Giv det nye nummer 2.",
            ),
            models.CheckConstraint(
                condition=Q(ordinal__gte=1, ordinal__lte=9),
                name="meeting_ordinal_one_digit",
                violation_error_message="Nummeret er fra 1 til 9.",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="meeting_ends_after_start",
                violation_error_message="Mødet slutter, før det begynder.",
            ),
        ]

    def __str__(self):
        return f"{self.display_title} {long_date(self.date)}"

    # What makes its entry in a calendar another: a change of one of them gives the entry a higher number.
    _CALENDAR_FIELDS = ("date", "starts_at", "ends_at", "place", "address", "is_cancelled")

    @transaction.atomic
    def save(self, **kwargs):
        """Counts changes that calendars must hear of, and remembers the address that a public meeting leaves."""
        before = self._before_save()
        if before is None:
            return super().save(**kwargs)
        updated = kwargs.get("update_fields")
        changed = {
            name
            for name in (*self._CALENDAR_FIELDS, "ordinal")
            if (updated is None or name in updated)
            and self._meta.get_field(name).to_python(getattr(self, name)) != getattr(before, name)
        }
        # Counted from the row, so that a copy read before another's change takes none back.
        self.calendar_sequence = before.calendar_sequence + bool(changed.intersection(self._CALENDAR_FIELDS))
        if updated is not None and self.calendar_sequence != before.calendar_sequence:
            kwargs["update_fields"] = {*updated, "calendar_sequence"}
        if changed & {"date", "ordinal"} and before.is_published:
            FormerDate.objects.get_or_create(meeting=self, date=before.date, ordinal=before.ordinal)
            FormerDate.objects.filter(meeting=self, date=self.date, ordinal=self.ordinal).delete()
        super().save(**kwargs)

    def _before_save(self) -> "Meeting | None":
        """The row as it is saved now, locked so that two changes at once are counted one after the other."""
        return None if self._state.adding else Meeting.objects.select_for_update().filter(pk=self.pk).first()

    @transaction.atomic
    def withdraw(self, *, by):
        """Also delete unsent invitations: they carry the agenda, which is withdrawn with the meeting."""
        super().withdraw(by=by)
        self.delete_unsent_invitations()

    @property
    def invitation_prefix(self) -> str:
        """The prefix of the keys of all invitation letters; the member's id follows."""
        return f"invitation:{self.pk}:"

    @property
    def supplement_prefix(self) -> str:
        """The prefix of the keys of all letters with a supplementary agenda."""
        return f"supplement:{self.pk}:"

    def delete_unsent_invitations(self) -> None:
        """Delete the letters that carry the agenda and have not been sent, in the transaction that withdraws it.

        A member whom no letter has reached counts as not invited again. Letters that are being sent right now, and
        cancellations of the meeting, are kept.
        """
        invitations = Q(key__startswith=self.invitation_prefix)
        waiting = (
            Letter.objects.filter(invitations | Q(key__startswith=self.supplement_prefix), sent_at=None)
            .exclude(claimed_until__gt=timezone.now())
            .exclude(calendar__contains="METHOD:CANCEL")
            .select_for_update(of=("self",))
        )
        unsent = dict(waiting.values_list("pk", "key"))
        Letter.objects.filter(pk__in=unsent).delete()
        members = self._invited_by(unsent.values())
        reached = self._invited_by(Letter.objects.filter(invitations).values_list("key", flat=True))
        self.invitations.filter(member__in=members - reached).update(sent_at=None, told="")
        self.invitations.filter(member__in=members & reached).update(told=self.invitations.model.TOLD_UNKNOWN)

    def _invited_by(self, letter_keys) -> set[int]:
        prefix = self.invitation_prefix
        return {int(key.removeprefix(prefix).split(":")[0]) for key in letter_keys if key.startswith(prefix)}

    @property
    def municipality(self):
        return self.council.municipality

    @property
    def address_part(self) -> str:
        return f"{self.date.isoformat()}{f'-{self.ordinal}' if self.ordinal > 1 else ''}"

    def _url(self, name):
        return reverse(name, args=[self.municipality.slug, self.address_part])

    def get_absolute_url(self):
        return self._url("meeting")

    def get_agenda_pdf_url(self):
        return self._url("agenda-pdf")

    def get_minutes_pdf_url(self):
        return self._url("minutes-pdf")

    def get_poster_url(self):
        return self._url("meeting-poster")

    def get_calendar_url(self):
        return self._url("meeting-ics")

    @property
    def kind_name(self) -> str:
        return self.kind_label or self.get_kind_display()

    @property
    def display_title(self) -> str:
        return self.title or self.kind_name

    @property
    def long_title(self) -> str:
        return f"{self.display_title} {weekday_date(self.date)}"

    @property
    def is_past(self) -> bool:
        return self.date < timezone.localdate()

    @property
    def is_only_planned(self) -> bool:
        """Has a day that nobody outside knows yet. A working group's days are its own."""
        return self.status == Status.DRAFT and not self.is_cancelled and self.kind != self.Kind.GROUP

    @property
    def is_to_come(self) -> bool:
        return not self.is_past and not self.is_cancelled


class FormerDate(models.Model):
    """A day that a public meeting was moved from, so that its old address still leads to it."""

    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="former_dates")
    date = models.DateField("dato")
    ordinal = models.PositiveSmallIntegerField("nummer den dag", default=1)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "tidligere dato"
        verbose_name_plural = "tidligere datoer"
        constraints = [models.UniqueConstraint(fields=["meeting", "date", "ordinal"], name="former_date_once")]

    def __str__(self):
        return long_date(self.date)


class MeetingPaper(Publishable):
    """What a meeting publishes on its own: agenda or minutes. Public only while the meeting is."""

    municipality_lookup = "meeting__council__municipality"

    class Meta(Publishable.Meta):
        abstract = True

    @classmethod
    def published_when(cls, prefix):
        return super().published_when(prefix) & Meeting.published_when(f"{prefix}meeting__")

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

    @batch_reindexing()
    def publish(self, *, by, confirmed, reason="", at=None):
        """Also makes the meeting itself public, if it is not: an agenda without its date helps nobody."""
        if not self.meeting.is_live or (self.meeting.is_scheduled and (at is None or at < self.meeting.publish_at)):
            self.meeting.publish(by=by, confirmed=confirmed, reason=reason, at=at)
        super().publish(by=by, confirmed=confirmed, reason=reason, at=at)

    def show_as_public(self):
        self.meeting.show_as_public()
        super().show_as_public()

    def _lock(self):
        # The meeting first, as whoever writes in it does, so that publisher and writer never wait for each other.
        Meeting.objects.select_for_update(of=("self",)).get(pk=self.meeting_id)
        super()._lock()

    def items(self) -> list:
        """The meeting's items, each with its `number`."""
        items = list(self.meeting.items.all())
        for number, item in enumerate(items, self.meeting.first_number):
            item.meeting, item.number = self.meeting, number
        return items

    def files(self, items) -> list:
        """The attachments, each with its item out of those."""
        numbered = {item.pk: item for item in items}
        files = list(self.meeting.attachments.all())
        for file in files:
            file.meeting, file.item = self.meeting, numbered.get(file.item_id)
        return files

    def withheld_notes(self):
        items = self.items()
        files, by_paper = self.files(items), isinstance(self, Minutes)
        return [item.withheld_text([file for file in files if file.item is item], by_paper) for item in items
                if item.is_closed]  # fmt: skip

    def withheld_titles(self):
        return [item.title for item in self.items() if item.is_closed and item.title != item.public_title]

    def publication_blockers(self):
        files = self.files(self.items())
        return [
            PublicationBlocker(
                f"»{file.display_title}« hører til et lukket punkt ({closed.item.place_name()}), men ligger også åbent "
                "fremme. Fjern den ene, eller luk også det andet punkt.",
                file,
                "file",
            )
            for file in files
            if file.is_read("file", self) and (closed := file.same_as_closed(files))
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
    def withdraw(self, *, by):
        """Also delete unsent invitations, which carry it."""
        super().withdraw(by=by)
        self.meeting.delete_unsent_invitations()

    # What comes after the agenda is out

    @property
    def takes_supplement(self) -> bool:
        """Whether a new item waits for a supplementary agenda: this one has been read and the meeting is to come."""
        return self.is_live and not self.is_scheduled and not self.meeting.is_past

    def supplement_items(self) -> list["AgendaItem"]:
        """The items that wait, with their files, as they will be once they are sent."""
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
    def publish_supplement(self, *, by, confirmed, reason="") -> list["AgendaItem"]:
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
            PublicationEvent.Action.SUPPLEMENT, self.supplement_findings(), by=by, confirmed=confirmed, reason=reason
        )
        for item in items:
            item.save()
        self.supplemented_on = timezone.localdate()
        self.save()
        return items


class Minutes(MeetingPaper):
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
        """Kladde, til godkendelse, godkendt, offentliggjort or rettet: how far the minutes have come."""
        if is_published:
            return "Rettet" if self.corrected_on else "Offentliggjort"
        if self.approved_on:
            return "Godkendt"
        return "Til godkendelse" if self.approval_asked_on else "Kladde"

    @property
    def approval_text(self) -> str:
        """Whether, how and when the council has approved them, as a sentence."""
        if not self.approved_on and not self.approved_how:
            return "Referatet er ikke godkendt af rådet endnu."
        # »på mødet den 4. juni« already says when.
        if not self.approved_on or re.search(r"\d", self.approved_how):
            return f"Rådet har godkendt referatet {self.approved_how}."
        how = f", {self.approved_how}" if self.approved_how else ""
        return f"Rådet har godkendt referatet den {long_date(self.approved_on)}{how}."

    def publication_parts(self):
        items = self.items()
        models.prefetch_related_objects(items, "agreements")
        agreements = [agreement for item in items for agreement in item.agreements.all()]
        return [self, self.meeting, *items, *agreements, *self.meeting.attendances.all(), *self.files(items)]

    # What was public, and what was changed afterwards

    @batch_reindexing()
    def publish(self, *, by, confirmed, reason="", at=None):
        super().publish(by=by, confirmed=confirmed, reason=reason, at=at)
        self.editions.keep(by=by)

    @batch_reindexing()
    def correct(self, changed, removed=(), *, by, what, confirmed, reason=""):
        """Save these changed parts of public minutes, and tell the public what was changed.

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
        self._record_confirmation(PublicationEvent.Action.CORRECT, findings, by=by, confirmed=confirmed, reason=reason)
        for part in removed:
            part.delete()
        for part in parts:
            part.save()
        # Opening an item or moving a file may have brought a closed one to light.
        if blockers := Minutes.objects.get(pk=self.pk).publication_blockers():
            raise ValidationError([blocker.message for blocker in blockers])
        self.editions.keep(by=by, correction=self.correction)

    def corrections(self) -> list[tuple[datetime.date, str]]:
        """When and what, the newest first."""
        told = [(timezone.localtime(edition.at).date(), edition.correction)
                for edition in self.editions.exclude(correction="").order_by("-number")]  # fmt: skip
        latest = (self.corrected_on, self.correction)
        # Minutes that were corrected before they came here have no edition of it.
        return told if not self.corrected_on or self.correction in [text for _, text in told] else [latest, *told]
