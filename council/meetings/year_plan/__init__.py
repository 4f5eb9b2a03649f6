"""A year of meetings: days proposed from a rhythm, and the year as it stands."""
