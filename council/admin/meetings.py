"""Admin of meetings, agendas and minutes, and the addresses of all pages about a meeting."""

from functools import partial

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path

from council.meetings import corrections
from council.meetings.agenda import admin_views as agenda
from council.meetings.approval import admin_views as approval
from council.meetings.approval.paper import is_changed_since_approval
from council.meetings.desk import admin_views as desk
from council.meetings.invitations import admin_views as invitations
from council.meetings.invitations.sending import invite, publication_effects
from council.meetings.meeting_page import MeetingPage
from council.meetings.word import admin_views as word
from council.meetings.year_plan.new_meetings import new_meetings, usual_details
from council.meetings.year_plan.overview import overview
from council.meetings.year_plan.publish_dates import publish_dates
from council.models import Agenda, Council, Edition, Meeting, Minutes
from council.rights import ItemLock, item_lock
from udsat.admin import PublishableAdmin, ScopedChangeForm, ScopedStackedInline, may_edit
from udsat.admin.edit_versions import increment_version
from udsat.admin.scope import municipalities_where, municipality_of
from udsat.admin_site import DAILY
from udsat.lib import roles
from udsat.lib.danish import clock, short_date
from udsat.lib.forms import parse_pk
from udsat.lib.transactions import atomic_post

from .items import correction_notice

# Fields of public minutes that only the page of corrections changes.
CORRECTED = ["chaired_by", "minutes_by", "guests", "plain_text"]


class PaperInline(ScopedStackedInline):
    """Agenda or minutes on the meeting's page, created when a field is filled in."""

    max_num = 1
    extra = 1
    can_delete = False
    classes = ["single", "collapse"]

    def has_change_permission(self, request, obj=None):
        it = obj.paper(self.model._meta.model_name) if obj is not None and obj.pk else None
        return may_edit(request.user, it) if it else request.user.may(roles.EDIT, obj and municipality_of(obj))


class AgendaInline(PaperInline):
    model = Agenda
    fields = ["intro", "plain_text"]
    verbose_name = "dagsordenens indledning"


class MinutesInline(PaperInline):
    model = Minutes
    fields = [
        ("chaired_by", "minutes_by"),
        "guests",
        "plain_text",
        ("approval_asked_on", "approved_on"),
        "approved_how",
    ]
    verbose_name = "referatets hoved og godkendelse"

    def get_readonly_fields(self, request, obj=None):
        return CORRECTED if item_lock(request.user, obj) == ItemLock.MINUTES else []


PAGES: list[MeetingPage] = [
    *agenda.PAGES,
    *invitations.PAGES,
    *desk.PAGES,
    *approval.PAGES,
    *word.PAGES,
    *corrections.PAGES,
]


class MeetingForm(ScopedChangeForm):
    def may_save(self):
        return self.user.may(roles.EDIT, self.instance.municipality)


@admin.register(Meeting)
class MeetingAdmin(PublishableAdmin):
    index_section = (DAILY, 1)
    index_description = "Indkald, skriv dagsorden og referat"
    guide = "aaret"
    change_form_template = "admin/council/meeting/change_form.html"
    form = MeetingForm
    list_display = ["when", "heading", "status_text", "agenda_text", "minutes_text"]
    list_filter = ["kind", "status"]
    search_fields = ["title", "kind_label", "place", "items__title"]
    search_help_text = "Søg i titel, sted og punkter"
    date_hierarchy = "date"
    inlines = [AgendaInline, MinutesInline]
    fieldsets = [
        (
            "Hvornår og hvor",
            {
                "fields": [
                    "council",
                    "kind",
                    "title",
                    "date",
                    ("starts_at", "ends_at"),
                    "place",
                    "address",
                    "is_cancelled",
                    "cancelled_reason",
                ]
            },
        ),
        ("For dem, der vil med", {"fields": ["is_open", "how_to_attend"]}),
        ("Til referatet", {"fields": ["style"]}),
        ("Flere valg", {"fields": ["kind_label", "ordinal", "first_number", "expires_at"], "classes": ["collapse"]}),
        ("Kun for redaktionen", {"fields": ["internal_note"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("council__municipality", "agenda", "minutes")
            .annotate(minutes_are_public=Exists(Minutes.objects.published().filter(meeting=OuterRef("pk"))))
        )

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            context |= {
                "agenda_url": self.url("agenda", obj),
                "desk_url": self.url("desk", obj),
                "attachments": obj.attachments.select_related("item"),
                "may_attach": request.user.may(roles.EDIT, obj.municipality),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_changeform_initial_data(self, request):
        """Offer the usual time and place of the council."""
        initial = super().get_changeform_initial_data(request)
        councils = Council.objects.filter(municipality__in=municipalities_where(request.user, roles.EDIT))
        if chosen := parse_pk(request.GET.get("council", "")):
            councils = councils.filter(pk=chosen)
        if len(found := councils[:2]) == 1:
            initial = {"council": found[0].pk} | usual_details(found[0]) | initial
        return initial

    # Columns

    @admin.display(description="møde", ordering="title")
    def heading(self, obj):
        return obj.display_title

    @admin.display(description="dato", ordering="date")
    def when(self, obj):
        return f"{short_date(obj.date)}{f' kl. {clock(obj.starts_at)}' if obj.starts_at else ''}"

    @admin.display(description="mødet", ordering="status")
    def status_text(self, obj):
        return "Aflyst" if obj.is_cancelled else obj.status_text

    @admin.display(description="dagsorden")
    def agenda_text(self, obj):
        return it.status_text if (it := obj.paper("agenda")) else "ikke lavet"

    @admin.display(description="referat")
    def minutes_text(self, obj):
        return it.stage_if(obj.minutes_are_public) if (it := obj.paper("minutes")) else "ikke lavet"

    # Permissions: a public meeting locks its own fields, public papers lock theirs

    def may_change(self, user, obj):
        return user.may(roles.EDIT, municipality_of(obj))

    def get_readonly_fields(self, request, obj=None):
        if obj is None or may_edit(request.user, obj):
            return []
        return [name for name in flatten_fieldsets(self.fieldsets) if name != "internal_note"]

    def was_never_public(self, obj):
        return all(super(MeetingAdmin, self).was_never_public(it) for it in [obj, *obj.papers])

    # Publication

    def papers(self, obj):
        return [
            {"label": "Mødet", "paper": obj, "hint": "Dato og sted, og hvem der kan komme med"},
            {
                "label": "Dagsordenen",
                "paper": obj.paper("agenda"),
                "hint": "Punkterne før mødet",
                "create_url": self.url("create_agenda", obj),
            },
            {
                "label": "Referatet",
                "paper": obj.paper("minutes"),
                "hint": "Hvad der blev sagt, besluttet og aftalt",
                "create_url": self.url("create_minutes", obj),
                "correct_url": self.url("correct", obj),
            },
        ]

    def after_publication(self, obj):
        invite(obj)

    def get_urls(self):
        view = self.admin_site.admin_view
        pages = [
            path(f"<path:object_id>/{page.route}", view(self._view(page)), name=f"council_meeting_{page.name}")
            for page in PAGES
        ]
        return [
            *word.list_urls(self),
            path("aarsplan/", view(partial(overview, self)), name="council_meeting_year_plan"),
            path("aarsplan/ny/", view(partial(new_meetings, self)), name="council_meeting_year_plan_new"),
            path(
                "aarsplan/offentliggoer/", view(partial(publish_dates, self)), name="council_meeting_year_plan_publish"
            ),
            *pages,
            path("<path:object_id>/dagsorden/", view(self.create_agenda), name="council_meeting_create_agenda"),
            path("<path:object_id>/referat/", view(self.create_minutes), name="council_meeting_create_minutes"),
            *super().get_urls(),
        ]

    # Pages about one meeting

    def _view(self, page):
        def view(request, object_id, **kwargs):
            meeting = self.get_object(request, unquote(object_id))
            if not request.user.may(page.ability, meeting.municipality):
                raise PermissionDenied
            return page.view(self, request, meeting, **kwargs)

        return view

    def tabs(self, request, meeting) -> list[dict]:
        """Return the pages that the user may open, in the order of a meeting's stages."""
        pages = [page for page in PAGES if page.tab and request.user.may(page.ability, meeting.municipality)]
        links = [{"label": "Mødet", "url": self.edit_url(meeting)}]
        return [*links, *({"label": page.tab, "url": self.url(page.name, meeting)} for page in pages)]

    def _remove_number(self, request, obj, fingerprint):
        """Also remove the number from the editions of public minutes."""
        is_removed = super()._remove_number(request, obj, fingerprint)
        if is_removed:
            for edition in Edition.objects.filter(minutes__meeting=obj):
                edition.hide_number(fingerprint)
        return is_removed

    def create_agenda(self, request, object_id):
        return self._make_paper(request, object_id, Agenda)

    def create_minutes(self, request, object_id):
        return self._make_paper(request, object_id, Minutes)

    @atomic_post
    def _make_paper(self, request, object_id, model):
        """Create the agenda or minutes, and redirect to its publication page."""
        meeting = self.get_object(request, unquote(object_id))
        if not request.user.may(roles.PUBLISH, meeting.municipality):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        made, _ = model.objects.get_or_create(meeting=meeting)
        return HttpResponseRedirect(self.url("publish", made))


class PaperAdmin(PublishableAdmin):
    """Base of the admins of agenda and minutes, which are created and published from their meeting."""

    list_display = ["meeting", "status_text"]
    list_filter = ["status"]
    search_fields = ["meeting__title"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("meeting__council__municipality")

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text

    def has_add_permission(self, request):
        return False

    def owner(self, obj):
        return obj.meeting

    def edit_url(self, obj):
        return self.url("change", obj.meeting)

    def seen_version(self, obj):
        return f"{obj.version}-{obj.meeting.version}"

    def after_publication(self, obj):
        invite(obj.meeting)

    def _count_change(self, obj):
        increment_version(obj.meeting)


@admin.register(Agenda)
class AgendaAdmin(PaperAdmin):
    guide = "dagsorden"
    fieldsets = [(None, {"fields": ["intro", "plain_text", "expires_at"]})]

    def consequences(self, obj):
        return publication_effects(obj.meeting)


@admin.register(Minutes)
class MinutesAdmin(PaperAdmin):
    guide = "moedebord"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "chaired_by",
                    "minutes_by",
                    "guests",
                    "plain_text",
                    "approval_asked_on",
                    "approved_on",
                    "approved_how",
                    "expires_at",
                ]
            },
        )
    ]

    def consequences(self, obj):
        obj.is_changed_since_approval = is_changed_since_approval(obj)
        return [f"Om godkendelsen kommer der til at stå: »{obj.approval_text}«"]

    def before_publication(self, obj):
        Minutes.objects.filter(pk=obj.pk).update(is_changed_since_approval=is_changed_since_approval(obj))
        obj.note_update("is_changed_since_approval")

    def get_readonly_fields(self, request, obj=None):
        return CORRECTED if obj is not None and obj.is_live else []

    def get_fieldsets(self, request, obj=None):
        [(name, only)] = super().get_fieldsets(request, obj)
        where = correction_notice(request.user, obj and obj.meeting)
        return [(name, {**only, "description": where} if where else only)]
