"""Agenda items, attendance and attachments in the back office."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.urls import reverse
from django.utils.html import format_html

from council.meetings.agenda.building import supplement_of
from council.models import AgendaItem, Agreement, Attachment, Attendance, Meeting
from council.rights import ItemLock, item_lock, locked_item_fields, may_edit_agenda, may_write_items
from udsat.admin import ScopedAdmin, ScopedChangeForm, ScopedStackedInline
from udsat.lib.danish import short_date
from udsat.lib.forms import parse_pk
from udsat.lib.uploads import UploadField


def correction_notice(user, meeting) -> str:
    """Link to the page where public minutes are corrected, where they lock the fields; otherwise empty."""
    if item_lock(user, meeting) != ItemLock.MINUTES:
        return ""
    return format_html(
        'Referatet er offentligt. <a href="{}">Ret referatet</a> på sin egen side. Så kan alle se, hvad der er rettet.',
        reverse("admin:council_meeting_correct", args=[meeting.pk]),
    )


class ItemForm(ScopedChangeForm):
    def may_save(self):
        # New items are not added to public minutes here.
        is_new = self.instance.pk is None and item_lock(self.user, self.instance.meeting) == ItemLock.MINUTES
        return may_write_items(self.user, self.instance.meeting) and not is_new

    def _post_clean(self):
        """Let an item that is added to a public agenda wait for the supplementary agenda."""
        meeting = self.cleaned_data.get("meeting")
        if self.instance.pk is None and meeting and not self.cleaned_data.get("raised_at_meeting"):
            self.instance.supplement = supplement_of(meeting)
        super()._post_clean()


class AgreementInline(ScopedStackedInline):
    model = Agreement
    fields = ["text", ("responsible", "member"), ("due_on", "done_on"), "outcome", "position"]


@admin.register(AgendaItem)
class AgendaItemAdmin(ScopedAdmin):
    guide = "dagsorden"
    form = ItemForm
    list_display = ["title", "meeting", "is_closed"]
    list_filter = ["is_closed", "kind"]
    search_fields = ["title", "case_number"]
    autocomplete_fields = ["meeting"]
    inlines = [AgreementInline]
    fieldsets = [
        (None, {"fields": ["meeting"]}),
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
        ("Handler om", {"fields": ["themes", "goals", "causes"], "classes": ["collapse"]}),
        ("Kun for redaktionen", {"fields": ["internal_note"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("meeting__council__municipality", "meeting__agenda", "meeting__minutes")
        )

    def return_url(self, obj):
        """Return to the item on the agenda page."""
        if obj is None:
            return super().return_url(obj)
        return f"{reverse('admin:council_meeting_agenda', args=[obj.meeting_id])}#punkt-{obj.pk}"

    def choice_label(self, obj):
        """Add the date, since titles such as »Eventuelt« recur."""
        return f"{obj.title} ({short_date(obj.meeting.date)})"

    def may_change(self, user, obj):
        return may_write_items(user, obj.meeting)

    def has_delete_permission(self, request, obj=None):
        return obj is not None and may_edit_agenda(request.user, obj.meeting)

    def get_readonly_fields(self, request, obj=None):
        return locked_item_fields(request.user, obj and obj.meeting, flatten_fieldsets(self.fieldsets))

    def get_fieldsets(self, request, obj=None):
        (name, first), *others = super().get_fieldsets(request, obj)
        where = correction_notice(request.user, obj and obj.meeting)
        return [(name, {**first, "description": where} if where else first), *others]


class AttendanceForm(ScopedChangeForm):
    def day_of_seats(self):
        """The seats on the day of the meeting."""
        meeting = self.instance.meeting_id or parse_pk(self.data.get("meeting", "")) or self.initial.get("meeting")
        day = Meeting.objects.filter(pk=parse_pk(str(meeting))).values_list("date", flat=True).first()
        return day or super().day_of_seats()

    def may_save(self):
        return super().may_save() and item_lock(self.user, self.instance.meeting) != ItemLock.MINUTES


@admin.register(Attendance)
class AttendanceAdmin(ScopedAdmin):
    guide = "moedebord"
    form = AttendanceForm
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

    def may_change(self, user, obj):
        return super().may_change(user, obj) and item_lock(user, obj.meeting) != ItemLock.MINUTES


class AttachmentForm(ScopedChangeForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "file" in self.fields and self.instance.pk:
            self.fields["file"].help_text = format_html(
                'Nu: <a href="{}">{}</a>. Vælg kun en fil, hvis den skal skiftes ud.',
                self.instance.get_absolute_url(),
                self.instance.filename,
            )


@admin.register(Attachment)
class AttachmentAdmin(ScopedAdmin):
    guide = "dagsorden"
    form = AttachmentForm
    list_display = ["display_title", "meeting", "paper"]
    list_filter = ["paper"]
    search_fields = ["title", "file"]
    autocomplete_fields = ["meeting", "item"]
    fieldsets = [(None, {"fields": ["meeting", "item", "paper", "file", "title", "position"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("meeting__council__municipality", "item__meeting")

    def return_url(self, obj):
        """Return to the item on the agenda page, or to the attachments of the meeting."""
        if obj is None:
            return super().return_url(obj)
        if obj.item_id:
            return f"{reverse('admin:council_meeting_agenda', args=[obj.meeting_id])}#punkt-{obj.item_id}"
        return f"{reverse('admin:council_meeting_change', args=[obj.meeting_id])}#bilag"

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "file":
            return UploadField(label=db_field.verbose_name.capitalize(), max_length=db_field.max_length)
        return super().formfield_for_dbfield(db_field, request, **kwargs)
