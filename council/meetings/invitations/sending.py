"""Invitations by e-mail, notices of changes, substitutes, and the supplementary agenda."""

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

from .answers import begins_at, seats_at

CANCELLED = "Aflyst"
_LINK = "[link]"
# Longer than any postponement. Replies after the start of the meeting are refused by the page.
LINK_LIFE = datetime.timedelta(days=366)


# Invited seats


def invited_seats(meeting: Meeting) -> list[Membership]:
    """Return the seats to invite: all that have a person on the day, and the substitutes called in."""
    called = set(meeting.invitations.values_list("member_id", flat=True))
    return [seat for seat in seats_at(meeting) if seat.person and (not seat.is_substitute or seat.pk in called)]


def can_invite(meeting: Meeting) -> bool:
    """Whether the meeting is to come and its agenda is public."""
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


def current_details(meeting: Meeting) -> str:
    """Return what an invitation announces, in the form of `Invitation.announced`."""
    return CANCELLED if meeting.is_cancelled else "\n".join(time_and_place(meeting))


def last_letters(meeting: Meeting) -> dict[int, Letter]:
    """Return the last invitation letter to each member, by the member's id, without text and calendar."""
    prefix = meeting.invitation_prefix
    letters = Letter.objects.filter(key__startswith=prefix).defer("text", "calendar").order_by("pk")
    return {int(letter.key.removeprefix(prefix).split(":")[0]): letter for letter in letters}


def is_missing(invitation: Invitation | None, letter: Letter | None, seat: Membership) -> bool:
    """Whether the member has an e-mail address that no invitation was sent to."""
    if not seat.person or not seat.person.email:
        return False
    return invitation is None or invitation.sent_at is None or letter is None or letter.to != seat.person.email


def publication_effects(meeting: Meeting) -> list[str]:
    """Describe in Danish who is invited when the agenda becomes public."""
    if meeting.is_cancelled or begins_at(meeting) <= timezone.now():
        return []
    letters = last_letters(meeting)
    invitations = {invitation.member_id: invitation for invitation in meeting.invitations.all()}
    seats = invited_seats(meeting)
    mailed = [seat for seat in seats if is_missing(invitations.get(seat.pk), letters.get(seat.pk), seat)]
    without_email = [str(seat.person) for seat in seats if not seat.person.email]
    effects = []
    if mailed:
        count = "1 medlem" if len(mailed) == 1 else f"{len(mailed)} medlemmer"
        effects.append(f"Når dagsordenen er offentlig, får {count} en mail med dagsordenen og en indkaldelse.")
    if without_email:
        effects.append(f"Ring til {join_words(without_email)}, som ikke har nogen mail.")
    return effects


# Inviting


@transaction.atomic
def invite(meeting: Meeting) -> int:
    """Write invitations to the members who have none, if `can_invite()`. Return the number of letters."""
    meeting = locked(meeting)
    if not can_invite(meeting):
        return 0
    letters = last_letters(meeting)
    invitations = {invitation.member_id: invitation for invitation in meeting.invitations.all()}
    agenda_file, count = AgendaFile(meeting), 0
    for seat in invited_seats(meeting):
        invitation = invitations.get(seat.pk) or Invitation.objects.create(meeting=meeting, member=seat)
        invitation.meeting, invitation.member = meeting, seat
        if is_missing(invitation, letters.get(seat.pk), seat):
            template = "substitute" if seat.is_substitute else "invitation"
            subject = f"Indkaldelse til møde {weekday_date(meeting.date)}"
            _write(invitation, template, subject, files=agenda_file.files())
            count += 1
    return count


def send_scheduled_invitations(now: datetime.datetime) -> int:
    """Invite the members to meetings with a public agenda and no invitations yet.

    The back office invites them when an agenda is published; this finds the agendas scheduled for later.
    """
    invited = Invitation.objects.filter(meeting=OuterRef("meeting"), sent_at__isnull=False)
    agendas = (
        Agenda.objects.published()
        .filter(~Exists(invited), meeting__date__gte=timezone.localdate(now), meeting__is_cancelled=False)
        .select_related("meeting__council__municipality")
    )
    return sum(invite(agenda.meeting) for agenda in agendas)


@transaction.atomic
def send_changes(meeting: Meeting) -> int:
    """Send changed time, place or cancellation to the invited members. Return the number of letters written."""
    meeting = locked(meeting)
    if begins_at(meeting) <= timezone.now():
        return 0
    agenda_file, count = AgendaFile(meeting), 0
    for invitation in outdated_invitations(meeting):
        if not invitation.member.person or not invitation.member.person.email:
            continue
        before = invitation.announced
        # Where the last letter was deleted unsent, the reply is newer than what was announced.
        is_known = not meeting.is_cancelled and before != Invitation.ANNOUNCED_UNKNOWN
        moved = is_known and before.split("\n")[0] != time_and_place(meeting)[0]
        if moved:
            # The reply was for the other time.
            invitation.reply, invitation.replied_at = "", None
        if meeting.is_cancelled:
            template, subject, method = "meeting_cancelled", "Aflyst: møde", "CANCEL"
        else:
            template, subject, method = "meeting_changed", "Ændret: møde", "REQUEST"
        _write(
            invitation,
            template,
            f"{subject} {weekday_date(meeting.date)}",
            method=method,
            files=[] if meeting.is_cancelled else agenda_file.files(),
            before=announced_parts(before),
            moved=moved,
            was_cancelled=before == CANCELLED,
        )
        count += 1
    return count


def outdated_invitations(meeting: Meeting) -> list[Invitation]:
    """Return the invitations that announced another time or place than the meeting has now."""
    invitations = meeting.invitations.exclude(announced__in=["", current_details(meeting)]).select_related(
        "member__person", "member__council__municipality", "called_for__person"
    )
    return [invitation for invitation in invitations if invitation.member.person]


def announced_parts(announced: str) -> list[str]:
    """Return the time and the place that were announced; empty when unknown."""
    return [part for part in announced.split("\n") if part and part != Invitation.ANNOUNCED_UNKNOWN]


# Substitutes


@transaction.atomic
def invite_substitute(meeting: Meeting, seat: Membership, instead_of: Membership) -> Invitation:
    """Invite a substitute instead of a member."""
    meeting = locked(meeting)
    invitation, _ = Invitation.objects.get_or_create(meeting=meeting, member=seat, defaults={"called_for": instead_of})
    invitation.called_for = instead_of
    invitation.meeting, invitation.member = meeting, seat
    invitation.save(update_fields=["called_for"])
    if Letter.objects.filter(key__startswith=f"not-needed:{meeting.pk}:{seat.pk}:").exists():
        # A cancelled calendar entry reappears only with a higher sequence.
        _increment_sequence(meeting)
    if seat.person and seat.person.email and can_invite(meeting):
        subject = f"Kan du komme til møde {weekday_date(meeting.date)}?"
        _write(invitation, "substitute", subject, files=AgendaFile(meeting).files())
    return invitation


@transaction.atomic
def cancel_substitute(invitation: Invitation) -> None:
    """Notify a substitute who is not needed after all, and delete the invitation with its link."""
    meeting = locked(invitation.meeting)
    invitation.meeting = meeting
    person = invitation.member.person
    if invitation.sent_at and person and person.email:
        _increment_sequence(meeting)
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
    """Send the supplementary agenda to the invited members, in the transaction that publishes the items."""
    meeting = agenda.meeting
    if not can_invite(meeting):
        return 0
    new = {item.pk for item in items}
    added = [item for item in public_items(meeting, with_minutes=False) if item.pk in new]
    agenda_file, count = AgendaFile(meeting, "tillaegsdagsorden"), 0
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
                files=agenda_file.files(),
            )
            count += 1
    return count


# Letters


class AgendaFile:
    """The agenda as a PDF that all letters share, rendered for the first of them."""

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
        municipality = self.meeting.municipality
        name = f"{self.name}-{municipality.slug}-{self.meeting.address_part}.pdf"
        last = LetterFile.objects.filter(municipality=municipality, name=name).order_by("-pk").first()
        if last is not None and bytes(last.content) == content:
            return [last]
        return [LetterFile.objects.create(municipality=municipality, name=name, content=content)]


def answer_url(invitation: Invitation) -> str:
    """Return the member's personal link. It ends when the seat is given to another person."""
    until = timezone.now() + LINK_LIFE
    token = make_token("svar", invitation.pk, invitation.member.person_id, until=until)
    return settings.SITE_URL + reverse("answer-invitation", args=[invitation.meeting.municipality.slug, token])


def locked(meeting: Meeting) -> Meeting:
    """Read the meeting again under a lock, so that concurrent requests write each letter once."""
    return Meeting.objects.select_for_update(of=("self",)).select_related("council__municipality").get(pk=meeting.pk)


def _increment_sequence(meeting):
    Meeting.objects.filter(pk=meeting.pk).update(calendar_sequence=F("calendar_sequence") + 1)
    meeting.calendar_sequence += 1


def _write(invitation, template, subject, *, method="REQUEST", files=(), **context):
    """Write the letter and record the announced details. Its key depends on them and on the address."""
    meeting, person = invitation.meeting, invitation.member.person
    details = current_details(meeting)
    digest = hashlib.sha256(f"{person.email}\n{details}".encode()).hexdigest()[:16]
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
    invitation.announced, invitation.sent_at = details, timezone.now()
    invitation.save(update_fields=["announced", "sent_at", "reply", "replied_at"])


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
    # Numbers that were confirmed not to be CPR numbers are hidden in letters all the same, except in the link.
    return hide_cpr(text).replace(_LINK, answer_url(invitation))
