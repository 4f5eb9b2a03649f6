"""News items: newly published content, each with the time of its publication.

Every news item is read from `published()` when it is needed, so that withdrawn content is left out.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

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

# The number of agenda items listed in an e-mail; the page has them all.
MAX_AGENDA_ITEMS = 12
# Follow-ups are usually written in a row. They are sent when none has been added for this long.
QUIET_PERIOD = datetime.timedelta(minutes=30)


@dataclass(frozen=True)
class NewsItem:
    key: str  # source and number, as "referat-12"
    at: datetime.datetime
    kind: str  # heading in the digest
    title: str
    path: str
    municipality: Municipality
    council: int | None = None
    strategies: frozenset[int] = frozenset()
    topics: frozenset[int] = frozenset()
    bundle: str = ""  # news items of one bundle are sent in one e-mail
    lines: Callable[[], list[str]] = list
    # For minutes, their meeting: followers of a topic or strategy are sent only the decisions about it.
    minutes_of: Meeting | None = None

    @property
    def url(self) -> str:
        return settings.SITE_URL + self.path

    def is_for(self, subscription: Subscription) -> bool:
        return (
            bool(self.council and self.council == subscription.council_id)
            or subscription.strategy_id in self.strategies
            or subscription.topic_id in self.topics
        )


def news_items_since(since: datetime.datetime, now: datetime.datetime) -> list[NewsItem]:
    """Return the news items published after `since`, oldest first, in a constant number of queries."""
    news_items = [item for source in SOURCES.values() for item in source(since=since)]
    latest_in_bundle = defaultdict(lambda: since)
    for item in news_items:
        latest_in_bundle[item.bundle] = max(latest_in_bundle[item.bundle], item.at)
    return sorted(
        (
            item
            for item in news_items
            if since < item.at <= now and (not item.bundle or latest_in_bundle[item.bundle] <= now - QUIET_PERIOD)
        ),
        key=lambda item: (item.at, item.key),
    )


def news_items_by_key(keys: Iterable[str]) -> dict[str, NewsItem]:
    """Return the news items with these keys that are public now."""
    numbers = defaultdict(set)
    for key in keys:
        name, _, number = key.partition("-")
        numbers[name].add(int(number))
    return {item.key: item for name, pks in numbers.items() for item in SOURCES[name](pks=pks)}


def _selected(pks, lookup="pk", **since):
    """Filter by numbers or, without numbers, by any of the time fields being later than the value given."""
    if pks is not None:
        return Q(**{f"{lookup}__in": pks})
    return Q.create([(f"{name}__gt", moment) for name, moment in since.items()], connector=Q.OR)


def _published_at(obj: Publishable) -> datetime.datetime:
    """Return the first publication: a second one after a withdrawal is not news."""
    return obj.published_at or obj.publish_at


def _news_item(
    obj: Meeting | Hearing | News | Strategy, key, at, kind, title, lines, council=None, **fields
) -> NewsItem:
    """Return a news item with the address and municipality of the object and, by default, its council."""
    council = council or getattr(obj, "council_id", None)
    return NewsItem(key, at, kind, title, obj.get_absolute_url(), obj.municipality, council, lines=lines, **fields)


# Meetings


def _papers(model, pks, since):
    selected = _selected(pks, publish_at=since, meeting__publish_at=since)
    return model.objects.published().filter(selected).select_related("meeting__council__municipality")


def _paper_published_at(paper: Agenda | Minutes) -> datetime.datetime:
    return max(_published_at(paper), _published_at(paper.meeting))


def _agendas(pks=None, since=None) -> Iterator[NewsItem]:
    # The agenda of a past meeting is no news.
    for agenda in _papers(Agenda, pks, since).filter(meeting__in=Meeting.objects.not_over()):
        meeting, key, at = agenda.meeting, f"dagsorden-{agenda.pk}", _paper_published_at(agenda)
        title = f"Dagsorden til mødet {weekday_date(meeting.date)}"
        yield _news_item(meeting, key, at, "Dagsordener", title, partial(_agenda_lines, meeting))


def _agenda_lines(meeting):
    return [
        f"{meeting.display_title}, {_date_and_time(meeting)}",
        *_place_lines(meeting),
        "Mødet er åbent for alle." if meeting.is_open else "Mødet er kun for rådet.",
        *_item_lines(public_items(meeting, with_minutes=False)),
    ]


def _date_and_time(meeting):
    return weekday_date(meeting.date) + (f" kl. {clock(meeting.starts_at)}" if meeting.starts_at else "")


def _place_lines(meeting):
    venue = ", ".join(filter(None, (meeting.place, meeting.address)))
    return [venue] if venue else []


def _item_lines(items):
    lines = [f"{item.number}. {item.title}" for item in items[:MAX_AGENDA_ITEMS]]
    more = len(items) - MAX_AGENDA_ITEMS
    return [*lines, f"… og {more} punkter mere"] if more > 0 else lines


def _supplements(pks=None, since=None) -> Iterator[NewsItem]:
    events = PublicationEvent.objects.filter(
        _selected(pks, at=since),
        action=PublicationEvent.Action.SUPPLEMENT,
        content_type=ContentType.objects.get_for_model(Agenda),
    )
    by_agenda = {event.object_id: event for event in events.order_by("at", "pk")}
    agendas = Agenda.objects.published().filter(pk__in=by_agenda, meeting__in=Meeting.objects.not_over())
    for agenda in agendas.select_related("meeting__council__municipality"):
        meeting, event = agenda.meeting, by_agenda[agenda.pk]
        title, lines = f"Nye punkter til mødet {weekday_date(meeting.date)}", partial(_supplement_lines, meeting, event)
        yield _news_item(meeting, f"tillaeg-{event.pk}", event.at, "Dagsordener", title, lines)


def _supplement_lines(meeting, event):
    day = timezone.localdate(event.at)
    return _item_lines([item for item in public_items(meeting, with_minutes=False) if item.supplemented_on == day])


def _minutes(pks=None, since=None) -> Iterator[NewsItem]:
    all_minutes = list(_papers(Minutes, pks, since))
    topics, strategies = defaultdict(set), defaultdict(set)
    items = AgendaItem.objects.decided_in_public().filter(meeting__in=[minutes.meeting_id for minutes in all_minutes])
    for path in ("themes", "goals__theme"):
        rows = items.filter(Strategy.published_when(f"{path}__strategy__"))
        for meeting, strategy, topic in rows.values_list("meeting", f"{path}__strategy", f"{path}__topics"):
            strategies[meeting].add(strategy)
            topics[meeting].add(topic)
    for minutes in all_minutes:
        meeting = minutes.meeting
        yield _news_item(
            meeting,
            f"referat-{minutes.pk}",
            _paper_published_at(minutes),
            "Referater",
            f"Referat fra mødet {weekday_date(meeting.date)}",
            partial(_minutes_lines, meeting),
            strategies=frozenset(strategies[meeting.pk]),
            topics=frozenset(topics[meeting.pk] - {None}),
            minutes_of=meeting,
        )


def _minutes_lines(meeting):
    return [meeting.display_title, *_item_lines(public_items(meeting, with_minutes=True))]


def _decision_lines(meeting, subscriptions):
    """Return the decisions about the topics and strategies of the subscriptions."""
    topics = [subscription.topic_id for subscription in subscriptions if subscription.topic_id]
    strategies = [subscription.strategy_id for subscription in subscriptions if subscription.strategy_id]
    about = Q(themes__topics__in=topics) | Q(goals__theme__topics__in=topics)
    about |= Q(themes__strategy__in=strategies) | Q(goals__theme__strategy__in=strategies)
    items = AgendaItem.objects.filter(pk__in=meeting.items.filter(about).values("pk"))
    return [
        f"{item.number}. {item.title}{f' ({item.answer.lower()})' if item.answer else ''}"
        for _, item in public_decisions(items, MAX_AGENDA_ITEMS)
    ]


def _corrections(pks=None, since=None) -> Iterator[NewsItem]:
    # Corrections made before publication are no news.
    editions = Edition.objects.published().filter(_selected(pks, at=since), at__gte=F("minutes__published_at"))
    for edition in editions.exclude(correction="").select_related("minutes__meeting__council__municipality"):
        meeting = edition.minutes.meeting
        key, at = f"rettelse-{edition.pk}", max(edition.at, _published_at(meeting))
        title = f"Rettelse i referatet fra mødet {weekday_date(meeting.date)}"
        yield _news_item(meeting, key, at, "Rettelser", title, partial(list, [edition.correction]))


def _coming_meetings(**lookup):
    meetings = Meeting.objects.published().not_over().filter(**lookup)
    return meetings.select_related("council__municipality")


def _cancellations(pks=None, since=None) -> Iterator[NewsItem]:
    meetings = _coming_meetings(is_cancelled=True).filter(_selected(pks, updated_at=since))
    for meeting, at in _set_after_publication(meetings, "is_cancelled"):
        title, lines = f"Mødet {weekday_date(meeting.date)} er aflyst", partial(_excerpt, meeting.cancelled_reason)
        yield _news_item(meeting, f"aflyst-{meeting.pk}", at, "Aflyst", title, lines)


def _moves(pks=None, since=None) -> Iterator[NewsItem]:
    """The last change of date or time of each coming meeting, if it was made after publication."""
    revisions = Revision.objects.filter(content_type=ContentType.objects.get_for_model(Meeting))
    changed = revisions.filter(_selected(pks, at=since)).values("object_id")
    meetings = list(_coming_meetings(is_cancelled=False, pk__in=changed))
    last_times, moves = {}, {}
    history = revisions.filter(object_id__in=[meeting.pk for meeting in meetings]).order_by("pk")
    for number, pk, at, values in history.values_list("pk", "object_id", "at", "values"):
        before = last_times.get(pk)
        last_times[pk] = after = (values.get("date"), values.get("starts_at"))
        if before and before != after:
            moves[pk] = (number, at, datetime.date.fromisoformat(before[0]))
    for meeting in meetings:
        number, at, former_date = moves.get(meeting.pk, (0, _published_at(meeting), meeting.date))
        if at > _published_at(meeting):
            title = f"Mødet {weekday_date(former_date)} er flyttet"
            lines = [f"Det er nu {_date_and_time(meeting)}.", *_place_lines(meeting)]
            yield _news_item(meeting, f"flyttet-{number}", at, "Flyttet", title, partial(list, lines))


def _set_after_publication(queryset, name, unset=()) -> Iterator[tuple[Meeting | Hearing, datetime.datetime]]:
    """Yield each row whose field was last set after its publication, by its history, with the time.

    Empty values and those in `unset` do not count as set.
    """
    rows = {row.pk: row for row in queryset}
    content_type = ContentType.objects.get_for_model(queryset.model)
    revisions = Revision.objects.filter(content_type=content_type, object_id__in=rows).order_by("pk")
    set_at, was_set = {}, {}
    for pk, at, values in revisions.values_list("object_id", "at", "values"):
        is_set = bool(values.get(name)) and values[name] not in unset
        if is_set and not was_set.get(pk):
            set_at[pk] = at
        was_set[pk] = is_set
    for pk, at in set_at.items():
        if at > _published_at(rows[pk]):
            yield rows[pk], at


# Hearings and news


def _published_hearings(pks, **since):
    return Hearing.objects.published().filter(_selected(pks, **since)).select_related("council__municipality")


def _hearings(pks=None, since=None) -> Iterator[NewsItem]:
    for hearing in _published_hearings(pks, publish_at=since):
        key, at, title = f"hoering-{hearing.pk}", _published_at(hearing), f"Høring: {hearing.title}"
        yield _news_item(hearing, key, at, "Høringer", title, partial(_hearing_lines, hearing))


def _hearing_lines(hearing):
    lines = [f"{hearing.sender} spørger rådet."] if hearing.sender else []
    if hearing.answered_on:
        return [*lines, "Rådet har svaret."]
    return [*lines, f"Rådet skal svare senest {weekday_date(hearing.deadline)}."] if hearing.deadline else lines


def _answers(pks=None, since=None) -> Iterator[NewsItem]:
    # An answer published together with the hearing is part of that news item. So is an outcome.
    hearings = _published_hearings(pks, updated_at=since).exclude(answered_on=None)
    for hearing, at in _set_after_publication(hearings, "answered_on"):
        key, title = f"svar-{hearing.pk}", f"Rådets svar: {hearing.title}"
        yield _news_item(hearing, key, at, "Høringer", title, partial(_answer_lines, hearing))


def _answer_lines(hearing):
    return [f"Rådet svarede {long_date(hearing.answered_on)}.", *_excerpt(plain_text(hearing.public_answer))]


def _outcomes(pks=None, since=None) -> Iterator[NewsItem]:
    hearings = _published_hearings(pks, updated_at=since).exclude(outcome=Hearing.Outcome.PENDING)
    for hearing, at in _set_after_publication(hearings, "outcome", unset=[Hearing.Outcome.PENDING]):
        key, title = f"udfald-{hearing.pk}", f"Sådan gik det: {hearing.title}"
        yield _news_item(hearing, key, at, "Høringer", title, partial(_outcome_lines, hearing))


def _outcome_lines(hearing):
    return [f"{hearing.get_outcome_display()}.", *_excerpt(plain_text(hearing.outcome_text))]


def _excerpt(text, length=300) -> list[str]:
    text = " ".join(text.split())
    if len(text) > length:
        text = f"{text[:length].rsplit(' ', 1)[0]} …"
    return [text] if text else []


def _news(pks=None, since=None) -> Iterator[NewsItem]:
    stories = News.objects.published().filter(_selected(pks, publish_at=since)).select_related("municipality")
    councils = _council_ids(stories)
    for story in stories:
        key, lines = f"nyhed-{story.pk}", partial(_excerpt, story.lead or plain_text(story.body))
        council, strategies = councils.get(story.municipality_id), frozenset({story.strategy_id} - {None})
        at = _published_at(story)
        yield _news_item(story, key, at, "Nyheder", story.title, lines, council, strategies=strategies)


def _council_ids(rows) -> dict[int, int]:
    """Return the council of each row's municipality."""
    ids = {row.municipality_id for row in rows}
    return dict(Council.objects.filter(municipality__in=ids).values_list("municipality", "pk")) if ids else {}


# Strategies


def _strategies(pks=None, since=None) -> Iterator[NewsItem]:
    strategies = (
        Strategy.objects.published()
        .filter(_selected(pks, publish_at=since))
        .select_related("municipality")
        .prefetch_related("themes__topics", Prefetch("replaces", Strategy.objects.published(), to_attr="predecessor"))
    )
    councils = _council_ids(strategies)
    for strategy in strategies:
        yield _news_item(
            strategy,
            f"strategi-{strategy.pk}",
            _published_at(strategy),
            "Strategier",
            f"{strategy.get_kind_display()}: {strategy}",
            partial(_strategy_lines, strategy),
            councils.get(strategy.municipality_id),
            # Followers of the predecessor get the news of its successor.
            strategies=frozenset({strategy.pk, strategy.replaces_id} - {None}),
            topics=frozenset(topic.pk for theme in strategy.themes.all() for topic in theme.topics.all()),
        )


def _strategy_lines(strategy):
    replaced = [f"Den afløser »{strategy.predecessor}«."] if strategy.predecessor else []
    return [*replaced, *_excerpt(strategy.summary)]


def _follow_ups(pks=None, since=None) -> Iterator[NewsItem]:
    creations = Revision.objects.filter(
        content_type=ContentType.objects.get_for_model(FollowUp), action=Revision.Action.MADE
    )
    made_at = dict(creations.filter(_selected(pks, "object_id", at=since)).values_list("object_id", "since"))
    follow_ups = FollowUp.objects.published().filter(pk__in=made_at)
    for follow_up in follow_ups.select_related("goal__parent", "goal__theme__strategy__municipality").order_by("pk"):
        strategy = follow_up.goal.theme.strategy
        # Follow-ups published together with the strategy are part of that news item.
        if made_at[follow_up.pk] > _published_at(strategy):
            yield NewsItem(
                key=f"opfoelgning-{follow_up.pk}",
                at=made_at[follow_up.pk],
                kind="Hvordan går det?",
                title=f"Nyt om målene i {strategy}",
                path=follow_up.goal.get_absolute_url(),
                municipality=strategy.municipality,
                strategies=frozenset({strategy.pk}),
                bundle=f"opfoelgninger-{strategy.pk}",
                lines=partial(_follow_up_lines, follow_up),
            )


def _follow_up_lines(follow_up):
    measure = f" ({follow_up.measure})" if follow_up.measure else ""
    return [
        f"»{follow_up.goal.full_text}«",
        f"{follow_up.get_status_display()}{measure}, {long_date(follow_up.date)}",
        *_excerpt(follow_up.text),
    ]


SOURCES: dict[str, Callable[..., Iterator[NewsItem]]] = {
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


def summary_lines(item: NewsItem, subscriptions: Iterable[Subscription]) -> list[str]:
    """Return the summary for a follower with these subscriptions, with CPR numbers masked."""
    matching = [subscription for subscription in subscriptions if item.is_for(subscription)]
    if item.minutes_of and matching and not any(subscription.council_id for subscription in matching):
        lines = _decision_lines(item.minutes_of, matching)
    else:
        lines = item.lines()
    return [hide_cpr(" ".join(line.split())) for line in lines]
