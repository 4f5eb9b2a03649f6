"""Strategies of a municipality and their sections of text."""

import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from udsat.lib.danish import long_date, month_year, slugify
from udsat.lib.prepared import present_day
from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.richtext import RichTextField
from udsat.models import Municipality, Part, Publishable

from .follow_up import FollowUp
from .themes import Action, Goal

NEWEST_FIRST = [F("starts_on").desc(nulls_last=True), F("adopted_on").desc(nulls_last=True), "-published_at", "-pk"]


class StrategyQuerySet(ScopedQuerySet):
    def in_force(self):
        """Return published strategies that have begun, have not ended and are not replaced, the newest first."""
        return self.not_replaced().filter(_begun(""), _not_ended()).newest_first()

    def not_replaced(self):
        """Return published strategies that no published strategy in effect replaces, whatever their period."""
        replaced = Strategy.objects.replacing().filter(replaces__isnull=False)
        return self.published().exclude(pk__in=replaced.values("replaces"))

    def newest_first(self):
        return self.order_by(*NEWEST_FIRST)

    def in_force_first(self):
        """Order published strategies with those of `in_force()` first, and then the newest; with their validity."""
        in_force = Case(When(_begun("") & _not_ended() & Q(is_replaced=False), then=0), default=1)
        return self.with_validity().order_by(in_force, *NEWEST_FIRST)

    def with_validity(self):
        """Select what `Strategy.validity` uses."""
        is_replaced = Case(When(_replacing("replacement__"), then=Value(True)), default=Value(False))
        return self.select_related("municipality", "replacement__municipality").annotate(is_replaced=is_replaced)

    def replacing(self):
        """Return published strategies that have begun; those they replace are no longer in force."""
        return self.filter(_replacing(""))

    def validity_by_pk(self) -> "dict[int, Strategy.Validity]":
        """Return the validity of each strategy, in one query without texts."""
        replaced = Exists(Strategy.objects.replacing().filter(replaces=OuterRef("pk")))
        rows = self.order_by().annotate(is_replaced=replaced).values_list("pk", "is_replaced", "starts_on", "ends_on")
        return {pk: validity(is_replaced, starts_on, ends_on) for pk, is_replaced, starts_on, ends_on in rows}

    def with_goals(self):
        """Prefetch the themes with their goals and follow-ups, which progress and house are made of."""
        return self.with_validity().prefetch_related("themes__goals__follow_ups")

    def with_content(self):
        """Prefetch everything a page or PDF shows."""
        return self.with_goals().prefetch_related(
            "sections", "themes__topics", "themes__actions", "themes__goals__actions"
        )

    def stale_goals(self, today: datetime.date):
        """Return goals of strategies in force without a follow-up for more than a year, annotated with `since`.

        `since` is the date of the latest follow-up, or the start of the strategy if there is none. Goals reached or
        given up are left out, and so are goals with subgoals, which are followed up in their place.
        """
        latest = FollowUp.objects.filter(goal=OuterRef("pk")).order_by("-date", "-pk")
        strategy = "theme__strategy__"
        return (
            Goal.objects.filter(theme__strategy__in=self.in_force().order_by(), children=None)
            .annotate(
                latest_status=Subquery(latest.values("status")[:1]),
                since=Coalesce(
                    Subquery(latest.values("date")[:1]),
                    f"{strategy}starts_on",
                    f"{strategy}adopted_on",
                    TruncDate(f"{strategy}published_at"),
                ),
            )
            .filter(Q(latest_status=None) | ~Q(latest_status__in=FollowUp.FINAL), since__lt=_a_year_before(today))
        )


def _replacing(prefix: str) -> Q:
    """Condition for published strategies that have begun; those they replace are no longer in force."""
    return Strategy.published_when(prefix) & _begun(prefix)


def _begun(prefix: str) -> Q:
    return Q(**{f"{prefix}starts_on": None}) | Q(**{f"{prefix}starts_on__lte": present_day()})


def _not_ended() -> Q:
    return Q(ends_on=None) | Q(ends_on__gte=present_day())


def _a_year_before(day: datetime.date) -> datetime.date:
    # 29 February has no equivalent a year earlier.
    return (day - datetime.timedelta((day.month, day.day) == (2, 29))).replace(year=day.year - 1)


class Strategy(Publishable):
    class Kind(models.TextChoices):
        STRATEGY = "strategi", "Strategi"
        POLICY = "politik", "Politik"
        PLAN = "plan", "Plan for indsatser"
        DEVELOPMENT_PLAN = "udviklingsplan", "Udviklingsplan"

    class Precision(models.TextChoices):
        DAY = "dag", "Dag"
        MONTH = "maaned", "Måned"
        YEAR = "aar", "År"

    class Validity(models.TextChoices):
        """Derived from period and replacement; not stored."""

        COMING = "kommer", "Træder i kraft senere"
        IN_FORCE = "gaeldende", "Gældende"
        UNTIL_FURTHER = "indtil-videre", "Gælder indtil videre"
        EXPIRED = "udloebet", "Perioden er udløbet"
        REPLACED = "erstattet", "Erstattet"

        @property
        def is_in_force(self) -> bool:
            return self.value in ("gaeldende", "indtil-videre")

    versions_kept = "text"

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="strategies", verbose_name="kommune")
    title = models.CharField("titel", max_length=200, help_text="Uden årstal. Perioden har sine egne felter.")
    slug = models.SlugField("adresse", max_length=100, blank=True, help_text="Tom: laves af titel og årstal.")
    kind = models.CharField("dokumenttype", max_length=15, choices=Kind.choices, default=Kind.STRATEGY)
    summary = models.TextField("resumé", blank=True, max_length=600, help_text="En eller to sætninger.")
    plain_text = RichTextField("kort fortalt", blank=True, help_text="Det vigtigste på let dansk.")
    starts_on = models.DateField("gælder fra", null=True, blank=True)
    ends_on = models.DateField("gælder til og med", null=True, blank=True, help_text="Tom: gælder indtil videre.")
    adopted_on = models.DateField("vedtaget", null=True, blank=True)
    adopted_precision = models.CharField(
        "vedtaget, nøjagtighed",
        max_length=8,
        choices=Precision.choices,
        default=Precision.DAY,
        help_text="Vælg måned eller år, hvis du ikke kender dagen.",
    )
    adopted_by = models.CharField("vedtaget af", max_length=80, blank=True, help_text="For eksempel byrådet.")
    theme_label = models.CharField("ord for tema", max_length=40, default="tema")
    theme_label_plural = models.CharField("ord for temaer", max_length=40, default="temaer")
    goal_label = models.CharField("ord for mål", max_length=40, default="mål")
    goal_label_plural = models.CharField("ord for flere mål", max_length=40, default="mål")
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", verbose_name="hører under"
    )
    replaces = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="replacement", verbose_name="erstatter"
    )
    is_restatement = models.BooleanField(
        "kort gengivelse", default=False, help_text="Siden gengiver kommunens eget dokument med andre ord."
    )
    source_url = models.URLField("kommunens egen side", blank=True)
    source_checked_on = models.DateField("kilden set", null=True, blank=True)

    objects = StrategyQuerySet.as_manager()

    class Meta(Publishable.Meta):
        verbose_name = "strategi"
        verbose_name_plural = "strategier"
        ordering = ["municipality__sort_key", F("starts_on").desc(nulls_last=True), "title"]
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(
                fields=["municipality", "slug"],
                name="strategy_unique_slug",
                violation_error_message="Kommunen har allerede en strategi med den adresse.",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="strategy_ends_after_start",
                violation_error_message="Slutdatoen ligger før startdatoen.",
            ),
            models.CheckConstraint(
                condition=~Q(replaces=F("id")) & ~Q(parent=F("id")),
                name="strategy_not_its_own_relative",
                violation_error_message="En strategi kan ikke erstatte eller høre under sig selv.",
            ),
        ]

    def __str__(self):
        return f"{self.title} {self.period}".strip()

    def save(self, **kwargs):
        if not self.slug:
            self.slug = self._free_slug()
        super().save(**kwargs)

    def get_absolute_url(self):
        return reverse("strategy", args=[self.municipality.slug, self.slug])

    def get_progress_url(self):
        return reverse("strategy-progress", args=[self.municipality.slug, self.slug])

    def get_pdf_url(self):
        return reverse("strategy-pdf", args=[self.municipality.slug, self.slug])

    def get_summary_pdf_url(self):
        return reverse("strategy-summary-pdf", args=[self.municipality.slug, self.slug])

    def get_version_url(self, number=None):
        number = number or self.public_version
        return reverse("strategy-version", args=[self.municipality.slug, self.slug, number])

    def clean(self):
        if not self.slug and self.municipality_id:
            self.slug = self._free_slug()
        super().clean()
        for field in ("parent", "replaces"):
            relative = getattr(self, field)
            if relative and self.municipality_id and relative.municipality_id != self.municipality_id:
                raise ValidationError({field: "Vælg en strategi fra samme kommune."})

    def _free_slug(self):
        years = "-".join(str(day.year) for day in (self.starts_on, self.ends_on) if day)
        stem = slugify(f"{self.title} {years}", 90) or "strategi"
        others = Strategy.objects.filter(municipality=self.municipality).exclude(pk=self.pk)
        taken = set(others.values_list("slug", flat=True))
        return next(slug for slug in [stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))] if slug not in taken)

    @property
    def period(self) -> str:
        """»2023–2026«, with whole dates when it does not follow calendar years, or ""."""
        start, end = self.starts_on, self.ends_on
        if not start and not end:
            return ""
        if (not start or (start.month, start.day) == (1, 1)) and (not end or (end.month, end.day) == (12, 31)):
            if not end:
                return f"fra {start.year}"
            if not start:
                return f"til {end.year}"
            return str(start.year) if start.year == end.year else f"{start.year}–{end.year}"
        return " ".join(part for part in (start and f"fra {long_date(start)}", end and f"til {long_date(end)}") if part)

    @property
    def adopted_text(self) -> str:
        """»Vedtaget af byrådet i december 2018«, or ""."""
        if not self.adopted_on:
            return ""
        by = f" af {self.adopted_by}" if self.adopted_by else ""
        when = {
            self.Precision.DAY: f"den {long_date(self.adopted_on)}",
            self.Precision.MONTH: f"i {month_year(self.adopted_on)}",
            self.Precision.YEAR: f"i {self.adopted_on.year}",
        }[self.adopted_precision]
        return f"Vedtaget{by} {when}"

    @cached_property
    def replaced_by(self) -> "Strategy | None":
        """The published strategy that has replaced this one, without a query for one of `with_validity()`."""
        if "is_replaced" in self.__dict__:
            return self.replacement if self.is_replaced else None
        return Strategy.objects.replacing().filter(replaces=self).select_related("municipality").first()

    @property
    def validity(self) -> Validity:
        return validity(self.replaced_by is not None, self.starts_on, self.ends_on)

    @property
    def is_in_force(self) -> bool:
        return self.validity.is_in_force

    @cached_property
    def vision(self) -> "Section | None":
        return next((section for section in self.sections.all() if section.kind == Section.Kind.VISION), None)

    def stale_since(self, goal: Goal, today: datetime.date) -> datetime.date | None:
        """Return `since` of one of the `stale_goals()` of this published strategy; None if the goal is none of them."""
        latest = goal.latest_follow_up
        if goal.subgoals or not self.is_in_force or (latest and latest.status in FollowUp.FINAL):
            return None
        since = latest.date if latest else self.starts_on or self.adopted_on
        since = since or (self.published_at and timezone.localdate(self.published_at))
        return since if since and since < _a_year_before(today) else None

    @property
    def goal_count(self) -> int:
        return sum(len(theme.all_goals) for theme in self.themes.all())

    def publication_parts(self):
        goals = Goal.objects.filter(theme__strategy=self)
        return [
            self,
            *self.sections.all(),
            *self.themes.all(),
            *goals,
            *Action.objects.filter(Q(theme__strategy=self) | Q(goal__theme__strategy=self)),
            *FollowUp.objects.filter(goal__theme__strategy=self),
        ]


def validity(is_replaced: bool, starts_on: datetime.date | None, ends_on: datetime.date | None) -> Strategy.Validity:
    """Return the validity of a strategy today."""
    today = timezone.localdate()
    if is_replaced:
        return Strategy.Validity.REPLACED
    if starts_on and starts_on > today:
        return Strategy.Validity.COMING
    if ends_on and ends_on < today:
        return Strategy.Validity.EXPIRED
    return Strategy.Validity.IN_FORCE if ends_on else Strategy.Validity.UNTIL_FURTHER


class Section(Part):
    class Kind(models.TextChoices):
        FOREWORD = "forord", "Forord"
        PURPOSE = "formaal", "Formål"
        VISION = "vision", "Vision"
        DEFINITION = "definition", "Definition"
        VALUES = "vaerdier", "Menneskesyn og værdier"
        FACTS = "fakta", "Fakta"
        STORY = "fortaelling", "Borgers fortælling"
        BACKGROUND = "baggrund", "Baggrund"
        SUCCESS = "succes", "Succeskriterier"
        OTHER = "andet", "Andet"

    root_lookup = "strategy"
    municipality_lookup = "strategy__municipality"

    strategy = models.ForeignKey(Strategy, models.CASCADE, related_name="sections", verbose_name="strategi")
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    kind = models.CharField("slags", max_length=12, choices=Kind.choices, default=Kind.OTHER)
    heading = models.CharField("overskrift", max_length=200, blank=True)
    body = RichTextField("tekst", blank=True)
    signed_by = models.CharField("underskrevet af", max_length=200, blank=True)
    film_url = models.URLField("film", blank=True, help_text="Adresse på en film, der hører til.")

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "afsnit"
        verbose_name_plural = "afsnit"
        constraints = [
            models.UniqueConstraint(
                fields=["strategy"],
                condition=Q(kind="vision"),
                name="section_one_vision",
                violation_error_message="En strategi har kun én vision.",
            )
        ]

    def __str__(self):
        return self.display_heading

    @property
    def display_heading(self):
        return self.heading or self.get_kind_display()
