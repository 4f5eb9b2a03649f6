"""From a written strategy to a draft: the file is read, its structure parsed, and the parts mapped to models.

Nothing is published and nothing existing is changed. What has no place in the model is reported, never dropped.
"""

import datetime

from django.db import transaction
from django.utils.formats import number_format

from udsat.lib.documents import ImportNote, UnreadableDocument, read_document
from udsat.models import Municipality

from .models import Goal, Section, Strategy, Theme
from .parsing import ParsedGoal, ParsedStrategy, parse_strategy

MAX_THEMES, MAX_GOALS = 100, 1000
# Sections that any text may turn out to have.
UNSURE = {Section.Kind.BACKGROUND, Section.Kind.OTHER}


def import_strategy(data: bytes, filename: str, municipality: Municipality) -> tuple[Strategy, ParsedStrategy]:
    """Save a file's strategy as a draft and return it with what was parsed, remarks included.

    Raises UnreadableDocument, with a Danish message that says what to do; then nothing is saved.
    """
    parsed = read_strategy(data, filename)
    return save_draft(parsed, municipality), parsed


def read_strategy(data: bytes, filename: str) -> ParsedStrategy:
    """Read a file without touching the database. Raises UnreadableDocument for what is no strategy."""
    parsed = parse_strategy(read_document(data, filename))
    if not parsed.themes and all(section.kind in UNSURE for section in parsed.sections):
        raise UnreadableDocument(
            "Der er ingen strategi at finde i filen: hverken temaer, mål eller afsnit. "
            "Se, om det er den rigtige fil, og om overskrifter og punktopstillinger er med."
        )
    if len(parsed.themes) > MAX_THEMES or parsed.goal_count > MAX_GOALS:
        counts = [number_format(count, force_grouping=True) for count in (len(parsed.themes), parsed.goal_count)]
        raise UnreadableDocument(
            f"Filen har {counts[0]} temaer og {counts[1]} mål. Det ligner ikke én "
            "strategi. Del filen op, og indlæs én strategi ad gangen."
        )
    return parsed


@transaction.atomic
def save_draft(parsed: ParsedStrategy, municipality: Municipality) -> Strategy:
    """Map a parsed strategy to a new draft. A text too long for its field is cut there and kept as a remark."""

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
    for position, group in enumerate(parsed.themes, 1):
        theme = Theme.objects.create(
            strategy=strategy,
            position=position,
            title=fit(Theme, "title", group.title, group.line),
            guiding_thread=group.guiding_thread,
            body=group.body,
            goal_lead_in=fit(Theme, "goal_lead_in", group.goal_lead_in, group.line),
        )
        for place, goal in enumerate(group.goals, 1):
            top = Goal.objects.create(theme=theme, position=place, text=goal.text, explanation=goal.explanation)
            for below, child in enumerate(_descendants(goal), 1):
                Goal.objects.create(
                    theme=theme, parent=top, position=below, text=child.text, explanation=child.explanation
                )
    return strategy


def _descendants(goal: ParsedGoal):
    """Everything below a goal in reading order; the model has two layers, so deeper ones move up."""
    for child in goal.children:
        yield child
        yield from _descendants(child)
