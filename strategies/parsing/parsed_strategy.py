"""Result of parsing a strategy: plain data that the importer maps to models."""

from dataclasses import dataclass, field
from datetime import date

from udsat.lib.documents import ImportNote


@dataclass
class ParsedGoal:
    """A goal. `explanation` is HTML; `number` is the document's own, as in »Mål 1.2«."""

    text: str
    line: int = 0
    number: str = ""
    explanation: str = ""
    children: list["ParsedGoal"] = field(default_factory=list)


@dataclass
class ParsedTheme:
    """A theme. `title` is empty for a group of goals without a heading; `body` is HTML."""

    title: str = ""
    line: int = 0
    number: str = ""
    guiding_thread: str = ""
    body: str = ""
    goal_lead_in: str = ""
    goals: list[ParsedGoal] = field(default_factory=list)


@dataclass
class ParsedSection:
    """A section. `kind` is a value of Section.Kind; `body` is HTML."""

    kind: str
    heading: str = ""
    line: int = 0
    body: str = ""
    signed_by: str = ""


@dataclass
class ParsedStrategy:
    """The result of parsing. Line numbers count `unit` ("linje" or "afsnit"); `doubt`: why it may be no strategy."""

    title: str = ""
    kind: str = ""
    start_year: int | None = None
    end_year: int | None = None
    adopted_on: date | None = None
    adopted_precision: str = ""
    adopted_by: str = ""
    theme_label: str = "tema"
    theme_label_plural: str = "temaer"
    sections: list[ParsedSection] = field(default_factory=list)
    themes: list[ParsedTheme] = field(default_factory=list)
    not_understood: list[ImportNote] = field(default_factory=list)
    ignored: list[ImportNote] = field(default_factory=list)
    doubt: str = ""
    unit: str = "linje"

    @property
    def goal_count(self) -> int:
        """Number of goals at the first level."""
        return sum(len(theme.goals) for theme in self.themes)
