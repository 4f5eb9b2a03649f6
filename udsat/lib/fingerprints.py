"""Keyed fingerprints of values that must not be stored themselves."""

from django.conf import settings
from django.utils.crypto import salted_hmac


def fingerprint(purpose: str, value: str) -> str:
    """Return 64 hexadecimal digits (HMAC-SHA-256) that identify the value, for one purpose, to holders of the key.

    Fingerprints are stored, so algorithm and key must never change: both are independent of Django's defaults and of
    SECRET_KEY.
    """
    return salted_hmac(purpose, value, secret=settings.FINGERPRINT_KEY, algorithm="sha256").hexdigest()
