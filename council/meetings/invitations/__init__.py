"""Invitations to a meeting: e-mails with the agenda, members' replies, and substitutes."""
