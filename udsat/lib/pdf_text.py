"""Preparation of the text of a PDF, so that WeasyPrint breaks its lines where it should."""

import re
from collections.abc import Iterator
from typing import Any

_INLINE = {"a", "b", "em", "i", "small", "span", "strong", "sub", "sup", "u"}
_SPACE = " \t\n\r\f"
_UNBROKEN = re.compile(r"\S{60}(?=\S)")
# Groups of digits, such as a phone number; a number and its unit; and »kl. 10«.
_TOGETHER = (
    r"(?<![\d.,])\+?\d{1,4}(?:[ \n]\d{1,4}){1,5}(?![\d]|[ \n]\d)"
    r"|(?<![\w.,])\d[\d.,]{0,12}[ \n](?:kr\.|%|pct\.|mio\.|mia\.|m²)(?!\w)"
    r"|(?<!\w)(?:kl\.|nr\.|§) \d(?:[\d.:–-]{0,10}\d)?(?!\d)"
)
# An e-mail or web address, in which a hyphen at the end of a line would be read as part of it.
_ADDRESS = r"(?<!\S)[^\s@]{1,64}@[^\s@]{1,190}|(?<!\S)(?:https?://|www\.)\S+"
_MARKED = re.compile(rf"(?P<address>{_ADDRESS})|{_TOGETHER}")


def prepare(body: Any) -> None:
    """Change the text of an HTML element, in place.

    Very long words may break, since their layout takes time quadratic in their length. Phone numbers and amounts do
    not break, and addresses do without a hyphen. Space at the end of a text is removed or set apart: WeasyPrint 70
    breaks a line after its first word when the text fits exactly and the space after it does not.
    """
    for element in body.iter():
        element.text, element.tail = _breakable(element.text), _breakable(element.tail)
    parents = {child: parent for parent in body.iter() for child in parent}
    for run in list(_runs(body)):
        _strip_end(run)
        for element, attribute in run:
            text, added = _pieces(element, getattr(element, attribute) or "")
            setattr(element, attribute, text)
            if added and attribute == "text":
                element[:0] = added
            elif added:
                index = list(parents[element]).index(element) + 1
                parents[element][index:index] = added


def _breakable(text: str | None) -> str | None:
    return _UNBROKEN.sub("\\g<0>\N{ZERO WIDTH SPACE}", text) if text else text


def _runs(body: Any) -> Iterator[list[tuple[Any, str]]]:
    """Yield the texts between two ends of lines or blocks, as elements with the attribute that holds the text."""
    run: list[tuple[Any, str]] = []
    waiting: list[tuple[Any, str]] = [(body, "open")]
    while waiting:
        element, event = waiting.pop()
        is_comment = not isinstance(element.tag, str)
        if not is_comment and element.tag not in _INLINE:
            yield run
            run = []
        if event == "open" and not is_comment and not element.tag.startswith("{"):  # SVG has a namespace
            run.append((element, "text"))
            waiting.append((element, "close"))
            waiting += [(child, "open") for child in reversed(element)]
        elif element is not body:
            run.append((element, "tail"))
    yield run


def _strip_end(run: list[tuple[Any, str]]) -> None:
    for element, attribute in reversed(run):
        text = (getattr(element, attribute) or "").rstrip(_SPACE)
        setattr(element, attribute, text)
        if text:
            return


def _pieces(element: Any, text: str) -> tuple[str, list[Any]]:
    """Divide a text into its beginning and elements of phone numbers, amounts, addresses and last spaces."""
    beginning, added, end = "", list[Any](), 0
    for match in [*_MARKED.finditer(text), None]:
        piece = text[end : match.start() if match else None]
        words = piece.rstrip(_SPACE)
        is_apart = piece != words and any(space in words for space in _SPACE)
        if added:
            added[-1].tail = words if is_apart else piece
        else:
            beginning = words if is_apart else piece
        if is_apart:
            added.append(_span(element, " ", "space"))
        if match:
            added.append(_span(element, match[0], "unhyphenated" if match["address"] else "together"))
            end = match.end()
    return beginning, added


def _span(element: Any, text: str, kind: str) -> Any:
    span = element.makeelement("span", {"class": kind})
    span.text = text
    return span
