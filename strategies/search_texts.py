"""Search index texts of a strategy, its themes and its goals."""

from collections.abc import Iterator

from django.db.models import Prefetch, QuerySet

from udsat.lib.publishing import publication_window
from udsat.lib.richtext import plain_text
from udsat.models import SearchKind, SearchText

from .models import Goal, Strategy, Theme


def with_strategy_texts(strategies: QuerySet[Strategy]) -> QuerySet[Strategy]:
    goals = Prefetch("goals", Goal.objects.with_numbers().select_related("parent"))
    themes = Prefetch("themes", Theme.objects.prefetch_related("topics", goals))
    return strategies.select_related("municipality").prefetch_related("sections", themes)


def strategy_texts(strategy: Strategy) -> Iterator[SearchText]:
    if not strategy.is_live:
        return
    starts_at, ends_at = publication_window(strategy)
    shared = {
        "date": strategy.starts_on or strategy.adopted_on,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "pdf_url": strategy.get_pdf_url(),
    }
    themes = list(strategy.themes.all())
    sections = [f"{section.display_heading}. {plain_text(section.body)}" for section in strategy.sections.all()]
    yield SearchText(
        kind=SearchKind.STRATEGY,
        url=strategy.get_absolute_url(),
        title=str(strategy),
        body=_joined(strategy.summary, plain_text(strategy.plain_text), *sections, strategy.adopted_by),
        meta=strategy.get_kind_display(),
        also=_years(strategy),
        topics=tuple(sorted({topic.slug for theme in themes for topic in theme.topics.all()})),
        **shared,
    )
    for number, theme in enumerate(themes, 1):
        theme.strategy, theme.number = strategy, number
        shared["topics"] = tuple(sorted(topic.slug for topic in theme.topics.all()))
        yield SearchText(
            kind=SearchKind.THEME,
            url=theme.get_absolute_url(),
            title=theme.display_title,
            body=_joined(theme.guiding_thread, plain_text(theme.body), plain_text(theme.plain_text)),
            also=" ".join(f"{topic.name} {topic.description}" for topic in theme.topics.all()),
            meta=f"{strategy.theme_label.capitalize()} i {strategy}",
            **shared,
        )
        for goal in theme.goals.all():
            goal.theme = theme
            yield SearchText(
                kind=SearchKind.GOAL,
                url=goal.get_absolute_url(),
                title=goal.full_text,
                body=_joined(plain_text(goal.explanation), goal.target, goal.plain_text),
                also=f"{strategy.goal_label} {goal.number}",
                meta=f"{strategy.goal_label.capitalize()} {goal.number} · {theme.display_title} i {strategy}",
                **shared,
            )


def _years(strategy: Strategy) -> str:
    if not strategy.starts_on or not strategy.ends_on:
        return ""
    return " ".join(map(str, range(strategy.starts_on.year, strategy.ends_on.year + 1)[:30]))


def _joined(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
