"""The back office of councils and meetings."""

from . import agreements, hearings, items, meetings, people

__all__ = ["agreements", "hearings", "items", "meetings", "people"]
