"""Names and contact data that the texts of a municipality with a council may contain."""

from udsat.lib.personal_data import AllowedNames
from udsat.models import Municipality, own_domains

from .models import Council, Hearing, Meeting, Membership, Person, WorkingGroup


def council_allowed_names(municipality: Municipality) -> AllowedNames:
    names, hidden = set(), {}
    for person in Person.objects.filter(municipality=municipality):
        if person.shown == Person.Shown.FULL:
            names.add(str(person))
        else:
            hidden[str(person)] = person.public_name
    councils = Council.objects.filter(municipality=municipality)
    phrases = set()
    for council, area, appointed in (
        Membership.objects.filter(council__in=councils).values_list("council__name", "area", "appointed_by").distinct()
    ):
        phrases |= {council, area, appointed}
    phrases |= {group.name for group in WorkingGroup.objects.filter(council__in=councils)}
    phrases |= set(Hearing.objects.filter(council__in=councils).values_list("sender", flat=True))
    addresses = set()
    for venue, address in Meeting.objects.filter(council__in=councils).values_list("place", "address").distinct():
        phrases.add(venue)
        addresses |= {venue, address}
    known = AllowedNames(
        names=frozenset(names),
        hidden={name: shown for name, shown in hidden.items() if name not in names},
        phrases=frozenset(phrases - {""}),
        addresses=frozenset(addresses - {""}),
    )
    for council in councils:
        known |= AllowedNames(
            phones=frozenset({council.phone}),
            emails=frozenset({council.email}),
            addresses=frozenset({council.address}),
            domains=own_domains(council.email),
        )
    return known
