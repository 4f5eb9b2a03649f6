"""Create objects from the demo's TOML files and publish them through the publication gate."""

import datetime
import re
import tomllib
from pathlib import Path

from django.apps import apps
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models.functions import Greatest
from django.utils import timezone
from markdown_it import MarkdownIt

from council.models import (
    Agenda,
    AgendaItem,
    Agreement,
    Attachment,
    Attendance,
    Cause,
    Council,
    Hearing,
    Input,
    Meeting,
    Membership,
    Minutes,
    News,
    Person,
    StandardItem,
    WorkingGroup,
)
from strategies.models import Action, FollowUp, Goal, Section, Strategy, Theme, Topic
from udsat.lib.danish import long_date
from udsat.lib.richtext import RichTextField
from udsat.models import COUNTRY, Municipality, PublicationEvent, PublicVersion, Publishable, User, raise_stamp

FOLDER = Path(__file__).resolve().parent
TUESDAY = 1

_markdown = MarkdownIt("commonmark", {"html": True}).enable("table").render
_DAY = re.compile(r"(?P<start>[a-zæøå][a-zæøå -]*?)\s*(?P<days>[+-]\d+)?")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def read(name: str) -> dict:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def read_all(folder: str) -> list[dict]:
    return [read(f"{folder}/{path.name}") for path in sorted((FOLDER / folder).glob("*.toml"))]


def years_since(today: datetime.date) -> int:
    """Return the years to add to fictional dates, so that the council's term began within the last year."""
    return max(0, (today - datetime.timedelta(days=325)).year - 2026)


def meeting_day(today: datetime.date, week: int) -> datetime.date:
    """Return the Tuesday `week` weeks after the last one, moved away from today past holidays."""
    last_tuesday = today - datetime.timedelta(days=(today.weekday() - TUESDAY - 1) % 7 + 1)
    day = last_tuesday + datetime.timedelta(weeks=week)
    while day.month == 7 or (day.month, day.day) == (6, 5) or not (1, 4) <= (day.month, day.day) <= (12, 21):
        day += datetime.timedelta(weeks=1 if week > 0 else -1)
    return day


class DemoBuilder:
    """Creates the content of one municipality. `rows` and `days` are indexed by the keys of the files."""

    def __init__(self, municipality: Municipality, *, by: User, years: int = 0):
        self.municipality = municipality
        self.by = by
        self.years = years
        self.today = timezone.localdate()
        self.rows: dict[str, models.Model] = {}
        self.days: dict[str, datetime.date] = {"i dag": self.today}
        self.files: list[tuple] = []  # (storage, name), to remove files of a failed load

    # Conversion of file values

    def day(self, text: str) -> datetime.date:
        match = _DAY.fullmatch(text)
        if not match or match["start"] not in self.days:
            raise ValueError(f"{text!r} is no day: no meeting has that key.")
        return self.days[match["start"]] + datetime.timedelta(days=int(match["days"] or 0))

    def fill_placeholders(self, text: str) -> str:
        def replacement(match):
            name = match[1]
            return str(int(name) + self.years) if name.isdigit() else long_date(self.day(name))

        return _PLACEHOLDER.sub(replacement, text)

    def date(self, value: str | datetime.date) -> datetime.date:
        return self.day(value) if isinstance(value, str) else value.replace(year=value.year + self.years)

    def value(self, field: models.Field, value):
        if isinstance(field, models.DateField):
            return self.date(value)
        if isinstance(field, RichTextField):
            return _markdown(self.fill_placeholders(value))
        return " ".join(self.fill_placeholders(value).split()) if isinstance(value, str) else value

    def make(self, model: type[models.Model], data: dict, **given):
        values = {name: self.value(model._meta.get_field(name), value) for name, value in data.items() if name != "key"}
        row = model.objects.create(**values, **given)
        key = data.get("key")
        if key:
            if key in self.rows:
                raise ValueError(f"{key!r} is the key of two objects.")
            self.rows[key] = row
        return row

    def morning_of(self, day: datetime.date) -> datetime.datetime:
        """Return nine in the morning of that day."""
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time(9)))

    def publish(self, obj, day: datetime.date | None = None):
        """Publish now and backdate the publication, or schedule it for a later day."""
        later = day and day > self.today
        moment = day and self.morning_of(day)
        obj.publish(by=self.by, confirmed=True, at=moment if later else None)
        if day and day < self.today:
            type(obj).objects.filter(pk=obj.pk).update(
                publish_at=moment, published_at=moment, created_at=moment, updated_at=moment
            )
            PublicationEvent.objects.filter(
                content_type__app_label=obj._meta.app_label, content_type__model=obj._meta.model_name, object_id=obj.pk
            ).update(at=moment)

    def publication(self, data: dict, default=None) -> tuple[str, datetime.date | None]:
        """Remove and return status and publication day."""
        status, published = data.pop("status", "offentliggjort"), data.pop("published", default)
        return status, self.date(published) if published else None

    def set_status(self, obj, status: str, day: datetime.date | None = None):
        """Publish or withdraw it as the file requires."""
        if status != "kladde":
            self.publish(obj, day)
        if status == "tilbagetrukket":
            obj.withdraw(by=self.by)

    # Strategies

    def strategy(self, data: dict):
        data = dict(data)
        sections, themes = data.pop("sections", []), data.pop("themes", [])
        status, published = self.publication(data)
        relatives = {name: self.rows[data.pop(name)] for name in ("parent", "replaces") if name in data}
        strategy = self.make(Strategy, data, municipality=self.municipality, **relatives)
        for position, section in enumerate(sections, 1):
            self.make(Section, section, strategy=strategy, position=position)
        for position, theme in enumerate(themes, 1):
            self.theme(theme, strategy, position)
        self.set_status(strategy, status, published)
        latest = FollowUp.objects.filter(goal__theme__strategy=strategy).order_by("date").last()
        if latest and published:
            Strategy.objects.filter(pk=strategy.pk).update(updated_at=self.morning_of(max(latest.date, published)))

    def theme(self, data: dict, strategy: Strategy, position: int):
        data = dict(data)
        topics, goals, actions = data.pop("topics", []), data.pop("goals", []), data.pop("actions", [])
        theme = self.make(Theme, data, strategy=strategy, position=position)
        theme.topics.set(Topic.objects.get(slug=slug) for slug in topics)
        for number, goal in enumerate(goals, 1):
            self.goal(goal, theme, number)
        for action in actions:
            self.make(Action, action, theme=theme)

    def goal(self, data: dict | str, theme: Theme, position: int, parent: Goal | None = None):
        data = {"text": data} if isinstance(data, str) else dict(data)
        related = {name: data.pop(name, []) for name in ("goals", "actions", "follow_ups")}
        goal = self.make(Goal, data, theme=theme, position=position, parent=parent)
        for number, child in enumerate(related["goals"], 1):
            self.goal(child, theme, number, parent=goal)
        for action in related["actions"]:
            self.make(Action, action, goal=goal)
        for follow_up in related["follow_ups"]:
            self.make(FollowUp, follow_up, goal=goal)

    # The council and its people

    def council(self, data: dict) -> Council:
        data = dict(data)
        lists = {name: data.pop(name, []) for name in ("standard_items", "people", "members", "causes", "groups")}
        status, published = self.publication(data)
        council = self.make(Council, data, municipality=self.municipality)
        for position, item in enumerate(lists["standard_items"], 1):
            self.make(StandardItem, item, council=council, position=position)
        for person in lists["people"]:
            self.make(Person, person, municipality=self.municipality)
        for position, member in enumerate(lists["members"], 1):
            self.membership(member, council, position)
        for position, cause in enumerate(lists["causes"], 1):
            self.make(Cause, cause, council=council, position=position)
        for position, group in enumerate(lists["groups"], 1):
            group = dict(group)
            cause, members = self.rows.get(group.pop("cause", "")), group.pop("members", [])
            self.make(WorkingGroup, group, council=council, position=position, cause=cause).members.set(
                self.rows[key] for key in members
            )
        self.set_status(council, status, published)
        return council

    def membership(self, data: dict, council: Council, position: int):
        data = dict(data)
        person, instead_of = data.pop("person", None), data.pop("substitute_for", None)
        self.make(
            Membership,
            data,
            council=council,
            position=position,
            person=self.rows[person] if person else None,
            substitute_for=self.rows[instead_of] if instead_of else None,
        )

    # Meetings

    def plan(self, meetings: list[dict]) -> list[dict]:
        """Set the days, which other texts refer to, and return the meetings in order."""
        for data in meetings:
            self.days[data["key"]] = meeting_day(self.today, data["week"])
        return sorted(meetings, key=lambda data: (self.days[data["key"]], data["starts_at"]))

    def meeting(self, council: Council, data: dict):
        data = {name: value for name, value in data.items() if name != "week"}
        agenda, minutes = data.pop("agenda", None), data.pop("minutes", None)
        items, files, attendance = data.pop("items", []), data.pop("files", []), data.pop("attendance", None)
        status, _ = self.publication(data)
        day = self.days[data["key"]]
        ordinal = council.meetings.filter(date=day).count() + 1
        meeting = self.make(Meeting, data, council=council, date=day, ordinal=ordinal)
        for position, item in enumerate(items, 1):
            self.item(item, meeting, position)
        for position, file in enumerate(files, 1):
            self.attachment(file, meeting, None, position)
        if attendance is not None:
            self.attendance(meeting, **attendance)
        self.set_status(meeting, status, min(day - datetime.timedelta(60), self.today - datetime.timedelta(20)))
        for model, paper, published in ((Agenda, agenda, f"{data['key']}-8"), (Minutes, minutes, f"{data['key']}+14")):
            if paper is not None:
                paper = dict(paper)
                status, day = self.publication(paper, published)
                self.set_status(self.make(model, paper, meeting=meeting), status, min(day, self.today))

    def item(self, data: dict, meeting: Meeting, position: int):
        data = dict(data)
        agreements, files = data.pop("agreements", []), data.pop("files", [])
        ties = ("themes", "goals", "causes", "followed_up")
        links = {name: [self.rows[key] for key in data.pop(name, [])] for name in ties}
        item = self.make(AgendaItem, data, meeting=meeting, position=position)
        for name, rows in links.items():
            getattr(item, name).set(rows)
        for number, agreement in enumerate(agreements, 1):
            agreement = dict(agreement)
            member = self.rows.get(agreement.pop("member", ""))
            self.make(Agreement, agreement, item=item, position=number, member=member)
        for number, file in enumerate(files, 1):
            self.attachment(file, meeting, item, number)

    def attachment(self, data: dict, meeting: Meeting, item: AgendaItem | None, position: int):
        data = dict(data)
        name = data.pop("file")
        content = ContentFile((FOLDER / "eksempelkoebing" / "bilag" / name).read_bytes(), name)
        attachment = self.make(Attachment, data, meeting=meeting, item=item, position=position, file=content)
        self.files.append((attachment.file.storage, attachment.file.name))

    def attendance(self, meeting: Meeting, present=(), excused=(), absent=(), substitutes=(), remarks=()):
        """Record all members of the day as present except those named; or only `present`."""
        seated = meeting.council.memberships.on(meeting.date).filter(role__in=Membership.VOTING_ROLES, is_vacant=False)
        away = dict.fromkeys(excused, Attendance.Status.EXCUSED) | dict.fromkeys(absent, Attendance.Status.ABSENT)
        substitutes, remarks = dict(substitutes), dict(remarks)
        keys = {row.pk: key for key, row in self.rows.items() if isinstance(row, Membership)}
        named = {self.rows[key].pk for key in (*present, *excused, *absent)}
        for member in seated:
            if present and member.pk not in named:
                continue
            key = keys.get(member.pk, "")
            Attendance.objects.create(
                meeting=meeting,
                member=member,
                status=away.get(key, Attendance.Status.PRESENT),
                remark=remarks.get(key, ""),
            )
        for substitute, replaced in substitutes.items():
            Attendance.objects.create(meeting=meeting, member=self.rows[substitute], substitute_for=self.rows[replaced])

    # Hearings, inputs and news

    def hearing(self, council: Council, data: dict):
        data = dict(data)
        status, published = self.publication(data, data["received_on"])
        items = [self.rows[key] for key in data.pop("items", [])]
        hearing = self.make(Hearing, data, council=council)
        hearing.items.set(items)
        self.set_status(hearing, status, published)

    def input(self, council: Council, data: dict):
        """Create an input from a citizen."""
        data = dict(data)
        status, published = self.publication(data, data.get("answered"))
        received = self.morning_of(self.day(data.pop("received")))
        answered, closed = (data.pop(name, None) for name in ("answered", "closed"))
        given = {"item": self.rows[data.pop("item")]} if "item" in data else {}
        if "topic" in data:
            given["topic"] = Topic.objects.get(slug=data.pop("topic"))
        if answered:
            moment = self.morning_of(self.day(answered))
            given |= {"state": Input.State.ANSWERED, "answered_at": moment, "closed_at": moment}
        elif closed:
            given["closed_at"] = self.morning_of(self.day(closed))
        input_ = self.make(Input, data, council=council, **given)
        self.set_status(input_, status, published)
        Input.objects.filter(pk=input_.pk).update(created_at=received)

    def news(self, data: dict):
        data = dict(data)
        status, published = self.publication(data)
        about = {name: self.rows[data.pop(name)] for name in ("strategy", "meeting") if name in data}
        self.set_status(self.make(News, data, municipality=self.municipality, **about), status, published)


@transaction.atomic
def backdate_versions() -> None:
    """Date the public versions like the texts, which were written in the course of the past years."""
    now = timezone.now()
    raise_stamp(COUNTRY)
    for model in apps.get_models():
        if not issubclass(model, Publishable):
            continue
        public = model._base_manager.exclude(changed_at=None).filter(publish_at__lte=now)
        public.update(changed_at=Greatest("publish_at", "updated_at"))
        for document in public.filter(changed_at__lte=now) if model.versions_kept else ():
            PublicVersion.objects.of(document).update(at=document.changed_at)
