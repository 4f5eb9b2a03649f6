"""The back office. Apps build their pages on `PublishableAdmin`, `ScopedAdmin` and the scoped inlines."""

from .gate import PublishableAdmin
from .scope import (
    NationalAdmin,
    ScopedAdmin,
    ScopedForm,
    ScopedFormSet,
    ScopedRow,
    ScopedStackedInline,
    may_edit,
)

from . import letters, portal  # isort: skip  # noqa: F401  register the portal's own models on the classes above

__all__ = [
    "NationalAdmin",
    "PublishableAdmin",
    "ScopedAdmin",
    "ScopedForm",
    "ScopedFormSet",
    "ScopedRow",
    "ScopedStackedInline",
    "may_edit",
]
