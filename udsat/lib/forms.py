"""Form field and mixin that several forms share."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms


class NormalisedEmailField(forms.EmailField):
    """E-mail address whose domain is normalised (IDNA, RFC 3490), so that each mailbox has one spelling.

    Domains may contain invisible and full-width characters that mail servers treat as equal. Host names without a dot
    and IP addresses are rejected.
    """

    def clean(self, value: Any) -> Any:
        address = super().clean(value)
        if not address:
            return address
        name, _, host = address.rpartition("@")
        try:
            host = host.encode("idna").decode("idna").lower()
        except ValueError:
            host = ""
        if "." not in host or host.startswith("["):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return f"{name}@{host}"


class FieldsOnly:
    """Form mixin: crispy renders the fields only. The template has the form tag, the CSRF token and the button."""

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


def parse_pk(text: str) -> int | None:
    """Return the primary key in a submitted value; None unless it is 1 to 18 ASCII digits, which a bigint holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
