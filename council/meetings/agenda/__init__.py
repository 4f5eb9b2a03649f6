"""Building an agenda: standard items, proposals from the members, copies from earlier, order, files and themes."""
