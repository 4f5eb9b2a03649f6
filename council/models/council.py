"""Councils, their standard agenda, causes and working groups."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from udsat.lib.phones import PhoneField
from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.richtext import RichTextField
from udsat.lib.roles import Role
from udsat.models import Assignment, Municipality, Part, Publishable, User


class ItemKind(models.TextChoices):
    APPROVAL = "godkendelse", "Til godkendelse"
    INFORMATION = "orientering", "Til orientering"
    DISCUSSION = "droeftelse", "Til drøftelse"
    DECISION = "beslutning", "Til beslutning"


class Council(Publishable):
    class Quorum(models.TextChoices):
        HALF = "halvdelen", "Når mindst halvdelen er til stede"
        MORE_THAN_HALF = "over-halvdelen", "Når mere end halvdelen er til stede"

    class ApprovalWay(models.TextChoices):
        NEXT_MEETING = "naeste-moede", "På det næste møde"
        WRITTEN = "skriftligt", "Skriftligt, efter at det er sendt rundt"

    class Style(models.TextChoices):
        CASE = "sag", "Sager (sagsfremstilling, indstilling, beslutning)"
        LIGHT = "let", "Let (referat og aftale)"
        NARRATIVE = "fortaellende", "Fortællende (1. …)"
        POINT = "punkt", "Punkt 1: …"

    contact_fields = frozenset({"phone", "phone_hours", "email", "address", "meeting_place", "directions"})

    municipality = models.OneToOneField(Municipality, models.PROTECT, related_name="council", verbose_name="kommune")
    name = models.CharField("officielt navn", max_length=120, default="Udsatterådet")
    summary = models.TextField("kort om rådet", blank=True, max_length=600)
    about = RichTextField("om rådet", blank=True)
    plain_text = RichTextField("kort fortalt", blank=True, help_text="Det vigtigste på let dansk.")
    size = models.PositiveSmallIntegerField("antal medlemmer", null=True, blank=True)
    ordinary_meetings = models.PositiveSmallIntegerField("ordinære møder om året", null=True, blank=True)
    chair_label = models.CharField(
        "rådets ord for formand",
        max_length=30,
        blank=True,
        help_text="For eksempel »forperson« eller »talsperson«. Tom: rådet har ingen.",
    )
    term_starts_on = models.DateField("perioden begynder", null=True, blank=True)
    term_ends_on = models.DateField("perioden slutter", null=True, blank=True)
    # None: unknown.
    has_hearing_right = models.BooleanField("høringsret", null=True, blank=True)
    has_secretary = models.BooleanField("egen sekretær", null=True, blank=True)
    has_budget = models.BooleanField("eget budget", null=True, blank=True)
    has_premises = models.BooleanField("egne lokaler", null=True, blank=True)
    meetings_open = models.BooleanField("møderne er åbne", null=True, blank=True)
    visits = models.TextField("besøg", blank=True, help_text="Hvor rådet kommer ud, og hvad det gør der.")
    work = RichTextField("sådan arbejder rådet", blank=True)
    dialogue_label = models.CharField(
        "ord for dialogmøder", max_length=60, blank=True, help_text="For eksempel »Dialogklippekort«."
    )
    dialogue_text = models.TextField("om dialogmøderne", blank=True)
    # Rules of procedure. They give deadlines and reminders, and are not enforced.
    agenda_days = models.PositiveSmallIntegerField(
        "dagsorden ud, dage før mødet", null=True, blank=True, help_text="Mange råd har 7 eller 8 dage."
    )
    item_days = models.PositiveSmallIntegerField(
        "punkter ind, dage før mødet", null=True, blank=True, help_text="Sidste dag, et medlem kan foreslå et punkt."
    )
    quorum = models.CharField(
        "beslutningsdygtigt", max_length=15, choices=Quorum.choices, blank=True, help_text="Tom: rådet har ingen regel."
    )
    chaired_by = models.CharField(
        "hvem leder møderne?", max_length=160, blank=True, help_text="Tom: den, rådet har valgt til det."
    )
    minutes_style = models.CharField("referatets form", max_length=15, choices=Style.choices, default=Style.CASE)
    approval = models.CharField(
        "referatet godkendes", max_length=15, choices=ApprovalWay.choices, default=ApprovalWay.NEXT_MEETING
    )
    approval_days = models.PositiveSmallIntegerField("svarfrist ved skriftlig godkendelse, dage", default=7)
    keep_years = models.PositiveSmallIntegerField(
        "navne slettes, år efter udtræden",
        null=True,
        blank=True,
        help_text="Tom: de bliver stående, til du selv sletter dem.",
    )
    # Retention of inputs, as promised on the form.
    input_months = models.PositiveSmallIntegerField(
        "henvendelser slettes, måneder efter svaret",
        default=6,
        validators=[MinValueValidator(1)],
        help_text="Navn, telefon, e-mail og det, borgeren skrev. Så længe lover siden, at det bliver gemt.",
    )
    # »Kan jeg komme med?«: usual facts about the meetings. Empty fields are left out.
    meeting_place = models.CharField(
        "møderne er som regel her",
        max_length=160,
        blank=True,
        help_text="Skriv det, som det står i »Sted« på møderne. Vejen derhen og adgangen vises kun på møder her.",
    )
    directions = models.TextField("sådan finder du derhen", blank=True, max_length=600)
    access = models.TextField(
        "trin, elevator og toilet", blank=True, max_length=400, help_text="For eksempel »Ingen trin. Handicaptoilet.«"
    )
    travel_money = models.TextField("penge til rejsen", blank=True, max_length=400)
    food = models.TextField("mad og kaffe", blank=True, max_length=400)
    companion = models.TextField("bisidder eller ven", blank=True, max_length=400)
    interpreter = models.TextField("tolk", blank=True, max_length=400)
    phone = PhoneField("telefon", blank=True)
    phone_hours = models.CharField("telefontid", max_length=80, blank=True)
    email = models.EmailField("e-mail", blank=True)
    address = models.CharField("adresse", max_length=200, blank=True)
    is_restatement = models.BooleanField(
        "kort gengivelse", default=False, help_text="Siden gengiver kommunens egen side med andre ord."
    )
    source_url = models.URLField("kommunens egen side", blank=True)
    source_checked_on = models.DateField("kilden set", null=True, blank=True)

    class Meta(Publishable.Meta):
        ordering = ["municipality__sort_key"]
        verbose_name = "udsatteråd"
        verbose_name_plural = "udsatteråd"
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(term_starts_on=None) | Q(term_ends_on=None) | Q(term_ends_on__gte=F("term_starts_on")),
                name="council_term_ends_after_start",
                violation_error_message="Perioden slutter, før den begynder.",
            ),
        ]

    def __str__(self):
        return f"{self.name} i {self.municipality}"

    def get_absolute_url(self):
        return reverse("council", args=[self.municipality.slug])

    @property
    def sender_name(self) -> str:
        """Sender name of e-mails, such as »Udsatterådet i Esbjerg«."""
        municipality_name = self.municipality.name
        return self.name if municipality_name.lower() in self.name.lower() else f"{self.name} i {municipality_name}"

    @property
    def mailbox(self) -> str:
        """Reply address of its letters; empty if none is known."""
        return self.email or self.municipality.email or self._secretary_email()

    def quorum_needed(self, seats: int) -> int:
        """Return the number of voting seats that must be filled to make decisions; 0 without a rule."""
        match self.quorum:
            case self.Quorum.HALF:
                return -(-seats // 2)
            case self.Quorum.MORE_THAN_HALF:
                return seats // 2 + 1
        return 0

    @property
    def offers_dialogue(self) -> bool:
        """Whether dialogue meetings can be booked."""
        return bool(self.dialogue_label or self.dialogue_text)

    def _secretary_email(self) -> str:
        secretaries = User.objects.filter(
            is_active=True, assignments__municipality=self.municipality, assignments__role=Role.SECRETARY
        )
        return secretaries.exclude(email="").order_by("pk").values_list("email", flat=True).first() or ""

    def publication_parts(self):
        people = [m.person for m in self.memberships.select_related("person") if m.person]
        return [self, *self.memberships.all(), *people, *self.causes.all(), *self.groups.all()]


def readers() -> models.QuerySet[Assignment]:
    """Return the assignments of users who handle citizens' inputs, in all municipalities."""
    roles = [Role.SECRETARY, Role.ADMINISTRATOR]
    return Assignment.objects.filter(role__in=roles, user__is_active=True, user__is_staff=True)


class StandardItem(models.Model):
    """An item at the beginning or end of every ordinary agenda."""

    class Brings(models.TextChoices):
        APPROVAL = "referat", "Godkendelse af referatet fra sidste møde"
        AGREEMENTS = "aftaler", "De aftaler, der ikke er gjort"
        NEXT_MEETING = "naeste-moede", "Dato for næste møde"

    municipality_lookup = "council__municipality"

    council = models.ForeignKey(Council, models.CASCADE, related_name="standard_items", verbose_name="råd")
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    title = models.CharField("titel", max_length=200)
    kind = models.CharField("slags", max_length=12, choices=ItemKind.choices, blank=True)
    brings = models.CharField("udfyldes med", max_length=12, choices=Brings.choices, blank=True)
    is_last = models.BooleanField("sidst på dagsordenen", default=False, help_text="Efter dagens egne punkter.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["is_last", "position", "pk"]
        verbose_name = "fast punkt"
        verbose_name_plural = "faste punkter"

    def __str__(self):
        return self.title


class Cause(Part):
    root_lookup = "council"
    municipality_lookup = "council__municipality"

    council = models.ForeignKey(Council, models.CASCADE, related_name="causes", verbose_name="råd")
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    title = models.CharField("titel", max_length=200)
    body = RichTextField("tekst", blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "mærkesag"
        verbose_name_plural = "mærkesager"

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"{reverse('causes', args=[self.council.municipality.slug])}#maerkesag-{self.pk}"


class WorkingGroup(Part):
    root_lookup = "council"
    is_indexed = False
    municipality_lookup = "council__municipality"

    council = models.ForeignKey(Council, models.CASCADE, related_name="groups", verbose_name="råd")
    cause = models.ForeignKey(
        Cause, models.SET_NULL, null=True, blank=True, related_name="groups", verbose_name="mærkesag"
    )
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    name = models.CharField("navn", max_length=160, blank=True, help_text="Tom: kendes på sin mærkesag.")
    description = RichTextField("beskrivelse", blank=True)
    members = models.ManyToManyField("council.Membership", blank=True, related_name="groups", verbose_name="medlemmer")

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "arbejdsgruppe"
        verbose_name_plural = "arbejdsgrupper"

    def __str__(self):
        return self.name or (f"Gruppen om {self.cause.title.lower()}" if self.cause else "Arbejdsgruppe")
