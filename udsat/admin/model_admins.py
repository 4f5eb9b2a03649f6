"""Base classes of all model admins, restricted to the municipalities of the user.

Objects outside them return 404 and are never offered as choices or filters. Permissions come from `User.may()`, not
from Django's permission tables.
"""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup, DisallowedModelAdminToField
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import get_fields_from_path, quote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError, connection, models
from django.forms.models import ModelChoiceField, _get_foreign_key
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst

from udsat.kept_forms import take_kept_form
from udsat.lib import roles
from udsat.lib.cpr import hide_cpr
from udsat.lib.publishing import CheckedText
from udsat.lib.readability import readability_note
from udsat.lib.richtext import plain_text
from udsat.models import (
    EditConflict,
    Municipality,
    Publishable,
    RevisionedModel,
    batch_reindexing,
    is_cpr_overridden,
    kept_until,
)
from udsat.models.history import parts_without_history
from udsat.models.self_relations import check_self_relations, self_relations

from .edit_versions import increment_version, version_of
from .form_fields import (
    YEARS,
    CheckList,
    DateInputField,
    DateTimeInputField,
    SafeAutocompleteSelect,
    SafeAutocompleteSelectMultiple,
    SafeModelMultipleChoiceField,
    TimeInputField,
)
from .forms import NOT_SAVED, ScopedChangeForm, ScopedFormSet, ScopedModelForm, is_returned
from .gate_return import gate_behind
from .history import HistoryMixin
from .scope import has_several_municipalities, may_edit, municipality_of, owner_of

# How often a form is validated anew because others save meanwhile. The last time tells the person.
MAX_ATTEMPTS = 4
FILTER_ENDINGS = {"", "exact", "id__exact", "isnull", "gte", "lt", "year", "month", "day"}


def yes_or_no(value: bool | None) -> str:
    return "ukendt" if value is None else "ja" if value else "nej"


class _ScopedFieldsMixin:
    """Form fields of model admins and inlines, with choices limited to objects that the user can list."""

    # Native date and time inputs are accessible and localised.
    formfield_overrides = {
        models.TextField: {"widget": AdminTextareaWidget({"rows": 4})},
        models.URLField: {"assume_scheme": "https"},
        models.DateField: {"form_class": DateInputField, "widget": None},
        models.TimeField: {"form_class": TimeInputField, "widget": None},
        models.DateTimeField: {"form_class": DateTimeInputField, "widget": None},
    }
    # Relations whose choices can be added in a popup.
    addable_fields = ()

    def get_field_queryset(self, db, db_field, request):
        return self.admin_site.get_model_admin(db_field.remote_field.model).get_queryset(request)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SafeAutocompleteSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SafeAutocompleteSelectMultiple(db_field, self.admin_site))
        kwargs = {"form_class": SafeModelMultipleChoiceField, "widget": CheckList, **kwargs}
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.help_text = db_field.help_text  # Django adds how to use a stock list of several
        return field

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ModelChoiceField):
            field.label_from_instance = self.admin_site.get_model_admin(db_field.related_model).choice_label
        wrapper = getattr(field, "widget", None)
        if hasattr(wrapper, "can_add_related"):
            if db_field.name in self.addable_fields:
                wrapper.can_change_related = wrapper.can_delete_related = wrapper.can_view_related = False
            else:
                field.widget = wrapper.widget
                field.widget.choices = field.choices
        return field


class ScopedRelatedFilter(RelatedFieldListFilter):
    """Offer only related objects that occur in the user's own list."""

    def field_choices(self, field, request, model_admin):
        used = model_admin.get_queryset(request).order_by().values(self.field_path)
        reachable = model_admin.admin_site.get_model_admin(field.remote_field.model).get_queryset(request)
        return [(obj.pk, str(obj)) for obj in reachable.filter(pk__in=used)]


class ScopedAdmin(HistoryMixin, _ScopedFieldsMixin, admin.ModelAdmin):
    form = ScopedChangeForm
    view_on_site = False
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # Section and position on the front page of the back office; None if reached from another page.
    index_section: tuple[str, int] | None = None
    index_description = ""  # one line below its name on the front page
    guide = ""  # anchor in the guide
    ability = roles.EDIT

    # Objects

    def get_queryset(self, request):
        return super().get_queryset(request).in_reach_of(request.user)

    def get_object(self, request, object_id, from_field=None):
        """Return the object, or 404 outside the user's municipalities; lock it on POST in a view's transaction."""
        obj = super().get_object(request, object_id, from_field)
        if obj is None:
            raise Http404(f"{capfirst(self.opts.verbose_name)} findes ikke.")
        if request.method == "POST" and connection.in_atomic_block:
            owner = self.owner(obj)
            # Lock the owner first, as its own page does, to avoid deadlocks.
            for locked in {id(o): o for o in (owner, obj) if o is not None}.values():
                locked.refresh_from_db(from_queryset=type(locked)._base_manager.select_for_update(of=("self",)))
        return obj

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        request = take_kept_form(request) or request
        return self._with_late_transaction(request, self._changeform_view, object_id, form_url, extra_context)

    def delete_view(self, request, object_id, extra_context=None):
        return self._with_late_transaction(request, self._delete_view, object_id, extra_context)

    def _with_late_transaction(self, request, view, *args):
        """Call a view of Django's that reads, validates and then writes; `begin_write()` opens the transaction.

        Django opens it around the whole view, which on SQLite keeps everybody else from writing meanwhile. If the
        state that was validated has changed before the write, the view starts again; the form then shows the conflict.
        """
        refusal: Sequence[str] = getattr(request, "refusal", ())
        for attempts_left in reversed(range(MAX_ATTEMPTS)):
            request.refusal = refusal
            try:
                with ExitStack() as request.write_transaction:
                    return view(request, *args)
            except DisallowedModelAdminToField:
                raise Http404 from None
            except (EditConflict, IntegrityError):
                if refusal:
                    raise
                refusal = [] if attempts_left > 1 else ["Andre gemmer lige nu. Vent lidt, og gem igen."]
            except ValidationError as error:
                if refusal:
                    raise
                refusal = error.messages

    def begin_write(self, request, obj, opened: str | None) -> None:
        """Open the transaction of the request and lock the object. `opened` is the version that was validated.

        Raises EditConflict if the object or its owner has been saved since.
        """
        if request.refusal:
            raise PermissionDenied
        request.write_transaction.enter_context(batch_reindexing())
        owner = self.owner(obj)
        # The owner first, as its own page does, to avoid deadlocks.
        versions = [(owner, owner.version)] if owner not in (None, obj) and owner.pk else []
        try:
            for one, version in versions:
                if type(one)._base_manager.select_for_update(of=("self",)).get(pk=one.pk).version != version:
                    raise EditConflict
            if opened is not None:
                saved = type(obj)._base_manager.select_for_update(of=("self",)).get(pk=obj.pk)
                if self.version_of(request, saved) != opened:
                    raise EditConflict
        except ObjectDoesNotExist:
            raise EditConflict from None

    def version_of(self, request, obj) -> str:
        """Return a token that changes with every save of the object or of a row on its page."""
        if obj.pk is None or isinstance(obj, Publishable):
            return version_of(obj)
        rows = []
        for inline in self.get_inlines(request, obj):
            relation = _get_foreign_key(self.model, inline.model, fk_name=inline.fk_name)
            rows += inline.model._base_manager.filter(**{relation.name: obj}).order_by("pk")
        return version_of(obj, rows)

    # Permissions

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

    def choice_label(self, obj) -> str:
        """Return its label in a list of choices."""
        return str(obj)

    # Addresses; overridden by admins of parts that are edited on the page of their owner

    def url(self, what, obj) -> str:
        return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{what}", args=[quote(obj.pk)])

    def edit_url(self, obj) -> str:
        """Return the address of the page where it is edited."""
        return self.url("change", obj)

    def crumbs(self, obj=None) -> list[tuple[str, str]]:
        """Return breadcrumbs as (address, name). Those of a part include the page of its owner."""
        owner = self.owner(obj) if obj is not None else None
        listed = self if owner in (None, obj) else self.admin_site.get_model_admin(type(owner))
        opts = listed.opts
        listing = (reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"), capfirst(opts.verbose_name_plural))
        crumbs = [(reverse("admin:index"), "Mit bord"), listing]
        return crumbs if owner in (None, obj) else [*crumbs, (listed.edit_url(owner), str(owner))]

    def crumbs_to(self, obj) -> list[tuple[str, str]]:
        """Return the breadcrumbs of a page below the one where it is edited."""
        crumbs, page = self.crumbs(obj), (self.edit_url(obj), str(obj))
        return crumbs if crumbs[-1][0] == page[0] else [*crumbs, page]

    def owner(self, obj):
        return owner_of(obj)

    def return_url(self, obj) -> str:
        """Return the address of the list or page that a closed form returns to, at the row of the object."""
        return self.crumbs(obj)[-1][0]

    def field_url(self, obj, field) -> str:
        """Return the address of the field on its page."""
        return f"{self.url('change', obj)}#id_{field}"

    def file_url(self, obj, field) -> str:
        """Return the address at which users of the back office open the file of the field."""
        return obj.get_absolute_url()

    # Lists

    def get_list_display(self, request):
        columns = [self.in_words(name) for name in super().get_list_display(request)]
        return [*columns, "municipality_name"] if self._shows_municipality(request) else columns

    def in_words(self, name):
        """Return a column with "ja" and "nej" in place of the icons of a truth value."""
        field = next((field for field in self.opts.fields if field.name == name), None)
        if not isinstance(field, models.BooleanField):
            return name
        return admin.display(description=field.verbose_name, ordering=name)(lambda obj: yes_or_no(getattr(obj, name)))

    def get_list_filter(self, request):
        filters = [
            (item, ScopedRelatedFilter)
            if isinstance(item, str) and get_fields_from_path(self.model, item)[-1].remote_field
            else item
            for item in super().get_list_filter(request)
        ]
        if self._shows_municipality(request):
            filters.append((self.model.municipality_lookup, ScopedRelatedFilter))
        return filters

    def get_list_select_related(self, request):
        related = super().get_list_select_related(request) or ()
        return [*related, self.model.municipality_lookup] if self._shows_municipality(request) else related

    def _shows_municipality(self, request):
        return getattr(self.model, "municipality_lookup", "pk") != "pk" and has_several_municipalities(request.user)

    @admin.display(description="kommune")
    def municipality_name(self, obj):
        return municipality_of(obj)

    def changelist_view(self, request, extra_context=None):
        title = capfirst(self.opts.verbose_name_plural)
        crumbs = [(reverse("admin:index"), "Mit bord")]
        return super().changelist_view(request, {"title": title, "crumbs": crumbs, **(extra_context or {})})

    def get_changelist_instance(self, request):
        asked = "".join(request.GET.values())
        # Limit the search text, since databases reject very long patterns.
        if "\x00" in asked or len(asked) > 2000:
            raise IncorrectLookupParameters
        try:
            return super().get_changelist_instance(request)
        except DisallowedModelAdminLookup as error:
            raise IncorrectLookupParameters from error

    def lookup_allowed(self, lookup, value, request=None):
        """Allow only the list's own filters and dates, so that other fields cannot be probed letter by letter."""
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
        form.version_of, form.refusal = partial(self.version_of, request), list(getattr(request, "refusal", ()))
        if is_returned(request):
            form.refusal.append(NOT_SAVED)
        return form

    def get_inline_formsets(self, request, formsets, inline_instances, obj=None):
        wrapped = super().get_inline_formsets(request, formsets, inline_instances, obj)
        for inline in wrapped:
            data = json.loads(inline.inline_formset_data())
            # Django's text ignores grammatical gender: "Tilføj endnu en møde".
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
        context["gate_url"] = gate_behind(request)
        context["return_url"] = self._with_filters(request, self.return_url(obj))
        if obj is not None and has_several_municipalities(request.user):
            context["shown_municipality"] = municipality_of(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def render_delete_form(self, request, context):
        """Add until when the object can be brought back, and which of its parts cannot."""
        obj = context["object"]
        context = {**context, "crumbs": self.crumbs_to(obj)}
        if isinstance(obj, RevisionedModel) and obj.is_kept_after_deletion and not context["protected"]:
            context |= {
                "kept_until": kept_until(timezone.now()),
                "lost": parts_without_history(obj),
                "may_remove": request.user.may(roles.MANAGE, obj.municipality),
            }
        return super().render_delete_form(request, context)

    # Responses

    def response_add(self, request, obj, post_url_continue=None):
        request.saved_message = self._saved_message(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        request.saved_message = self._saved_message(request, obj)
        response = super().response_change(request, obj)
        gate = gate_behind(request)
        return HttpResponseRedirect(gate) if gate else response

    def _saved_message(self, request, obj):
        """Return the success message, with the readability of the easy text."""
        easy = readability_note(plain_text(getattr(obj, "plain_text", "")))
        easy = f" Kort fortalt: {easy}" if easy else ""
        if "_addanother" in request.POST:
            return format_html("»{}« er gemt.{} Her kan du lave en ny.", obj, easy)
        if "_continue" in request.POST:
            return format_html("»{}« er gemt.", obj)
        return format_html('»<a href="{}">{}</a>« er gemt.{}', self.url("change", obj), obj, easy)

    def message_user(self, request, message, *args, **kwargs):
        """Replace Django's message after saving with `_saved_message()`."""
        super().message_user(request, request.__dict__.pop("saved_message", message), *args, **kwargs)

    def response_post_save_add(self, request, obj):
        return self.response_post_save_change(request, obj)

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(self._with_filters(request, self.return_url(obj)))

    def _with_filters(self, request, address):
        """Return the address of a list with the filters, search and page that it was left with."""
        filters = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return add_preserved_filters(filters, address)

    def response_delete(self, request, obj_display, obj_id):
        if IS_POPUP_VAR in request.POST:
            return super().response_delete(request, obj_display, obj_id)
        self.message_user(request, f"{obj_display} er slettet.", messages.SUCCESS)
        # The gate of an object that can be published is gone with it.
        gate = "" if issubclass(self.model, Publishable) else gate_behind(request)
        return HttpResponseRedirect(gate or request.list_url)

    # Saving

    def save_model(self, request, obj, form, change):
        self.begin_write(request, obj, form.initial["version"] if change else None)
        if change and isinstance(obj, Publishable):
            obj.claim_version(int(form.cleaned_data["version"]))
        super().save_model(request, obj, form, change)
        self._count_change(obj)
        self.warn_of_cpr(request, [obj])

    def save_related(self, request, form, formsets, change):
        """Reindex once many-to-many relations are saved."""
        super().save_related(request, form, formsets, change)
        for obj in [form.instance, *(row for formset in formsets for row in formset.saved_rows())]:
            self._check_self_relations(obj)
        if hasattr(form.instance, "reindex"):
            form.instance.reindex()

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        for row in formset.saved_rows():
            if isinstance(row, Publishable):
                increment_version(row)
        self.warn_of_cpr(request, formset.saved_rows())

    def _check_self_relations(self, obj):
        """Refuse a circle that two persons, or two lists of one page, have made together."""
        if any(getattr(obj, relation.attname) for relation in self_relations(type(obj))):
            list(Municipality.objects.select_for_update(no_key=True).filter(pk=municipality_of(obj).pk))
            check_self_relations(obj)

    def delete_model(self, request, obj):
        request.list_url = self.crumbs(obj)[-1][0]
        self._count_change(obj)
        super().delete_model(request, obj)

    def _count_change(self, obj):
        owner = owner_of(obj)
        if owner is not None and owner is not obj:
            increment_version(owner)

    def increment_restored_versions(self, obj):
        """Increment versions after a restore, so that open forms show a conflict."""
        if isinstance(obj, Publishable):
            increment_version(obj)
        self._count_change(obj)

    def warn_of_cpr(self, request, saved):
        """Warn of suspected CPR numbers in saved objects."""
        for obj in saved:
            if isinstance(obj, CheckedText):
                for finding in obj.findings():
                    if not is_cpr_overridden(finding):
                        messages.warning(
                            request,
                            f"{finding.location}: noget ligner et CPR-nummer ({finding.masked}). "
                            "Fjern det, før det bliver offentligt.",
                        )

    # Models with revisions are not written to Django's log.

    def log_addition(self, request, obj, message):
        return (
            None
            if isinstance(obj, RevisionedModel)
            else hide_cpr_in_log_entry(super().log_addition(request, obj, message))
        )

    def log_change(self, request, obj, message):
        return (
            None
            if isinstance(obj, RevisionedModel)
            else hide_cpr_in_log_entry(super().log_change(request, obj, message))
        )

    def log_deletions(self, request, queryset):
        """Open the transaction too: Django calls this right before deleting."""
        for obj in queryset:
            self.begin_write(request, obj, self.version_of(request, obj))
        if issubclass(self.model, RevisionedModel):
            return []
        entries = super().log_deletions(request, queryset)
        return [
            hide_cpr_in_log_entry(entry) for entry in ([entries] if isinstance(entries, LogEntry) else entries or [])
        ]

    def get_deleted_objects(self, objs, request):
        """Leave out rows of automatic many-to-many tables."""
        tree, counts, missing, protected = super().get_deleted_objects(objs, request)
        through_tables = [
            field.remote_field.through._meta
            for model in self.admin_site._registry
            for field in model._meta.many_to_many
            if field.remote_field.through._meta.auto_created
        ]
        plurals = {table.verbose_name_plural for table in through_tables}
        counts = {name: count for name, count in counts.items() if name not in plurals}
        return (
            _without_prefixes(tree, tuple(f"{capfirst(table.verbose_name)}: " for table in through_tables)),
            counts,
            missing,
            protected,
        )


def file_url(site, obj, field) -> str:
    return site.get_model_admin(type(obj)).file_url(obj, field)


def _without_prefixes(tree, prefixes):
    kept = [_without_prefixes(node, prefixes) if isinstance(node, list) else node for node in tree]
    return [node for node in kept if node and not (isinstance(node, str) and node.startswith(prefixes))]


def hide_cpr_in_log_entry(entry):
    """Hide CPR numbers in a log entry."""
    hidden = (hide_cpr(entry.object_repr)[:200], hide_cpr(entry.change_message)) if entry else ()
    if entry and hidden != (entry.object_repr, entry.change_message):
        entry.object_repr, entry.change_message = hidden
        entry.save(update_fields=["object_repr", "change_message"])
    return entry


class ScopedInline(_ScopedFieldsMixin):
    """Inline rows, editable by users who may edit the parent."""

    form = ScopedModelForm
    formset = ScopedFormSet
    extra = 0
    view_on_site = False

    def get_queryset(self, request):
        return super().get_queryset(request).in_reach_of(request.user)

    def get_extra(self, request, obj=None, **kwargs):
        """Add an empty row for `?raekke`, the link for browsers without JavaScript."""
        return super().get_extra(request, obj, **kwargs) + ("raekke" in request.GET)

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.user = request.user
        return formset

    def _new_row(self, request, obj):
        """Return an unsaved row of the object, to check permissions."""
        name = self.fk_name or next(f.name for f in self.opts.fields if f.related_model is self.parent_model)
        return self.model(**{name: obj})

    def has_view_permission(self, request, obj=None):
        return request.user.may(roles.VIEW, municipality_of(obj) if obj else None)

    def has_change_permission(self, request, obj=None):
        return request.user.may(roles.EDIT) if obj is None else may_edit(request.user, self._new_row(request, obj))

    def has_add_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)


class ScopedStackedInline(ScopedInline, admin.StackedInline):
    """Stacked rows, since Django's tabular rows have no labels."""

    template = "admin/includes/rows.html"
    change_link_label = "Ret"

    class Media:
        js = [forms.Script("js/rows.js", type="module")]


class ReadOnlyAdmin(ScopedAdmin):
    """Shows objects that the portal itself records."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class NationalAdmin(ScopedAdmin):
    """Lists shared by all municipalities: readable for everybody, editable for superusers."""

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
