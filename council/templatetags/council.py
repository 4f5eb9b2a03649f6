"""Tags for the header and footer of a municipality's pages, and for the council's part of strategy pages."""

import datetime
from dataclasses import dataclass

from django import template
from django.db.models import Exists, OuterRef, Prefetch, Q

from council.models import AgendaItem, Council, Hearing, Meeting, News
from council.models.council import readers
from council.public.trail import items_in_public, trails_of_goals
from strategies.models import Goal, Strategy, Theme
from udsat.lib.danish import count
from udsat.models import Municipality

register = template.Library()


@register.simple_tag
def municipality_frame(municipality, user):
    """Return the municipality with the council, sections and contact data of header and footer, in 2 queries.

    Depends on `visible_to(user)`, so that a preview has the links that the public page will have.
    """
    pk = OuterRef("pk")
    frame = Municipality.objects.annotate(
        has_strategies=Exists(Strategy.objects.visible_to(user).filter(municipality=pk)),
        has_meetings=Exists(Meeting.objects.visible_to(user).filter(council__municipality=pk)),
        has_hearings=Exists(Hearing.objects.visible_to(user).filter(council__municipality=pk)),
        has_news=Exists(News.objects.visible_to(user).filter(municipality=pk)),
        has_readers=Exists(readers().filter(municipality=pk)),
    ).get(pk=municipality.pk)
    frame.visible_council = Council.objects.visible_to(user).filter(municipality=municipality).first()
    frame.takes_inputs = bool(frame.visible_council and frame.visible_council.is_live and frame.has_readers)
    for field in ("phone", "phone_hours", "email", "address"):
        setattr(frame, f"shown_{field}", getattr(frame.visible_council, field, "") or getattr(municipality, field))
    return frame


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
