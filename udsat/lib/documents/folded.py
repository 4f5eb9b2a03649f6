"""Open the folded parts of a web page: accordions, `<details>` and tabs, whose text is content although it is hidden.

A panel is an element that a control on the page shows: a button, link or tab that names it by id, or that says whether
it is expanded and stands before it. Hidden text without a control, menus, forms and dialogs stay hidden.
"""

import re
from collections.abc import Iterator
from typing import Any

import lxml.html

from .text import single_spaced

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CONTROLS = ("button", "a", "summary", "div", "span", "li", "label", *HEADINGS)
_TARGETS = ("aria-controls", "data-bs-target", "data-target", "href")
_TABS = {"tab", "pill", "list"}
_TOGGLES = {"collapse", "accordion", *_TABS}
MAX_HEADING = 150
# Names of controls that say nothing about what they show.
_GENERIC = re.compile(
    r"(?:(?:læs|vis|se|få) (?:hele |det )?(?:mere|mindre|alle?t?|teksten|indhold(?:et)?)|åbn(?: alle?)?|luk(?: alle?)?"
    r"|vis|skjul|fold (?:alle )?(?:ud|ind|sammen)|mere|mindre)?\W{0,5}",
    re.IGNORECASE,
)


def is_hidden(node: Any) -> bool:
    style = (node.get("style") or "").replace(" ", "").lower()
    return node.get("hidden") is not None or node.get("aria-hidden") == "true" or "display:none" in style


def unfold(body: Any) -> None:
    """Show the panels in place, and make the name of each a heading above its text."""
    tabs = {node.get("aria-labelledby"): node for node in body.iter() if node.get("role") == "tabpanel"}
    by_id = {node.get("id"): node for node in body.iter() if node.get("id")}
    seen = {body}
    panels: dict[Any, Any] = {}  # with the control that names the panel, if one does
    for control in list(body.iter(*_CONTROLS)):
        if not _is_control(control):
            continue
        found = [by_id[name] for name in _targets(control) if name in by_id]
        if not found and (labelled := tabs.get(control.get("id"))) is not None:
            found = [labelled]
        if control.tag == "summary":
            panels[control.getparent()] = control
        for panel in found or _hidden_parts_after(control):
            if panel in seen or _is_around(panel, control):
                continue
            seen.add(panel)
            if _is_content(panel):
                panels[panel] = control if len(found) < 2 and control.tag != "summary" else None
                _show(panel)
    _write_headings(body, panels)


def _is_control(node: Any) -> bool:
    toggle = node.get("data-bs-toggle") or node.get("data-toggle") or ""
    if node.get("aria-haspopup", "false") != "false" or toggle and toggle not in _TOGGLES:
        return False
    if node.tag == "summary":
        return node.getparent().tag == "details" and node.getprevious() is None
    says_so = toggle or node.get("aria-expanded") is not None or node.get("role") == "tab"
    return bool(says_so or node.tag == "button" and node.get("aria-controls"))


def _targets(control: Any) -> list[str]:
    for name in _TARGETS:
        value = (control.get(name) or "").strip()
        if value and (name == "aria-controls" or value.startswith("#")):
            return [one.removeprefix("#") for one in value.split()]
    return []


def _hidden_parts_after(control: Any) -> Iterator[Any]:
    """Yield the hidden element after the control or the heading that it is in; all of them in `<details>`."""
    if control.tag == "summary":
        yield from filter(is_hidden, control.itersiblings())
        return
    node = control
    for _ in range(3):
        following = node.getnext()
        if following is not None:
            if is_hidden(following):
                yield following
            return
        node = node.getparent()
        if node is None:
            return


def _is_around(panel: Any, control: Any) -> bool:
    return any(node is panel for node in control.iterancestors()) or panel is control


def _is_content(panel: Any) -> bool:
    """Whether the element holds text rather than a menu, a form or a dialog."""
    if any(True for _ in panel.iter("nav", "form", "input", "textarea", "select")):
        return False
    if panel.get("role") in ("dialog", "menu", "navigation", "search", "listbox", "tooltip", "alert"):
        return False
    if panel.tag in ("nav", "dialog", "form", *HEADINGS) or "modal" in (panel.get("class") or "").lower().split():
        return False
    length = len(single_spaced(panel.text_content()))
    links = sum(len(single_spaced(link.text_content())) for link in panel.iter("a"))
    return length > 0 and links * 10 < length * 7


def _show(panel: Any) -> None:
    """Remove what hides the panel, an element around it that holds nothing else, or the only element in it."""
    _unhide(panel)
    outer = panel
    while (parent := outer.getparent()) is not None and parent.tag not in ("body", "main") and _is_only(outer, parent):
        _unhide(outer := parent)
    inner = panel
    while len(inner) == 1 and isinstance(inner[0].tag, str) and _is_only(inner[0], inner):
        _unhide(inner := inner[0])


def _is_only(child: Any, parent: Any) -> bool:
    return len(parent) == 1 and not (parent.text or "").strip() and not (child.tail or "").strip()


def _unhide(node: Any) -> None:
    node.attrib.pop("hidden", None)
    node.attrib.pop("aria-hidden", None)
    if style := node.get("style"):
        node.set("style", re.sub(r"display\s*:\s*none[^;]*", "", style, flags=re.IGNORECASE))


def _write_headings(body: Any, panels: dict[Any, Any]) -> None:
    """Write the name of each panel as a heading one level below the heading above its control."""
    controls = {control: panel for panel, control in panels.items() if control is not None}
    levels: dict[Any, int] = {}  # of the last heading in a panel, or outside of all (None)
    for node in list(body.iter(*_CONTROLS)):
        panel = controls.get(node)
        if panel is None and node.tag not in HEADINGS:
            continue
        for sign in [one for one in node.iter() if is_hidden(one) and one.getparent() is not None]:
            if not re.search(r"\w", sign.text_content()):
                sign.drop_tree()  # the plus or arrow of an accordion
        above = list(node.iterancestors())
        around = next((parent for parent in above if parent in panels and parent is not panel), None)
        own = next((parent for parent in (node, *above) if parent.tag in HEADINGS), None)
        if own is None:
            own = next(node.iter(*HEADINGS), None)
        level = int(own.tag[1]) if own is not None else min(levels.get(around, 1) + 1, 6)
        if node.tag in HEADINGS:
            levels[around] = level
        if panel is not None:
            levels[panel] = level
            if own is None:
                _write_heading(node, panel, level)
            elif node.tag == "button" and own is not node and own not in above:
                node.tag = "div"


def _write_heading(control: Any, panel: Any, level: int) -> None:
    name = single_spaced(control.text_content())
    if len(name) > MAX_HEADING:
        return
    is_tab = control.get("role") == "tab" or control.get("data-bs-toggle", control.get("data-toggle")) in _TABS
    control.attrib.clear()
    if _GENERIC.fullmatch(name):
        control.tag = "button"
    elif is_tab:
        first = next(panel.iter(*HEADINGS), None)
        if first is None or single_spaced(first.text_content()).casefold() != name.casefold():
            heading = lxml.html.Element(f"h{level}")
            heading.text, heading.tail, panel.text = name, panel.text, None
            panel.insert(0, heading)
        control.drop_tree()
    else:
        control.tag = f"h{level}"
