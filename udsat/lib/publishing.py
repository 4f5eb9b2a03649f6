"""The publication rule, the scope of the back office, and the CPR check of texts before publication.

A *publishable* (strategy, council, meeting, agenda, minutes, hearing, news) has its own status. A *part* (theme, goal,
agenda item, …) is public when its publishable is. For both, `published()` returns the public rows, and
`visible_to(user)` adds the drafts of a user's own municipalities. `in_reach_of(user)` is the scope of the back office.
"""

import datetime
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial, wraps
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.text import capfirst

from .cpr import CprFinding, find_cpr, hide_cpr
from .file_checks import UnreadableDocument
from .prepared import prepared, present
from .richtext import RichTextField, link_addresses, plain_text
from .text_extraction import FileText, extract_text


class Status(models.TextChoices):
    DRAFT = "kladde", "Kladde"
    PUBLISHED = "offentliggjort", "Offentliggjort"
    WITHDRAWN = "tilbagetrukket", "Trukket tilbage"


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to a municipality through `Model.municipality_lookup`."""

    def reach_q(self, user: Any) -> Q:
        if not has_back_office(user):
            return Q(pk__in=[])
        if user.is_superuser:
            return ~Q(pk__in=[])
        return Q(**{f"{self.model.municipality_lookup}__in": user.reach})

    def in_reach_of(self, user: Any) -> Self:
        """Return the rows of the user's own municipalities, drafts included: the scope of the back office."""
        return self.filter(self.reach_q(user))

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete rows one by one if the model keeps a history, which is written by its delete()."""
        if not hasattr(self.model, "revisioned_fields"):
            return super().delete()
        counts: Counter[str] = Counter()
        with transaction.atomic():
            for row in self:
                counts.update(row.delete()[1])
        return counts.total(), dict(counts)

    delete.alters_data = delete.queryset_only = True  # type: ignore[attr-defined]

    def published(self) -> Self:
        """Return the rows that are public now."""
        return self.filter(self.model.published_when(""))

    def visible_to(self, user: Any) -> Self:
        """Return the rows that are public now or in the user's own municipalities."""
        if not has_back_office(user):
            return self.published()
        return self.filter(self.model.published_when("") | self.reach_q(user))


def has_back_office(user: Any) -> bool:
    """Whether the user may log in to the back office. All others see what is public and nothing else."""
    return bool(user.is_authenticated and user.is_active and user.is_staff)


def reaches(user: Any, municipality: Any) -> bool:
    """Whether the rows of the municipality are among those `in_reach_of(user)`."""
    return has_back_office(user) and (user.is_superuser or municipality.pk in user.reach)


def visible_rows(build: Callable[..., models.QuerySet]) -> Callable[..., list[Any]]:
    """Decorate a function of a user and arguments that returns a queryset; calls return the list of its rows.

    The query of those who see what is public only is prepared (see `prepared`).
    """
    public_rows = prepared(partial(build, AnonymousUser()))

    @wraps(build)
    def rows(user: Any, **arguments: Any) -> list[Any]:
        return list(build(user, **arguments)) if has_back_office(user) else public_rows(**arguments)

    return rows


def published_when(prefix: str) -> Q:
    """Return the publication rule for publishables looked up through `prefix` (such as "theme__strategy__")."""
    now = present()
    return Q(**{f"{prefix}status": Status.PUBLISHED, f"{prefix}publish_at__lte": now}) & (
        Q(**{f"{prefix}expires_at": None}) | Q(**{f"{prefix}expires_at__gt": now})
    )


def public_now(model: Any, prefix: str = "") -> models.Expression:
    """Return the publication rule as an annotation, for rows looked up through `prefix`."""
    return models.Case(models.When(model.published_when(prefix), then=True), default=False)


def publication_window(*publishables: Any) -> tuple[datetime.datetime, datetime.datetime | None]:
    """Return start and end of the period in which all of them are public, unless withdrawn. None means no end."""
    ends = [publishable.expires_at for publishable in publishables if publishable.expires_at]
    return max(publishable.publish_at for publishable in publishables), min(ends, default=None)


@dataclass(frozen=True)
class Finding:
    """A suspected CPR number in one field of one object."""

    target: str  # "council.agendaitem:12:decision", the key of an override
    location: str  # for display: "Punkt 3. Boliger: Beslutning"
    masked: str
    fingerprint: str
    field: str

    @property
    def key(self) -> str:
        """Hash of field and number, the name of the finding in forms."""
        return hashlib.sha256(f"{self.target}\0{self.fingerprint}".encode()).hexdigest()[:12]


@dataclass(frozen=True)
class PublicText:
    """The text of a field as the public reads it."""

    field: models.Field
    text: str  # as displayed; for a file, its name
    unseen: tuple[str, ...] = ()  # not displayed, but public: the addresses of links, the path of a file
    file: Any = None  # the uploaded file of a file field

    @property
    def numbers(self) -> dict[str, CprFinding]:
        """The suspected CPR numbers by fingerprint: one in a link and in its address counts once."""
        numbers: dict[str, CprFinding] = {}
        for text in (self.text, *self.unseen, self.file_text.text if self.file_text else ""):
            for number in find_cpr(text):
                numbers.setdefault(number.fingerprint, number)
        return numbers

    @cached_property
    def file_text(self) -> FileText | None:
        """The contents of a file, which is read when they are first used."""
        return _read_file(self.file) if self.file else None


class CheckedText(models.Model):
    """A model whose texts are all searched for CPR numbers before they become public.

    All text and file fields are checked, except those in `private_fields`, which are only shown in the back office.
    """

    private_fields: ClassVar[frozenset[str]] = frozenset()
    # Fields for public contact details and addresses, which the search for personal data leaves out.
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
        """Return type and name of the object for messages."""
        return f"{capfirst(self._meta.verbose_name)} {self}"

    def is_field_public(self, field: str, within: Any) -> bool:
        """Whether the field is public when `within`, the publishable this belongs to, is public."""
        return True

    def publication_roots(self) -> list[Any]:
        """Return the objects on whose pages its texts are read: each has `is_live` and `publication_parts()`."""
        return []

    def public_values(self, within: Any = None) -> Iterator[tuple[models.Field, Any]]:
        """Yield fields and stored values of the texts that are public when `within` is public."""
        for field in self.checked_fields():
            value = getattr(self, field.attname)
            if value and self.is_field_public(field.name, within):
                yield field, value

    def public_texts(self, within: Any = None) -> Iterator[PublicText]:
        """Yield the texts that are public when `within` is public, field by field."""
        for field, value in self.public_values(within):
            if isinstance(field, models.FileField):
                yield PublicText(field, value.name.rsplit("/", 1)[-1], (value.name,), value)
            elif isinstance(field, RichTextField):
                yield PublicText(field, plain_text(value), tuple(link_addresses(value)))
            else:
                yield PublicText(field, str(value))

    @property
    def target(self) -> str:
        """Model and primary key as a string, the beginning of `Finding.target`."""
        return f"{self._meta.label_lower}:{self.pk}"

    def findings(self, within: Any = None) -> Iterator[Finding]:
        """Yield the suspected CPR numbers in the texts that are public when `within` is public."""
        yield from self.findings_in(self.public_texts(within))

    def findings_in(self, texts: Iterable[PublicText]) -> Iterator[Finding]:
        """Yield the suspected CPR numbers in these of its public texts."""
        for public in texts:
            for number in public.numbers.values():
                yield Finding(
                    target=f"{self.target}:{public.field.name}",
                    location=f"{hide_cpr(self.object_label())}: {public.field.verbose_name}",
                    masked=number.masked,
                    fingerprint=number.fingerprint,
                    field=public.field.name,
                )


def _read_file(file: Any) -> FileText:
    """Return the text of an uploaded file; incomplete for pictures and locked files, which a person must review."""
    file.open("rb")
    try:
        return extract_text(file.read(), file.name)
    except UnreadableDocument:
        return FileText("", complete=False)
    finally:
        file.seek(0)


def check_texts(instance: CheckedText, is_cpr_overridden: Callable[[Finding], bool], within: Any = None) -> None:
    """Raise ValidationError, by field, for CPR numbers without an override in a text that is public once saved."""
    errors: dict[str, list[str]] = {}
    for finding in instance.findings(within):
        if not is_cpr_overridden(finding):
            errors.setdefault(finding.field, []).append(
                f"Her står noget, der ligner et CPR-nummer ({finding.masked}), og teksten er offentlig. Fjern det."
            )
    if errors:
        raise ValidationError(errors)
