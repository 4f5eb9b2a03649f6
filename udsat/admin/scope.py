"""Scope and editing rights in the back office: which objects a user reaches, and which of them they may edit."""

from django.core.exceptions import ObjectDoesNotExist

from udsat.lib import roles
from udsat.models import Municipality, Publishable


def municipality_of(obj) -> Municipality | None:
    """Return the object's municipality, or None while its form has not set it."""
    try:
        return obj.municipality
    except (ObjectDoesNotExist, AttributeError, IndexError):
        return None


def is_live(obj) -> bool:
    """Return whether a change of the object becomes public at once, without a review."""
    if isinstance(obj, Publishable):
        return obj.is_live
    try:
        return bool(obj.live_roots()) if hasattr(obj, "live_roots") else False
    except ObjectDoesNotExist:
        return False


def owner_of(obj) -> Publishable | None:
    """Return the nearest publishable on the path to the municipality, the object itself included."""
    for step in getattr(obj, "municipality_lookup", "pk").split("__"):
        if isinstance(obj, Publishable) or obj is None:
            break
        obj = getattr(obj, step, None)
    return obj if isinstance(obj, Publishable) else None


def municipalities_where(user, ability):
    """Return the municipalities in which the user's role gives the ability."""
    if user.is_superuser:
        return Municipality.objects.all()
    return Municipality.objects.filter(
        pk__in=[pk for pk, role in user.role_of.items() if ability in roles.ABILITIES[role]]
    )


def has_several_municipalities(user) -> bool:
    return user.is_superuser or len(user.reach) > 1


def restrict_choices(queryset, municipality, owner):
    """Limit choices to the municipality and, if the model has one, to the same owner."""
    lookup = getattr(queryset.model, "municipality_lookup", "pk")
    if lookup == "pk":
        return queryset
    if owner is not None and owner.pk:
        step_model, path = queryset.model, []
        for step in lookup.split("__"):
            step_model = step_model._meta.get_field(step).related_model
            path.append(step)
            if step_model is type(owner):
                return queryset.filter(**{"__".join(path): owner})
    return queryset.filter(**{lookup: municipality}) if municipality is not None else queryset


def may_edit(user, obj) -> bool:
    """Return whether the user may edit the object. A change that is public at once requires the right to publish."""
    municipality = municipality_of(obj)
    return user.may(roles.EDIT, municipality) and (not is_live(obj) or user.may(roles.PUBLISH, municipality))
