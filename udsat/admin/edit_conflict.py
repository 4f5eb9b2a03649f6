"""The version that a form was opened with, so that nobody saves over what another has saved since."""

import hashlib
import json

from django.db.models import F

from udsat.models import Publishable


def version_of(obj) -> str:
    """What a form remembers of the object it was opened with, to see whether another has saved since."""
    if isinstance(obj, Publishable):
        return str(obj.version)
    # A log-in, which is no edit, changes these two of a user.
    fields = [field for field in obj._meta.concrete_fields if field.name not in ("last_login", "password")]
    values = [field.value_to_string(obj) for field in fields]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:20]


def increment_version(obj: Publishable) -> None:
    """Count a change of it, so that a form opened before shows a conflict."""
    type(obj)._base_manager.filter(pk=obj.pk).update(version=F("version") + 1)
    obj.version += 1
