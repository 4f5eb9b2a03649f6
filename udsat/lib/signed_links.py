"""Signed personal links: what a member without a log-in may do, for whom, and until when.

The token says what it is for (`kind`) and carries whole numbers; it holds no name and no address. Whoever has the
link has the right, so each kind gives one person the right to one small thing.
"""

import datetime

from django.core import signing
from django.utils import timezone


class LinkBroken(Exception):
    """Altered, cut off, or made for something else."""


class LinkExpired(Exception):
    """Good once; its time is over."""


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
