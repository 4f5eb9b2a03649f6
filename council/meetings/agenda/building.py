"""How items come to an agenda: by the council's rules, by hand, from an earlier meeting, from a member."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.html import format_html, format_html_join, linebreaks

from council.meetings.agreements import open_agreements
from council.models import Agenda, AgendaItem, Agreement, Meeting, Proposal, StandardItem
from udsat.admin.edit_conflict import increment_version
from udsat.lib.danish import long_datetime, short_date, weekday_date

# What goes along from an earlier meeting: what was said before it, nothing of what came of it.
COPIED = ("kind", "title", "case_number", "presentation", "recommendation", "is_closed", "public_title")


@transaction.atomic
def start_agenda(meeting: Meeting) -> list[AgendaItem]:
    """Bring the council's standard items: some first, some last, the day's own between them.

    What has the title of a standard item is there already and does not come twice.
    """
    agenda, _ = Agenda.objects.get_or_create(meeting=meeting)
    items = list(meeting.items.all())
    titles = {item.title.casefold() for item in items}
    made, first, last = [], [], []
    for standard in meeting.council.standard_items.all():
        if standard.title.casefold() in titles:
            continue
        item = AgendaItem(meeting=meeting, title=standard.title, kind=standard.kind, supplement=supplement_of(meeting))
        agreements = _fill(item, standard)
        if agreements is None:
            continue
        item.save()
        for agreement in agreements:
            agreement.followed_up_at.add(item)
        made.append(item)
        (last if standard.is_last else first).append(item)
    if made:
        put_in_order([*first, *items, *last])
        increment_version(agenda)
    return made


def _fill(item: AgendaItem, standard: StandardItem) -> list[Agreement] | None:
    """Write what the standard item brings. Returns the agreements it follows up; None where it has nothing to say."""
    meeting, Brings = item.meeting, StandardItem.Brings
    if standard.brings == Brings.APPROVAL:
        last = last_with_minutes(meeting)
        if last is None:
            return None
        item.presentation = _about_minutes(last)
    elif standard.brings == Brings.AGREEMENTS:
        agreements = list(open_agreements(meeting.council, meeting.date))
        # No names: a name in a text stays when the person no longer lets it be shown.
        lines = [(f"{a.text}{f' (senest {short_date(a.due_on)})' if a.due_on else ''}",) for a in agreements]
        item.presentation = format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", lines))
        return agreements or None
    elif standard.brings == Brings.NEXT_MEETING:
        following = next_public_meeting(meeting)
        if following:
            where = f", {following.place}" if following.place else ""
            item.presentation = format_html(
                "<p>Næste møde er {}{}.</p>", long_datetime(following.date, following.starts_at), where
            )
    return []


def _earlier(meeting):
    before = Q(date__lt=meeting.date) | Q(date=meeting.date, ordinal__lt=meeting.ordinal)
    return Meeting.objects.filter(before, council=meeting.council_id, is_cancelled=False).order_by("-date", "-ordinal")


def last_with_minutes(meeting: Meeting) -> Meeting | None:
    return _earlier(meeting).filter(minutes__isnull=False).select_related("minutes", "council__municipality").first()


def next_public_meeting(meeting: Meeting) -> Meeting | None:
    """The next one whose date anybody may know."""
    after = Q(date__gt=meeting.date) | Q(date=meeting.date, ordinal__gt=meeting.ordinal)
    coming = Meeting.objects.published().filter(after, council=meeting.council_id, is_cancelled=False)
    return coming.order_by("date", "ordinal").first()


def _about_minutes(last: Meeting) -> str:
    name = format_html("mødet {}", weekday_date(last.date))
    if last.minutes.is_published:
        # An address of its own host: a PDF and a mail have no page to be relative to.
        name = format_html('<a href="{}">{}</a>', settings.SITE_URL + last.get_absolute_url(), name)
    approved = f" {last.minutes.approval_text}" if last.minutes.approved_on else ""
    return format_html("<p>Referatet fra {}.{}</p>", name, approved)


# Order


def put_in_order(items: Iterable[AgendaItem]) -> None:
    """Number the items as they stand. Those that wait for a supplement stay last: the others are known by number."""
    in_order = sorted(items, key=lambda item: item.supplement == AgendaItem.Supplement.WAITING)
    for position, item in enumerate(in_order, 1):
        if item.position != position:
            AgendaItem.objects.filter(pk=item.pk).update(position=position)
            item.position = position


def move(meeting: Meeting, item: AgendaItem, step: int) -> None:
    items = list(meeting.items.all())
    place = items.index(item)
    other = place + step
    if 0 <= other < len(items):
        items[place], items[other] = items[other], items[place]
        put_in_order(items)


def _put_among(meeting: Meeting, new: list[AgendaItem]) -> None:
    """Before the standard items that end the agenda."""
    pks = {item.pk for item in new}
    items = [item for item in meeting.items.all() if item.pk not in pks]
    ending = {s.title.casefold() for s in meeting.council.standard_items.all() if s.is_last}
    place = len(items)
    while place and items[place - 1].title.casefold() in ending:
        place -= 1
    put_in_order([*items[:place], *new, *items[place:]])


# New items


def supplement_of(meeting: Meeting) -> str:
    """A new item waits, where the agenda has been read by others already."""
    agenda = Agenda.objects.filter(meeting=meeting).first()
    return AgendaItem.Supplement.WAITING if agenda is not None and agenda.takes_supplement else ""


def add_item(meeting: Meeting, **fields) -> AgendaItem:
    """A new item in the room for the day's own. ValidationError if it may not stand where it would be public."""
    Agenda.objects.get_or_create(meeting=meeting)
    item = AgendaItem(meeting=meeting, position=10_000, supplement=supplement_of(meeting), **fields)
    item.full_clean(exclude=["meeting"])
    item.save()
    _put_among(meeting, [item])
    return item


def copy_items(meeting: Meeting, sources: Iterable[AgendaItem]) -> list[AgendaItem]:
    """The same items again, with their themes, goals and causes."""
    made = []
    for source in sources:
        item = add_item(meeting, **{name: getattr(source, name) for name in COPIED})
        item.themes.set(source.themes.all())
        item.goals.set(source.goals.all())
        item.causes.set(source.causes.all())
        made.append(item)
    _put_among(meeting, made)
    return made


def take_in(proposal: Proposal) -> AgendaItem:
    """Put what a member has proposed on the agenda, in her words."""
    text = linebreaks(proposal.text, autoescape=True) if proposal.text else ""
    item = add_item(proposal.meeting, title=proposal.title, presentation=text)
    proposal.state, proposal.item = Proposal.State.TAKEN, item
    proposal.save(update_fields=["state", "item"])
    return item
