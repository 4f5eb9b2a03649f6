"""What is public, asked in one way.

A *publishable* (strategy, council, meeting, agenda, minutes, hearing, news) has a status of its own. A *part*
(theme, goal, agenda item, …) is public when what it belongs to is. Both answer through two doors only:
`published()` and, for people with a log-in, `visible_to(user)`. `in_reach_of(user)` is the back office's scope.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst

from .cpr import CprFinding, find_cpr, hide_cpr
from .file_checks import UnreadableDocument
from .richtext import RichTextField, link_addresses, plain_text
from .text_extraction import FileText, read_file_text


class Status(models.TextChoices):
    DRAFT = "kladde", "Kladde"
    PUBLISHED = "offentliggjort", "Offentliggjort"
    WITHDRAWN = "tilbagetrukket", "Trukket tilbage"


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to a municipality through `Model.municipality_lookup`."""

    def reach_q(self, user: Any) -> Q:
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return Q(pk__in=[])
        if user.is_superuser:
            return ~Q(pk__in=[])
        return Q(**{f"{self.model.municipality_lookup}__in": user.reach})

    def in_reach_of(self, user: Any) -> Self:
        """What the user's own municipalities hold, drafts and all; the only scope of the back office."""
        return self.filter(self.reach_q(user))

    def delete(self) -> tuple[int, dict[str, int]]:
        """One by one where the model keeps a history, which its own delete() writes."""
        if not hasattr(self.model, "revisioned_fields"):
            return super().delete()
        counts: Counter[str] = Counter()
        with transaction.atomic():
            for row in self:
                counts.update(row.delete()[1])
        return counts.total(), dict(counts)

    delete.alters_data = delete.queryset_only = True  # type: ignore[attr-defined]

    def published(self) -> Self:
        """What anybody may see now."""
        return self.filter(self.model.published_when(""))

    def visible_to(self, user: Any) -> Self:
        """What is public, and for those with a log-in also the drafts of their own municipalities."""
        return self.filter(self.model.published_when("") | self.reach_q(user))


def published_when(prefix: str) -> Q:
    """The publication rule, for a publishable that is reached through `prefix` (such as "theme__strategy__")."""
    now = timezone.now()
    return Q(**{f"{prefix}status": Status.PUBLISHED, f"{prefix}publish_at__lte": now}) & (
        Q(**{f"{prefix}expires_at": None}) | Q(**{f"{prefix}expires_at__gt": now})
    )


def window(*publishables: Any) -> tuple[datetime.datetime, datetime.datetime | None]:
    """From when until when all of them are public at once, if none is withdrawn; until None: no end is set."""
    ends = [one.expires_at for one in publishables if one.expires_at]
    return max(one.publish_at for one in publishables), min(ends, default=None)


@dataclass(frozen=True)
class Finding:
    """A suspected CPR number (or a file nobody can search) in one field of one object."""

    target: str  # "council.agendaitem:12:decision": where an override applies
    place: str  # for people: "Punkt 3. Boliger: Beslutning"
    masked: str
    fingerprint: str
    field: str
    edit_url: str = ""


@dataclass(frozen=True)
class PublicText:
    """A field as those outside read it."""

    field: models.Field
    text: str  # what is seen: for a file, its name
    unseen: tuple[str, ...] = ()  # what goes with it: the addresses of links, the path of a file
    inside: FileText | None = None  # what a file holds


class CheckedText(models.Model):
    """A model whose every text is searched for CPR numbers before anyone outside can read it.

    All text and file fields count, whoever adds them later, but for those in `private_fields`, which are never
    shown outside the back office.
    """

    private_fields: ClassVar[frozenset[str]] = frozenset()
    # Fields that ask for a contact or a place: what stands there is meant for everybody.
    contact_fields: ClassVar[frozenset[str]] = frozenset()
    municipality_lookup: ClassVar[str] = "municipality"

    class Meta:
        abstract = True

    @classmethod
    def checked_fields(cls) -> list[models.Field]:
        return [
            field
            for field in cls._meta.concrete_fields
            if isinstance(field, (models.CharField, models.TextField, models.FileField))
            and not field.choices
            and field.name not in cls.private_fields
        ]

    def object_label(self) -> str:
        return f"{capfirst(self._meta.verbose_name)} {self}"

    def is_field_public(self, field: str, within: Any) -> bool:
        """Whether the field is read outside when `within`, what this belongs to, is public."""
        return True

    def public_texts(self, within: Any = None) -> Iterator[PublicText]:
        """Everything of it that is read when `within` is public, field by field."""
        for field in self.checked_fields():
            value = getattr(self, field.attname)
            if not value or not self.is_field_public(field.name, within):
                continue
            if isinstance(field, models.FileField):
                yield PublicText(field, value.name.rsplit("/", 1)[-1], (value.name,), inside=read_file(value))
            elif isinstance(field, RichTextField):
                yield PublicText(field, plain_text(value), tuple(link_addresses(value)))
            else:
                yield PublicText(field, str(value))

    def findings(self, within: Any = None) -> Iterator[Finding]:
        """Suspected numbers in the texts that are public when `within`, what this belongs to, is."""
        for read in self.public_texts(within):
            # The same number twice in a field, as in a link and its address, is one thing to mend.
            numbers: dict[str, CprFinding] = {}
            for text in (read.text, *read.unseen, read.inside.text if read.inside else ""):
                for found in find_cpr(text):
                    numbers.setdefault(found.fingerprint, found)
            for found in numbers.values():
                yield Finding(
                    target=f"{self._meta.label_lower}:{self.pk}:{read.field.name}",
                    place=f"{hide_cpr(self.object_label())}: {read.field.verbose_name}",
                    masked=found.masked,
                    fingerprint=found.fingerprint,
                    field=read.field.name,
                )


def read_file(file: Any) -> FileText:
    """The text inside an uploaded file. A picture or a locked file has none, and only a person can judge it."""
    file.open("rb")
    try:
        return read_file_text(file.read(), file.name)
    except UnreadableDocument:
        return FileText("", complete=False)
    finally:
        file.seek(0)


def check_texts(instance: CheckedText, is_cpr_overridden: Callable[[Finding], bool], within: Any = None) -> None:
    """Raise ValidationError, by field, if a text that is public at once holds an unconfirmed CPR number."""
    errors: dict[str, list[str]] = {}
    for finding in instance.findings(within):
        if not is_cpr_overridden(finding):
            errors.setdefault(finding.field, []).append(
                f"Her står noget, der ligner et CPR-nummer ({finding.masked}), og teksten er offentlig. Fjern det."
            )
    if errors:
        raise ValidationError(errors)
