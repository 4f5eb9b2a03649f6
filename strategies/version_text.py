"""The text of an earlier version of a strategy, from the content that is kept of it."""

from dataclasses import dataclass, field
from typing import Any

from .models import Section


@dataclass(frozen=True)
class VersionGoal:
    number: str
    text: str
    explanation: str
    target: str


@dataclass(frozen=True)
class VersionTheme:
    number: int
    title: str
    guiding_thread: str
    body: str
    goal_lead_in: str
    goals: list[VersionGoal]


@dataclass(frozen=True)
class VersionText:
    title: str = ""
    summary: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)  # heading and text
    themes: list[VersionTheme] = field(default_factory=list)


def version_text(content: list[dict[str, Any]]) -> VersionText | None:
    """Return the text of a version; None if none is kept. Fields that were added later are left out of older ones."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for entry in content:
        rows.setdefault(entry["model"], []).append(entry["values"] | {"pk": entry["pk"]})
    if not rows:
        return None
    [strategy] = rows["strategies.strategy"]
    goals = rows.get("strategies.goal", [])
    return VersionText(
        strategy["title"],
        strategy["summary"],
        [
            (section["heading"] or Section.Kind(section["kind"]).label, section["body"])
            for section in sorted(rows.get("strategies.section", []), key=_order)
        ],
        [
            VersionTheme(
                number,
                theme["title"] or f"Gruppe {number}",
                theme["guiding_thread"],
                theme["body"],
                theme["goal_lead_in"],
                list(_goals(str(number), [goal for goal in goals if goal["theme"] == theme["pk"]])),
            )
            for number, theme in enumerate(sorted(rows.get("strategies.theme", []), key=_order), 1)
        ],
    )


def _order(row):
    return row["position"], row["pk"]


def _goals(number, goals, parent=None):
    for own, goal in enumerate(sorted((goal for goal in goals if goal["parent"] == parent), key=_order), 1):
        yield VersionGoal(f"{number}.{own}", goal["text"], goal["explanation"], goal["target"])
        yield from _goals(f"{number}.{own}", goals, goal["pk"])
