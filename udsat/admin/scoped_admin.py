"""The back office sees and changes only the user's own municipalities. Every model admin stands on `ScopedAdmin`.

What a user can list she can choose, filter by and open; the rest does not exist for her (404). What she may do with
it is asked of her role there (`User.may`), never of Django's permission tables.
"""

import json

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup, DisallowedModelAdminToField
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path, quote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import IntegrityError, connection, models
from django.forms.models import ModelChoiceField
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from udsat.lib import roles
from udsat.lib.cpr import hide_cpr
from udsat.lib.publishing import CheckedText
from udsat.lib.readability import readability_note
from udsat.lib.richtext import plain_text
from udsat.models import Publishable, RevisionedModel, batch_reindexing, is_cpr_overridden

from .access import has_several, may_edit, municipality_of, owner_of
from .edit_conflict import increment_version
from .form_fields import (
    YEARS,
    ClockField,
    DayField,
    KnownOne,
    KnownSeveral,
    MomentField,
    ScopedRelatedFilter,
    SeveralField,
)
from .forms import ScopedForm, ScopedFormSet, ScopedRow
from .history import HistoryPages

FILTER_ENDINGS = {"", "exact", "id__exact", "isnull", "gte", "lt", "year", "month", "day"}


class _Scoped:
    """What model admins and inlines share: choices come from what the user can list of the related model."""

    # The browser's own pickers know the keyboard, the phone and the reader's language.
    formfield_overrides = {
        models.TextField: {"widget": AdminTextareaWidget({"rows": 4})},
        models.URLField: {"assume_scheme": "https"},
        models.DateField: {"form_class": DayField, "widget": None},
        models.TimeField: {"form_class": ClockField, "widget": None},
        models.DateTimeField: {"form_class": MomentField, "widget": None},
    }
    # Fields whose choices can be added on the spot, in a small window.
    can_add_here = ()

    def get_field_queryset(self, db, db_field, request):
        return self.admin_site.get_model_admin(db_field.remote_field.model).get_queryset(request)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownOne(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownSeveral(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **{"form_class": SeveralField, **kwargs})

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ModelChoiceField):
            field.label_from_instance = self.admin_site.get_model_admin(db_field.related_model).choice_name
        wrapper = getattr(field, "widget", None)
        if hasattr(wrapper, "can_add_related"):
            if db_field.name in self.can_add_here:
                wrapper.can_change_related = wrapper.can_delete_related = wrapper.can_view_related = False
            else:
                field.widget = wrapper.widget
                field.widget.choices = field.choices
        return field


class ScopedAdmin(HistoryPages, _Scoped, admin.ModelAdmin):
    form = ScopedForm
    view_on_site = False
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # Where the model stands on the front page of the back office; None: reached from another page only.
    shelf: tuple[str, int] | None = None
    about = ""  # one line below its name there
    guide = ""  # the section of the guide that its pages lead to
    ability = roles.EDIT

    # What is there

    def get_queryset(self, request):
        return super().get_queryset(request).in_reach_of(request.user)

    def get_object(self, request, object_id, from_field=None):
        """The object, or 404 outside the user's reach; under a lock when it is about to be changed."""
        obj = super().get_object(request, object_id, from_field)
        if obj is None:
            raise Http404(f"{capfirst(self.opts.verbose_name)} findes ikke.")
        if request.method == "POST" and connection.in_atomic_block:
            owner = self.owner(obj)
            # The owner first, as the page that edits all of it does, so that two savers never wait for each other.
            for locked in {id(o): o for o in (owner, obj) if o is not None}.values():
                locked.refresh_from_db(from_queryset=type(locked)._base_manager.select_for_update(of=("self",)))
        return obj

    def changeform_view(self, request, *args, **kwargs):
        view = super().changeform_view
        if request.method == "POST":
            # A form saves many parts of one thing.
            view = batch_reindexing()(view)
        try:
            try:
                return view(request, *args, **kwargs)
            except IntegrityError:
                # Between the check and the save another took what only one can have. Checked again, the form says so.
                return view(request, *args, **kwargs)
        except DisallowedModelAdminToField:
            raise Http404 from None

    def delete_view(self, request, *args, **kwargs):
        try:
            return super().delete_view(request, *args, **kwargs)
        except DisallowedModelAdminToField:
            raise Http404 from None

    # Who may what

    def has_module_permission(self, request):
        return request.user.may(roles.VIEW)

    def has_view_permission(self, request, obj=None):
        return request.user.may(roles.VIEW, municipality_of(obj))

    def has_add_permission(self, request):
        return request.user.may(self.ability)

    def has_change_permission(self, request, obj=None):
        return request.user.may(self.ability) if obj is None else self.may_change(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return obj is not None and self.may_change(request.user, obj)

    def may_change(self, user, obj) -> bool:
        return may_edit(user, obj)

    def choice_name(self, obj) -> str:
        """What it is called in a list of choices, where its page does not say what it belongs to."""
        return str(obj)

    # Where it is edited; a page that edits the parts of something overrides these in the admins of the parts

    def url(self, what, obj) -> str:
        return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{what}", args=[quote(obj.pk)])

    def page_of(self, obj) -> str:
        """The address of the page where it is edited."""
        return self.url("change", obj)

    def crumbs(self, obj=None) -> list[tuple[str, str]]:
        """The way back from a page: addresses with their names. A part goes back to the page of its owner."""
        owner = self.owner(obj) if obj is not None else None
        listed = self if owner in (None, obj) else self.admin_site.get_model_admin(type(owner))
        opts = listed.opts
        listing = (reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"), capfirst(opts.verbose_name_plural))
        way = [(reverse("admin:index"), "Mit bord"), listing]
        return way if owner in (None, obj) else [*way, (listed.page_of(owner), str(owner))]

    def way_to(self, obj) -> list[tuple[str, str]]:
        """The crumbs of a page below the one where it is edited."""
        crumbs, page = self.crumbs(obj), (self.page_of(obj), str(obj))
        return crumbs if crumbs[-1][0] == page[0] else [*crumbs, page]

    def owner(self, obj):
        return owner_of(obj)

    def field_url(self, obj, field) -> str:
        """The address of one field on that page."""
        return f"{self.url('change', obj)}#id_{field}"

    # Lists

    def get_list_display(self, request):
        columns = super().get_list_display(request)
        return [*columns, "place"] if self._shows_place(request) else columns

    def get_list_filter(self, request):
        filters = [
            (item, ScopedRelatedFilter)
            if isinstance(item, str) and get_fields_from_path(self.model, item)[-1].remote_field
            else item
            for item in super().get_list_filter(request)
        ]
        if self._shows_place(request):
            filters.append((self.model.municipality_lookup, ScopedRelatedFilter))
        return filters

    def get_list_select_related(self, request):
        related = super().get_list_select_related(request) or ()
        return [*related, self.model.municipality_lookup] if self._shows_place(request) else related

    def _shows_place(self, request):
        return getattr(self.model, "municipality_lookup", "pk") != "pk" and has_several(request.user)

    @admin.display(description="kommune")
    def place(self, obj):
        return municipality_of(obj)

    def changelist_view(self, request, extra_context=None):
        title = capfirst(self.opts.verbose_name_plural)
        crumbs = [(reverse("admin:index"), "Mit bord")]
        return super().changelist_view(request, {"title": title, "crumbs": crumbs, **(extra_context or {})})

    def get_changelist_instance(self, request):
        asked = "".join(request.GET.values())
        # More than anybody asks for, and more than the database can look for.
        if "\x00" in asked or len(asked) > 2000:
            raise IncorrectLookupParameters
        try:
            return super().get_changelist_instance(request)
        except DisallowedModelAdminLookup as error:
            raise IncorrectLookupParameters from error

    def lookup_allowed(self, lookup, value, request=None):
        """Only what the page's own filters and dates ask; any other field could be guessed at letter by letter."""
        paths = [item[0] if isinstance(item, tuple) else item for item in self.get_list_filter(request)]
        for path in [*paths, self.date_hierarchy]:
            if isinstance(path, str) and (lookup == path or lookup.startswith(f"{path}__")):
                ending = lookup.removeprefix(path).removeprefix("__")
                return ending in FILTER_ENDINGS and (ending != "year" or value in map(str, YEARS))
        return any(getattr(path, "parameter_name", None) == lookup for path in paths)

    # Forms

    def get_fields(self, request, obj=None):
        return [name for name in super().get_fields(request, obj) if name != "version"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def get_inline_formsets(self, request, formsets, inline_instances, obj=None):
        wrapped = super().get_inline_formsets(request, formsets, inline_instances, obj)
        for inline in wrapped:
            data = json.loads(inline.inline_formset_data())
            # The stock text, "Tilføj endnu en møde", knows no neuter.
            data["options"]["addText"] = f"Tilføj {inline.opts.verbose_name}"
            inline.inline_formset_data = json.dumps(data)
        return wrapped

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if getattr(context["adminform"].form, "has_conflict", False):
            for inline in context["inline_admin_formsets"]:
                for row in inline.formset.initial_forms:
                    if row.is_bound and hasattr(row, "show_saved_values"):
                        row.show_saved_values()
        context["crumbs"] = self.crumbs(obj)
        if obj is not None and has_several(request.user):
            context["place"] = municipality_of(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def render_delete_form(self, request, context):
        obj = context["object"]
        return super().render_delete_form(request, {**context, "crumbs": self.way_to(obj)})

    # Afterwards: back to where one came from

    def response_add(self, request, obj, post_url_continue=None):
        request.said = self._saved(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        request.said = self._saved(request, obj)
        return super().response_change(request, obj)

    def _saved(self, request, obj):
        """That it is saved, and how its easy text reads: after »Gem« she no longer sees the field."""
        easy = readability_note(plain_text(getattr(obj, "plain_text", "")))
        easy = f" Kort fortalt: {easy}" if easy else ""
        if "_addanother" in request.POST:
            return format_html("»{}« er gemt.{} Her kan du lave en ny.", obj, easy)
        if "_continue" in request.POST:
            return format_html("»{}« er gemt.", obj)
        return format_html('»<a href="{}">{}</a>« er gemt.{}', self.url("change", obj), obj, easy)

    def message_user(self, request, message, *args, **kwargs):
        """The stock sentence after saving, "Du kan redigere den/det igen herunder", gives way to ours."""
        super().message_user(request, request.__dict__.pop("said", message), *args, **kwargs)

    def response_post_save_add(self, request, obj):
        return self.response_post_save_change(request, obj)

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(self.crumbs(obj)[-1][0])

    def response_delete(self, request, obj_display, obj_id):
        if IS_POPUP_VAR in request.POST:
            return super().response_delete(request, obj_display, obj_id)
        self.message_user(request, f"{obj_display} er slettet.", messages.SUCCESS)
        return HttpResponseRedirect(request.way_back)

    # Saving

    def save_model(self, request, obj, form, change):
        if change and isinstance(obj, Publishable):
            obj.claim_version(int(form.cleaned_data["version"]))
        super().save_model(request, obj, form, change)
        self._count_change(obj)
        self.warn_of_cpr(request, [obj])

    def save_related(self, request, form, formsets, change):
        """What it is tied to (topics, themes) is set after it was saved, and is found by too."""
        super().save_related(request, form, formsets, change)
        if hasattr(form.instance, "reindex"):
            form.instance.reindex()

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        for row in [*formset.new_objects, *(obj for obj, _ in formset.changed_objects)]:
            if isinstance(row, Publishable):
                increment_version(row)
        self.warn_of_cpr(request, [*formset.new_objects, *(obj for obj, _ in formset.changed_objects)])

    def delete_model(self, request, obj):
        request.way_back = self.crumbs(obj)[-1][0]
        self._count_change(obj)
        super().delete_model(request, obj)

    def _count_change(self, obj):
        owner = owner_of(obj)
        if owner is not None and owner is not obj:
            increment_version(owner)

    def count_restored(self, obj):
        """A restored text is a change like any other for those who have it open."""
        if isinstance(obj, Publishable):
            increment_version(obj)
        self._count_change(obj)

    def warn_of_cpr(self, request, saved):
        """Say at once what the check before publication will ask about."""
        for obj in saved:
            if isinstance(obj, CheckedText):
                for finding in obj.findings():
                    if not is_cpr_overridden(finding):
                        messages.warning(
                            request,
                            f"{finding.location}: noget ligner et CPR-nummer ({finding.masked}). "
                            "Fjern det, før det bliver offentligt.",
                        )

    # The stock log is for users and national lists. What people write has its revisions, and nothing is kept twice.

    def log_addition(self, request, obj, message):
        return (
            None if isinstance(obj, RevisionedModel) else without_numbers(super().log_addition(request, obj, message))
        )

    def log_change(self, request, obj, message):
        return None if isinstance(obj, RevisionedModel) else without_numbers(super().log_change(request, obj, message))

    def log_deletions(self, request, queryset):
        if issubclass(self.model, RevisionedModel):
            return []
        entries = super().log_deletions(request, queryset)
        return [without_numbers(entry) for entry in ([entries] if isinstance(entries, LogEntry) else entries or [])]

    def get_deleted_objects(self, objs, request):
        """Without the rows that only tie two things together: they have no name that tells anything."""
        tree, counts, missing, protected = super().get_deleted_objects(objs, request)
        ties = [
            field.remote_field.through._meta
            for model in self.admin_site._registry
            for field in model._meta.many_to_many
            if field.remote_field.through._meta.auto_created
        ]
        plurals = {tie.verbose_name_plural for tie in ties}
        counts = {name: count for name, count in counts.items() if name not in plurals}
        return _without(tree, tuple(f"{capfirst(tie.verbose_name)}: " for tie in ties)), counts, missing, protected


def _without(tree, prefixes):
    kept = [_without(node, prefixes) if isinstance(node, list) else node for node in tree]
    return [node for node in kept if node and not (isinstance(node, str) and node.startswith(prefixes))]


def without_numbers(entry):
    """A log keeps no CPR number, not even one that stood in a title for a minute."""
    shown = (hide_cpr(entry.object_repr)[:200], hide_cpr(entry.change_message)) if entry else ()
    if entry and shown != (entry.object_repr, entry.change_message):
        entry.object_repr, entry.change_message = shown
        entry.save(update_fields=["object_repr", "change_message"])
    return entry


class ScopedInline(_Scoped):
    """Rows on the page of what they belong to. Whoever may change a row of it alone may change it here."""

    form = ScopedRow
    formset = ScopedFormSet
    extra = 0
    view_on_site = False

    def get_queryset(self, request):
        return super().get_queryset(request).in_reach_of(request.user)

    def get_extra(self, request, obj=None, **kwargs):
        """Without JavaScript nobody can add a row on the spot, so there is a link that brings an empty one."""
        return super().get_extra(request, obj, **kwargs) + ("raekke" in request.GET)

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.user = request.user
        return formset

    def _example(self, request, obj):
        """A row as it would belong to the page's object, to ask the rules of."""
        name = self.fk_name or next(f.name for f in self.opts.fields if f.related_model is self.parent_model)
        return self.model(**{name: obj})

    def has_view_permission(self, request, obj=None):
        return request.user.may(roles.VIEW, municipality_of(obj) if obj else None)

    def has_change_permission(self, request, obj=None):
        return request.user.may(roles.EDIT) if obj is None else may_edit(request.user, self._example(request, obj))

    def has_add_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)


class ScopedStackedInline(ScopedInline, admin.StackedInline):
    """The stock tabular rows have no labels; several fields on one line of a stacked row do the same."""

    class Media:
        js = [forms.Script("js/rows.js", type="module")]


class NationalAdmin(ScopedAdmin):
    """Lists that all municipalities share: everybody reads them, whoever runs the portal keeps them."""

    def get_queryset(self, request):
        return super(ScopedAdmin, self).get_queryset(request)

    def has_add_permission(self, request):
        return request.user.is_active and request.user.is_superuser

    def may_change(self, user, obj):
        return user.is_active and user.is_superuser

    def has_change_permission(self, request, obj=None):
        return self.may_change(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return self.may_change(request.user, obj)
