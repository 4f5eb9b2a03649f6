"""The back office of strategies."""

from django import forms
from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from udsat.admin import NationalAdmin, PublishableAdmin, ScopedAdmin, ScopedStackedInline
from udsat.admin_site import DAILY, FOLLOW_UP, PORTAL
from udsat.lib import roles
from udsat.lib.richtext import EasyTextWidget

from .import_views import ImportViewMixin
from .models import Action, FollowUp, Goal, Section, Situation, Strategy, Theme, Topic
from .theme_formsets import SectionInline, ThemeInline


@admin.register(Strategy)
class StrategyAdmin(ImportViewMixin, PublishableAdmin):
    index_section = (DAILY, 2)
    index_description = "Temaer, mål og det, kommunen har lovet"
    guide = "strategi"
    list_display = ["title", "period", "status_text", "validity_text"]
    list_filter = ["status", "kind"]
    search_fields = ["title", "summary", "themes__title"]
    search_help_text = "Søg i titel, resumé og temaer"
    inlines = [SectionInline, ThemeInline]
    fieldsets = [
        ("Dokumentet", {"fields": ["municipality", "title", "kind", "summary", "plain_text"]}),
        (
            "Perioden",
            {
                "fields": ["starts_on", "ends_on", "adopted_on", "adopted_precision", "adopted_by"],
                "description": "Lad datoerne stå tomme, hvis strategien ingen periode har. "
                "Så står der, at den gælder indtil videre.",
            },
        ),
        (
            "Jeres egne ord",
            {
                "fields": ["theme_label", "theme_label_plural", "goal_label", "goal_label_plural"],
                "description": "Siger I pejlemærke i stedet for tema, så skriv det her. Siden bruger jeres ord.",
                "classes": ["collapse"],
            },
        ),
        (
            "Sammenhæng",
            {
                "fields": ["replaces", "parent"],
                "description": "Når strategien er offentlig, står den gamle som erstattet.",
                "classes": ["collapse"],
            },
        ),
        ("Kilde", {"fields": ["is_restatement", "source_url", "source_checked_on"], "classes": ["collapse"]}),
        ("Adresse og visning", {"fields": ["slug", "expires_at"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).with_validity()

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text

    @admin.display(description="periode", ordering="starts_on")
    def period(self, obj):
        return obj.period or "ingen periode"

    @admin.display(description="gælder")
    def validity_text(self, obj):
        return obj.validity.label


class StrategyPartAdmin(ScopedAdmin):
    """Base of the admins of sections, themes and actions, which are usually edited through their strategy."""

    guide = "strategi"
    list_filter = ["strategy"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("strategy__municipality")


@admin.register(Section)
class SectionAdmin(StrategyPartAdmin):
    list_display = ["display_heading", "kind", "strategy"]
    search_fields = ["heading", "body"]
    fieldsets = [(None, {"fields": ["strategy", "kind", "heading", "body", "signed_by", "film_url", "position"]})]


class GoalInline(ScopedStackedInline):
    model = Goal
    fields = ["text", "explanation", "target", "position"]
    show_change_link = True


class ActionInline(ScopedStackedInline):
    model = Action
    fields = ["title", "description", "responsible", "starts_on", "ends_on"]


@admin.register(Theme)
class ThemeAdmin(StrategyPartAdmin):
    list_display = ["display_title", "strategy", "position"]
    search_fields = ["title", "strategy__title"]
    inlines = [GoalInline, ActionInline]
    fieldsets = [
        ("Temaet", {"fields": ["strategy", "title", "guiding_thread", "body", "plain_text"]}),
        ("Målene", {"fields": ["goal_lead_in"]}),
        ("Emner og adresse", {"fields": ["topics", "position", "slug"], "classes": ["collapse"]}),
    ]

    def choice_label(self, obj):
        return f"{obj} ({obj.strategy})"


class FollowUpInline(ScopedStackedInline):
    model = FollowUp
    fields = ["date", "status", "measure", "text", "source", "source_url"]


class StaleFilter(admin.SimpleListFilter):
    title = "nyt"
    parameter_name = "nyt"

    def lookups(self, request, model_admin):
        return [("intet", "Intet nyt i over et år"), ("aldrig", "Aldrig fulgt op")]

    def queryset(self, request, queryset):
        match self.value():
            case "intet":
                return queryset.filter(pk__in=Strategy.objects.stale_goals(timezone.localdate()).values("pk"))
            case "aldrig":
                return queryset.filter(follow_ups=None, children=None)
        return queryset


@admin.register(Goal)
class GoalAdmin(ScopedAdmin):
    """Goals, with their follow-ups."""

    index_section = (FOLLOW_UP, 2)
    index_description = "Skriv, hvordan det går med hvert mål"
    guide = "strategi"
    list_display = ["short_text", "theme", "follow_up", "add_follow_up"]
    list_filter = [StaleFilter, "theme__strategy"]
    search_fields = ["text", "theme__title"]
    search_help_text = "Søg i mål og temaer"
    autocomplete_fields = ["theme"]
    inlines = [FollowUpInline, ActionInline]
    fieldsets = [
        ("Målet", {"fields": ["theme", "text", "explanation", "target", "plain_text"]}),
        ("Placering", {"fields": ["parent", "position"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request):
        goals = super().get_queryset(request).select_related("theme__strategy__municipality")
        return goals.prefetch_related("follow_ups", "theme__strategy__themes")

    def get_field_queryset(self, db, db_field, request):
        queryset = super().get_field_queryset(db, db_field, request)
        return queryset.filter(parent=None) if db_field.name == "parent" else queryset

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "plain_text":
            kwargs["widget"] = EasyTextWidget({"rows": 3, "cols": 80})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_list_display(self, request):
        columns = super().get_list_display(request)
        writes = request.user.may(roles.EDIT)
        return columns if writes else [name for name in columns if name != "add_follow_up"]

    def choice_label(self, obj):
        return f"{Truncator(obj.text).words(14)} ({obj.theme.strategy})"

    @admin.display(description="mål", ordering="text")
    def short_text(self, obj):
        return Truncator(obj.text).words(18)

    @admin.display(description="opfølgning")
    def follow_up(self, obj):
        return obj.latest_follow_up or "ingen endnu"

    @admin.display(description="hvordan går det nu?")
    def add_follow_up(self, obj):
        url = reverse("admin:strategies_followup_add")
        label = format_html('<span class="visually-hidden">: {}</span>', Truncator(obj.text).words(8))
        return format_html('<a href="{}?goal={}">Skriv opfølgning{}</a>', url, obj.pk, label)


@admin.register(FollowUp)
class FollowUpAdmin(ScopedAdmin):
    """Short form, opened from the goal, which also lists the earlier follow-ups."""

    guide = "strategi"
    change_form_template = "admin/strategies/follow_up.html"
    list_display = ["date", "status", "goal"]
    list_filter = ["status", "goal__theme__strategy"]
    search_fields = ["text", "goal__text"]
    date_hierarchy = "date"
    autocomplete_fields = ["goal"]
    fieldsets = [(None, {"fields": ["goal", "date", "status", "measure", "text", "source", "source_url"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("goal__theme__strategy__municipality")

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        goal_id = str(obj.goal_id if obj else context["adminform"].form["goal"].value() or "")
        # The value may come from the address: ignore anything that is not a valid database integer.
        goal_id = goal_id if goal_id.isascii() and goal_id.isdigit() and len(goal_id) < 19 else 0
        goals = Goal.objects.in_reach_of(request.user).select_related("theme__strategy__municipality", "parent")
        if goal := goals.filter(pk=goal_id).first():
            context["goal"] = goal
            context["earlier"] = [follow_up for follow_up in goal.follow_ups.all() if follow_up != obj]
            stale = Strategy.objects.filter(pk=goal.theme.strategy_id).stale_goals(timezone.localdate())
            others = stale.exclude(pk=goal.pk).select_related("theme", "parent__theme")
            context["stale_goals"] = others.order_by("since", "position", "pk")[:10]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_post_save_add(self, request, obj):
        """Continue to the goals of the strategy, as follow-ups are usually written for several at a time."""
        listing = reverse("admin:strategies_goal_changelist")
        return HttpResponseRedirect(f"{listing}?theme__strategy__id__exact={obj.goal.theme.strategy_id}")


@admin.register(Action)
class ActionAdmin(StrategyPartAdmin):
    list_display = ["title", "responsible", "strategy"]
    search_fields = ["title", "responsible"]
    autocomplete_fields = ["theme", "goal"]
    fieldsets = [
        ("Indsatsen", {"fields": ["title", "description", "responsible", "starts_on", "ends_on"]}),
        ("Hører til", {"fields": ["theme", "goal"], "description": "Vælg enten et tema eller et mål."}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("theme", "goal__theme")


@admin.register(Topic)
class TopicAdmin(NationalAdmin):
    index_section = (PORTAL, 3)
    index_description = "Den fælles liste, der gør temaer sammenlignelige"
    guide = "strategi"
    list_display = ["name", "description"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["name", "description", "position", "slug"]})]


@admin.register(Situation)
class SituationAdmin(NationalAdmin):
    index_section = (PORTAL, 4)
    index_description = "Det, folk står i, og hvad de kan gøre nu"
    guide = "strategi"
    list_display = ["title", "position"]
    search_fields = ["title", "advice"]
    fieldsets = [(None, {"fields": ["title", "advice", "topics", "position", "slug"]})]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)
