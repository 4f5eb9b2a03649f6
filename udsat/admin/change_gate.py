"""The gate of changes: what a save makes public is reviewed like a publication.

The middleware runs every POST of the back office. One that changes no public text is left alone. Of one that does, the
public texts before and after are compared at the end of its transaction. New findings, hidden texts that become visible
and files that a computer cannot read stop it: the transaction is rolled back, and a page shows them with what was typed
in hidden fields. Once the person has confirmed, the same form is sent again and saved.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.contrib.messages.storage import default_storage
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.text import get_valid_filename

from udsat.lib.personal_data import AllowedNames
from udsat.models import HeldFile, PublicationEvent, allowed_names_of
from udsat.models.public_changes import (
    PublicChange,
    PublicChanges,
    UnreviewedChange,
    checked_transaction,
    collect_public_changes,
    refuse_public_changes,
)

from .forms import RETURNS, is_returned
from .privacy_review import ReviewedObject, privacy_review
from .review_form import ReviewForm

PREFIX = "gate"
HELD = f"{PREFIX}-held"


class ChangeGateMiddleware:
    """Run the POST views of the back office under the gate of changes."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        is_back_office = request.resolver_match and request.resolver_match.app_name == "admin"
        if request.method != "POST" or not is_back_office or not request.user.is_authenticated:
            return None
        _restore_held_files(request)
        if is_returned(request):
            return _return_to_form(request, lambda: view(request, *args, **kwargs))
        messages = getattr(request, "_messages", None)
        try:
            with refuse_public_changes():
                return view(request, *args, **kwargs)
        except UnreviewedChange as change:
            # Before the change, so that a typed name is not allowed by being typed.
            allowed = allowed_names_of(change.root.municipality)
            _start_again(request, messages)
        return _run_gate(request, lambda: view(request, *args, **kwargs), allowed)


def _start_again(request, messages) -> None:
    """Undo what a view has changed in the request, before it runs again."""
    if messages is not None:
        request._messages = default_storage(request)
    for _, files in request.FILES.lists():
        for file in files:
            file.seek(0)


def _return_to_form(request, run):
    with transaction.atomic():
        response = run()
        transaction.set_rollback(True)
    if response.status_code in (301, 302):
        # A page without a form of its own, such as the history.
        _start_again(request, getattr(request, "_messages", None))
        return HttpResponseRedirect(request.get_full_path())
    return response


class ReviewMissing(Exception):
    """A person has to confirm the change first."""

    def __init__(self, form: "ChangeForm", review: "ChangeReview"):
        super().__init__()
        self.form, self.review, self.new_files = form, review, review.new_files()


def _run_gate(request, run, allowed: AllowedNames):
    def check(changes: PublicChanges) -> None:
        review = ChangeReview.of(changes, allowed)
        form = ChangeForm(request.POST, review=review, user=request.user)
        if review.is_needed and not form.is_valid():
            raise ReviewMissing(form, review)
        _record(request, review)

    messages = getattr(request, "_messages", None)
    try:
        try:
            # Forms validate before they open their transaction.
            with collect_public_changes(check):
                return run()
        except UnreviewedChange:
            _start_again(request, messages)
        with collect_public_changes(check), checked_transaction():
            return run()
    except ReviewMissing as missing:
        _start_again(request, messages)
        for storage, name in missing.new_files:
            storage.delete(name)
        if "text/html" not in request.headers.get("Accept", "text/html"):
            message = "Det kan alle læse med det samme, så det skal ses efter først. Tryk på »Gem« på siden."
            return JsonResponse({"error": message, "problem": message, "needs_review": True})
        return _gate_page(request, missing.form, missing.review)


def _record(request, review: "ChangeReview") -> None:
    """Log the confirmation, and delete the files that were kept for it."""
    for root in review.roots if review.is_needed else ():
        PublicationEvent.objects.create(
            subject=root,
            municipality=root.municipality,
            action=PublicationEvent.Action.CHANGE,
            by=request.user,
            by_name=str(request.user),
            version=getattr(root, "version", 1),
            confirmed=True,
        )
    keys = [file.held_key for _, files in request.FILES.lists() for file in files if hasattr(file, "held_key")]
    HeldFile.objects.filter(user=request.user, key__in=keys).delete()


# The review


@dataclass
class ChangedObject:
    """An object whose public texts change, with the findings that are new."""

    reviewed: ReviewedObject
    is_exposed: bool  # it was stored before, but hidden

    @property
    def name(self) -> str:
        return self.reviewed.name


@dataclass
class ChangeReview:
    changed: list[ChangedObject] = field(default_factory=list)
    changes: list[PublicChange] = field(default_factory=list)

    @classmethod
    def of(cls, changes: PublicChanges, allowed: AllowedNames) -> "ChangeReview":
        review = cls(changes=changes.result())
        for root in review.all_roots:
            own = [change for change in review.changes if change.root == root]
            review.changed += _review_of_root(root, changes.before(root), own, allowed)
        return review

    @property
    def all_roots(self) -> list[Any]:
        return list(dict.fromkeys(change.root for change in self.changes))

    @property
    def needing(self) -> list[ChangedObject]:
        return [one for one in self.changed if one.is_exposed or one.reviewed.findings or one.reviewed.unread_files]

    @property
    def roots(self) -> list[Any]:
        targets = {one.reviewed.target for one in self.needing}
        return list(dict.fromkeys(change.root for change in self.changes if change.part.target in targets))

    @property
    def is_needed(self) -> bool:
        return bool(self.needing)

    @property
    def reviewed(self) -> list[ReviewedObject]:
        return [one.reviewed for one in self.needing]

    @property
    def unread_files(self) -> list[tuple[str, str]]:
        """Name and address of the files that a person has to open; no address before they are stored."""
        changes = {change.part.target: change for change in self.changes}
        return [
            (file.text, _file_url(changes[one.reviewed.target], file.field.name))
            for one in self.needing
            for file in one.reviewed.unread_files
        ]

    @property
    def stamp(self) -> str:
        """Hash of the changed texts, so that a confirmation applies to these only."""
        values = [
            [change.identity, name, _stamp_value(getattr(change.part, name))]
            for change in self.changes
            for name in sorted(change.fields)
        ]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:20]

    def new_files(self) -> list[tuple[Any, str]]:
        """Return storage and name of each file that was stored by the transaction."""
        return [
            (file.storage, file.name)
            for change in self.changes
            for name in change.fields - change.exposed
            if isinstance(change.part._meta.get_field(name), models.FileField)
            and (file := getattr(change.part, name)).name != _name_before(change, name)
        ]


def _name_before(change: PublicChange, name: str) -> str:
    return getattr(change.before, name).name if change.before else ""


def _stamp_value(value) -> str:
    # A new row has another primary key and a new file another name each time: the size of the file is compared.
    return str(value.size) if hasattr(value, "storage") else str(value)


def _review_of_root(root, before, changes: list[PublicChange], allowed) -> list[ChangedObject]:
    """Return the changed objects, without the findings in the texts that were public before."""
    paper, parts = before
    fields = {(change.part.target, name) for change in changes for name in change.fields}
    reviewed = {one.target: one for one in privacy_review(root.publication_parts(), root, _no_url, allowed, fields)}
    old = [
        (change.before.target, name)
        for change in changes
        if change.before is not None
        for name in change.fields
        if not isinstance(change.before._meta.get_field(name), models.FileField)
    ]
    known = {
        (one.target, finding.label, finding.kind, finding.match)
        for one in (privacy_review(parts, paper, _no_url, allowed, old) if old else ())
        for finding in one.questions
    }
    changed = []
    for change in changes:
        if (one := reviewed.get(change.part.target)) is None:
            continue
        one.identity = change.identity
        one.findings = [
            finding
            for finding in one.findings
            if finding.finding or (one.target, finding.label, finding.kind, finding.match) not in known
        ]
        changed.append(ChangedObject(one, bool(change.exposed)))
    return changed


def _no_url(part, name) -> str:
    return ""


def _file_url(change: PublicChange, name: str) -> str:
    """Return the address of a stored file; empty for one that is not stored yet."""
    if name not in change.exposed:
        return ""
    return admin.site.get_model_admin(type(change.part)).file_url(change.part, name)


class ChangeForm(ReviewForm):
    """The confirmations of a change. `seen` is the stamp of the texts that were read."""

    prefix = PREFIX
    was_changed = "Teksten er ændret, siden du læste den. Læs den igen, og bekræft på ny."

    def __init__(self, data, *, review: ChangeReview, user):
        super().__init__(
            data if f"{PREFIX}-seen" in data else None,
            reviewed=review.reviewed,
            unread_files=review.unread_files,
            seen=review.stamp,
            user=user,
            municipality=review.roots[0].municipality if review.roots else None,
        )


# The page


def _gate_page(request, form: ChangeForm, review: ChangeReview):
    held = _hold_files(request)
    return TemplateResponse(
        request,
        "admin/publishable/change_gate.html",
        {
            **admin.site.each_context(request),
            "title": "Før det bliver offentligt",
            "crumbs": [(reverse("admin:index"), "Mit bord")],
            "action": request.get_full_path(),
            "form": form,
            "roots": review.roots,
            "changed": review.needing,
            "is_scheduled": all(getattr(root, "is_scheduled", False) for root in review.roots),
            "reviewed": form.review.rows(),
            "files": [(name, url or _held_url(held, name)) for name, url in form.unread_files],
            "held": held,
            "typed": [
                (name, value)
                for name, values in request.POST.lists()
                if not name.startswith(f"{PREFIX}-") and name != "csrfmiddlewaretoken"
                for value in values
            ],
            "return_name": RETURNS,
            "held_name": HELD,
        },
    )


# Files


def _hold_files(request) -> list[HeldFile]:
    """Keep the uploaded files until the form is sent again."""
    held = []
    for name, files in request.FILES.lists():
        for file in files:
            key = getattr(file, "held_key", None)
            held.append(HeldFile.objects.get(key=key) if key else HeldFile.keep(request.user, name, file))
    return held


def _restore_held_files(request) -> None:
    """Add the files that were kept to those of the request, unless another one was chosen for the field."""
    keys = []
    for key in request.POST.getlist(HELD)[:100]:
        with suppress(ValueError):
            keys.append(uuid.UUID(key))
    request.held_files = []
    if not keys:
        return
    files = MultiValueDict(dict(request.FILES.lists()))
    for held in HeldFile.objects.filter(user=request.user, key__in=keys):
        if held.field not in request.FILES:
            files.appendlist(held.field, held.as_upload())
            request.held_files.append(held)
    request._files = files


def _held_url(held: list[HeldFile], name: str) -> str:
    """Return the address of the kept file that would be stored under that name, or else of the first.

    The name may have a suffix, and a photo gets another one.
    """
    likely = [file for file in held if name.startswith(get_valid_filename(file.name).rpartition(".")[0])] + held
    return reverse("admin:held_file", args=[likely[0].key]) if likely else ""
