"""What becomes of a person's name: where it still stands in running text, and when it is taken out altogether."""

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, F, Max, Q
from django.db.models.functions import Cast
from django.utils import timezone

from council.models import Council, Membership, Person
from udsat.lib.actor import acting
from udsat.lib.richtext import RichTextField, plain_text
from udsat.models import Letter, Publishable, Revision, RevisionedModel

NAMELESS = "Tidligere medlem"


# Where a name stands


@dataclass(frozen=True)
class Mention:
    """A name in one field of one text."""

    obj: RevisionedModel
    field: models.Field
    word: str
    is_public: bool


def hidden_words(person: Person) -> list[str]:
    """The parts of the name that the person does not let the public see."""
    full = [str(person)] if person.last_name else []
    if person.shown == Person.Shown.FULL or person.anonymised_at:
        return []
    if person.shown == Person.Shown.FIRST:
        return [*full, *filter(None, [person.last_name])]
    return [*full, *filter(None, [person.last_name, person.first_name])]


def mentions(person: Person, words: list[str] | None = None) -> list[Mention]:
    """Where a hidden part of the name stands in a text that is public or may become so, the longest part of it.

    As whole words in the spelling of the person herself: "Bo" is not in "Boliger". One query for each kind of text.
    """
    words = [word for word in (hidden_words(person) if words is None else words) if len(word) > 1]
    return [found for model in _kinds() for found in _in_model(model, person, words)] if words else []


def _kinds() -> list[type[RevisionedModel]]:
    return [model for model in apps.get_models() if issubclass(model, RevisionedModel) and model is not Person]


def _in_model(model, person, words) -> Iterator[Mention]:
    fields = [field for field in model.checked_fields() if not isinstance(field, models.FileField)]
    holds = Q()
    for field in fields:
        for word in words:
            holds |= Q(**{f"{field.name}__contains": word})
    rows = model._base_manager.filter(holds, **{model.municipality_lookup: person.municipality_id})
    for row in rows.select_related(*_way(model)):
        for field in fields:
            value = getattr(row, field.attname) or ""
            text = plain_text(value) if isinstance(field, RichTextField) else value
            word = next((word for word in words if _stands_in(word, text)), None)
            if word:
                roots = [row] if isinstance(row, Publishable) else getattr(row, "live_roots", list)()
                yield Mention(row, field, word, any(root.is_live for root in roots))


def _way(model) -> list[str]:
    return [] if model.municipality_lookup == "pk" else [model.municipality_lookup]


def _stands_in(word, text) -> bool:
    # A name in the genitive is the name: "Karens", "Jonas'".
    return re.search(rf"(?<!\w){re.escape(word)}(?:s|'s|’s)?(?!\w)", text) is not None


# Taking it out


def what_goes(person: Person) -> list[str]:
    """What anonymise() takes away, as the secretary reads it before she says yes."""
    parts = [
        ("Navnet", True),
        ("E-mailen", bool(person.email)),
        ("Telefonnummeret", bool(person.phone)),
        ("Noten til sekretæren", bool(person.note)),
        ("Fotoet", bool(person.photo)),
        ("Datoen for samtykket", bool(person.consent_on)),
    ]
    return [
        *(label for label, is_there in parts if is_there),
        "Navnet i historikken, og det, der før har stået på personen",
        "Navn, adresse og tekst i de mails, portalen har sendt til personen",
    ]


def check_has_left(person: Person) -> None:
    """ValidationError while the person has a seat, or one to come."""
    today = timezone.localdate()
    if person.memberships.filter(Q(ends_on=None) | Q(ends_on__gte=today)).exists():
        raise ValidationError("Personen har en plads i rådet. Skriv først, hvornår personen er udtrådt.")


@transaction.atomic
def anonymise(person: Person) -> None:
    """Take the name and all that leads to the person out, for good. Role, area and years of the seats stay."""
    person.refresh_from_db(from_queryset=Person.objects.select_for_update())
    check_has_left(person)
    names, addresses = _all_that_led_to(person)
    person.first_name, person.last_name = NAMELESS, ""
    person.email = person.phone = person.note = person.photo_alt = ""
    person.photo = ""
    person.consent_on = person.photo_until = None
    person.shown = Person.Shown.ROLE
    person.anonymised_at = timezone.now()
    person.save()
    own = Revision.objects.of(person)
    own.exclude(pk=own.order_by("-pk").values("pk")[:1].get()["pk"]).delete()
    _scrub_history(person, names)
    _scrub_letters(person, names, addresses)


def _all_that_led_to(person) -> tuple[list[str], set[str]]:
    """Every full name and every e-mail address the person has had here."""
    names, addresses = {str(person)}, {person.email}
    for values in Revision.objects.of(person).values_list("values", flat=True):
        names.add(f"{values.get('first_name', '')} {values.get('last_name', '')}".strip())
        addresses.add(values.get("email", ""))
    # A first name alone is many people's, and is taken out only where the person is pointed at.
    full = sorted((name for name in names if " " in name), key=len, reverse=True)
    return full, {address for address in addresses if address}


def _scrub_history(person, names):
    """No text of the history keeps the full name, and no label of the person's seats any name."""
    seats = list(person.memberships.values_list("pk", flat=True))
    pointing = Q(content_type=ContentType.objects.get_for_model(Membership), values__person=person.pk)
    for model in _kinds():
        for field in model._meta.concrete_fields:
            if field.related_model is Membership:
                kind = ContentType.objects.get_for_model(model)
                pointing |= Q(content_type=kind, **{f"values__{field.name}__in": seats})
    of_place = Revision.objects.filter(municipality=person.municipality)
    for revision in of_place.filter(pointing):
        revision.label = f"{NAMELESS} ({revision.model._meta.verbose_name})"
        revision.save(update_fields=["label"])
    if not names:
        return
    holds = Q()
    for name in names:
        # SQLite keeps JSON with æ, ø and å as escapes, PostgreSQL as letters.
        for spelling in {name, json.dumps(name)[1:-1]}:
            holds |= Q(raw__contains=spelling)
        holds |= Q(label__contains=name) | Q(by_name__contains=name)
    for revision in of_place.annotate(raw=Cast("values", models.TextField())).filter(holds).iterator():
        revision.values = {key: _renamed(value, names) for key, value in revision.values.items()}
        revision.label, revision.by_name = _renamed(revision.label, names), _renamed(revision.by_name, names)
        revision.save(update_fields=["values", "label", "by_name"])


def _renamed(value, names):
    if isinstance(value, str):
        for name in names:
            value = value.replace(name, NAMELESS)
    return value


def _scrub_letters(person, names, addresses):
    """That a letter was sent is remembered, not to whom or what it said. One that waits is not sent."""
    letters = Letter.objects.filter(municipality=person.municipality).filter(Q(to__in=addresses) | Q(to_name__in=names))
    now = timezone.now()
    letters.filter(sent_at=None, given_up_at=None).update(given_up_at=now, given_up_by="Portalen")
    for letter in letters:
        letter.files.clear()
    letters.update(to="", to_name="", subject="Slettet", text="", calendar="", last_error="")


# The rule


def due_to_anonymise(on: datetime.date, people: models.QuerySet[Person] | None = None) -> list[Person]:
    """Those of the people whose last seat ended so long before that day that the council's rule takes the name out.

    Each with `left_on`, `keep_years` and `forget_on`, the day it happens. One query.
    """
    found = (
        (Person.objects.all() if people is None else people)
        .filter(anonymised_at=None)
        .annotate(
            left_on=Max("memberships__ends_on"),
            keep_years=Max("memberships__council__keep_years"),
            sitting=Count("memberships", filter=Q(memberships__ends_on=None)),
        )
        .filter(sitting=0, left_on__isnull=False, keep_years__isnull=False)
        .select_related("municipality")
    )
    for person in found:
        person.forget_on = _years_later(person.left_on, person.keep_years)
    return sorted((person for person in found if person.forget_on <= on), key=lambda person: person.forget_on)


def _years_later(day, years):
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February, or a year beyond the calendar
        return datetime.date(min(day.year + years, 9999), 3, 1)


def anonymise_by_rule(now: datetime.datetime) -> int:
    """The job: take out the names that the councils' own rule says shall go by now."""
    today = timezone.localdate(now)
    due = [person for person in due_to_anonymise(today) if person.left_on < timezone.localdate()]
    for person in due:
        with acting(name="Portalen, efter rådets regel"):
            anonymise(person)
            for council in Council.objects.filter(memberships__person=person).distinct():
                Council.objects.filter(pk=council.pk).update(version=F("version") + 1)
    return len(due)
