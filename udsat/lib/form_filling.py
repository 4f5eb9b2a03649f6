"""Fill a form of a rendered page with values, as a browser would send them."""

from collections.abc import Collection, Iterable
from urllib.parse import urljoin, urlsplit

import lxml.html
from lxml.html import FormElement, HtmlElement

_NOT_FILLED = ("submit", "button", "reset", "image", "file")


def fill_form(page: str, address: str, action: str, values: Iterable[tuple[str, str]], ignored: Collection[str]) -> str:
    """Return the page with the values in its form that is sent to `action`, or "" if a value has no field there.

    `address` is that of the page. Fields named in `ignored` keep what they have. Empty values and buttons need no
    field.
    """
    document = lxml.html.document_fromstring(page)
    wanted: dict[str, list[str]] = {}
    for name, value in values:
        if name not in ignored:
            wanted.setdefault(name, []).append(value)
    forms = [form for form in document.forms if _is_sent_to(form, address, action)]
    if not forms:
        return ""
    form = max(forms, key=lambda form: len(wanted.keys() & {field.name for field in form.inputs if field.name}))
    left = {name: list(texts) for name, texts in wanted.items()}
    for field in _fields_of(document, form):
        if field.name and field.name not in ignored:
            _fill(field, left.setdefault(field.name, []))
    buttons = {button.get("name") for button in document.iter("button", "input") if _type(button) == "submit"}
    if any(any(texts) for name, texts in left.items() if name not in buttons):
        return ""
    return lxml.html.tostring(document, doctype="<!doctype html>", encoding="unicode")


def _is_sent_to(form: FormElement, address: str, action: str) -> bool:
    if (form.get("method") or "").lower() != "post":
        return False
    targets = [form.get("action") or "", *(button.get("formaction") or "" for button in form.iter("button", "input"))]
    return any(urlsplit(urljoin(address, target)).path == urlsplit(action).path for target in targets)


def _fields_of(document: HtmlElement, form: FormElement) -> list[HtmlElement]:
    """Return the fields inside the form, and those that name it in their attribute `form`."""
    fields = document.iter("input", "textarea", "select")
    outside = form.get("id")
    return [
        field
        for field in fields
        if (field.get("form") == outside if field.get("form") else form in field.iterancestors("form"))
    ]


def _type(field: HtmlElement) -> str:
    return (field.get("type") or ("submit" if field.tag == "button" else "text")).lower()


def _fill(field: HtmlElement, texts: list[str]) -> None:
    """Put the next of the texts into the field, and take it off the list."""
    if field.tag == "textarea":
        # A parser drops one line break after the tag.
        field.text = "\n" + texts.pop(0) if texts else ""
    elif field.tag == "select":
        for option in field.iter("option"):
            value = option.get("value", option.text or "")
            option.attrib.pop("selected", None)
            if value in texts:
                option.set("selected", "selected")
                texts.remove(value)
    elif _type(field) in ("checkbox", "radio"):
        value = field.get("value", "on")
        field.attrib.pop("checked", None)
        if value in texts:
            field.set("checked", "checked")
            texts.remove(value)
    elif _type(field) not in _NOT_FILLED:
        field.set("value", texts.pop(0) if texts else "")
