"""A meeting at its desk: its rows and fields, who may write in them, and all of it as JSON."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from council.meetings.invitations.answers import expected_attendance
from council.models import AgendaItem, Agreement, Attendance, DeskClash, DeskRow, Meeting, Membership, Minutes
from council.rights import locked_item_fields, may_write_items
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import clock, genitive
from udsat.lib.richtext import link_addresses, plain_text
from udsat.models import Revision

from .fields import FIELD_NAMES, HEAD, DeskField, fingerprint, is_uuid


@dataclass
class DeskItem:
    item: AgendaItem
    row: str
    number: int
    agreements: list[tuple[str, Agreement]]


class MeetingDesk:
    def __init__(self, meeting: Meeting, user, *, is_locked: bool = False):
        """With `is_locked`, lock the meeting and its minutes until the surrounding transaction ends."""
        if is_locked:
            locked = Meeting.objects.select_for_update(of=("self",))
            meeting = locked.select_related("council__municipality").get(pk=meeting.pk)
        self.meeting, self.user, self.is_locked = meeting, user, is_locked

    # Rows

    @cached_property
    def minutes(self) -> Minutes | None:
        minutes = Minutes.objects.filter(meeting=self.meeting)
        return (minutes.select_for_update(of=("self",)) if self.is_locked else minutes).first()

    @cached_property
    def _desk_rows(self) -> dict[str, DeskRow]:
        return {str(row.key): row for row in self.meeting.desk_rows.select_related("item", "agreement")}

    @cached_property
    def items(self) -> list[DeskItem]:
        item_keys = {row.item_id: key for key, row in self._desk_rows.items()}
        agreement_keys = {row.agreement_id: key for key, row in self._desk_rows.items()}
        desk_items = []
        items = self.meeting.items.prefetch_related("agreements", "attachments")
        for number, item in enumerate(items, self.meeting.first_number):
            item.meeting = self.meeting
            agreements = []
            for agreement in item.agreements.all():
                agreement.item = item
                agreements.append((agreement_keys.get(agreement.pk, str(agreement.pk)), agreement))
            desk_items.append(DeskItem(item, item_keys.get(item.pk, str(item.pk)), number, agreements))
        return desk_items

    @cached_property
    def attendances(self) -> dict[int, Attendance]:
        return {attendance.member_id: attendance for attendance in self.meeting.attendances.all()}

    @cached_property
    def memberships(self) -> list[Membership]:
        """Return the occupied seats on the day of the meeting and those with recorded attendance."""
        seats = self.meeting.council.memberships.select_related("person", "council__municipality")
        on_the_day = {seat.pk for seat in seats.on(self.meeting.date)}
        return [seat for seat in seats if seat.pk in self.attendances or (seat.pk in on_the_day and not seat.is_vacant)]

    @cached_property
    def members(self) -> dict[str, str]:
        """Return names by primary key as a string: the choices of fields for a member."""
        return {str(seat.pk): str(seat) for seat in self.memberships}

    @cached_property
    def suggestions(self) -> dict[str, str]:
        """Return values by field key for unrecorded attendance, from the replies to the invitation."""
        values = {}
        for expected in expected_attendance(self.meeting, self.memberships):
            pk = expected.member.pk
            if expected.status and pk not in self.attendances:
                values[f"attendance:{pk}:status"] = str(expected.status)
                if expected.substitute_for and expected.status == Attendance.Status.PRESENT:
                    values[f"attendance:{pk}:substitute_for"] = str(expected.substitute_for.pk)
        return values

    @cached_property
    def clashes(self) -> list[DeskClash]:
        return list(self.meeting.desk_clashes.filter(resolved_at=None))

    # Fields

    def fields(self) -> Iterator[tuple[DeskField, object]]:
        """Yield every field with its row, or None before the row exists, in reading order."""
        rows = [("minutes", HEAD, self.minutes)]
        rows += [("attendance", str(seat.pk), self.attendances.get(seat.pk)) for seat in self.memberships]
        for desk_item in self.items:
            rows.append(("item", desk_item.row, desk_item.item))
            rows += [("agreement", row, agreement) for row, agreement in desk_item.agreements]
        for section, key, row in rows:
            for name in FIELD_NAMES[section]:
                yield DeskField(section, key, name), row

    def row_of(self, field: DeskField):
        """Return the saved row of a field, or None. Raise LookupError if it was removed or is another meeting's."""
        if field.section == "minutes":
            return self.minutes
        if field.section == "attendance":
            if field.row not in self.members:
                raise LookupError
            return self.attendances.get(int(field.row))
        if field.section == "agreement":
            rows = {row: agreement for desk_item in self.items for row, agreement in desk_item.agreements}
        else:
            rows = {desk_item.row: desk_item.item for desk_item in self.items}
        return rows.get(field.row) if is_uuid(field.row) else rows[field.row]

    def saved_value(self, field: DeskField) -> tuple[object, str, bool]:
        """Return the row of a field, its saved value, and whether the row was removed."""
        try:
            row = self.row_of(field)
        except LookupError:
            return None, "", True
        # The item of a removed agreement is unknown, so the agreement cannot be created again.
        return row, field.read(row), row is None and field.section == "agreement"

    def label_of(self, field: DeskField) -> str:
        """Return the label of a field with its item or member, for use outside the item."""
        if field.section == "minutes":
            return field.label
        if field.section == "attendance":
            return f"{self.members.get(field.row, 'Fremmøde')}: {field.label}"
        for desk_item in self.items:
            title = f"Punkt {desk_item.number}. {desk_item.item.heading}"
            if field.section == "item" and desk_item.row == field.row:
                return f"{title}: {field.label}"
            if any(row == field.row for row, _ in desk_item.agreements):
                return f"{title}: aftale, {field.label.lower()}"
        return f"{'Et punkt' if field.section == 'item' else 'En aftale'}, der er fjernet: {field.label}"

    def warning_of(self, field: DeskField, row, value: str) -> str:
        """Return a warning about a CPR number in a text that can become public."""
        if not value or not field.is_text or field.name in getattr(row, "private_fields", ()):
            return ""
        if field.section == "item" and row.is_closed or field.section == "agreement" and row.item.is_closed:
            return ""
        texts = (plain_text(value), *link_addresses(value)) if field.kind == "rich" else (value,)
        for text in texts:
            for finding in find_cpr(text):
                return f"Her står noget, der ligner et CPR-nummer ({finding.masked}). Det må ikke blive offentligt."
        return ""

    # Permissions

    @cached_property
    def closed(self) -> str:
        """Why the desk is read-only: "scheduled" or "public" minutes; empty if it is open."""
        if self.minutes is None or not self.minutes.is_live:
            return ""
        return "scheduled" if self.minutes.is_scheduled else "public"

    @cached_property
    def _read_only_item_fields(self) -> list[str]:
        return locked_item_fields(self.user, self.meeting, FIELD_NAMES["item"])

    @cached_property
    def is_writable(self) -> bool:
        return not self.closed and may_write_items(self.user, self.meeting)

    def may_write(self, field: DeskField, row) -> bool:
        if field.section != "item" or not self.is_writable:
            return self.is_writable
        if field.name == "title":
            # Titles of the agenda are edited there; items raised at the meeting are on no agenda.
            return row is None or row.raised_at_meeting
        return field.name not in self._read_only_item_fields

    # JSON

    @property
    def quorum(self) -> str:
        """Return how many seats are filled, and whether the council is quorate, in Danish."""
        if not self.attendances:
            # Suggested attendance does not count.
            return "Fremmødet er ikke gemt endnu."
        seats = {seat.pk for seat in self.memberships if seat.is_voting}
        present = {pk: a for pk, a in self.attendances.items() if a.status == Attendance.Status.PRESENT}
        filled = (seats & present.keys()) | {
            a.substitute_for_id for a in present.values() if a.substitute_for_id in seats
        }
        count = f"{len(filled)} af {len(seats)} medlemmer er til stede."
        needed = self.meeting.council.quorum_needed(len(seats))
        if not needed or not seats:
            return count
        outcome = "Rådet er beslutningsdygtigt" if len(filled) >= needed else "Rådet er ikke beslutningsdygtigt"
        return f"{count} {outcome}. Det er det, {self.meeting.council.get_quorum_display().lower()}."

    def clash_as_json(self, clash: DeskClash) -> dict:
        field = DeskField.from_key(clash.field)
        row, saved, is_removed = self.saved_value(field)
        is_mine, at = clash.by_id == self.user.pk, clock(clash.at)
        saved_by, saved_is_mine = self._saved_by(field, row)
        can_use = not is_removed and not self.closed and clash.reason != DeskClash.Reason.REFUSED
        return {
            "key": str(clash.key),
            "field": clash.field,
            "label": clash.label,
            "reason": clash.reason,
            "reason_text": clash.get_reason_display(),
            "by": clash.by_name,
            "is_mine": is_mine,
            "at": at,
            "text_heading": f"Det skrev {'du' if is_mine else clash.by_name} kl. {at}",
            "saved_heading": _saved_heading(saved, saved_by, saved_is_mine),
            "use_label": _use_label(clash, is_mine, saved_is_mine, at),
            "keep_label": _keep_label(saved, saved_by, is_mine, saved_is_mine),
            "text": field.display(clash.text, self.members),
            "saved": field.display(saved, self.members),
            "base": fingerprint(saved),
            "seen": fingerprint(clash.text),
            "can_use": can_use,
            "can_join": field.is_text,
            "is_removed": is_removed,
        }

    def _saved_by(self, field: DeskField, row) -> tuple[str, bool]:
        """Return who saved the value of a field, or "" if unknown, and whether it is the user."""
        revision = Revision.objects.last_change_of(row, field.name) if row is not None and row.pk else None
        if revision is None:
            return "", False
        return revision.by_name, revision.by_id == self.user.pk

    def as_json(self) -> dict:
        """Return everything on the desk: fields as [value, fingerprint, warning if any], rows, clashes and quorum."""
        fields = {}
        for field, row in self.fields():
            value = field.read(row)
            fields[str(field)] = [value, fingerprint(value), *filter(None, [self.warning_of(field, row, value)])]
        rows = [
            {
                "row": f"item:{desk_item.row}",
                "number": desk_item.number,
                "title": desk_item.item.title,
                "agreements": [f"agreement:{row}" for row, _ in desk_item.agreements],
            }
            for desk_item in self.items
        ]
        return {
            "fields": fields,
            "rows": rows,
            "clashes": [self.clash_as_json(clash) for clash in self.clashes],
            "quorum": self.quorum,
            "closed": self.closed,
        }


def _saved_heading(saved: str, by: str, is_mine: bool) -> str:
    if not saved:
        return "Feltet er tomt nu"
    return "Det har du gemt" if is_mine else f"Det har {by} gemt" if by else "Det er gemt"


def _use_label(clash: DeskClash, is_mine: bool, saved_is_mine: bool, at: str) -> str:
    if is_mine:
        return f"Brug det, du skrev kl. {at}" if saved_is_mine else "Brug min tekst"
    return f"Brug {genitive(clash.by_name)} tekst"


def _keep_label(saved: str, by: str, is_mine: bool, saved_is_mine: bool) -> str:
    """Return the label of the button that keeps the saved text. It says whose text that is."""
    if not saved:
        return "Lad feltet være tomt"
    if saved_is_mine:
        return "Behold det, du har gemt" if is_mine else "Behold min tekst"
    return f"Behold {genitive(by)} tekst" if by else "Behold den tekst, der er gemt"


def version_of(state: dict) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:20]
