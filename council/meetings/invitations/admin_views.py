"""The back-office page »Indkaldelse«: invited members, state of their e-mails, replies and substitutes."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect

from council.meetings.meeting_page import MeetingPage
from council.models import Invitation, Meeting, Membership
from udsat.lib import roles
from udsat.models import Letter

from .answers import expected_attendance, quorum_of, save_reply, seats_at
from .sending import (
    CANCELLED,
    AgendaFile,
    announced_parts,
    can_invite,
    cancel_substitute,
    current_details,
    invitation_of,
    invite_substitute,
    invite_with,
    invited_seats,
    is_missing,
    last_letters,
    locked,
    outdated_invitations,
    send_changes_with,
    time_and_place,
)


@dataclass
class InvitationLine:
    """A seat that is invited, or a substitute who can be."""

    seat: Membership
    invitation: Invitation | None
    letter: Letter | None
    is_missing: bool
    substitutes: list["InvitationLine"] = field(default_factory=list)
    replaced_by: list["InvitationLine"] = field(default_factory=list)

    @property
    def reply(self) -> str:
        return self.invitation.reply if self.invitation else ""

    @property
    def mail(self) -> str:
        """State of the e-mail, in Danish."""
        if not self.seat.person.email:
            return "Ingen mail"
        if self.letter is None or not (self.invitation and self.invitation.sent_at):
            return "Ikke sendt"
        if self.is_missing:
            return "Ny adresse, ikke sendt"
        return self.letter.state

    @property
    def is_trouble(self) -> bool:
        """Whether the member has to be phoned."""
        return not self.seat.person.email or bool(
            self.letter and (self.letter.given_up_at or self.letter.last_error) and not self.letter.sent_at
        )


def lines_of(meeting: Meeting) -> tuple[list[InvitationLine], list[InvitationLine]]:
    """Return the invited seats and the available substitutes, in a constant number of queries."""
    letters = last_letters(meeting)
    invitations = {
        invitation.member_id: invitation
        for invitation in meeting.invitations.called().select_related("called_for__person", "called_for__council")
    }

    def line(seat):
        invitation, letter = invitations.get(seat.pk), letters.get(seat.pk)
        return InvitationLine(seat, invitation, letter, is_missing(invitation, letter, seat))

    called = [line(seat) for seat in invited_seats(meeting)]
    here = {one.seat.pk for one in called}
    free = [line(seat) for seat in seats_at(meeting) if seat.is_substitute and seat.person and seat.pk not in here]
    for one in called:
        if one.reply == Invitation.Reply.EXCUSED:
            # Personal substitutes first, those of other members last.
            one.substitutes = sorted(
                free,
                key=lambda other: (
                    other.seat.substitute_for_id != one.seat.pk,
                    other.seat.substitute_for_id is not None,
                ),
            )
        one.replaced_by = [o for o in called if o.invitation and o.invitation.called_for_id == one.seat.pk]
    return called, free


def invitation_page(admin, request, meeting):
    if request.method == "POST":
        if not request.user.may(roles.EDIT, meeting.municipality):
            raise PermissionDenied
        agenda_file = AgendaFile(meeting)
        with transaction.atomic():
            _perform_action(request, locked(meeting), agenda_file)
        return HttpResponseRedirect(request.path)
    called, free = lines_of(meeting)
    changed = outdated_invitations(meeting)
    former = list(meeting.invitations.former().select_related("person"))
    before = changed[0].announced if changed else ""
    when, where = time_and_place(meeting)
    return admin.page(
        request,
        meeting,
        "invitation.html",
        title="Indkaldelse",
        called=called,
        free=free,
        without_mail=[one for one in called if not one.seat.person.email],
        missing=[one for one in called if one.is_missing],
        sent=any(one.invitation and one.invitation.sent_at for one in called),
        changed=changed,
        former=former,
        reachable=[one for one in changed if one.member.person.email],
        before=announced_parts(before),
        was_cancelled=before == CANCELLED,
        when=when,
        where=where,
        can_invite=can_invite(meeting),
        may_edit=request.user.may(roles.EDIT, meeting.municipality),
        quorum=quorum_of(meeting, expected_attendance(meeting)),
        agenda_url=admin.url("agenda", meeting),
    )


def _perform_action(request, meeting, agenda_file):
    """Perform the action of the pressed button, unless it no longer applies."""
    action, _, rest = request.POST.get("action", "").partition(":")
    numbers = [int(part) if part.isascii() and part.isdigit() and len(part) < 18 else 0 for part in rest.split(":")]
    seats = {seat.pk: seat for seat in seats_at(meeting) if seat.person}
    seat = seats.get(numbers[0])
    message = "Det kunne ikke lade sig gøre. Se på listen, hvordan det ser ud nu."
    done = False
    if action == "send_invitations":
        count = invite_with(agenda_file, meeting)
        done, message = bool(count), _letters(count) if count else "Alle, der kan få en mail, har fået den."
    elif action == "send_change":
        count = send_changes_with(agenda_file, meeting)
        done, message = bool(count), _letters(count) if count else "Alle, der kan få en mail, har fået besked."
    elif action in ("coming", "excused") and seat:
        invitation = invitation_of(meeting, seat)
        reply = Invitation.Reply.COMING if action == "coming" else Invitation.Reply.EXCUSED
        save_reply(invitation, reply)
        _record_announced(invitation, meeting)
        done, message = True, f"{seat.person} {'kommer' if action == 'coming' else 'har meldt afbud'}."
    elif action == "informed_by_phone" and seat:
        for invitation in meeting.invitations.called().filter(member=seat):
            _record_announced(invitation, meeting)
            done, message = True, f"{seat.person} ved det nu."
    elif action == "call_substitute" and seat and seat.is_substitute and len(numbers) == 2 and numbers[1] in seats:
        if not meeting.invitations.called().filter(member=seat).exists():
            invitation = invite_substitute(agenda_file, meeting, seat, seats[numbers[1]])
            done = True
            message = f"{seat.person} får en mail nu." if invitation.sent_at else f"Ring til {seat.person}, og spørg."
    elif action == "cancel_substitute" and seat:
        for invitation in meeting.invitations.filter(member=seat, called_for__isnull=False).select_related(
            "member__person", "meeting__council__municipality"
        ):
            cancel_substitute(invitation)
            done, message = True, f"{seat.person} er ikke indkaldt mere."
    (messages.success if done else messages.warning)(request, message)


def _record_announced(invitation, meeting):
    """Record that the member has been informed of the current details by phone."""
    invitation.announced = current_details(meeting)
    invitation.save(update_fields=["announced"])


def _letters(count):
    return "1 mail er på vej." if count == 1 else f"{count} mails er på vej."


PAGES = [MeetingPage("indkaldelse/", "invitations", invitation_page, ability=roles.VIEW, tab="Indkaldelse")]
