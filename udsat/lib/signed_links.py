"""Signed personal links for members without a log-in.

A token has a purpose (`kind`), an expiry time and whole numbers such as primary keys, but no personal data. Possession
of the link is the only authorisation, so each kind allows a single, minor action.
"""

import datetime

from django.core import signing
from django.utils import timezone


class LinkBroken(Exception):
    """The token is altered, incomplete, or of another kind."""


class LinkExpired(Exception):
    """The token was valid, but has expired."""


def make_token(kind: str, *numbers: int, until: datetime.datetime) -> str:
    """Return a token for use in a URL, valid until `until` (aware). Equal arguments give equal tokens."""
    return signing.Signer(salt=f"udsat.link.{kind}").sign_object([int(until.timestamp()), *numbers])


def read_token(kind: str, token: str) -> list[int]:
    """Return the numbers that the token was made with. Raise LinkBroken or LinkExpired."""
    try:
        content = signing.Signer(salt=f"udsat.link.{kind}").unsign_object(token)
    except (signing.BadSignature, ValueError):
        raise LinkBroken from None
    if not (isinstance(content, list) and content and all(type(number) is int for number in content)):
        raise LinkBroken
    until, *numbers = content
    if timezone.now().timestamp() > until:
        raise LinkExpired
    return numbers
