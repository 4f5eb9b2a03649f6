"""Render outline nodes as stored values: HTML of paragraphs and lists, goals, import notes."""

import re
from html import escape

from udsat.lib.documents import ImportNote, Table

from . import wording
from .outline import OutlineHeading, OutlineItem, OutlineList, OutlineParagraph
from .parsed_strategy import ParsedGoal

TABLE_REASON = "Tabeller bliver ikke læst ind. Skriv indholdet ind selv."


def html_list(items: list[OutlineItem], ordered: bool = False) -> str:
    tag = "ol" if ordered else "ul"
    inner = "".join(
        f"<li>{escape(item.text, quote=False)}{html_list(item.children) if item.children else ''}</li>"
        for item in items
    )
    return f"<{tag}>{inner}</{tag}>"


def html_paragraph(text: str, strong: bool = False) -> str:
    text = escape(text, quote=False)
    return f"<p><strong>{text}</strong></p>" if strong else f"<p>{text}</p>"


def html(node: OutlineParagraph | OutlineList) -> str:
    if isinstance(node, OutlineParagraph):
        return html_paragraph(node.text)
    lead_in = " ".join(filter(None, (node.before, "" if node.lead_is_heading else node.lead)))
    return (html_paragraph(lead_in) if lead_in else "") + html_list(node.items, node.ordered)


def numbered_goal(item: OutlineItem) -> tuple[str, str]:
    """Return number (or "") and text of »Mål 1.2: Flere boliger«, »1.2 Flere boliger« or an item without a number."""
    label = wording.read_goal_label(item.text)
    if label and label[0]:
        return label
    if not item.marker and (match := re.match(r"(\d{1,2}\.\d{1,2})\.?\s+(\S.*)", item.text, re.DOTALL)):
        return match[1], match[2]
    return item.marker, item.text


def to_goal(item: OutlineItem, depth: int = 0) -> ParsedGoal:
    """Convert a list item to a goal with subgoals. Items below a subgoal become its explanation."""
    number, text = numbered_goal(item)
    goal = ParsedGoal(text, item.line, number)
    if depth == 0:
        goal.children = [to_goal(child, 1) for child in item.children]
    elif item.children:
        goal.explanation = html_list(item.children)
    return goal


def import_notes(node: OutlineParagraph | OutlineList | Table | OutlineHeading, reason: str) -> list[ImportNote]:
    """Return a note for each line of the node, all with the same reason."""
    if not isinstance(node, OutlineList):
        return [ImportNote(node.line, node.text, reason)]
    lead_in = " ".join(filter(None, (node.before, node.lead)))
    lines = [ImportNote(node.line, lead_in, reason)] if lead_in else []
    return lines + [ImportNote(item.line, item.text, reason) for item in node.all_items]
