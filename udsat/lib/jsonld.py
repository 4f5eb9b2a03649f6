"""Structured data of a page: schema.org as JSON-LD."""

import datetime
import json
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

# Characters that could end the script element or break older JSON parsers.
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def script(data: dict[str, Any]) -> SafeString:
    """Return the script element. Browsers do not execute this type, so the Content-Security-Policy allows it."""
    text = json.dumps({"@context": "https://schema.org"} | data, ensure_ascii=False, separators=(",", ":"))
    # Safe: every character that could end the element is escaped above.
    return mark_safe(f'<script type="application/ld+json">{text.translate(_ESCAPED)}</script>')


def absolute_url(path: str) -> str:
    return settings.SITE_URL + path


def schema_object(schema_type: str, **properties: Any) -> dict[str, Any]:
    """Return a schema.org object without its empty properties."""
    return {"@type": schema_type} | {name: value for name, value in properties.items() if value not in (None, "", [])}


def iso_datetime(day: datetime.date, time: datetime.time | None) -> str:
    """Return ISO 8601 with Denmark's offset from UTC on that day; the date alone without a time."""
    if time is None:
        return day.isoformat()
    return timezone.make_aware(datetime.datetime.combine(day, time)).isoformat(timespec="minutes")
