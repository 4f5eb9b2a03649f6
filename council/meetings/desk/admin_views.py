"""The desk's page, which works as an ordinary form, and the address that its script saves to."""

import json
import re
import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import transaction
from django.http import HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from council.meetings.meeting_page import MeetingPage
from council.models import AgendaItem, DeskClash, DeskPresence, Membership, Minutes
from udsat.lib import roles
from udsat.lib.danish import clock
from udsat.lib.richtext import RichTextWidget
from udsat.models import batch_reindexing

from .edits import CHANGED, CLASHED, REFUSED, SAVED, YIELDED, Decision, Desk, Edit, stamp_of
from .fields import EMPTY, HEAD, ROOMS, Field, Unknown, fingerprint, is_uuid

MAX_EDITS = 1000
FIELD, BASE, UNDER = "f~", "b~", "u~"


class Malformed(Exception):
    """What was sent is not what our own script sends."""


# The address that the script saves to


def sync(admin, request, meeting):
    """A GET tells a browser where it is: whose log-in, and the token of it. A POST brings edits and tells the rest."""
    if request.method != "POST":
        return _private({"user": request.user.pk, "csrf": get_token(request)})
    try:
        sent = _read(request)
    except RequestDataTooBig:
        return _private({"problem": "Det er for meget på én gang."}, 413)
    except Malformed as error:
        return _private({"problem": f"Anmodningen kunne ikke læses: {error}."}, 400)
    if sent["user"] != request.user.pk:
        return _private({"problem": "En anden er logget ind i denne browser.", "user": request.user.pk}, 409)
    with batch_reindexing():
        changes = bool(sent["edits"] or sent["decisions"])
        desk = Desk(meeting, request.user, is_locked=changes)
        answers = desk.apply(sent["edits"], sent["decisions"]) if changes else []
        _be_there(desk, sent)
        state = desk.state()
        present = _present(desk.meeting, request.user, sent["client"])
    stamp = stamp_of(state)
    now = timezone.now()
    told = {"answers": [answer.as_json() for answer in answers], "present": present, "stamp": stamp, "time": clock(now)}
    is_known = stamp == sent["stamp"] and not changes
    return _private(told if is_known else {**told, "state": state})


def _private(content, status=200):
    response = JsonResponse(content, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


def _read(request) -> dict:
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Malformed("det er ikke JSON") from error
    if not isinstance(sent, dict):
        raise Malformed("det er ikke et objekt")

    def text(source, name, pattern=r".*", default=None):
        value = source.get(name, default)
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise Malformed(f"»{name}« er forkert")
        return value

    def number(source, name):
        value = text(source, name)
        if not is_uuid(value):
            raise Malformed(f"»{name}« er ikke et UUID")
        return uuid.UUID(value)

    def rows(name):
        value = sent.get(name, [])
        if not isinstance(value, list) or len(value) > MAX_EDITS or not all(isinstance(row, dict) for row in value):
            raise Malformed(f"»{name}« er forkert")
        return value

    if type(sent.get("user")) is not int:
        raise Malformed("»user« er forkert")
    short, name = r"[0-9a-f]{0,20}", r"[a-z_0-9:.-]{0,120}"
    return {
        "user": sent["user"],
        "client": number(sent, "client"),
        "place": text(sent, "place", r"[a-z0-9:-]{0,60}", ""),
        "stamp": text(sent, "stamp", short, ""),
        "leaves": sent.get("leaves") is True,
        "edits": [
            Edit(
                id=number(row, "id"), field=text(row, "field", name), base=text(row, "base", short),
                value=text(row, "value"), clash=text(row, "clash", name, ""), under=text(row, "under", name, ""),
                is_suggestion=row.get("suggested") is True,
            )
            for row in rows("edits")
        ],
        "decisions": [
            Decision(
                id=number(row, "id"), clash=text(row, "clash", name), choice=text(row, "choice", name),
                base=text(row, "base", short), seen=text(row, "seen", short),
            )
            for row in rows("decisions")
        ],
    }  # fmt: skip


def _be_there(desk, sent):
    here = DeskPresence.objects.filter(meeting=desk.meeting, client=sent["client"])
    if sent["leaves"]:
        here.delete()
        return
    now = timezone.now()
    if not here.update(user=desk.user, place=sent["place"], seen_at=now):
        DeskPresence.objects.get_or_create(
            meeting=desk.meeting,
            client=sent["client"],
            defaults={"user": desk.user, "place": sent["place"], "seen_at": now},
        )


def _present(meeting, user, client=None) -> list[dict]:
    since = timezone.now() - DeskPresence.LEFT_AFTER
    others = meeting.desk_presences.filter(seen_at__gte=since).exclude(client=client).select_related("user")
    names = [("du selv i et andet vindue" if it.user == user else str(it.user), it.place) for it in others]
    return [{"name": name, "place": place} for name, place in dict.fromkeys(names)]  # two windows at one place: once


# The page


def desk(admin, request, meeting):
    if request.method == "POST":
        return _save(admin, request, meeting)
    desk = Desk(meeting, request.user)
    if desk.closed:
        return admin.page(
            request, desk.meeting, "desk_closed.html", title="Mødebord", desk=desk, minutes=desk.minutes,
            clashes=[desk.clash_as_json(clash) for clash in desk.clashes], form_id=uuid.uuid4(),
            may_publish=request.user.may(roles.PUBLISH, meeting.municipality),
            correct_url=_address("correct", meeting),
        )  # fmt: skip
    state = desk.state()
    clashes = {}
    for clash in state["clashes"]:
        clashes.setdefault(clash["field"], []).append(clash)
    builder = _Builder(desk, clashes)
    response = admin.page(
        request, desk.meeting, "desk.html",
        title="Mødebord",
        desk=desk,
        may_write=desk.is_hers,
        may_publish=request.user.may(roles.PUBLISH, meeting.municipality),
        head=[builder.field(Field("moede", HEAD, name), desk.minutes) for name in ROOMS["moede"][1]],
        seats=[builder.seat(seat) for seat in desk.memberships],
        substitutes=[seat for seat in desk.memberships if seat.is_voting],
        items=[builder.item(on_desk) for on_desk in desk.items],
        new_item=builder.new_item(str(uuid.uuid4())),
        pattern=builder.new_item("NY-PUNKT"),
        homeless=[clash for clash in state["clashes"] if clash["field"] not in builder.seen],
        quorum=desk.quorum,
        stamp=stamp_of(state),
        present=_present(meeting, request.user),
        form_id=uuid.uuid4(),
        empty=EMPTY,
        sync_url=admin.url("desk_sync", meeting),
        approval_url=_address("approval", meeting),
        is_written_approval=meeting.council.approval == meeting.council.ApprovalWay.WRITTEN,
        media=RichTextWidget().media,
    )  # fmt: skip
    # A page from the browser's own store would bring old texts with old fingerprints.
    response["Cache-Control"] = "no-store, private"
    return response


def _address(name, meeting) -> str:
    """Of another page about the meeting; empty where the portal has none."""
    try:
        return reverse(f"admin:council_meeting_{name}", args=[meeting.pk])
    except NoReverseMatch:
        return ""


class _Builder:
    """What the template shows, field by field."""

    def __init__(self, desk, clashes):
        self.desk, self.clashes, self.seen = desk, clashes, set()

    def field(self, field, row, under=""):
        value = field.read(row)
        key = str(field)
        self.seen.add(key)
        suggested = self.desk.expected.get(key, "") if row is None else ""
        return {
            "key": key,
            "name": field.name,
            "id": "d-" + key.replace(":", "-"),
            "label": field.label,
            "hint": field.model_field.help_text,
            "kind": field.kind,
            "value": suggested or (RichTextWidget().format_value(value) or "" if field.kind == "rich" else value),
            "is_suggested": bool(suggested),
            "base": fingerprint(value),
            "under": under,
            "max": field.model_field.max_length if field.kind == "line" else "",
            "may_write": self.desk.may_write(field, row),
            "warning": self.desk.warning_of(field, row, value),
            "clashes": self.clashes.get(key, []),
            "choices": self._choices(field),
        }

    def _choices(self, field):
        if field.kind == "member":
            mine = field.row if field.room == "medlem" else ""
            seats = [s for s in self.desk.memberships if str(s.pk) != mine]
            if field.room == "medlem":
                seats = [s for s in seats if s.is_voting]
            return [(str(seat.pk), str(seat)) for seat in seats]
        return list(field.model_field.choices or [])

    def seat(self, seat):
        row = self.desk.attendances.get(seat.pk)
        return {
            "seat": seat,
            "is_voting": seat.is_voting,
            "is_substitute": seat.role == Membership.Role.SUBSTITUTE
            or bool(row and row.substitute_for_id)
            or f"medlem:{seat.pk}:substitute_for" in self.desk.expected,
            **{name: self.field(Field("medlem", str(seat.pk), name), row) for name in ROOMS["medlem"][1]},
        }

    def item(self, on_desk):
        item = on_desk.item
        agreements = [self.agreement(row, agreement, f"punkt:{on_desk.row}") for row, agreement in on_desk.agreements]
        return {
            "item": item,
            "row": on_desk.row,
            "anchor": f"punkt-{on_desk.row}",
            "number": on_desk.number,
            "is_done": bool(item.answer or item.decision or item.discussion),
            "agreements": [*agreements, self.agreement(str(uuid.uuid4()), None, f"punkt:{on_desk.row}")],
            "pattern": self.agreement("NY-AFTALE", None, f"punkt:{on_desk.row}"),
            **{name: self.field(Field("punkt", on_desk.row, name), item) for name in ROOMS["punkt"][1]},
        }

    def new_item(self, row):
        return {
            "item": AgendaItem(meeting=self.desk.meeting, raised_at_meeting=True),
            "row": row,
            "anchor": f"punkt-{row}",
            "number": self.desk.meeting.first_number + len(self.desk.items),
            "is_done": False,
            "agreements": [],
            "pattern": self.agreement("NY-AFTALE", None, f"punkt:{row}"),
            **{name: self.field(Field("punkt", row, name), None) for name in ROOMS["punkt"][1]},
        }

    def agreement(self, row, agreement, under):
        return {
            "row": row,
            "is_new": agreement is None,
            **{name: self.field(Field("aftale", row, name), agreement, under) for name in ROOMS["aftale"][1]},
        }


# Saving without a script


def _save(admin, request, meeting):
    post = request.POST
    here = admin.url("desk", meeting)
    form = post.get("form", "")
    if not is_uuid(form):
        messages.error(request, "Siden var ikke hel. Indlæs den igen, og prøv på ny.")
        return HttpResponseRedirect(here)
    with batch_reindexing():
        desk = Desk(meeting, request.user, is_locked=True)
        edits = _typed(desk, post, uuid.UUID(form))
        decisions = _chosen(post, uuid.UUID(form))
        labels = {edit.id: edit.field for edit in edits}
        answers = desk.apply(edits, decisions)
    outcomes = {SAVED if answer.outcome == YIELDED else answer.outcome for answer in answers}
    for answer in answers:
        if answer.outcome == REFUSED or answer.outcome == CHANGED:
            try:
                label = f"{desk.label_of(Field.named(labels[answer.id]))}: " if answer.id in labels else ""
            except Unknown:
                label = ""
            messages.error(request, f"{label}{answer.message}")
    if CLASHED in outcomes:
        messages.warning(
            request,
            "Noget af det, du skrev, kunne ikke komme i sit felt. Begge tekster er gemt. Vælg, hvad der skal stå.",
        )
    elif SAVED in outcomes and not outcomes - {SAVED}:
        messages.success(request, f"Gemt kl. {clock(timezone.now())}.")
    goes_to = post.get("next", "")
    if outcomes <= {SAVED} and goes_to in ("godkendelse", "godkendt", "offentliggoer"):
        return _leave(admin, request, meeting, goes_to)
    anchor = post.get("go", "")
    return HttpResponseRedirect(f"{here}#{anchor}" if re.fullmatch(r"[a-z0-9-]{1,60}", anchor) else here)


def _typed(desk, post, form) -> list[Edit]:
    """What differs from the text that each field was opened with."""
    edits = []
    for name in post:
        if not name.startswith(FIELD):
            continue
        key, value = name.removeprefix(FIELD), post[name]
        base = post.get(f"{BASE}{key}", "")
        try:
            cleaned, _ = Field.named(key).clean(value, desk.members)
        except Unknown:
            continue
        if fingerprint(cleaned) != base:
            # The same form sent twice brings the same edits; sent again with another text, others.
            number = uuid.uuid5(form, f"{key}\0{cleaned}")
            edits.append(Edit(number, key, base, value, under=post.get(f"{UNDER}{key}", "")))
    # A row is begun by its heading, whatever order the fields came in.
    return sorted(edits, key=lambda edit: not edit.field.endswith((":title", ":text", ":status")))


def _chosen(post, form) -> list[Decision]:
    clash, _, choice = post.get("choose", "").partition(":")
    if not is_uuid(clash) or choice not in DeskClash.Choice.values:
        return []
    number = uuid.uuid5(form, f"choose\0{clash}\0{choice}")
    return [Decision(number, clash, choice, post.get(f"{BASE}clash:{clash}", ""), post.get(f"seen~{clash}", ""))]


def _leave(admin, request, meeting, goes_to):
    """The meeting is over: on to the approval by link, or past it to the gate."""
    if goes_to == "godkendelse" and (url := _address("approval", meeting)):
        return HttpResponseRedirect(url)
    if not request.user.may(roles.PUBLISH, meeting.municipality):
        raise PermissionDenied
    with transaction.atomic():
        minutes, _ = Minutes.objects.get_or_create(meeting=meeting)
        if goes_to == "godkendt" and not minutes.approved_on:
            minutes.approved_on, minutes.approved_how = meeting.date, "på mødet"
            minutes.save(update_fields=["approved_on", "approved_how"])
    return HttpResponseRedirect(admin.url("publish", minutes))


PAGES = [
    MeetingPage("bord/", "desk", desk, roles.EDIT, "Mødebord"),
    MeetingPage("bord/gem/", "desk_sync", sync, roles.EDIT),
]
