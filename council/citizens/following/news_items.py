"""What is new in public, one thing at a time, each with the moment it became public.

Every thing comes out of `published()` when it is asked for, so that it is gone when it has been withdrawn.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Prefetch, Q
from django.utils import timezone

from council.models import (
    Agenda,
    AgendaItem,
    Council,
    Edition,
    Hearing,
    Meeting,
    Minutes,
    News,
    Subscription,
    public_decisions,
    public_items,
)
from strategies.models import FollowUp, Strategy
from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import clock, long_date, weekday_date
from udsat.lib.richtext import plain_text
from udsat.models import Municipality, PublicationEvent, Publishable, Revision

# A letter lists no more items than this; the page has them all.
MOST_ITEMS = 12
# Follow-ups are written one after the other, so they wait until nobody has written one for so long.
REST = datetime.timedelta(minutes=30)


@dataclass(frozen=True)
class Thing:
    """`key` is its kind and number: "referat-12"."""

    key: str
    at: datetime.datetime
    kind: str  # the heading it stands under among others
    title: str
    path: str
    place: Municipality
    council: int | None = None
    strategies: frozenset[int] = frozenset()
    topics: frozenset[int] = frozenset()
    # Things of one bundle are told in one letter.
    bundle: str = ""
    # What a letter says of it; the topics and strategies are those that its reader follows.
    tell: Callable[[frozenset[int], frozenset[int]], list[str]] = field(default=lambda topics, strategies: [])

    @property
    def url(self) -> str:
        return settings.SITE_URL + self.path

    def is_for(self, subscription: Subscription) -> bool:
        return (
            bool(self.council and self.council == subscription.council_id)
            or subscription.strategy_id in self.strategies
            or subscription.topic_id in self.topics
        )


def things_since(since: datetime.datetime, now: datetime.datetime) -> list[Thing]:
    """What has become public after `since`, the oldest first; a constant number of queries for the whole country."""
    found = [thing for source in SOURCES.values() for thing in source(since=since)]
    latest = defaultdict(lambda: since)
    for thing in found:
        latest[thing.bundle] = max(latest[thing.bundle], thing.at)
    rested = [thing for thing in found if not thing.bundle or latest[thing.bundle] <= now - REST]
    return sorted((thing for thing in rested if since < thing.at <= now), key=lambda thing: (thing.at, thing.key))


def things_by_key(keys: Iterable[str]) -> dict[str, Thing]:
    """Those among them that are public now."""
    numbers = defaultdict(set)
    for key in keys:
        kind, _, number = key.partition("-")
        numbers[kind].add(int(number))
    return {thing.key: thing for kind, those in numbers.items() for thing in SOURCES[kind](pks=those)}


def _asked(pks, lookup="pk", **since):
    """The rows with those numbers; without numbers, those with any of the moments after the one given."""
    if pks is not None:
        return Q(**{f"{lookup}__in": pks})
    return Q.create([(f"{name}__gt", moment) for name, moment in since.items()], connector=Q.OR)


def _first(thing: Publishable) -> datetime.datetime:
    """When it first became public: what is taken back and shown again is no news to those who came meanwhile."""
    return thing.published_at or thing.publish_at


# Meetings


def _of_paper(paper, **fields):
    meeting = paper.meeting
    return {
        "at": max(_first(paper), _first(meeting)),
        "path": meeting.get_absolute_url(),
        **_of_council(meeting.council),
        **fields,
    }


def _of_council(council):
    return {"place": council.municipality, "council": council.pk}


def _papers(model, pks, since):
    asked = _asked(pks, publish_at=since, meeting__publish_at=since)
    return model.objects.published().filter(asked).select_related("meeting__council__municipality")


def _agendas(pks=None, since=None) -> Iterator[Thing]:
    # What a meeting that has been held was going to talk about is told by its minutes.
    for agenda in _papers(Agenda, pks, since).filter(meeting__date__gte=timezone.localdate()):
        yield Thing(
            key=f"dagsorden-{agenda.pk}",
            kind="Dagsordener",
            title=f"Dagsorden til mødet {weekday_date(agenda.meeting.date)}",
            tell=_agenda_words(agenda.meeting),
            **_of_paper(agenda),
        )


def _agenda_words(meeting):
    def tell(topics, strategies):
        return [
            f"{meeting.display_title}, {_when(meeting)}",
            *_where(meeting),
            "Mødet er åbent for alle." if meeting.is_open else "Mødet er kun for rådet.",
            *_numbered(public_items(meeting, with_minutes=False)),
        ]

    return tell


def _when(meeting):
    return weekday_date(meeting.date) + (f" kl. {clock(meeting.starts_at)}" if meeting.starts_at else "")


def _where(meeting):
    where = ", ".join(filter(None, (meeting.place, meeting.address)))
    return [where] if where else []


def _numbered(items):
    lines = [f"{item.number}. {item.title}" for item in items[:MOST_ITEMS]]
    return [*lines, f"… og {len(items) - MOST_ITEMS} punkter mere"] if len(items) > MOST_ITEMS else lines


def _supplements(pks=None, since=None) -> Iterator[Thing]:
    events = PublicationEvent.objects.filter(
        _asked(pks, at=since),
        action=PublicationEvent.Action.SUPPLEMENT,
        content_type=ContentType.objects.get_for_model(Agenda),
    )
    by_agenda = {event.object_id: event for event in events.order_by("at", "pk")}
    agendas = Agenda.objects.published().filter(pk__in=by_agenda, meeting__date__gte=timezone.localdate())
    for agenda in agendas.select_related("meeting__council__municipality"):
        event = by_agenda[agenda.pk]
        day = timezone.localtime(event.at).date()
        yield Thing(
            key=f"tillaeg-{event.pk}",
            kind="Dagsordener",
            title=f"Nye punkter til mødet {weekday_date(agenda.meeting.date)}",
            tell=lambda topics, strategies, meeting=agenda.meeting, day=day: _numbered(
                [item for item in public_items(meeting, with_minutes=False) if item.supplemented_on == day]
            ),
            **_of_paper(agenda, at=event.at),
        )


def _minutes(pks=None, since=None) -> Iterator[Thing]:
    found = list(_papers(Minutes, pks, since))
    topics, strategies = defaultdict(set), defaultdict(set)
    items = AgendaItem.objects.decided_in_public().filter(meeting__in=[one.meeting_id for one in found])
    for way in ("themes", "goals__theme"):
        rows = items.filter(Strategy.published_when(f"{way}__strategy__"))
        for meeting, strategy, topic in rows.values_list("meeting", f"{way}__strategy", f"{way}__topics"):
            strategies[meeting].add(strategy)
            topics[meeting].add(topic)
    for one in found:
        meeting = one.meeting
        yield Thing(
            key=f"referat-{one.pk}",
            kind="Referater",
            title=f"Referat fra mødet {weekday_date(meeting.date)}",
            strategies=frozenset(strategies[meeting.pk]),
            topics=frozenset(topics[meeting.pk] - {None}),
            tell=_minutes_words(meeting),
            **_of_paper(one),
        )


def _minutes_words(meeting):
    def tell(topics, strategies):
        items = meeting.items.all()
        if topics or strategies:
            # Whoever follows a topic is told what was decided about it, and not of the rest of the meeting.
            about = Q(themes__topics__in=topics) | Q(goals__theme__topics__in=topics)
            about |= Q(themes__strategy__in=strategies) | Q(goals__theme__strategy__in=strategies)
            items = AgendaItem.objects.filter(pk__in=items.filter(about).values("pk"))
            return [
                f"{item.number}. {item.title}{f' ({item.answer.lower()})' if item.answer else ''}"
                for _, item in public_decisions(items, MOST_ITEMS)
            ]
        return [meeting.display_title, *_numbered(public_items(meeting, with_minutes=True))]

    return tell


def _corrections(pks=None, since=None) -> Iterator[Thing]:
    # What was corrected before the minutes were public has never been read otherwise.
    found = Edition.objects.published().filter(_asked(pks, at=since), at__gte=F("minutes__published_at"))
    for edition in found.exclude(correction="").select_related("minutes__meeting__council__municipality"):
        meeting = edition.minutes.meeting
        yield Thing(
            key=f"rettelse-{edition.pk}",
            kind="Rettelser",
            title=f"Rettelse i referatet fra mødet {weekday_date(meeting.date)}",
            tell=lambda topics, strategies, said=edition.correction: [said],
            **_of_paper(edition.minutes, at=max(edition.at, _first(meeting))),
        )


def _cancellations(pks=None, since=None) -> Iterator[Thing]:
    meetings = list(
        Meeting.objects.published()
        .filter(_asked(pks, updated_at=since), is_cancelled=True, date__gte=timezone.localdate())
        .select_related("council__municipality")
    )
    moments = _moments(meetings, "is_cancelled", lambda value: value)
    for meeting in meetings:
        # One that was off before anybody could read of it is told by nobody.
        if moments[meeting.pk] > _first(meeting):
            yield Thing(
                key=f"aflyst-{meeting.pk}",
                at=moments[meeting.pk],
                kind="Aflyst",
                title=f"Mødet {weekday_date(meeting.date)} er aflyst",
                path=meeting.get_absolute_url(),
                tell=lambda topics, strategies, why=meeting.cancelled_reason: [why] if why else [],
                **_of_council(meeting.council),
            )


def _moves(pks=None, since=None) -> Iterator[Thing]:
    """Meetings to come that those who have read of them may think are at another time; of each its last move."""
    revisions = Revision.objects.filter(content_type=ContentType.objects.get_for_model(Meeting))
    meetings = list(
        Meeting.objects.published()
        .filter(pk__in=revisions.filter(_asked(pks, at=since)).values("object_id"))
        .filter(is_cancelled=False, date__gte=timezone.localdate())
        .select_related("council__municipality")
    )
    was, moves = {}, {}
    told = revisions.filter(object_id__in=[meeting.pk for meeting in meetings]).order_by("pk")
    for number, pk, at, values in told.values_list("pk", "object_id", "at", "values"):
        before = was.get(pk)
        was[pk] = now = (values.get("date"), values.get("starts_at"))
        if before and before != now:
            moves[pk] = (number, at, datetime.date.fromisoformat(before[0]))
    for meeting in meetings:
        number, at, day = moves.get(meeting.pk, (0, _first(meeting), meeting.date))
        if at > _first(meeting):
            yield Thing(
                key=f"flyttet-{number}",
                at=at,
                kind="Flyttet",
                title=f"Mødet {weekday_date(day)} er flyttet",
                path=meeting.get_absolute_url(),
                tell=lambda topics, strategies, meeting=meeting: [f"Det er nu {_when(meeting)}.", *_where(meeting)],
                **_of_council(meeting.council),
            )


def _moments(rows, name, is_so) -> dict[int, datetime.datetime]:
    """When each of them came to be so, by its history; of those that have none, when they became public."""
    moments = {row.pk: _first(row) for row in rows}
    if rows:
        revisions = Revision.objects.filter(
            content_type=ContentType.objects.get_for_model(rows[0]), object_id__in=moments
        ).order_by("pk")
        was = {}
        for pk, at, values in revisions.values_list("object_id", "at", "values"):
            now = bool(is_so(values.get(name)))
            if now and not was.get(pk):
                moments[pk] = at
            was[pk] = now
    return moments


# Hearings and news


def _all_hearings(pks, **since):
    return Hearing.objects.published().filter(_asked(pks, **since)).select_related("council__municipality")


def _hearings(pks=None, since=None) -> Iterator[Thing]:
    for hearing in _all_hearings(pks, publish_at=since):
        deadline = f"Rådet skal svare senest {weekday_date(hearing.deadline)}." if hearing.deadline else ""
        yield Thing(
            key=f"hoering-{hearing.pk}",
            at=_first(hearing),
            kind="Høringer",
            title=f"Høring: {hearing.title}",
            path=hearing.get_absolute_url(),
            tell=lambda topics, strategies, hearing=hearing, deadline=deadline: [
                *([f"{hearing.sender} spørger rådet."] if hearing.sender else []),
                *(["Rådet har svaret."] if hearing.answered_on else [deadline] if deadline else []),
            ],
            **_of_council(hearing.council),
        )


def _answers(pks=None, since=None) -> Iterator[Thing]:
    found = list(_all_hearings(pks, updated_at=since).exclude(answered_on=None))
    moments = _moments(found, "answered_on", bool)
    for hearing in found:
        # One that was there when the hearing became public was told with it. So with the outcome.
        if moments[hearing.pk] > _first(hearing):
            yield Thing(
                key=f"svar-{hearing.pk}",
                at=moments[hearing.pk],
                kind="Høringer",
                title=f"Rådets svar: {hearing.title}",
                path=hearing.get_absolute_url(),
                tell=lambda topics, strategies, hearing=hearing: [
                    f"Rådet svarede {long_date(hearing.answered_on)}.",
                    *_beginning(plain_text(hearing.public_answer)),
                ],
                **_of_council(hearing.council),
            )


def _outcomes(pks=None, since=None) -> Iterator[Thing]:
    found = list(_all_hearings(pks, updated_at=since).exclude(outcome=Hearing.Outcome.PENDING))
    moments = _moments(found, "outcome", lambda value: value not in (None, "", Hearing.Outcome.PENDING))
    for hearing in found:
        if moments[hearing.pk] > _first(hearing):
            yield Thing(
                key=f"udfald-{hearing.pk}",
                at=moments[hearing.pk],
                kind="Høringer",
                title=f"Sådan gik det: {hearing.title}",
                path=hearing.get_absolute_url(),
                tell=lambda topics, strategies, hearing=hearing: [
                    f"{hearing.get_outcome_display()}.",
                    *_beginning(plain_text(hearing.outcome_text)),
                ],
                **_of_council(hearing.council),
            )


def _beginning(text, length=300):
    """So much of a text that one knows what it is about."""
    text = " ".join(text.split())
    if len(text) > length:
        text = f"{text[:length].rsplit(' ', 1)[0]} …"
    return [text] if text else []


def _news(pks=None, since=None) -> Iterator[Thing]:
    found = News.objects.published().filter(_asked(pks, publish_at=since)).select_related("municipality")
    councils = _councils(found)
    for story in found:
        yield Thing(
            key=f"nyhed-{story.pk}",
            at=_first(story),
            kind="Nyheder",
            title=story.title,
            path=story.get_absolute_url(),
            place=story.municipality,
            council=councils.get(story.municipality_id),
            strategies=frozenset({story.strategy_id} - {None}),
            tell=lambda topics, strategies, story=story: _beginning(story.lead or plain_text(story.body)),
        )


def _councils(rows):
    """The council of each municipality among them."""
    places = {row.municipality_id for row in rows}
    return dict(Council.objects.filter(municipality__in=places).values_list("municipality", "pk")) if places else {}


# Strategies


def _strategies(pks=None, since=None) -> Iterator[Thing]:
    found = (
        Strategy.objects.published()
        .filter(_asked(pks, publish_at=since))
        .select_related("municipality")
        .prefetch_related("themes__topics", Prefetch("replaces", Strategy.objects.published(), to_attr="predecessor"))
    )
    councils = _councils(found)
    for strategy in found:
        replaced = f"Den afløser »{strategy.predecessor}«." if strategy.predecessor else ""
        yield Thing(
            key=f"strategi-{strategy.pk}",
            at=_first(strategy),
            kind="Strategier",
            title=f"{strategy.get_kind_display()}: {strategy}",
            path=strategy.get_absolute_url(),
            place=strategy.municipality,
            council=councils.get(strategy.municipality_id),
            # Whoever follows the one before hears of the one that takes its place.
            strategies=frozenset({strategy.pk, strategy.replaces_id} - {None}),
            topics=frozenset(topic.pk for theme in strategy.themes.all() for topic in theme.topics.all()),
            tell=lambda topics, strategies, strategy=strategy, replaced=replaced: [
                *([replaced] if replaced else []),
                *_beginning(strategy.summary),
            ],
        )


def _follow_ups(pks=None, since=None) -> Iterator[Thing]:
    made = Revision.objects.filter(
        content_type=ContentType.objects.get_for_model(FollowUp), action=Revision.Action.MADE
    )
    moments = dict(made.filter(_asked(pks, "object_id", at=since)).values_list("object_id", "since"))
    found = FollowUp.objects.published().filter(pk__in=moments)
    for row in found.select_related("goal__parent", "goal__theme__strategy__municipality").order_by("pk"):
        strategy = row.goal.theme.strategy
        # Those that were there when the strategy became public are a part of it.
        if moments[row.pk] > _first(strategy):
            measure = f" ({row.measure})" if row.measure else ""
            yield Thing(
                key=f"opfoelgning-{row.pk}",
                at=moments[row.pk],
                kind="Hvordan går det?",
                title=f"Nyt om målene i {strategy}",
                path=row.goal.get_absolute_url(),
                place=strategy.municipality,
                strategies=frozenset({strategy.pk}),
                bundle=f"opfoelgninger-{strategy.pk}",
                tell=lambda topics, strategies, row=row, measure=measure: [
                    f"»{row.goal.full_text}«",
                    f"{row.get_status_display()}{measure}, {long_date(row.date)}",
                    *_beginning(row.text),
                ],
            )


SOURCES: dict[str, Callable[..., Iterator[Thing]]] = {
    "dagsorden": _agendas,
    "tillaeg": _supplements,
    "referat": _minutes,
    "rettelse": _corrections,
    "aflyst": _cancellations,
    "flyttet": _moves,
    "hoering": _hearings,
    "svar": _answers,
    "udfald": _outcomes,
    "nyhed": _news,
    "strategi": _strategies,
    "opfoelgning": _follow_ups,
}


def lines_of(thing: Thing, subscriptions: Iterable[Subscription]) -> list[str]:
    """What a letter says of it to the one who follows those, without any CPR number."""
    own = [one for one in subscriptions if thing.is_for(one)]
    whole = any(one.council_id for one in own)
    topics = frozenset() if whole else frozenset(one.topic_id for one in own if one.topic_id)
    strategies = frozenset() if whole else frozenset(one.strategy_id for one in own if one.strategy_id)
    return [hide_cpr(" ".join(line.split())) for line in thing.tell(topics, strategies)]
