"""Search index texts of councils, meetings, hearings, news and answered inputs."""

from collections.abc import Iterator
from dataclasses import replace

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from udsat.lib.danish import long_date
from udsat.lib.publishing import publication_window
from udsat.lib.richtext import plain_text
from udsat.models import SearchKind, SearchText

from .models import Agenda, AgendaItem, Council, Hearing, Input, Meeting, Minutes, News, PublicItem, public_items
from .models.public_items import with_indexed_parts


def with_council_texts(councils: QuerySet[Council]) -> QuerySet[Council]:
    return councils.select_related("municipality").prefetch_related("causes")


def council_texts(council: Council) -> Iterator[SearchText]:
    if not council.is_live:
        return
    yield SearchText(
        kind=SearchKind.COUNCIL,
        url=council.get_absolute_url(),
        title=council.name,
        body=_joined(
            council.summary,
            plain_text(council.plain_text),
            plain_text(council.about),
            plain_text(council.work),
            council.visits,
            council.dialogue_text,
        ),
        **_period(council),
    )
    for cause in council.causes.all():
        yield SearchText(
            kind=SearchKind.CAUSE,
            url=cause.get_absolute_url(),
            title=cause.title,
            body=plain_text(cause.body),
            meta=f"Mærkesag for {council.name}",
            **_period(council),
        )


def with_hearing_texts(hearings: QuerySet[Hearing]) -> QuerySet[Hearing]:
    return hearings.select_related("council__municipality")


def hearing_texts(hearing: Hearing) -> Iterator[SearchText]:
    if hearing.is_live:
        yield SearchText(
            kind=SearchKind.HEARING,
            url=hearing.get_absolute_url(),
            title=hearing.title,
            body=_joined(
                plain_text(hearing.outcome_text),
                plain_text(hearing.public_answer),
                plain_text(hearing.question),
                hearing.sender,
            ),
            meta=f"Høring modtaget {long_date(hearing.received_on)}",
            date=hearing.received_on,
            also=long_date(hearing.received_on),
            **_period(hearing),
        )


def with_input_texts(inputs: QuerySet[Input]) -> QuerySet[Input]:
    return inputs.select_related("council__municipality", "topic")


def input_texts(citizen_input: Input) -> Iterator[SearchText]:
    """The secretary's wording; never the citizen's."""
    if citizen_input.is_live and citizen_input.may_publish:
        yield SearchText(
            kind=SearchKind.INPUT,
            url=citizen_input.get_absolute_url(),
            title=citizen_input.title,
            body=_joined(citizen_input.question, citizen_input.answer),
            meta=f"Besvaret {long_date(citizen_input.answered_on)}" if citizen_input.answered_on else "",
            date=citizen_input.answered_on,
            topics=(citizen_input.topic.slug,) if citizen_input.topic else (),
            **_period(citizen_input),
        )


def with_news_texts(news: QuerySet[News]) -> QuerySet[News]:
    return news.select_related("municipality")


def news_texts(story: News) -> Iterator[SearchText]:
    if story.is_live:
        yield SearchText(
            kind=SearchKind.NEWS,
            url=story.get_absolute_url(),
            title=story.title,
            body=_joined(story.lead, plain_text(story.body)),
            meta=long_date(story.date),
            date=story.date,
            also=long_date(story.date),
            **_period(story),
        )


def with_meeting_texts(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    items = Prefetch("items", with_indexed_parts(AgendaItem.objects.all()))
    return meetings.select_related("council__municipality", "agenda", "minutes").prefetch_related(items)


def meeting_texts(meeting: Meeting) -> Iterator[SearchText]:
    """The meeting and its items: those of the agenda until the minutes are public, then those of the minutes."""
    if not meeting.is_live:
        return
    papers = {type(paper): paper for paper in meeting.papers if paper.is_live}
    agenda, minutes = papers.get(Agenda), papers.get(Minutes)
    yield from _meeting(meeting, agenda, minutes)
    if not papers:
        return
    items = list(meeting.items.all())
    if agenda:
        starts_at, ends_at = publication_window(meeting, agenda)
        if minutes:
            replaced_at = publication_window(meeting, minutes)[0]
            ends_at = min(ends_at, replaced_at) if ends_at else replaced_at
        if not ends_at or ends_at > max(starts_at, timezone.now()):
            yield from _items(meeting, items, with_minutes=False, starts_at=starts_at, ends_at=ends_at)
    if minutes:
        yield from _items(meeting, items, with_minutes=True, **_period(meeting, minutes))


def _meeting(meeting, agenda, minutes):
    """Return one entry for each period, so that the plain text of a paper can be searched while it is public."""
    venue = (meeting.place, meeting.address, meeting.how_to_attend)
    text = SearchText(
        kind=SearchKind.MEETING,
        url=meeting.get_absolute_url(),
        title=_with_change(meeting, meeting.long_title),
        meta=meeting.place,
        date=meeting.date,
        also=_joined(meeting.get_kind_display(), *_words_of_change(meeting)),
        **_period(meeting),
    )
    if meeting.is_cancelled:
        # Found by its venue, but not shown as if it took place there.
        text = replace(text, meta="", also=_joined(text.also, *venue))
        venue = (meeting.cancelled_reason,)
    text = replace(text, body=_joined(*venue))
    for paper in sorted(filter(None, (agenda, minutes)), key=lambda paper: paper.publish_at):
        begins = publication_window(meeting, paper)[0]
        if begins > text.starts_at:
            yield replace(text, ends_at=begins)
        text = replace(
            text,
            starts_at=begins,
            body=_joined(plain_text(paper.plain_text), *venue),
            also=f"{text.also} {paper._meta.verbose_name}",
        )
    yield text


def _with_change(meeting, text):
    """Return the text with a note that the meeting is cancelled or was moved, as it stands in the index."""
    if meeting.is_cancelled:
        return f"Aflyst: {text}"
    return f"{text} (flyttet fra {long_date(meeting.former_date)})" if meeting.former_date else text


def _words_of_change(meeting):
    if meeting.is_cancelled:
        return ["aflyst aflysning aflyses"]
    return ["flyttet udsat ny dato"] if meeting.former_date else []


def _items(meeting, items, *, with_minutes, **period) -> Iterator[SearchText]:
    for item in public_items(meeting, with_minutes=with_minutes, items=items):
        if not item.is_closed:
            yield SearchText(
                kind=SearchKind.DECISION if with_minutes else SearchKind.ITEM,
                url=f"{meeting.get_absolute_url()}#{item.anchor}",
                title=item.title,
                body=_item_body(item),
                meta=_with_change(meeting, f"Punkt {item.number} på mødet {long_date(meeting.date)}")
                + (f", {item.answer.lower()}" if item.answer else ""),
                date=meeting.date,
                also=_joined(long_date(meeting.date), *_words_of_change(meeting)),
                topics=_topics(item),
                **period,
            )


def _item_body(item: PublicItem) -> str:
    agreements = [agreement.text for agreement in item.agreements]
    rich = (item.decision, item.plain_text, item.discussion, item.dissent, item.presentation, item.recommendation)
    return _joined(*map(plain_text, rich), *agreements, item.case_number)


def _topics(item: PublicItem) -> tuple[str, ...]:
    themes = [*item.themes, *(goal.theme for goal in item.goals)]
    return tuple(sorted({topic.slug for theme in themes for topic in theme.topics.all()}))


def _period(*publishables) -> dict:
    starts_at, ends_at = publication_window(*publishables)
    return {"starts_at": starts_at, "ends_at": ends_at}


def _joined(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
