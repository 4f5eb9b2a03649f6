"""A municipality's strategy as structured data: sections, themes, goals, and what came of them."""

import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from udsat.lib.danish import long_date, month_year, slugify
from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.richtext import RichTextField
from udsat.models import Municipality, Part, Publishable


class NationalQuerySet(models.QuerySet):
    def published(self):
        return self.all()


class NationalEntry(models.Model):
    """What stands below /emner/. Topics and situations share their addresses, so no slug is used by both."""

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
    """The national list that makes themes of different municipalities comparable."""

    name = models.CharField("navn", max_length=60, unique=True)
    description = models.CharField("beskrivelse", max_length=200, blank=True)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = "emne"
        verbose_name_plural = "emner"

    def __str__(self):
        return self.name


class Situation(NationalEntry):
    """What somebody in trouble would say, and the topics that hold what is promised about it."""

    title = models.CharField("situation", max_length=80, unique=True, help_text="Som borgeren selv ville sige det.")
    advice = models.TextField(
        "det kan du gøre nu",
        help_text="Et råd på hver linje. Kun det, der gælder i hele landet.",
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


class StrategyQuerySet(ScopedQuerySet):
    def in_force(self):
        """Published strategies that have begun, have not ended and are not replaced; the newest first."""
        day = timezone.localdate()
        begun_not_ended = (Q(starts_on=None) | Q(starts_on__lte=day), Q(ends_on=None) | Q(ends_on__gte=day))
        return self.not_replaced().filter(*begun_not_ended).newest_first()

    def not_replaced(self):
        """Published strategies that are the latest word: in force, coming, or past their period without a newer one."""
        replaced = Strategy.objects.replacing().filter(replaces__isnull=False)
        return self.published().exclude(pk__in=replaced.values("replaces"))

    def newest_first(self):
        return self.order_by(
            F("starts_on").desc(nulls_last=True), F("adopted_on").desc(nulls_last=True), "-published_at", "-pk"
        )

    def with_validity(self):
        """With what `validity` needs, in one query for the whole list."""
        return self.select_related("municipality").prefetch_related(
            Prefetch("replacement", Strategy.objects.replacing().select_related("municipality"), to_attr="replaced_by")
        )

    def replacing(self):
        """Published strategies that have begun, so that those they replace are over."""
        return self.published().filter(Q(starts_on=None) | Q(starts_on__lte=timezone.localdate()))

    def with_content(self):
        """With all that a page or PDF shows, in a constant number of queries."""
        return self.with_validity().prefetch_related(
            "sections",
            Prefetch(
                "themes",
                Theme.objects.prefetch_related(
                    "topics",
                    Prefetch(
                        "goals",
                        Goal.objects.filter(parent=None).prefetch_related(
                            "follow_ups",
                            "actions",
                            Prefetch("children", Goal.objects.prefetch_related("follow_ups", "actions")),
                        ),
                    ),
                    "actions",
                ),
            ),
        )


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
        """Derived, never stored."""

        COMING = "kommer", "Træder i kraft senere"
        IN_FORCE = "gaeldende", "Gældende"
        UNTIL_FURTHER = "indtil-videre", "Gælder indtil videre"
        EXPIRED = "udloebet", "Perioden er udløbet"
        REPLACED = "erstattet", "Erstattet"

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

    def clean(self):
        if not self.slug and self.municipality_id:
            self.slug = self._free_slug()
        super().clean()
        for field in ("parent", "replaces"):
            relative = getattr(self, field)
            if relative and self.municipality_id and relative.municipality_id != self.municipality_id:
                raise ValidationError({field: "Vælg en strategi fra samme kommune."})

    def save(self, **kwargs):
        if not self.slug:
            self.slug = self._free_slug()
        super().save(**kwargs)

    def _free_slug(self):
        years = "-".join(str(day.year) for day in (self.starts_on, self.ends_on) if day)
        slug = stem = slugify(f"{self.title} {years}", 90) or "strategi"
        others = Strategy.objects.filter(municipality=self.municipality).exclude(pk=self.pk)
        taken = set(others.values_list("slug", flat=True))
        count = 1
        while slug in taken:
            count += 1
            slug = f"{stem}-{count}"
        return slug

    def get_absolute_url(self):
        return reverse("strategy", args=[self.municipality.slug, self.slug])

    def get_progress_url(self):
        return reverse("strategy-progress", args=[self.municipality.slug, self.slug])

    def get_pdf_url(self):
        return reverse("strategy-pdf", args=[self.municipality.slug, self.slug])

    def get_summary_pdf_url(self):
        return reverse("strategy-summary-pdf", args=[self.municipality.slug, self.slug])

    @property
    def period(self) -> str:
        """2023–2026; whole dates when it does not follow calendar years; empty without any date."""
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
        """Vedtaget af byrådet i december 2018; empty when the date is unknown."""
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
        """The published strategy that has taken this one's place."""
        return Strategy.objects.replacing().filter(replaces=self).select_related("municipality").first()

    @property
    def validity(self) -> Validity:
        today = timezone.localdate()
        if self.replaced_by:
            return self.Validity.REPLACED
        if self.starts_on and self.starts_on > today:
            return self.Validity.COMING
        if self.ends_on and self.ends_on < today:
            return self.Validity.EXPIRED
        return self.Validity.IN_FORCE if self.ends_on else self.Validity.UNTIL_FURTHER

    @property
    def is_in_force(self) -> bool:
        return self.validity in (self.Validity.IN_FORCE, self.Validity.UNTIL_FURTHER)

    @cached_property
    def vision(self) -> "Section | None":
        return next((section for section in self.sections.all() if section.kind == Section.Kind.VISION), None)

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


# Addresses below a strategy that are not themes.
RESERVED_SLUGS = ["strategi.pdf", "resume.pdf", "opfoelgning"]


class Theme(Part):
    root_lookup = "strategy"
    municipality_lookup = "strategy__municipality"

    strategy = models.ForeignKey(Strategy, models.CASCADE, related_name="themes", verbose_name="strategi")
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    title = models.CharField("titel", max_length=200, blank=True, help_text="Må være tom, hvis gruppen ingen har.")
    slug = models.SlugField("adresse", max_length=100, blank=True, help_text="Tom: laves af titlen.")
    guiding_thread = models.TextField("ledetråd", blank=True)
    body = RichTextField("tekst", blank=True)
    goal_lead_in = models.CharField(
        "indledning til mål",
        max_length=300,
        blank=True,
        help_text="For eksempel »Vi vil:«. Målene læses i forlængelse.",
    )
    plain_text = RichTextField("kort fortalt", blank=True)
    topics = models.ManyToManyField(Topic, blank=True, related_name="themes", verbose_name="emner")

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "tema"
        verbose_name_plural = "temaer"
        constraints = [
            models.UniqueConstraint(
                fields=["strategy", "slug"],
                name="theme_unique_slug",
                violation_error_message="Strategien har allerede et tema med den adresse.",
            ),
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_SLUGS),
                name="theme_slug_not_reserved",
                violation_error_message="Adressen bruges til en anden side om strategien. Vælg en anden.",
            ),
        ]

    def __str__(self):
        return self.display_title

    def clean(self):
        if not self.slug and self.strategy_id:
            self.slug = self._free_slug()
        super().clean()

    def save(self, **kwargs):
        if not self.slug:
            self.slug = self._free_slug()
        super().save(**kwargs)

    def _free_slug(self):
        stem = slugify(self.title, 90) or "gruppe"
        others = Theme.objects.filter(strategy=self.strategy).exclude(pk=self.pk)
        taken = {*others.values_list("slug", flat=True), *RESERVED_SLUGS}
        candidates = (f"{stem}-{n}" for n in range(2 if self.title else 1, len(taken) + 3))
        return stem if self.title and stem not in taken else next(c for c in candidates if c not in taken)

    def get_absolute_url(self):
        return reverse("theme", args=[self.strategy.municipality.slug, self.strategy.slug, self.slug])

    @cached_property
    def number(self) -> int:
        """Its place among the strategy's themes, from 1 (uses the prefetched themes)."""
        return next((n for n, theme in enumerate(self.strategy.themes.all(), 1) if theme.pk == self.pk), 1)

    @property
    def display_title(self):
        return self.title or f"Gruppe {self.number}"

    @property
    def all_goals(self) -> "list[Goal]":
        """Both layers in reading order; ask it of a theme from `with_content()`."""
        tops = [goal for goal in self.goals.all() if goal.parent_id is None]
        return [goal for top in tops for goal in (top, *top.children.all())]


class GoalQuerySet(ScopedQuerySet):
    def quiet(self, today: datetime.date):
        """Those that nobody has said anything of for more than a year, with the day they are quiet `since`.

        Only of strategies in force, counted from the start where nothing was ever said. A goal that is reached or
        given up has been told of for good, and one with goals below it is told of by them.
        """
        told = FollowUp.objects.filter(goal=OuterRef("pk")).order_by("-date", "-pk")
        strategy = "theme__strategy__"
        # The 29th of February has no day a year before.
        a_year_ago = (today - datetime.timedelta((today.month, today.day) == (2, 29))).replace(year=today.year - 1)
        return (
            self.filter(theme__strategy__in=Strategy.objects.in_force().order_by(), children=None)
            .annotate(
                told=Subquery(told.values("status")[:1]),
                since=Coalesce(
                    Subquery(told.values("date")[:1]),
                    f"{strategy}starts_on",
                    f"{strategy}adopted_on",
                    TruncDate(f"{strategy}published_at"),
                ),
            )
            .filter(Q(told=None) | ~Q(told__in=FollowUp.FOR_GOOD), since__lt=a_year_ago)
        )


class Goal(Part):
    root_lookup = "theme__strategy"
    municipality_lookup = "theme__strategy__municipality"

    theme = models.ForeignKey(Theme, models.CASCADE, related_name="goals", verbose_name="tema")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name="under mål"
    )
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    text = models.TextField("mål", help_text="Ordret. Indledningen står på temaet.")
    explanation = RichTextField("uddybning", blank=True)
    target = models.CharField("måltal", max_length=120, blank=True, help_text="For eksempel »20 boliger i 2028«.")
    plain_text = models.TextField("kort fortalt", blank=True)

    objects = GoalQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "mål"
        verbose_name_plural = "mål"
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="goal_not_its_own_parent",
                violation_error_message="Et mål kan ikke ligge under sig selv.",
            )
        ]

    def __str__(self):
        return self.text

    def clean(self):
        super().clean()
        if self.parent and self.theme_id and self.parent.theme_id != self.theme_id:
            raise ValidationError({"parent": "Vælg et mål i samme tema."})
        if self.parent and self.parent.parent_id:
            raise ValidationError({"parent": "Mål kan ligge i to lag, ikke flere."})

    def get_absolute_url(self):
        return f"{self.theme.get_absolute_url()}#{self.anchor}"

    @property
    def anchor(self):
        return f"maal-{self.pk}"

    @property
    def full_text(self) -> str:
        """The goal as it reads alone: with the words that lead into it."""
        lead_in = self.parent.text if self.parent else self.theme.goal_lead_in
        return f"{lead_in.rstrip()} {self.text}".strip()

    @property
    def latest_follow_up(self) -> "FollowUp | None":
        follow_ups = self.follow_ups.all()
        return follow_ups[0] if follow_ups else None

    @property
    def status(self) -> str:
        """Of the latest follow-up; empty without any."""
        return self.latest_follow_up.status if self.latest_follow_up else ""


class Action(Part):
    """What the municipality does to reach a goal, or for a theme as a whole."""

    is_indexed = False
    municipality_lookup = "strategy__municipality"
    root_lookup = "strategy"

    strategy = models.ForeignKey(
        Strategy, models.CASCADE, related_name="actions", verbose_name="strategi", editable=False
    )
    theme = models.ForeignKey(Theme, models.CASCADE, null=True, blank=True, related_name="actions", verbose_name="tema")
    goal = models.ForeignKey(Goal, models.CASCADE, null=True, blank=True, related_name="actions", verbose_name="mål")
    title = models.CharField("indsats", max_length=200)
    description = RichTextField("beskrivelse", blank=True)
    responsible = models.CharField("ansvarlig", max_length=120, blank=True, help_text="Afdeling eller udvalg.")
    starts_on = models.DateField("begynder", null=True, blank=True)
    ends_on = models.DateField("slutter", null=True, blank=True)

    class Meta:
        ordering = ["starts_on", "pk"]
        verbose_name = "indsats"
        verbose_name_plural = "indsatser"
        constraints = [
            models.CheckConstraint(
                condition=Q(theme__isnull=True) ^ Q(goal__isnull=True),
                name="action_of_theme_or_goal",
                violation_error_message="Vælg enten et tema eller et mål.",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="action_ends_after_start",
                violation_error_message="Slutdatoen ligger før startdatoen.",
            ),
        ]

    def __str__(self):
        return self.title

    def roots(self):
        return [(self.theme or self.goal.theme).strategy] if self.theme_id or self.goal_id else []

    def save(self, **kwargs):
        self.strategy = self.roots()[0]
        super().save(**kwargs)


class FollowUp(Part):
    class Status(models.TextChoices):
        REACHED = "naaet", "Nået"
        UNDER_WAY = "i-gang", "I gang"
        NOT_BEGUN = "ikke-begyndt", "Ikke begyndt"
        PAUSED = "i-bero", "Sat i bero"
        GIVEN_UP = "opgivet", "Opgivet"

    # After these nothing more is expected.
    FOR_GOOD = (Status.REACHED, Status.GIVEN_UP)

    root_lookup = "goal__theme__strategy"
    is_indexed = False
    municipality_lookup = "goal__theme__strategy__municipality"

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="follow_ups", verbose_name="mål")
    date = models.DateField("dato", default=timezone.localdate)
    status = models.CharField("status", max_length=12, choices=Status.choices)
    measure = models.CharField("målt", max_length=80, blank=True, help_text="For eksempel »12 af 20«.")
    text = models.TextField("hvad er der sket?", blank=True)
    source = models.CharField("kilde", max_length=200, blank=True)
    source_url = models.URLField("kildens adresse", blank=True)

    class Meta:
        ordering = ["-date", "-pk"]
        verbose_name = "opfølgning"
        verbose_name_plural = "opfølgninger"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["naaet", "i-gang", "ikke-begyndt", "i-bero", "opgivet"]),
                name="follow_up_status_known",
            )
        ]

    def __str__(self):
        return f"{self.get_status_display()} {long_date(self.date)}"
