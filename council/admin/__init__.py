"""The back office of councils and meetings."""

from . import agreements, hearings, inputs, items, meetings, people

__all__ = ["agreements", "hearings", "inputs", "items", "meetings", "people"]
