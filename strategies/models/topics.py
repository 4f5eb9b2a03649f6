"""The national lists of topics and situations, which make themes of different municipalities comparable."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse


class NationalQuerySet(models.QuerySet):
    def published(self):
        """Return all rows: topics and situations are always public."""
        return self.all()


class NationalEntry(models.Model):
    """Base of topics and situations, which share the addresses below /emner/ and so may not share a slug."""

    slug = models.SlugField("adresse", max_length=60, unique=True)
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)

    objects = NationalQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, **kwargs):
        self.clean()
        super().save(**kwargs)

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
