"""The council, its people, causes and groups."""

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils import timezone

from council.members.seating import ConsentPages, MembersPage, SeatPages
from council.models import (
    Cause,
    Council,
    Membership,
    Person,
    StandardItem,
    WorkingGroup,
)
from udsat.admin import (
    PublishableAdmin,
    ScopedAdmin,
    ScopedStackedInline,
    may_edit,
)
from udsat.admin.edit_versions import increment_version
from udsat.admin_site import DAILY, MORE
from udsat.lib import roles
from udsat.models import Municipality


class MembershipInline(ScopedStackedInline):
    """Those who sit in the council now, or will."""

    model = Membership
    fields = [
        ("role", "person"),
        ("speaks_as", "area"),
        ("appointed_by", "substitute_for"),
        ("starts_on", "ends_on"),
        ("is_vacant", "position"),
    ]
    addable_fields = ("person",)
    show_change_link = True
    classes = ["collapse"]
    is_former = False

    def get_queryset(self, request):
        seats = super().get_queryset(request).select_related("person", "council")
        former = Q(ends_on__lt=timezone.localdate()) | Q(is_vacant=True)
        return seats.filter(former) if self.is_former else seats.exclude(former)


class FormerMembershipInline(MembershipInline):
    verbose_name_plural = "tomme pladser og tidligere medlemmer"
    is_former = True

    def has_add_permission(self, request, obj=None):
        return False


class CauseInline(ScopedStackedInline):
    model = Cause
    fields = ["title", "body", "position"]
    classes = ["collapse"]


class WorkingGroupInline(ScopedStackedInline):
    model = WorkingGroup
    fields = ["name", "cause", "description", "members", "position"]
    classes = ["collapse"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("members")

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)


class StandardItemInline(ScopedStackedInline):
    """The standard agenda. No page shows it, but it belongs to the council's page and closes with it."""

    model = StandardItem
    fields = ["title", ("kind", "brings"), "is_last", "position"]
    classes = ["collapse"]

    def has_change_permission(self, request, obj=None):
        return request.user.may(roles.EDIT) if obj is None else may_edit(request.user, obj)


@admin.register(Council)
class CouncilAdmin(MembersPage, PublishableAdmin):
    index_section = (DAILY, 3)
    index_description = "Medlemmer, mærkesager, kontakt"
    guide = "raadet"
    list_display = ["name", "status_text"]
    search_fields = ["name", "municipality__name"]
    inlines = [StandardItemInline, MembershipInline, FormerMembershipInline, CauseInline, WorkingGroupInline]
    fieldsets = [
        ("Rådet", {"fields": ["municipality", "name", "summary", "about", "plain_text"]}),
        (
            "Kontakt",
            {
                "fields": ["phone", "phone_hours", "email", "address"],
                "description": "Mange vil hellere ringe eller komme forbi end skrive. Det står øverst på rådets sider.",
            },
        ),
        (
            "Størrelse og periode",
            {"fields": ["size", "ordinary_meetings", "chair_label", "term_starts_on", "term_ends_on"]},
        ),
        (
            "Rettigheder og rammer",
            {
                "fields": ["has_hearing_right", "has_secretary", "has_budget", "has_premises", "meetings_open"],
                "description": "Vælg »Ukendt«, hvis det ikke står nogen steder. Så nævner siden det ikke.",
            },
        ),
        (
            "Forretningsorden",
            {
                "fields": [
                    ("agenda_days", "item_days"),
                    "quorum",
                    "chaired_by",
                    "minutes_style",
                    ("approval", "approval_days"),
                    "keep_years",
                ],
                "description": "Portalen regner frister ud og husker dig på dem. Den stopper dig aldrig: "
                "Er en frist overskredet, ser du det, og så bestemmer du selv.",
            },
        ),
        ("Arbejdet", {"fields": ["work", "visits", "dialogue_label", "dialogue_text"]}),
        (
            "Kan jeg komme med?",
            {
                "fields": [
                    "meeting_place",
                    "directions",
                    "access",
                    "travel_money",
                    "food",
                    "companion",
                    "interpreter",
                ],
                "description": "Det, der plejer at gælde. Det står ved hvert åbent møde. Det, du ikke skriver, nævner "
                "siden ikke. Er noget anderledes en dag, så skriv det på mødet.",
            },
        ),
        (
            "Når borgere skriver",
            {"fields": ["input_months"], "description": "Siden lover det, før borgeren skriver."},
        ),
        ("Når borgere følger med", {"fields": ["followers"]}),
        (
            "Kilde og visning",
            {"fields": ["is_restatement", "source_url", "source_checked_on", "expires_at"], "classes": ["collapse"]},
        ),
    ]

    readonly_fields = ["followers"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality")

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text

    @admin.display(description="får mail om rådet")
    def followers(self, obj):
        """How many, never who."""
        count = obj.subscriptions.confirmed().count() if obj.pk else 0
        return f"{count} følger rådet. Ingen kan se, hvem de er." if count else "Ingen følger rådet endnu."

    def has_add_permission(self, request):
        """A municipality has one council."""
        return super().has_add_permission(request) and self._without_council(request).exists()

    def _without_council(self, request):
        return Municipality.objects.in_reach_of(request.user).filter(council=None)

    def get_field_queryset(self, db, db_field, request):
        if db_field.name == "municipality" and request.resolver_match.url_name == "council_council_add":
            return self._without_council(request)
        return super().get_field_queryset(db, db_field, request)


@admin.register(Person)
class PersonAdmin(ConsentPages, ScopedAdmin):
    index_section = (MORE, 1)
    index_description = "Dem, der sidder i rådet, og hvad siden må vise om dem"
    guide = "personer"
    list_display = ["__str__", "shown", "seats"]
    list_filter = ["shown"]
    search_fields = ["first_name", "last_name"]
    fieldsets = [
        (None, {"fields": ["municipality", "first_name", "last_name"]}),
        ("Hvad må siden vise?", {"fields": ["shown", "consent_on"]}),
        (
            "Foto",
            {
                "fields": ["photo", "remove_photo", "photo_alt", "photo_until"],
                "description": "Fotoet vises kun sammen med et navn, kun så længe personen sidder i rådet, og højst "
                "til den dag, du skriver.",
            },
        ),
        (
            "Kun for redaktionen",
            {"fields": ["email", "phone", "note"], "description": "Det her kommer aldrig på en side."},
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality").prefetch_related("memberships__council")

    def get_fieldsets(self, request, obj=None):
        gone = set()
        if obj is not None and not self.may_change(request.user, obj):
            gone = {"photo", "remove_photo"}  # the page shows the picture itself
        elif obj is None or not obj.photo:
            gone = {"remove_photo"}
        return [
            (name, options | {"fields": [field for field in options["fields"] if field not in gone]})
            for name, options in super().get_fieldsets(request, obj)
        ]

    @admin.display(description="i rådet som")
    def seats(self, obj):
        return ", ".join(seat.role_label for seat in obj.memberships.all()) or "ikke medlem"

    def _count_change(self, obj):
        for council in Council.objects.filter(memberships__person=obj):
            increment_version(council)


class CouncilPartAdmin(ScopedAdmin):
    """A page of its own for what is otherwise edited on the council's."""

    guide = "raadet"


@admin.register(Membership)
class MembershipAdmin(SeatPages, CouncilPartAdmin):
    guide = "personer"
    list_display = ["__str__", "area", "starts_on", "ends_on"]
    list_filter = ["role"]
    search_fields = ["person__first_name", "person__last_name", "area"]
    addable_fields = ("person",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "council", "role", "person", "is_vacant", "speaks_as", "area", "appointed_by", "substitute_for",
                    "starts_on", "ends_on", "position",
                ]
            },
        )
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person__municipality", "council__municipality")


@admin.register(Cause)
class CauseAdmin(CouncilPartAdmin):
    list_display = ["title"]
    search_fields = ["title"]
    fieldsets = [(None, {"fields": ["council", "title", "body", "position"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality")


@admin.register(WorkingGroup)
class WorkingGroupAdmin(CouncilPartAdmin):
    list_display = ["__str__", "cause"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["council", "name", "cause", "description", "members", "position"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality", "cause")

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)
