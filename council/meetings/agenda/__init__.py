"""Agenda building: standard items, proposals from members, copies from earlier meetings, order, files and themes."""
