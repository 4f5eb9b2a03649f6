"""What a page is, for machines: schema.org as JSON-LD."""

import datetime
import json
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

# Inside a script element nothing is read as HTML except what would end it; these could, or break old readers of JSON.
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def script(data: dict[str, Any]) -> SafeString:
    """The block for a page. A browser runs no such block, so the policy on scripts has nothing against it."""
    text = json.dumps({"@context": "https://schema.org"} | data, ensure_ascii=False, separators=(",", ":"))
    # Safe: every character that could leave the element is escaped above.
    return mark_safe(f'<script type="application/ld+json">{text.translate(_ESCAPED)}</script>')


def absolute(path: str) -> str:
    return settings.SITE_URL + path


def thing(kind: str, **facts: Any) -> dict[str, Any]:
    """With the facts that are known; nothing is said of the rest."""
    return {"@type": kind} | {name: fact for name, fact in facts.items() if fact not in (None, "", [])}


def moment(day: datetime.date, time: datetime.time | None) -> str:
    """ISO 8601, with the offset that the clock in Denmark has that day; the day alone when the hour is unknown."""
    if time is None:
        return day.isoformat()
    return timezone.make_aware(datetime.datetime.combine(day, time)).isoformat(timespec="minutes")
