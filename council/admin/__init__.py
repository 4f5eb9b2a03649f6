"""The back office of councils and meetings. Its modules register their admins."""

from . import agreements, councils, hearings, inputs, items, meetings, people  # noqa: F401
