"""What a document would change in a meeting: what is filled in, what stands against what, and then the change itself.

Nothing that stands is overwritten without the secretary's own choice, and what she saw is what is done: the plan is
made again when she confirms, and must be the same.
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

from council.models import Agenda, AgendaItem, Agreement, Attendance, Meeting, Minutes
from strategies.models import Goal, Theme
from udsat.admin.edit_conflict import increment_version
from udsat.lib import roles
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import clock, fold, long_date
from udsat.lib.richtext import RichTextField, clean_html, plain_text
from udsat.models import Publishable, batch_reindexing

from .attendance_match import Roll, Seen
from .parsed_meeting import ParsedAgreement, ParsedItem, ParsedMeeting
from .standard_labels import seat_name

ITEM_TEXTS = ("presentation", "recommendation", "discussion", "decision", "dissent", "plain_text")


@dataclass
class Change:
    """One field of one thing. With `standing` it is the secretary's to choose."""

    target: models.Model
    field: str
    value: Any
    place: str
    standing: Any = None
    key: str = ""

    @property
    def is_conflict(self) -> bool:
        return self.standing not in (None, "", False)

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
        """The new value on one line."""
        return " ".join(plain_text(self.value).split()) if self.is_rich else self.shown_value

    @property
    def shown_value(self) -> str:
        return self.shown(self.value)

    @property
    def shown_standing(self) -> str:
        return self.shown(self.standing)


@dataclass
class ItemPlan:
    """What comes of one item of the document."""

    item: AgendaItem
    parsed: ParsedItem
    number: int
    is_new: bool
    changes: list[Change] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    subjects: list[models.Model] = field(default_factory=list)
    note: str = ""

    @property
    def filled(self) -> list[Change]:
        return [change for change in self.changes if not change.is_conflict]


class Plan:
    def __init__(self, parsed: ParsedMeeting, meeting: Meeting, user) -> None:
        self.parsed, self.meeting, self.user = parsed, meeting, user
        self.changes: list[Change] = []
        self.items: list[ItemPlan] = []
        self.new_attendances: list[Attendance] = []
        self.warnings: list[str] = []
        self.not_understood = list(parsed.not_understood)
        self.ignored = list(parsed.ignored)
        self.is_new = meeting.pk is None
        self.existing = [] if self.is_new else list(meeting.items.prefetch_related("agreements__member__person"))
        self.agenda, self.minutes = self._paper(Agenda), self._paper(Minutes)
        self.roll = Roll(meeting.council, meeting.date or _day(parsed.date))
        publishes = user.may(roles.PUBLISH, meeting.municipality)
        # While the agenda is public, those who may not publish write the minutes only.
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
            # Not tied to the meeting before it is saved: the meeting would think that it has one.
            return model()

    # What is compared

    @property
    def all_changes(self) -> list[Change]:
        return [*self.changes, *(change for item in self.items for change in item.changes)]

    @property
    def conflicts(self) -> list[Change]:
        return [change for change in self.all_changes if change.is_conflict]

    @property
    def filled(self) -> list[Change]:
        """What is filled in besides the items."""
        return [change for change in self.changes if not change.is_conflict]

    @property
    def is_empty(self) -> bool:
        return not (
            self.all_changes or self.new_attendances
            or any(item.is_new or item.agreements or item.subjects for item in self.items)
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """Of everything on the page that asks, so that nobody confirms another plan than the one she saw."""

        def told(change):
            return [change.place, change.field, change.is_conflict and change.shown_standing, change.shown_value]

        seen = [
            *map(told, self.all_changes),
            *([i.number, i.is_new, i.item.pk, i.item.title, [str(a) for a in i.agreements],
               [s.pk for s in i.subjects]] for i in self.items),
            *([str(a), a.remark] for a in self.new_attendances),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(seen, default=str).encode()).hexdigest()[:32]

    def suspects(self) -> list[tuple[str, str]]:
        """Place and masked number of what looks like a CPR number in the new text."""
        texts = [(change.place, plain_text(change.value) if change.is_rich else change.value)
                 for change in self.all_changes if isinstance(change.value, str)]  # fmt: skip
        texts += [(f"Punkt {i.number}", a.text) for i in self.items for a in i.agreements]
        texts += [(f"Punkt {i.number}", i.item.title) for i in self.items if i.is_new]
        return list(dict.fromkeys((place, found.masked) for place, text in texts for found in find_cpr(text)))

    def compare(self, changes: list[Change], target, name: str, value, place: str) -> None:
        """Fill what is empty, show what differs, leave alone what is the same."""
        if value in ("", None, False):
            return
        form_field = target._meta.get_field(name)
        if isinstance(form_field, RichTextField):
            value = clean_html(value)
        elif isinstance(form_field, models.CharField) and not form_field.choices:
            value = self._fit(form_field, str(value))
        standing = getattr(target, name)
        if standing != value and not (isinstance(standing, str) and _same(standing, value)):
            changes.append(Change(target, name, value, place, standing))

    def _fit(self, form_field, text: str) -> str:
        text = " ".join(text.split())
        if form_field.max_length and len(text) > form_field.max_length:
            reason = f"For lang til feltet »{form_field.verbose_name}«, så kun begyndelsen er med"
            self.not_understood.append((0, text, reason))
            text = f"{text[: form_field.max_length - 1].rsplit(' ', 1)[0][: form_field.max_length - 1]}…"
        return text

    # The meeting and its papers

    def _meeting(self) -> None:
        parsed, meeting = self.parsed, self.meeting
        day = _day(parsed.date)
        if not self.is_new and day and day != meeting.date:
            self.warnings.append(
                f"Filen er fra den {long_date(day)}, men mødet er den {long_date(meeting.date)}. "
                "Se efter, om det er den rigtige fil."
            )
        values = {
            "title": parsed.title, "kind_label": parsed.kind_label, "place": parsed.place, "address": parsed.address,
            "starts_at": _time(parsed.starts_at), "ends_at": _time(parsed.ends_at),
            "how_to_attend": parsed.how_to_attend if parsed.is_open else "",
        }  # fmt: skip
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
        changes: list[Change] = []
        for name, value in values.items():
            self.compare(changes, meeting, name, value, "Mødet")
        if parsed.kind and parsed.kind != meeting.kind:
            self.compare(changes, meeting, "kind", parsed.kind, "Mødet")
        if meeting.is_live:
            # Members have it in their calendars: moved on the meeting's own page, which tells them.
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
        place = "Referatet" if parsed.is_minutes else "Dagsordenen"
        if parsed.is_minutes:
            for name in ("chaired_by", "minutes_by", "guests"):
                self.compare(self.changes, row, name, getattr(parsed, name), place)
        if row.pk and row.is_live and not self.user.may(roles.PUBLISH, self.meeting.municipality):
            if parsed.intro or parsed.plain_text:
                self.warnings.append(f"{place} er offentlig, så du kan ikke ændre indledningen.")
            return
        self.compare(self.changes, row, "plain_text", parsed.plain_text, place)
        if parsed.intro and not parsed.is_minutes:
            self.compare(self.changes, row, "intro", parsed.intro, place)
        elif parsed.intro:
            self.not_understood.append((0, plain_text(parsed.intro), "Et referat har ingen indledning"))

    # Items

    def _items(self) -> None:
        left = list(enumerate(self.existing, self.meeting.first_number))
        matches = self._match(left)
        number = self.meeting.first_number - 1
        for parsed in self.parsed.items:
            found = matches.get(id(parsed))
            if found:
                number, item = found
                self.items.append(self._known_item(parsed, item, number))
            elif not self.may_write_agenda:
                self.warnings.append(
                    f"Punktet »{parsed.title}« er nyt. Dagsordenen er offentlig, så du kan ikke føje til."
                )
            else:
                number += 1
                self.items.append(self._new_item(parsed, number))

    def _match(self, left: list[tuple[int, AgendaItem]]) -> dict[int, tuple[int, AgendaItem]]:
        """Items of the document with those of the meeting: by title, then by number and a title that is much alike."""
        found: dict[int, tuple[int, AgendaItem]] = {}

        def give(fits) -> None:
            for parsed in self.parsed.items:
                if id(parsed) not in found and (pair := next((p for p in left if fits(parsed, *p)), None)):
                    found[id(parsed)] = pair
                    left.remove(pair)

        def titles(item):
            return {fold(item.title), *([fold(item.public_title)] if item.is_closed and item.public_title else [])}

        def key(parsed):
            return fold(parsed.title)

        give(lambda parsed, number, item: key(parsed) in titles(item) and parsed.number in (0, number))
        give(lambda parsed, number, item: parsed.is_closed and item.is_closed and parsed.number == number)
        give(lambda parsed, number, item: key(parsed) in titles(item))
        give(lambda parsed, number, item: parsed.number == number and _alike(parsed.title, item.title) > 0.6)
        give(lambda parsed, number, item: _alike(parsed.title, item.title) > 0.85)
        return found

    def _known_item(self, parsed: ParsedItem, item: AgendaItem, number: int) -> ItemPlan:
        plan = ItemPlan(item, parsed, number, is_new=False)
        place = f"Punkt {number}. {item.title}"
        changes: list[Change] = []
        is_hidden = parsed.is_closed and not parsed.fields and fold(parsed.title) != fold(item.title)
        if not is_hidden and fold(parsed.title) != fold(item.public_title if item.is_closed else item.title):
            self.compare(changes, item, "title", parsed.title, place)
        self._item_values(changes, parsed, item, place)
        if parsed.is_closed and not item.is_closed:
            changes.append(Change(item, "is_closed", True, place))
            if not item.public_title:
                changes.append(Change(item, "public_title", parsed.public_title, place))
        elif item.is_closed and not parsed.is_closed:
            plan.note = "Punktet er lukket her og bliver ved med at være det."
        if not self.may_write_agenda:
            from council.admin.items import ItemRules

            refused = [c for c in changes if c.field not in ItemRules.minutes_fields]
            changes = [c for c in changes if c not in refused]
            if refused:
                names = ", ".join(c.label for c in refused)
                self.warnings.append(f"{place}: Dagsordenen er offentlig, så du kan ikke ændre {names}.")
        plan.changes = changes
        self._agreements(plan, place)
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

    def _item_values(self, changes, parsed, item, place) -> None:
        self.compare(changes, item, "kind", parsed.kind, place)
        self.compare(changes, item, "case_number", parsed.case_number, place)
        for name in ITEM_TEXTS:
            self.compare(changes, item, name, parsed.fields.get(name, ""), place)
        self.compare(changes, item, "answer", parsed.answer, place)

    def _agreements(self, plan: ItemPlan, place: str) -> None:
        standing = [] if plan.is_new else list(plan.item.agreements.all())
        for position, parsed in enumerate(plan.parsed.agreements, 1):
            values = self._agreement_values(parsed)
            known = next((a for a in standing if fold(a.text) == fold(values["text"])), None)
            known = known or next((a for a in standing if _alike(a.text, values["text"]) > 0.85), None)
            if known is None:
                plan.agreements.append(Agreement(item=plan.item, position=len(standing) + position, **values))
                continue
            standing.remove(known)
            for name, value in values.items():
                if name != "text":
                    self.compare(plan.changes, known, name, value, f"{place}, aftalen »{known.text}«")

    def _agreement_values(self, parsed: ParsedAgreement) -> dict:
        who, _, more = parsed.responsible.partition(" – ")
        member = self.roll.find(who) if who else None
        if member is None and not parsed.responsible:
            # »Karen Holm ringer …«: only a name in full tells who.
            member, end = self.roll.take(parsed.text)
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
        """Themes and goals of the strategies that the document names to the letter."""
        if not plan.parsed.strategy:
            return
        if not hasattr(self, "_known_subjects"):
            place = self.meeting.municipality
            themes = Theme.objects.filter(strategy__municipality=place).select_related("strategy")
            goals = Goal.objects.filter(theme__strategy__municipality=place).select_related("theme__strategy", "parent")
            # The newest strategy last, so that it is the one that is found.
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
        seen, remarks = self.roll.attendance(self.parsed.people)
        self.not_understood += remarks
        standing = (
            {} if self.is_new else {a.member_id: a for a in self.meeting.attendances.select_related("member__person")}
        )
        for one in seen:
            remark = self._fit(Attendance._meta.get_field("remark"), one.remark)
            if known := standing.get(one.member.pk):
                self._known_attendance(known, one, remark)
            else:
                self.new_attendances.append(
                    Attendance(
                        meeting=self.meeting, member=one.member, status=one.status, substitute_for=one.substitute_for,
                        remark=remark,
                    )
                )  # fmt: skip

    def _known_attendance(self, known: Attendance, one: Seen, remark: str) -> None:
        place = f"Fremmøde: {seat_name(one.member)}"
        for name, value in (("status", one.status), ("substitute_for", one.substitute_for), ("remark", remark)):
            self.compare(self.changes, known, name, value, place)

    def _files(self) -> None:
        names = set()
        if not self.is_new:
            for attachment in self.meeting.attachments.all():
                names |= {fold(attachment.filename), fold(attachment.display_title)}
        for line, text in [
            *((0, text) for text in self.parsed.files),
            *((item.line, text) for item in self.parsed.items for text in item.files),
        ]:
            stem = re.sub(r"\s*\([^()]*\)$", "", text)
            if not {fold(text), fold(stem)} & names:
                self.not_understood.append((line, text, "Bilaget selv er ikke i filen. Læg det op på mødet"))

    # The change itself

    @batch_reindexing()
    def apply(self, choices: dict[str, str]) -> list[models.Model]:
        """Save it all, or nothing. `choices` says of each conflict "fil" where the document's text is to stand."""
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
            # Whoever has the meeting open sees that it has changed.
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
        for attendance in self.new_attendances:
            attendance.save()
            saved.append(attendance)
        return saved

    def _order(self) -> list[AgendaItem]:
        """New items after the one they follow in the document; after all others while the numbers are public."""
        order = list(self.existing)
        at = 0
        for plan in self.items:
            if plan.is_new:
                order.insert(len(order) if self.agenda.pk and self.agenda.is_live else at, plan.item)
            at = next(n for n, item in enumerate(order, 1) if item is plan.item)
        return order

    def _place_new_items(self) -> None:
        for position, item in enumerate(self._order(), 1):
            if item.pk and item.position != position:
                AgendaItem.objects.filter(pk=item.pk).update(position=position)
            item.position = position


def _day(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _time(text: str) -> datetime.time | None:
    return datetime.time.fromisoformat(text) if text else None


def _same(one: str, other: str) -> bool:
    """Equal but for spaces."""
    return isinstance(other, str) and one.split() == other.split()


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, fold(one), fold(other)).ratio()
