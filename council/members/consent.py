"""A person's name: mentions in running text, and anonymisation."""

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
from udsat.lib.actor import acting_as
from udsat.lib.pdf_store import clear_store
from udsat.lib.richtext import RichTextField, plain_text
from udsat.models import Letter, Publishable, Revision, RevisionedModel

NAMELESS = "Tidligere medlem"


# Mentions


@dataclass(frozen=True)
class Mention:
    """A hidden part of a person's name in one field of an object."""

    obj: RevisionedModel
    field: models.Field
    name: str
    is_public: bool


def hidden_names(person: Person) -> list[str]:
    """Return the parts of the name that the person has not agreed to show, longest first."""
    full = [str(person)] if person.last_name else []
    if person.shown == Person.Shown.FULL or person.anonymised_at:
        return []
    if person.shown == Person.Shown.FIRST:
        return [*full, *filter(None, [person.last_name])]
    return [*full, *filter(None, [person.last_name, person.first_name])]


def mentions(person: Person, names: list[str] | None = None) -> list[Mention]:
    """Return the mentions of hidden parts of the name in texts that are or may become public.

    Only whole words match: "Bo" is not in "Boliger". One query per model.
    """
    names = [name for name in (hidden_names(person) if names is None else names) if len(name) > 1]
    if not names:
        return []
    return [mention for model in _recorded_models() for mention in _mentions_in_model(model, person, names)]


def _recorded_models() -> list[type[RevisionedModel]]:
    return [model for model in apps.get_models() if issubclass(model, RevisionedModel) and model is not Person]


def _mentions_in_model(model, person, names) -> Iterator[Mention]:
    fields = [field for field in model.checked_fields() if not isinstance(field, models.FileField)]
    contains_name = Q()
    for field in fields:
        for name in names:
            contains_name |= Q(**{f"{field.name}__contains": name})
    rows = model._base_manager.filter(contains_name, **{model.municipality_lookup: person.municipality_id})
    for row in rows.select_related(*([] if model.municipality_lookup == "pk" else [model.municipality_lookup])):
        for field in fields:
            value = getattr(row, field.attname) or ""
            text = plain_text(value) if isinstance(field, RichTextField) else value
            name = next((name for name in names if _contains_name(text, name)), None)
            if name:
                roots = [row] if isinstance(row, Publishable) else getattr(row, "live_roots", list)()
                yield Mention(row, field, name, any(root.is_live for root in roots))


def _contains_name(text, name) -> bool:
    # Also in the genitive: "Karens", "Jonas'".
    return re.search(rf"(?<!\w){re.escape(name)}(?:s|'s|’s)?(?!\w)", text) is not None


# Anonymisation


def anonymised_data(person: Person) -> list[str]:
    """Describe what anonymise() removes, for the page where the secretary confirms it."""
    labels = [
        ("Navnet", True),
        ("E-mailen", bool(person.email)),
        ("Telefonnummeret", bool(person.phone)),
        ("Noten til sekretæren", bool(person.note)),
        ("Fotoet", bool(person.photo)),
        ("Datoen for samtykket", bool(person.consent_on)),
    ]
    return [
        *(label for label, has_value in labels if has_value),
        "Navnet i historikken, og det, der før har stået på personen",
        "Navn, adresse og tekst i de mails, portalen har sendt til personen",
    ]


def check_has_left(person: Person) -> None:
    """Raise ValidationError if the person has a present or future seat."""
    today = timezone.localdate()
    if person.memberships.filter(Q(ends_on=None) | Q(ends_on__gte=today)).exists():
        raise ValidationError("Personen har en plads i rådet. Skriv først, hvornår personen er udtrådt.")


@transaction.atomic
def anonymise(person: Person) -> None:
    """Remove name, contact data and photo, in history, letters and PDFs too. Role, area and years of seats stay."""
    person.refresh_from_db(from_queryset=Person.objects.select_for_update())
    check_has_left(person)
    names, addresses = _former_names_and_addresses(person)
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
    transaction.on_commit(clear_store)


def _former_names_and_addresses(person) -> tuple[list[str], set[str]]:
    """Return every full name and every e-mail address that the person has had."""
    names, addresses = {str(person)}, {person.email}
    for values in Revision.objects.of(person).values_list("values", flat=True):
        names.add(f"{values.get('first_name', '')} {values.get('last_name', '')}".strip())
        addresses.add(values.get("email", ""))
    # First names alone are shared by others: they are removed only from labels of the person's own rows.
    full = sorted((name for name in names if " " in name), key=len, reverse=True)
    return full, {address for address in addresses if address}


def _scrub_history(person, names):
    """Replace the full name in all texts of the history, and any name in the labels of the person's seats."""
    seats = list(person.memberships.values_list("pk", flat=True))
    refers_to_person = Q(content_type=ContentType.objects.get_for_model(Membership), values__person=person.pk)
    for model in _recorded_models():
        for field in model._meta.concrete_fields:
            if field.related_model is Membership:
                kind = ContentType.objects.get_for_model(model)
                refers_to_person |= Q(content_type=kind, **{f"values__{field.name}__in": seats})
    revisions = Revision.objects.filter(municipality=person.municipality)
    for revision in revisions.filter(refers_to_person):
        revision.label = f"{NAMELESS} ({revision.model._meta.verbose_name})"
        revision.save(update_fields=["label"])
    if not names:
        return
    contains_name = Q()
    for name in names:
        # SQLite stores æ, ø and å in JSON as escapes, PostgreSQL as letters.
        for spelling in {name, json.dumps(name)[1:-1]}:
            contains_name |= Q(raw__contains=spelling)
        contains_name |= Q(label__contains=name) | Q(by_name__contains=name)
    for revision in revisions.annotate(raw=Cast("values", models.TextField())).filter(contains_name).iterator():
        revision.values = {key: _without_names(value, names) for key, value in revision.values.items()}
        revision.label = _without_names(revision.label, names)
        revision.by_name = _without_names(revision.by_name, names)
        revision.save(update_fields=["values", "label", "by_name"])


def _without_names(value, names):
    if isinstance(value, str):
        for name in names:
            value = value.replace(name, NAMELESS)
    return value


def _scrub_letters(person, names, addresses):
    """Remove recipient and text of the person's letters, and give up those that are not sent."""
    letters = Letter.objects.filter(municipality=person.municipality).filter(Q(to__in=addresses) | Q(to_name__in=names))
    now = timezone.now()
    letters.filter(sent_at=None, given_up_at=None).update(given_up_at=now, given_up_by="Portalen")
    for letter in letters:
        letter.files.clear()
    letters.update(to="", to_name="", subject="Slettet", text="", calendar="", last_error="")


# The council's rule


def due_to_anonymise(on: datetime.date, people: models.QuerySet[Person] | None = None) -> list[Person]:
    """Return the people whom the council's rule anonymises on or before that day, in one query.

    Each has `left_on`, `keep_years` and `forget_on`, the day of anonymisation.
    """
    former = (
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
    for person in former:
        person.forget_on = _years_later(person.left_on, person.keep_years)
    return sorted((person for person in former if person.forget_on <= on), key=lambda person: person.forget_on)


def _years_later(day, years):
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February, or a year beyond the calendar
        return datetime.date(min(day.year + years, 9999), 3, 1)


def anonymise_by_rule(now: datetime.datetime) -> int:
    """Anonymise the people who are due by the rule of their council. Return their number."""
    today = timezone.localdate(now)
    due = [person for person in due_to_anonymise(today) if person.left_on < timezone.localdate()]
    for person in due:
        with acting_as(name="Portalen, efter rådets regel"):
            anonymise(person)
            for council in Council.objects.filter(memberships__person=person).distinct():
                Council.objects.filter(pk=council.pk).update(version=F("version") + 1)
    return len(due)
