"""History pages: who changed what and when, with differences; restoring fields and deleted objects."""

import copy
import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, models, transaction
from django.db.models import CharField, OuterRef, Subquery, Value
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst

from udsat.lib import roles
from udsat.lib.cpr import find_cpr, hide_cpr
from udsat.lib.danish import clock, long_datetime, short_date
from udsat.lib.pdf_store import clear_store
from udsat.lib.richtext import RichTextField, plain_text
from udsat.lib.text_diff import rich_difference, word_difference
from udsat.models import CprOverride, PublicationEvent, PublicVersion, Revision, RevisionedModel, kept_until, texts_in
from udsat.models.history import RUN_LENGTH

PER_PAGE = 40


@dataclass
class FieldDifference:
    """The difference of one field in one revision."""

    name: str
    label: str
    difference: SafeString


@dataclass
class HistoryEntry:
    """One revision as displayed."""

    revision: Revision
    kind: str
    label: str
    changes: list[FieldDifference]
    url: str = ""  # change page, unless the object is deleted
    seen: str = ""  # stamp of the latest revision, if the entry can be restored
    cascade_count: int = 0  # parts deleted by cascade
    kept_until: datetime.date | None = None  # of a deletion

    @property
    def is_deletion(self) -> bool:
        return self.revision.action == Revision.Action.DELETED

    @property
    def is_new(self) -> bool:
        return self.revision.action == Revision.Action.MADE


@dataclass
class HistoryGroup:
    """Consecutive changes of one person, latest first, or one publication event."""

    by: str
    at: datetime.datetime
    entries: list[HistoryEntry] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    event: PublicationEvent | None = None
    since: datetime.datetime | None = None


class HistoryMixin:
    """History views of `ScopedAdmin`; models without revisions keep Django's page."""

    def history_of(self, obj):
        """Return the object's revisions, with those of its parts if it has a history page of its own."""
        if obj.history_page() == (type(obj), obj.pk):
            return Revision.objects.on_page_of(obj)
        return Revision.objects.of(obj)

    def history_events(self, obj):
        return PublicationEvent.objects.none()

    def history_view(self, request, object_id, extra_context=None):
        if not issubclass(self.model, RevisionedModel):
            obj = self.get_object(request, unquote(object_id))
            return super().history_view(request, object_id, {"title": "Historik", "crumbs": self.crumbs_to(obj)})
        if request.method == "POST":
            with transaction.atomic():
                return self._change_history(request, self._get_viewable(request, object_id))
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "POST"])
        return self._history_page(request, self._get_viewable(request, object_id))

    def _get_viewable(self, request, object_id):
        obj = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj

    def _history_page(self, request, obj):
        revisions_shown = self.history_of(obj).filter(parent_deletion=None).order_by()
        events = self.history_events(obj).order_by()
        both = revisions_shown.values_list("at", "pk", Value("text", CharField())).union(
            events.values_list("at", "pk", Value("event", CharField())), all=True
        )
        page = Paginator(both.order_by("-at", "-pk"), PER_PAGE).get_page(request.GET.get("side"))
        keys = list(page)
        revisions = _with_adjacent(revisions_shown.filter(pk__in=[pk for _, pk, kind in keys if kind == "text"]))
        events_by_pk = events.in_bulk([pk for _, pk, kind in keys if kind == "event"])
        renderer = HistoryRenderer(self, request, obj, revisions.values())
        groups: list[HistoryGroup] = []
        for at, pk, kind in keys:
            if kind == "event":
                groups.append(HistoryGroup(events_by_pk[pk].by_name, at, event=events_by_pk[pk]))
            else:
                _append(groups, revisions[pk][0], renderer)
        manages = request.user.may(roles.MANAGE, obj.municipality)
        page_model, page_id = obj.history_page()
        return TemplateResponse(
            request,
            "admin/history.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": obj,
                "title": "Historik",
                "crumbs": self.crumbs_to(obj),
                "groups": [group for group in groups if group.event or group.entries or group.moved],
                "page": page,
                "numbers": _numbers(self.history_of(obj)) if manages else [],
                "whole": ""
                if (page_model, page_id) == (type(obj), obj.pk)
                else reverse(_admin_name(page_model, "history"), args=[page_id]),
            },
        )

    # Restoring

    def _change_history(self, request, obj):
        action = request.POST.get("what")
        if action == "number":
            self._remove_number(request, obj, request.POST.get("number", ""))
        elif action in ("restore", "bring-back"):
            number = request.POST.get("revision", "")
            # Nine digits fit the integer range of the databases.
            matches = self.history_of(obj).filter(pk=int(number)) if number.isdecimal() and len(number) < 10 else []
            if not matches:
                raise Http404("Den udgave findes ikke.")
            restore = self._restore if action == "restore" else self.bring_back
            try:
                with transaction.atomic():
                    restore(request, matches[0])
            except ValidationError as error:
                for message in error.messages:
                    self.message_user(request, f"Det kunne ikke gendannes. {message}", messages.ERROR)
            except (IntegrityError, ObjectDoesNotExist):
                self.message_user(
                    request,
                    "Det kunne ikke gendannes. Noget af det, det hører sammen med, er slettet eller ændret.",
                    messages.ERROR,
                )
        else:
            self.message_user(request, "Vælg, hvad du vil gendanne.", messages.WARNING)
        return HttpResponseRedirect(request.get_full_path())

    def _restore(self, request, revision):
        """Restore the chosen fields to their values before the revision."""
        model_admin = self.admin_site.get_model_admin(revision.model)
        obj = model_admin.get_queryset(request).filter(pk=revision.object_id).first()
        if obj is None:
            raise ValidationError(f"»{revision.label}« er slettet. Bring det tilbage først.")
        obj.refresh_from_db(from_queryset=type(obj)._base_manager.select_for_update(of=("self",)))
        before = Revision.objects.of(obj).filter(pk__lt=revision.pk).order_by("-pk").first()
        chosen = [name for name in _changed(before, revision) if name in request.POST.getlist("field")]
        if not may_restore(model_admin, request, obj, chosen):
            raise PermissionDenied
        if not chosen:
            raise ValidationError("Sæt hak ved det, du vil gendanne.")
        if Revision.objects.latest_of(obj).stamp != request.POST.get("seen"):
            raise ValidationError("En anden har gemt imens. Se, hvad der står nu, og prøv igen.")
        values = {name: before.values[name] for name in chosen}
        _check_files(obj, values)
        revision.restore_values(obj, values)
        self._restored(request, model_admin, obj)

    def bring_back(self, request, revision):
        """Undo the deletion. Raises ValidationError, IntegrityError or ObjectDoesNotExist where that is impossible."""
        model_admin = self.admin_site.get_model_admin(revision.model)
        obj = revision.deleted_object()
        if revision.action != Revision.Action.DELETED or revision.parent_deletion_id:
            raise Http404("Det er ikke slettet.")
        if not model_admin.has_delete_permission(request, obj):
            raise PermissionDenied
        if Revision.objects.latest_of(obj) != revision:
            raise ValidationError("Der er en nyere udgave. Brug den.")
        _check_files(obj, revision.values)
        self._restored(request, model_admin, revision.undelete())

    def _restored(self, request, model_admin, obj):
        model_admin.increment_restored_versions(obj)
        model_admin.warn_of_cpr(request, [obj])
        self.message_user(request, f"»{Truncator(obj).words(12)}« er gendannet.", messages.SUCCESS)

    def _remove_number(self, request, obj, fingerprint) -> bool:
        """Remove the number from the history. Return False if it is in a present text."""
        if not request.user.may(roles.MANAGE, obj.municipality):
            raise PermissionDenied
        holding = [it for it in self.history_of(obj).select_for_update() if fingerprint in _numbers_by_fingerprint(it)]
        last = {(it.content_type_id, it.object_id): it for it in holding}
        for it in last.values():
            newest = Revision.objects.filter(content_type=it.content_type, object_id=it.object_id).order_by("-pk")[0]
            if newest.action != Revision.Action.DELETED and fingerprint in _numbers_by_fingerprint(newest):
                self.message_user(
                    request, f"Nummeret står stadig i »{newest.label}«. Fjern det der, og prøv igen.", messages.ERROR
                )
                return False
        for it in holding:
            it.values = {name: _value_without_number(it, name, value, fingerprint) for name, value in it.values.items()}
            it.save(update_fields=["values"])
        for version in PublicVersion.objects.of(obj):
            numbers = [number.fingerprint for text in texts_in(version.content) for number in find_cpr(text)]
            if fingerprint in numbers:
                version.content = []
                version.save(update_fields=["content"])
        transaction.on_commit(clear_store)
        self.message_user(request, "Nummeret er fjernet fra historikken.", messages.SUCCESS)
        return True


def may_restore(model_admin, request, obj, names) -> bool:
    """Return whether the user may edit these fields of the object."""
    if not model_admin.has_change_permission(request, obj):
        return False
    return not set(names) & set(model_admin.get_readonly_fields(request, obj))


def keep_unused(user, obj, values: dict[str, Any]) -> bool:
    """Keep values that a person typed, and that what another saved gives no room, in the object's history.

    Return whether any of them has a history.
    """
    if not isinstance(obj, RevisionedModel):
        return False
    typed, names = copy.copy(obj), [name for name in values if name in obj.revisioned_fields()]
    for name in names:
        setattr(typed, name, values[name])
    if names:
        with transaction.atomic():
            saved = type(obj)._base_manager.select_for_update(of=("self",)).get(pk=obj.pk)
            Revision.objects.add_unused(saved, typed.revisioned_values(names), by=user, by_name=str(user))
    return bool(names)


def last_editor(obj) -> tuple[object, str] | None:
    """Return user and name of the last person who saved, published or withdrew it."""
    model, pk = obj.history_page()
    kind = ContentType.objects.get_for_model(model)
    revision = Revision.objects.filter(page_type=kind, page_id=pk).select_related("by").first()
    event = PublicationEvent.objects.filter(content_type=kind, object_id=pk).select_related("by").first()
    last = max((it for it in (revision, event) if it), key=lambda it: it.at, default=None)
    return (last.by, last.by_name) if last else None


def _admin_name(model, what) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}"


def _with_adjacent(revisions) -> dict[int, tuple[Revision, Revision | None, Revision]]:
    """Return by primary key: the revision, its predecessor, and the latest one of the same object."""
    same = Revision.objects.filter(content_type=OuterRef("content_type"), object_id=OuterRef("object_id"))
    last = Subquery(same.order_by("-pk").values("pk")[:1])
    deletions = Revision.objects.filter(parent_deletion=OuterRef("pk")).order_by().values("parent_deletion")
    cascade_count = Subquery(deletions.annotate(n=models.Count("pk")).values("n"))
    rows = list(revisions.with_previous().annotate(last=last, cascade_count=cascade_count).select_related("by"))
    adjacent = Revision.objects.in_bulk({pk for row in rows for pk in (row.previous, row.last) if pk})
    for row in rows:
        row.before, row.newest = adjacent.get(row.previous), adjacent[row.last]
    return {row.pk: (row, row.before, row.newest) for row in rows}


def _changed(before: Revision | None, revision: Revision) -> list[str]:
    """Return the names of the fields that differ from the previous revision."""
    if before is None:
        return []
    fields = revision.model.revisioned_fields()
    return [name for name in fields if before.values.get(name) != revision.values.get(name) and name in before.values]


class HistoryRenderer:
    """Renders the revisions of one page, with names of related objects (one query per model)."""

    def __init__(self, model_admin, request, obj, rows):
        self.site, self.request = model_admin.admin_site, request
        user, municipality = request.user, obj.municipality
        self.may_edit = user.may(roles.EDIT, municipality)
        self.may_publish = self.may_edit and user.may(roles.PUBLISH, municipality)
        self.page = obj
        self.names = self._names([it for row in rows for it in row[:2] if it])

    def _names(self, revisions):
        keys_by_model = defaultdict(set)
        for it in revisions:
            for name, model_field in it.model.revisioned_fields().items():
                if model_field.is_relation and it.values.get(name):
                    keys_by_model[model_field.related_model].add(it.values[name])
        names = {}
        for model, keys in keys_by_model.items():
            related = [f.name for f in model._meta.concrete_fields if f.many_to_one]
            rows = model._base_manager.select_related(*related).in_bulk(keys)
            names |= {(model, pk): str(row) for pk, row in rows.items()}
            if deleted := keys - set(rows):
                kind = ContentType.objects.get_for_model(model)
                labels = Revision.objects.filter(content_type=kind, object_id__in=deleted).order_by("pk")
                names |= {(model, pk): f"{label} (slettet)" for pk, label in labels.values_list("object_id", "label")}
        return names

    def entry(self, revision) -> HistoryEntry:
        model = revision.model
        exists = revision.newest.action != Revision.Action.DELETED
        names = _changed(revision.before, revision)
        shows_content = revision.action in (Revision.Action.MADE, Revision.Action.DELETED) or revision.before is None
        entry = HistoryEntry(
            revision=revision,
            kind=model._meta.verbose_name,
            label=Truncator(revision.label).words(16),
            changes=self._content(model, revision, exists)
            if shows_content
            else self._differences(model, revision, names, exists),
            url=reverse(_admin_name(model, "change"), args=[revision.object_id]) if exists else "",
            cascade_count=revision.cascade_count or 0,
            kept_until=kept_until(revision.at) if revision.action == Revision.Action.DELETED else None,
        )
        if self._can_be_restored(entry, model, names, exists):
            entry.seen = revision.newest.stamp
        return entry

    def _can_be_restored(self, entry, model, names, exists) -> bool:
        if not self.may_edit:
            return False
        if entry.is_deletion:
            return not exists and entry.revision == entry.revision.newest
        if not exists or not entry.changes or entry.revision.before is None or entry.is_new:
            return False
        if self.may_publish:
            return True
        model_admin = self.site.get_model_admin(model)
        obj = model_admin.get_queryset(self.request).filter(pk=entry.revision.object_id).first()
        return obj is not None and may_restore(model_admin, self.request, obj, names)

    def _differences(self, model, revision, names, exists):
        fields = model.revisioned_fields()
        return [
            FieldDifference(
                name,
                capfirst(fields[name].verbose_name),
                self._difference(fields[name], revision.before.values.get(name), revision.values.get(name), exists),
            )
            for name in names
        ]

    def _content(self, model, revision, exists):
        page_model = ContentType.objects.get_for_id(revision.page_type_id).model_class()
        return [
            FieldDifference(
                name, capfirst(model_field.verbose_name), self._difference(model_field, value, value, exists)
            )
            for name, model_field in model.revisioned_fields().items()
            # Position and parent follow from the page.
            if name != "position"
            and model_field.related_model != page_model
            and (value := revision.values.get(name)) not in (None, "", False)
        ]

    def _difference(self, model_field, old, new, exists) -> SafeString:
        if not exists:
            # Texts of deleted objects are shown without the numbers that they may have been deleted for.
            old, new = (hide_cpr(value) if isinstance(value, str) else value for value in (old, new))
        if isinstance(model_field, RichTextField):
            return rich_difference(old or "", new or "")
        return word_difference(self._display_value(model_field, old), self._display_value(model_field, new))

    def _display_value(self, model_field, value) -> str:
        if isinstance(model_field, models.BooleanField):
            return {True: "ja", False: "nej"}.get(value, "ukendt")
        if value in (None, ""):
            return ""
        if model_field.is_relation:
            return self.names.get((model_field.related_model, value), "slettet")
        if model_field.choices:
            return str(model_field.model.choice_labels(model_field, self.page).get(value, value))
        if isinstance(model_field, models.FileField):
            return value.rsplit("/", 1)[-1]
        if isinstance(model_field, models.DateTimeField):
            return long_datetime(parse_datetime(value))
        if isinstance(model_field, models.DateField):
            return short_date(parse_date(value))
        if isinstance(model_field, models.TimeField):
            return clock(parse_time(value))
        return str(value)


def _append(groups: list[HistoryGroup], revision: Revision, renderer: HistoryRenderer) -> None:
    """Append to the last group if the same person continued without a long pause, else to a new group."""
    by = str(revision.by) if revision.by else revision.by_name
    last = groups[-1] if groups else None
    if last is None or last.event or last.by != by or last.since - revision.at > RUN_LENGTH:
        last = HistoryGroup(by, revision.at)
        groups.append(last)
    last.since = min(revision.since, last.since or revision.since)
    if revision.before and _changed(revision.before, revision) == ["position"]:
        last.moved.append(revision.label)
        return
    entry = renderer.entry(revision)
    # A run of saves may end in its initial state.
    if entry.changes or entry.is_deletion or entry.is_new:
        last.entries.append(entry)


def _check_files(obj, values):
    for name, value in values.items():
        model_field = type(obj).revisioned_fields().get(name)
        if isinstance(model_field, models.FileField) and value and not model_field.storage.exists(value):
            raise ValidationError(f"Filen {value.rsplit('/', 1)[-1]} findes ikke længere.")


# Suspected CPR numbers in the history


def _texts(revision):
    """Yield name, text and whether it is rich text, of each text field."""
    fields = revision.model.revisioned_fields()
    for name, value in revision.values.items():
        model_field = fields.get(name)
        if value and isinstance(value, str) and isinstance(model_field, models.CharField | models.TextField):
            yield name, value, isinstance(model_field, RichTextField)


def _numbers_by_fingerprint(revision) -> dict[str, tuple[str, str]]:
    """Return field name and masked context by fingerprint."""
    numbers = {}
    for name, value, is_rich in _texts(revision):
        for text in (value, plain_text(value)) if is_rich else (value,):
            for number in find_cpr(text):
                numbers.setdefault(number.fingerprint, (name, number.masked))
    return numbers


def _value_without_number(revision, name, value, fingerprint):
    """Return the value with numbers hidden if it contains that one; erase the text if markup splits the number."""
    for field_name, text, is_rich in _texts(revision):
        if field_name == name and fingerprint in _fingerprints_in(text, is_rich):
            hidden = hide_cpr(text)
            erased = "Teksten er fjernet, fordi der stod et CPR-nummer i den."
            return erased if fingerprint in _fingerprints_in(hidden, is_rich) else hidden
    return value


def _fingerprints_in(text, is_rich) -> set[str]:
    texts = (text, plain_text(text)) if is_rich else (text,)
    return {number.fingerprint for each in texts for number in find_cpr(each)}


def _numbers(revisions) -> list[dict]:
    """Return suspected CPR numbers in the history, without overridden ones."""
    numbers = {}
    for revision in revisions.order_by("-pk"):
        for fingerprint, (_, masked) in _numbers_by_fingerprint(revision).items():
            numbers.setdefault(fingerprint, {"fingerprint": fingerprint, "label": revision.label, "masked": masked})
    overridden = set(CprOverride.objects.filter(fingerprint__in=numbers).values_list("fingerprint", flat=True))
    return [number for fingerprint, number in numbers.items() if fingerprint not in overridden]
