"""The back office of councils and meetings."""

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import transaction
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html

from udsat.admin import (
    PublishableAdmin,
    ScopedAdmin,
    ScopedForm,
    ScopedRow,
    ScopedStackedInline,
    may_edit,
)
from udsat.admin.scope import municipality_of, take_next_version
from udsat.backoffice import DAILY, FOLLOW_UP, MORE
from udsat.lib import roles
from udsat.lib.danish import clock, short_date
from udsat.lib.uploads import UploadField
from udsat.models import Municipality

from .models import (
    Agenda,
    AgendaItem,
    Agreement,
    Attachment,
    Attendance,
    Cause,
    Council,
    Hearing,
    Meeting,
    Membership,
    Minutes,
    News,
    Person,
    WorkingGroup,
)


def paper(meeting, name):
    """The meeting's agenda or minutes; None until somebody makes it."""
    try:
        return getattr(meeting, name)
    except ObjectDoesNotExist:
        return None


# The council


class MembershipInline(ScopedStackedInline):
    model = Membership
    fields = [
        ("role", "person"),
        ("speaks_as", "area"),
        ("appointed_by", "substitute_for"),
        ("starts_on", "ends_on"),
        ("is_vacant", "position"),
    ]
    can_add_here = ("person",)


class CauseInline(ScopedStackedInline):
    model = Cause
    fields = ["title", "body", "position"]


class WorkingGroupInline(ScopedStackedInline):
    model = WorkingGroup
    fields = ["name", "cause", "description", "members", "position"]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)


@admin.register(Council)
class CouncilAdmin(PublishableAdmin):
    shelf = (DAILY, 3)
    about = "Medlemmer, mærkesager, kontakt"
    list_display = ["name", "status_text"]
    search_fields = ["name", "municipality__name"]
    inlines = [MembershipInline, CauseInline, WorkingGroupInline]
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
        ("Arbejdet", {"fields": ["work", "visits", "dialogue_label", "dialogue_text"]}),
        (
            "Kilde og visning",
            {"fields": ["is_restatement", "source_url", "source_checked_on", "expires_at"], "classes": ["collapse"]},
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality")

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text

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
class PersonAdmin(ScopedAdmin):
    shelf = (MORE, 1)
    about = "Dem, der sidder i rådet, og hvad siden må vise om dem"
    list_display = ["__str__", "shown", "seats"]
    list_filter = ["shown"]
    search_fields = ["first_name", "last_name"]
    fieldsets = [
        (None, {"fields": ["municipality", "first_name", "last_name", "shown"]}),
        (
            "Kun for redaktionen",
            {"fields": ["email", "phone", "note"], "description": "Det her kommer aldrig på en side."},
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality").prefetch_related("memberships__council")

    @admin.display(description="i rådet som")
    def seats(self, obj):
        return ", ".join(seat.role_label for seat in obj.memberships.all()) or "ikke medlem"

    def _count_change(self, obj):
        for council in Council.objects.filter(memberships__person=obj):
            take_next_version(council)


class CouncilPartAdmin(ScopedAdmin):
    """A page of its own for what is otherwise edited on the council's."""


@admin.register(Membership)
class MembershipAdmin(CouncilPartAdmin):
    list_display = ["__str__", "area", "starts_on", "ends_on"]
    list_filter = ["role"]
    search_fields = ["person__first_name", "person__last_name", "area"]
    can_add_here = ("person",)
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


@admin.register(Hearing)
class HearingAdmin(PublishableAdmin):
    shelf = (DAILY, 4)
    about = "Det, rådet bliver spurgt om, og hvad der kom ud af det"
    list_display = ["title", "received_on", "deadline", "outcome", "status_text"]
    list_filter = ["status", "outcome"]
    search_fields = ["title", "sender"]
    search_help_text = "Søg i titel og afsender"
    date_hierarchy = "received_on"
    fieldsets = [
        (
            "Det blev rådet spurgt om",
            {"fields": ["council", "title", "sender", "received_on", "deadline", "question"]},
        ),
        ("Rådets svar", {"fields": ["answer", "answered_on"]}),
        (
            "Hvad skete der?",
            {
                "fields": ["outcome", "outcome_text", "outcome_on"],
                "description": "Det vigtigste for dem, der læser med: Blev rådet hørt?",
            },
        ),
        ("Visning", {"fields": ["expires_at"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality")

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text


@admin.register(News)
class NewsAdmin(PublishableAdmin):
    shelf = (DAILY, 5)
    about = "Korte historier om, hvad der sker"
    list_display = ["title", "date", "status_text"]
    list_filter = ["status"]
    search_fields = ["title", "lead", "body"]
    search_help_text = "Søg i titel og tekst"
    date_hierarchy = "date"
    fieldsets = [
        ("Nyheden", {"fields": ["municipality", "title", "lead", "body", "date", "date_is_month"]}),
        ("Handler om", {"fields": ["strategy", "meeting"]}),
        (
            "Kilde, adresse og visning",
            {"fields": ["is_restatement", "source_url", "slug", "expires_at"], "classes": ["collapse"]},
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality")

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text


# Meetings


class ItemRules:
    """Who may write what in an item. While the agenda is public and the minutes are not, an editor without the
    right to publish writes the minutes' fields and reads the rest."""

    minutes_fields = [*sorted(AgendaItem.MINUTES_FIELDS), "answer", "internal_note"]

    @classmethod
    def closed_by(cls, user, meeting) -> str:
        """What stands in her way: "minutes", "agenda" or nothing."""
        if meeting is None or user.may(roles.PUBLISH, municipality_of(meeting)):
            return ""
        for name in ("minutes", "agenda"):
            if (found := paper(meeting, name)) is not None and found.is_live:
                return name
        return ""

    @classmethod
    def may_write(cls, user, meeting) -> bool:
        return user.may(roles.EDIT, municipality_of(meeting)) and cls.closed_by(user, meeting) != "minutes"

    @classmethod
    def read_only(cls, user, meeting, fields) -> list[str]:
        if cls.closed_by(user, meeting) != "agenda":
            return []
        return [name for name in fields if name not in cls.minutes_fields]


class ItemRow(ScopedRow):
    def may_save(self):
        return ItemRules.may_write(self.user, self.instance.meeting)


class ItemForm(ScopedForm):
    def may_save(self):
        return ItemRules.may_write(self.user, self.instance.meeting)


ITEM_FIELDSETS = [
    ("Punktet", {"fields": ["title", "kind", "case_number", "position"]}),
    (
        "Lukket punkt",
        {
            "fields": ["is_closed", "public_title"],
            "description": "Af et lukket punkt bliver kun nummeret og den neutrale titel offentlige.",
        },
    ),
    ("Til dagsordenen", {"fields": ["presentation", "recommendation"]}),
    (
        "Til referatet",
        {"fields": ["raised_at_meeting", "discussion", "answer", "decision", "dissent", "plain_text"]},
    ),
    ("Handler om", {"fields": ["themes", "goals"], "classes": ["collapse"]}),
    ("Kun for redaktionen", {"fields": ["internal_note"], "classes": ["collapse"]}),
]


class AgendaItemInline(ScopedStackedInline):
    """The whole agenda and its minutes on the meeting's page. Agreements are made on the item's own."""

    model = AgendaItem
    form = ItemRow
    fieldsets = [
        (None, {"fields": [("title", "kind", "position"), ("is_closed", "public_title")]}),
        ("Til dagsordenen", {"fields": ["case_number", "presentation", "recommendation"], "classes": ["collapse"]}),
        (
            "Til referatet",
            {"fields": ["raised_at_meeting", "discussion", "answer", "decision", "dissent"], "classes": ["collapse"]},
        ),
    ]
    show_change_link = True

    def has_change_permission(self, request, obj=None):
        return request.user.may(roles.EDIT) if obj is None else ItemRules.may_write(request.user, obj)

    def has_add_permission(self, request, obj=None):
        return self.has_change_permission(request, obj) and not ItemRules.closed_by(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)

    def get_readonly_fields(self, request, obj=None):
        return ItemRules.read_only(request.user, obj, flatten_fieldsets(self.fieldsets))


class AttendanceInline(ScopedStackedInline):
    model = Attendance
    fields = [("member", "status", "substitute_for", "remark")]
    classes = ["compact"]


class AttachmentRules:
    """The field for the file, which checks what comes in and shows what is there."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "file" in self.fields and self.instance.pk:
            self.fields["file"].help_text = format_html(
                'Nu: <a href="{}">{}</a>. Vælg kun en fil, hvis den skal skiftes ud.',
                self.instance.get_absolute_url(),
                self.instance.filename,
            )


class AttachmentRow(AttachmentRules, ScopedRow):
    pass


class AttachmentForm(AttachmentRules, ScopedForm):
    pass


class UploadsFile:
    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "file":
            return UploadField(label=db_field.verbose_name.capitalize(), max_length=db_field.max_length)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class AttachmentInline(UploadsFile, ScopedStackedInline):
    model = Attachment
    form = AttachmentRow
    fields = ["file", "title", ("item", "paper"), "position"]


class PaperInline(ScopedStackedInline):
    """Agenda or minutes on the meeting's page; made when something is written in it."""

    max_num = 1
    extra = 1
    can_delete = False
    classes = ["single"]

    def has_change_permission(self, request, obj=None):
        it = paper(obj, self.model._meta.model_name) if obj is not None and obj.pk else None
        return may_edit(request.user, it) if it else request.user.may(roles.EDIT, obj and municipality_of(obj))


class AgendaInline(PaperInline):
    model = Agenda
    fields = ["intro"]
    verbose_name = "dagsordenens indledning"


class MinutesInline(PaperInline):
    model = Minutes
    fields = ["approval_asked_on", "approved_on", "approved_how", "corrected_on", "correction"]
    verbose_name = "referatets godkendelse og rettelser"


class MeetingForm(ScopedForm):
    def may_save(self):
        return self.user.may(roles.EDIT, self.instance.municipality)


@admin.register(Meeting)
class MeetingAdmin(PublishableAdmin):
    shelf = (DAILY, 1)
    about = "Indkald, skriv dagsorden og referat"
    form = MeetingForm
    list_display = ["when", "heading", "status_text", "agenda_text", "minutes_text"]
    list_filter = ["kind", "status"]
    search_fields = ["title", "kind_label", "place", "items__title"]
    search_help_text = "Søg i titel, sted og punkter"
    date_hierarchy = "date"
    inlines = [AgendaInline, AgendaItemInline, AttendanceInline, AttachmentInline, MinutesInline]
    fieldsets = [
        (
            "Hvornår og hvor",
            {
                "fields": [
                    "council", "kind", "title", "date", ("starts_at", "ends_at"), "place", "address", "is_cancelled",
                    "cancelled_reason",
                ]
            },
        ),
        ("For dem, der vil med", {"fields": ["is_open", "how_to_attend"]}),
        (
            "Til referatet",
            {"fields": ["style", "chaired_by", "minutes_by", "guests", "plain_text"]},
        ),
        (
            "Flere valg",
            {"fields": ["kind_label", "ordinal", "first_number", "expires_at"], "classes": ["collapse"]},
        ),
        ("Kun for redaktionen", {"fields": ["internal_note"], "classes": ["collapse"]}),
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality", "agenda", "minutes")

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
        return it.status_text if (it := paper(obj, "agenda")) else "ikke lavet"

    @admin.display(description="referat")
    def minutes_text(self, obj):
        return it.stage if (it := paper(obj, "minutes")) else "ikke lavet"

    # Rights: the meeting's own fields close with the meeting, the papers' with the papers

    def may_change(self, user, obj):
        return user.may(roles.EDIT, municipality_of(obj))

    def get_readonly_fields(self, request, obj=None):
        if obj is None or may_edit(request.user, obj):
            return []
        return [name for name in flatten_fieldsets(self.fieldsets) if name != "internal_note"]

    def was_never_public(self, obj):
        papers = [it for name in ("agenda", "minutes") if (it := paper(obj, name))]
        return all(super(MeetingAdmin, self).was_never_public(it) for it in [obj, *papers])

    # Publication

    def papers(self, obj):
        return [
            {"label": "Mødet", "paper": obj, "hint": "Dato og sted, og hvem der kan komme med"},
            {
                "label": "Dagsordenen",
                "paper": paper(obj, "agenda"),
                "hint": "Punkterne før mødet",
                "create_url": self.url("agenda", obj),
            },
            {
                "label": "Referatet",
                "paper": paper(obj, "minutes"),
                "hint": "Hvad der blev sagt, besluttet og aftalt",
                "create_url": self.url("minutes", obj),
            },
        ]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/dagsorden/", view(self.make_agenda), name="council_meeting_agenda"),
            path("<path:object_id>/referat/", view(self.make_minutes), name="council_meeting_minutes"),
            *super().get_urls(),
        ]

    def make_agenda(self, request, object_id):
        return self._make_paper(request, object_id, Agenda)

    def make_minutes(self, request, object_id):
        return self._make_paper(request, object_id, Minutes)

    @transaction.atomic
    def _make_paper(self, request, object_id, model):
        """Make the row that is published, and go on to its gate."""
        meeting = self.get_object(request, unquote(object_id))
        if not request.user.may(roles.PUBLISH, meeting.municipality):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        made, _ = model.objects.get_or_create(meeting=meeting)
        return HttpResponseRedirect(self.url("publish", made))


class PaperAdmin(PublishableAdmin):
    """Agenda or minutes on a page of its own. It is made from its meeting, and its gate leads back there."""

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

    def page_of(self, obj):
        return self.url("change", obj.meeting)

    def seen_version(self, obj):
        return f"{obj.version}-{obj.meeting.version}"

    def _count_change(self, obj):
        take_next_version(obj.meeting)


@admin.register(Agenda)
class AgendaAdmin(PaperAdmin):
    fieldsets = [(None, {"fields": ["intro", "expires_at"]})]


@admin.register(Minutes)
class MinutesAdmin(PaperAdmin):
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "approval_asked_on", "approved_on", "approved_how", "corrected_on", "correction", "expires_at",
                ]
            },
        )
    ]  # fmt: skip


class AgreementInline(ScopedStackedInline):
    model = Agreement
    fields = ["text", ("responsible", "member"), ("due_on", "done_on"), "outcome", "position"]


@admin.register(AgendaItem)
class AgendaItemAdmin(ScopedAdmin):
    form = ItemForm
    list_display = ["title", "meeting", "is_closed"]
    list_filter = ["is_closed", "kind"]
    search_fields = ["title", "case_number"]
    autocomplete_fields = ["themes", "goals", "meeting"]
    inlines = [AgreementInline]
    fieldsets = [(None, {"fields": ["meeting"]}), *ITEM_FIELDSETS]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("meeting__council__municipality", "meeting__agenda", "meeting__minutes")
        )

    def choice_name(self, obj):
        """Every meeting has its »Eventuelt«."""
        return f"{obj.title} ({short_date(obj.meeting.date)})"

    def may_change(self, user, obj):
        return ItemRules.may_write(user, obj.meeting)

    def has_delete_permission(self, request, obj=None):
        return (
            obj is not None
            and self.may_change(request.user, obj)
            and not ItemRules.closed_by(request.user, obj.meeting)
        )

    def get_readonly_fields(self, request, obj=None):
        return ItemRules.read_only(request.user, obj and obj.meeting, flatten_fieldsets(self.fieldsets))


@admin.register(Attendance)
class AttendanceAdmin(ScopedAdmin):
    list_display = ["member", "status", "meeting"]
    list_filter = ["status"]
    search_fields = ["member__area"]
    autocomplete_fields = ["meeting"]
    fieldsets = [(None, {"fields": ["meeting", "member", "status", "substitute_for", "remark"]})]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("meeting__council__municipality", "member__person", "member__council__municipality")
        )


@admin.register(Attachment)
class AttachmentAdmin(UploadsFile, ScopedAdmin):
    form = AttachmentForm
    list_display = ["display_title", "meeting", "paper"]
    list_filter = ["paper"]
    search_fields = ["title", "file"]
    autocomplete_fields = ["meeting", "item"]
    fieldsets = [(None, {"fields": ["meeting", "item", "paper", "file", "title", "position"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("meeting__council__municipality", "item__meeting")


class OpenFilter(admin.SimpleListFilter):
    title = "stand"
    parameter_name = "stand"

    def lookups(self, request, model_admin):
        return [("aaben", "Mangler"), ("gjort", "Gjort")]

    def queryset(self, request, queryset):
        return queryset.filter(done_on__isnull=self.value() == "aaben") if self.value() else queryset


@admin.register(Agreement)
class AgreementAdmin(ScopedAdmin):
    """Who promised what, across meetings."""

    shelf = (FOLLOW_UP, 1)
    about = "Hvem der gør hvad, og hvornår"
    list_display = ["text", "who", "due_on", "done_on", "meeting"]
    list_filter = [OpenFilter]
    search_fields = ["text", "responsible"]
    search_help_text = "Søg i aftaler og ansvarlige"
    date_hierarchy = "due_on"
    autocomplete_fields = ["item", "followed_up_at"]
    fieldsets = [
        ("Aftalen", {"fields": ["item", "text", "responsible", "member", "due_on"]}),
        ("Hvad kom der ud af det?", {"fields": ["done_on", "outcome", "followed_up_at"]}),
        ("Rækkefølge under punktet", {"fields": ["position"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("item__meeting__council__municipality", "member__person", "member__council")
        )

    @admin.display(description="hvem")
    def who(self, obj):
        return obj.member or obj.responsible

    @admin.display(description="møde", ordering="item__meeting__date")
    def meeting(self, obj):
        return obj.item.meeting
