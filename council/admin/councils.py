"""Admin of councils, with standard agenda, causes, working groups and the list of members."""

import datetime

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from council.members.consent import due_to_anonymise
from council.models import Cause, Council, Person, StandardItem, WorkingGroup
from udsat.admin import AutosaveMixin, FormPage, FormPagesMixin, PublishableAdmin, ScopedStackedInline, may_edit
from udsat.admin_site import DAILY
from udsat.lib import roles
from udsat.models import Municipality, Revision


class CauseInline(ScopedStackedInline):
    model = Cause
    fields = ["title", "body", "position"]


class WorkingGroupInline(ScopedStackedInline):
    """Order and names; a group has a page of its own with its members."""

    model = WorkingGroup
    fields = [("name", "cause"), "position"]
    show_change_link = True
    change_link_label = "Beskrivelse og medlemmer"


class StandardItemInline(ScopedStackedInline):
    """The standard agenda. It is not public, but follows the permissions of the council."""

    model = StandardItem
    fields = ["title", ("kind", "brings"), "is_last", "position"]

    def has_change_permission(self, request, obj=None):
        return request.user.may(roles.EDIT) if obj is None else may_edit(request.user, obj)


@admin.register(Council)
class CouncilAdmin(FormPagesMixin, PublishableAdmin):
    change_form_template = "admin/council/council/change_form.html"
    index_section = (DAILY, 3)
    index_description = "Medlemmer, mærkesager, kontakt"
    guide = "raadet"
    list_display = ["name", "status_text"]
    search_fields = ["name", "municipality__name"]
    form_pages = [
        FormPage("", "Overblik", (("Rådet", {"fields": ["municipality", "name", "summary", "about", "plain_text"]}),)),
        FormPage(
            "kontakt",
            "Kontakt",
            (
                (
                    "Kontakt",
                    {
                        "fields": ["phone", "phone_hours", "email", "address"],
                        "description": "Mange vil hellere ringe eller komme forbi end skrive. "
                        "Det står øverst på rådets sider.",
                    },
                ),
            ),
            about="Telefon, e-mail og adresse",
        ),
        FormPage(
            "rammer",
            "Rammer",
            (
                (
                    "Størrelse og periode",
                    {"fields": ["size", "ordinary_meetings", "chair_label", "term_starts_on", "term_ends_on"]},
                ),
                (
                    "Rettigheder",
                    {
                        "fields": ["has_hearing_right", "has_secretary", "has_budget", "has_premises", "meetings_open"],
                        "description": "Vælg »Ukendt«, hvis det ikke står nogen steder. Så nævner siden det ikke.",
                    },
                ),
            ),
            about="Størrelse, periode og rettigheder",
        ),
        FormPage(
            "forretningsorden",
            "Forretningsorden",
            (
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
            ),
            about="Frister, beslutninger og godkendelse af referater",
        ),
        FormPage(
            "faste-punkter", "Faste punkter", inlines=(StandardItemInline,), about="Det, hver dagsorden begynder med"
        ),
        FormPage("maerkesager", "Mærkesager", inlines=(CauseInline,), about="Det, rådet kæmper for"),
        FormPage("grupper", "Arbejdsgrupper", inlines=(WorkingGroupInline,), about="Grupper, og hvem der sidder i dem"),
        FormPage(
            "arbejdet",
            "Arbejdet",
            (("Arbejdet", {"fields": ["work", "visits", "dialogue_label", "dialogue_text"]}),),
            about="Hvad rådet laver, besøg og dialogmøder",
        ),
        FormPage(
            "kom-med",
            "Kom med",
            (
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
                        "description": "Det, der plejer at gælde. Det står ved hvert åbent møde. Det, du ikke skriver, "
                        "nævner siden ikke. Er noget anderledes en dag, så skriv det på mødet.",
                    },
                ),
            ),
            about="Mødested, vejen derhen, mad og tolk",
        ),
        FormPage(
            "kilde",
            "Borgere og kilde",
            (
                (
                    "Når borgere skriver",
                    {"fields": ["input_months"], "description": "Siden lover det, før borgeren skriver."},
                ),
                ("Når borgere følger med", {"fields": ["followers"]}),
                ("Kilde og visning", {"fields": ["is_restatement", "source_url", "source_checked_on", "expires_at"]}),
            ),
            about="Henvendelser, følgere, og hvor teksten kommer fra",
        ),
    ]
    readonly_fields = ["followers"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality")

    def tabs(self, request, council):
        overview, *others = super().tabs(request, council)
        members = {
            "label": "Medlemmer",
            "url": self.url("members", council),
            "about": "Hvem der sidder i rådet, samtykker og tomme pladser",
        }
        return [overview, members, *others]

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
                "tabs": self.tabs(request, council),
                "current": [seat for seat in seats if not seat.has_ended and not seat.is_vacant],
                "vacant": [seat for seat in seats if not seat.has_ended and seat.is_vacant],
                "former": sorted(
                    (seat for seat in seats if seat.has_ended), key=lambda seat: seat.ends_on, reverse=True
                ),
                "may_edit": may_edit(request.user, council),
                "today": timezone.localdate(),
            },
        )


class CouncilPartAdmin(AutosaveMixin):
    """Base of the admins of causes and working groups, which are rows on a page of their council."""

    def return_url(self, obj):
        if obj is None:
            return super().return_url(obj)
        return self.admin_site.get_model_admin(Council).row_url(obj.council, obj)


@admin.register(Cause)
class CauseAdmin(CouncilPartAdmin):
    guide = "raadet"
    list_display = ["title"]
    search_fields = ["title"]
    fieldsets = [(None, {"fields": ["council", "title", "body", "position"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality")


@admin.register(WorkingGroup)
class WorkingGroupAdmin(CouncilPartAdmin):
    guide = "raadet"
    list_display = ["__str__", "cause"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["council", "name", "cause", "description", "members", "position"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality", "cause")
