"""Forms and formsets of the back office: restricted to one municipality, with detection of edit conflicts."""

import datetime
import re
from collections.abc import Sequence

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms.formsets import DELETION_FIELD_NAME, INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.forms.models import BaseInlineFormSet, ModelChoiceField
from django.template.defaultfilters import linebreaksbr
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

from udsat.lib import roles
from udsat.lib.danish import join_words
from udsat.lib.richtext import RichTextFormField, safe_html
from udsat.models import Municipality, Publishable, RevisionedModel
from udsat.models.self_relations import pointing_at, self_relations

from .edit_versions import version_of
from .history import last_editor
from .scope import may_edit, municipalities_where, municipality_of, owner_of, restrict_choices

# Fields that are preset and hidden for users with one municipality.
SCOPE_FIELDS = ("municipality", "council")
# Errors of unique fields, instead of Django's text about model and field.
TAKEN_CHOICE = "Den er allerede valgt et andet sted. Vælg en anden."
TAKEN_TEXT = "Det bruges allerede et andet sted. Skriv noget andet."
# Label of an empty choice; screen readers read Django's dashes one by one.
EMPTY_LABEL, DASHES = "Ikke valgt", BLANK_CHOICE_DASH[0][1]


# A person returns from the gate of changes (change_gate.py) to correct what was typed.
RETURNS = "gate-return"
NOT_SAVED = "Det er ikke gemt. Det, du har skrevet, står her endnu. Ret til, og gem igen."


def is_returned(request) -> bool:
    """Whether the form is only shown again, not saved."""
    return RETURNS in request.POST


def saved_value(field: forms.BoundField):
    """Return the saved value as text, to show beside the edited field."""
    value, form_field = field.initial, field.field
    if isinstance(form_field, forms.BooleanField):
        return "ja" if value else "nej"
    if value in (None, "") or value == []:
        return "ingenting"
    if isinstance(form_field, RichTextFormField):
        # Safe: safe_html allows only the tags and attributes of rich text.
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


def is_unique(model, name: str) -> bool:
    """Whether the model has a unique field of that name, without an error message of its own."""
    field = next((field for field in model._meta.concrete_fields if field.name == name), None)
    default = models.Field.default_error_messages["unique"]
    return field is not None and field.unique and field.error_messages["unique"] == default


def is_list(field: forms.Field | None) -> bool:
    """Whether the field shows all its related objects as a list."""
    widget = getattr(field, "widget", None)
    widget = getattr(widget, "widget", widget)  # unwrap RelatedFieldWidgetWrapper
    shows_list = isinstance(widget, forms.Select | forms.CheckboxSelectMultiple)
    return isinstance(field, ModelChoiceField) and shows_list and not isinstance(widget, AutocompleteMixin)


class ScopedModelForm(forms.ModelForm):
    """A model form, also for inline rows, whose related objects belong to the same municipality."""

    user = None  # set by the admin on the class created for the request

    def __init__(self, *args, parent=None, **kwargs):
        super().__init__(*args, **kwargs)
        anchor = self.instance if self.instance.pk or parent is None else parent
        municipality, owner = municipality_of(anchor), owner_of(anchor)
        own_relations = self_relations(type(self.instance)) if self.instance.pk and parent is None else []
        for name, field in self.fields.items():
            if self.instance.pk:
                # Detect changes against the saved value instead of the default.
                field.show_hidden_initial = False
            if is_unique(type(self.instance), name):
                chosen = isinstance(field, ModelChoiceField)
                field.error_messages["unique"] = TAKEN_CHOICE if chosen else TAKEN_TEXT
            if isinstance(field, ModelChoiceField):
                field.queryset = restrict_choices(field.queryset, municipality, owner)
                if hasattr(field.queryset, "offered"):
                    field.queryset = field.queryset.offered(self.day_of_seats(), self._chosen(name))
                self._limit_scope_field(name, field)
                field.empty_label = field.empty_label and EMPTY_LABEL
            elif isinstance(field, forms.ChoiceField):
                field.choices = [(value, EMPTY_LABEL if label == DASHES else label) for value, label in field.choices]
        for relation in own_relations:
            if is_list(field := self.fields.get(relation.name)):
                # Offer no relative that is the object itself or leads back to it; `clean()` of the model refuses them.
                links = dict(field.queryset.order_by().values_list("pk", relation.attname))
                left_out = pointing_at(self.instance.pk, links)
                field.choices = [(value, label) for value, label in field.choices if value not in left_out]

    def day_of_seats(self) -> datetime.date:
        """Return the day on which the members must have a seat to be offered."""
        return timezone.localdate()

    def _chosen(self, name) -> list:
        """Return the primary keys that are saved in the relation."""
        value = self.initial.get(name)
        many = value if isinstance(value, list | tuple | models.QuerySet) else [value]
        return [getattr(one, "pk", one) for one in many if one] if self.instance.pk else []

    def _limit_scope_field(self, name, field):
        """Hide the municipality of saved objects, and preset it if there is only one choice."""
        if self.instance.pk:
            scope_field = getattr(self.instance, "municipality_lookup", "").split("__")[0]
            if name == scope_field and issubclass(field.queryset.model, Publishable | Municipality):
                field.disabled = True
                field.widget = forms.HiddenInput()
        elif name in SCOPE_FIELDS:
            lookup = f"{field.queryset.model.municipality_lookup}__in"
            field.queryset = field.queryset.filter(**{lookup: municipalities_where(self.user, roles.EDIT)})
            if len(only := field.queryset[:2]) == 1:
                self.initial[name] = only[0].pk
                field.widget = forms.HiddenInput()

    def _post_clean(self):
        super()._post_clean()
        if not self.errors:
            # Django leaves out constraints on fields that are not on the form.
            try:
                self.instance.validate_constraints()
            except forms.ValidationError as error:
                self._update_errors(error)
        municipality = municipality_of(self.instance)
        if municipality is None or self.errors:
            return
        if not self.may_save():
            self.add_error(
                None, "Du har ikke ret til at gemme dette: Det er offentligt, eller det hører til et andet sted."
            )
        for name, value in list(self.cleaned_data.items()):
            if isinstance(self.fields.get(name), ModelChoiceField):
                for related in [value] if hasattr(value, "_meta") else value or []:
                    if municipality_of(related) not in (None, municipality):
                        self.add_error(name, "Vælg noget fra samme kommune.")

    def may_save(self) -> bool:
        return may_edit(self.user, self.instance)

    def _update_errors(self, errors):
        """Show model errors of fields that the form does not contain at its top."""
        if hasattr(errors, "error_dict"):
            for name in [name for name in errors.error_dict if name not in self.fields and name != NON_FIELD_ERRORS]:
                label = capfirst(self.instance._meta.get_field(name).verbose_name)
                for error in errors.error_dict.pop(name):
                    error.message = f"{label}: {error.message}"
                    errors.error_dict.setdefault(NON_FIELD_ERRORS, []).append(error)
        super()._update_errors(errors)

    def show_saved_values(self):
        """Add the saved value as an error to each changed field."""
        for name in self.changed_data:
            if name != "version":
                message = format_html("<strong>Gemt nu:</strong> <span>{}</span>", saved_value(self[name]))
                self.add_error(name, forms.ValidationError(message, code="conflict"))


class RefusableForm(forms.BaseForm):
    """A form that is shown again instead of being saved, for the reasons that the admin gives."""

    refusal: Sequence[str] = ()  # set by the admin on the class created for the request

    def clean(self):
        cleaned_data = super().clean()
        for reason in self.refusal:
            self.add_error(None, reason)
        return cleaned_data


class ScopedChangeForm(RefusableForm, ScopedModelForm):
    """Form of a change page. It carries the version that the user opened, and refuses to overwrite a newer one."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    has_conflict = False
    # Set by the admin on the class created for the request.
    version_of = staticmethod(version_of)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = self.version_of(self.instance)

    def clean(self):
        cleaned_data = super().clean()
        # The instance holds the saved state; submitted values are assigned after clean().
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
        if isinstance(self.instance, RevisionedModel):
            who, name = last_editor(self.instance) or (None, "")
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


def renumbered(source: MultiValueDict, prefix: str, order: list[int]) -> MultiValueDict:
    """Return posted values with the formset's rows reordered, nested rows included."""
    if not source:
        return source
    row = re.compile(rf"{re.escape(prefix)}-(\d+)-(.+)", re.DOTALL)
    new_index = {str(old): new for new, old in enumerate(order)}
    result = source.copy()
    for key in [key for key in source if row.fullmatch(key)]:
        del result[key]
    for key, values in source.lists():
        if (match := row.fullmatch(key)) and match[1] in new_index:
            result.setlist(f"{prefix}-{new_index[match[1]]}-{match[2]}", values)
    return result


# More rows than any object has; each row takes a form to build and to validate.
MAX_ROWS = 500


class ScopedFormSet(BaseInlineFormSet):
    """Formset that passes the parent to its forms and evaluates the choices of a field once for all rows."""

    def __init__(self, *args, **kwargs):
        self._choices = {}
        self.has_removed_rows = False
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self._keep_removed_rows()

    @cached_property
    def management_form(self):
        """The counts of rows. Counts above the number of submitted rows are an error, and no row is read."""
        form = super().management_form
        if self.is_bound and form.is_valid():
            counts = form.cleaned_data[TOTAL_FORM_COUNT], form.cleaned_data[INITIAL_FORM_COUNT]
            if max(counts) > self._submitted_rows():
                form.add_error(TOTAL_FORM_COUNT, "Der er talt flere rækker, end der er sendt.")
                form.cleaned_data |= {TOTAL_FORM_COUNT: 0, INITIAL_FORM_COUNT: 0}
        return form

    def _submitted_rows(self) -> int:
        """The number of rows with at least one submitted field, at most MAX_ROWS."""
        start = f"{self.prefix}-"
        rows = {key[len(start) :].partition("-")[0] for key in (*self.data, *self.files) if key.startswith(start)}
        return min(sum(row.isdecimal() for row in rows), MAX_ROWS)

    def _keep_removed_rows(self):
        """Resubmit rows that another user has deleted as new rows, so that no input is lost."""
        management, pk = self.management_form, self.model._meta.pk.name
        if not management.is_valid():
            return
        saved = {str(obj.pk) for obj in self.get_queryset()}
        initial = range(management.cleaned_data[INITIAL_FORM_COUNT])
        removed = [n for n in initial if self.data.get(f"{self.prefix}-{n}-{pk}") not in saved]
        if not removed:
            return
        self.has_removed_rows = True
        deleted = {n for n in removed if self.data.get(f"{self.prefix}-{n}-{DELETION_FIELD_NAME}")}
        total = range(management.cleaned_data[TOTAL_FORM_COUNT])
        order = [n for n in initial if n not in removed] + [n for n in total if n in removed or n not in initial]
        order = [n for n in order if n not in deleted]
        self.data, self.files = (renumbered(source, self.prefix, order) for source in (self.data, self.files))
        self.data[f"{self.prefix}-{TOTAL_FORM_COUNT}"] = str(len(order))
        self.data[f"{self.prefix}-{INITIAL_FORM_COUNT}"] = str(len(initial) - len(removed))
        for n in range(len(initial) - len(removed), len(order)):
            self.data[f"{self.prefix}-{n}-{pk}"] = ""
        del self.management_form

    def clean(self):
        super().clean()
        if self.has_removed_rows:
            raise forms.ValidationError(
                f"{capfirst(self.model._meta.verbose_name)}: en række er fjernet imens. "
                "Det, du har skrevet i den, står nu i en ny række. Fjern den, eller gem igen."
            )

    def get_unique_error_message(self, unique_check):
        labels = join_words(
            [self.model._meta.get_field(name).verbose_name for name in unique_check if name != self.fk.name]
        )
        return f"To rækker har det samme i {labels}. Ret den ene, eller fjern den."

    def get_form_error(self):
        return "Det samme står i en anden række. Ret den ene, eller fjern den."

    def saved_rows(self) -> list:
        """Return the rows that `save()` has created or changed."""
        return [*self.new_objects, *(obj for obj, _ in self.changed_objects)]

    def get_queryset(self):
        """Set the parent on rows of an unbound formset, which saves a query per row."""
        is_new = not hasattr(self, "_queryset")
        rows = super().get_queryset()
        if is_new and not self.is_bound:
            for row in rows:
                setattr(row, self.fk.name, self.instance)
        return rows

    def get_form_kwargs(self, index):
        return {**super().get_form_kwargs(index), "parent": self.instance}

    def _construct_form(self, i, **kwargs):
        return self._with_cached_choices(super()._construct_form(i, **kwargs))

    @cached_property
    def empty_form(self):
        """Cached, since the admin uses it several times per page."""
        return self._with_cached_choices(super().empty_form)

    def _with_chosen(self, form, name, choices):
        """Add the row's own choice where the list no longer offers it."""
        relation = self.model._meta.get_field(name)
        pk = getattr(form.instance, relation.attname) if relation.many_to_one else None
        if pk is None or any(value == pk for value, _ in choices):
            return choices
        return [*choices, (pk, form.fields[name].label_from_instance(getattr(form.instance, name)))]

    def _with_cached_choices(self, form):
        for name, field in form.fields.items():
            if is_list(field):
                if name not in self._choices:
                    self._choices[name] = list(field.choices)
                field.choices = self._with_chosen(form, name, self._choices[name])
        return form
