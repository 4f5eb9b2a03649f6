"""The history of a page: who changed what, when, word by word; and the way back."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field

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
from udsat.lib.richtext import RichTextField, plain_text
from udsat.lib.text_diff import rich_difference, word_difference
from udsat.models import CprOverride, PublicationEvent, Revision, RevisionedModel
from udsat.models.history import RUN

PER_PAGE = 40


@dataclass
class Change:
    """One field of one revision."""

    name: str
    label: str
    difference: SafeString


@dataclass
class Entry:
    """One revision as the page tells it."""

    revision: Revision
    kind: str
    label: str
    changes: list[Change]
    url: str = ""  # where the thing is edited, while it is there
    seen: str = ""  # with a way back: what the last revision of the thing was when the page was made
    takes: int = 0  # how many parts a deletion took with it

    @property
    def is_deletion(self) -> bool:
        return self.revision.action == Revision.Action.DELETED

    @property
    def is_new(self) -> bool:
        return self.revision.action == Revision.Action.MADE


@dataclass
class Group:
    """What one person did without a long pause, the latest first."""

    by: str
    at: datetime.datetime
    entries: list[Entry] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    event: PublicationEvent | None = None
    since: datetime.datetime | None = None


class HistoryPages:
    """What `ScopedAdmin` shows as history. Only what keeps no revisions still has the stock page."""

    def history_of(self, obj):
        """The revisions that its page tells: with a page of its own, those of its parts too."""
        if obj.history_page() == (type(obj), obj.pk):
            return Revision.objects.on_page_of(obj)
        return Revision.objects.of(obj)

    def history_events(self, obj):
        return PublicationEvent.objects.none()

    def history_view(self, request, object_id, extra_context=None):
        if not issubclass(self.model, RevisionedModel):
            obj = self.get_object(request, unquote(object_id))
            return super().history_view(request, object_id, {"title": "Historik", "crumbs": self.way_to(obj)})
        if request.method == "POST":
            with transaction.atomic():
                return self._change_history(request, self._in_view(request, object_id))
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "POST"])
        return self._history_page(request, self._in_view(request, object_id))

    def _in_view(self, request, object_id):
        obj = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj

    # Reading

    def _history_page(self, request, obj):
        told = self.history_of(obj).filter(parent_deletion=None).order_by()
        events = self.history_events(obj).order_by()
        both = told.values_list("at", "pk", Value("text", CharField())).union(
            events.values_list("at", "pk", Value("event", CharField())), all=True
        )
        page = Paginator(both.order_by("-at", "-pk"), PER_PAGE).get_page(request.GET.get("side"))
        keys = list(page)
        revisions = _with_neighbours(told.filter(pk__in=[pk for _, pk, kind in keys if kind == "text"]))
        said = events.in_bulk([pk for _, pk, kind in keys if kind == "event"])
        reader = _Reader(self, request, obj, revisions.values())
        groups: list[Group] = []
        for at, pk, kind in keys:
            if kind == "event":
                groups.append(Group(said[pk].by_name, at, event=said[pk]))
            else:
                _put(groups, revisions[pk][0], reader)
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
                "crumbs": self.way_to(obj),
                "groups": [group for group in groups if group.event or group.entries or group.moved],
                "page": page,
                "numbers": _numbers(self.history_of(obj)) if manages else [],
                "whole": ""
                if (page_model, page_id) == (type(obj), obj.pk)
                else reverse(_admin_name(page_model, "history"), args=[page_id]),
            },
        )

    # Changing

    def _change_history(self, request, obj):
        what = request.POST.get("what")
        if what == "number":
            self._forget_number(request, obj, request.POST.get("number", ""))
        elif what in ("restore", "bring-back"):
            number = request.POST.get("revision", "")
            # Nine digits hold more revisions than there will be, and fit the database's numbers.
            found = self.history_of(obj).filter(pk=int(number)) if number.isdecimal() and len(number) < 10 else []
            if not found:
                raise Http404("Den udgave findes ikke.")
            act = self._restore if what == "restore" else self._bring_back
            try:
                with transaction.atomic():
                    act(request, found[0])
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
        """The chosen fields as they were before that change."""
        model_admin = self.admin_site.get_model_admin(revision.model)
        thing = model_admin.get_queryset(request).filter(pk=revision.object_id).first()
        if thing is None:
            raise ValidationError(f"»{revision.label}« er slettet. Bring det tilbage først.")
        thing.refresh_from_db(from_queryset=type(thing)._base_manager.select_for_update(of=("self",)))
        before = Revision.objects.of(thing).filter(pk__lt=revision.pk).order_by("-pk").first()
        chosen = [name for name in _changed(before, revision) if name in request.POST.getlist("field")]
        if not may_restore(model_admin, request, thing, chosen):
            raise PermissionDenied
        if not chosen:
            raise ValidationError("Sæt hak ved det, du vil gendanne.")
        if Revision.objects.latest_of(thing).stamp != request.POST.get("seen"):
            raise ValidationError("En anden har gemt imens. Se, hvad der står nu, og prøv igen.")
        values = {name: before.values[name] for name in chosen}
        _check_files(thing, values)
        revision.restore_values(thing, values)
        self._restored(request, model_admin, thing)

    def _bring_back(self, request, revision):
        model_admin = self.admin_site.get_model_admin(revision.model)
        thing = revision.deleted_object()
        if revision.action != Revision.Action.DELETED or revision.parent_deletion_id:
            raise Http404("Det er ikke slettet.")
        if not model_admin.has_delete_permission(request, thing):
            raise PermissionDenied
        if Revision.objects.latest_of(thing) != revision:
            raise ValidationError("Der er en nyere udgave. Brug den.")
        _check_files(thing, revision.values)
        self._restored(request, model_admin, revision.undelete())

    def _restored(self, request, model_admin, thing):
        model_admin.count_restored(thing)
        model_admin.warn_of_cpr(request, [thing])
        self.message_user(request, f"»{Truncator(thing).words(12)}« er gendannet.", messages.SUCCESS)

    def _forget_number(self, request, obj, fingerprint):
        if not request.user.may(roles.MANAGE, obj.municipality):
            raise PermissionDenied
        holding = [it for it in self.history_of(obj).select_for_update() if fingerprint in _found(it)]
        last = {(it.content_type_id, it.object_id): it for it in holding}
        for it in last.values():
            newest = Revision.objects.filter(content_type=it.content_type, object_id=it.object_id).order_by("-pk")[0]
            if newest.action != Revision.Action.DELETED and fingerprint in _found(newest):
                self.message_user(
                    request, f"Nummeret står stadig i »{newest.label}«. Fjern det der, og prøv igen.", messages.ERROR
                )
                return
        for it in holding:
            it.values = {name: _without(it, name, value, fingerprint) for name, value in it.values.items()}
            it.save(update_fields=["values"])
        self.message_user(request, "Nummeret er fjernet fra historikken.", messages.SUCCESS)


def may_restore(model_admin, request, thing, names) -> bool:
    """Whoever could write those fields on the thing's own page."""
    if not model_admin.has_change_permission(request, thing):
        return False
    return not set(names) & set(model_admin.get_readonly_fields(request, thing))


def last_hand(obj) -> tuple[object, str] | None:
    """Who saved, published or withdrew it last: the person and her name."""
    model, pk = obj.history_page()
    kind = ContentType.objects.get_for_model(model)
    revision = Revision.objects.filter(page_type=kind, page_id=pk).select_related("by").first()
    event = PublicationEvent.objects.filter(content_type=kind, object_id=pk).select_related("by").first()
    last = max((it for it in (revision, event) if it), key=lambda it: it.at, default=None)
    return (last.by, last.by_name) if last else None


def _admin_name(model, what) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}"


def _with_neighbours(revisions) -> dict[int, tuple[Revision, Revision | None, Revision]]:
    """By number: the revision, the one before it, and the last one of the same thing."""
    same = Revision.objects.filter(content_type=OuterRef("content_type"), object_id=OuterRef("object_id"))
    last = Subquery(same.order_by("-pk").values("pk")[:1])
    took = Subquery(
        Revision.objects.filter(parent_deletion=OuterRef("pk")).order_by().values("parent_deletion").annotate(n=models.Count("pk"))
        .values("n")
    )  # fmt: skip
    rows = list(revisions.with_previous().annotate(last=last, takes=took).select_related("by"))
    around = Revision.objects.in_bulk({pk for row in rows for pk in (row.previous, row.last) if pk})
    for row in rows:
        row.before, row.newest = around.get(row.previous), around[row.last]
    return {row.pk: (row, row.before, row.newest) for row in rows}


def _changed(before: Revision | None, revision: Revision) -> list[str]:
    """Names of the fields that differ from the revision before."""
    if before is None:
        return []
    fields = revision.model.revisioned_fields()
    return [name for name in fields if before.values.get(name) != revision.values.get(name) and name in before.values]


class _Reader:
    """Turns the revisions of one page into entries, with names for what they point at (one query a model)."""

    def __init__(self, model_admin, request, obj, rows):
        self.site, self.request = model_admin.admin_site, request
        user, place = request.user, obj.municipality
        self.may_write = user.may(roles.EDIT, place)
        self.may_all = self.may_write and user.may(roles.PUBLISH, place)
        self.names = self._names([it for row in rows for it in row[:2] if it])

    def _names(self, revisions):
        wanted = defaultdict(set)
        for it in revisions:
            for name, model_field in it.model.revisioned_fields().items():
                if model_field.is_relation and it.values.get(name):
                    wanted[model_field.related_model].add(it.values[name])
        names = {}
        for model, keys in wanted.items():
            related = [f.name for f in model._meta.concrete_fields if f.many_to_one]
            rows = model._base_manager.select_related(*related).in_bulk(keys)
            names |= {(model, pk): str(row) for pk, row in rows.items()}
            if gone := keys - set(rows):
                kind = ContentType.objects.get_for_model(model)
                labels = Revision.objects.filter(content_type=kind, object_id__in=gone).order_by("pk")
                names |= {(model, pk): f"{label} (slettet)" for pk, label in labels.values_list("object_id", "label")}
        return names

    def entry(self, revision) -> Entry:
        model = revision.model
        is_there = revision.newest.action != Revision.Action.DELETED
        names = _changed(revision.before, revision)
        whole = revision.action in (Revision.Action.MADE, Revision.Action.DELETED) or revision.before is None
        entry = Entry(
            revision=revision,
            kind=model._meta.verbose_name,
            label=Truncator(revision.label).words(16),
            changes=self._content(model, revision) if whole else self._differences(model, revision, names),
            url=reverse(_admin_name(model, "change"), args=[revision.object_id]) if is_there else "",
            takes=revision.takes or 0,
        )
        if self._has_way_back(entry, model, names, is_there):
            entry.seen = revision.newest.stamp
        return entry

    def _has_way_back(self, entry, model, names, is_there) -> bool:
        if not self.may_write:
            return False
        if entry.is_deletion:
            return not is_there and entry.revision == entry.revision.newest
        if not is_there or not entry.changes or entry.revision.before is None or entry.is_new:
            return False
        if self.may_all:
            return True
        model_admin = self.site.get_model_admin(model)
        thing = model_admin.get_queryset(self.request).filter(pk=entry.revision.object_id).first()
        return thing is not None and may_restore(model_admin, self.request, thing, names)

    def _differences(self, model, revision, names):
        fields = model.revisioned_fields()
        return [
            Change(name, capfirst(fields[name].verbose_name), self._difference(
                fields[name], revision.before.values.get(name), revision.values.get(name)
            ))
            for name in names
        ]  # fmt: skip

    def _content(self, model, revision):
        page_model = ContentType.objects.get_for_id(revision.page_type_id).model_class()
        return [
            Change(name, capfirst(model_field.verbose_name), self._difference(model_field, value, value))
            for name, model_field in model.revisioned_fields().items()
            # Where it stands is told by the page.
            if name != "position"
            and model_field.related_model != page_model
            and (value := revision.values.get(name)) not in (None, "", False)
        ]

    def _difference(self, model_field, old, new) -> SafeString:
        if isinstance(model_field, RichTextField):
            return rich_difference(old or "", new or "")
        return word_difference(self._words(model_field, old), self._words(model_field, new))

    def _words(self, model_field, value) -> str:
        if isinstance(model_field, models.BooleanField):
            return {True: "ja", False: "nej"}.get(value, "ukendt")
        if value in (None, ""):
            return ""
        if model_field.is_relation:
            return self.names.get((model_field.related_model, value), "slettet")
        if model_field.choices:
            return str(dict(model_field.flatchoices).get(value, value))
        if isinstance(model_field, models.FileField):
            return value.rsplit("/", 1)[-1]
        if isinstance(model_field, models.DateTimeField):
            return long_datetime(parse_datetime(value))
        if isinstance(model_field, models.DateField):
            return short_date(parse_date(value))
        if isinstance(model_field, models.TimeField):
            return clock(parse_time(value))
        return str(value)


def _put(groups: list[Group], revision: Revision, reader: _Reader) -> None:
    """Into the group above when the same person did it without a long pause, else into a group of its own."""
    by = str(revision.by) if revision.by else revision.by_name
    last = groups[-1] if groups else None
    if last is None or last.event or last.by != by or last.since - revision.at > RUN:
        last = Group(by, revision.at)
        groups.append(last)
    last.since = min(revision.since, last.since or revision.since)
    if revision.before and _changed(revision.before, revision) == ["position"]:
        last.moved.append(revision.label)
        return
    entry = reader.entry(revision)
    # A run of saves that ended where it began changed nothing.
    if entry.changes or entry.is_deletion or entry.is_new:
        last.entries.append(entry)


def _check_files(thing, values):
    for name, value in values.items():
        model_field = type(thing).revisioned_fields().get(name)
        if isinstance(model_field, models.FileField) and value and not model_field.storage.exists(value):
            raise ValidationError(f"Filen {value.rsplit('/', 1)[-1]} findes ikke længere.")


# Numbers that should never have been written


def _texts(revision):
    """Name and readable text of each field that may hold a number."""
    fields = revision.model.revisioned_fields()
    for name, value in revision.values.items():
        model_field = fields.get(name)
        if value and isinstance(value, str) and isinstance(model_field, models.CharField | models.TextField):
            yield name, value, isinstance(model_field, RichTextField)


def _found(revision) -> dict[str, tuple[str, str]]:
    """By fingerprint: the field, and the number's surroundings with its digits hidden."""
    found = {}
    for name, value, is_rich in _texts(revision):
        for text in (value, plain_text(value)) if is_rich else (value,):
            for number in find_cpr(text):
                found.setdefault(number.fingerprint, (name, number.masked))
    return found


def _without(revision, name, value, fingerprint):
    """The value without its numbers, if it holds that one. Where markup splits it, nothing of the text is kept."""
    for field_name, text, is_rich in _texts(revision):
        if field_name == name and fingerprint in _found_in(text, is_rich):
            hidden = hide_cpr(text)
            gone = "Teksten er fjernet, fordi der stod et CPR-nummer i den."
            return gone if fingerprint in _found_in(hidden, is_rich) else hidden
    return value


def _found_in(text, is_rich) -> set[str]:
    texts = (text, plain_text(text)) if is_rich else (text,)
    return {number.fingerprint for one in texts for number in find_cpr(one)}


def _numbers(revisions) -> list[dict]:
    """Suspected CPR numbers anywhere in the history, but for those a person has said are none."""
    found = {}
    for revision in revisions.order_by("-pk"):
        for fingerprint, (_, masked) in _found(revision).items():
            found.setdefault(fingerprint, {"fingerprint": fingerprint, "label": revision.label, "masked": masked})
    overridden = set(CprOverride.objects.filter(fingerprint__in=found).values_list("fingerprint", flat=True))
    return [number for fingerprint, number in found.items() if fingerprint not in overridden]
