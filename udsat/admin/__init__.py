"""The back office. Apps build their pages on `PublishableAdmin`, `ScopedAdmin` and the scoped inlines."""

from .access import may_edit
from .forms import ScopedForm, ScopedFormSet, ScopedRow
from .gate import PublishableAdmin
from .scoped_admin import NationalAdmin, ScopedAdmin, ScopedStackedInline

from . import letters, portal_models  # isort: skip  # noqa: F401  register the portal's own models on the classes above

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
