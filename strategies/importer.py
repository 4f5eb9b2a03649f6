"""Import a strategy from a file: read the document, parse it, and save the parts as a draft.

Existing strategies are not changed. Text that no field can hold is kept in `ParsedStrategy.not_understood`.
"""

import datetime
from collections.abc import Iterable, Iterator

from django.utils.formats import number_format
from django.utils.text import Truncator

from udsat.lib.documents import ImportNote, UnreadableDocument, read_document
from udsat.models import DocumentImport, Municipality, batch_reindexing

from .models import Goal, Section, Strategy, Theme
from .parsing import ParsedGoal, ParsedStrategy, parse_strategy

READER = "strategi"  # in DOCUMENT_READERS
MAX_THEMES, MAX_GOALS = 100, 1000
MAX_GOALS_AT_ONCE = 200  # saved in the request of the upload, in half a second
MAX_NOTES, MAX_NOTE_LENGTH = 200, 300  # in the report


def import_strategy(data: bytes, filename: str, municipality: Municipality) -> tuple[Strategy, ParsedStrategy]:
    """Save the strategy in a file as a draft. Return it with the parse result.

    Raise UnreadableDocument, with a message for the user, if the file cannot be read.
    """
    parsed = read_strategy(data, filename)
    return save_draft(parsed, municipality), parsed


def read_strategy(data: bytes, filename: str) -> ParsedStrategy:
    """Parse a file without database access. Raise UnreadableDocument if it holds no text or too much.

    Text that resembles no strategy is read too, with a `doubt`: the person who reviews the draft decides.
    """
    parsed = parse_strategy(read_document(data, filename))
    if not parsed.themes and not parsed.sections:
        raise UnreadableDocument(
            "Der er ingen tekst at læse ind: Filen har kun en overskrift, en menu eller kontaktoplysninger. "
            "Se, om det er den rigtige fil, og om al teksten er med."
        )
    if len(parsed.themes) > MAX_THEMES or parsed.goal_count > MAX_GOALS:
        counts = [number_format(count, force_grouping=True) for count in (len(parsed.themes), parsed.goal_count)]
        raise UnreadableDocument(
            f"Filen har {counts[0]} temaer og {counts[1]} mål. Det ligner ikke én "
            "strategi. Del filen op, og indlæs én strategi ad gangen."
        )
    return parsed


def save_draft_and_report(document: DocumentImport, parsed: ParsedStrategy) -> dict:
    """Save a strategy parsed from an uploaded document as a draft. Return the report of the import."""
    strategy = save_draft(parsed, document.municipality)
    return {
        "strategy": strategy.pk,
        "unit": parsed.unit,
        "doubt": parsed.doubt,
        "not_understood": _reported(parsed.not_understood),
        "ignored": _reported(parsed.ignored),
    }


def is_long(parsed: ParsedStrategy) -> bool:
    goals = [goal for theme in parsed.themes for goal in theme.goals]
    return sum(1 + sum(1 for _ in _descendants(goal)) for goal in goals) > MAX_GOALS_AT_ONCE


def _reported(notes: list[ImportNote]) -> dict:
    """Return the number of notes and the first of them, with their texts truncated."""
    shown = [(note.line, Truncator(note.text).chars(MAX_NOTE_LENGTH), note.reason) for note in notes[:MAX_NOTES]]
    return {"count": len(notes), "shown": shown, "more": len(notes) - len(shown)}


@batch_reindexing()
def save_draft(parsed: ParsedStrategy, municipality: Municipality) -> Strategy:
    """Save a parsed strategy as a draft. Text too long for its field is cut, and kept in full as an import note."""

    def fit(model, field, text, line=0):
        limit = model._meta.get_field(field).max_length
        if len(text) <= limit:
            return text
        label = model._meta.get_field(field).verbose_name
        parsed.not_understood.append(
            ImportNote(line, text, f"For lang til feltet »{label}«, så kun begyndelsen er med.")
        )
        return f"{text[: limit - 1].rsplit(' ', 1)[0][: limit - 1]}…"

    strategy = Strategy.objects.create(
        municipality=municipality,
        title=fit(Strategy, "title", parsed.title or "Strategi uden titel"),
        kind=parsed.kind or Strategy.Kind.STRATEGY,
        starts_on=parsed.start_year and datetime.date(parsed.start_year, 1, 1),
        ends_on=parsed.end_year and datetime.date(parsed.end_year, 12, 31),
        adopted_on=parsed.adopted_on,
        adopted_precision=parsed.adopted_precision or Strategy.Precision.DAY,
        adopted_by=fit(Strategy, "adopted_by", parsed.adopted_by),
        theme_label=fit(Strategy, "theme_label", parsed.theme_label),
        theme_label_plural=fit(Strategy, "theme_label_plural", parsed.theme_label_plural),
    )
    has_vision = False
    for position, section in enumerate(parsed.sections, 1):
        kind = section.kind
        if kind == Section.Kind.VISION:
            kind = Section.Kind.OTHER if has_vision else kind
            has_vision = True
        Section.objects.create(
            strategy=strategy,
            position=position,
            kind=kind,
            heading=fit(Section, "heading", section.heading, section.line),
            body=section.body,
            signed_by=fit(Section, "signed_by", section.signed_by, section.line),
        )
    for position, parsed_theme in enumerate(parsed.themes, 1):
        theme = Theme.objects.create(
            strategy=strategy,
            position=position,
            title=fit(Theme, "title", parsed_theme.title, parsed_theme.line),
            guiding_thread=parsed_theme.guiding_thread,
            body=parsed_theme.body,
            goal_lead_in=fit(Theme, "goal_lead_in", parsed_theme.goal_lead_in, parsed_theme.line),
        )
        _save_goals(theme, parsed_theme.goals)
    return strategy


def _save_goals(theme: Theme, goals: Iterable[ParsedGoal], parent: Goal | None = None) -> None:
    for position, parsed in enumerate(goals, 1):
        goal = Goal.objects.create(
            theme=theme, parent=parent, position=position, text=parsed.text, explanation=parsed.explanation
        )
        if parent is None:
            _save_goals(theme, _descendants(parsed), goal)


def _descendants(goal: ParsedGoal) -> Iterator[ParsedGoal]:
    """Yield the goals below a goal at all levels, as the model has only two."""
    for child in goal.children:
        yield child
        yield from _descendants(child)
