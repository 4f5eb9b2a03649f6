"""What the council puts on every page of its municipality, and on the pages of its strategies."""

import datetime
from dataclasses import dataclass

from django import template
from django.db.models import Exists, OuterRef, Prefetch, Q

from council.models import Council, Hearing, Meeting, News
from council.models.council import readers
from council.public.trail import items_in_public, trails_of_goals
from strategies.models import Goal, Strategy, Theme
from udsat.models import Municipality

register = template.Library()


@register.simple_tag
def municipality_frame(municipality, user):
    """The municipality again, with what header and footer need: its council and which sections it has (2 queries).

    Follows `visible_to(user)`, so that a secretary's preview has the links that the public page will have.
    """
    here = OuterRef("pk")
    frame = Municipality.objects.annotate(
        has_strategies=Exists(Strategy.objects.visible_to(user).filter(municipality=here)),
        has_meetings=Exists(Meeting.objects.visible_to(user).filter(council__municipality=here)),
        has_hearings=Exists(Hearing.objects.visible_to(user).filter(council__municipality=here)),
        has_news=Exists(News.objects.visible_to(user).filter(municipality=here)),
        has_readers=Exists(readers().filter(municipality=here)),
    ).get(pk=municipality.pk)
    frame.visible_council = Council.objects.visible_to(user).filter(municipality=municipality).first()
    # Somebody reads what is written there.
    frame.takes_inputs = bool(frame.visible_council and frame.visible_council.is_live and frame.has_readers)
    for field in ("phone", "phone_hours", "email", "address"):
        setattr(frame, f"shown_{field}", getattr(frame.visible_council, field, "") or getattr(municipality, field))
    return frame


@dataclass(frozen=True)
class Talk:
    """An open agenda item, as far as its papers are public: without public minutes there is no decision in it."""

    date: datetime.date
    url: str
    number: int
    title: str
    answer: str
    decision: str
    is_coming: bool


@register.simple_tag
def council_talks(strategy):
    """Where the council has talked about the strategy, in public: by theme and by goal, the newest meeting first.

    A constant number of queries for the whole strategy.
    """
    items = (
        items_in_public()
        .filter(Q(themes__strategy=strategy) | Q(goals__theme__strategy=strategy))
        .distinct()
        .prefetch_related(
            Prefetch("themes", Theme.objects.filter(strategy=strategy)),
            Prefetch("goals", Goal.objects.filter(theme__strategy=strategy)),
        )
        .order_by("-meeting__date", "-meeting__ordinal", "position", "pk")
    )
    talks = {"theme": {}, "goal": {}}
    for item in items:
        talk = Talk(
            date=item.meeting.date,
            url=item.get_absolute_url(),
            number=item.meeting.first_number + item.place,
            title=item.title,
            answer=item.get_answer_display() if item.is_decided else "",
            decision=item.decision if item.is_decided else "",
            is_coming=not item.meeting.is_past and not item.is_decided,
        )
        for subject in (*item.themes.all(), *item.goals.all()):
            talks[subject._meta.model_name].setdefault(subject.pk, []).append(talk)
    return talks


@register.filter
def about(talks, subject):
    """The talks about one theme or goal."""
    return talks[subject._meta.model_name].get(subject.pk, [])


@register.filter
def about_all(talks, theme):
    """The talks about a theme and about any of its goals, each once, the newest first."""
    found = dict.fromkeys(talk for subject in [theme, *theme.all_goals] for talk in about(talks, subject))
    return sorted(found, key=lambda talk: talk.date, reverse=True)


@register.simple_tag
def goal_trails(theme):
    """What happened, by goal of the theme."""
    return trails_of_goals(theme)


@register.filter
def of(trails, goal):
    """The trail of one goal."""
    return trails[goal.pk]


@register.inclusion_tag("council/_news_about.html")
def news_about(strategy):
    """The published news about a strategy."""
    return {"stories": News.objects.published().filter(strategy=strategy).select_related("municipality")[:5]}
