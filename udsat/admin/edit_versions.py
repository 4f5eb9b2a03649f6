"""Optimistic locking: the version with which a form was opened."""

import hashlib
import json
from collections.abc import Iterable

from django.db import models
from django.db.models import F

from udsat.models import Publishable


def version_of(obj, rows: Iterable[models.Model] = ()) -> str:
    """Return a token that changes with every save of the object, or of one of the rows that are edited with it.

    The version of a publishable is incremented by every save of its parts.
    """
    if isinstance(obj, Publishable):
        return str(obj.version)
    related = [
        sorted(getattr(obj, field.name).values_list("pk", flat=True)) if obj.pk else []
        for field in obj._meta.many_to_many
        if field.remote_field.through._meta.auto_created
    ]
    values = [_values(obj), related, [_values(row) for row in rows]]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:20]


def _values(obj) -> list[str]:
    # Logging in changes these fields of a user.
    fields = [field for field in obj._meta.concrete_fields if field.name not in ("last_login", "password")]
    return [field.value_to_string(obj) for field in fields]


def increment_version(obj: Publishable) -> None:
    """Increment the version, so that forms opened earlier show a conflict."""
    type(obj)._base_manager.filter(pk=obj.pk).update(version=F("version") + 1)
    obj.version += 1
