"""The national lists: topics, which make themes of different municipalities comparable, situations and helplines."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone

from udsat.lib.cpr import find_cpr
from udsat.lib.phones import PhoneField
from udsat.models import StampedModel, StampedQuerySet


class NationalQuerySet(StampedQuerySet):
    def published(self):
        """Return all rows: topics and situations are always public."""
        return self.all()


class NationalText(StampedModel):
    """Base of the lists, which are public as soon as they are saved.

    They belong to no municipality, in which somebody could answer for a number that looks like a CPR number: it is
    refused.
    """

    objects = NationalQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, **kwargs):
        self.clean()
        super().save(**kwargs)

    def clean(self):
        super().clean()
        texts = [
            field for field in self._meta.concrete_fields if isinstance(field, models.CharField | models.TextField)
        ]
        errors = {
            field.name: f"Her står noget, der ligner et CPR-nummer ({number.masked}). Alle kan læse det. Fjern det."
            for field in texts
            for number in find_cpr(getattr(self, field.attname))
        }
        if errors:
            raise ValidationError(errors)


class NationalEntry(NationalText):
    """Base of topics and situations, which share the addresses below /emner/ and so may not share a slug."""

    slug = models.SlugField("adresse", max_length=60, unique=True)
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)

    class Meta(NationalText.Meta):
        abstract = True

    def get_absolute_url(self):
        return reverse("topic", args=[self.slug])

    def clean(self):
        super().clean()
        others = [model for model in NationalEntry.__subclasses__() if not isinstance(self, model)]
        if any(model.objects.filter(slug=self.slug).exists() for model in others):
            raise ValidationError({"slug": "Et emne eller en situation har allerede den adresse."})


class Topic(NationalEntry):
    name = models.CharField("navn", max_length=60, unique=True)
    description = models.CharField("beskrivelse", max_length=200, blank=True)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = "emne"
        verbose_name_plural = "emner"

    def __str__(self):
        return self.name


class Situation(NationalEntry):
    """A situation in a person's life, with advice and the topics of the goals that concern it."""

    title = models.CharField("situation", max_length=80, unique=True, help_text="Som borgeren selv ville sige det.")
    advice = models.TextField(
        "det kan du gøre nu", help_text="Et råd på hver linje. Kun det, der gælder i hele landet."
    )
    search_words = models.TextField(
        "søgeord",
        blank=True,
        help_text="Ord, som folk søger med, for eksempel »hjemløs« eller »bor på gaden«. Et på hver linje.",
    )
    topics = models.ManyToManyField(Topic, related_name="situations", verbose_name="emner")

    class Meta:
        ordering = ["position", "title"]
        verbose_name = "livssituation"
        verbose_name_plural = "livssituationer"

    def __str__(self):
        return self.title

    @property
    def steps(self) -> list[str]:
        return [line.strip() for line in self.advice.splitlines() if line.strip()]

    @property
    def ordered_helplines(self) -> list["Helpline"]:
        """Its helplines, those that are for it above all first."""
        return sorted(self.helplines.all(), key=lambda line: line.first_for_id != self.pk)

    @property
    def phrases(self) -> list[str]:
        """The search words, and the names and numbers of the helplines that are for it above all."""
        lines = [line for line in self.helplines.all() if line.first_for_id == self.pk]
        own = [text for line in lines for text in (line.name.split(",")[0], line.number)]
        return [line.strip() for line in self.search_words.splitlines() if line.strip()] + own


class Helpline(NationalText):
    """A national phone number for people in some of the situations, with its source."""

    # A number is due for a check when its source is this old.
    YEARS_UNTIL_CHECK = 2

    number = PhoneField("telefonnummer", max_length=20, unique=True)
    name = models.CharField("hvem svarer", max_length=100)
    audience = models.CharField("for hvem", max_length=200, help_text="For eksempel »børn og unge«.")
    hours = models.CharField("hvornår", max_length=100, blank=True, help_text="Tom: kilden siger det ikke.")
    is_anonymous = models.BooleanField("man kan være anonym", default=False)
    is_free = models.BooleanField("gratis", default=False)
    source = models.CharField("kilde", max_length=200, help_text="Hvor nummeret er tjekket, for eksempel danner.dk.")
    checked_in = models.PositiveSmallIntegerField("tjekket i år")
    situations = models.ManyToManyField(Situation, related_name="helplines", verbose_name="livssituationer")
    first_for = models.ForeignKey(
        Situation, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="vises først ved"
    )
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = "hjælpelinje"
        verbose_name_plural = "hjælpelinjer"

    def __str__(self):
        return f"{self.name}, {self.number}"

    @property
    def needs_check(self) -> bool:
        return timezone.localdate().year - self.checked_in >= self.YEARS_UNTIL_CHECK
