"""The agenda as one form: a part for each item, saved when somebody has changed it, and never over another's words."""

import hashlib
import json
from collections.abc import Mapping
from functools import partial

from django import forms

from council.admin.items import ItemRules
from council.models import Agenda, AgendaItem
from udsat.admin import ScopedRow, may_edit
from udsat.admin.form_fields import KnownSeveral
from udsat.admin.history import last_hand
from udsat.lib.richtext import RichTextFormField

# What an item is about.
TIES = ("themes", "goals", "causes")
ITEM_FIELDS = [
    "title", "kind", "case_number", "is_closed", "public_title", "presentation", "recommendation", *TIES,
]  # fmt: skip


class KeptForm(ScopedRow):
    """Knows whether it was changed since it was shown, and whether another has changed the same since.

    `version` is the fingerprint of the values it was shown with.
    """

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    has_conflict = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.saved_print = _fingerprint(
            {name: self.initial.get(name, field.initial) for name, field in self._kept_fields()}, self
        )

    def _kept_fields(self):
        return [(name, field) for name, field in self.fields.items() if name != "version"]

    def _posted(self, name):
        field = self.fields[name]
        return field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    @property
    def was_posted(self) -> bool:
        return self.is_bound and self.add_prefix("version") in self.data

    @property
    def is_touched(self) -> bool:
        """Whether the person changed anything. What she only had on her screen is no word of hers."""
        if not self.was_posted:
            return False
        self.posted_print = _fingerprint({name: self._posted(name) for name, _ in self._kept_fields()}, self)
        return self.posted_print not in (self.data[self.add_prefix("version")], self.saved_print)

    def clean(self):
        cleaned_data = super().clean()
        version = self.add_prefix("version")
        self.has_conflict = bool(self.instance.pk) and self.is_touched and self.data[version] != self.saved_print
        if self.has_conflict:
            who, name = last_hand(self.instance) or (None, "")
            name = "Du" if who == self.user else name or "En anden"
            self.show_saved_values()
            self.add_error(
                None,
                f"{name} har gemt imens. Det, du har skrevet, står her endnu og er ikke gemt. Hvor det er forskelligt, "
                "kan du se, hvad der er gemt nu. Ret til, og gem igen.",
            )
            self.data = self.data.copy()
            self.data[version] = self.saved_print
        return cleaned_data


def _fingerprint(values, form) -> str:
    plain = {name: _plain(form.fields[name], value) for name, value in values.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:20]


def _plain(field, value):
    """A value as it is saved, whether it comes from the database or from a browser."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(str(getattr(one, "pk", one)) for one in value or [])
    if isinstance(field, RichTextFormField):
        return field.to_python(value) or ""
    if isinstance(field, forms.BooleanField):
        return bool(value)
    return " ".join(str(value or "").split())


class KnownChoices(KnownSeveral):
    """What is chosen is read with the items, so that a long agenda asks no more questions than a short one."""

    known = None

    def optgroups(self, name, value, attr=None):
        if self.known is None:
            return super().optgroups(name, value, attr)
        label = self.choices.field.label_from_instance
        options = [
            self.create_option(name, obj.pk, label(obj), True, index, attrs=attr)
            for index, obj in enumerate(self.known)
        ]
        return [(None, options, 0)]


class ItemForm(KeptForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.is_bound and self.instance.pk:
            for name in TIES:
                self.fields[name].widget.known = list(getattr(self.instance, name).all())

    def may_save(self):
        return ItemRules.may_write(self.user, self.instance.meeting) and not ItemRules.closed_by(
            self.user, self.instance.meeting
        )


class AgendaForm(KeptForm):
    def may_save(self):
        return may_edit(self.user, self.instance)


def item_form(model_admin, request) -> type[ItemForm]:
    """The form of one item for this person, with the fields as the item's own page has them."""
    page = model_admin.admin_site.get_model_admin(AgendaItem)

    def field_of(db_field, **kwargs):
        if db_field.name in TIES:
            kwargs["widget"] = KnownChoices(db_field, page.admin_site)
        return page.formfield_for_dbfield(db_field, request, **kwargs)

    made = forms.modelform_factory(AgendaItem, form=ItemForm, fields=ITEM_FIELDS, formfield_callback=field_of)
    made.user = request.user
    return made


def agenda_form(model_admin, request) -> type[AgendaForm]:
    page = model_admin.admin_site.get_model_admin(Agenda)
    made = forms.modelform_factory(
        Agenda,
        form=AgendaForm,
        fields=["intro", "plain_text"],
        formfield_callback=partial(page.formfield_for_dbfield, request=request),
    )
    made.user = request.user
    return made


def order_of(data: Mapping[str, str], items: list[AgendaItem]) -> list[AgendaItem] | None:
    """The items as the person has put them; None if she has left them as they were shown."""
    shown = [int(pk) for pk in data.get("order", "").split(",") if pk.isascii() and pk.isdigit() and len(pk) < 18]
    place = {}
    for item in items:
        raw = data.get(f"{prefix_of(item)}-position", "")
        if raw.isascii() and raw.isdigit() and len(raw) < 6:
            place[item.pk] = int(raw)
    by_person = sorted((pk for pk in shown if pk in place), key=lambda pk: place[pk])
    if by_person == [pk for pk in shown if pk in place]:
        return None
    rank = {pk: index for index, pk in enumerate(by_person)}
    # What came while she moved the others stands last.
    return sorted(items, key=lambda item: rank.get(item.pk, len(rank)))


def prefix_of(item: AgendaItem) -> str:
    return f"punkt-{item.pk}"
