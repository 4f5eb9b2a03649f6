"""E-mails to the council's secretary and to its members."""

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string

from udsat.lib.roles import Role
from udsat.models import Letter, User

from .models import Council, Person


def secretaries(council: Council) -> list[tuple[str, str]]:
    """Return address and name of the council's mailbox or, without one, of each user with the role of secretary."""
    if council.email:
        return [(council.email, council.name)]
    users = User.objects.filter(
        Q(assignments__municipality=council.municipality, assignments__role=Role.SECRETARY), is_active=True
    ).exclude(email="")
    return [(user.email, str(user)) for user in users.distinct()]


def write_to_secretary(council: Council, key: str, subject: str, template: str, path: str, **context) -> int:
    """Write `email/<template>` to the secretary, once for each key, with a link to `path`.

    Call it in the transaction of the event. Return the number of new letters.
    """
    keys = {f"{key}:{address}"[:200]: (address, name) for address, name in secretaries(council)}
    for existing in Letter.objects.filter(key__in=keys).values_list("key", flat=True):
        del keys[existing]
    if not keys:
        return 0
    text = render_to_string(f"email/{template}", {"council": council, "url": settings.SITE_URL + path, **context})
    for key, (address, name) in keys.items():
        Letter.objects.write(
            municipality=council.municipality, key=key, to=address, to_name=name, subject=subject[:200], text=text
        )
    return len(keys)


def write_to_person(
    person: Person | None, council: Council, key: str, subject: str, template: str, *, valid_until=None, **context
) -> bool:
    """Write `email/<template>` to the person, once for each key. Return whether a letter was written.

    Without an address, nothing is written. Call it in the transaction of the event.
    """
    if not (person and person.email) or Letter.objects.filter(key=key).exists():
        return False
    Letter.objects.write(
        municipality=council.municipality,
        key=key,
        to=person.email,
        to_name=str(person),
        subject=subject,
        text=render_to_string(f"email/{template}", {"person": person, "council": council, **context}),
        valid_until=valid_until,
    )
    return True
