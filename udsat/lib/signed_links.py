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
    """A token for the address, good until that moment (aware)."""
    return signing.dumps([int(until.timestamp()), *numbers], salt=f"udsat.link.{kind}")


def read_token(kind: str, token: str) -> list[int]:
    """The numbers the token was made with. Raises LinkBroken or LinkExpired."""
    try:
        until, *numbers = signing.loads(token, salt=f"udsat.link.{kind}")
    except (signing.BadSignature, ValueError, TypeError):
        raise LinkBroken from None
    if timezone.now().timestamp() > until:
        raise LinkExpired
    return numbers
