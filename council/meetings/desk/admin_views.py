"""The page of the meeting desk, which is an ordinary form without its script."""

import re
import uuid
from collections.abc import Iterator

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.utils import timezone

from council.meetings.meeting_page import MeetingPage
from council.models import AgendaItem, DeskClash, Membership, Minutes
from udsat.lib import roles
from udsat.lib.danish import clock
from udsat.lib.richtext import RichTextWidget
from udsat.models import batch_reindexing

from .edits import CLASHED, OUTDATED, REFUSED, SAVED, SUPERSEDED, ClashDecision, DeskWriter, FieldEdit
from .fields import EMPTY, FIELD_NAMES, HEAD, DeskField, UnknownField, fingerprint, is_uuid
from .state import MeetingDesk, version_of
from .sync import others_present, sync

# Prefixes of form fields, before the key of a desk field.
VALUE, BASE, PARENT = "value~", "base~", "parent~"
# Rows of the HTML templates that the script copies.
NEW_ITEM, NEW_AGREEMENT = "NEW-ITEM", "NEW-AGREEMENT"


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


class DeskTemplateContext:
    """Template context of the meeting desk: fields, items and seats."""

    def __init__(self, desk: MeetingDesk, clashes: list[dict]):
        self.desk, self.clashes = desk, clashes
        self.rendered_keys: set[str] = set()

    def as_dict(self) -> dict:
        seats = self.desk.memberships
        context = {
            "head": list(self._fields("minutes", HEAD, self.desk.minutes).values()),
            "seats": [self._seat(seat) for seat in seats],
            "items": [self._item(it.row, it.number, it.item, it.agreements) for it in self.desk.items],
            "new_item": self._new_item(str(uuid.uuid4())),
            "item_template": self._new_item(NEW_ITEM) | {"is_open": True},
        }
        at_hand = next((entry for entry in context["items"] if not entry["is_done"]), None)
        for entry in context["items"]:
            entry["is_open"] = entry is at_hand or any(field["clashes"] for field in _fields_of(entry))
        context["opens_attendance"] = not self.desk.attendances
        orphaned_clashes = [clash for clash in self.clashes if clash["field"] not in self.rendered_keys]
        return context | {"orphaned_clashes": orphaned_clashes}

    def _fields(self, section, key, row, parent="") -> dict[str, dict]:
        return {name: self._field(DeskField(section, key, name), row, parent) for name in FIELD_NAMES[section]}

    def _field(self, field, row, parent) -> dict:
        value = field.read(row)
        key = str(field)
        self.rendered_keys.add(key)
        suggestion = self.desk.suggestions.get(key, "") if row is None else ""
        return {
            "key": key,
            "name": field.name,
            "id": "d-" + key.replace(":", "-"),
            "label": field.label,
            "hint": field.model_field.help_text,
            "kind": field.kind,
            "value": suggestion or (RichTextWidget().format_value(value) or "" if field.kind == "rich" else value),
            "is_suggested": bool(suggestion),
            "base": fingerprint(value),
            "parent": parent,
            "max": field.model_field.max_length if field.kind == "line" else "",
            "may_write": self.desk.may_write(field, row),
            "warning": self.desk.warning_of(field, row, value),
            "clashes": [clash for clash in self.clashes if clash["field"] == key],
            "choices": self._choices(field),
        }

    def _choices(self, field):
        if field.kind != "member":
            return list(field.model_field.choices or [])
        seats = self.desk.memberships
        if field.section == "attendance":
            seats = [seat for seat in seats if str(seat.pk) != field.row and seat.is_voting]
        return [(str(seat.pk), str(seat)) for seat in seats]

    def _seat(self, seat) -> dict:
        row = self.desk.attendances.get(seat.pk)
        return {
            "seat": seat,
            "is_substitute": seat.role == Membership.Role.SUBSTITUTE
            or bool(row and row.substitute_for_id)
            or f"attendance:{seat.pk}:substitute_for" in self.desk.suggestions,
            **self._fields("attendance", str(seat.pk), row),
        }

    def _item(self, key, number, item, agreements) -> dict:
        parent = f"item:{key}"
        rows = [*agreements, (str(uuid.uuid4()), None)]
        return {
            "item": item,
            "row": key,
            "anchor": f"punkt-{key}",
            "number": number,
            "is_done": bool(item.answer or item.decision or item.discussion),
            "agreements": [self._agreement(row, agreement, parent) for row, agreement in rows],
            "agreement_template": self._agreement(NEW_AGREEMENT, None, parent),
            **self._fields("item", key, item if item.pk else None),
        }

    def _new_item(self, key) -> dict:
        item = AgendaItem(meeting=self.desk.meeting, raised_at_meeting=True)
        number = self.desk.meeting.first_number + len(self.desk.items)
        return self._item(key, number, item, []) | {"agreements": []}

    def _agreement(self, key, agreement, parent) -> dict:
        return {"row": key, "is_new": agreement is None, **self._fields("agreement", key, agreement, parent)}


def _fields_of(entry: dict) -> Iterator[dict]:
    """Yield the fields of an item and of its agreements."""
    for row in (entry, *entry["agreements"]):
        yield from (value for value in row.values() if isinstance(value, dict) and "clashes" in value)


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
