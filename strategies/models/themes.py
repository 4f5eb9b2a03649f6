"""Themes of a strategy with their goals and actions."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import cached_property

from udsat.lib.danish import slugify
from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.richtext import RichTextField
from udsat.models import Part

from .follow_up import FollowUp
from .topics import Topic


def _rows_before(earlier, *group):
    """Number from 1 of a row among those of the queryset, which are before it, grouped by these columns."""
    return Coalesce(Subquery(earlier.order_by().values(*group).annotate(n=Count("pk")).values("n")), 0) + 1


def _is_before(position: str, pk: str) -> Q:
    return Q(position__lt=OuterRef(position)) | Q(position=OuterRef(position), pk__lt=OuterRef(pk))


# Addresses below a strategy that are not themes.
RESERVED_THEME_SLUGS = ["strategi.pdf", "resume.pdf", "opfoelgning"]


class ThemeQuerySet(ScopedQuerySet):
    def with_numbers(self):
        """Annotate `Theme.number`, for themes without the others of their strategy."""
        earlier = Theme.objects.filter(_is_before("position", "pk"), strategy=OuterRef("strategy"))
        return self.annotate(number=_rows_before(earlier, "strategy"))


class Theme(Part):
    root_lookup = "strategy"
    municipality_lookup = "strategy__municipality"

    strategy = models.ForeignKey("Strategy", models.CASCADE, related_name="themes", verbose_name="strategi")
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

    objects = ThemeQuerySet.as_manager()

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
                condition=~Q(slug__in=RESERVED_THEME_SLUGS),
                name="theme_slug_not_reserved",
                violation_error_message="Adressen bruges til en anden side om strategien. Vælg en anden.",
            ),
        ]

    def __str__(self):
        return self.display_title

    def save(self, **kwargs):
        if not self.slug:
            self.slug = self._free_slug()
        super().save(**kwargs)

    def get_absolute_url(self):
        return reverse("theme", args=[self.strategy.municipality.slug, self.strategy.slug, self.slug])

    def clean(self):
        if not self.slug and self.strategy_id:
            self.slug = self._free_slug()
        super().clean()

    def _free_slug(self):
        stem = slugify(self.title, 90) or "gruppe"
        others = Theme.objects.filter(strategy=self.strategy).exclude(pk=self.pk)
        taken = {*others.values_list("slug", flat=True), *RESERVED_THEME_SLUGS}
        candidates = (f"{stem}-{n}" for n in range(2 if self.title else 1, len(taken) + 3))
        return stem if self.title and stem not in taken else next(c for c in candidates if c not in taken)

    @cached_property
    def number(self) -> int:
        """The position among the strategy's themes, from 1. Uses prefetched themes."""
        return next((n for n, theme in enumerate(self.strategy.themes.all(), 1) if theme.pk == self.pk), 1)

    @property
    def display_title(self):
        return self.title or f"Gruppe {self.number}"

    @cached_property
    def top_goals(self) -> "list[Goal]":
        """The goals that are not below another, each with its `subgoals`."""
        goals = {goal.pk: goal for goal in self.goals.all()}
        top: list[Goal] = []
        for goal in goals.values():
            goal.subgoals = []
        for goal in goals.values():
            if above := goals.get(goal.parent_id):
                goal.parent = above
            (above.subgoals if above else top).append(goal)
        return top

    @property
    def all_goals(self) -> "list[Goal]":
        """Goals and subgoals in reading order, without a query for a theme of `Strategy.objects.with_goals()`."""
        return [goal for top in self.top_goals for goal in (top, *top.subgoals)]


class GoalQuerySet(ScopedQuerySet):
    def with_numbers(self):
        """Annotate what `Goal.number` consists of, for goals without prefetched themes and siblings."""
        themes = Theme.objects.filter(_is_before("theme__position", "theme"), strategy=OuterRef("theme__strategy"))
        top = Goal.objects.filter(_is_before("top_position", "top_pk"), theme=OuterRef("theme"), parent=None)
        below = Goal.objects.filter(_is_before("position", "pk"), parent=OuterRef("parent"))
        return self.annotate(
            top_position=Coalesce("parent__position", "position"),
            top_pk=Coalesce("parent_id", "pk"),
            theme_number=_rows_before(themes, "strategy"),
            top_number=_rows_before(top, "theme"),
            sub_number=Case(When(parent=None, then=0), default=_rows_before(below, "parent")),
        )


class Goal(Part):
    """A goal or subgoal."""

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

    subgoals: "list[Goal]"  # set by `Theme.top_goals`

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

    def save(self, **kwargs):
        super().save(**kwargs)
        for subgoal in self.children.exclude(theme=self.theme_id):
            subgoal.theme = self.theme
            subgoal.save()

    def get_absolute_url(self):
        return f"{self.theme.get_absolute_url()}#{self.anchor}"

    def clean(self):
        super().clean()
        if self.parent and self.theme_id and self.parent.theme_id != self.theme_id:
            raise ValidationError({"parent": "Vælg et mål i samme tema."})
        if self.parent and self.parent.parent_id:
            raise ValidationError({"parent": "Mål kan ligge i to lag, ikke flere."})
        if self.parent and self.pk and self.children.exists():
            raise ValidationError({"parent": "Målet har selv delmål. Mål kan ligge i to lag, ikke flere."})

    @cached_property
    def number(self) -> str:
        """Its number, such as 2.3, or 2.3.1 for a subgoal, from the order of themes and goals.

        Without a query for goals of `with_numbers()` and of `Strategy.objects.with_goals()`.
        """
        if "theme_number" in self.__dict__:
            numbers = (self.theme_number, self.top_number, self.sub_number)
            return ".".join(str(number) for number in numbers if number)
        above = self.parent or self.theme
        same_level = (goal.pk for goal in self.theme.goals.all() if goal.parent_id == self.parent_id)
        return f"{above.number}.{next((n for n, pk in enumerate(same_level, 1) if pk == self.pk), 1)}"

    @property
    def anchor(self):
        return f"maal-{self.pk}"

    @property
    def full_text(self) -> str:
        """The goal with its lead-in, so that it can be read alone."""
        lead_in = self.parent.text if self.parent else self.theme.goal_lead_in
        return f"{lead_in.rstrip()} {self.text}".strip()

    @property
    def latest_follow_up(self) -> FollowUp | None:
        follow_ups = self.follow_ups.all()
        return follow_ups[0] if follow_ups else None

    @property
    def status(self) -> str:
        """Status of the latest follow-up, or ""."""
        return self.latest_follow_up.status if self.latest_follow_up else ""


class Action(Part):
    """A measure of the municipality towards one goal, or for a whole theme."""

    is_indexed = False
    municipality_lookup = "strategy__municipality"
    root_lookup = "strategy"

    strategy = models.ForeignKey(
        "Strategy", models.CASCADE, related_name="actions", verbose_name="strategi", editable=False
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

    def save(self, **kwargs):
        self.strategy = self.roots()[0]
        super().save(**kwargs)

    def roots(self):
        return [(self.theme or self.goal.theme).strategy] if self.theme_id or self.goal_id else []
