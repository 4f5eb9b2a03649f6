"""Relations of a model to itself, such as a strategy that replaces another: no chain of them may be a circle."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst


def self_relations(model: type[models.Model]) -> list[models.ForeignKey]:
    """Return the foreign keys of the model to itself."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is model
    ]


def pointing_at(pk: Any, links: Mapping[Any, Any]) -> set[Any]:
    """Return the primary key with those whose chain leads to it. `links` maps a primary key to its relative's."""
    reached = {pk}
    while more := {one for one, relative in links.items() if relative in reached} - reached:
        reached |= more
    return reached


def circle_error(field: models.ForeignKey, obj: models.Model, relative: models.Model) -> ValidationError:
    """Return the error of a relation that leads back to its own object, in Danish."""
    if relative.pk == obj.pk:
        return ValidationError("Vælg en anden: Det er den samme som den, du retter.", code="circle")
    name = capfirst(field.verbose_name)
    return ValidationError(
        f"Vælg en anden: Feltet »{name}« på »{relative}« fører tilbage til den, du retter.", code="circle"
    )


def check_self_relations(obj: models.Model) -> None:
    """Raise ValidationError if a saved object's chain of relatives leads back to it."""
    errors = {}
    for field in self_relations(type(obj)):
        relative = getattr(obj, field.name)
        passed = set()
        step = relative
        while obj.pk and step is not None and step.pk not in passed:
            if step.pk == obj.pk:
                errors[field.name] = circle_error(field, obj, relative)
                break
            passed.add(step.pk)
            step = type(obj)._base_manager.filter(pk=getattr(step, field.attname)).first()
    if errors:
        raise ValidationError(errors)
