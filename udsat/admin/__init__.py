"""Base classes of the back office, and the admins of udsat's own models."""

from .autosave import AutosaveMixin
from .form_pages import FormPage, FormPagesMixin
from .forms import ScopedChangeForm, ScopedFormSet, ScopedModelForm
from .model_admins import NationalAdmin, ScopedAdmin, ScopedStackedInline
from .publication import PublishableAdmin
from .scope import may_edit

from . import deletions, letters, portal_admins  # isort: skip  # noqa: F401  register the portal's own models on the classes above

__all__ = [
    "AutosaveMixin",
    "FormPage",
    "FormPagesMixin",
    "NationalAdmin",
    "PublishableAdmin",
    "ScopedAdmin",
    "ScopedChangeForm",
    "ScopedFormSet",
    "ScopedModelForm",
    "ScopedStackedInline",
    "may_edit",
]
