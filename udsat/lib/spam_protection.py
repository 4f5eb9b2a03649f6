"""Holding off machines that fill in forms: no puzzle, no cookie, no third party, and nobody is turned away for good.

A form that anybody may send inherits `TrapForm` and includes "udsat/trap.html". How many a network may send is counted
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

# No person has read the form and written in it in less; a machine has. In seconds.
AT_LEAST = 3
# A page left open for longer is shown again before it is taken.
AT_MOST = 24 * 60 * 60
_SALT = "udsat.form"


class TrapForm(forms.Form):
    """With a field that people do not see, and the time the form was handed out, signed.

    Whoever falls into one of them is told, in words, and has only to send again.
    """

    kommentar = forms.CharField(
        label="Lad feltet stå tomt",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    hentet = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["hentet"] = stamp()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("kommentar"):
            self._renew(kommentar="")
            self.add_error(None, "Et felt, der skal være tomt, var fyldt ud. Vi har tømt det. Tryk på knappen igen.")
        try:
            age = timezone.now().timestamp() - signing.loads(self.cleaned_data.get("hentet") or "", salt=_SALT)
        except (signing.BadSignature, TypeError, ValueError):
            age = AT_MOST + 1
        if age > AT_MOST:
            self._renew(hentet=stamp())
            self.add_error(None, "Siden var for gammel. Se, om det hele er rigtigt, og tryk på knappen igen.")
        elif age < AT_LEAST:
            self.add_error(None, "Det gik meget hurtigt. Se, om det hele er rigtigt, og tryk på knappen igen.")
        return cleaned

    def _renew(self, **values: str) -> None:
        # A QueryDict, or what a test gives; its copy may be changed.
        data: Any = self.data
        self.data = data.copy()
        for name, value in values.items():
            self.data[self.add_prefix(name)] = value  # type: ignore[index]


def stamp() -> str:
    """The moment a form is handed out, in whole seconds, signed."""
    return signing.dumps(int(timezone.now().timestamp()), salt=_SALT)


def network_of(request: HttpRequest) -> str:
    """A keyed fingerprint of the network that asks, another one each day; no address can be read in it.

    Empty for addresses of one's own network, where a proxy that does not say whom it asks for would stand for all.
    """
    header = settings.PROXY_ADDRESS_HEADER
    # A proxy adds the address it sees at the end; what stands before it, anybody may have written.
    given = request.META.get(header, "").rpartition(",")[2] if header else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(given.strip())
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_link_local or _is_own(address):
        return ""
    network = ipaddress.ip_network((address, 24 if address.version == 4 else 56), strict=False)
    text = f"{timezone.localdate().isoformat()} {network}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), sha256).hexdigest()[:32]


# RFC 1918 and RFC 4193. The standard library's `is_private` also holds the networks of examples.
_OWN = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in network for network in _OWN)
