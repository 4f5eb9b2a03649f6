"""Approval of minutes, and of answers to hearings, by the members: by personal link, by phone or at a meeting."""
