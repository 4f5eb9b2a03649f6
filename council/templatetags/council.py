"""Tags for the header and footer of a municipality's pages, and for the council's part of strategy pages."""

import datetime
from typing import NamedTuple

from django import template
from django.db.models import F, Value
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
    position: int
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
    """Return a row for each item and each theme or goal it is about."""
    columns = [
        "pk",
        "position",
        "meeting__council__municipality__slug",
        *(f"meeting__{name}" for name in ("date", "ordinal", "starts_at", "ends_at", "first_number")),
        "title",
        "answer",
        "decision",
        "index",
        "is_decided",
        "kind_of_subject",
        "subject",
    ]
    themes, goals = (
        items_in_public()
        .order_by()
        .filter(**{f"{path}strategy": strategy})
        .annotate(kind_of_subject=Value(kind), subject=F(f"{kind}s"))
        .values_list(*columns)
        for kind, path in (("theme", "themes__"), ("goal", "goals__theme__"))
    )
    return themes.union(goals).order_by()


@register.simple_tag
def council_talks(strategy):
    """Return the public agenda items about each theme and goal of the strategy, newest meeting first.

    Makes one query, and reads no text but the decision: a strategy may be on hundreds of agendas.
    """
    talks = {"theme": {}, "goal": {}}
    known = {}  # by item
    for *columns, kind, subject in _items_about(strategy=strategy.pk):
        pk = columns[0]
        talk = known[pk] = known.get(pk) or _talk(*columns)
        talks[kind].setdefault(subject, []).append(talk)
    for by_subject in talks.values():
        for own in by_subject.values():
            own.sort(key=lambda talk: (-talk.date.toordinal(), -talk.ordinal, talk.position, talk.pk))
    return talks


def _talk(
    pk, position, municipality, date, ordinal, starts_at, ends_at, first_number, title, answer, decision, index, decided
):
    return CouncilTalk(
        pk,
        position,
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
def goal_trails(theme, talks):
    items = {goal: {talk.pk for talk in about_goal} for goal, about_goal in talks["goal"].items()}
    return trails_of_goals(theme, items)


@register.filter
def of(trails, goal):
    return trails[goal.pk]


@register.inclusion_tag("council/_news_about.html")
def news_about(strategy):
    return {"stories": _news_about(strategy=strategy.pk)}


@prepared
def _news_about(strategy):
    return News.objects.published().filter(strategy=strategy).select_related("municipality")[:5]


@register.filter
def seats_and_members(council, vacant):
    """»12 medlemmer«, or »12 pladser, 11 medlemmer« if some of the seats are vacant."""
    members = count(max(0, council.size - vacant), "medlem", "medlemmer")
    return f"{count(council.size, 'plads', 'pladser')}, {members}" if vacant else members
