"""Admin of councils, with standard agenda, causes, working groups and the list of members."""

import datetime

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from council.members.consent import due_to_anonymise
from council.models import Cause, Council, Membership, Person, StandardItem, WorkingGroup
from udsat.admin import PublishableAdmin, ScopedAdmin, ScopedStackedInline, may_edit
from udsat.admin_site import DAILY
from udsat.lib import roles
from udsat.models import Municipality, Revision


class MembershipInline(ScopedStackedInline):
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
    """The standard agenda. It is not public, but follows the permissions of the council."""

    model = StandardItem
    fields = ["title", ("kind", "brings"), "is_last", "position"]
    classes = ["collapse"]

    def has_change_permission(self, request, obj=None):
        return request.user.may(roles.EDIT) if obj is None else may_edit(request.user, obj)


@admin.register(Council)
class CouncilAdmin(PublishableAdmin):
    change_form_template = "admin/council/council/change_form.html"
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
                "fields": ["meeting_place", "directions", "access", "travel_money", "food", "companion", "interpreter"],
                "description": "Det, der plejer at gælde. Det står ved hvert åbent møde. Det, du ikke skriver, nævner "
                "siden ikke. Er noget anderledes en dag, så skriv det på mødet.",
            },
        ),
        ("Når borgere skriver", {"fields": ["input_months"], "description": "Siden lover det, før borgeren skriver."}),
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

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/medlemmer/", view(self.members_view), name="council_council_members"),
            *super().get_urls(),
        ]

    def history_of(self, obj):
        """Include the history of the council's people."""
        people = Person.objects.filter(memberships__council=obj).values("pk")
        kind = ContentType.objects.get_for_model(Person)
        return super().history_of(obj) | Revision.objects.filter(content_type=kind, object_id__in=people)

    def members_view(self, request, object_id):
        council = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, council):
            raise PermissionDenied
        seats = list(
            council.memberships.select_related("person", "council", "substitute_for__person", "substitute_for__council")
        )
        in_a_year = timezone.localdate() + datetime.timedelta(366)
        people = due_to_anonymise(in_a_year, Person.objects.filter(memberships__council=council))
        forget_on = {person.pk: person.forget_on for person in people}
        for seat in seats:
            seat.forget_on = forget_on.get(seat.person_id) if seat.has_ended else None
        return TemplateResponse(
            request,
            "admin/council/council/members.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": council,
                "title": "Medlemmer",
                "crumbs": self.crumbs_to(council),
                "current": [seat for seat in seats if not seat.has_ended and not seat.is_vacant],
                "vacant": [seat for seat in seats if not seat.has_ended and seat.is_vacant],
                "former": sorted(
                    (seat for seat in seats if seat.has_ended), key=lambda seat: seat.ends_on, reverse=True
                ),
                "may_edit": may_edit(request.user, council),
                "today": timezone.localdate(),
            },
        )


@admin.register(Cause)
class CauseAdmin(ScopedAdmin):
    guide = "raadet"
    list_display = ["title"]
    search_fields = ["title"]
    fieldsets = [(None, {"fields": ["council", "title", "body", "position"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality")


@admin.register(WorkingGroup)
class WorkingGroupAdmin(ScopedAdmin):
    guide = "raadet"
    list_display = ["__str__", "cause"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["council", "name", "cause", "description", "members", "position"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality", "cause")

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)
