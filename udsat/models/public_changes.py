"""Changes of public texts: what the public reads before and after the saves of a request.

`RevisionedModel.save()` notes each row that is about to be saved while one of the two context managers is active. Only
papers that are public or scheduled before the save count; a publication is reviewed at its own gate.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from udsat.lib.publishing import CheckedText

_active: ContextVar["PublicChanges | None"] = ContextVar("active_public_changes", default=None)


class UnreviewedChange(Exception):
    """A save would change a text of `root`, which is public, without a check at the end of its transaction."""

    def __init__(self, root: Any):
        super().__init__()
        self.root = root


@dataclass(frozen=True)
class PublicChange:
    """An object with the fields of it whose text becomes public or changes."""

    root: Any  # the publishable whose readers see it
    part: CheckedText
    before: CheckedText | None  # the part as it was public before, if it was
    fields: frozenset[str]
    exposed: frozenset[str]  # those that were stored before, but hidden
    identity: str  # the target; of a new row, one that is the same when it is saved again with another primary key


class PublicChanges:
    """The public texts of all papers that are saved to, as they were before the first save."""

    def __init__(self, check: "Callable[[PublicChanges], None] | None"):
        self._check = check
        self.is_in_transaction = False
        self._clear()

    def _clear(self) -> None:
        self._roots: dict[Any, list[CheckedText]] = {}  # the papers with their parts, as they were
        self._before: dict[tuple[str, str], tuple[str, CheckedText]] = {}
        self._stored: dict[tuple[str, str], str] = {}  # values of the saved rows
        self._created: list[CheckedText] = []
        self._reviewed: list[Any] = []

    def note(self, row: CheckedText, stored: CheckedText | None, only: Collection[str] | None) -> None:
        """Note that the row, or only these fields of it, is about to replace the stored one."""
        roots = [stored if root == row else root for root in row.publication_roots()]
        roots = [root for root in roots if root is not None and root.is_live and not self._is_reviewed(root)]
        if not any(_changes_public_text(row, stored, root, only) for root in roots):
            return
        if not self.is_in_transaction:
            raise UnreviewedChange(roots[0])
        for root in roots:
            if root not in self._roots and (saved := type(root)._base_manager.filter(pk=root.pk).first()) is not None:
                self._roots[saved] = saved.publication_parts()
                for key, (value, part) in _public_values(saved, self._roots[saved]).items():
                    self._before.setdefault(key, (value, part))
        if stored is not None:
            for field in stored.checked_fields():
                self._stored.setdefault((stored.target, field.name), _as_text(getattr(stored, field.attname)))
        elif row.pk is None:
            self._created.append(row)

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Run the check at the end of the block, which an outer block does for the ones in it."""
        if self._check is None or self.is_in_transaction:
            yield
            return
        self.is_in_transaction = True
        try:
            yield
            self._check(self)
            self._clear()
        finally:
            self.is_in_transaction = False

    def mark_reviewed(self, root: Any) -> None:
        """Leave out the papers that belong to this one: a person has just confirmed their texts."""
        self._reviewed.append(_search_root(root))

    def _is_reviewed(self, root: Any) -> bool:
        return _search_root(root) in self._reviewed

    def result(self) -> list[PublicChange]:
        """Return the texts that are public now and were not before, by object."""
        created = {row.target for row in self._created}
        seen: set[tuple[str, str]] = set()
        changes = []
        for root in self._roots:
            now = type(root)._base_manager.filter(pk=root.pk).first()
            if now is None or not now.is_live or self._is_reviewed(now):
                continue
            parts: dict[str, tuple[CheckedText, set[str], set[str]]] = {}
            for key, (value, part) in _public_values(now, now.publication_parts()).items():
                before, _ = self._before.get(key, ("", None))
                if value == before or key in seen:
                    continue
                seen.add(key)
                _, fields, exposed = parts.setdefault(part.target, (part, set(), set()))
                fields.add(key[1])
                if not before and part.target not in created and self._stored.get(key, value) == value:
                    exposed.add(key[1])
            for target, (part, fields, exposed) in parts.items():
                before_part = next((old for (name, _), (_, old) in self._before.items() if name == target), None)
                identity = f"{part._meta.label_lower}:new-{len(changes)}" if target in created else target
                changes.append(PublicChange(now, part, before_part, frozenset(fields), frozenset(exposed), identity))
        return changes

    def before(self, root: Any) -> tuple[Any, list[CheckedText]]:
        """Return the paper and its parts as they were before."""
        return next((paper, parts) for paper, parts in self._roots.items() if paper == root)


def _search_root(root: Any) -> Any:
    return getattr(root, "search_root", root)


def _public_values(root: Any, parts: list[CheckedText]) -> dict[tuple[str, str], tuple[str, CheckedText]]:
    """Return value and object of each text that readers of the paper see, by target and field name."""
    ends = getattr(root, "expires_at", None)
    if not root.is_live or (ends and ends <= timezone.now()):
        return {}
    return {
        (part.target, field.name): (_as_text(value), part)
        for part in parts
        for field, value in part.public_values(root)
    }


def _as_text(value: Any) -> str:
    return str(value or "")  # a file is compared by its name


def _changes_public_text(row: CheckedText, stored: CheckedText | None, root: Any, only: Collection[str] | None) -> bool:
    """Whether a field differs that readers of the paper see, or that decides what they see."""
    states = [row] if stored is None else [row, stored]
    fields = [f for f in row._meta.concrete_fields if f.editable and f.name not in row.private_fields]
    return any(
        (only is None or field.name in only or field.attname in only)
        and _differs(field, row, stored)
        and any(state.is_field_public(field.name, root) for state in states)
        for field in fields
    )


def _differs(field: models.Field, row: CheckedText, stored: CheckedText | None) -> bool:
    if stored is None:
        return bool(field.value_from_object(row))
    value, before = field.value_from_object(row), field.value_from_object(stored)
    if hasattr(value, "resolve_expression"):
        return True
    if isinstance(field, models.FileField):
        return not getattr(value, "_committed", True) or str(value or "") != str(before or "")
    return field.to_python(value) != before


def changes_what_is_read(row: Any, stored: Any, only: Collection[str] | None) -> bool:
    """Whether a field differs that public pages depend on, before or after the save."""
    states = [row] if stored is None else [row, stored]
    if stored is not None:
        _share_relations(row, stored)
    return any(
        (only is None or field.name in only or field.attname in only)
        and _differs(field, row, stored)
        and any(state.is_read(field.name) for state in states)
        for field in row.read_fields()
    )


def _share_relations(row: models.Model, stored: models.Model) -> None:
    """Give the stored row the related objects that the other has read, where they are the same."""
    for field in row._meta.concrete_fields:
        if field.is_relation and field.is_cached(row) and getattr(row, field.attname) == getattr(stored, field.attname):
            field.set_cached_value(stored, field.get_cached_value(row))


def note_change(row: CheckedText, stored: CheckedText | None, only: Collection[str] | None) -> None:
    if (changes := _active.get()) is not None:
        changes.note(row, stored, only)


def mark_reviewed(root: Any) -> None:
    """Note that a person has confirmed all texts of the paper in this request."""
    if (changes := _active.get()) is not None:
        changes.mark_reviewed(root)


@contextmanager
def refuse_public_changes() -> Iterator[None]:
    """Raise UnreviewedChange before the first save that changes a public text."""
    token = _active.set(PublicChanges(check=None))
    try:
        yield
    finally:
        _active.reset(token)


@contextmanager
def collect_public_changes(check: Callable[[PublicChanges], None]) -> Iterator[None]:
    """Collect the changes of public texts, and call `check` with them at the end of each `checked_transaction()`.

    The check raises an exception to roll back. A change outside such a transaction raises UnreviewedChange.
    """
    token = _active.set(PublicChanges(check))
    try:
        yield
    finally:
        _active.reset(token)


@contextmanager
def checked_transaction() -> Iterator[None]:
    """Open a transaction that ends with the check of `collect_public_changes()`, if that is active."""
    changes = _active.get()
    with transaction.atomic(), changes.checked() if changes else nullcontext():
        yield
