"""Users of the back office and their roles per municipality."""

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from udsat.lib import roles
from udsat.lib.publishing import ScopedQuerySet

from .municipalities import Municipality
from .public_stamps import StampedModel


class User(StampedModel, AbstractUser):
    """A person with a log-in, whose permissions follow from a role in each municipality."""

    unread_fields = frozenset({"last_login", "password"})

    email = models.EmailField("e-mail", blank=True)

    objects = UserManager()

    class Meta:
        verbose_name = "bruger"
        verbose_name_plural = "brugere"

    def __str__(self):
        return self.get_full_name() or self.username

    def stamp_scopes(self):
        """Their pages depend on whether somebody answers there."""
        return self.assignments.values_list("municipality", flat=True)

    @cached_property
    def role_of(self) -> dict[int, str]:
        """Role by municipality id, read once per request."""
        return dict(self.assignments.values_list("municipality", "role"))

    @property
    def reach(self) -> list[int]:
        """Primary keys of the municipalities in which the user has a role."""
        return list(self.role_of)

    def may(self, ability: str, municipality: Municipality | None = None) -> bool:
        """Return whether the user's role gives the ability in the municipality, or in any if None."""
        if not (self.is_active and self.is_staff):
            return False
        if self.is_superuser:
            return True
        if municipality is None:
            return any(ability in roles.ABILITIES[role] for role in self.role_of.values())
        role = self.role_of.get(municipality.pk)
        return role is not None and ability in roles.ABILITIES[role]


class Assignment(StampedModel):
    """A user's role in one municipality."""

    municipality_lookup = "municipality"

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments", verbose_name="bruger")
    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="assignments", verbose_name="kommune")
    role = models.CharField("rolle", max_length=15, choices=roles.Role.choices)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "rolle"
        verbose_name_plural = "roller"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "municipality"],
                name="assignment_one_per_municipality",
                violation_error_message="Brugeren har allerede en rolle i den kommune.",
            ),
            models.CheckConstraint(condition=Q(role__in=roles.Role.values), name="assignment_role_known"),
        ]

    def stamp_scopes(self):
        return [self.municipality_id]

    def __str__(self):
        return f"{self.user}: {self.get_role_display()} i {self.municipality}"
