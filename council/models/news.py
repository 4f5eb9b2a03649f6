"""News of a municipality."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone

from strategies.models import Strategy
from udsat.lib.danish import slugify
from udsat.lib.richtext import RichTextField
from udsat.models import Municipality, Publishable


class News(Publishable):
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="news", verbose_name="kommune")
    title = models.CharField("titel", max_length=200)
    slug = models.SlugField("adresse", max_length=100, blank=True, help_text="Tom: laves af titlen.")
    date = models.DateField("dato", default=timezone.localdate)
    date_is_month = models.BooleanField("kun måned kendes", default=False)
    lead = models.TextField("indledning", blank=True, max_length=600)
    body = RichTextField("tekst", blank=True)
    strategy = models.ForeignKey(
        Strategy, models.SET_NULL, null=True, blank=True, related_name="news", verbose_name="om strategien"
    )
    meeting = models.ForeignKey(
        "council.Meeting", models.SET_NULL, null=True, blank=True, related_name="news", verbose_name="om mødet"
    )
    is_restatement = models.BooleanField("kort gengivelse", default=False)
    source_url = models.URLField("kilde", blank=True)

    class Meta(Publishable.Meta):
        ordering = ["-date", "-pk"]
        verbose_name = "nyhed"
        verbose_name_plural = "nyheder"
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(
                fields=["municipality", "slug"],
                name="news_unique_slug",
                violation_error_message="Kommunen har allerede en nyhed med den adresse.",
            ),
        ]

    def __str__(self):
        return self.title

    def clean(self):
        if not self.slug and self.municipality_id:
            self.slug = self._free_slug()
        super().clean()
        for field in ("strategy", "meeting"):
            about = getattr(self, field)
            if about and self.municipality_id and about.municipality != self.municipality:
                raise ValidationError({field: "Vælg noget fra samme kommune."})

    def save(self, **kwargs):
        if not self.slug:
            self.slug = self._free_slug()
        super().save(**kwargs)

    def _free_slug(self):
        stem = slugify(self.title, 90) or "nyhed"
        others = News.objects.filter(municipality=self.municipality).exclude(pk=self.pk)
        taken = set(others.values_list("slug", flat=True))
        return next(s for s in [stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))] if s not in taken)

    def get_absolute_url(self):
        return reverse("news-story", args=[self.municipality.slug, self.slug])
