"""Agenda items."""

import re

from django.db import models, transaction
from django.db.models import OuterRef, Q

from strategies.models import Goal, Theme
from udsat.lib.danish import join_words
from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.richtext import RichTextField
from udsat.models import Part

from .council import Cause, ItemKind
from .meeting import Meeting
from .papers import Agenda, Minutes

# »3. Boliger«, »3) Boliger«, »Punkt 3: boliger«, »pkt. 3 – Boliger«. »1. maj« and »2. kvartal« are titles.
_TYPED_NUMBER = re.compile(
    r"(?:(?:[Dd]agsordens)?[Pp](?:unkt|kt\.?) ?\d{1,3} ?(?:[.):–—-]{1,2} {0,3}(?=\S)| (?=[A-ZÆØÅ»\"]))"
    r"|\d{1,3}(?: ?[.):] {0,3}| [–—-] )(?=[A-ZÆØÅ»\"(]))"
)
_ORDINAL = re.compile(
    r"\d{1,3}\. ?(?:Jan|Feb|Mar|Apr|Maj|Jun|Jul|Aug|Sep|Okt|Nov|Dec|Kvartal|Halvår|Udkast|Udgave|Runde|Fase|Del\b)"
)


def without_number(title: str) -> str:
    """Return the title of an item without a number that was typed in front of it."""
    match = _TYPED_NUMBER.match(title)
    return title[match.end() :] if match and not _ORDINAL.match(title) else title


class AgendaItemQuerySet(ScopedQuerySet):
    def decided_in_public(self):
        """Return the items that are not closed and whose minutes are public."""
        return self.filter(Minutes.published_when("meeting__minutes__"), is_closed=False)

    def waiting(self):
        """Return the items added after the agenda was public, which wait for the supplementary agenda."""
        return self.filter(supplement=AgendaItem.Supplement.WAITING)

    def with_meeting(self):
        """Select the related rows that the address of an item is built from."""
        return self.select_related("meeting__council__municipality")

    def with_numbers(self):
        """Annotate `index`: how many items of the meeting precede this one, as the public reads it now."""
        earlier = AgendaItem.objects.filter(
            AgendaItem.on_agenda("") | Minutes.published_when("meeting__minutes__"), meeting=OuterRef("meeting")
        ).filter(Q(position__lt=OuterRef("position")) | Q(position=OuterRef("position"), pk__lt=OuterRef("pk")))
        count = earlier.order_by().values("meeting").annotate(n=models.Count("pk")).values("n")
        return self.annotate(index=models.functions.Coalesce(models.Subquery(count), 0))


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
        "neutral titel", max_length=200, blank=True, help_text="Det, alle kan læse om et lukket punkt."
    )
    supplement = models.CharField(
        "tillægsdagsorden",
        max_length=10,
        choices=Supplement.choices,
        blank=True,
        help_text="Et punkt, der kommer til, efter at dagsordenen er offentlig.",
    )
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
        """Public: the items of a public agenda or public minutes that are not closed."""
        on_agenda = Agenda.published_when(f"{prefix}meeting__agenda__") & cls.on_agenda(prefix)
        return Q(**{f"{prefix}is_closed": False}) & (on_agenda | Minutes.published_when(f"{prefix}meeting__minutes__"))

    @classmethod
    def on_agenda(cls, prefix) -> Q:
        """Condition for items on the agenda: not raised at the meeting, and not waiting for the supplement."""
        return Q(**{f"{prefix}raised_at_meeting": False}) & ~Q(**{f"{prefix}supplement": cls.Supplement.WAITING})

    @property
    def is_on_agenda(self) -> bool:
        return not self.raised_at_meeting and self.supplement != self.Supplement.WAITING

    def join_supplement(self, day) -> None:
        """Put it on the supplementary agenda of that day, with its attachments; not saved."""
        self.supplement, self.supplemented_on = self.Supplement.SENT, day
        for attachment in self.attachments.all():
            attachment.item, attachment.meeting = self, self.meeting

    def roots(self):
        return self.meeting.papers

    def shows_in(self, root):
        return self.is_on_agenda or not isinstance(root, Agenda)

    @property
    def municipality(self):
        return self.meeting.municipality

    def clean(self):
        super().clean()
        if self.is_closed and not self.public_title:
            self.public_title = "Lukket punkt"

    MINUTES_FIELDS = frozenset({"discussion", "decision", "dissent", "plain_text"})  # its texts

    @property
    def heading(self) -> str:
        """The title without a number that was typed in front of it: every list numbers the items itself."""
        return without_number(self.title)

    def object_label(self):
        number = getattr(self, "number", None)
        return f"Punkt {number}. {self.heading}" if number else f"Punkt {self}"

    def withheld_text(self, files, with_minutes: bool) -> str:
        """Describe in Danish which parts of this closed item are not published."""
        fields = ["title", "presentation", "recommendation"]
        fields += ["discussion", "decision", "dissent", "plain_text"] if with_minutes else []
        held = [self._meta.get_field(name).verbose_name for name in fields if getattr(self, name)]
        if files:
            held.append(f"{len(files)} bilag ({', '.join(file.filename for file in files)})")
        if with_minutes and (agreements := self.agreements.count()):
            held.append("1 aftale" if agreements == 1 else f"{agreements} aftaler")
        shown = self.public_title or "Lukket punkt"
        return f"Punkt {getattr(self, 'number', '')} er lukket. Alle ser »{shown}«. Skjult bliver {join_words(held)}."

    def is_field_public(self, field, within):
        """Whether the field is public: only the neutral title of a closed item, and no minutes within an agenda."""
        if self.is_closed and field != "public_title":
            return False
        return not (isinstance(within, Agenda) and (not self.is_on_agenda or field in {"answer", *self.MINUTES_FIELDS}))

    # Fields that decide where it stands, also when it is closed.
    PLACE_FIELDS = frozenset({"position", "is_closed", "supplement", "supplemented_on", "raised_at_meeting"})

    def is_read(self, field):
        is_shown = any(root.is_live and self.shows_in(root) for root in self.roots())
        return super().is_read(field) or (field in self.PLACE_FIELDS and is_shown)

    @transaction.atomic
    def save(self, **kwargs):
        super().save(**kwargs)
        if not self.is_closed:
            # Opening an item also publishes its attachments and agreements.
            for part in (*self.attachments.all(), *self.agreements.all()):
                part.item = self
                part.check_while_public()

    @property
    def anchor(self):
        return f"punkt-{self.pk}"

    def get_absolute_url(self):
        return f"{self.meeting.get_absolute_url()}#{self.anchor}"
