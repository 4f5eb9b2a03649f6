"""Fields of the meeting desk: their keys, validation, and their values as strings.

The key of a field is `section:row:name`, such as `item:12:decision`. A row that was created at the desk keeps the UUID
that its browser generated, so that its key does not change when it is saved.
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
from udsat.admin.form_fields import DateInputField
from udsat.lib.bidi import BIDI_CONTROLS
from udsat.lib.danish import short_date
from udsat.lib.richtext import RichTextField, clean_html, plain_text

MAX_TEXT = 100_000  # characters; longer than the minutes of any meeting

MODELS: dict[str, type[models.Model]] = {
    "minutes": Minutes,
    "attendance": Attendance,
    "item": AgendaItem,
    "agreement": Agreement,
}
FIELD_NAMES = {
    "minutes": ("chaired_by", "minutes_by", "guests"),
    "attendance": ("status", "substitute_for", "remark"),
    "item": ("title", "discussion", "answer", "decision", "dissent", "internal_note"),
    "agreement": ("text", "member", "responsible", "due_on"),
}
HEAD = "head"  # the only row of the section "minutes"
CREATED_AT_DESK = ("item", "agreement")

# Saved in place of a required heading that is not typed yet; at the desk the field is empty.
PLACEHOLDERS = {("item", "title"): "Punkt uden titel", ("agreement", "text"): "Aftale uden tekst"}

# Control characters other than tab and line feed, those of text direction, surrogates and noncharacters.
_UNWANTED = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff{BIDI_CONTROLS}]")


class UnknownField(Exception):
    """The desk has no field with that key."""


def fingerprint(value: str) -> str:
    """Return a short hash of a value, by which an edit identifies the value it is based on."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


EMPTY = fingerprint("")


@dataclass(frozen=True)
class DeskField:
    section: str
    row: str
    name: str

    @classmethod
    def from_key(cls, key: str) -> "DeskField":
        """Parse a key. Raise UnknownField if it is malformed or names no field."""
        section, _, rest = key.partition(":")
        row, _, name = rest.partition(":")
        if name not in FIELD_NAMES.get(section, ()):
            raise UnknownField
        if section == "minutes":
            is_valid = row == HEAD
        else:
            is_valid = bool(re.fullmatch(r"[1-9][0-9]{0,17}", row)) or (section in CREATED_AT_DESK and is_uuid(row))
        if not is_valid:
            raise UnknownField
        return cls(section, row, name)

    def __str__(self):
        return f"{self.section}:{self.row}:{self.name}"

    @property
    def model_field(self) -> models.Field:
        return MODELS[self.section]._meta.get_field(self.name)

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
    def placeholder(self) -> str:
        return PLACEHOLDERS.get((self.section, self.name), "")

    def read(self, row: models.Model | None) -> str:
        """Return the saved value as a string; empty for no value."""
        if row is None:
            return ""
        value = getattr(row, self.model_field.attname)
        if value is None or value == (self.placeholder or None):
            return ""
        return value.isoformat() if isinstance(value, datetime.date) else str(value)

    def put(self, row: models.Model, value: str) -> None:
        """Set a value that `clean` returned on the row, without saving it."""
        parsed: object = value
        if self.kind == "member":
            parsed = int(value) if value else None
        elif self.kind == "day":
            parsed = datetime.date.fromisoformat(value) if value else None
        elif not value and self.placeholder:
            parsed = self.placeholder
        setattr(row, self.model_field.attname, parsed)

    def clean(self, value: str, members: dict[str, str]) -> tuple[str, str]:
        """Return the value as it would be stored, and an error message in Danish or ""."""
        kind = self.kind
        if kind == "rich":
            value = clean_html(value)
        else:
            value = _UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
            value = (value if kind == "text" else " ".join(value.split())).strip()
        limit = self.model_field.max_length if kind == "line" else MAX_TEXT
        error = ""
        if self.is_text and len(value) > limit:
            error = f"Teksten er for lang. Her er plads til {limit} tegn."
        elif value and kind == "day":
            try:
                value = DateInputField().clean(value).isoformat()
            except ValidationError as invalid:
                error = invalid.messages[0]
        elif value and kind == "member" and value not in members:
            error = "Vælg et medlem af rådet."
        elif kind == "choice" and value not in dict(self.model_field.choices) and (value or self.name == "status"):
            error = "Vælg et af svarene."
        return value, error

    def display(self, value: str, members: dict[str, str]) -> str:
        """Return a value as plain text for display."""
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
        """Return both texts, one after the other."""
        if not first or not second or first == second:
            return first or second
        return first + {"rich": "", "text": "\n\n"}.get(self.kind, " / ") + second


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
