"""Forms of the agenda page: one per item, saved only when changed, with conflict detection."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from django import forms

from council.models import Agenda, AgendaItem
from council.rights import may_edit_agenda
from udsat.admin import ScopedModelForm, may_edit
from udsat.admin.history import last_editor
from udsat.lib.forms import parse_pk
from udsat.lib.richtext import RichTextFormField

LINK_FIELDS = ("themes", "goals", "causes")
TEXT_FIELDS = ("title", "kind", "case_number", "is_closed", "public_title", "presentation", "recommendation")


class FingerprintForm(ScopedModelForm):
    """Form that detects whether the user changed it and whether another user saved it in the meantime.

    The hidden field `version` is the fingerprint of the values that the form was rendered with.
    """

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    has_conflict = False
    saved_by = ""  # who has saved meanwhile

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.saved_fingerprint = _fingerprint(
            {name: self.initial.get(name, field.initial) for name, field in self._compared_fields()}, self
        )

    def _compared_fields(self):
        return [(name, field) for name, field in self.fields.items() if name != "version"]

    def _posted(self, name):
        field = self.fields[name]
        return field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    @property
    def was_posted(self) -> bool:
        return self.is_bound and self.add_prefix("version") in self.data

    @property
    def is_touched(self) -> bool:
        """Whether the user changed a value. An unchanged form must not overwrite a value saved by another user."""
        if not self.was_posted:
            return False
        self.posted_fingerprint = _fingerprint({name: self._posted(name) for name, _ in self._compared_fields()}, self)
        return self.posted_fingerprint not in (self.data[self.add_prefix("version")], self.saved_fingerprint)

    def values_other_than(self, posted: "FingerprintForm") -> dict[str, str]:
        """Return the saved texts that differ from those posted, such as a title that was filled in."""
        return {
            name: self[name].value() or ""
            for name, field in self._compared_fields()
            if isinstance(field, forms.CharField)
            and _plain(field, self[name].value()) != _plain(field, posted._posted(name))
        }

    def typed_values(self) -> dict[str, Any]:
        """Return the changed values that are valid, also those of a conflict."""
        values = {}
        for name in self.changed_data:
            if name != "version":
                with suppress(forms.ValidationError):
                    values[name] = self.fields[name].clean(self._posted(name))
        return values

    def clean(self):
        cleaned_data = super().clean()
        version = self.add_prefix("version")
        self.has_conflict = bool(self.instance.pk) and self.is_touched and self.data[version] != self.saved_fingerprint
        if self.has_conflict:
            who, name = last_editor(self.instance) or (None, "")
            self.saved_by = "Du" if who == self.user else name or "En anden"
            self.show_saved_values()
            self.add_error(
                None,
                f"{self.saved_by} har gemt imens. Det, du har skrevet, står her endnu og er ikke gemt. Hvor det er "
                "forskelligt, kan du se, hvad der er gemt nu. Ret til, og gem igen.",
            )
            self.data = self.data.copy()
            self.data[version] = self.saved_fingerprint
        return cleaned_data


def _fingerprint(values, form) -> str:
    plain = {name: _plain(form.fields[name], value) for name, value in values.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:20]


def _plain(field, value):
    """Normalise a value from the database or the browser, so that both compare equal if nothing changed."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(str(getattr(one, "pk", one)) for one in value or [])
    if isinstance(field, RichTextFormField):
        return field.to_python(value) or ""
    if isinstance(field, forms.BooleanField):
        return bool(value)
    return " ".join(str(value or "").split())


class AgendaRowForm(FingerprintForm):
    choices: dict[str, list] = {}  # of the links, evaluated once for all items; set on the class for the request

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in LINK_FIELDS:
            field = self.fields[name]
            if name not in self.choices:
                self.choices[name] = list(field.choices)
            field.widget.choices = self.choices[name]

    def may_save(self):
        return may_edit_agenda(self.user, self.instance.meeting)


class AgendaForm(FingerprintForm):
    def may_save(self):
        return may_edit(self.user, self.instance)


def item_form(model_admin, request) -> type[AgendaRowForm]:
    """Return the form class of an item for this user, with the form fields of the item's own page."""
    page = model_admin.admin_site.get_model_admin(AgendaItem)

    form_class = forms.modelform_factory(
        AgendaItem,
        form=AgendaRowForm,
        fields=[*TEXT_FIELDS, *LINK_FIELDS],
        formfield_callback=partial(page.formfield_for_dbfield, request=request),
    )
    form_class.user, form_class.choices = request.user, {}
    return form_class


def agenda_form(model_admin, request) -> type[AgendaForm]:
    page = model_admin.admin_site.get_model_admin(Agenda)
    form_class = forms.modelform_factory(
        Agenda,
        form=AgendaForm,
        fields=["intro", "plain_text"],
        formfield_callback=partial(page.formfield_for_dbfield, request=request),
    )
    form_class.user = request.user
    return form_class


def posted_order(data: Mapping[str, str], items: list[AgendaItem]) -> list[AgendaItem] | None:
    """Return the items in the submitted order; None if the user did not change it."""
    positions = {item.pk: parse_pk(data.get(f"{item_prefix(item)}-position", "")) for item in items}
    shown = [pk for pk in map(parse_pk, data.get("order", "").split(",")) if positions.get(pk) is not None]
    chosen = sorted(shown, key=positions.get)
    if chosen == shown:
        return None
    rank = {pk: index for index, pk in enumerate(chosen)}
    # Items that were added in the meantime come last.
    return sorted(items, key=lambda item: rank.get(item.pk, len(rank)))


def item_prefix(item: AgendaItem) -> str:
    return f"punkt-{item.pk}"
