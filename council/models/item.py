"""What stands on an agenda, what came of it, who was there, and the files."""

import hashlib
import re
from collections.abc import Iterable

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction
from django.db.models import OuterRef, Prefetch, Q
from django.urls import reverse

from strategies.models import Goal, Theme
from udsat.lib.danish import join_words
from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.richtext import RichTextField
from udsat.models import Part, Publishable

from .council import Agreement, Cause, ItemKind
from .meeting import Agenda, Meeting, Minutes
from .people import Membership


class AgendaItemQuerySet(ScopedQuerySet):
    def decided_in_public(self):
        """Open items whose minutes anybody may read."""
        return self.filter(Minutes.published_when("meeting__minutes__"), is_closed=False)

    def waiting(self):
        """Those that came after the agenda was public and have not been sent to anybody."""
        return self.filter(supplement=AgendaItem.Supplement.WAITING)

    def with_meeting(self):
        """With what the address of an item needs."""
        return self.select_related("meeting__council__municipality")

    def with_public_parts(self):
        """With what others may read of all that hangs on them."""
        return self.prefetch_related(
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
            Prefetch("causes", Cause.objects.published().select_related("council__municipality")),
        )

    def with_searched_parts(self):
        """With what the search index holds of all that hangs on them: their agreements, and their topics' names."""
        return self.prefetch_related(
            "agreements",
            Prefetch("themes", Theme.objects.published().prefetch_related("topics")),
            Prefetch("goals", Goal.objects.published().select_related("theme").prefetch_related("theme__topics")),
            Prefetch("attachments", Attachment.objects.none()),
            Prefetch("followed_up", Agreement.objects.none()),
            Prefetch("causes", Cause.objects.none()),
        )

    def with_numbers(self):
        """With `place`: how many items of the meeting stand before this one, as the public reads it now."""
        earlier = AgendaItem.objects.filter(
            AgendaItem.on_agenda("") | Minutes.published_when("meeting__minutes__"), meeting=OuterRef("meeting")
        ).filter(Q(position__lt=OuterRef("position")) | Q(position=OuterRef("position"), pk__lt=OuterRef("pk")))
        count = earlier.order_by().values("meeting").annotate(n=models.Count("pk")).values("n")
        return self.annotate(place=models.functions.Coalesce(models.Subquery(count), 0))


class AgendaItem(Part):
    Kind = ItemKind

    class Answer(models.TextChoices):
        APPROVED = "godkendt", "Godkendt"
        NOTED = "taget-til-efterretning", "Taget til efterretning"
        DISCUSSED = "droeftet", "Drøftet"
        POSTPONED = "udsat", "Udskudt"
        REJECTED = "ikke-godkendt", "Ikke godkendt"

    class Supplement(models.TextChoices):
        WAITING = "venter", "Venter på tillægsdagsordenen"
        SENT = "sendt", "Står i tillægsdagsordenen"

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
    supplement = models.CharField(
        "tillægsdagsorden", max_length=10, choices=Supplement.choices, blank=True,
        help_text="Et punkt, der kommer til, efter at dagsordenen er offentlig.",
    )  # fmt: skip
    supplemented_on = models.DateField("kom med tillægsdagsordenen", null=True, blank=True, editable=False)
    raised_at_meeting = models.BooleanField("rejst på mødet", default=False, help_text="Stod ikke på dagsordenen.")
    internal_note = models.TextField("note til sekretæren", blank=True, help_text="Vises aldrig.")
    themes = models.ManyToManyField(Theme, blank=True, related_name="agenda_items", verbose_name="temaer")
    goals = models.ManyToManyField(Goal, blank=True, related_name="agenda_items", verbose_name="mål")
    causes = models.ManyToManyField(Cause, blank=True, related_name="agenda_items", verbose_name="mærkesager")

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
        on_agenda = Agenda.published_when(f"{prefix}meeting__agenda__") & cls.on_agenda(prefix)
        return Q(**{f"{prefix}is_closed": False}) & (on_agenda | Minutes.published_when(f"{prefix}meeting__minutes__"))

    @classmethod
    def on_agenda(cls, prefix) -> Q:
        """What is read before the meeting: nothing raised at it, no supplement that has not been sent."""
        return Q(**{f"{prefix}raised_at_meeting": False}) & ~Q(**{f"{prefix}supplement": cls.Supplement.WAITING})

    @property
    def is_on_agenda(self) -> bool:
        return not self.raised_at_meeting and self.supplement != self.Supplement.WAITING

    def join_supplement(self, day) -> None:
        """Stand in the supplementary agenda of that day, files included; not saved."""
        self.supplement, self.supplemented_on = self.Supplement.SENT, day
        for attachment in self.attachments.all():
            attachment.item, attachment.meeting = self, self.meeting

    def roots(self):
        return papers_of(self.meeting)

    def shows_in(self, root):
        return self.is_on_agenda or not isinstance(root, Agenda)

    @property
    def municipality(self):
        return self.meeting.municipality

    def clean(self):
        super().clean()
        if self.is_closed and not self.public_title:
            self.public_title = "Lukket punkt"

    MINUTES_FIELDS = frozenset({"discussion", "decision", "dissent", "plain_text"})

    def place_name(self):
        number = getattr(self, "number", None)
        return f"Punkt {number}. {self}" if number else f"Punkt {self}"

    def withheld_text(self, files, with_minutes: bool) -> str:
        """What of a closed item stays in the back office, as a sentence."""
        fields = ["title", "presentation", "recommendation"]
        fields += ["discussion", "decision", "dissent", "plain_text"] if with_minutes else []
        held = [self._meta.get_field(name).verbose_name for name in fields if getattr(self, name)]
        if files:
            held.append(f"{len(files)} bilag ({', '.join(file.filename for file in files)})")
        if with_minutes and (agreements := self.agreements.count()):
            held.append("1 aftale" if agreements == 1 else f"{agreements} aftaler")
        shown = self.public_title or "Lukket punkt"
        return f"Punkt {getattr(self, 'number', '')} er lukket. Alle ser »{shown}«. Skjult bliver {join_words(held)}."

    def is_read(self, field, within):
        """Of a closed item only the neutral title is ever read outside; of an agenda, nothing that was decided."""
        if self.is_closed and field != "public_title":
            return False
        return not (isinstance(within, Agenda) and (not self.is_on_agenda or field in self.MINUTES_FIELDS))

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
        self.supplemented_on = item.supplemented_on
        if item.is_closed:
            self.title = item.public_title or "Lukket punkt"
            self.kind = self.case_number = self.presentation = self.recommendation = ""
            self.themes, self.goals, self.causes, self.attachments = [], [], [], []
            with_minutes = False
        else:
            self.title = item.title
            self.kind = item.get_kind_display()
            self.case_number = item.case_number
            self.presentation = item.presentation
            self.recommendation = item.recommendation
            self.themes = list(item.themes.all())
            self.goals = list(item.goals.all())
            self.causes = list(item.causes.all())
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


def public_items(
    meeting: Meeting, *, with_minutes: bool, items: Iterable[AgendaItem] | None = None
) -> list[PublicItem]:
    """The items as anybody may read them: the one door from agenda items to page, PDF, feed and search.

    A closed item is only its number and neutral title. Without minutes nothing that was said or decided is in.
    `items` are those of the meeting, where they are read already with the parts that are shown.
    """
    if items is None:
        items = meeting.items.select_related("meeting").with_public_parts()
    # A gap would tell that something waits.
    shown = [item for item in items if with_minutes or item.is_on_agenda]
    return [
        PublicItem(item, number, with_minutes=with_minutes) for number, item in enumerate(shown, meeting.first_number)
    ]


def public_decisions(items: AgendaItemQuerySet, at_most: int) -> list[tuple[Meeting, PublicItem]]:
    """The same door for items of many meetings: the open ones whose minutes anybody may read, in the order given."""
    found = items.decided_in_public().with_numbers().with_meeting().with_public_parts()[:at_most]
    return [
        (item.meeting, PublicItem(item, item.meeting.first_number + item.place, with_minutes=True)) for item in found
    ]


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
        return papers_of(self.meeting)

    def shows_in(self, root):
        return not isinstance(root, Agenda)

    @property
    def municipality(self):
        return self.meeting.municipality

    def is_read(self, field, within):
        return not isinstance(within, Agenda)

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

    is_indexed = False
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
            Q(**{f"{prefix}item": None}) | AgendaItem.on_agenda(f"{prefix}item__"),
            **{f"{prefix}paper": cls.Paper.AGENDA},
        )
        is_open = Q(**{f"{prefix}item": None}) | Q(**{f"{prefix}item__is_closed": False})
        return is_open & (agenda | Minutes.published_when(f"{prefix}meeting__minutes__"))

    def roots(self):
        return papers_of(self.meeting)

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

    def is_read(self, field, within):
        return not self.is_closed and (within is None or self.shows_in(within))

    def same_as_closed(self, files: "Iterable[Attachment]") -> "Attachment | None":
        """The closed item's attachment among those that holds the same bytes."""
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
        """In bytes; None when the file is gone from the disk, which must not take the page down with it."""
        try:
            return self.file.size
        except OSError:
            return None

    def get_absolute_url(self):
        return reverse("attachment", args=[self.municipality.slug, self.meeting.address_part, self.pk, self.filename])


def papers_of(meeting: Meeting) -> list[Publishable]:
    """The agenda and minutes that a part of the meeting is public with, as far as they exist."""
    papers = []
    for name in ("agenda", "minutes"):
        try:
            papers.append(getattr(meeting, name))
        except ObjectDoesNotExist:
            pass
    return papers
