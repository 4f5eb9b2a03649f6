"""Versions of public documents. A document has changed when what the public reads of it has changed."""

import datetime
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from udsat.lib.publishing import ScopedQuerySet
from udsat.lib.richtext import plain_text

# Editable fields of publishables that are no part of the text.
_OUTSIDE_THE_TEXT = {"expires_at"}


class PublicVersionQuerySet(ScopedQuerySet):
    def of(self, document: models.Model):
        """Return the versions of one document, the first one first."""
        return self.filter(content_type=ContentType.objects.get_for_model(document), object_id=document.pk)


class PublicVersion(models.Model):
    """A text that is or was public, from `at` until the next version or the withdrawal of the document.

    The last one is in the future while the document is scheduled.
    """

    municipality_lookup = "municipality"

    municipality = models.ForeignKey("udsat.Municipality", models.CASCADE, related_name="+")
    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    number = models.PositiveIntegerField("nummer")
    at = models.DateTimeField("offentlig fra", default=timezone.now)
    content = models.JSONField("indhold", default=list)  # as from `public_content`; empty where it is not kept

    objects = PublicVersionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        verbose_name = "offentlig version"
        verbose_name_plural = "offentlige versioner"
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id", "number"], name="public_version_number_once")
        ]

    def __str__(self):
        return f"Version {self.number}"


def public_content(document: Any) -> list[dict[str, Any]]:
    """Return what the public reads of a document: the values of the public fields of its parts, as JSON.

    Relations are primary keys, so that no name outlives the consent of its person.
    """
    parts = [part for part in document.publication_parts() if not hasattr(part, "shows_in") or part.shows_in(document)]
    relations = _relations(parts)
    content = []
    for part in parts:
        values = part.revisioned_values() | relations.get((type(part), part.pk), {})
        public = {
            name: value
            for name, value in values.items()
            if name not in part.private_fields | _OUTSIDE_THE_TEXT and part.is_field_public(name, document)
        }
        content.append({"model": part._meta.label_lower, "pk": part.pk, "values": public})
    return content


def _relations(parts: list[Any]) -> dict[tuple[type, int], dict[str, list[int]]]:
    """Return the many-to-many relations of the parts, with one query for each field of each model."""
    relations: dict[tuple[type, int], dict[str, list[int]]] = defaultdict(dict)
    for model in {type(part) for part in parts}:
        for field in model._meta.many_to_many:
            source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
            rows = field.remote_field.through._base_manager.filter(
                **{f"{source}__in": [part.pk for part in parts if type(part) is model]}
            )
            for pk, related in rows.order_by(f"{target}_id").values_list(f"{source}_id", f"{target}_id"):
                relations[model, pk].setdefault(field.name, []).append(related)
    return relations


def keep_version(document: Any) -> None:
    """Number and date the document anew if its public text has changed. Reads the given instance, as it is stored."""
    now = timezone.now()
    is_coming = bool(document.changed_at and document.changed_at > now)
    versions = PublicVersion.objects.of(document)
    if not document.is_live:
        document.updated_at = now
        if is_coming:
            versions.filter(number=document.public_version).delete()
            document.public_version -= 1
            document.changed_at, document.public_digest = None, None
        _store(document, "updated_at", "public_version", "changed_at", "public_digest")
        return
    content = public_content(document)
    sha = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).digest()
    digest = int.from_bytes(sha[:8], signed=True)
    begins = (
        max(document.publish_at, now) if document.public_version or document.publish_at > now else document.publish_at
    )
    if digest == document.public_digest and not (is_coming and begins != document.changed_at):
        if document.versions_kept == "text":  # the text is withheld from a withdrawal to the next publication
            versions.filter(number=document.public_version, content=[]).update(content=content)
        return
    document.raise_stamps()
    document.public_version += not is_coming
    document.changed_at, document.public_digest = begins, digest
    _store(document, "public_version", "changed_at", "public_digest")
    if document.versions_kept:
        versions.update_or_create(
            municipality=document.municipality,
            content_type=ContentType.objects.get_for_model(document),
            object_id=document.pk,
            number=document.public_version,
            defaults={"at": begins, "content": content if document.versions_kept == "text" else []},
        )


def _store(document: Any, *names: str) -> None:
    type(document)._base_manager.filter(pk=document.pk).update(**{name: getattr(document, name) for name in names})


def last_changed(document: Any) -> datetime.datetime:
    """Return when the text was last changed, as far as readers know: never a time to come."""
    changed = document.changed_at if document.is_live and document.changed_at else document.updated_at
    return min(changed, timezone.now())


@dataclass(frozen=True)
class VersionHistory:
    """One version of a document, with those that were public before and after it."""

    version: PublicVersion
    public: list[PublicVersion]  # all that are or were public, the newest first

    @property
    def next(self) -> PublicVersion | None:
        """The version that replaced it."""
        return next((other for other in reversed(self.public) if other.number > self.version.number), None)

    @property
    def is_newest(self) -> bool:
        return self.next is None


def version_history(document: Any, number: int) -> VersionHistory | None:
    """Return the version of that number of a public document; None if there is none yet."""
    public = list(PublicVersion.objects.of(document).filter(at__lte=timezone.now()).order_by("-number"))
    version = next((version for version in public if version.number == number), None)
    return version and VersionHistory(version, public)


def withhold_texts(document: Any) -> None:
    """Delete the texts of all versions. A withdrawn text may not be read again at the address of its version."""
    PublicVersion.objects.of(document).update(content=[])


def texts_in(content: Any) -> Iterator[str]:
    """Yield all texts of a content, also as they are read where they have markup."""
    if isinstance(content, str):
        yield content
        yield plain_text(content)
    elif isinstance(content, dict | list):
        for value in content.values() if isinstance(content, dict) else content:
            yield from texts_in(value)
