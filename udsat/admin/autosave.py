"""Automatic saving of change forms, with the protocol of static/js/desk-sync.js, which the meeting desk uses too.

A field is identified by `model:row:name`, where `row` is a primary key, or the key of a row that the form has created
(new_rows.py); an edit is identified by the fingerprint of the value it is based on. Edits that fit are put into the
saved form, which is then submitted to the admin's own view, so that permissions, validation, versions and history are
those of the form. A new row is created from its edits together, or not at all. An edit that does not fit is refused; it
stays in the browser, and the form's button shows the conflict. A text that another person's gave no room is kept in the
history too. The order of rows is no text, and the latest stands. Public objects are saved by the button only.
"""

import copy
import hashlib
import json
from collections.abc import Iterator

from django import forms
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.messages.storage.session import SessionStorage
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse, QueryDict
from django.http.request import RawPostDataException
from django.middleware.csrf import get_token
from django.urls import path, reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst

from udsat.lib.danish import clock
from udsat.models import CreatedRow, EditConflict, Revision, RevisionedModel

from .history import keep_unused
from .model_admins import MAX_ATTEMPTS, ScopedAdmin
from .new_rows import ROW_KEY, parse_key, with_keys
from .scope import is_live

MAX_EDITS = 500  # in one request
EDIT = ("id", "field", "base", "value")  # of one edit; others are the desk's own
PUBLIC = "Det er offentligt. Tryk på »Gem«, når det må læses."
CONFLICT = "{} har gemt feltet imens. {}Tryk på »Gem«, så kan du se begge tekster."
KEPT = "Det, du har skrevet, ligger i historikken. "
GONE = "Feltet er her ikke mere. Tryk på »Gem«."
INCOMPLETE = "Den nye række bliver gemt, når den er udfyldt."


class FormState:
    """The forms of a page as they are saved: the value of each field, and all as form data."""

    def __init__(self, form, formsets):
        self.form, self.formsets = form, formsets
        self.names: dict[str, str] = {}  # name in the form, by key
        self.values: dict[str, str] = {}  # by key
        self.data = QueryDict(mutable=True)
        for one in self._forms():
            for bound in one:
                self._add(one, bound)

    def _forms(self) -> Iterator[forms.BaseForm]:
        yield self.form
        for formset in self.formsets:
            yield formset.management_form
            yield from formset.initial_forms

    def _add(self, form, bound):
        if isinstance(bound.field, forms.FileField):
            return
        values = _as_submitted(bound)
        self.data.setlist(bound.html_name, values)
        instance = getattr(form, "instance", None)
        if instance is not None and instance.pk and not bound.is_hidden and bound.name in instance_fields(form):
            key = f"{row_of(form)}:{bound.name}"
            self.names[key], self.values[key] = bound.html_name, ",".join(values)

    def with_edits(self, edits: dict[str, str]) -> QueryDict:
        data = self.data.copy()
        total = {formset.prefix: len(formset.initial_forms) for formset in self.formsets}
        new: dict[str, str] = {}  # prefix in the form, by new row
        for key, value in edits.items():
            row, _, field = key.rpartition(":")
            if key in self.names:
                name, widget = self.names[key], _widget_of(self.bound(key))
            else:
                formset = self.formset_of(key)
                if row not in new:
                    new[row] = f"{formset.prefix}-{total[formset.prefix]}"
                    total[formset.prefix] += 1
                    data[f"{new[row]}-{ROW_KEY}"] = row.partition(":")[2]
                name, widget = f"{new[row]}-{field}", _widget_of(formset.empty_form[field])
            is_list = isinstance(widget, forms.SelectMultiple | forms.CheckboxSelectMultiple)
            values = value.split(",") if is_list else [value]
            data.setlist(name, [one for one in values if one or not _is_choice(widget)])
        for prefix, count in total.items():
            data[f"{prefix}-{forms.formsets.TOTAL_FORM_COUNT}"] = str(count)
        return data

    def bound(self, key) -> forms.BoundField:
        return next(bound for form in self._forms() for bound in form if bound.html_name == self.names[key])

    def formset_of(self, key):
        """Return the formset in which the key may name a field of a new row; None if there is none."""
        model, _, rest = key.partition(":")
        row, _, name = rest.partition(":")
        for formset in self.formsets:
            if formset.model._meta.model_name == model and str(parse_key(row)) == row:
                form = formset.empty_form
                return formset if name in instance_fields(form) and not form[name].is_hidden else None
        return None


def instance_fields(form) -> set[str]:
    return set(form.fields) - {"version", forms.formsets.DELETION_FIELD_NAME, ROW_KEY}


def row_of(form) -> str:
    """Return model and key of the form's row, as they are in the keys of its fields."""
    key = form[ROW_KEY].value() if ROW_KEY in form.fields else ""
    return f"{form.instance._meta.model_name}:{key or form.instance.pk}"


def _widget_of(bound):
    return getattr(bound.field.widget, "widget", bound.field.widget)  # unwrap RelatedFieldWidgetWrapper


def _is_choice(widget) -> bool:
    return isinstance(widget, forms.CheckboxInput | forms.SelectMultiple | forms.CheckboxSelectMultiple)


def _as_submitted(bound) -> list[str]:
    """Return the values that a browser submits for an unchanged field."""
    value, widget = bound.value(), _widget_of(bound)
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if value else []
    if isinstance(widget, forms.SelectMultiple | forms.CheckboxSelectMultiple):
        chosen = {str(getattr(one, "pk", one)) for one in value or []}
        # In the order of the list, as the browser reads it.
        return [str(key) for key, _ in widget.choices if str(key) in chosen]
    if isinstance(widget, forms.NullBooleanSelect):
        return [widget.format_value(value)]
    if isinstance(widget, forms.Select | forms.RadioSelect):
        return ["" if value is None else str(getattr(value, "pk", value))]
    return [str(widget.format_value(value) or "")]


def fingerprint(value: str) -> str:
    return hashlib.sha256(value.replace("\r\n", "\n").encode()).hexdigest()[:16]


class AutosaveMixin(ScopedAdmin):
    """A model admin whose change forms are saved while they are written."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_autosave"
        view = self.admin_site.admin_view(self.autosave_view)
        return [path("<path:object_id>/gem/", view, name=name), *super().get_urls()]

    def get_formsets_with_inlines(self, request, obj=None):
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            yield with_keys(formset), inline

    def autosave_address(self, request, obj) -> str:
        return self.url("autosave", obj)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and not context["errors"] and self.has_change_permission(request, obj):
            formsets = [inline.formset for inline in context["inline_admin_formsets"] if inline.has_change_permission]
            state = FormState(context["adminform"].form, formsets)
            bases = {name: [key, fingerprint(state.values[key])] for key, name in state.names.items()}
            context["autosave"] = {
                "url": self.autosave_address(request, obj),
                "fields": json.dumps(bases),
                "rows": json.dumps({formset.prefix: formset.model._meta.model_name for formset in formsets}),
                "empty": fingerprint(""),
                "login": reverse("admin:login"),
                "is_public": is_live(obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def autosave_view(self, request, object_id):
        obj = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        if request.method != "POST":
            return JsonResponse({"user": request.user.pk, "csrf": get_token(request)})
        try:
            user, edits, version = _parse(request.body)
        except (ValueError, RecursionError, RawPostDataException):
            return JsonResponse({"problem": "Portalen kunne ikke læse det, browseren sendte."}, status=400)
        if user != request.user.pk:
            return JsonResponse({"problem": "En anden er logget ind i denne browser."}, status=409)
        try:
            results = self._apply(request, object_id, edits)
        except EditConflict:
            return JsonResponse({"problem": "Andre gemmer lige nu."}, status=503)
        state = self._saved_state(request, object_id)
        fields = {key: [value, fingerprint(value)] for key, value in state.values.items()}
        typed = {edit["field"] for edit in edits if edit["value"]}
        for result in results:
            key = result.pop("field")
            if result["outcome"] == "saved" and key in typed and key not in fields:
                result |= {"outcome": "refused", "message": INCOMPLETE}  # nothing but what the form suggests
            result["fingerprint"] = fields.get(key, ["", fingerprint("")])[1]
        token = str(state.form.initial["version"])
        content = {"results": results, "present": [], "version": token, "time": clock(timezone.now())}
        if edits or version != token:
            content["state"] = {"fields": fields, "rows": [], "clashes": [], "quorum": "", "closed": ""}
        return JsonResponse(content)

    def _saved_state(self, request, object_id) -> FormState:
        reading = copy.copy(request)
        reading.method = "GET"
        obj = self.get_object(reading, unquote(object_id))
        names = flatten_fieldsets(self.get_fieldsets(reading, obj))
        form = self.get_form(reading, obj, change=True, fields=names)(instance=obj)
        formsets, inlines = self._create_formsets(reading, obj, change=True)
        writable = [inline.has_change_permission(reading, obj) for inline in inlines]
        return FormState(form, [formset for formset, may in zip(formsets, writable, strict=True) if may])

    def _apply(self, request, object_id, edits) -> list[dict]:
        """Save the edits that fit the saved form. Raise EditConflict if others save it again and again meanwhile."""
        for attempts_left in reversed(range(MAX_ATTEMPTS)):
            try:
                return self._save_fitting(request, object_id, edits) if edits else []
            except EditConflict:
                if not attempts_left:
                    raise
        return []

    def _save_fitting(self, request, object_id, edits) -> list[dict]:
        state = self._saved_state(request, object_id)
        is_public, new = is_live(state.form.instance), _new_fields(state, edits)
        results: list[dict] = []
        fitting: dict[str, str] = {}
        for edit in edits:
            key, value = edit["field"], edit["value"].replace("\r\n", "\n")
            result = {"id": edit["id"], "field": key, "outcome": "saved", "clash": "", "message": ""}
            results.append(result)
            saved = "" if key in new else state.values.get(key)
            if saved is None:
                result |= {"outcome": "refused", "message": GONE}
            elif value != saved.replace("\r\n", "\n"):
                if is_public:
                    result |= {"outcome": "refused", "message": PUBLIC}
                elif key not in new and edit["base"] != fingerprint(saved) and not key.endswith(":position"):
                    message = _keep_unused(request.user, state.bound(key), value)
                    result |= {"outcome": "refused", "message": message, "conflict": True}
                else:
                    fitting[key] = value
        refused: dict[str, str] = {}
        while fitting and (errors := self._submit(request, object_id, state, fitting)):
            wrong = {key: errors[name] for key in fitting for name in (key, _row(key)) if name in errors}
            # Errors of fields that nobody edits refuse all edits, those of new rows first.
            wrong = wrong or dict.fromkeys(new & fitting.keys() or fitting, errors[""])
            refused |= wrong
            fitting = {key: value for key, value in fitting.items() if key not in wrong}
        for result in results:
            if result["field"] in refused:
                result |= {"outcome": "refused", "message": refused[result["field"]]}
        return results

    def _submit(self, request, object_id, state, edits) -> dict[str, str]:
        """Submit the saved form with the edits. Return errors by field, or by new row, "" for all others.

        There are none if it is saved.
        """
        posted = copy.copy(request)
        posted._post, posted._files = state.with_edits(edits), MultiValueDict()
        posted._post["_continue"] = "1"
        posted._messages = SessionStorage(posted)  # not shown: the script reports what is saved
        response = self.changeform_view(posted, object_id)
        if response.status_code == 302:
            return {}
        context = response.context_data
        if context["adminform"].form.has_conflict:
            raise EditConflict
        rows = [row for inline in context["inline_admin_formsets"] for row in inline.formset.forms]
        errors = {"": "Det kunne ikke gemmes. Tryk på »Gem«, så kan du se hvorfor."}
        for form in [context["adminform"].form, *rows]:
            if form.instance.pk is None and form.errors:
                messages = {
                    text: f"{_label(form, name)}{text}" for name, texts in form.errors.items() for text in texts
                }
                errors[row_of(form)] = " ".join([INCOMPLETE, *messages.values()])
                continue
            for name, texts in form.errors.items():
                if name in form.fields:
                    errors[f"{row_of(form)}:{name}"] = " ".join(texts)
        return errors


def _keep_unused(user, bound: forms.BoundField, value: str) -> str:
    """Keep the value in the history of its object, and return what the person is told."""
    name, obj = bound.name, bound.form.instance
    has_history = isinstance(obj, RevisionedModel) and name in obj.revisioned_fields()
    revision = Revision.objects.last_change_of(obj, name) if has_history else None
    saved_by = "Du" if revision and revision.by == user else (revision and revision.by_name) or "En anden"
    try:
        is_kept = keep_unused(user, obj, {name: bound.field.clean(value)})
    except forms.ValidationError:
        is_kept = False
    return CONFLICT.format(saved_by, KEPT if is_kept else "")


def _row(key: str) -> str:
    return key.rpartition(":")[0]


def _label(form, name: str) -> str:
    return f"{capfirst(form[name].label)}: " if name in form.fields else ""


def _new_fields(state: FormState, edits: list[dict]) -> set[str]:
    """Return the keys of fields of new rows, without those of rows that were created and then deleted."""
    keys = {edit["field"] for edit in edits} - state.values.keys()
    new = {key: parse_key(key.split(":")[1]) for key in keys if state.formset_of(key)}
    gone = set(CreatedRow.objects.filter(key__in=new.values()).values_list("key", flat=True)) if new else set()
    return {key for key, row in new.items() if row not in gone}


def _parse(body: bytes) -> tuple[int, list[dict], str]:
    """Return user, edits and the known version. Raise ValueError if the body is not what the script sends."""
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ValueError
    edits = content.get("edits")
    if type(content.get("user")) is not int or not isinstance(edits, list) or len(edits) > MAX_EDITS:
        raise ValueError
    for edit in edits:
        if not isinstance(edit, dict) or not all(isinstance(edit.get(name), str) for name in EDIT):
            raise ValueError
    return content["user"], edits, str(content.get("version", ""))
