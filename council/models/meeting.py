"""Meetings. A meeting is public three times: its date, its agenda, its minutes."""

import datetime
import re

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from strategies.models import Goal, Theme
from udsat.lib.danish import long_date, weekday_date
from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.richtext import RichTextField
from udsat.models import Part, Publishable

from .council import Agreement, Council
from .people import Membership

_ADDRESS = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(?:-(?P<ordinal>[2-9]))?")


class MeetingQuerySet(ScopedQuerySet):
    def at_address(self, address: str):
        """The meetings of the day in an address such as 2025-03-03 or 2025-03-03-2; none for anything else."""
        match = _ADDRESS.fullmatch(address)
        try:
            day = datetime.date.fromisoformat(match["date"]) if match else None
        except ValueError:
            day = None
        if day is None:
            return self.none()
        return self.filter(date=day, ordinal=int(match["ordinal"] or 1))

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

    class Style(models.TextChoices):
        CASE = "sag", "Sager (sagsfremstilling, indstilling, beslutning)"
        LIGHT = "let", "Let (referat og aftale)"
        NARRATIVE = "fortaellende", "Fortællende (1. …)"
        POINT = "punkt", "Punkt 1: …"

    municipality_lookup = "council__municipality"
    private_fields = frozenset({"internal_note"})

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
        "må jeg komme med?", blank=True, help_text="Tilmelding, kørsel, mad, hvem man kan ringe til."
    )
    is_cancelled = models.BooleanField("aflyst", default=False)
    cancelled_reason = models.CharField("hvorfor aflyst", max_length=200, blank=True)
    style = models.CharField("referatets form", max_length=15, choices=Style.choices, default=Style.CASE)
    first_number = models.PositiveSmallIntegerField(
        "første punkts nummer", default=1, help_text="Mere end 1, hvis numrene løber hele året."
    )
    chaired_by = models.CharField("ordstyrer", max_length=160, blank=True)
    minutes_by = models.CharField("referent", max_length=160, blank=True)
    guests = models.CharField("gæster", max_length=400, blank=True)
    plain_text = RichTextField("kort fortalt", blank=True, help_text="Vises sammen med referatet.")
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

    # The short version tells what came of the meeting.
    MINUTES_FIELDS = frozenset({"plain_text"})

    def findings(self, within=None):
        """The meeting's own page and its agenda do not show what waits for the minutes."""
        for finding in super().findings(within):
            waits = finding.field in self.MINUTES_FIELDS and isinstance(within, Meeting | Agenda)
            if not (waits and not any(minutes.is_live for minutes in Minutes.objects.filter(meeting=self.pk))):
                yield finding

    @transaction.atomic
    def save(self, **kwargs):
        # Locked, so that the minutes are not published between the check and this save.
        Minutes.objects.select_for_update().filter(meeting=self.pk).first()
        super().save(**kwargs)

    def public_items(self, *, with_minutes: bool) -> "list[PublicItem]":
        """The items as anybody may read them: the one door from agenda items to page, PDF and feed.

        A closed item is only its number and neutral title. Without minutes nothing that was said or decided is in.
        """
        items = self.items.select_related("meeting").prefetch_related(
            Prefetch("attachments", Attachment.objects.select_related("meeting__council__municipality")),
            Prefetch(
                "agreements",
                Agreement.objects.select_related("member__person", "member__council").prefetch_related(
                    Prefetch("followed_up_at", AgendaItem.objects.decided_in_public().with_meeting())
                ),
            ),
            Prefetch(
                "followed_up", Agreement.objects.published().select_related("item__meeting__council__municipality")
            ),
            Prefetch(
                "themes",
                Theme.objects.published().select_related("strategy__municipality").prefetch_related("strategy__themes"),
            ),
            Prefetch("goals", Goal.objects.published().select_related("theme__strategy__municipality", "parent")),
        )
        return [
            PublicItem(item, number, with_minutes=with_minutes)
            for number, item in enumerate(items, self.first_number)
            if with_minutes or not item.raised_at_meeting
        ]


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

    def get_absolute_url(self):
        return self.meeting.get_absolute_url()

    def publish(self, *, by, confirmed, reason="", at=None):
        """Also makes the meeting itself public, if it is not: an agenda without its date helps nobody."""
        if not self.meeting.is_live or (self.meeting.is_scheduled and (at is None or at < self.meeting.publish_at)):
            self.meeting.publish(by=by, confirmed=confirmed, reason=reason, at=at)
        super().publish(by=by, confirmed=confirmed, reason=reason, at=at)


class Agenda(MeetingPaper):
    meeting = models.OneToOneField(Meeting, models.CASCADE, related_name="agenda", verbose_name="møde")
    intro = RichTextField("indledning", blank=True)

    class Meta(MeetingPaper.Meta):
        verbose_name = "dagsorden"
        verbose_name_plural = "dagsordener"
        constraints = [*Publishable.Meta.constraints]

    def __str__(self):
        return f"Dagsorden til {self.meeting}"

    def publication_parts(self):
        return [self, self.meeting, *self.meeting.items.all(), *self.meeting.attachments.select_related("item")]


class Minutes(MeetingPaper):
    meeting = models.OneToOneField(Meeting, models.CASCADE, related_name="minutes", verbose_name="møde")
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
        """Kladde, til godkendelse, godkendt, offentliggjort or rettet: how far the minutes have come."""
        if self.is_published:
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
        meeting = self.meeting
        return [
            self,
            meeting,
            *meeting.items.all(),
            *Agreement.objects.filter(item__meeting=meeting).select_related("item"),
            *meeting.attendances.all(),
            *meeting.attachments.select_related("item"),
        ]


class AgendaItemQuerySet(ScopedQuerySet):
    def decided_in_public(self):
        """Open items whose minutes anybody may read."""
        return self.filter(Minutes.published_when("meeting__minutes__"), is_closed=False)

    def with_meeting(self):
        """With what the address of an item needs."""
        return self.select_related("meeting__council__municipality")

    def with_numbers(self):
        """With `place`: how many items of the meeting stand before this one."""
        earlier = AgendaItem.objects.filter(meeting=OuterRef("meeting")).filter(
            Q(position__lt=OuterRef("position")) | Q(position=OuterRef("position"), pk__lt=OuterRef("pk"))
        )
        count = earlier.order_by().values("meeting").annotate(n=models.Count("pk")).values("n")
        return self.annotate(place=models.functions.Coalesce(models.Subquery(count), 0))


class AgendaItem(Part):
    class Kind(models.TextChoices):
        APPROVAL = "godkendelse", "Til godkendelse"
        INFORMATION = "orientering", "Til orientering"
        DISCUSSION = "droeftelse", "Til drøftelse"
        DECISION = "beslutning", "Til beslutning"

    class Answer(models.TextChoices):
        APPROVED = "godkendt", "Godkendt"
        NOTED = "taget-til-efterretning", "Taget til efterretning"
        DISCUSSED = "droeftet", "Drøftet"
        POSTPONED = "udsat", "Udsat"
        REJECTED = "ikke-godkendt", "Ikke godkendt"

    municipality_lookup = "meeting__council__municipality"
    private_fields = frozenset({"internal_note"})

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="items", verbose_name="møde")
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    kind = models.CharField("slags", max_length=12, choices=Kind.choices, blank=True)
    title = models.CharField("titel", max_length=200)
    case_number = models.CharField("sagsnr.", max_length=60, blank=True)
    presentation = RichTextField("sagsfremstilling", blank=True)
    recommendation = RichTextField("indstilling", blank=True)
    discussion = RichTextField("referat", blank=True, help_text="Hvad der blev sagt.")
    answer = models.CharField("svar", max_length=25, choices=Answer.choices, blank=True)
    decision = RichTextField("beslutning", blank=True)
    dissent = RichTextField("mindretalsudtalelse", blank=True)
    plain_text = RichTextField("kort fortalt", blank=True)
    is_closed = models.BooleanField(
        "lukket punkt", default=False, help_text="Kun nummeret og den neutrale titel bliver offentlige."
    )
    public_title = models.CharField(
        "neutral titel", max_length=200, blank=True, help_text="Det, alle kan læse om et lukket punkt.",
    )  # fmt: skip
    raised_at_meeting = models.BooleanField("rejst på mødet", default=False, help_text="Stod ikke på dagsordenen.")
    internal_note = models.TextField("note til sekretæren", blank=True, help_text="Vises aldrig.")
    themes = models.ManyToManyField(Theme, blank=True, related_name="agenda_items", verbose_name="temaer")
    goals = models.ManyToManyField(Goal, blank=True, related_name="agenda_items", verbose_name="mål")

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "punkt"
        verbose_name_plural = "punkter"

    def __str__(self):
        return self.title

    @classmethod
    def published_when(cls, prefix):
        """Open items of a public agenda or public minutes; a closed one has no text that anybody may find."""
        on_agenda = Agenda.published_when(f"{prefix}meeting__agenda__") & Q(**{f"{prefix}raised_at_meeting": False})
        return Q(**{f"{prefix}is_closed": False}) & (on_agenda | Minutes.published_when(f"{prefix}meeting__minutes__"))

    def roots(self):
        return _papers(self.meeting)

    def shows_in(self, root):
        return not (isinstance(root, Agenda) and self.raised_at_meeting)

    @property
    def municipality(self):
        return self.meeting.municipality

    def clean(self):
        super().clean()
        if self.is_closed and not self.public_title:
            self.public_title = "Lukket punkt"

    MINUTES_FIELDS = frozenset({"discussion", "decision", "dissent", "plain_text"})

    def findings(self, within=None):
        """Of a closed item only the neutral title is ever read outside; of an agenda, nothing that was decided."""
        for finding in super().findings(within):
            if self.is_closed and finding.field != "public_title":
                continue
            if isinstance(within, Agenda) and (self.raised_at_meeting or finding.field in self.MINUTES_FIELDS):
                continue
            yield finding

    @transaction.atomic
    def save(self, **kwargs):
        super().save(**kwargs)
        if not self.is_closed:
            # An item that is opened takes its attachments and agreements with it.
            for part in (*self.attachments.all(), *self.agreements.all()):
                part.item = self
                part.check_while_public()

    @property
    def anchor(self):
        return f"punkt-{self.pk}"

    def get_absolute_url(self):
        return f"{self.meeting.get_absolute_url()}#{self.anchor}"


class PublicItem:
    """An agenda item as the public may read it. What is not allowed is not there, so no template can leak it."""

    def __init__(self, item: AgendaItem, number: int, *, with_minutes: bool):
        self.pk = item.pk
        self.anchor = item.anchor
        self.number = number
        self.is_closed = item.is_closed
        if item.is_closed:
            self.title = item.public_title or "Lukket punkt"
            self.kind = self.case_number = self.presentation = self.recommendation = ""
            self.themes, self.goals, self.attachments = [], [], []
            with_minutes = False
        else:
            self.title = item.title
            self.kind = item.get_kind_display()
            self.case_number = item.case_number
            self.presentation = item.presentation
            self.recommendation = item.recommendation
            self.themes = list(item.themes.all())
            self.goals = list(item.goals.all())
            self.attachments = [a for a in item.attachments.all() if with_minutes or a.paper == Attachment.Paper.AGENDA]
        self.discussion = item.discussion if with_minutes else ""
        self.answer = item.get_answer_display() if with_minutes else ""
        self.answer_code = item.answer if with_minutes else ""
        self.decision = item.decision if with_minutes else ""
        self.dissent = item.dissent if with_minutes else ""
        self.plain_text = item.plain_text if with_minutes else ""
        self.raised_at_meeting = item.raised_at_meeting and with_minutes
        self.agreements = list(item.agreements.all()) if with_minutes else []
        self.followed_up = list(item.followed_up.all()) if with_minutes else []


class Attendance(Part):
    class Status(models.TextChoices):
        PRESENT = "til-stede", "Til stede"
        EXCUSED = "afbud", "Afbud"
        ABSENT = "fravaerende", "Fraværende"

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
        """Name, role, whom the person stood in for, and the remark: as much as the persons allow."""
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
        return _papers(self.meeting)

    def shows_in(self, root):
        return not isinstance(root, Agenda)

    @property
    def municipality(self):
        return self.meeting.municipality

    def findings(self, within=None):
        return iter(()) if isinstance(within, Agenda) else super().findings(within)

    def clean(self):
        super().clean()
        if self.meeting_id and self.member_id and self.member.council_id != self.meeting.council_id:
            raise ValidationError({"member": "Vælg et medlem af rådet."})


def _upload_path(attachment, filename):
    stem, _, ending = filename.rpartition(".")
    # Of a name in emoji nothing is left on the disk, and then the ending would be taken for the name.
    name = filename if re.search(r"\w", stem) else f"bilag.{ending}"
    return f"bilag/{attachment.meeting.council.municipality.slug}/{attachment.meeting.address_part}/{name}"


class Attachment(Part):
    class Paper(models.TextChoices):
        AGENDA = "dagsorden", "Dagsordenen"
        MINUTES = "referat", "Referatet"

    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attachments", verbose_name="møde")
    item = models.ForeignKey(
        AgendaItem, models.CASCADE, null=True, blank=True, related_name="attachments", verbose_name="punkt",
        help_text="Tom: hører til hele mødet.",
    )  # fmt: skip
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
            Q(**{f"{prefix}item": None}) | Q(**{f"{prefix}item__raised_at_meeting": False}),
            **{f"{prefix}paper": cls.Paper.AGENDA},
        )
        is_open = Q(**{f"{prefix}item": None}) | Q(**{f"{prefix}item__is_closed": False})
        return is_open & (agenda | Minutes.published_when(f"{prefix}meeting__minutes__"))

    def roots(self):
        return _papers(self.meeting)

    def shows_in(self, root):
        later = self.paper == self.Paper.MINUTES or (self.item and self.item.raised_at_meeting)
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

    def findings(self, within=None):
        if self.is_closed or (within is not None and not self.shows_in(within)):
            return iter(())
        return super().findings(within)

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
        """In bytes; None when the file is gone from the disk, which must not take the page down with it."""
        try:
            return self.file.size
        except OSError:
            return None

    def get_absolute_url(self):
        return reverse("attachment", args=[self.municipality.slug, self.meeting.address_part, self.pk, self.filename])


def _papers(meeting: Meeting) -> list[Publishable]:
    """The agenda and minutes that a part of the meeting is public with, as far as they exist."""
    papers = []
    for name in ("agenda", "minutes"):
        try:
            papers.append(getattr(meeting, name))
        except ObjectDoesNotExist:
            pass
    return papers
