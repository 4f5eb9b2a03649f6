"""What forms have in common."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms


class AddressField(forms.EmailField):
    """An e-mail as anybody may write it in a form, in one spelling, so that one mailbox is counted as one.

    A name of a host may hold signs that nobody sees and letters of other widths; a mail server takes them for the same
    (RFC 3490). An address within our own machine is nobody's.
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
    """For a form of which crispy draws the fields and nothing else: its page brings the tag, the token, the button."""

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


def parse_pk(text: str) -> int | None:
    """Return the primary key in a submitted value; None unless it is 1 to 18 ASCII digits, which a bigint holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
