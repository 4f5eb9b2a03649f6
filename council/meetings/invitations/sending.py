"""The letters that call members to a meeting, tell them of changes, and call substitutes in."""

import datetime
import hashlib

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from council.models import Agenda, AgendaItem, Invitation, Meeting, Membership, public_items
from council.public.calendar import invitation_calendar
from council.public.pdf import agenda_pdf
from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import clock, join_words, long_datetime, weekday_date
from udsat.lib.pdf import PdfTooLarge
from udsat.lib.signed_links import make_token
from udsat.models import Letter, LetterFile

from .answers import begins_at, seats_on

CANCELLED = "Aflyst"
_LINK = "[link]"
# The link outlives a meeting that is put off; the page itself says when it is too late to answer.
LINK_LIFE = datetime.timedelta(days=366)


# Who is called


def invited_seats(meeting: Meeting) -> list[Membership]:
    """Who should come: every seat with a person on the day, and the substitutes that are called in."""
    called = set(meeting.invitations.values_list("member_id", flat=True))
    return [seat for seat in seats_on(meeting) if seat.person and (not seat.is_substitute or seat.pk in called)]


def can_be_called(meeting: Meeting) -> bool:
    """Nobody is called to what is over or cancelled, nor before the agenda can be read."""
    return (
        not meeting.is_cancelled
        and begins_at(meeting) > timezone.now()
        and Agenda.objects.published().filter(meeting=meeting).exists()
    )


def time_and_place(meeting: Meeting) -> tuple[str, str]:
    when = long_datetime(meeting.date, meeting.starts_at)
    if meeting.starts_at and meeting.ends_at:
        when += f" til {clock(meeting.ends_at)}"
    return when, ", ".join(part for part in (meeting.place, meeting.address) if part)


def facts(meeting: Meeting) -> str:
    """What a member must know to come: kept on her invitation, so that a change is seen as one."""
    return CANCELLED if meeting.is_cancelled else "\n".join(time_and_place(meeting))


def letters_of(meeting: Meeting) -> dict[int, Letter]:
    """The last letter that called each member to the meeting, by the member's id, without its texts and files."""
    found = {}
    prefix = meeting.invitation_prefix
    for letter in Letter.objects.filter(key__startswith=prefix).defer("text", "calendar").order_by("pk"):
        found[int(letter.key.removeprefix(prefix).split(":")[0])] = letter
    return found


def is_missing(invitation: Invitation | None, letter: Letter | None, seat: Membership) -> bool:
    """Has an address that no invitation went to: never sent, or the address has been mended since."""
    if not seat.person or not seat.person.email:
        return False
    return invitation is None or invitation.sent_at is None or letter is None or letter.to != seat.person.email


def who_hears(meeting: Meeting) -> list[str]:
    """What happens to the members when the agenda becomes public, as sentences."""
    if meeting.is_cancelled or begins_at(meeting) <= timezone.now():
        return []
    letters = letters_of(meeting)
    invitations = {invitation.member_id: invitation for invitation in meeting.invitations.all()}
    seats = invited_seats(meeting)
    mailed = [seat for seat in seats if is_missing(invitations.get(seat.pk), letters.get(seat.pk), seat)]
    silent = [str(seat.person) for seat in seats if not seat.person.email]
    said = []
    if mailed:
        count = "1 medlem" if len(mailed) == 1 else f"{len(mailed)} medlemmer"
        said.append(f"Når dagsordenen er offentlig, får {count} en mail med dagsordenen og en indkaldelse.")
    if silent:
        said.append(f"Ring til {join_words(silent)}, som ikke har nogen mail.")
    return said


# Calling


@transaction.atomic
def invite(meeting: Meeting) -> int:
    """Call everybody who has not been called. Returns the number of letters written."""
    meeting = locked(meeting)
    if not can_be_called(meeting):
        return 0
    letters = letters_of(meeting)
    invitations = {invitation.member_id: invitation for invitation in meeting.invitations.all()}
    paper, count = Paper(meeting), 0
    for seat in invited_seats(meeting):
        invitation = invitations.get(seat.pk) or Invitation.objects.create(meeting=meeting, member=seat)
        invitation.meeting, invitation.member = meeting, seat
        if is_missing(invitation, letters.get(seat.pk), seat):
            template = "substitute" if seat.is_substitute else "invitation"
            _write(invitation, template, f"Indkaldelse til møde {weekday_date(meeting.date)}", files=paper.files())
            count += 1
    return count


def send_scheduled_invitations(now: datetime.datetime) -> int:
    """Call the members to the meetings whose agenda became public by itself."""
    called = Invitation.objects.filter(meeting=OuterRef("meeting"), sent_at__isnull=False)
    agendas = (
        Agenda.objects.published()
        .filter(~Exists(called), meeting__date__gte=timezone.localdate(now), meeting__is_cancelled=False)
        .select_related("meeting__council__municipality")
    )
    return sum(invite(agenda.meeting) for agenda in agendas)


@transaction.atomic
def tell_change(meeting: Meeting) -> int:
    """Tell everybody who was called what is different now. Returns the number of letters written."""
    meeting = locked(meeting)
    if begins_at(meeting) <= timezone.now():
        return 0
    paper, count = Paper(meeting), 0
    for invitation in untold(meeting):
        if not invitation.member.person or not invitation.member.person.email:
            continue
        before = invitation.told
        # What is unknown was no answer's reason: the last answer came after it.
        is_known = not meeting.is_cancelled and before != Invitation.TOLD_UNKNOWN
        moved = is_known and before.split("\n")[0] != time_and_place(meeting)[0]
        if moved:
            # An answer was about the other day.
            invitation.reply, invitation.replied_at = "", None
        if meeting.is_cancelled:
            template, subject, method = "meeting_cancelled", "Aflyst: møde", "CANCEL"
        else:
            template, subject, method = "meeting_changed", "Ændret: møde", "REQUEST"
        _write(
            invitation, template, f"{subject} {weekday_date(meeting.date)}", method=method,
            files=[] if meeting.is_cancelled else paper.files(), before=told_before(before), moved=moved,
            was_cancelled=before == CANCELLED,
        )  # fmt: skip
        count += 1
    return count


def untold(meeting: Meeting) -> list[Invitation]:
    """Those who were called to another time or place than the meeting has now."""
    now = facts(meeting)
    found = meeting.invitations.exclude(told__in=["", now]).select_related(
        "member__person", "member__council__municipality", "called_for__person"
    )
    return [invitation for invitation in found if invitation.member.person]


def told_before(told: str) -> list[str]:
    """When and where, as a member was told; empty when nobody knows."""
    return [part for part in told.split("\n") if part and part != Invitation.TOLD_UNKNOWN]


# Substitutes


@transaction.atomic
def call_in(meeting: Meeting, seat: Membership, instead_of: Membership) -> Invitation:
    """Ask a substitute to come instead of a member."""
    meeting = locked(meeting)
    invitation, _ = Invitation.objects.get_or_create(meeting=meeting, member=seat, defaults={"called_for": instead_of})
    invitation.called_for = instead_of
    invitation.meeting, invitation.member = meeting, seat
    invitation.save(update_fields=["called_for"])
    if Letter.objects.filter(key__startswith=f"not-needed:{meeting.pk}:{seat.pk}:").exists():
        # Calendars forget an entry that was taken out, unless a higher number brings it back.
        _count_up(meeting)
    if seat.person and seat.person.email and can_be_called(meeting):
        _write(
            invitation, "substitute", f"Kan du komme til møde {weekday_date(meeting.date)}?",
            files=Paper(meeting).files(),
        )  # fmt: skip
    return invitation


@transaction.atomic
def call_off(invitation: Invitation) -> None:
    """Tell a substitute that she is not needed after all. Her link leads nowhere from then on."""
    meeting = locked(invitation.meeting)
    invitation.meeting = meeting
    person = invitation.member.person
    if invitation.sent_at and person and person.email:
        _count_up(meeting)
        Letter.objects.write(
            municipality=meeting.municipality,
            key=f"not-needed:{meeting.pk}:{invitation.member_id}:{meeting.calendar_sequence}",
            to=person.email,
            to_name=str(person),
            subject=f"Du behøver ikke komme {weekday_date(meeting.date)}",
            text=_text("not_needed", invitation),
            calendar=invitation_calendar(meeting, person.email, str(person), "CANCEL"),
        )
    invitation.delete()


# The supplementary agenda


def send_supplement(agenda: Agenda, items: list[AgendaItem]) -> int:
    """Tell everybody who was called what has come to the agenda. Call it where the items become public."""
    meeting = agenda.meeting
    if not can_be_called(meeting):
        return 0
    new = {item.pk for item in items}
    added = [item for item in public_items(meeting, with_minutes=False) if item.pk in new]
    paper, count = Paper(meeting, "tillaegsdagsorden"), 0
    for invitation in meeting.invitations.exclude(sent_at=None).select_related("member__person"):
        person = invitation.member.person
        if person and person.email:
            invitation.meeting = meeting
            Letter.objects.write(
                municipality=meeting.municipality,
                key=f"{meeting.supplement_prefix}{invitation.member_id}:{agenda.version}",
                to=person.email,
                to_name=str(person),
                subject=f"Tillægsdagsorden til møde {weekday_date(meeting.date)}",
                text=_text("supplement", invitation, items=added),
                files=paper.files(),
            )
            count += 1
    return count


# The letters


class Paper:
    """The agenda as a file that all letters share, made when the first of them needs it."""

    def __init__(self, meeting: Meeting, name: str = "dagsorden"):
        self.meeting, self.name = meeting, name
        self._files: list[LetterFile] | None = None

    def files(self) -> list[LetterFile]:
        if self._files is None:
            self._files = self._make()
        return self._files

    def _make(self):
        agenda = Agenda.objects.published().filter(meeting=self.meeting).first()
        if agenda is None:
            return []
        try:
            content = agenda_pdf(self.meeting)
        except PdfTooLarge:
            return []  # the letter has the address of the page
        place = self.meeting.municipality
        name = f"{self.name}-{place.slug}-{self.meeting.address_part}.pdf"
        last = LetterFile.objects.filter(municipality=place, name=name).order_by("-pk").first()
        if last is not None and bytes(last.content) == content:
            return [last]
        return [LetterFile.objects.create(municipality=place, name=name, content=content)]


def answer_url(invitation: Invitation) -> str:
    """The member's own link. It names the person too, so that it ends when the seat becomes another's."""
    until = timezone.now() + LINK_LIFE
    token = make_token("svar", invitation.pk, invitation.member.person_id, until=until)
    return settings.SITE_URL + reverse("answer-invitation", args=[invitation.meeting.municipality.slug, token])


def locked(meeting: Meeting) -> Meeting:
    """The meeting as it is now, held while letters about it are written, so that two clicks write them once."""
    return Meeting.objects.select_for_update(of=("self",)).select_related("council__municipality").get(pk=meeting.pk)


def _count_up(meeting):
    Meeting.objects.filter(pk=meeting.pk).update(calendar_sequence=F("calendar_sequence") + 1)
    meeting.calendar_sequence += 1


def _write(invitation, template, subject, *, method="REQUEST", files=(), **context):
    """Write the letter and remember what it said. Its key is what it says to which address."""
    meeting, person = invitation.meeting, invitation.member.person
    said = facts(meeting)
    digest = hashlib.sha256(f"{person.email}\n{said}".encode()).hexdigest()[:16]
    Letter.objects.write(
        municipality=meeting.municipality,
        key=f"{meeting.invitation_prefix}{invitation.member_id}:{meeting.calendar_sequence}:{digest}",
        to=person.email,
        to_name=str(person),
        subject=subject,
        text=_text(template, invitation, **context),
        calendar=invitation_calendar(meeting, person.email, str(person), method),
        files=files,
    )
    invitation.told, invitation.sent_at = said, timezone.now()
    invitation.save(update_fields=["told", "sent_at", "reply", "replied_at"])


def _text(template, invitation, **context):
    meeting = invitation.meeting
    agenda = Agenda.objects.published().filter(meeting=meeting).first()
    when, where = time_and_place(meeting)
    text = render_to_string(
        f"email/{template}.txt",
        {
            "first_name": invitation.member.person.first_name,
            "meeting": meeting,
            "council": meeting.council,
            "when": when,
            "where": where,
            "items": public_items(meeting, with_minutes=False) if agenda else [],
            "answer_url": _LINK,
            "page_url": settings.SITE_URL + meeting.get_absolute_url() if agenda else "",
            **context,
        },
    )
    # A number that somebody has said is none may stand on a page; in no letter. The link is no text.
    return hide_cpr(text).replace(_LINK, answer_url(invitation))
