"""The page of the meeting desk, which is an ordinary form without its script."""

import re
import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.utils import timezone

from council.meetings.meeting_page import MeetingPage
from council.models import DeskClash, Minutes
from udsat.lib import roles
from udsat.lib.danish import clock
from udsat.lib.richtext import RichTextWidget
from udsat.models import batch_reindexing

from .edits import CLASHED, OUTDATED, REFUSED, SAVED, SUPERSEDED, ClashDecision, DeskWriter, FieldEdit
from .fields import EMPTY, DeskField, UnknownField, fingerprint, is_uuid
from .state import MeetingDesk, version_of
from .sync import others_present, sync
from .template_context import DeskTemplateContext

# Prefixes of form fields, before the key of a desk field.
VALUE, BASE, PARENT = "value~", "base~", "parent~"


def desk_page(admin, request, meeting):
    if request.method == "POST":
        return _save(admin, request, meeting)
    desk = MeetingDesk(meeting, request.user)
    context = {
        "title": "Mødebord",
        "desk": desk,
        "form_id": uuid.uuid4(),
        "may_publish": request.user.may(roles.PUBLISH, meeting.municipality),
    }
    if desk.closed:
        return admin.page(
            request,
            desk.meeting,
            "desk_closed.html",
            minutes=desk.minutes,
            clashes=[desk.clash_as_json(clash) for clash in desk.clashes],
            correct_url=admin.url("correct", meeting),
            **context,
        )
    state = desk.as_json()
    response = admin.page(
        request,
        desk.meeting,
        "desk.html",
        may_write=desk.is_writable,
        quorum=desk.quorum,
        version=version_of(state),
        present=others_present(meeting, request.user),
        empty=EMPTY,
        sync_url=admin.url("desk_sync", meeting),
        is_written_approval=meeting.council.approval == meeting.council.ApprovalWay.WRITTEN,
        media=RichTextWidget().media,
        **context,
        **DeskTemplateContext(desk, state["clashes"]).as_dict(),
    )
    # A cached page would restore old texts with old fingerprints.
    response["Cache-Control"] = "no-store, private"
    return response


# Saving without a script


def _save(admin, request, meeting):
    post = request.POST
    form_id = post.get("form", "")
    url = admin.url("desk", meeting)
    if not is_uuid(form_id):
        messages.error(request, "Siden var ikke hel. Indlæs den igen, og prøv på ny.")
        return HttpResponseRedirect(url)
    with batch_reindexing():
        desk = DeskWriter(meeting, request.user)
        edits = _posted_edits(desk, post, uuid.UUID(form_id))
        results = desk.apply(edits, _posted_decisions(post, uuid.UUID(form_id)))
    fields = {edit.id: DeskField.from_key(edit.field) for edit in edits}
    for result in results:
        if result.outcome in (REFUSED, OUTDATED):
            label = f"{desk.label_of(fields[result.id])}: " if result.id in fields else ""
            messages.error(request, f"{label}{result.message}")
    outcomes = {result.outcome for result in results} - {SUPERSEDED}
    is_saved = outcomes <= {SAVED}
    if CLASHED in outcomes:
        messages.warning(
            request,
            "Noget af det, du skrev, kunne ikke komme i sit felt. Begge tekster er gemt. Vælg, hvad der skal stå.",
        )
    elif results and is_saved:
        messages.success(request, f"Gemt kl. {clock(timezone.now())}.")
    action, _, anchor = post.get("action", "").partition(":")
    if is_saved and action in ("request_approval", "publish_approved", "publish"):
        return _leave(admin, request, meeting, action)
    is_anchor = action == "save" and re.fullmatch(r"[a-z0-9-]{1,60}", anchor)
    return HttpResponseRedirect(f"{url}#{anchor}" if is_anchor else url)


def _posted_edits(desk, post, form_id) -> list[FieldEdit]:
    """Return the fields whose values differ from those the form was rendered with."""
    edits = []
    for name in post:
        if not name.startswith(VALUE):
            continue
        key, value = name.removeprefix(VALUE), post[name]
        base = post.get(f"{BASE}{key}", "")
        try:
            cleaned, _ = DeskField.from_key(key).clean(value, desk.members)
        except UnknownField:
            continue
        if fingerprint(cleaned) != base:
            # A form that is sent twice gets the same ids; with another text, other ids.
            edit_id = uuid.uuid5(form_id, f"{key}\0{cleaned}")
            edits.append(FieldEdit(edit_id, key, base, value, parent=post.get(f"{PARENT}{key}", "")))
    # The heading of a new row is saved before its other fields.
    return sorted(edits, key=lambda edit: not edit.field.endswith((":title", ":text", ":status")))


def _posted_decisions(post, form_id) -> list[ClashDecision]:
    action, _, rest = post.get("action", "").partition(":")
    clash, _, choice = rest.partition(":")
    if action != "resolve" or not is_uuid(clash) or choice not in DeskClash.Choice.values:
        return []
    decision_id = uuid.uuid5(form_id, f"{clash}\0{choice}")
    base, seen = post.get(f"{BASE}clash:{clash}", ""), post.get(f"seen~{clash}", "")
    return [ClashDecision(decision_id, clash, choice, base, seen)]


def _leave(admin, request, meeting, action):
    """Go from the ended meeting to the approval page or to the publication gate."""
    if action == "request_approval":
        return HttpResponseRedirect(admin.url("approval", meeting))
    if not request.user.may(roles.PUBLISH, meeting.municipality):
        raise PermissionDenied
    with transaction.atomic():
        minutes, _ = Minutes.objects.get_or_create(meeting=meeting)
        if action == "publish_approved" and not minutes.approved_on:
            minutes.approved_on, minutes.approved_how = meeting.date, "på mødet"
            minutes.save(update_fields=["approved_on", "approved_how"])
    return HttpResponseRedirect(admin.url("publish", minutes))


PAGES = [
    MeetingPage("bord/", "desk", desk_page, roles.EDIT, "Mødebord"),
    MeetingPage("bord/gem/", "desk_sync", sync, roles.EDIT),
]
