"""The back office. Apps build their pages on `PublishableAdmin`, `ScopedAdmin` and the scoped inlines."""

from .forms import ScopedForm, ScopedFormSet, ScopedRow
from .gate import PublishableAdmin
from .reach import may_edit
from .scope import NationalAdmin, ScopedAdmin, ScopedStackedInline

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
