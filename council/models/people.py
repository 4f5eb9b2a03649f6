"""People and their seats in a council. Each person decides how much of the name is public."""

import datetime
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from udsat.lib.phones import PhoneField
from udsat.lib.publishing import ScopedQuerySet, check_texts
from udsat.models import Municipality, Part, Revision, RevisionedModel

from .council import Council


def _photo_path(person, filename):
    return f"fotos/{person.municipality.slug}/{filename}"


class PersonQuerySet(ScopedQuerySet):
    def offered(self, day: datetime.date, chosen=()):
        """Filter the people that a list offers: not those whose name is erased, unless they are chosen already."""
        return self.filter(Q(anonymised_at=None) | Q(pk__in=chosen))


class Person(RevisionedModel):
    class Shown(models.TextChoices):
        FULL = "fuldt", "Fuldt navn"
        FIRST = "fornavn", "Kun fornavn"
        ROLE = "rolle", "Kun rollen i rådet"

    private_fields = frozenset({"email", "phone", "note"})
    is_kept_after_deletion = False

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="people", verbose_name="kommune")
    first_name = models.CharField("fornavn", max_length=80)
    last_name = models.CharField("efternavn", max_length=80, blank=True)
    shown = models.CharField(
        "siden viser",
        max_length=10,
        choices=Shown.choices,
        default=Shown.ROLE,
        help_text="Spørg personen. Et navn kan røbe, at man har været hjemløs eller syg.",
    )
    consent_on = models.DateField("samtykke givet", null=True, blank=True)
    photo = models.FileField("foto", upload_to=_photo_path, max_length=300, blank=True)
    photo_alt = models.CharField(
        "hvad fotoet viser", max_length=200, blank=True, help_text="Læses højt for dem, der ikke kan se det."
    )
    photo_until = models.DateField("fotoet vises til", null=True, blank=True, help_text="Spørg igen inden da.")
    anonymised_at = models.DateTimeField("navnet slettet", null=True, blank=True, editable=False)
    email = models.EmailField("e-mail", blank=True, help_text="Vises aldrig.")
    phone = PhoneField("telefon", blank=True, help_text="Vises aldrig.")
    note = models.TextField("note til sekretæren", blank=True, help_text="Vises aldrig.")

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["first_name", "last_name"]
        verbose_name = "person"
        verbose_name_plural = "personer"
        constraints = [
            models.CheckConstraint(condition=Q(shown__in=["fuldt", "fornavn", "rolle"]), name="person_shown_known")
        ]

    def __str__(self):
        return f"{self.first_name} {self.last_name}".strip()

    def clean(self):
        super().clean()
        check_texts(self, lambda finding: False)
        if self.shown != self.Shown.ROLE and not self.consent_on:
            # A name is shown only with a recorded consent.
            was = Person.objects.filter(pk=self.pk).values_list("shown", flat=True).first()
            if was != self.shown:
                message = "Skriv, hvornår personen har sagt ja til, at navnet må stå der."
                raise ValidationError({"consent_on": message})

    @transaction.atomic
    def save(self, **kwargs):
        was = Person.objects.filter(pk=self.pk).values_list("photo", flat=True).first() if self.pk else ""
        super().save(**kwargs)
        if was and was != self.photo.name:
            self._drop_file(was)
        for council in self.live_roots():
            council.note_change()

    @transaction.atomic
    def delete(self, **kwargs):
        """Also delete history and photo: nothing is kept of a person who never had a seat."""
        history, photo = Revision.objects.of(self), self.photo.name
        result = super().delete(**kwargs)
        history.delete()
        if photo:
            self._drop_file(photo)
        return result

    def _drop_file(self, name):
        transaction.on_commit(lambda: self._meta.get_field("photo").storage.delete(name))

    def publication_roots(self) -> list[Council]:
        return list(Council.objects.filter(memberships__person=self).distinct()) if self.pk else []

    def live_roots(self) -> list[Council]:
        """Return the public councils that show the person."""
        return [council for council in self.publication_roots() if council.is_live]

    def is_read(self, field):
        """Assume that it is: pages name former members, and those of councils that are not public themselves."""
        return True

    def is_field_public(self, field, within):
        """Whether the field is public within a council: names as far as the person consents, the photo with a name."""
        if within is None:
            return True
        match field:
            case "first_name":
                return self.shown != self.Shown.ROLE
            case "last_name":
                return self.shown == self.Shown.FULL
            case "photo" | "photo_alt":
                return self.shows_photo
        return True

    @property
    def shows_photo(self) -> bool:
        """Whether the photo is public today. It never is without a name."""
        return bool(
            self.photo
            and self.photo_alt
            and self.shown != self.Shown.ROLE
            and (self.photo_until is None or self.photo_until >= timezone.localdate())
        )

    @property
    def public_name(self) -> str:
        """The name as far as the person consents; empty when only the role is public."""
        return {self.Shown.FULL: str(self), self.Shown.FIRST: self.first_name}.get(self.shown, "")


class MembershipQuerySet(ScopedQuerySet):
    def offered(self, day: datetime.date, chosen=()):
        """Filter the seats that a list offers: not those that have ended by the day, unless they are chosen already."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day) | Q(pk__in=chosen))

    def on(self, day: datetime.date | None = None):
        day = day or timezone.localdate()
        return self.filter(Q(starts_on=None) | Q(starts_on__lte=day), Q(ends_on=None) | Q(ends_on__gte=day))


class Membership(Part):
    """A seat in a council for a period. Without a person it is named for its area, or vacant."""

    class Role(models.TextChoices):
        CHAIR = "formand", "Formand"
        DEPUTY = "naestformand", "Næstformand"
        MEMBER = "medlem", "Medlem"
        SUBSTITUTE = "suppleant", "Suppleant"
        SECRETARY = "sekretaer", "Sekretær"
        ASSOCIATE = "tilforordnet", "Tilforordnet"
        GUEST = "gaest", "Fast gæst"

    # The members of the council, in the order in which they are listed. Other roles only attend.
    VOTING_ROLES = (Role.CHAIR, Role.DEPUTY, Role.MEMBER)

    class Speaks(models.TextChoices):
        USER = "bruger", "Brugerrepræsentant"
        ORGANISATION = "organisation", "Organisationsrepræsentant"
        STAFF = "medarbejder", "Medarbejderrepræsentant"
        POLITICIAN = "politiker", "Politisk udpeget"

    root_lookup = "council"
    is_indexed = False
    municipality_lookup = "council__municipality"

    council = models.ForeignKey(Council, models.CASCADE, related_name="memberships", verbose_name="råd")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name="person"
    )
    position = models.PositiveSmallIntegerField("rækkefølge", default=0)
    role = models.CharField("rolle", max_length=15, choices=Role.choices, default=Role.MEMBER)
    speaks_as = models.CharField("taler som", max_length=15, choices=Speaks.choices, blank=True)
    area = models.CharField("område", max_length=160, blank=True, help_text="Den del af området, medlemmet taler for.")
    appointed_by = models.CharField("udpeget af", max_length=160, blank=True)
    is_vacant = models.BooleanField("vakant", default=False, help_text="Pladsen står tom.")
    substitute_for = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="substitutes", verbose_name="stedfortræder for"
    )
    starts_on = models.DateField("indtrådt", null=True, blank=True)
    ends_on = models.DateField("udtrådt", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "medlemskab"
        verbose_name_plural = "medlemskaber"
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="membership_ends_after_start",
                violation_error_message="Udtrådt ligger før indtrådt.",
            ),
            models.CheckConstraint(
                condition=Q(is_vacant=False) | Q(person=None),
                name="membership_vacant_without_person",
                violation_error_message="En vakant plads har ingen person.",
            ),
            models.CheckConstraint(
                condition=~Q(substitute_for=F("id")),
                name="membership_not_its_own_substitute",
                violation_error_message="Et medlem kan ikke være stedfortræder for sig selv.",
            ),
        ]

    def is_read(self, field):
        """Assume that it is: minutes name members of a council that is not public itself."""
        return True

    def covers(self, day: datetime.date) -> bool:
        """Whether the queryset's `on()` includes it on that day."""
        return (self.starts_on is None or self.starts_on <= day) and (self.ends_on is None or self.ends_on >= day)

    @property
    def is_current(self) -> bool:
        return self.covers(timezone.localdate())

    @property
    def is_voting(self) -> bool:
        return self.role in self.VOTING_ROLES

    @property
    def is_substitute(self) -> bool:
        """Whether the person attends only when called in."""
        return self.role == self.Role.SUBSTITUTE or self.substitute_for_id is not None

    @property
    def has_ended(self) -> bool:
        return self.ends_on is not None and self.ends_on < timezone.localdate()

    @property
    def photo_url(self) -> str:
        """The address of the photo; empty when it is not public."""
        if not (self.person and self.person.shows_photo):
            return ""
        return reverse("photo", args=[self.council.municipality.slug, self.person.pk])

    def __str__(self):
        name = str(self.person) if self.person else ("Vakant plads" if self.is_vacant else self.area)
        return f"{name or 'Medlem'} ({self.role_label.lower()})"

    def clean(self):
        super().clean()
        for field in ("person", "substitute_for"):
            other = getattr(self, field)
            if other and self.council_id and other.municipality != self.council.municipality:
                raise ValidationError({field: "Vælg en fra samme kommune."})

    @classmethod
    def roles_in(cls, councils: Iterable[Council]) -> list[tuple[str, str]]:
        """Return the choices of roles in the councils' own words; words of several councils are joined by a slash."""
        seats = [[cls(council=council, role=role) for council in councils] for role in cls.Role.values]
        words = [" / ".join(dict.fromkeys(seat.role_label for seat in row)) for row in seats]
        return [(role, word or label) for (role, label), word in zip(cls.Role.choices, words, strict=True)]

    @classmethod
    def choice_labels(cls, field: models.Field, page: models.Model) -> dict[str, str]:
        """Name the roles in the words of the council whose history is shown."""
        council = getattr(page, "council", page)
        in_own_words = field.name == "role" and isinstance(council, Council)
        return dict(cls.roles_in([council])) if in_own_words else super().choice_labels(field, page)

    @property
    def role_label(self) -> str:
        """The role, in the council's own word for it (forperson, talsperson …)."""
        if self.role == self.Role.CHAIR and self.council.chair_label:
            return self.council.chair_label.capitalize()
        if self.role == self.Role.DEPUTY and self.council.chair_label:
            return (
                f"Næst{self.council.chair_label}".capitalize()
                if self.council.chair_label != "talsperson"
                else "Stedfortrædende talsperson"
            )
        return self.get_role_display()

    @property
    def public_name(self) -> str:
        """The public name of the person, or else the description of the seat."""
        if self.is_vacant:
            return "Vakant plads"
        return (self.person.public_name if self.person else "") or self.get_speaks_as_display() or self.role_label

    @property
    def headline(self) -> str:
        """As `public_name`, but a seat without a person is named for its area."""
        return self.public_name if self.person or self.is_vacant else self.area or self.public_name
