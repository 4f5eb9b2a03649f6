"""The fields of the desk: what each is called, what may stand in it, and how its value reads as a string.

A field is named by `room:row:name`, such as `punkt:12:decision`. A row that was begun at the desk is named by the
UUID its browser gave it, from the first key press on and for good, so that nothing has to be renamed when it is saved.
"""

import datetime
import hashlib
import re
import uuid
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from council.models import AgendaItem, Agreement, Attendance, Minutes
from udsat.admin.form_fields import DayField
from udsat.lib.danish import short_date
from udsat.lib.richtext import RichTextField, clean_html, plain_text

# Longer than any minutes of a meeting; more is a mistake, or somebody's attack.
MAX_TEXT = 100_000

ROOMS: dict[str, tuple[type[models.Model], tuple[str, ...]]] = {
    "moede": (Minutes, ("chaired_by", "minutes_by", "guests")),
    "medlem": (Attendance, ("status", "substitute_for", "remark")),
    "punkt": (AgendaItem, ("title", "discussion", "answer", "decision", "dissent", "internal_note")),
    "aftale": (Agreement, ("text", "member", "responsible", "due_on")),
}
HEAD = "hoved"  # the only row of the room »moede«

# What stands in a row whose heading nobody has typed yet; at the desk that field is empty.
UNNAMED = {("punkt", "title"): "Punkt uden titel", ("aftale", "text"): "Aftale uden tekst"}

# Control characters, line breaks included or not, and what no database can store.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Unknown(Exception):
    """No field of the desk has that name."""


def fingerprint(value: str) -> str:
    """What a browser remembers of the text it began with. It is compared, never computed, over there."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


EMPTY = fingerprint("")


@dataclass(frozen=True)
class Field:
    room: str
    row: str
    name: str

    @classmethod
    def named(cls, text: str) -> "Field":
        room, _, rest = text.partition(":")
        row, _, name = rest.partition(":")
        if room not in ROOMS or name not in ROOMS[room][1]:
            raise Unknown
        if room == "moede":
            known = row == HEAD
        else:
            known = bool(re.fullmatch(r"[1-9][0-9]{0,17}", row)) or (room in ("punkt", "aftale") and is_uuid(row))
        if not known:
            raise Unknown
        return cls(room, row, name)

    def __str__(self):
        return f"{self.room}:{self.row}:{self.name}"

    @property
    def model_field(self) -> models.Field:
        return ROOMS[self.room][0]._meta.get_field(self.name)

    @property
    def kind(self) -> str:
        field = self.model_field
        if isinstance(field, RichTextField):
            return "rich"
        if isinstance(field, models.ForeignKey):
            return "member"
        if isinstance(field, models.DateField):
            return "day"
        if field.choices:
            return "choice"
        return "line" if isinstance(field, models.CharField) else "text"

    @property
    def is_text(self) -> bool:
        return self.kind in ("rich", "line", "text")

    @property
    def label(self) -> str:
        return capfirst(self.model_field.verbose_name)

    @property
    def unnamed(self) -> str:
        return UNNAMED.get((self.room, self.name), "")

    def read(self, row: models.Model | None) -> str:
        """The saved value as a string; empty where nothing is."""
        if row is None:
            return ""
        value = getattr(row, self.model_field.attname)
        if value is None or value == (self.unnamed or None):
            return ""
        return value.isoformat() if isinstance(value, datetime.date) else str(value)

    def put(self, row: models.Model, value: str) -> None:
        """Set the value in the row; not saved. `value` has been through `clean`."""
        parsed: object = value
        if self.kind == "member":
            parsed = int(value) if value else None
        elif self.kind == "day":
            parsed = datetime.date.fromisoformat(value) if value else None
        elif not value and self.unnamed:
            parsed = self.unnamed
        setattr(row, self.model_field.attname, parsed)

    def clean(self, value: str, members: dict[str, str]) -> tuple[str, str]:
        """The value as it would be stored, and what is wrong with it, in Danish."""
        kind = self.kind
        if kind == "rich":
            value = clean_html(value)
        else:
            value = _UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
            value = (value if kind == "text" else " ".join(value.split())).strip()
        limit = self.model_field.max_length if kind == "line" else MAX_TEXT
        problem = ""
        if self.is_text and len(value) > limit:
            problem = f"Teksten er for lang. Her er plads til {limit} tegn."
        elif value and kind == "day":
            try:
                value = DayField().clean(value).isoformat()
            except ValidationError as error:
                problem = error.messages[0]
        elif value and kind == "member" and value not in members:
            problem = "Vælg et medlem af rådet."
        elif kind == "choice" and value not in dict(self.model_field.choices) and (value or self.name == "status"):
            problem = "Vælg et af svarene."
        return value, problem

    def shown(self, value: str, members: dict[str, str]) -> str:
        """A value as a person reads it, in plain text."""
        if not value:
            return ""
        if self.kind == "rich":
            return plain_text(value)
        if self.kind == "member":
            return members.get(value, "")
        if self.kind == "choice":
            return str(dict(self.model_field.choices).get(value, value))
        if self.kind == "day":
            try:
                return short_date(datetime.date.fromisoformat(value))
            except ValueError:
                return value
        return value

    def joined(self, first: str, second: str) -> str:
        """Both texts, one after the other."""
        if not first or not second or first == second:
            return first or second
        return first + {"rich": "", "text": "\n\n"}.get(self.kind, " / ") + second


def is_uuid(text: str) -> bool:
    """Whether it is a UUID in the one form that browsers write."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
