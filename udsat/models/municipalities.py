"""Municipalities and their regions over time."""

import datetime

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from udsat.lib.danish import slugify, sort_key
from udsat.lib.phones import PhoneField
from udsat.lib.publishing import ScopedQuerySet, check_texts

from .history import RevisionedModel
from .public_stamps import COUNTRY, StampedModel, StampedQuerySet, raise_stamp

# First path segments used by the portal itself. A test compares them with the URL configuration.
RESERVED_SLUGS = tuple(
    "admin api data emner foelg healthz kommuner om privatliv robots.txt sammenlign sitemap.xml soeg static "
    "tilgaengelighed was".split()
)


class Accent(models.TextChoices):
    HAV = "hav", "Hav"
    FJORD = "fjord", "Fjord"
    SKOV = "skov", "Skov"
    OKKER = "okker", "Okker"
    TEGL = "tegl", "Tegl"
    HYBEN = "hyben", "Hyben"
    BLOMME = "blomme", "Blomme"
    LYNG = "lyng", "Lyng"
    GRANIT = "granit", "Granit"


class Region(StampedModel):
    name = models.CharField("navn", max_length=60, unique=True)
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)

    objects = StampedQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = "region"
        verbose_name_plural = "regioner"

    def __str__(self):
        return self.name


class MunicipalityQuerySet(ScopedQuerySet):
    def published(self):
        """All municipalities are public; see `udsat.portal.views.municipalities_with_content`."""
        return self.all()

    def visible_to(self, user):
        return self.all()

    def in_region_order(self):
        return self.order_by("sort_key")


class Municipality(RevisionedModel):
    municipality_lookup = "pk"
    contact_fields = frozenset({"phone", "phone_hours", "email", "address"})
    is_live = True  # its contacts are public from the start

    code = models.CharField(
        "kommunekode", max_length=4, unique=True, validators=[RegexValidator(r"^\d{4}$", "Koden er fire cifre.")]
    )
    name = models.CharField("navn", max_length=60, unique=True)
    official_name = models.CharField("fuldt navn", max_length=80, help_text="For eksempel Esbjerg Kommune.")
    slug = models.SlugField("adresse", max_length=60, unique=True)
    sort_key = models.CharField(max_length=120, editable=False, db_index=True)
    accent = models.CharField("farve", max_length=12, choices=Accent.choices, default=Accent.HAV)
    is_fictional = models.BooleanField("opdigtet", default=False, help_text="Til øvelse og visning.")
    phone = PhoneField("telefon", blank=True)
    phone_hours = models.CharField("telefontid", max_length=80, blank=True)
    email = models.EmailField("e-mail", blank=True)
    address = models.CharField("adresse i byen", max_length=200, blank=True)
    website = models.URLField("hjemmeside", blank=True)

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key"]
        verbose_name = "kommune"
        verbose_name_plural = "kommuner"
        constraints = [
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_SLUGS),
                name="municipality_slug_not_reserved",
                violation_error_message="Den adresse bruger portalen selv. Vælg en anden.",
            ),
            models.CheckConstraint(condition=Q(accent__in=Accent.values), name="municipality_accent_known"),
        ]

    def __str__(self):
        return self.official_name

    def publication_roots(self):
        return [self]

    def publication_parts(self):
        return [self]

    def withheld_titles(self) -> list[str]:
        return []

    def withheld_agreements(self) -> list[tuple[str, str]]:
        return []

    def clean(self):
        check_texts(self, lambda finding: False)

    def save(self, **kwargs):
        self.slug = self.slug or slugify(self.name)
        self.sort_key = sort_key(self.name)
        super().save(**kwargs)

    def raise_stamps(self):
        super().raise_stamps()
        raise_stamp(COUNTRY)

    def get_absolute_url(self):
        return reverse("municipality", args=[self.slug])

    @property
    def municipality(self):
        return self

    def region_on(self, day: datetime.date) -> Region | None:
        """Return the region on that day, from prefetched periods."""
        for period in self.region_periods.all():
            if period.starts_on <= day and (period.ends_on is None or day <= period.ends_on):
                return period.region
        return None


class RegionPeriod(StampedModel):
    """The region of a municipality from one day to another, both included."""

    municipality_lookup = "municipality"

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="region_periods")
    region = models.ForeignKey(Region, models.PROTECT, related_name="periods")
    starts_on = models.DateField("fra og med")
    ends_on = models.DateField("til og med", null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on"]
        verbose_name = "regionsperiode"
        verbose_name_plural = "regionsperioder"
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "starts_on"],
                name="region_period_unique_start",
                violation_error_message="Kommunen har allerede en region fra den dag.",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="region_period_ends_after_start",
                violation_error_message="Perioden slutter, før den begynder.",
            ),
        ]

    def __str__(self):
        return f"{self.region} fra {self.starts_on}"
