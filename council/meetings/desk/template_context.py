"""Template context of the meeting desk: fields, items and seats."""

import uuid

from council.models import AgendaItem, Membership
from udsat.lib.richtext import RichTextWidget

from .fields import FIELD_NAMES, HEAD, DeskField, fingerprint
from .state import MeetingDesk

# Rows of the HTML templates that the script copies.
NEW_ITEM, NEW_AGREEMENT = "NEW-ITEM", "NEW-AGREEMENT"


class DeskTemplateContext:
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
            "item_template": self._new_item(NEW_ITEM),
        }
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
