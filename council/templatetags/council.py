"""Tags for the header and footer of a municipality's pages, and for the council's part of strategy pages."""

import datetime
from collections import defaultdict
from typing import NamedTuple

from django import template
from django.db.models import Q, Value
from django.urls import reverse

from council.models import AgendaItem, Meeting, News
from council.models.item import without_number
from council.public import frame
from council.public.trail import items_in_public, trails_of_goals
from udsat.lib.danish import count
from udsat.lib.prepared import prepared

register = template.Library()


@register.simple_tag
def municipality_frame(municipality, user):
    return frame.municipality_frame(user, municipality)


class CouncilTalk(NamedTuple):
    """A public agenda item about a theme or goal; answer and decision are empty until the minutes are public."""

    pk: int
    municipality: str
    date: datetime.date
    ordinal: int
    number: int
    title: str
    answer: str
    decision: str
    is_coming: bool

    @property
    def url(self) -> str:
        meeting = Meeting(date=self.date, ordinal=self.ordinal)
        address = reverse("meeting", args=[self.municipality, meeting.address_part])
        return f"{address}#{AgendaItem(pk=self.pk).anchor}"


@prepared
def _items_about(strategy):
    about_theme = AgendaItem.themes.through.objects.filter(theme__strategy=strategy)
    about_goal = AgendaItem.goals.through.objects.filter(goal__theme__strategy=strategy)
    return (
        items_in_public()
        .filter(Q(pk__in=about_theme.values("agendaitem")) | Q(pk__in=about_goal.values("agendaitem")))
        .order_by("-meeting__date", "-meeting__ordinal", "position", "pk")
        .values_list(
            "pk",
            "meeting__council__municipality__slug",
            *(f"meeting__{name}" for name in ("date", "ordinal", "starts_at", "ends_at", "first_number")),
            "title",
            "answer",
            "decision",
            "index",
            "is_decided",
        )
    )


@prepared
def _subjects(strategy):
    themes = AgendaItem.themes.through.objects.filter(theme__strategy=strategy)
    goals = AgendaItem.goals.through.objects.filter(goal__theme__strategy=strategy)
    return themes.values_list("agendaitem", "theme", Value("theme")).union(
        goals.values_list("agendaitem", "goal", Value("goal"))
    )


@register.simple_tag
def council_talks(strategy):
    """Return the public agenda items about each theme and goal of the strategy, newest meeting first.

    Makes two queries, and reads no text but the decision: a strategy may be on hundreds of agendas.
    """
    subjects = defaultdict(list)
    for item, subject, kind in _subjects(strategy=strategy.pk):
        subjects[item].append((kind, subject))
    talks = {"theme": {}, "goal": {}}
    for row in _items_about(strategy=strategy.pk):
        talk = _talk(*row)
        for kind, subject in subjects[talk.pk]:
            talks[kind].setdefault(subject, []).append(talk)
    return talks


def _talk(pk, municipality, date, ordinal, starts_at, ends_at, first_number, title, answer, decision, index, decided):
    return CouncilTalk(
        pk,
        municipality,
        date,
        ordinal,
        number=first_number + index,
        title=without_number(title),
        answer=AgendaItem.Answer(answer).label if decided and answer else "",
        decision=decision if decided else "",
        is_coming=not decided and not Meeting(date=date, starts_at=starts_at, ends_at=ends_at).is_past,
    )


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
