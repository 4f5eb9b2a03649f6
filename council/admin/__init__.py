"""The back office of councils and meetings."""

from . import agreements, councils, hearings, inputs, items, meetings, people

__all__ = ["agreements", "councils", "hearings", "inputs", "items", "meetings", "people"]
