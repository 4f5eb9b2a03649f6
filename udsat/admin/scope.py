"""The back office sees and changes only the user's own municipalities. Every model admin stands on `ScopedAdmin`.

What a user can list she can choose, filter by and open; the rest does not exist for her (404). What she may do with
it is asked of her role there (`User.may`), never of Django's permission tables.
"""

import hashlib
import json
import re

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup, DisallowedModelAdminToField
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters, get_content_type_for_model
from django.contrib.admin.utils import get_fields_from_path, quote
from django.contrib.admin.widgets import AdminTextareaWidget, AutocompleteMixin
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist
from django.db import IntegrityError, connection, models
from django.db.models import F
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms.formsets import DELETION_FIELD_NAME, INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.forms.models import BaseInlineFormSet, ModelChoiceField
from django.http import Http404, HttpResponseRedirect
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

from udsat.lib import roles
from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import reading
from udsat.lib.publishing import CheckedText
from udsat.lib.richtext import RichTextFormField, plain_text, safe_html
from udsat.models import Municipality, Publishable, Recorded, indexed_once, is_overridden

from .history import HistoryPages, last_hand

# Fields that are not asked when the user has one municipality, and so one council.
PLACE_FIELDS = ("municipality", "council")
# No choice has been made: Django's own dashes are read aloud one by one.
NOTHING, DASHES = "Ikke valgt", BLANK_CHOICE_DASH[0][1]
FILTER_ENDINGS = {"", "exact", "id__exact", "isnull", "gte", "lt", "year", "month", "day"}


def municipality_of(obj) -> Municipality | None:
    """Where it belongs; None while its form has not said so yet."""
    try:
        return obj.municipality
    except (ObjectDoesNotExist, AttributeError, IndexError):
        return None


def is_live(obj) -> bool:
    """Whether a change of it is public without another look."""
    if isinstance(obj, Publishable):
        return obj.is_live
    try:
        return bool(obj.live_roots()) if hasattr(obj, "live_roots") else False
    except ObjectDoesNotExist:
        return False


def owner_of(obj) -> Publishable | None:
    """What it is edited as a part of, itself included: the first publishable on the way to its municipality."""
    for step in getattr(obj, "municipality_lookup", "pk").split("__"):
        if isinstance(obj, Publishable) or obj is None:
            break
        obj = getattr(obj, step, None)
    return obj if isinstance(obj, Publishable) else None


def municipalities_where(user, ability):
    """The municipalities in which her role gives the ability."""
    if user.is_superuser:
        return Municipality.objects.all()
    return Municipality.objects.filter(
        pk__in=[pk for pk, role in user.role_of.items() if ability in roles.ABILITIES[role]]
    )


def has_several(user) -> bool:
    return user.is_superuser or len(user.reach) > 1


def version_of(obj) -> str:
    """What a form remembers of the object it was opened with, to see whether another has saved since."""
    if isinstance(obj, Publishable):
        return str(obj.version)
    # A log-in, which is no edit, changes these two of a user.
    fields = [field for field in obj._meta.concrete_fields if field.name not in ("last_login", "password")]
    values = [field.value_to_string(obj) for field in fields]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:20]


def take_next_version(obj: Publishable) -> None:
    """Count a change of it, so that a form opened before shows a conflict."""
    type(obj)._base_manager.filter(pk=obj.pk).update(version=F("version") + 1)
    obj.version += 1


def narrowed(queryset, place, owner):
    """The choices that can go with something of that municipality and, where they have it, of that owner."""
    lookup = getattr(queryset.model, "municipality_lookup", "pk")
    if lookup == "pk":
        return queryset
    if owner is not None and owner.pk:
        step_model, path = queryset.model, []
        for step in lookup.split("__"):
            step_model = step_model._meta.get_field(step).related_model
            path.append(step)
            if step_model is type(owner):
                return queryset.filter(**{"__".join(path): owner})
    return queryset.filter(**{lookup: place}) if place is not None else queryset


def saved_value(field: forms.BoundField):
    """What is saved, as a person reads it beside the field she is editing."""
    value, form_field = field.initial, field.field
    if isinstance(form_field, forms.BooleanField):
        return "ja" if value else "nej"
    if value in (None, "") or value == []:
        return "ingenting"
    if isinstance(form_field, RichTextFormField):
        # Safe: safe_html lets through nothing but the few tags and attributes of the model of rich text.
        return mark_safe(safe_html(value))
    if isinstance(form_field, forms.ModelMultipleChoiceField):
        return ", ".join(map(str, value))
    if isinstance(form_field, ModelChoiceField):
        return str(form_field.queryset.filter(pk=value).first() or "ingenting")
    if isinstance(form_field, forms.ChoiceField):
        return str(dict(form_field.choices).get(value, value))
    if isinstance(form_field, forms.DateTimeField | forms.SplitDateTimeField):
        return f"{timezone.localtime(value):%d.%m.%Y kl. %H.%M}"
    if isinstance(form_field, forms.DateField):
        return f"{value:%d.%m.%Y}"
    if isinstance(form_field, forms.TimeField):
        return f"{value:%H.%M}"
    return linebreaksbr(value, autoescape=True)


class ScopedRow(forms.ModelForm):
    """A form, whole or a row of an inline, that can only point at things of the same municipality."""

    user = None  # the admin sets it on the class it makes for the request

    def __init__(self, *args, parent=None, **kwargs):
        super().__init__(*args, **kwargs)
        anchor = self.instance if self.instance.pk or parent is None else parent
        place, owner = municipality_of(anchor), owner_of(anchor)
        for name, field in self.fields.items():
            if self.instance.pk:
                # What differs is what differs from the saved, not from the default of a new one.
                field.show_hidden_initial = False
            if isinstance(field, ModelChoiceField):
                field.queryset = narrowed(field.queryset, place, owner)
                self._settle(name, field)
                field.empty_label = field.empty_label and NOTHING
            elif isinstance(field, forms.ChoiceField):
                field.choices = [(value, NOTHING if label == DASHES else label) for value, label in field.choices]

    def _settle(self, name, field):
        """Ask where it belongs only while there is something to choose, and once."""
        if self.instance.pk:
            # What is the whole country's has none.
            home = getattr(self.instance, "municipality_lookup", "").split("__")[0]
            if name == home and issubclass(field.queryset.model, Publishable | Municipality):
                field.disabled = True
                field.widget = forms.HiddenInput()
        elif name in PLACE_FIELDS:
            lookup = f"{field.queryset.model.municipality_lookup}__in"
            field.queryset = field.queryset.filter(**{lookup: municipalities_where(self.user, roles.EDIT)})
            if len(only := field.queryset[:2]) == 1:
                self.initial[name] = only[0].pk
                field.widget = forms.HiddenInput()

    def _post_clean(self):
        super()._post_clean()
        place = municipality_of(self.instance)
        if place is None or self.errors:
            return
        if not self.may_save():
            self.add_error(
                None, "Du har ikke ret til at gemme dette: Det er offentligt, eller det hører til et andet sted."
            )
        for name, value in list(self.cleaned_data.items()):
            if isinstance(self.fields.get(name), ModelChoiceField):
                for related in [value] if hasattr(value, "_meta") else value or []:
                    if municipality_of(related) not in (None, place):
                        self.add_error(name, "Vælg noget fra samme kommune.")

    def may_save(self) -> bool:
        return may_edit(self.user, self.instance)

    def _update_errors(self, errors):
        """Models check all their fields; what is wrong in one that this form leaves out is shown at its top."""
        if hasattr(errors, "error_dict"):
            for name in [name for name in errors.error_dict if name not in self.fields and name != NON_FIELD_ERRORS]:
                label = capfirst(self.instance._meta.get_field(name).verbose_name)
                for error in errors.error_dict.pop(name):
                    error.message = f"{label}: {error.message}"
                    errors.error_dict.setdefault(NON_FIELD_ERRORS, []).append(error)
        super()._update_errors(errors)

    def show_saved_values(self):
        """Put the value that is saved now beside each field where another one is typed."""
        for name in self.changed_data:
            if name != "version":
                message = format_html("<strong>Gemt nu:</strong> <span>{}</span>", saved_value(self[name]))
                self.add_error(name, forms.ValidationError(message, code="conflict"))


class ScopedForm(ScopedRow):
    """The form of a change page. It carries the version that the user saw, and never overwrites another one."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    has_conflict = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = version_of(self.instance)

    def clean(self):
        cleaned_data = super().clean()
        # The instance is as it is saved now, read under a lock; what was typed comes into it after this.
        if self.instance.pk and self.data.get(self.add_prefix("version")) != self.initial["version"]:
            self.has_conflict = True
            self.show_saved_values()
            self.add_error(
                None,
                f"{self._who_saved()} har gemt imens. Det, du har skrevet, står her endnu og er ikke gemt. "
                "Hvor det er forskelligt, kan du se, hvad der er gemt nu. Ret til, og gem igen.",
            )
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = self.initial["version"]
        return cleaned_data

    def _who_saved(self) -> str:
        if isinstance(self.instance, Recorded):
            who, name = last_hand(self.instance) or (None, "")
            return "Du" if who == self.user else name or "En anden"
        entry = (
            LogEntry.objects.filter(
                content_type=get_content_type_for_model(self.instance), object_id=str(self.instance.pk)
            )
            .select_related("user")
            .order_by("-action_time", "-pk")
            .first()
        )
        if entry is None:
            return "En anden"
        return "Du" if entry.user == self.user else str(entry.user)


def _renumbered(source: MultiValueDict, prefix: str, order: list[int]) -> MultiValueDict:
    """The posted values with the rows of a formset in another order, rows within rows included."""
    if not source:
        return source
    row = re.compile(rf"{re.escape(prefix)}-(\d+)-(.+)", re.DOTALL)
    place = {str(old): new for new, old in enumerate(order)}
    result = source.copy()
    for key in [key for key in source if row.fullmatch(key)]:
        del result[key]
    for key, values in source.lists():
        if (found := row.fullmatch(key)) and found[1] in place:
            result.setlist(f"{prefix}-{place[found[1]]}-{found[2]}", values)
    return result


class ScopedFormSet(BaseInlineFormSet):
    """Rows that know their parent from the start, and read the choices of a field once for all rows."""

    def __init__(self, *args, **kwargs):
        self._choices = {}
        self.removed_meanwhile = False
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self._keep_removed_rows()

    def _keep_removed_rows(self):
        """Turn a row that another has removed into a new one, so that what was typed in it is still there."""
        management, pk = self.management_form, self.model._meta.pk.name
        if not management.is_valid():
            return
        saved = {str(obj.pk) for obj in self.get_queryset()}
        was = range(management.cleaned_data[INITIAL_FORM_COUNT])
        gone = [n for n in was if self.data.get(f"{self.prefix}-{n}-{pk}") not in saved]
        if not gone:
            return
        self.removed_meanwhile = True
        dropped = {n for n in gone if self.data.get(f"{self.prefix}-{n}-{DELETION_FIELD_NAME}")}
        total = range(min(management.cleaned_data[TOTAL_FORM_COUNT], self.absolute_max))
        order = [n for n in was if n not in gone] + [n for n in total if n in gone or n not in was]
        order = [n for n in order if n not in dropped]
        self.data, self.files = (_renumbered(source, self.prefix, order) for source in (self.data, self.files))
        self.data[f"{self.prefix}-{TOTAL_FORM_COUNT}"] = str(len(order))
        self.data[f"{self.prefix}-{INITIAL_FORM_COUNT}"] = str(len(was) - len(gone))
        for n in range(len(was) - len(gone), len(order)):
            self.data[f"{self.prefix}-{n}-{pk}"] = ""
        del self.management_form

    def clean(self):
        super().clean()
        if self.removed_meanwhile:
            raise forms.ValidationError(
                f"{capfirst(self.model._meta.verbose_name)}: en række er fjernet imens. "
                "Det, du har skrevet i den, står nu i en ny række. Fjern den, eller gem igen."
            )

    def get_queryset(self):
        """The rows; while they are only shown, each knows its parent instead of reading it again."""
        is_new = not hasattr(self, "_queryset")
        rows = super().get_queryset()
        if is_new and not self.is_bound:
            for row in rows:
                setattr(row, self.fk.name, self.instance)
        return rows

    def get_form_kwargs(self, index):
        return {**super().get_form_kwargs(index), "parent": self.instance}

    def _construct_form(self, i, **kwargs):
        return self._with_choices(super()._construct_form(i, **kwargs))

    @cached_property
    def empty_form(self):
        """Made once: the admin asks for it several times a page."""
        return self._with_choices(super().empty_form)

    def _with_choices(self, form):
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)  # inside the one with »Tilføj« beside it
            listed = isinstance(widget, forms.Select | forms.CheckboxSelectMultiple)
            if isinstance(field, ModelChoiceField) and listed and not isinstance(widget, AutocompleteMixin):
                if name not in self._choices:
                    self._choices[name] = list(field.choices)
                field.choices = self._choices[name]
        return form


def may_edit(user, obj) -> bool:
    """Whether she may write in it. What is public at once also takes the right to publish."""
    place = municipality_of(obj)
    return user.may(roles.EDIT, place) and (not is_live(obj) or user.may(roles.PUBLISH, place))


# A year of two digits, typed in the browser's own picker, arrives as 0026.
YEARS = range(1900, 2200)


def check_year(day) -> None:
    if day.year not in YEARS:
        raise forms.ValidationError(f"Årstallet er {day.year:04}. Skriv et mellem {YEARS[0]} og {YEARS[-1]}.")


class DayField(forms.DateField):
    default_validators = [check_year]
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    input_formats = ["%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y"]
    default_error_messages = {"invalid": "Skriv datoen som 31.12.2026."}


class ClockField(forms.TimeField):
    widget = forms.TimeInput({"type": "time"}, format="%H:%M")
    input_formats = ["%H:%M", "%H.%M", "%H:%M:%S"]
    default_error_messages = {"invalid": "Skriv klokkeslættet som 14.30."}


class MomentField(forms.DateTimeField):
    default_validators = [check_year]
    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ["%d.%m.%Y %H.%M", "%d.%m.%Y %H:%M", "%d.%m.%Y"]
    default_error_messages = {"invalid": "Skriv dato og klokkeslæt som 31.12.2026 14.30."}


class ScopedRelatedFilter(RelatedFieldListFilter):
    """Offers what the user's own list holds, so no other municipality's names."""

    def field_choices(self, field, request, model_admin):
        used = model_admin.get_queryset(request).order_by().values(self.field_path)
        reachable = model_admin.admin_site.get_model_admin(field.remote_field.model).get_queryset(request)
        return [(obj.pk, str(obj)) for obj in reachable.filter(pk__in=used)]


def _fits(number) -> bool:
    """Whether it can be the number of a row: no more digits than the databases count with."""
    text = str(number)
    return text.isascii() and text.isdigit() and len(text) < 19


class SeveralField(forms.ModelMultipleChoiceField):
    """Says of any nonsense that it is no choice."""

    def clean(self, value):
        if wrong := [one for one in value or [] if not _fits(one)]:
            raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": str(wrong[0])[:40]})
        return super().clean(value)


class _Known(AutocompleteMixin):
    """Shows again what was chosen, and nothing for what can be no choice."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [one for one in value if _fits(one)], attr)


class KnownOne(_Known, forms.Select):
    def optgroups(self, name, value, attr=None):
        """First a choice of nothing that has a text: HTML wants one, also where something must be chosen."""
        [(_, options, _)] = super().optgroups(name, value, attr)
        chosen = [option for option in options if option["value"] != ""]
        return [(None, [self.create_option(name, "", "–", False, 0), *chosen], 0)]


class KnownSeveral(_Known, forms.SelectMultiple):
    pass


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
            view = indexed_once()(view)
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
        easy = reading(plain_text(getattr(obj, "plain_text", "")))
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
            obj.take_version(int(form.cleaned_data["version"]))
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
                take_next_version(row)
        self.warn_of_cpr(request, [*formset.new_objects, *(obj for obj, _ in formset.changed_objects)])

    def delete_model(self, request, obj):
        request.way_back = self.crumbs(obj)[-1][0]
        self._count_change(obj)
        super().delete_model(request, obj)

    def _count_change(self, obj):
        owner = owner_of(obj)
        if owner is not None and owner is not obj:
            take_next_version(owner)

    def count_restored(self, obj):
        """A restored text is a change like any other for those who have it open."""
        if isinstance(obj, Publishable):
            take_next_version(obj)
        self._count_change(obj)

    def warn_of_cpr(self, request, saved):
        """Say at once what the check before publication will ask about."""
        for obj in saved:
            if isinstance(obj, CheckedText):
                for finding in obj.findings():
                    if not is_overridden(finding):
                        messages.warning(
                            request,
                            f"{finding.place}: noget ligner et CPR-nummer ({finding.masked}). "
                            "Fjern det, før det bliver offentligt.",
                        )

    # The stock log is for users and national lists. What people write has its revisions, and nothing is kept twice.

    def log_addition(self, request, obj, message):
        return None if isinstance(obj, Recorded) else without_numbers(super().log_addition(request, obj, message))

    def log_change(self, request, obj, message):
        return None if isinstance(obj, Recorded) else without_numbers(super().log_change(request, obj, message))

    def log_deletions(self, request, queryset):
        if issubclass(self.model, Recorded):
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
