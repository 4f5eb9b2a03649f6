"""Optimistic locking: the version with which a form was opened."""

import hashlib
import json

from django.db.models import F

from udsat.models import Publishable


def version_of(obj) -> str:
    """Return a token that changes with every save of the object."""
    if isinstance(obj, Publishable):
        return str(obj.version)
    # Logging in changes these fields of a user.
    fields = [field for field in obj._meta.concrete_fields if field.name not in ("last_login", "password")]
    values = [field.value_to_string(obj) for field in fields]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:20]


def increment_version(obj: Publishable) -> None:
    """Increment the version, so that forms opened earlier show a conflict."""
    type(obj)._base_manager.filter(pk=obj.pk).update(version=F("version") + 1)
    obj.version += 1
