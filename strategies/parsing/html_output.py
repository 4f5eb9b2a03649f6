"""The pieces of an outline as stored text: HTML of paragraphs and lists, goals, remarks."""

import re
from html import escape

from udsat.lib.documents import ImportNote, Table

from . import wording
from .outline import Head, Item, Listing, Para
from .parsed_strategy import ParsedGoal

TABLE = "Tabeller bliver ikke læst ind. Skriv indholdet ind selv."


def html_list(each: Listing | None, items: list[Item] | None = None) -> str:
    tag = "ol" if each and each.ordered else "ul"
    rows = each.items if each else items or []
    inner = "".join(
        f"<li>{escape(i.text, quote=False)}{html_list(None, i.children) if i.children else ''}</li>" for i in rows
    )
    return f"<{tag}>{inner}</{tag}>"


def html_para(text: str, strong: bool = False) -> str:
    text = escape(text, quote=False)
    return f"<p><strong>{text}</strong></p>" if strong else f"<p>{text}</p>"


def html(node: Para | Listing) -> str:
    if isinstance(node, Para):
        return html_para(node.text)
    lead = " ".join(part for part in (node.before, "" if node.is_headed else node.lead) if part)
    return (html_para(lead) if lead else "") + html_list(node)


def numbered_goal(item: Item) -> tuple[str, str]:
    """Number, perhaps empty, and text of »Mål 1.2: Flere boliger«, »1.2 Flere boliger« and of any other item."""
    label = wording.read_goal_label(item.text)
    if label and label[0]:
        return label
    if not item.marker and (match := re.match(r"(\d{1,2}\.\d{1,2})\.?\s+(\S.*)", item.text, re.DOTALL)):
        return match[1], match[2]
    return item.marker, item.text


def goal_of(item: Item, depth: int = 0) -> ParsedGoal:
    """Two layers of goals; what lies deeper becomes the explanation of the second."""
    number, text = numbered_goal(item)
    goal = ParsedGoal(text, item.line, number)
    if depth == 0:
        goal.children = [goal_of(child, 1) for child in item.children]
    elif item.children:
        goal.explanation = html_list(None, item.children)
    return goal


def remarks(node: Para | Listing | Table | Head, reason: str) -> list[ImportNote]:
    if not isinstance(node, Listing):
        return [ImportNote(node.line, node.text, reason)]
    lead = " ".join(part for part in (node.before, node.lead) if part)
    found = [ImportNote(node.line, lead, reason)] if lead else []
    waiting = list(node.items)
    while waiting:
        item = waiting.pop(0)
        found.append(ImportNote(item.line, item.text, reason))
        waiting = item.children + waiting
    return found
