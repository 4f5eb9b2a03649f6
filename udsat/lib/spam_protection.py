"""Spam protection for public forms, without puzzles, cookies or third parties; people can always send again.

Public forms inherit `TrapForm` and include "udsat/trap.html". How many a network may send is counted
by `udsat.models.FormSubmission`.
"""

import hmac
import ipaddress
from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

# People need more time to fill in a form; bots do not.
MIN_SECONDS = 3
# A form that has been open longer is shown again for confirmation.
MAX_SECONDS = 24 * 60 * 60
_SALT = "udsat.form"


class TrapForm(forms.Form):
    """Form with a honeypot field (`kommentar`) and the signed time when it was rendered (`hentet`).

    If either check fails, the form shows an error, and sending it again succeeds.
    """

    kommentar = forms.CharField(
        label="Lad feltet stå tomt",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    hentet = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["hentet"] = signed_now()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("kommentar"):
            self._replace_data("kommentar", "")
            self.add_error(None, "Et felt, der skal være tomt, var fyldt ud. Vi har tømt det. Tryk på knappen igen.")
        try:
            age = timezone.now().timestamp() - signing.loads(self.cleaned_data.get("hentet") or "", salt=_SALT)
        except (signing.BadSignature, TypeError, ValueError):
            age = MAX_SECONDS + 1
        if age > MAX_SECONDS:
            self._replace_data("hentet", signed_now())
            self.add_error(None, "Siden var for gammel. Se, om det hele er rigtigt, og tryk på knappen igen.")
        elif age < MIN_SECONDS:
            self.add_error(None, "Det gik meget hurtigt. Se, om det hele er rigtigt, og tryk på knappen igen.")
        return cleaned

    def _replace_data(self, name: str, value: str) -> None:
        # A request's QueryDict is immutable; its copy is not.
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix(name)] = value  # type: ignore[index]


def signed_now() -> str:
    """Return the current time, in whole seconds, signed."""
    return signing.dumps(int(timezone.now().timestamp()), salt=_SALT)


def network_of(request: HttpRequest) -> str:
    """Return a keyed fingerprint of the client's network (/24 or /56) that changes daily and hides the address.

    Returns "" for private addresses, which may be a proxy's and so common to all clients.
    """
    header = settings.PROXY_ADDRESS_HEADER
    # The proxy appends the address it sees; anything before that may be forged.
    value = request.META.get(header, "").rpartition(",")[2] if header else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(value.strip())
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_link_local or any(address in network for network in _PRIVATE):
        return ""
    network = ipaddress.ip_network((address, 24 if address.version == 4 else 56), strict=False)
    text = f"{timezone.localdate().isoformat()} {network}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), sha256).hexdigest()[:32]


# RFC 1918 and RFC 4193. The standard library's `is_private` also includes networks for documentation.
_PRIVATE = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
