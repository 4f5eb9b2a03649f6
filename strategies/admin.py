"""The back office of strategies."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from udsat.admin import (
    AutosaveMixin,
    FormPage,
    FormPagesMixin,
    NationalAdmin,
    PublishableAdmin,
    ScopedAdmin,
    ScopedFormSet,
    ScopedStackedInline,
)
from udsat.admin_site import DAILY, FOLLOW_UP, PORTAL
from udsat.lib import roles
from udsat.lib.richtext import EasyTextWidget

from .goal_formset import GoalInline
from .import_views import ImportViewMixin
from .models import Action, FollowUp, Goal, Helpline, Section, Situation, Strategy, Theme, Topic


class SectionFormSet(ScopedFormSet):
    def clean(self):
        super().clean()
        kept = [f for f in self.forms if f not in self.deleted_forms and f.cleaned_data.get("kind")]
        visions = [form for form in kept if form.cleaned_data["kind"] == Section.Kind.VISION]
        for form in visions[1:]:
            form.add_error("kind", "En strategi har kun én vision.")


class SectionInline(ScopedStackedInline):
    """Order and headings; the text of a section has a page of its own."""

    model = Section
    formset = SectionFormSet
    fields = [("kind", "heading"), "position"]
    show_change_link = True
    change_link_label = "Skriv teksten"


class ThemeFormSet(ScopedFormSet):
    def save_new(self, form, commit=True):
        # The address that validation has made may be that of another new row with the same title.
        form.instance.slug = ""
        return super().save_new(form, commit)


class ThemeInline(ScopedStackedInline):
    """Order and titles; a theme has a page of its own with its goals."""

    model = Theme
    formset = ThemeFormSet
    fields = ["title", "position"]
    show_change_link = True
    change_link_label = "Tekst og mål"


@admin.register(Strategy)
class StrategyAdmin(ImportViewMixin, FormPagesMixin, PublishableAdmin):
    index_section = (DAILY, 2)
    index_description = "Temaer, mål og det, kommunen har lovet"
    guide = "strategi"
    list_display = ["title", "period", "status_text", "validity_text"]
    list_filter = ["status", "kind"]
    search_fields = ["title", "summary", "themes__title"]
    search_help_text = "Søg i titel, resumé og temaer"
    change_form_template = "admin/strategies/strategy/change_form.html"
    form_pages = [
        FormPage(
            "",
            "Overblik",
            (
                ("Strategien", {"fields": ["municipality", "title", "kind"]}),
                (
                    "Perioden",
                    {
                        "fields": ["starts_on", "ends_on", "adopted_on", "adopted_precision", "adopted_by"],
                        "description": "Lad datoerne stå tomme, hvis strategien ingen periode har. "
                        "Så står der, at den gælder indtil videre.",
                    },
                ),
            ),
        ),
        FormPage(
            "resume",
            "Resumé",
            (("Strategien kort", {"fields": ["summary", "plain_text"]}),),
            about="Et kort resumé, og teksten i let sprog",
        ),
        FormPage("afsnit", "Afsnit", inlines=(SectionInline,), about="Vision, forord og andre tekster"),
        FormPage("temaer", "Temaer", inlines=(ThemeInline,), about="Temaerne, og hvert temas mål"),
        FormPage(
            "ord",
            "Jeres egne ord",
            (
                (
                    "Jeres egne ord",
                    {
                        "fields": ["theme_label", "theme_label_plural", "goal_label", "goal_label_plural"],
                        "description": "Siger I pejlemærke i stedet for tema, så skriv det her. "
                        "Siden bruger jeres ord.",
                    },
                ),
            ),
            about="Hvad I kalder temaer og mål",
        ),
        FormPage(
            "kilde",
            "Kilde og adresse",
            (
                (
                    "Sammenhæng",
                    {
                        "fields": ["replaces", "parent"],
                        "description": "Når strategien er offentlig, står den gamle som erstattet.",
                    },
                ),
                ("Kilde", {"fields": ["is_restatement", "source_url", "source_checked_on"]}),
                ("Adresse og visning", {"fields": ["slug", "expires_at"]}),
            ),
            about="Hvad den erstatter, hvor den kommer fra, og hvor længe den vises",
        ),
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

    def return_url(self, obj):
        """Return to the row on the page of the strategy."""
        if obj is None:
            return super().return_url(obj)
        return self.admin_site.get_model_admin(Strategy).row_url(obj.strategy, obj)


@admin.register(Section)
class SectionAdmin(AutosaveMixin, StrategyPartAdmin):
    list_display = ["display_heading", "kind", "strategy"]
    search_fields = ["heading", "body"]
    fieldsets = [(None, {"fields": ["strategy", "kind", "heading", "body", "signed_by", "film_url", "position"]})]


class ActionInline(ScopedStackedInline):
    model = Action
    fields = ["title", "description", "responsible", "starts_on", "ends_on"]


@admin.register(Theme)
class ThemeAdmin(FormPagesMixin, StrategyPartAdmin):
    list_display = ["display_title", "strategy", "position"]
    search_fields = ["title", "strategy__title"]
    form_pages = [
        FormPage(
            "",
            "Temaet og målene",
            (("Temaet", {"fields": ["strategy", "title", "guiding_thread", "goal_lead_in"]}),),
            (GoalInline,),
        ),
        FormPage("tekst", "Tekst", (("Temaets tekst", {"fields": ["body", "plain_text"]}),)),
        FormPage("emner", "Emner og adresse", (("Emner og adresse", {"fields": ["topics", "slug"]}),)),
        FormPage("indsatser", "Indsatser", inlines=(ActionInline,)),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("strategy__themes")

    def choice_label(self, obj):
        return f"{obj} ({obj.strategy})"


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
class GoalAdmin(FormPagesMixin, ScopedAdmin):
    """Goals, with links to their follow-ups."""

    index_section = (FOLLOW_UP, 2)
    index_description = "Skriv, hvordan det går med hvert mål"
    guide = "strategi"
    list_display = ["short_text", "theme", "follow_up", "add_follow_up"]
    list_filter = [StaleFilter, "theme__strategy"]
    search_fields = ["text", "theme__title"]
    search_help_text = "Søg i mål og temaer"
    autocomplete_fields = ["theme"]
    change_form_template = "admin/strategies/goal/change_form.html"
    form_pages = [
        FormPage("", "Målet", (("Målet", {"fields": ["theme", "text", "explanation", "target", "plain_text"]}),)),
        FormPage("indsatser", "Indsatser", inlines=(ActionInline,)),
        FormPage("placering", "Placering", (("Placering", {"fields": ["parent", "position"]}),)),
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

    def crumbs(self, obj=None):
        crumbs, theme = super().crumbs(obj), getattr(obj, "theme", None)
        return [*crumbs, (self.url("change", theme), str(theme))] if theme else crumbs

    def return_url(self, obj):
        """Return to the row on the page of the theme."""
        theme = getattr(obj, "theme", None)
        return self.admin_site.get_model_admin(Theme).row_url(theme, obj) if theme else super().return_url(obj)

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
        # A new follow-up leads on to the next goal.
        context["show_save_and_continue"] = not add
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

    def return_url(self, obj):
        parent = obj and (obj.goal or obj.theme)
        if parent is None:  # also in a form with errors
            return ScopedAdmin.return_url(self, obj)
        return self.admin_site.get_model_admin(type(parent)).row_url(parent, obj)


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
    fieldsets = [(None, {"fields": ["title", "advice", "search_words", "topics", "position", "slug"]})]


@admin.register(Helpline)
class HelplineAdmin(NationalAdmin):
    index_section = (PORTAL, 5)
    index_description = "Telefonnumre, som situationer og søgning viser først"
    guide = "strategi"
    list_display = ["name", "number", "checked_in", "due_for_check"]
    search_fields = ["name", "number"]
    fieldsets = [
        (None, {"fields": ["number", "name", "audience", "hours", "is_anonymous", "is_free"]}),
        (
            "Tjekket",
            {"fields": ["source", "checked_in"], "description": "Ring til nummeret, eller se på linjens hjemmeside."},
        ),
        ("Vises ved", {"fields": ["situations", "first_for", "position"]}),
    ]

    @admin.display(description="skal tjekkes")
    def due_for_check(self, helpline):
        return f"Ja, det er fra {helpline.checked_in}" if helpline.needs_check else "Nej"
