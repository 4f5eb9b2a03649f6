"""Compare a parsed document with a meeting, show the changes, and apply them.

A value that is already there is overwritten only by the secretary's choice. The plan is computed again when the
secretary confirms it, and is applied only if its fingerprint is unchanged.
"""

import datetime
import difflib
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from rapidfuzz.distance import Indel

from council.models import Agenda, AgendaItem, Agreement, Attendance, Meeting, Minutes
from council.rights import MINUTES_FIELDS
from strategies.models import Goal, Theme
from udsat.admin.edit_versions import increment_version
from udsat.lib import roles
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import clock, fold, long_date
from udsat.lib.richtext import RichTextField, clean_html, plain_text
from udsat.models import Publishable, batch_reindexing

from .attendance_match import MatchedAttendance, SeatNames
from .parsed_meeting import ParsedAgreement, ParsedItem, ParsedMeeting
from .standard_labels import seat_name

ITEM_TEXTS = ("presentation", "recommendation", "discussion", "decision", "dissent", "plain_text")


@dataclass
class PlannedChange:
    """A new value of one field. Where `current` is not empty, the secretary chooses between the two."""

    target: models.Model
    field: str
    value: Any
    location: str
    current: Any = None
    key: str = ""

    @property
    def is_conflict(self) -> bool:
        return self.current not in (None, "", False)

    @property
    def label(self) -> str:
        return str(self.target._meta.get_field(self.field).verbose_name)

    @property
    def is_rich(self) -> bool:
        return isinstance(self.target._meta.get_field(self.field), RichTextField)

    def shown(self, value) -> str:
        form_field = self.target._meta.get_field(self.field)
        if isinstance(value, datetime.date):
            return long_date(value)
        if isinstance(value, datetime.time):
            return clock(value)
        if isinstance(value, bool):
            return "ja" if value else "nej"
        if form_field.choices:
            return str(dict(form_field.flatchoices).get(value, value))
        if isinstance(form_field, models.ForeignKey):
            return seat_name(value)
        return str(value)

    @property
    def brief(self) -> str:
        """Return the new value as plain text on one line."""
        return " ".join(plain_text(self.value).split()) if self.is_rich else self.shown_value

    @property
    def shown_value(self) -> str:
        return self.shown(self.value)

    @property
    def shown_current(self) -> str:
        return self.shown(self.current)


@dataclass
class ItemPlan:
    """The agenda item that an item of the document creates or changes."""

    item: AgendaItem
    parsed: ParsedItem
    number: int
    is_new: bool
    changes: list[PlannedChange] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    subjects: list[models.Model] = field(default_factory=list)
    note: str = ""

    @property
    def filled(self) -> list[PlannedChange]:
        return [change for change in self.changes if not change.is_conflict]


class ImportPlan:
    def __init__(self, parsed: ParsedMeeting, meeting: Meeting, user) -> None:
        self.parsed, self.meeting, self.user = parsed, meeting, user
        self.changes: list[PlannedChange] = []
        self.items: list[ItemPlan] = []
        self.new_attendances: list[Attendance] = []
        self.warnings: list[str] = []
        self.not_understood = list(parsed.not_understood)
        self.ignored = list(parsed.ignored)
        self.is_new = meeting.pk is None
        self.existing = [] if self.is_new else list(meeting.items.prefetch_related("agreements__member__person"))
        self.agenda, self.minutes = self._paper(Agenda), self._paper(Minutes)
        self.seat_names = SeatNames(meeting.council, meeting.date or _day(parsed.date))
        self.attendance = self.seat_names.match_attendance(parsed.people)
        publishes = user.may(roles.PUBLISH, meeting.municipality)
        # Users without the right to publish may not change a public agenda, only write the minutes.
        self.may_write_agenda = publishes or not (self.agenda.pk and self.agenda.is_live)
        self._meeting()
        self._papers()
        self._items()
        numbers = {id(item): number for number, item in enumerate(self._order(), meeting.first_number)}
        for item in self.items:
            item.number = numbers[id(item.item)]
        self._attendance()
        self._files()
        for number, change in enumerate(self.all_changes, 1):
            change.key = f"valg-{number}"

    def _paper(self, model):
        try:
            return getattr(self.meeting, model._meta.model_name)
        except ObjectDoesNotExist:
            # Without `meeting`: assigning it would cache the unsaved row on the meeting.
            return model()

    @property
    def all_changes(self) -> list[PlannedChange]:
        return [*self.changes, *(change for item in self.items for change in item.changes)]

    @property
    def conflicts(self) -> list[PlannedChange]:
        return [change for change in self.all_changes if change.is_conflict]

    @property
    def filled(self) -> list[PlannedChange]:
        """Return the changes to empty fields of the meeting, the agenda and the minutes."""
        return [change for change in self.changes if not change.is_conflict]

    @property
    def is_empty(self) -> bool:
        has_items = any(item.is_new or item.agreements or item.subjects for item in self.items)
        return not (self.all_changes or self.new_attendances or has_items)

    @property
    def fingerprint(self) -> str:
        """Return a hash of what the confirmation page shows, so that only that plan is applied."""

        def shown(change):
            return [change.location, change.field, change.is_conflict and change.shown_current, change.shown_value]

        def shown_item(plan):
            agreements, subjects = [str(a) for a in plan.agreements], [subject.pk for subject in plan.subjects]
            return [plan.number, plan.is_new, plan.item.pk, plan.item.title, agreements, subjects]

        content = [
            *map(shown, self.all_changes),
            *map(shown_item, self.items),
            *([str(attendance), attendance.remark] for attendance in self.new_attendances),
        ]
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:32]

    def cpr_findings(self) -> list[tuple[str, str]]:
        """Return location and masked number of each suspected CPR number in the new texts."""
        texts = [
            (change.location, plain_text(change.value) if change.is_rich else change.value)
            for change in self.all_changes
            if isinstance(change.value, str)
        ]
        texts += [(f"Punkt {i.number}", a.text) for i in self.items for a in i.agreements]
        texts += [(f"Punkt {i.number}", i.item.title) for i in self.items if i.is_new]
        return list(dict.fromkeys((location, finding.masked) for location, text in texts for finding in find_cpr(text)))

    def compare(self, changes: list[PlannedChange], target, name: str, value, location: str) -> None:
        """Append a change if the document has a value and it differs from the field's, apart from spaces."""
        if value in ("", None, False):
            return
        form_field = target._meta.get_field(name)
        if isinstance(form_field, RichTextField):
            value = clean_html(value)
        elif isinstance(form_field, models.CharField) and not form_field.choices:
            value = self._fit(form_field, str(value))
        current = getattr(target, name)
        if current != value and not (isinstance(current, str) and _same(current, value)):
            changes.append(PlannedChange(target, name, value, location, current))

    def _fit(self, form_field, text: str) -> str:
        text = " ".join(text.split())
        if form_field.max_length and len(text) > form_field.max_length:
            reason = f"For lang til feltet »{form_field.verbose_name}«, så kun begyndelsen er med"
            self.not_understood.append((0, text, reason))
            text = f"{text[: form_field.max_length - 1].rsplit(' ', 1)[0][: form_field.max_length - 1]}…"
        return text

    # The meeting, its agenda and its minutes

    def _meeting(self) -> None:
        parsed, meeting = self.parsed, self.meeting
        day = _day(parsed.date)
        if not self.is_new and day and day != meeting.date:
            self.warnings.append(
                f"Filen er fra den {long_date(day)}, men mødet er den {long_date(meeting.date)}. "
                "Se efter, om det er den rigtige fil."
            )
        values = {
            **{name: getattr(parsed, name) for name in ("title", "kind_label", "place", "address")},
            "starts_at": _time(parsed.starts_at),
            "ends_at": _time(parsed.ends_at),
            "how_to_attend": parsed.how_to_attend if parsed.is_open else "",
        }
        if self.is_new:
            for name, value in values.items():
                if value and not getattr(meeting, name):
                    is_text = isinstance(value, str)
                    setattr(meeting, name, self._fit(Meeting._meta.get_field(name), value) if is_text else value)
            meeting.is_open = parsed.is_open
            if parsed.cancelled:
                meeting.is_cancelled = True
                meeting.cancelled_reason = self._fit(Meeting._meta.get_field("cancelled_reason"), parsed.cancelled)
            if parsed.items and parsed.items[0].number > 1:
                meeting.first_number = parsed.items[0].number
            return
        changes: list[PlannedChange] = []
        for name, value in values.items():
            self.compare(changes, meeting, name, value, "Mødet")
        if parsed.kind and parsed.kind != meeting.kind:
            self.compare(changes, meeting, "kind", parsed.kind, "Mødet")
        if meeting.is_live:
            # Members have the meeting in their calendars. Its own page notifies them of a change.
            self.warnings += [
                f"I filen står der »{change.shown_value}« ved »{change.label}«. Mødet er offentligt, så det bliver "
                "ikke ændret her. Ret det på mødets egen side."
                for change in changes
            ]
        else:
            self.changes += changes

    def _papers(self) -> None:
        parsed = self.parsed
        row = self.minutes if parsed.is_minutes else self.agenda
        location = "Referatet" if parsed.is_minutes else "Dagsordenen"
        guests = ", ".join(filter(None, [parsed.guests, *self.attendance.guests]))
        if parsed.is_minutes:
            for name, value in (
                ("chaired_by", parsed.chaired_by),
                ("minutes_by", parsed.minutes_by),
                ("guests", guests),
            ):
                self.compare(self.changes, row, name, value, location)
        elif guests:
            self.not_understood.append((0, guests, "En dagsorden har ingen gæster"))
        if row.pk and row.is_live and not self.user.may(roles.PUBLISH, self.meeting.municipality):
            if parsed.intro or parsed.plain_text:
                self.warnings.append(f"{location} er offentlig, så du kan ikke ændre indledningen.")
            return
        self.compare(self.changes, row, "plain_text", parsed.plain_text, location)
        if parsed.intro and not parsed.is_minutes:
            self.compare(self.changes, row, "intro", parsed.intro, location)
        elif parsed.intro:
            self.not_understood.append((0, plain_text(parsed.intro), "Et referat har ingen indledning"))

    # Items

    def _items(self) -> None:
        left = list(enumerate(self.existing, self.meeting.first_number))
        matches = self._match(left)
        number = self.meeting.first_number - 1
        for parsed in self.parsed.items:
            match = matches.get(id(parsed))
            if match:
                number, item = match
                self.items.append(self._known_item(parsed, item, number))
            elif not self.may_write_agenda:
                self.warnings.append(
                    f"Punktet »{parsed.title}« er nyt. Dagsordenen er offentlig, så du kan ikke føje til."
                )
            else:
                number += 1
                self.items.append(self._new_item(parsed, number))

    def _match(self, left: list[tuple[int, AgendaItem]]) -> dict[int, tuple[int, AgendaItem]]:
        """Match items of the document with those of the meeting: by title, then by number and a similar title."""
        matches: dict[int, tuple[int, AgendaItem]] = {}

        def give(fits) -> None:
            for parsed in self.parsed.items:
                if id(parsed) not in matches and (pair := next((p for p in left if fits(parsed, *p)), None)):
                    matches[id(parsed)] = pair
                    left.remove(pair)

        folded = {id(item): fold(item.title) for item in [*self.parsed.items, *self.existing]}

        def same(parsed, item):
            title = folded[id(parsed)]
            return title == folded[id(item)] or (
                item.is_closed and item.public_title and title == fold(item.public_title)
            )

        def alike(parsed, item, least):
            return _alike(folded[id(parsed)], folded[id(item)], least)

        give(lambda parsed, number, item: same(parsed, item) and parsed.number in (0, number))
        give(lambda parsed, number, item: parsed.is_closed and item.is_closed and parsed.number == number)
        give(lambda parsed, number, item: same(parsed, item))
        give(lambda parsed, number, item: parsed.number == number and alike(parsed, item, 0.6))
        give(lambda parsed, number, item: alike(parsed, item, 0.85))
        return matches

    def _known_item(self, parsed: ParsedItem, item: AgendaItem, number: int) -> ItemPlan:
        plan = ItemPlan(item, parsed, number, is_new=False)
        location = f"Punkt {number}. {item.title}"
        changes: list[PlannedChange] = []
        is_hidden = parsed.is_closed and not parsed.fields and fold(parsed.title) != fold(item.title)
        if not is_hidden and fold(parsed.title) != fold(item.public_title if item.is_closed else item.title):
            self.compare(changes, item, "title", parsed.title, location)
        self._item_values(changes, parsed, item, location)
        if parsed.is_closed and not item.is_closed:
            changes.append(PlannedChange(item, "is_closed", True, location))
            if not item.public_title:
                changes.append(PlannedChange(item, "public_title", parsed.public_title, location))
        elif item.is_closed and not parsed.is_closed:
            plan.note = "Punktet er lukket her og bliver ved med at være det."
        if not self.may_write_agenda:
            refused = [c for c in changes if c.field not in MINUTES_FIELDS]
            changes = [c for c in changes if c not in refused]
            if refused:
                names = ", ".join(c.label for c in refused)
                self.warnings.append(f"{location}: Dagsordenen er offentlig, så du kan ikke ændre {names}.")
        plan.changes = changes
        self._agreements(plan, location)
        self._subjects(plan)
        return plan

    def _new_item(self, parsed: ParsedItem, number: int) -> ItemPlan:
        item = AgendaItem(meeting=self.meeting, title=parsed.title)
        item.is_closed, item.public_title = parsed.is_closed, parsed.public_title
        item.raised_at_meeting = parsed.raised_at_meeting
        if self.agenda.pk and self.agenda.is_live:
            if self.parsed.is_minutes:
                item.raised_at_meeting = True
            else:
                item.supplement = AgendaItem.Supplement.WAITING
        plan = ItemPlan(item, parsed, number, is_new=True)
        self._item_values(plan.changes, parsed, item, f"Punkt {number}. {parsed.title}")
        self._agreements(plan, "")
        self._subjects(plan)
        return plan

    def _item_values(self, changes, parsed, item, location) -> None:
        self.compare(changes, item, "kind", parsed.kind, location)
        self.compare(changes, item, "case_number", parsed.case_number, location)
        for name in ITEM_TEXTS:
            self.compare(changes, item, name, parsed.fields.get(name, ""), location)
        self.compare(changes, item, "answer", parsed.answer, location)

    def _agreements(self, plan: ItemPlan, location: str) -> None:
        unmatched = [] if plan.is_new else [(fold(known.text), known) for known in plan.item.agreements.all()]
        for position, parsed in enumerate(plan.parsed.agreements, 1):
            values = self._agreement_values(parsed)
            text = fold(values["text"])
            match = next((pair for pair in unmatched if pair[0] == text), None)
            match = match or next((pair for pair in unmatched if _alike(pair[0], text, 0.85)), None)
            if match is None:
                plan.agreements.append(Agreement(item=plan.item, position=len(unmatched) + position, **values))
                continue
            unmatched.remove(match)
            known = match[1]
            for name, value in values.items():
                if name != "text":
                    self.compare(plan.changes, known, name, value, f"{location}, aftalen »{known.text}«")

    def _agreement_values(self, parsed: ParsedAgreement) -> dict:
        who, _, more = parsed.responsible.partition(" – ")
        member = self.seat_names.match_whole(who) if who else None
        if member is None and not parsed.responsible:
            # »Karen Holm ringer …«: a first name alone is not enough.
            member, end = self.seat_names.match_start(parsed.text)
            member = member if member and member.person and " " in parsed.text[:end].strip() else None
        responsible = more if member else parsed.responsible
        return {
            "text": self._fit(Agreement._meta.get_field("text"), parsed.text),
            "member": member,
            "responsible": self._fit(Agreement._meta.get_field("responsible"), responsible),
            "due_on": _day(parsed.due_on),
            "done_on": _day(parsed.done_on),
            "outcome": parsed.outcome,
        }

    def _subjects(self, plan: ItemPlan) -> None:
        """Add the themes and goals whose full titles the document lists."""
        if not plan.parsed.strategy:
            return
        if not hasattr(self, "_known_subjects"):
            municipality = self.meeting.municipality
            themes = Theme.objects.filter(strategy__municipality=municipality).select_related("strategy")
            goals = Goal.objects.filter(theme__strategy__municipality=municipality).select_related(
                "theme__strategy", "parent"
            )
            # Newest strategy last, so that it wins where titles are equal.
            self._known_subjects = {
                **{fold(theme.display_title): theme for theme in themes.order_by("strategy__pk")},
                **{fold(goal.full_text): goal for goal in goals.order_by("theme__strategy__pk")},
            }
        there = set() if plan.is_new else {*plan.item.themes.all(), *plan.item.goals.all()}
        for name in plan.parsed.strategy:
            subject = self._known_subjects.get(fold(name))
            if subject is None:
                if not any(fold(name) == fold(getattr(s, "full_text", str(s))) for s in there):
                    self.not_understood.append((plan.parsed.line, name, "Er hverken et tema eller et mål, vi kender"))
            elif subject not in there:
                plan.subjects.append(subject)

    # People and files

    def _attendance(self) -> None:
        self.not_understood += self.attendance.remarks
        self.ignored += self.attendance.ignored
        recorded = (
            {} if self.is_new else {a.member_id: a for a in self.meeting.attendances.select_related("member__person")}
        )
        for attendance in self.attendance.matched:
            remark = self._fit(Attendance._meta.get_field("remark"), attendance.remark)
            if known := recorded.get(attendance.member.pk):
                self._known_attendance(known, attendance, remark)
            else:
                self.new_attendances.append(
                    Attendance(
                        meeting=self.meeting,
                        member=attendance.member,
                        status=attendance.status,
                        substitute_for=attendance.substitute_for,
                        remark=remark,
                    )
                )

    def _known_attendance(self, known: Attendance, attendance: MatchedAttendance, remark: str) -> None:
        location = f"Fremmøde: {seat_name(attendance.member)}"
        for name, value in (
            ("status", attendance.status),
            ("substitute_for", attendance.substitute_for),
            ("remark", remark),
        ):
            self.compare(self.changes, known, name, value, location)

    def _files(self) -> None:
        names = set()
        if not self.is_new:
            for attachment in self.meeting.attachments.all():
                names |= {fold(attachment.filename), fold(attachment.display_title)}
        for line, text in [
            *((0, text) for text in self.parsed.files),
            *((item.line, text) for item in self.parsed.items for text in item.files),
        ]:
            stem = re.sub(r"(?<!\s)\s*\([^()]*\)$", "", text)
            if not {fold(text), fold(stem)} & names:
                self.not_understood.append((line, text, "Bilaget selv er ikke i filen. Læg det op på mødet"))

    # Applying

    @batch_reindexing()
    def apply(self, choices: dict[str, str]) -> list[models.Model]:
        """Save all changes and return the saved objects.

        `choices` holds the key of each conflict, with "fil" where the document's value replaces the current one.
        """
        if self.is_new:
            self.meeting.full_clean(exclude=["council"])
            self.meeting.save()
        targets: dict[int, models.Model] = {}
        for change in self.all_changes:
            if not change.is_conflict or choices.get(change.key) == "fil":
                setattr(change.target, change.field, change.value)
                targets[id(change.target)] = change.target
        saved: list[models.Model] = [self.meeting] if self.is_new else []
        if not self.is_new:
            # So that a form opened before is refused as outdated.
            increment_version(self.meeting)
        self._place_new_items()
        new = {id(plan.item): plan.item for plan in self.items if plan.is_new}
        meeting_first = sorted(targets.values(), key=lambda t: not isinstance(t, Publishable))
        for target in {id(t): t for t in [*meeting_first, *new.values()]}.values():
            if target in (self.agenda, self.minutes):
                target.meeting = self.meeting
            target.save()
            if isinstance(target, Publishable):
                increment_version(target)
            saved.append(target)
        for plan in self.items:
            for agreement in plan.agreements:
                agreement.item = plan.item
                agreement.save()
                saved.append(agreement)
            for subject in plan.subjects:
                (plan.item.themes if isinstance(subject, Theme) else plan.item.goals).add(subject)
                plan.item.note_update("themes", "goals")
        for attendance in self.new_attendances:
            attendance.save()
            saved.append(attendance)
        return saved

    def _order(self) -> list[AgendaItem]:
        """Return all items, each new one after its predecessor in the document, or last while the agenda is public."""
        order = list(self.existing)
        index = 0
        for plan in self.items:
            if plan.is_new:
                order.insert(len(order) if self.agenda.pk and self.agenda.is_live else index, plan.item)
            index = next(n for n, item in enumerate(order, 1) if item is plan.item)
        return order

    def _place_new_items(self) -> None:
        for position, item in enumerate(self._order(), 1):
            if item.pk and item.position != position:
                AgendaItem.objects.filter(pk=item.pk).update(position=position)
                item.note_update("position")
            item.position = position


def _day(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _time(text: str) -> datetime.time | None:
    return datetime.time.fromisoformat(text) if text else None


def _same(one: str, other: str) -> bool:
    """Compare texts apart from spaces."""
    return isinstance(other, str) and one.split() == other.split()


def _alike(one: str, other: str, least: float) -> bool:
    """Return whether the share of common text is above `least`."""
    # Hundreds of times faster, and never below the ratio.
    if Indel.normalized_similarity(one, other) <= least:
        return False
    return difflib.SequenceMatcher(None, one, other).ratio() > least
