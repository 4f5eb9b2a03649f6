"""Approval of minutes, and of answers to hearings, by the members: by link, by phone, or at a meeting."""
