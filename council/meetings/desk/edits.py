"""Edits sent from the meeting desk, and decisions about clashes.

A valid edit is either saved in its field or kept beside it as a clash, which everybody at the desk sees until it is
resolved. An edit is identified by its id, so that sending it twice returns the first result.
"""

import copy
import datetime
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from council.models import AgendaItem, Agreement, Attendance, DeskClash, DeskEdit, DeskPresence, DeskRow, Minutes
from udsat.admin.edit_versions import increment_version
from udsat.models import Revision

from .fields import CREATED_AT_DESK, FIELD_NAMES, DeskField, UnknownField, fingerprint, is_uuid
from .state import MeetingDesk

# Outcomes of edits and decisions.
SAVED, CLASHED, REFUSED = "saved", "clashed", "refused"
SUPERSEDED = "superseded"  # an empty text or a suggestion that gave way to the saved value
OUTDATED = "outdated"  # a decision about texts that have changed since

Reason, Choice = DeskClash.Reason, DeskClash.Choice


@dataclass(frozen=True)
class FieldEdit:
    """A new value of a field, and the fingerprint of the value it is based on."""

    id: uuid.UUID
    field: str
    base: str
    value: str
    clash: str = ""  # the clash that already holds this text
    parent: str = ""  # the item of a new agreement
    is_suggestion: bool = False  # not typed; gives way to any saved value


@dataclass(frozen=True)
class ClashDecision:
    """A choice between the two texts of a clash, and the fingerprints of the texts that were shown."""

    id: uuid.UUID
    clash: str
    choice: str
    base: str
    seen: str


@dataclass
class EditResult:
    id: uuid.UUID
    outcome: str
    fingerprint: str = ""
    clash: str = ""
    message: str = ""

    def as_json(self) -> dict:
        return asdict(self) | {"id": str(self.id)}


class DeskWriter(MeetingDesk):
    """A locked meeting desk that edits are applied to, inside a transaction."""

    def __init__(self, meeting, user):
        super().__init__(meeting, user, is_locked=True)
        self._has_saved = False

    def apply(self, edits: Sequence[FieldEdit], decisions: Sequence[ClashDecision] = ()) -> list[EditResult]:
        sent = (*edits, *decisions)
        known = DeskEdit.objects.filter(meeting=self.meeting, edit__in=[it.id for it in sent]).select_related("clash")
        earlier = {
            it.edit: EditResult(it.edit, it.outcome, it.fingerprint, str(it.clash.key) if it.clash else "")
            for it in known
        }
        results = []
        for it in sent:
            result = earlier.get(it.id)
            if result is None:
                result = self._decide(it) if isinstance(it, ClashDecision) else self._edit(it)
                if result.outcome in (SAVED, CLASHED, SUPERSEDED):
                    earlier[it.id] = result
                    DeskEdit.objects.create(
                        meeting=self.meeting,
                        edit=it.id,
                        outcome=result.outcome,
                        fingerprint=result.fingerprint,
                        clash=self._open_clash(result.clash),
                    )
            results.append(result)
        if self._has_saved:
            # Forms of the back office that were opened before must not overwrite this.
            increment_version(self.meeting)
        return results

    def _open_clash(self, key: str) -> DeskClash | None:
        return next((clash for clash in self.clashes if str(clash.key) == key), None)

    def _edit(self, edit: FieldEdit) -> EditResult:
        try:
            field = DeskField.from_key(edit.field)
        except UnknownField:
            return EditResult(edit.id, REFUSED, message="Feltet findes ikke.")
        value, error = field.clean(edit.value, self.members)
        if error and not (field.is_text or field.kind == "day"):
            return EditResult(edit.id, REFUSED, message=error)
        try:
            row = self.row_of(field)
            if row is None and field.section == "agreement":
                self._item_of(edit.parent)
        except LookupError:
            if not value or field.section == "attendance":
                return EditResult(edit.id, REFUSED, message="Det, feltet hørte til, er fjernet.")
            return self._keep_as_clash(edit, field, value, "", Reason.REMOVED)
        saved = field.read(row)
        if value == saved:
            return EditResult(edit.id, SAVED, fingerprint(saved))
        clash = self._open_clash(edit.clash)
        if clash is not None and clash.field != str(field):
            clash = None
        # A text whose clash has been resolved is not based on the value in the field.
        is_based = edit.base == fingerprint(saved) and (clash is not None or not edit.clash)
        is_accepted = not error and is_based and self.may_write(field, row)
        if clash is not None and not (is_accepted and clash.reason == Reason.REFUSED):
            clash.text, clash.at = value, timezone.now()
            clash.save(update_fields=["text", "at"])
            return EditResult(edit.id, CLASHED, fingerprint(saved), str(clash.key), error)
        if edit.is_suggestion and not is_accepted:
            return EditResult(edit.id, SUPERSEDED, fingerprint(saved))
        if error:
            return self._keep_as_clash(edit, field, value, saved, Reason.REFUSED, error)
        if not is_based:
            return self._keep_as_clash(edit, field, value, saved, Reason.CHANGED)
        if not is_accepted:
            return self._keep_as_clash(edit, field, value, saved, Reason.CLOSED)
        try:
            self._write(field, row, value, edit.parent)
        except ValidationError as invalid:
            return self._keep_as_clash(edit, field, value, saved, Reason.REFUSED, " ".join(invalid.messages))
        if clash is not None:
            self._resolve(clash, Choice.TEXT, saved)
        return EditResult(edit.id, SAVED, fingerprint(value))

    def _keep_as_clash(self, edit, field, value, saved, reason, message="") -> EditResult:
        if not value:
            return EditResult(edit.id, SUPERSEDED, fingerprint(saved))
        clash = next((c for c in self.clashes if c.field == str(field) and c.text == value), None)
        if clash is None:
            clash = DeskClash.objects.create(
                meeting=self.meeting,
                field=str(field),
                label=self.label_of(field)[:400],
                reason=reason,
                text=value,
                by=self.user,
                by_name=str(self.user),
            )
            self.clashes.append(clash)
        return EditResult(edit.id, CLASHED, fingerprint(saved), str(clash.key), message)

    def _decide(self, decision: ClashDecision) -> EditResult:
        clash = self._open_clash(decision.clash)
        if clash is None:
            if not is_uuid(decision.clash) or not self.meeting.desk_clashes.filter(key=decision.clash).exists():
                return EditResult(decision.id, REFUSED, message="Det findes ikke mere.")
            return EditResult(decision.id, SAVED)  # already resolved
        if decision.choice not in Choice.values:
            return EditResult(decision.id, REFUSED, message="Vælg, hvad der skal stå.")
        field = DeskField.from_key(clash.field)
        row, saved, is_removed = self.saved_value(field)
        if decision.base != fingerprint(saved) or decision.seen != fingerprint(clash.text):
            return EditResult(
                decision.id, OUTDATED, message="Teksten er ændret, mens du valgte. Læs den igen, og vælg så på ny."
            )
        if decision.choice != Choice.FIELD:
            text = clash.text if decision.choice == Choice.TEXT else field.joined(saved, clash.text)
            value, error = field.clean(text, self.members)
            if is_removed:
                error = "Det, feltet hørte til, er fjernet. Kopiér teksten til et andet felt."
            elif not self.may_write(field, row):
                error = "Feltet kan ikke ændres her."
            try:
                if error:
                    raise ValidationError(error)
                if value != saved:
                    if row is not None and row.pk:
                        # The run may be the same person's; the text that gives way stays in the history.
                        Revision.objects.close_run_of(row)
                    self._write(field, row, value, "")
            except ValidationError as invalid:
                return EditResult(decision.id, REFUSED, message=" ".join(invalid.messages))
        elif row is not None and row.pk:
            self._record_unused(clash, field, row)
        self._resolve(clash, decision.choice, saved)
        return EditResult(decision.id, SAVED)

    def _record_unused(self, clash: DeskClash, field: DeskField, row) -> None:
        """Keep the text that is not used in the history of its row."""
        typed = copy.copy(row)
        try:
            field.put(typed, clash.text)
        except ValueError:
            return  # no day: kept in the clash alone
        values = typed.revisioned_values([field.name])
        Revision.objects.add_unused(row, values, by=clash.by, by_name=clash.by_name)

    def _resolve(self, clash: DeskClash, choice: str, saved: str) -> None:
        clash.resolved_at, clash.resolved_by, clash.choice, clash.field_text = timezone.now(), self.user, choice, saved
        clash.save(update_fields=["resolved_at", "resolved_by", "choice", "field_text"])
        self.clashes.remove(clash)

    @transaction.atomic
    def _write(self, field: DeskField, row, value: str, parent: str) -> None:
        if row is None:
            row = self._new_row(field, parent)
        field.put(row, value)
        if field.section == "attendance":
            row.clean()
        names = FIELD_NAMES["agreement"]
        if row.pk is None:
            row.save()
        elif field.section == "agreement" and not any(DeskField("agreement", field.row, n).read(row) for n in names):
            row.delete()
        else:
            row.save(update_fields=[field.name])
        self._has_saved = True
        if field.section in CREATED_AT_DESK and is_uuid(field.row) and row.pk:
            self._register(field, row)
        # The next edit of the request reads the rows again.
        for name in ("_desk_rows", "items", "attendances", "minutes"):
            self.__dict__.pop(name, None)

    def _new_row(self, field: DeskField, parent: str):
        """Return the unsaved row that the first value of one of its fields creates."""
        if field.section == "minutes":
            return Minutes(meeting=self.meeting)
        if field.section == "attendance":
            return Attendance(meeting=self.meeting, member_id=int(field.row))
        if field.section == "item":
            last = max((desk_item.item.position for desk_item in self.items), default=0)
            row = AgendaItem(meeting=self.meeting, position=last + 1, raised_at_meeting=True)
            DeskField("item", field.row, "title").put(row, "")
        else:
            item = self._item_of(parent)
            row = Agreement(item=item, position=len(item.agreements.all()) + 1)
            DeskField("agreement", field.row, "text").put(row, "")
        return row

    def _item_of(self, parent: str) -> AgendaItem:
        """Return the item that a new agreement belongs to. Raise LookupError if there is none."""
        return {desk_item.row: desk_item.item for desk_item in self.items}[parent.removeprefix("item:")]

    def _register(self, field: DeskField, row) -> None:
        """Save the row that belongs to the UUID from the browser."""
        desk_row = self._desk_rows.get(field.row)
        if desk_row is None or getattr(desk_row, f"{field.section}_id") != row.pk:
            DeskRow.objects.update_or_create(meeting=self.meeting, key=field.row, defaults={field.section: row})


def delete_old_records(now: datetime.datetime) -> int:
    """Delete edits after 60 days, presence after a day and resolved clashes after a year. Return the number."""
    querysets = [
        DeskEdit.objects.filter(at__lt=now - datetime.timedelta(days=60)),
        DeskPresence.objects.filter(seen_at__lt=now - datetime.timedelta(days=1)),
        DeskClash.objects.filter(resolved_at__lt=now - datetime.timedelta(days=365)),
    ]
    return sum(queryset.delete()[0] for queryset in querysets)
