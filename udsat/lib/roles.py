"""Roles in a municipality's back office, and their abilities."""

from django.db import models


class Role(models.TextChoices):
    SECRETARY = "sekretaer", "Sekretær"
    EDITOR = "redaktoer", "Redaktør"
    APPROVER = "godkender", "Godkender"
    ADMINISTRATOR = "administrator", "Administrator"


VIEW = "view"
EDIT = "edit"
PUBLISH = "publish"
MANAGE = "manage"

ABILITIES: dict[str, frozenset[str]] = {
    Role.SECRETARY: frozenset({VIEW, EDIT, PUBLISH}),
    Role.EDITOR: frozenset({VIEW, EDIT}),
    Role.APPROVER: frozenset({VIEW, PUBLISH}),
    Role.ADMINISTRATOR: frozenset({VIEW, EDIT, PUBLISH, MANAGE}),
}
