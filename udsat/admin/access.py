"""Where a thing belongs, and what a user reaches and may write in."""

from django.core.exceptions import ObjectDoesNotExist

from udsat.lib import roles
from udsat.models import Municipality, Publishable


def municipality_of(obj) -> Municipality | None:
    """Where it belongs; None while its form has not said so yet."""
    try:
        return obj.municipality
    except (ObjectDoesNotExist, AttributeError, IndexError):
        return None


def is_live(obj) -> bool:
    """Whether a change of it is public without another look."""
    if isinstance(obj, Publishable):
        return obj.is_live
    try:
        return bool(obj.live_roots()) if hasattr(obj, "live_roots") else False
    except ObjectDoesNotExist:
        return False


def owner_of(obj) -> Publishable | None:
    """What it is edited as a part of, itself included: the first publishable on the way to its municipality."""
    for step in getattr(obj, "municipality_lookup", "pk").split("__"):
        if isinstance(obj, Publishable) or obj is None:
            break
        obj = getattr(obj, step, None)
    return obj if isinstance(obj, Publishable) else None


def municipalities_where(user, ability):
    """The municipalities in which her role gives the ability."""
    if user.is_superuser:
        return Municipality.objects.all()
    return Municipality.objects.filter(
        pk__in=[pk for pk, role in user.role_of.items() if ability in roles.ABILITIES[role]]
    )


def has_several(user) -> bool:
    return user.is_superuser or len(user.reach) > 1


def narrowed(queryset, place, owner):
    """The choices that can go with something of that municipality and, where they have it, of that owner."""
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
    return queryset.filter(**{lookup: place}) if place is not None else queryset


def may_edit(user, obj) -> bool:
    """Whether she may write in it. What is public at once also takes the right to publish."""
    place = municipality_of(obj)
    return user.may(roles.EDIT, place) and (not is_live(obj) or user.may(roles.PUBLISH, place))
