"""Tags for the header and footer of a municipality's pages, and for the council's part of strategy pages."""

import datetime
from dataclasses import dataclass

from django import template
from django.db.models import Prefetch, Q

from council.models import AgendaItem, News
from council.public import frame
from council.public.trail import items_in_public, trails_of_goals
from strategies.models import Goal, Theme
from udsat.lib.danish import count

register = template.Library()


@register.simple_tag
def municipality_frame(municipality, user):
    return frame.municipality_frame(user, municipality)


# What a CouncilTalk is made of.
TALK_FIELDS = [
    "title",
    "answer",
    "decision",
    *(f"meeting__{name}" for name in ("date", "ordinal", "starts_at", "ends_at", "first_number")),
    "meeting__council__municipality__slug",
]


@dataclass(frozen=True)
class CouncilTalk:
    """A public agenda item about a theme or goal; answer and decision are empty until the minutes are public."""

    date: datetime.date
    url: str
    number: int
    title: str
    answer: str
    decision: str
    is_coming: bool


@register.simple_tag
def council_talks(strategy):
    """Return the public agenda items about each theme and goal of the strategy, newest meeting first.

    Makes a constant number of queries, and reads no text but the decision: a strategy may be on hundreds of agendas.
    """
    about = Q(themes__strategy=strategy) | Q(goals__theme__strategy=strategy)
    items = (
        items_in_public()
        .filter(pk__in=AgendaItem.objects.filter(about).values("pk"))
        .only(*TALK_FIELDS)
        .prefetch_related(
            Prefetch("themes", Theme.objects.filter(strategy=strategy).only("pk")),
            Prefetch("goals", Goal.objects.filter(theme__strategy=strategy).only("pk")),
        )
        .order_by("-meeting__date", "-meeting__ordinal", "position", "pk")
    )
    talks = {"theme": {}, "goal": {}}
    for item in items:
        talk = CouncilTalk(
            date=item.meeting.date,
            url=item.get_absolute_url(),
            number=item.meeting.first_number + item.index,
            title=item.heading,
            answer=item.get_answer_display() if item.is_decided else "",
            decision=item.decision if item.is_decided else "",
            is_coming=not item.meeting.is_past and not item.is_decided,
        )
        for subject in (*item.themes.all(), *item.goals.all()):
            talks[subject._meta.model_name].setdefault(subject.pk, []).append(talk)
    return talks


@register.filter
def about(talks, subject):
    """Return the talks about a theme or goal."""
    return talks[subject._meta.model_name].get(subject.pk, [])


@register.filter
def about_all(talks, theme):
    """Return the talks about a theme and its goals, without duplicates, newest first."""
    unique = dict.fromkeys(talk for subject in [theme, *theme.all_goals] for talk in about(talks, subject))
    return sorted(unique, key=lambda talk: talk.date, reverse=True)


@register.simple_tag
def goal_trails(theme):
    return trails_of_goals(theme)


@register.filter
def of(trails, goal):
    return trails[goal.pk]


@register.inclusion_tag("council/_news_about.html")
def news_about(strategy):
    return {"stories": News.objects.published().filter(strategy=strategy).select_related("municipality")[:5]}


@register.filter
def seats_and_members(council, vacant):
    """»12 medlemmer«, or »12 pladser, 11 medlemmer« if some of the seats are vacant."""
    members = count(max(0, council.size - vacant), "medlem", "medlemmer")
    return f"{count(council.size, 'plads', 'pladser')}, {members}" if vacant else members
