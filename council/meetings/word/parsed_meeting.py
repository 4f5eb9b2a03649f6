"""The result of parsing an agenda or minutes, as plain data that JSON can hold."""

from dataclasses import asdict, dataclass, field


@dataclass
class ParsedAgreement:
    """Dates are ISO 8601, or empty."""

    text: str
    responsible: str = ""
    due_on: str = ""
    done_on: str = ""
    outcome: str = ""
    line: int = 0


@dataclass
class ParsedItem:
    """`fields` maps names of AgendaItem's fields to HTML. `number` is the document's, or 0."""

    title: str
    number: int = 0
    line: int = 0
    kind: str = ""
    case_number: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    agreements: list[ParsedAgreement] = field(default_factory=list)
    is_closed: bool = False
    public_title: str = ""
    raised_at_meeting: bool = False
    files: list[str] = field(default_factory=list)
    strategy: list[str] = field(default_factory=list)


@dataclass
class ParsedAttendance:
    """Names under »Til stede«, »Afbud« or »Fraværende«, as written.

    `is_alone`: the text is a line, entry or cell of its own. `is_staff`: those that are no members are guests.
    """

    status: str
    text: str
    is_alone: bool
    line: int
    is_staff: bool = False


@dataclass
class ParsedMeeting:
    """`paper` is "referat" or "dagsorden". `not_understood` and `ignored` hold line, text and reason."""

    paper: str = "referat"
    style: str = "fortaellende"
    title: str = ""
    kind: str = ""
    kind_label: str = ""
    date: str = ""
    starts_at: str = ""
    ends_at: str = ""
    place: str = ""
    address: str = ""
    cancelled: str = ""
    how_to_attend: str = ""
    is_open: bool = False
    guests: str = ""
    chaired_by: str = ""
    minutes_by: str = ""
    intro: str = ""
    plain_text: str = ""
    people: list[ParsedAttendance] = field(default_factory=list)
    items: list[ParsedItem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    not_understood: list[tuple[int, str, str]] = field(default_factory=list)
    ignored: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def is_minutes(self) -> bool:
        return self.paper == "referat"

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict) -> "ParsedMeeting":
        items = [
            ParsedItem(**{**item, "agreements": [ParsedAgreement(**a) for a in item["agreements"]]})
            for item in data["items"]
        ]
        people = [ParsedAttendance(**one) for one in data["people"]]
        remarks = {name: [tuple(r) for r in data[name]] for name in ("not_understood", "ignored")}
        return cls(**{**data, "items": items, "people": people, **remarks})
