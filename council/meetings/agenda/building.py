"""Add items to an agenda: standard items, new items, copies from earlier meetings, proposals from members."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils.html import format_html, format_html_join, linebreaks

from council.meetings.agreements import open_agreements
from council.models import Agenda, AgendaItem, Agreement, Meeting, Proposal, StandardItem
from udsat.admin.edit_versions import increment_version
from udsat.lib.danish import long_datetime, short_date, weekday_date

# Fields copied from an earlier meeting: those of the agenda, not of the minutes.
COPIED = ("kind", "title", "case_number", "presentation", "recommendation", "is_closed", "public_title")


@transaction.atomic
def add_standard_items(meeting: Meeting) -> list[AgendaItem]:
    """Add the council's standard items that are missing, before or after the other items. Return those added.

    An item with the title of a standard item counts as that item.
    """
    agenda, _ = Agenda.objects.get_or_create(meeting=meeting)
    items = list(meeting.items.all())
    titles = {item.title.casefold() for item in items}
    added, first, last = [], [], []
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
        added.append(item)
        (last if standard.is_last else first).append(item)
    if added:
        put_in_order([*first, *items, *last])
        increment_version(agenda)
    return added


def _fill(item: AgendaItem, standard: StandardItem) -> list[Agreement] | None:
    """Write the generated text. Return the agreements that the item follows up; None if the item is left out."""
    meeting, Brings = item.meeting, StandardItem.Brings
    if standard.brings == Brings.APPROVAL:
        last = last_meeting_with_minutes(meeting)
        if last is None:
            return None
        item.presentation = _about_minutes(last)
    elif standard.brings == Brings.AGREEMENTS:
        agreements = list(open_agreements(meeting.council, meeting.date))
        public = set(Agreement.objects.published().filter(pk__in=[a.pk for a in agreements]))
        lines = [(_agreement_line(agreement, agreement in public),) for agreement in agreements]
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


def _agreement_line(agreement: Agreement, is_public: bool) -> str:
    """Describe the agreement, with nothing that becomes wrong later: the text stays in the agenda.

    A name would remain after the consent to show it is withdrawn. That minutes are not public yet would remain after
    their publication: the date tells where it was agreed, and the gate asks about the agreement.
    """
    facts = [f"senest {short_date(agreement.due_on)}"] if agreement.due_on else []
    if not is_public:
        facts.append(f"aftalt {short_date(agreement.item.meeting.date)}")
    return f"{agreement.text} ({'; '.join(facts)})" if facts else agreement.text


def last_meeting_with_minutes(meeting: Meeting) -> Meeting | None:
    earlier = Meeting.objects.before(meeting).filter(is_cancelled=False, minutes__isnull=False)
    return earlier.select_related("minutes", "council__municipality").first()


def next_public_meeting(meeting: Meeting) -> Meeting | None:
    return Meeting.objects.published().after(meeting).filter(is_cancelled=False).first()


def _about_minutes(last: Meeting) -> str:
    name = format_html("mødet {}", weekday_date(last.date))
    if last.minutes.is_published:
        # An absolute address: relative ones do not work in PDFs and e-mails.
        name = format_html('<a href="{}">{}</a>', settings.SITE_URL + last.get_absolute_url(), name)
    approved = f" {last.minutes.approval_text}" if last.minutes.approved_on else ""
    return format_html("<p>Referatet fra {}.{}</p>", name, approved)


# Order


def put_in_order(items: Iterable[AgendaItem]) -> None:
    """Number the items in this order. Items that wait for a supplement are last, so that public numbers stay."""
    in_order = sorted(items, key=lambda item: item.supplement == AgendaItem.Supplement.WAITING)
    for position, item in enumerate(in_order, 1):
        if item.position != position:
            AgendaItem.objects.filter(pk=item.pk).update(position=position)
            item.position = position
            item.note_update("position")


def move(meeting: Meeting, item: AgendaItem, step: int) -> None:
    """Swap the item with the one before (step -1) or after it (step 1)."""
    items = list(meeting.items.all())
    index = items.index(item)
    other = index + step
    if 0 <= other < len(items):
        items[index], items[other] = items[other], items[index]
        put_in_order(items)


def _insert(meeting: Meeting, new: list[AgendaItem]) -> None:
    """Put the new items before the standard items that end the agenda."""
    pks = {item.pk for item in new}
    items = [item for item in meeting.items.all() if item.pk not in pks]
    last_titles = {s.title.casefold() for s in meeting.council.standard_items.all() if s.is_last}
    index = len(items)
    while index and items[index - 1].title.casefold() in last_titles:
        index -= 1
    put_in_order([*items[:index], *new, *items[index:]])


# New items


def supplement_of(meeting: Meeting) -> str:
    """Return the `supplement` value of a new item: it waits for a supplement if the agenda is already public."""
    agenda = Agenda.objects.filter(meeting=meeting).first()
    return AgendaItem.Supplement.WAITING if agenda is not None and agenda.takes_supplement else ""


def add_item(meeting: Meeting, **fields) -> AgendaItem:
    """Add an item before the closing standard items. Raise ValidationError if it may not become public."""
    Agenda.objects.get_or_create(meeting=meeting)
    item = AgendaItem(meeting=meeting, position=10_000, supplement=supplement_of(meeting), **fields)
    item.full_clean(exclude=["meeting"])
    item.save()
    _insert(meeting, [item])
    return item


def copy_items(meeting: Meeting, sources: Iterable[AgendaItem]) -> list[AgendaItem]:
    """Copy items with their themes, goals and causes."""
    copies = []
    for source in sources:
        item = add_item(meeting, **{name: getattr(source, name) for name in COPIED})
        item.themes.set(source.themes.all())
        item.goals.set(source.goals.all())
        item.causes.set(source.causes.all())
        copies.append(item)
    _insert(meeting, copies)
    return copies


def accept_proposal(proposal: Proposal) -> AgendaItem:
    """Add a member's proposal to the agenda with its original text."""
    text = linebreaks(proposal.text, autoescape=True) if proposal.text else ""
    item = add_item(proposal.meeting, title=proposal.title, presentation=text)
    proposal.state, proposal.item = Proposal.State.TAKEN, item
    proposal.save(update_fields=["state", "item"])
    return item
