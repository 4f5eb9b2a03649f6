"""The forms of the back office and their rows: never across municipalities, and never over what another saved."""

import re

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import NON_FIELD_ERRORS
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
from udsat.lib.richtext import RichTextFormField, safe_html
from udsat.models import Municipality, Publishable, RevisionedModel

from .access import may_edit, municipalities_where, municipality_of, narrowed, owner_of
from .edit_conflict import version_of
from .history import last_hand

# Fields that are not asked when the user has one municipality, and so one council.
PLACE_FIELDS = ("municipality", "council")
# No choice has been made: Django's own dashes are read aloud one by one.
NOTHING, DASHES = "Ikke valgt", BLANK_CHOICE_DASH[0][1]


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
        if isinstance(self.instance, RevisionedModel):
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
