"""Meetings. A meeting is published in three steps: its date, its agenda and its minutes (see papers.py)."""

import datetime
import re
from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from udsat.lib.danish import long_date, weekday_date
from udsat.lib.publishing import ScopedQuerySet, Status
from udsat.models import Letter, Publishable, Revision

from .council import Council

# Length of a meeting without an end time.
DEFAULT_LENGTH = datetime.timedelta(hours=2)
_ADDRESS = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(?:-(?P<ordinal>[2-9]))?")


def day_and_ordinal(address: str) -> tuple[datetime.date, int] | None:
    """Parse an address such as 2025-03-03 or 2025-03-03-2; None for anything else."""
    match = _ADDRESS.fullmatch(address)
    try:
        return (datetime.date.fromisoformat(match["date"]), int(match["ordinal"] or 1)) if match else None
    except ValueError:
        return None


class MeetingQuerySet(ScopedQuerySet):
    def at_address(self, address: str):
        """Return the meetings whose address ends with that part; none where it cannot be parsed."""
        if (parsed := day_and_ordinal(address)) is None:
            return self.none()
        return self.filter(date=parsed[0], ordinal=parsed[1])

    def moved_from(self, address: str):
        """Return the meetings that once had that address, the most recently moved first."""
        if (parsed := day_and_ordinal(address)) is None:
            return self.none()
        return self.filter(former_dates__date=parsed[0], former_dates__ordinal=parsed[1]).order_by("-former_dates__pk")

    def before(self, meeting: "Meeting"):
        """Return the council's meetings before that one, the latest first."""
        earlier = Q(date__lt=meeting.date) | Q(date=meeting.date, ordinal__lt=meeting.ordinal)
        return self.filter(earlier, council=meeting.council_id).order_by("-date", "-ordinal")

    def after(self, meeting: "Meeting"):
        """Return the council's meetings after that one, the next first."""
        later = Q(date__gt=meeting.date) | Q(date=meeting.date, ordinal__gt=meeting.ordinal)
        return self.filter(later, council=meeting.council_id).order_by("date", "ordinal")

    def not_over(self, now: datetime.datetime | None = None, **moment):
        """Return the meetings that end later, cancelled ones included: the same rule as `Meeting.ends`.

        `moment` is that of `moment_of()`, for a prepared query.
        """
        today, clock, began = (moment or moment_of(now)).values()
        has_no_end = Q(starts_at=None) | Q(starts_at__gte=began)
        return self.filter(Q(date__gt=today) | Q(date=today) & (Q(ends_at__gt=clock) | Q(ends_at=None) & has_no_end))

    def coming(self, now: datetime.datetime | None = None, **moment):
        """Return the meetings that end later and are not cancelled, the next first."""
        return self.not_over(now, **moment).filter(is_cancelled=False).order_by("date", "starts_at", "ordinal")

    def next_ones(self, **moment):
        """Return the next meeting and the next open one."""
        coming = self.coming(**moment)
        first, first_open = (meetings.values("pk")[:1] for meetings in (coming, coming.filter(is_open=True)))
        return coming.filter(Q(pk__in=first) | Q(pk__in=first_open))

    def next_and_next_open(self) -> "tuple[Meeting | None, Meeting | None]":
        """Return the next meeting and, if that is not open, the next open one, in one query."""
        return next_and_next_open(self.next_ones())


def moment_of(now: datetime.datetime | None = None) -> dict[str, datetime.date | datetime.time]:
    """Return the day, the time, and the earliest beginning of a meeting without an end that goes on."""
    now = timezone.localtime(now)
    began = now - DEFAULT_LENGTH + datetime.timedelta(microseconds=1)
    return {
        "today": now.date(),
        "clock": now.time(),
        "began": began.time() if began.date() == now.date() else datetime.time.min,
    }


def next_and_next_open(coming: "Iterable[Meeting]") -> "tuple[Meeting | None, Meeting | None]":
    """Return the first of the coming meetings and, if that is not open, the first open one."""
    coming = list(coming)
    following = coming[0] if coming else None
    is_closed = following is not None and not following.is_open
    return following, next((meeting for meeting in coming if meeting.is_open), None) if is_closed else None


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
    former_date = models.DateField("flyttet fra", null=True, blank=True, editable=False)
    # SEQUENCE of its calendar entry: calendars replace an entry by one with a higher number (RFC 5545).
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

    # A change of one of these increments `calendar_sequence`.
    _CALENDAR_FIELDS = ("date", "starts_at", "ends_at", "place", "address", "is_cancelled")

    @transaction.atomic
    def save(self, **kwargs):
        """Increment `calendar_sequence` when a calendar field changes, and keep the old address of a public meeting."""
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
        # Counted from the saved row, so that a stale copy does not undo an increment.
        self.calendar_sequence = before.calendar_sequence + bool(changed.intersection(self._CALENDAR_FIELDS))
        if updated is not None and self.calendar_sequence != before.calendar_sequence:
            kwargs["update_fields"] = {*updated, "calendar_sequence"}
        if "date" in changed and before.is_published:
            self.former_date = None if self.date == before.former_date else before.date
            if updated is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "former_date"}
        if changed & {"date", "ordinal"} and before.is_published:
            FormerDate.objects.get_or_create(meeting=self, date=before.date, ordinal=before.ordinal)
            FormerDate.objects.filter(meeting=self, date=self.date, ordinal=self.ordinal).delete()
        super().save(**kwargs)

    def _before_save(self) -> "Meeting | None":
        """Return the saved row, locked so that concurrent changes are counted one after the other."""
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

    def delete_unsent_invitations(self, written_before: datetime.datetime | None = None) -> None:
        """Delete the letters that carry the agenda and have not been sent, in the transaction that withdraws it.

        A member to whom no invitation has been sent counts as not invited again. Letters that are being sent right now,
        and cancellations of the meeting, are kept.
        """
        invitations = Q(key__startswith=self.invitation_prefix)
        waiting = (
            Letter.objects.filter(invitations | Q(key__startswith=self.supplement_prefix), sent_at=None)
            .exclude(claimed_until__gt=timezone.now())
            .exclude(calendar__contains="METHOD:CANCEL")
            .select_for_update(of=("self",))
        )
        if written_before is not None:
            waiting = waiting.filter(created_at__lt=written_before)
        unsent = dict(waiting.values_list("pk", "key"))
        Letter.objects.filter(pk__in=unsent).delete()
        members = self._invited_by(unsent.values())
        reached = self._invited_by(Letter.objects.filter(invitations).values_list("key", flat=True))
        self.invitations.filter(member__in=members - reached).update(sent_at=None, announced="")
        self.invitations.filter(member__in=members & reached).update(announced=self.invitations.model.ANNOUNCED_UNKNOWN)

    def _invited_by(self, letter_keys) -> set[int]:
        prefix = self.invitation_prefix
        return {int(key.removeprefix(prefix).split(":")[0]) for key in letter_keys if key.startswith(prefix)}

    @property
    def municipality(self):
        return self.council.municipality

    def publication_roots(self):
        return [self, *self.papers]

    def paper(self, name: str):
        """Return its "agenda" or "minutes", or None if there is none yet."""
        return getattr(self, name, None)

    @property
    def papers(self) -> list[Publishable]:
        """Its agenda and minutes, as far as they exist."""
        return [paper for name in ("agenda", "minutes") if (paper := self.paper(name))]

    def documents(self):
        return [self, *self.papers]

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
    def change_note(self) -> str:
        """»Aflyst«, or »Flyttet fra 3. marts 2025« until the meeting is held. Lists and feeds show it."""
        if self.is_cancelled:
            return "Aflyst"
        return f"Flyttet fra {long_date(self.former_date)}" if self.former_date and not self.is_past else ""

    @property
    def ends(self) -> datetime.datetime:
        """The moment after which it is over: without an end time two hours after its start, or else its day."""
        if self.ends_at:
            return timezone.make_aware(datetime.datetime.combine(self.date, self.ends_at))
        end = datetime.datetime.combine(self.date + datetime.timedelta(1), datetime.time.min)
        if self.starts_at:
            end = min(end, datetime.datetime.combine(self.date, self.starts_at) + DEFAULT_LENGTH)
        return timezone.make_aware(end)

    @property
    def is_past(self) -> bool:
        return self.ends <= timezone.now()

    @property
    def is_only_planned(self) -> bool:
        """Whether its date is not public yet. The dates of working groups are never published."""
        return self.status == Status.DRAFT and not self.is_cancelled and self.kind != self.Kind.GROUP

    @property
    def is_to_come(self) -> bool:
        return not self.is_past and not self.is_cancelled


def erase_sent_letters(deletion: Revision) -> None:
    """Erase the content of sent letters with the agenda of the meeting that a removed object belonged to."""
    if deletion.page_type == ContentType.objects.get_for_model(Meeting):
        meeting = Meeting(pk=deletion.page_id)
        with_agenda = Q(key__startswith=meeting.invitation_prefix) | Q(key__startswith=meeting.supplement_prefix)
        Letter.objects.filter(with_agenda).exclude(sent_at=None).erase_content()


class FormerDate(models.Model):
    """A date that a public meeting was moved from, so that its old address redirects to it."""

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
