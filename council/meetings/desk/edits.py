"""A meeting as it lies on the desk: what stands in its fields, and what becomes of an edit.

The promise: a well-formed edit is either in its field afterwards, or kept beside it as a clash that everybody at the
desk sees until somebody decides. An edit that comes twice is known by its id and answered as the first time.
"""

import datetime
import hashlib
import json
import uuid
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from council.admin.items import ItemRules
from council.meetings.invitations.answers import expected_attendance
from council.models import (
    AgendaItem,
    Agreement,
    Attendance,
    DeskClash,
    DeskEdit,
    DeskPresence,
    DeskRow,
    Meeting,
    Membership,
    Minutes,
)
from udsat.admin.edit_conflict import increment_version
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import clock
from udsat.lib.richtext import link_addresses, plain_text

from .fields import HEAD, ROOMS, Field, Unknown, fingerprint, is_uuid

SAVED, CLASHED, REFUSED = "gemt", "sammenstoed", "afvist"
YIELDED = "veg"  # it held no words, so what another wrote in the field stays
CHANGED = "aendret"  # only of a decision about a clash: what it was about is no longer the same

Reason, Choice = DeskClash.Reason, DeskClash.Choice


@dataclass(frozen=True)
class Edit:
    """What one browser says of one field: the text, and the fingerprint of the one that it was based on."""

    id: uuid.UUID
    field: str
    base: str
    value: str
    clash: str = ""  # the clash this text already lies in
    under: str = ""  # of a row that is new: the row it belongs to
    is_suggestion: bool = False  # nobody typed it, so it gives way to what somebody did


@dataclass(frozen=True)
class Decision:
    """What is to become of a clash, by somebody who saw these two texts."""

    id: uuid.UUID
    clash: str
    choice: str
    base: str
    seen: str


@dataclass
class Answer:
    id: uuid.UUID
    outcome: str
    fingerprint: str = ""
    clash: str = ""
    message: str = ""

    def as_json(self) -> dict:
        return {
            "id": str(self.id), "outcome": self.outcome, "fingerprint": self.fingerprint, "clash": self.clash,
            "message": self.message,
        }  # fmt: skip


@dataclass
class ItemOnDesk:
    item: AgendaItem
    row: str
    number: int
    agreements: list[tuple[str, Agreement]]


class Desk:
    def __init__(self, meeting: Meeting, user, *, is_locked: bool = False):
        """Locked, inside a transaction, nobody else writes or publishes until it ends."""
        if is_locked:
            locked = Meeting.objects.select_for_update(of=("self",))
            meeting = locked.select_related("council__municipality").get(pk=meeting.pk)
        self.meeting, self.user, self.is_locked = meeting, user, is_locked

    # What is there

    @cached_property
    def minutes(self) -> Minutes | None:
        found = Minutes.objects.filter(meeting=self.meeting)
        return (found.select_for_update(of=("self",)) if self.is_locked else found).first()

    @cached_property
    def _begun_here(self) -> dict[str, DeskRow]:
        return {str(row.key): row for row in self.meeting.desk_rows.select_related("item", "agreement")}

    @cached_property
    def items(self) -> list[ItemOnDesk]:
        names = {("item", row.item_id): key for key, row in self._begun_here.items() if row.item_id}
        names |= {("agreement", row.agreement_id): key for key, row in self._begun_here.items() if row.agreement_id}
        found = self.meeting.items.prefetch_related("agreements", "attachments")
        on_desk = []
        for number, item in enumerate(found, self.meeting.first_number):
            item.meeting = self.meeting
            for agreement in item.agreements.all():
                agreement.item = item
            of_item = [(names.get(("agreement", a.pk), str(a.pk)), a) for a in item.agreements.all()]
            on_desk.append(ItemOnDesk(item, names.get(("item", item.pk), str(item.pk)), number, of_item))
        return on_desk

    @cached_property
    def attendances(self) -> dict[int, Attendance]:
        return {attendance.member_id: attendance for attendance in self.meeting.attendances.all()}

    @cached_property
    def memberships(self) -> list[Membership]:
        """Whose attendance is noted: the seats of that day, and whoever is noted already."""
        seats = self.meeting.council.memberships.select_related("person", "council__municipality")
        on_the_day = {seat.pk for seat in seats.on(self.meeting.date)}
        return [seat for seat in seats if seat.pk in self.attendances or (seat.pk in on_the_day and not seat.is_vacant)]

    @cached_property
    def members(self) -> dict[str, str]:
        """By number as a string, the names of those who can stand in for another or take on an agreement."""
        return {str(seat.pk): str(seat) for seat in self.memberships}

    @cached_property
    def expected(self) -> dict[str, str]:
        """Attendance by the answers to the invitation, field by field, for those nobody has noted yet."""
        fields = {}
        for one in expected_attendance(self.meeting, self.memberships):
            if one.status and one.member.pk not in self.attendances:
                fields[f"medlem:{one.member.pk}:status"] = str(one.status)
                if one.substitute_for and one.status == Attendance.Status.PRESENT:
                    fields[f"medlem:{one.member.pk}:substitute_for"] = str(one.substitute_for.pk)
        return fields

    @cached_property
    def clashes(self) -> list[DeskClash]:
        return list(self.meeting.desk_clashes.filter(resolved_at=None))

    def fields(self):
        """Every field with the row it stands in (None before there is one), in reading order."""
        for name in ROOMS["moede"][1]:
            yield Field("moede", HEAD, name), self.minutes
        for seat in self.memberships:
            for name in ROOMS["medlem"][1]:
                yield Field("medlem", str(seat.pk), name), self.attendances.get(seat.pk)
        for on_desk in self.items:
            for name in ROOMS["punkt"][1]:
                yield Field("punkt", on_desk.row, name), on_desk.item
            for row, agreement in on_desk.agreements:
                for name in ROOMS["aftale"][1]:
                    yield Field("aftale", row, name), agreement

    def row_of(self, field: Field):
        """The saved row of a field, or None; LookupError if its row was removed or is another meeting's."""
        if field.room == "moede":
            return self.minutes
        if field.room == "medlem":
            if field.row not in self.members:
                raise LookupError
            return self.attendances.get(int(field.row))
        rows = {on_desk.row: on_desk.item for on_desk in self.items}
        if field.room == "aftale":
            rows = {row: agreement for on_desk in self.items for row, agreement in on_desk.agreements}
        if is_uuid(field.row):
            return rows.get(field.row)
        return rows[field.row]

    def _found(self, field: Field) -> tuple:
        """The row of a field, what stands in it, and whether there is nothing to write in any more."""
        try:
            row = self.row_of(field)
        except LookupError:
            return None, "", True
        # An agreement that is gone no longer says which item it was made under.
        return row, field.read(row), row is None and field.room == "aftale"

    def label_of(self, field: Field) -> str:
        """What a field is called where it does not stand."""
        if field.room == "moede":
            return field.label
        if field.room == "medlem":
            return f"{self.members.get(field.row, 'Fremmøde')}: {field.label}"
        for on_desk in self.items:
            title = f"Punkt {on_desk.number}. {on_desk.item.title}"
            if field.room == "punkt" and on_desk.row == field.row:
                return f"{title}: {field.label}"
            if any(row == field.row for row, _ in on_desk.agreements):
                return f"{title}: aftale, {field.label.lower()}"
        return f"{'Et punkt' if field.room == 'punkt' else 'En aftale'}, der er fjernet: {field.label}"

    def warning_of(self, field: Field, row, value: str) -> str:
        """That something looks like a CPR number, where it could become public."""
        if not value or not field.is_text or field.name in getattr(row, "private_fields", ()):
            return ""
        if field.room == "punkt" and row.is_closed or field.room == "aftale" and row.item.is_closed:
            return ""
        texts = (plain_text(value), *link_addresses(value)) if field.kind == "rich" else (value,)
        found = next((found for text in texts for found in find_cpr(text)), None)
        return (
            f"Her står noget, der ligner et CPR-nummer ({found.masked}). Det må ikke blive offentligt." if found else ""
        )

    # Who may write

    @cached_property
    def closed(self) -> str:
        """Why nothing can be written at the desk; empty when it can."""
        minutes = self.minutes
        if minutes is not None and minutes.is_live:
            return "planlagt" if minutes.is_scheduled else "offentligt"
        return ""

    @cached_property
    def _barred(self) -> frozenset[str]:
        """The fields of an item that are not hers to write: those of a public agenda."""
        return frozenset(ItemRules.read_only(self.user, self.meeting, ROOMS["punkt"][1]))

    @cached_property
    def is_hers(self) -> bool:
        return not self.closed and ItemRules.may_write(self.user, self.meeting)

    def may_write(self, field: Field, row) -> bool:
        if field.room != "punkt" or not self.is_hers:
            return self.is_hers
        # The agenda's own titles are the agenda's. What is raised at the meeting stands on no agenda.
        if field.name == "title":
            return row is None or row.raised_at_meeting
        return field.name not in self._barred

    # Edits

    def apply(self, edits: list[Edit], decisions: list[Decision] = ()) -> list[Answer]:
        """Take them one by one; call it inside a transaction with the meeting locked."""
        came_before = {
            known.edit: Answer(
                known.edit, known.outcome, known.fingerprint, str(known.clash.key) if known.clash else ""
            )
            for known in DeskEdit.objects.filter(
                meeting=self.meeting, edit__in=[it.id for it in (*edits, *decisions)]
            ).select_related("clash")
        }
        self._saved = False
        answers = []
        for one in (*edits, *decisions):
            if one.id not in came_before:
                answer = self._decide(one) if isinstance(one, Decision) else self._take(one)
                if answer.outcome in (SAVED, CLASHED, YIELDED):
                    came_before[one.id] = answer
                    DeskEdit.objects.create(
                        meeting=self.meeting, edit=one.id, outcome=answer.outcome, fingerprint=answer.fingerprint,
                        clash=next((c for c in self.clashes if str(c.key) == answer.clash), None),
                    )  # fmt: skip
                else:
                    answers.append(answer)
                    continue
            answers.append(came_before[one.id])
        if self._saved:
            # A form of the back office that was opened before must not overwrite what was written here.
            increment_version(self.meeting)
        return answers

    def _take(self, edit: Edit) -> Answer:
        try:
            field = Field.named(edit.field)
        except Unknown:
            return Answer(edit.id, REFUSED, message="Feltet findes ikke.")
        value, problem = field.clean(edit.value, self.members)
        if problem and not (field.is_text or field.kind == "day"):
            return Answer(edit.id, REFUSED, message=problem)
        try:
            row = self.row_of(field)
            if row is None and field.room in ("punkt", "aftale"):
                self._item_for(field, edit.under)
        except LookupError:
            if not value or field.room == "medlem":
                return Answer(edit.id, REFUSED, message="Det, feltet hørte til, er fjernet.")
            return self._keep(edit, field, value, "", Reason.GONE)
        saved = field.read(row)
        if value == saved:
            return Answer(edit.id, SAVED, fingerprint(saved))
        mine = next((c for c in self.clashes if str(c.key) == edit.clash and c.field == str(field)), None)
        # A text whose clash somebody has decided about was never based on what stands in the field.
        is_based = edit.base == fingerprint(saved) and (mine is not None or not edit.clash)
        fits = not problem and is_based and self.may_write(field, row)
        if mine is not None and not (fits and mine.reason == Reason.REFUSED):
            mine.text, mine.at = value, timezone.now()
            mine.save(update_fields=["text", "at"])
            return Answer(edit.id, CLASHED, fingerprint(saved), str(mine.key), problem)
        if edit.is_suggestion and not fits:
            return Answer(edit.id, YIELDED, fingerprint(saved))
        if problem:
            return self._keep(edit, field, value, saved, Reason.REFUSED, problem)
        if not is_based:
            return self._keep(edit, field, value, saved, Reason.MEANWHILE)
        if not self.may_write(field, row):
            return self._keep(edit, field, value, saved, Reason.CLOSED)
        try:
            self._write(field, row, value, edit.under)
        except ValidationError as error:
            return self._keep(edit, field, value, saved, Reason.REFUSED, " ".join(error.messages))
        if mine is not None:
            self._resolve(mine, Choice.TEXT, saved)
        return Answer(edit.id, SAVED, fingerprint(value))

    def _keep(self, edit, field, value, saved, reason, message="") -> Answer:
        """Put the text beside the field, once."""
        if not value:
            return Answer(edit.id, YIELDED, fingerprint(saved))
        clash = next((c for c in self.clashes if c.field == str(field) and c.text == value), None)
        if clash is None:
            clash = DeskClash.objects.create(
                meeting=self.meeting, field=str(field), label=self.label_of(field)[:400], reason=reason, text=value,
                by=self.user, by_name=str(self.user),
            )  # fmt: skip
            self.clashes.append(clash)
        return Answer(edit.id, CLASHED, fingerprint(saved), str(clash.key), message)

    def _decide(self, decision: Decision) -> Answer:
        clash = next((c for c in self.clashes if str(c.key) == decision.clash), None)
        if clash is None:
            if not is_uuid(decision.clash) or not self.meeting.desk_clashes.filter(key=decision.clash).exists():
                return Answer(decision.id, REFUSED, message="Det findes ikke mere.")
            return Answer(decision.id, SAVED)  # somebody has decided already
        if decision.choice not in Choice.values:
            return Answer(decision.id, REFUSED, message="Vælg, hvad der skal stå.")
        field = Field.named(clash.field)
        row, saved, is_gone = self._found(field)
        if decision.base != fingerprint(saved) or decision.seen != fingerprint(clash.text):
            return Answer(
                decision.id, CHANGED, message="Teksten er ændret, mens du valgte. Læs den igen, og vælg så på ny."
            )
        if decision.choice != Choice.FIELD:
            wanted = clash.text if decision.choice == Choice.TEXT else field.joined(saved, clash.text)
            value, problem = field.clean(wanted, self.members)
            if is_gone:
                problem = "Det, feltet hørte til, er fjernet. Kopiér teksten til et andet felt."
            elif not self.may_write(field, row):
                problem = "Feltet kan ikke ændres her."
            if problem:
                return Answer(decision.id, REFUSED, message=problem)
            try:
                if value != saved:
                    self._write(field, row, value, "")
            except ValidationError as error:
                return Answer(decision.id, REFUSED, message=" ".join(error.messages))
        self._resolve(clash, decision.choice, saved)
        return Answer(decision.id, SAVED)

    def _resolve(self, clash: DeskClash, choice: str, saved: str) -> None:
        clash.resolved_at, clash.resolved_by, clash.choice, clash.field_text = timezone.now(), self.user, choice, saved
        clash.save(update_fields=["resolved_at", "resolved_by", "choice", "field_text"])
        self.clashes.remove(clash)

    # Saving

    @transaction.atomic
    def _write(self, field: Field, row, value: str, under: str) -> None:
        if row is None:
            row = self._make(field, value, under)
        field.put(row, value)
        if field.room == "medlem":
            row.clean()
        if row.pk is None:
            row.save()
        elif field.room == "aftale" and not any(Field("aftale", "1", name).read(row) for name in ROOMS["aftale"][1]):
            # Emptied of all it said, an agreement is none.
            row.delete()
        else:
            row.save(update_fields=[field.name])
        self._saved = True
        self._remember(field, row)

    def _make(self, field: Field, value: str, under: str):
        """The row that the first text of its fields brings about; not saved."""
        if field.room == "moede":
            return Minutes(meeting=self.meeting)
        if field.room == "medlem":
            return Attendance(meeting=self.meeting, member_id=int(field.row))
        last = max((on_desk.item.position for on_desk in self.items), default=0)
        if field.room == "punkt":
            made = AgendaItem(meeting=self.meeting, position=last + 1, raised_at_meeting=True)
            Field("punkt", field.row, "title").put(made, "")
        else:
            item = self._item_for(field, under)
            made = Agreement(item=item, position=len(item.agreements.all()) + 1)
            Field("aftale", field.row, "text").put(made, "")
        return made

    def _item_for(self, field: Field, under: str) -> AgendaItem | None:
        """The item of a row that is not there (yet); LookupError when it has none."""
        if field.room == "punkt":
            return None
        return {on_desk.row: on_desk.item for on_desk in self.items}[under.removeprefix("punkt:")]

    def _remember(self, field: Field, row) -> None:
        """Let the next edit of the same request find what this one made or removed."""
        if is_uuid(field.row) and row.pk:
            name = "item" if field.room == "punkt" else "agreement"
            known = self._begun_here.get(field.row)
            if known is None or getattr(known, f"{name}_id") != row.pk:
                DeskRow.objects.update_or_create(meeting=self.meeting, key=field.row, defaults={name: row})
        for name in ("_begun_here", "items", "attendances", "minutes"):
            if name in self.__dict__:
                del self.__dict__[name]

    # What the browsers are told

    @property
    def quorum(self) -> str:
        """How many seats are filled, and whether that is enough to decide."""
        if not self.attendances:
            # Ticks that only stand there as suggestions are nobody's word that the council can decide, or cannot.
            return "Fremmødet er ikke gemt endnu."
        seats = {seat.pk for seat in self.memberships if seat.is_voting}
        here = {pk: a for pk, a in self.attendances.items() if a.status == Attendance.Status.PRESENT}
        filled = (seats & here.keys()) | {a.substitute_for_id for a in here.values() if a.substitute_for_id in seats}
        count = f"{len(filled)} af {len(seats)} medlemmer er til stede."
        needed = self.meeting.council.quorum_needed(len(seats))
        if not needed or not seats:
            return count
        enough = len(filled) >= needed
        said = "Rådet er beslutningsdygtigt" if enough else "Rådet er ikke beslutningsdygtigt"
        return f"{count} {said}. Det er det, {self.meeting.council.get_quorum_display().lower()}."

    def clash_as_json(self, clash: DeskClash) -> dict:
        field = Field.named(clash.field)
        _, saved, is_gone = self._found(field)
        return {
            "key": str(clash.key), "field": clash.field, "label": clash.label, "reason": clash.reason,
            "said": clash.get_reason_display(), "by": clash.by_name, "is_mine": clash.by_id == self.user.pk,
            "at": clock(clash.at), "text": field.shown(clash.text, self.members),
            "saved": field.shown(saved, self.members), "base": fingerprint(saved), "seen": fingerprint(clash.text),
            "can_use": not is_gone and not self.closed and clash.reason != Reason.REFUSED, "can_join": field.is_text,
            "is_gone": is_gone,
        }  # fmt: skip

    def state(self) -> dict:
        """All that is on the desk, for a browser that has something else."""
        fields = {}
        for field, row in self.fields():
            value = field.read(row)
            fields[str(field)] = [value, fingerprint(value), *filter(None, [self.warning_of(field, row, value)])]
        return {
            "fields": fields,
            "rows": [
                {
                    "row": f"punkt:{on_desk.row}", "number": on_desk.number, "title": on_desk.item.title,
                    "agreements": [f"aftale:{row}" for row, _ in on_desk.agreements],
                }
                for on_desk in self.items
            ],
            "clashes": [self.clash_as_json(clash) for clash in self.clashes],
            "quorum": self.quorum,
            "closed": self.closed,
        }  # fmt: skip


def stamp_of(state: dict) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:20]


def forget(now) -> int:
    """Let go of what the desk no longer needs: edits of long ago, desks that are closed, clashes that are decided."""
    month, year = now - datetime.timedelta(days=60), now - datetime.timedelta(days=365)
    counts = [
        DeskEdit.objects.filter(at__lt=month).delete()[0],
        DeskPresence.objects.filter(seen_at__lt=now - datetime.timedelta(days=1)).delete()[0],
        DeskClash.objects.filter(resolved_at__lt=year).delete()[0],
    ]
    return sum(counts)
