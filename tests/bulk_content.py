"""Content in bulk: a hundred copies of each row of a small content, so that every list on a page is that long."""

import datetime
from itertools import count

from django.core.management import call_command

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
    WorkingGroup,
)
from strategies.models import Action, FollowUp, Goal, Section, Situation, Strategy, Theme, Topic
from udsat.models import Municipality, PublicVersion

# Each model with the relation to what its rows belong to, which is copied before them.
BELOW = [
    (Municipality, ""),
    (Topic, ""),
    (Situation, ""),
    (Strategy, "municipality"),
    (Section, "strategy"),
    (Theme, "strategy"),
    (Goal, "theme"),
    (Action, "goal"),
    (FollowUp, "goal"),
    (Council, "municipality"),
    (Person, "municipality"),
    (Membership, "person"),
    (Cause, "council"),
    (WorkingGroup, "council"),
    (Meeting, "council"),
    (Agenda, "meeting"),
    (Minutes, "meeting"),
    (AgendaItem, "meeting"),
    (Attachment, "item"),
    (Agreement, "item"),
    (Attendance, "member"),
    (Hearing, "council"),
    (Input, "council"),
    (News, "municipality"),
    (PublicVersion, "municipality"),
]
NATIONAL = {Topic, Situation}  # lists of the portal, which do not grow with the content
# What a row has one of.
SINGLE = {Council, Membership, Agenda, Minutes, Attendance}
RELATIONS = [Situation.topics, Theme.topics, AgendaItem.themes, AgendaItem.goals, AgendaItem.causes, Hearing.items]
MANY = 10  # entries of a national list, and copies related to one original, to keep pages below megabytes


def multiply(times: int) -> None:
    """Copy every row that often where it belongs, and once below each copy of what it belongs to."""
    numbers = count(2)
    copies: dict = {}  # by model and primary key of the original
    for model, relation in BELOW:
        made = []
        for original in model._base_manager.all():
            above = getattr(original, relation) if relation else None
            places = [] if model in SINGLE else [above] * ((MANY if model in NATIONAL else times) - 1)
            places += copies.get((type(above), above.pk), []) if above else []
            made += [(original, _copy(original, relation, place, next(numbers))) for place in places]
        model._base_manager.bulk_create([copy for _, copy in made], batch_size=500)
        for original, copy in made:
            copies.setdefault((model, original.pk), []).append(copy)
    for relation in RELATIONS:
        _relate(relation.through, copies)
    call_command("rebuild_search", verbosity=0)


def _relate(through, copies):
    """Relate each copy to the same copy of what its original is related to, and some to the original itself."""
    source, target = [field for field in through._meta.concrete_fields if field.is_relation]
    pairs = {}
    for row in through._base_manager.all():
        ends = [getattr(row, field.attname) for field in (source, target)]
        froms, tos = [copies[field.related_model, pk] for field, pk in zip((source, target), ends, strict=True)]
        pairs |= dict.fromkeys((one.pk, other.pk) for one, other in zip(froms, tos, strict=False))
        pairs |= dict.fromkeys((one.pk, ends[1]) for one in froms[:MANY])
        pairs |= dict.fromkeys((ends[0], other.pk) for other in tos[:MANY])
    rows = [through(**{source.attname: one, target.attname: other}) for one, other in pairs]
    through._base_manager.bulk_create(rows, batch_size=500)


def _copy(original, relation, place, number):
    fields = {field.attname for field in original._meta.concrete_fields} - {"id", "reference"}
    values = {name: getattr(original, name) for name in fields}
    if relation:
        values[f"{relation}_id"] = place.pk
    if isinstance(original, Attachment):
        values["meeting_id"] = place.meeting_id
    for name in ("slug", "name", "title", "form_key"):
        if values.get(name):
            values[name] = f"{values[name]}-{number}"
    match original:
        case Municipality():
            values["code"] = f"{number:04}"
        case Strategy():
            values["replaces_id"] = None
        case Goal() if place.pk != original.theme_id:
            values["parent_id"] = None
        case Section():
            values["kind"] = Section.Kind.OTHER
        case PublicVersion():
            values["number"] = number
        case Meeting():
            away = datetime.timedelta(number)
            values["date"] += away if original.date > datetime.date(2026, 1, 1) else -away
    return type(original)(**values)
