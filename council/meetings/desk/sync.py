"""JSON endpoint to which the desk's script saves."""

import json
import re
import uuid

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse
from django.http.request import RawPostDataException
from django.middleware.csrf import get_token
from django.utils import timezone

from council.models import DeskPresence
from udsat.lib.danish import clock
from udsat.models import batch_reindexing

from .edits import ClashDecision, DeskWriter, FieldEdit
from .fields import is_uuid
from .state import MeetingDesk, version_of

MAX_EDITS = 1000  # in one request
HASH, KEY, ROW = r"[0-9a-f]{0,20}", r"[a-z_0-9:.-]{0,120}", r"[a-z0-9:-]{0,60}"


class MalformedRequest(Exception):
    """The body does not have the form that the desk's script sends."""


def sync(admin, request, meeting):
    """GET returns the user and a CSRF token. POST applies edits and returns the results and the state of the desk."""
    if request.method != "POST":
        return _private({"user": request.user.pk, "csrf": get_token(request)})
    try:
        sent = _parse(request)
    except RequestDataTooBig:
        return _private({"problem": "Det er for meget på én gang."}, 413)
    except MalformedRequest as error:
        return _private({"problem": f"Portalen kunne ikke læse det, browseren sendte: {error}."}, 400)
    if sent["user"] != request.user.pk:
        return _private({"problem": "En anden er logget ind i denne browser.", "user": request.user.pk}, 409)
    has_changes = bool(sent["edits"] or sent["decisions"])
    with batch_reindexing():
        desk = (DeskWriter if has_changes else MeetingDesk)(meeting, request.user)
        results = desk.apply(sent["edits"], sent["decisions"]) if has_changes else []
        _update_presence(desk, sent)
        state = desk.as_json()
        present = others_present(desk.meeting, request.user, sent["client"])
    content = {
        "results": [result.as_json() for result in results],
        "present": present,
        "version": version_of(state),
        "time": clock(timezone.now()),
    }
    if has_changes or content["version"] != sent["version"]:
        content["state"] = state
    return _private(content)


def _private(content, status=200):
    return JsonResponse(content, status=status, headers={"Cache-Control": "no-store, private"})


def _parse(request) -> dict:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError, RawPostDataException) as error:
        raise MalformedRequest("det er ikke JSON") from error
    if not isinstance(body, dict):
        raise MalformedRequest("det er ikke et objekt")
    if type(body.get("user")) is not int:
        raise MalformedRequest("»user« er forkert")
    return {
        "user": body["user"],
        "client": _uuid(body, "client"),
        "row": _text(body, "row", ROW, ""),
        "version": _text(body, "version", HASH, ""),
        "leaves": body.get("leaves") is True,
        "edits": [
            FieldEdit(
                id=_uuid(edit, "id"),
                field=_text(edit, "field", KEY),
                base=_text(edit, "base", HASH),
                value=_text(edit, "value"),
                clash=_text(edit, "clash", KEY, ""),
                parent=_text(edit, "parent", KEY, ""),
                is_suggestion=edit.get("suggested") is True,
            )
            for edit in _objects(body, "edits")
        ],
        "decisions": [
            ClashDecision(
                id=_uuid(decision, "id"),
                clash=_text(decision, "clash", KEY),
                choice=_text(decision, "choice", KEY),
                base=_text(decision, "base", HASH),
                seen=_text(decision, "seen", HASH),
            )
            for decision in _objects(body, "decisions")
        ],
    }


def _text(source, name, pattern=r".*", default=None):
    value = source.get(name, default)
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
        raise MalformedRequest(f"»{name}« er forkert")
    return value


def _uuid(source, name):
    value = _text(source, name)
    if not is_uuid(value):
        raise MalformedRequest(f"»{name}« er ikke et UUID")
    return uuid.UUID(value)


def _objects(source, name):
    value = source.get(name, [])
    if not isinstance(value, list) or len(value) > MAX_EDITS or not all(isinstance(it, dict) for it in value):
        raise MalformedRequest(f"»{name}« er forkert")
    return value


def _update_presence(desk, sent):
    own = DeskPresence.objects.filter(meeting=desk.meeting, client=sent["client"])
    if sent["leaves"]:
        own.delete()
        return
    values = {"user": desk.user, "row": sent["row"], "seen_at": timezone.now()}
    if not own.update(**values):
        DeskPresence.objects.get_or_create(meeting=desk.meeting, client=sent["client"], defaults=values)


def others_present(meeting, user, client=None) -> list[dict]:
    """Return name and current row of the other users at the desk; two windows of one user at one row count once."""
    since = timezone.now() - DeskPresence.LEFT_AFTER
    others = meeting.desk_presences.filter(seen_at__gte=since).exclude(client=client).select_related("user")
    names = [("du selv i et andet vindue" if it.user == user else str(it.user), it.row) for it in others]
    return [{"name": name, "row": row} for name, row in dict.fromkeys(names)]
