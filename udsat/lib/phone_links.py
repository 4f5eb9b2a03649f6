"""Links to call the phone numbers in a text."""

import re

from udsat.lib.personal_data import danish_phones

_TAG_OR_TEXT = re.compile(r"<(/?)([a-z][a-z0-9]*+)[^<>]*+>|[^<]+|<", re.IGNORECASE)
# Short numbers are only linked where the text asks the reader to call.
_SHORT = re.compile(
    r"(?<!\w)(?:ring|ringe|telefon|tlf\.)(?: til| på)? (?P<number>112|114|1813|116[ \u00a0]\d{3})(?![\d-]|[ .,]\d)",
    re.IGNORECASE,
)


def link_phones(html: str) -> str:
    """Return HTML in which phone numbers outside links can be called and do not break over two lines."""
    pieces, open_links = [], 0
    for match in _TAG_OR_TEXT.finditer(html):
        if (match[2] or "").lower() == "a":
            open_links += -1 if match[1] else 1
        pieces.append(match[0] if match[2] or open_links > 0 else _link(match[0]))
    return "".join(pieces)


def _link(text: str) -> str:
    spans = [match.span() for match in danish_phones(text)] + [match.span("number") for match in _SHORT.finditer(text)]
    pieces, end = [], 0
    for start, stop in sorted(spans):
        digits = re.sub(r"[^\d+]", "", text[start:stop])
        number = f"+45{digits}" if len(digits) == 8 else re.sub("^00", "+", digits)
        shown = re.sub(r"[ \u2009\u202f]", "\u00a0", text[start:stop])
        pieces += [text[end:start], f'<a href="tel:{number}">{shown}</a>']
        end = stop
    return "".join([*pieces, text[end:]])
