"""Letters to the council's secretary, who is not at her desk every day."""

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string

from udsat.lib.roles import Role
from udsat.models import Letter, User

from .models import Council


def secretaries(council: Council) -> list[tuple[str, str]]:
    """Where the secretary reads mail: the council's own address, else those who have that role here."""
    if council.email:
        return [(council.email, council.name)]
    users = User.objects.filter(
        Q(assignments__municipality=council.municipality, assignments__role=Role.SECRETARY), is_active=True
    ).exclude(email="")
    return [(user.email, str(user)) for user in users.distinct()]


def tell_secretary(council: Council, key: str, subject: str, template: str, path: str, **context) -> int:
    """Write to the secretary, once for each key, what `email/<template>` says, with the page at `path` to go to.

    Call it in the transaction of what it tells. Returns the number of new letters.
    """
    keys = {f"{key}:{address}"[:200]: (address, name) for address, name in secretaries(council)}
    for had in Letter.objects.filter(key__in=keys).values_list("key", flat=True):
        del keys[had]
    if not keys:
        return 0
    text = render_to_string(f"email/{template}", {"council": council, "url": settings.SITE_URL + path, **context})
    for key, (address, name) in keys.items():
        Letter.objects.write(
            municipality=council.municipality, key=key, to=address, to_name=name, subject=subject[:200], text=text
        )
    return len(keys)
