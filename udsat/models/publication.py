"""Publication: publish, withdraw and schedule, with an event log."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from udsat.lib import roles
from udsat.lib.danish import long_date
from udsat.lib.personal_data import AllowedNames
from udsat.lib.publishing import CheckedText, Finding, ScopedQuerySet, Status, check_texts, published_when

from .history import Revision, RevisionedModel
from .municipalities import Municipality
from .public_changes import checked_transaction, mark_reviewed
from .public_versions import PublicVersion, keep_version, last_changed, withhold_texts
from .publication_log import (
    CprOverride,
    PublicationEvent,
    check_override_reasons,
    is_cpr_overridden,
    override_seconders,
)
from .search import SEARCH_SOURCES, SearchEntry
from .users import User


class _Batch(NamedTuple):
    """What to do at the end of a `batch_reindexing` block: publishables, by model and primary key."""

    reindexed: dict[tuple[type, int], None]
    changed: dict[tuple[type, int], None]


_batch: ContextVar[_Batch | None] = ContextVar("batch", default=None)


@contextmanager
def batch_reindexing() -> Iterator[None]:
    """Open a transaction, and reindex and number each changed publishable once, at its end."""
    with checked_transaction():
        if _batch.get() is not None:
            yield
            return
        batch = _Batch({}, {})
        token = _batch.set(batch)
        try:
            yield
        finally:
            _batch.reset(token)
        for model, pk in batch.changed:
            if document := model._base_manager.filter(pk=pk).first():
                keep_version(document)
        for model, pk in batch.reindexed:
            if root := model._base_manager.filter(pk=pk).first():
                root.reindex()


class EditConflict(Exception):
    """Another user has saved the object since this copy was read."""


# Functions of the apps that add to `allowed_names_of`.
ALLOWED_NAMES_PROVIDERS: list[Callable[[Municipality], AllowedNames]] = []


def allowed_names_of(municipality: Municipality) -> AllowedNames:
    """Return the names and contacts that texts of the municipality may contain."""
    officials = User.objects.filter(assignments__municipality=municipality)
    allowed = AllowedNames(
        names=frozenset(user.get_full_name() for user in officials if user.last_name),
        phrases=frozenset({municipality.name, municipality.official_name}),
        phones=frozenset({municipality.phone}),
        emails=frozenset({municipality.email}),
        addresses=frozenset({municipality.address}),
        domains=own_domains(municipality.email, municipality.website),
    )
    for provider in ALLOWED_NAMES_PROVIDERS:
        allowed |= provider(municipality)
    return allowed


def own_domains(email: str, website: str = "") -> frozenset[str]:
    """Return the domains of an office's e-mail address and website."""
    host = urlsplit(website).hostname or ""
    return frozenset(filter(None, {email.rpartition("@")[2].lower(), host.removeprefix("www.")}))


@dataclass(frozen=True)
class PublicationBlocker:
    """A reason against publication, with the field to correct."""

    message: str
    part: CheckedText
    field: str


class Part(RevisionedModel):
    """Part of a publishable, public when the publishable is.

    `root_lookup` is the lookup path to the publishable. Subclasses with several roots or a rule of their own override
    `published_when` and `roots`.
    """

    root_lookup: ClassVar[str]
    # Whether the search texts of its root depend on it.
    is_indexed: ClassVar[bool] = True

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def published_when(cls, prefix):
        root_model = cls
        for step in cls.root_lookup.split("__"):
            root_model = root_model._meta.get_field(step).related_model
        return root_model.published_when(f"{prefix}{cls.root_lookup}__")

    def roots(self) -> list["Publishable"]:
        root = self
        for step in self.root_lookup.split("__"):
            root = getattr(root, step)
        return [root]

    @property
    def municipality(self):
        return self.roots()[0].municipality

    def history_page(self):
        """Return the nearest publishable on `municipality_lookup`."""
        obj = self
        for step in self.municipality_lookup.split("__"):
            field = obj._meta.get_field(step)
            if issubclass(field.related_model, Publishable):
                return field.related_model, getattr(obj, field.attname)
            obj = getattr(obj, step)
        return super().history_page()

    def publication_roots(self):
        return self.roots()

    def shows_in(self, root: "Publishable") -> bool:
        """Return whether readers of that root see this part."""
        return True

    def live_roots(self) -> list["Publishable"]:
        """Return the roots, public or scheduled, that show this part, so that a change of it is public at once."""
        return [root for root in self.roots() if root.is_live and self.shows_in(root)]

    def clean(self):
        super().clean()
        try:
            self.check_while_public()
        except ObjectDoesNotExist:
            pass  # the missing relation has a form error of its own

    @transaction.atomic
    def save(self, **kwargs):
        # Lock the roots, so that none is published between check and save.
        for root in self.roots():
            root.refresh_from_db(fields=["status"], from_queryset=type(root).objects.select_for_update(of=("self",)))
        self.check_while_public()
        super().save(**kwargs)
        self.reindex()
        for root in self.roots():
            root.note_change()

    @transaction.atomic
    def delete(self, **kwargs):
        roots = self.roots()
        deleted = super().delete(**kwargs)
        for root in roots:
            if self.is_indexed and root.is_live:
                root.reindex()
            root.note_change()
        return deleted

    def reindex(self) -> None:
        if self.is_indexed:
            for root in {root.search_root for root in self.roots() if root.is_live}:
                root.reindex()

    def check_while_public(self):
        for root in self.roots():
            if root.is_live:
                check_texts(self, is_cpr_overridden, within=root)


class Publishable(RevisionedModel):
    """A model with a publication status, published and withdrawn by a person."""

    status = models.CharField("status", max_length=15, choices=Status.choices, default=Status.DRAFT, editable=False)
    publish_at = models.DateTimeField("offentlig fra", null=True, blank=True, editable=False)
    expires_at = models.DateTimeField("vises til", null=True, blank=True, help_text="Tom: vises uden slutdato.")
    published_at = models.DateTimeField("først offentliggjort", null=True, blank=True, editable=False)
    version = models.PositiveIntegerField("version", default=1, editable=False)
    created_at = models.DateTimeField("oprettet", auto_now_add=True)
    updated_at = models.DateTimeField("sidst ændret", auto_now=True)
    # Number, time and content of the text that the public reads. Only `keep_version` sets them.
    public_version = models.PositiveIntegerField("offentlig version", default=0, editable=False)
    changed_at = models.DateTimeField("offentligt ændret", null=True, editable=False)
    public_digest = models.BigIntegerField(null=True, editable=False)

    unread_fields = frozenset({"version", "created_at", "updated_at", "public_version", "changed_at", "public_digest"})
    # Whether earlier public versions have an address ("address"), and can be read there ("text").
    versions_kept: ClassVar[str] = ""

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="%(class)s_status_known"),
            models.CheckConstraint(
                condition=~Q(status=Status.PUBLISHED) | Q(publish_at__isnull=False), name="%(class)s_public_from"
            ),
        ]

    @classmethod
    def published_when(cls, prefix):
        return published_when(prefix)

    @property
    def is_live(self) -> bool:
        """Return whether it is public or scheduled, so that changes become public without a review."""
        return self.status == Status.PUBLISHED

    @property
    def is_scheduled(self) -> bool:
        return self.is_live and self.publish_at > timezone.now()

    @property
    def is_published(self) -> bool:
        return type(self).objects.published().filter(pk=self.pk).exists()

    @property
    def status_text(self) -> str:
        """Status text for the secretary."""
        if self.is_scheduled:
            return f"Planlagt til {timezone.localtime(self.publish_at):%d.%m.%Y kl. %H.%M}"
        if self.is_live and self.expires_at and self.expires_at <= timezone.now():
            return "Udløbet"
        return self.get_status_display()

    def publication_roots(self):
        return [self]

    def publication_parts(self) -> list[CheckedText]:
        """Return the object and all parts that are published with it."""
        return [self]

    def publication_findings(self) -> list[Finding]:
        return [finding for part in self.publication_parts() for finding in part.findings(self)]

    def files_to_review(self, parts: Iterable[CheckedText] | None = None) -> list[tuple[CheckedText, str]]:
        """Return (owner, file name) of files that cannot be searched, in these parts or all, and need a review."""
        return [
            (part, read.text)
            for part in (self.publication_parts() if parts is None else parts)
            for read in part.public_texts(self)
            if read.file_text and not read.file_text.complete
        ]

    # Public versions

    def documents(self) -> list["Publishable"]:
        """Return the documents whose text includes its own fields."""
        return [self]

    def note_change(self) -> None:
        """Number and date its documents anew, at the end of the transaction, if their public text has changed."""
        for document in self.documents():
            if (batch := _batch.get()) is not None:
                batch.changed[type(document), document.pk] = None
                continue
            # Read again, since relations cached on this instance may be outdated.
            stored = type(document)._base_manager.filter(pk=document.pk).first()
            if stored is not None:
                keep_version(stored)
                document._copy_version(stored)

    @property
    def has_version_url(self) -> bool:
        """Whether `get_version_url()`, which the models that keep versions have, returns a public address."""
        return bool(self.versions_kept and self.is_live and self.public_version)

    def _copy_version(self, stored: "Publishable") -> None:
        for name in ("public_version", "changed_at", "public_digest", "updated_at"):
            setattr(self, name, getattr(stored, name))

    @property
    def last_changed(self) -> datetime.datetime:
        return last_changed(self)

    @property
    def version_text(self) -> str:
        """»Version 3, sidst ændret 2. november 2026«; without a number if it is not public."""
        day = long_date(timezone.localdate(self.last_changed))
        return f"Version {self.public_version}, sidst ændret {day}" if self.is_live else f"Sidst ændret {day}"

    # Search

    @property
    def search_root(self) -> "Publishable":
        """The publishable whose search entries include those of this one."""
        return self

    def reindex(self) -> None:
        """Update the search index, in the transaction of the change."""
        root = self.search_root
        if (batch := _batch.get()) is not None:
            batch.reindexed[type(root), root.pk] = None
            return
        if not (root.is_live or SearchEntry.objects.of(root).exists()):
            return
        # Read again, since relations cached on this instance may be outdated.
        source = SEARCH_SOURCES[type(root)]
        root = source.with_related(type(root)._base_manager.all()).get(pk=root.pk)
        SearchEntry.objects.replace(root, root.municipality, source.texts(root))

    def withheld_notes(self) -> list[str]:
        """Return sentences about content that is not published with it."""
        return []

    def withheld_titles(self) -> list[str]:
        """Return titles of withheld content, which must not occur in its texts."""
        return []

    def withheld_agreements(self) -> list[tuple[str, str]]:
        """Return text and origin of agreements that are not public, which a person has to see in its texts."""
        return []

    def publication_blockers(self) -> list[PublicationBlocker]:
        """Return what must be corrected before publication."""
        return []

    def show_as_public(self) -> None:
        """Mark it as published in the database, for a preview in a transaction that is rolled back."""
        now = timezone.now()
        type(self)._base_manager.filter(pk=self.pk).update(status=Status.PUBLISHED, publish_at=now, expires_at=None)
        self.note_change()

    def clean(self):
        super().clean()
        if self.is_live:
            check_texts(self, is_cpr_overridden, within=self)

    @transaction.atomic
    def save(self, **kwargs):
        if self.is_live:
            check_texts(self, is_cpr_overridden, within=self)
        super().save(**kwargs)
        self.reindex()
        self.note_change()

    def take_over(self, stored):
        if stored is not None:
            self._copy_version(stored)  # a part may have been saved since this copy was read

    @transaction.atomic
    def delete(self, **kwargs):
        for document in self.documents():
            PublicVersion.objects.of(document).delete()
        if self.search_root is self:
            SearchEntry.objects.of(self).remove()
            return super().delete(**kwargs)
        root, deleted = self.search_root, super().delete(**kwargs)
        root.reindex()
        return deleted

    def claim_version(self, expected: int) -> None:
        """Increment the version in the caller's transaction. Raises EditConflict unless it was `expected`."""
        taken = type(self).objects.filter(pk=self.pk, version=expected).update(version=F("version") + 1)
        if not taken:
            raise EditConflict
        self.version = expected + 1

    @transaction.atomic
    def publish(
        self,
        *,
        by: User,
        confirmed: bool,
        reasons: Mapping[str, str] | None = None,
        at: datetime.datetime | None = None,
    ):
        """Publish now or at a later time.

        Raises PermissionDenied without the right to publish; ValidationError without confirmation, or if a text
        contains a suspected CPR number without a reason in `reasons`, by key of the finding, or one that a second
        person must confirm first (`request_overrides()`).
        """
        if not by.may(roles.PUBLISH, self.municipality):
            raise PermissionDenied("Du har ikke ret til at offentliggøre i denne kommune.")
        self._lock()
        now = timezone.now()
        action = PublicationEvent.Action.SCHEDULE if at and at > now else PublicationEvent.Action.PUBLISH
        self._record_confirmation(action, self.publication_findings(), by=by, confirmed=confirmed, reasons=reasons)
        self.status = Status.PUBLISHED
        self.publish_at = at or now
        if not self.published_at or self.published_at > now:
            # A scheduled time in the future was never reached.
            self.published_at = self.publish_at
        self.save(update_fields=self._STATE_FIELDS)

    @transaction.atomic
    def withdraw(self, *, by: User):
        """Unpublish; the text stays in the back office."""
        if not by.may(roles.PUBLISH, self.municipality):
            raise PermissionDenied("Du har ikke ret til at trække tilbage i denne kommune.")
        self._lock()
        withhold_texts(self)
        self._record(PublicationEvent.Action.WITHDRAW, by)
        self.status = Status.WITHDRAWN
        self.save(update_fields=self._STATE_FIELDS)

    _STATE_FIELDS = ["status", "publish_at", "published_at", "version", "updated_at"]

    @transaction.atomic
    def request_overrides(
        self, findings: Iterable[Finding], reasons: Mapping[str, str], *, by: User, page: str = ""
    ) -> list[CprOverride]:
        """Store the reasons for these numbers until a second person has confirmed them at the gate with that address.

        Return the new requests.
        """
        if not by.may(roles.PUBLISH, self.municipality):
            raise PermissionDenied("Du har ikke ret til at offentliggøre i denne kommune.")
        suspects = [finding for finding in findings if finding.key in reasons and not is_cpr_overridden(finding)]
        check_override_reasons({finding.fingerprint: reasons[finding.key] for finding in suspects}.values())
        waiting = CprOverride.objects.requests_for(suspects)
        return [
            self._new_override(finding, reasons[finding.key], by, page=page)
            for finding in suspects
            if finding.key not in waiting
        ]

    def _new_override(
        self, finding: Finding, reason: str, by: User, event: PublicationEvent | None = None, page: str = ""
    ):
        return CprOverride.objects.create(
            event=event,
            page=page,
            municipality=self.municipality,
            target=finding.target,
            fingerprint=finding.fingerprint,
            reason=" ".join(reason.split()),
            by=by,
            by_name=str(by),
        )

    def _record_confirmation(
        self, action: str, findings: list[Finding], *, by: User, confirmed: bool, reasons: Mapping[str, str] | None
    ) -> None:
        """Record the person's confirmation and CPR overrides; ValidationError if they are missing or insufficient."""
        if not confirmed:
            raise ValidationError("Bekræft, at du har læst teksten, og at ingen private personer kan genkendes.")
        if blockers := self.publication_blockers():
            raise ValidationError([blocker.message for blocker in blockers])
        reasons = reasons or {}
        suspects = [finding for finding in findings if not is_cpr_overridden(finding)]
        if missing := [finding for finding in suspects if finding.key not in reasons]:
            raise ValidationError(
                [f"{finding.location}: noget ligner et CPR-nummer ({finding.masked})." for finding in missing]
            )
        check_override_reasons({finding.fingerprint: reasons[finding.key] for finding in suspects}.values())
        if suspects and (others := override_seconders(self.municipality, by)):
            names = " eller ".join(map(str, others))
            raise ValidationError(f"{names} skal også se på det, der ligner et CPR-nummer, før det bliver offentligt.")
        mark_reviewed(self)
        event = self._record(action, by)
        event.confirmed = True
        event.save(update_fields=["confirmed"])
        for finding in findings:
            # Requests that a second person has confirmed.
            CprOverride.objects.of(finding).filter(event=None, seconded_at__isnull=False).update(event=event)
        for finding in suspects:
            self._new_override(finding, reasons[finding.key], by, event)

    def _lock(self):
        """Lock the row and reload it, so that it cannot change between check and publication."""
        self.refresh_from_db(from_queryset=type(self).objects.select_for_update(of=("self",)))

    def _record(self, action: str, by: User) -> PublicationEvent:
        self.version += 1
        Revision.objects.close_runs(self.municipality)
        return PublicationEvent.objects.create(
            content_type=ContentType.objects.get_for_model(self),
            object_id=self.pk,
            municipality=self.municipality,
            action=action,
            by=by,
            by_name=str(by),
            version=self.version,
        )
