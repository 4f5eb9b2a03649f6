"""New rows of a form, recognised by the key that their page gives them when they are sent again.

A row that is saved automatically is created before its form is submitted, and an answer may be lost: the page then
sends the row once more, with the same key.
"""

import uuid

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.functional import cached_property

from udsat.models import CreatedRow

from .forms import ScopedFormSet, renumbered

ROW_KEY = "row_key"


def parse_key(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


class RowKeyInput(forms.HiddenInput):
    """A text input that is hidden: one of type hidden may not ask the browser to forget its value on reload."""

    input_type = "text"
    is_hidden = True

    def __init__(self):
        super().__init__({"hidden": True, "autocomplete": "off"})


class RowKeyField(forms.Field):
    widget = RowKeyInput

    def clean(self, value):
        return parse_key(value)

    def has_changed(self, initial, data):
        return False  # a row with nothing else in it is empty


class KeyedFormSet(ScopedFormSet):
    """A formset whose new rows have keys, which static/js/autosave.js fills in."""

    @cached_property
    def _keys(self) -> dict[int, str]:
        """The keys of the saved rows that have one, by primary key."""
        rows = [row.pk for row in self.get_queryset()]
        created = self._created().filter(object_id__in=rows) if rows else ()
        return {one.object_id: str(one.key) for one in created}

    def _created(self):
        return CreatedRow.objects.filter(content_type=ContentType.objects.get_for_model(self.model))

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields[ROW_KEY] = RowKeyField(initial=self._keys.get(form.instance.pk), required=False)

    def _keep_removed_rows(self):
        self._recognise_created_rows()
        super()._keep_removed_rows()

    def _recognise_created_rows(self):
        """Treat new rows that have been created before as saved ones, or as removed ones if they are gone."""
        management, pk = self.management_form, self.model._meta.pk.name
        if not management.is_valid():
            return
        total, initial = (management.cleaned_data[name] for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT))
        keys = {n: parse_key(self.data.get(f"{self.prefix}-{n}-{ROW_KEY}")) for n in range(initial, total)}
        if not any(keys.values()):
            return
        rows = dict(self._created().filter(key__in=filter(None, keys.values())).values_list("key", "object_id"))
        created = [n for n, key in keys.items() if key in rows]
        if not created:
            return
        order = [*range(initial), *created, *(n for n in keys if n not in created)]
        self.data, self.files = (renumbered(source, self.prefix, order) for source in (self.data, self.files))
        saved = {row.pk for row in self.get_queryset()}
        for n, old in enumerate(created, initial):
            row = rows[keys[old]]
            self.data[f"{self.prefix}-{n}-{pk}"] = str(row)
            if row not in saved:
                self.data[f"{self.prefix}-{n}-{ROW_KEY}"] = ""
        self.data[f"{self.prefix}-{INITIAL_FORM_COUNT}"] = str(initial + len(created))
        del self.management_form

    def save_new(self, form, commit=True):
        row = super().save_new(form, commit)
        if key := form.cleaned_data.get(ROW_KEY):
            CreatedRow.objects.create(key=key, content_type=ContentType.objects.get_for_model(row), object_id=row.pk)
        return row


def with_keys(formset: type[ScopedFormSet]) -> type[ScopedFormSet]:
    return type(formset.__name__, (KeyedFormSet, formset), {})
