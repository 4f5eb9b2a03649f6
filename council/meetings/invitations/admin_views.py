"""»Indkaldelse« in the back office: who is called, how the mails fare, who comes, and who can come instead."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect

from council.meetings.meeting_page import MeetingPage
from council.models import Invitation, Meeting, Membership
from udsat.lib import roles
from udsat.models import Letter

from .answers import expected_attendance, give_answer, quorum_of, seats_on
from .sending import (
    CANCELLED,
    call_in,
    call_off,
    can_be_called,
    facts,
    invite,
    invited_seats,
    is_missing,
    letters_of,
    locked,
    tell_change,
    time_and_place,
    told_before,
    untold,
)


@dataclass
class Line:
    """One who is called, or could be."""

    seat: Membership
    invitation: Invitation | None
    letter: Letter | None
    is_missing: bool
    substitutes: list["Line"] = field(default_factory=list)
    replaced_by: list["Line"] = field(default_factory=list)

    @property
    def reply(self) -> str:
        return self.invitation.reply if self.invitation else ""

    @property
    def mail(self) -> str:
        """How the mail fares, in a word or two."""
        if not self.seat.person.email:
            return "Ingen mail"
        if self.letter is None or not (self.invitation and self.invitation.sent_at):
            return "Ikke sendt"
        if self.is_missing:
            return "Ny adresse, ikke sendt"
        return self.letter.state

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to ring."""
        return not self.seat.person.email or bool(
            self.letter and (self.letter.given_up_at or self.letter.last_error) and not self.letter.sent_at
        )


def lines_of(meeting: Meeting) -> tuple[list[Line], list[Line]]:
    """Those who are called, and the substitutes who are free. A constant number of queries."""
    letters = letters_of(meeting)
    invitations = {
        invitation.member_id: invitation
        for invitation in meeting.invitations.select_related("called_for__person", "called_for__council")
    }

    def line(seat):
        invitation, letter = invitations.get(seat.pk), letters.get(seat.pk)
        return Line(seat, invitation, letter, is_missing(invitation, letter, seat))

    called = [line(seat) for seat in invited_seats(meeting)]
    here = {one.seat.pk for one in called}
    free = [line(seat) for seat in seats_on(meeting) if seat.is_substitute and seat.person and seat.pk not in here]
    for one in called:
        if one.reply == Invitation.Reply.EXCUSED:
            # A personal substitute first; another member's comes last.
            one.substitutes = sorted(
                free,
                key=lambda other: (
                    other.seat.substitute_for_id != one.seat.pk, other.seat.substitute_for_id is not None
                ),
            )  # fmt: skip
        one.replaced_by = [o for o in called if o.invitation and o.invitation.called_for_id == one.seat.pk]
    return called, free


def invitation_page(admin, request, meeting):
    if request.method == "POST":
        if not request.user.may(roles.EDIT, meeting.municipality):
            raise PermissionDenied
        with transaction.atomic():
            _do(request, locked(meeting))
        return HttpResponseRedirect(request.path)
    called, free = lines_of(meeting)
    changed = untold(meeting)
    before = changed[0].told if changed else ""
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
        reachable=[one for one in changed if one.member.person.email],
        before=told_before(before),
        was_cancelled=before == CANCELLED,
        when=when,
        where=where,
        can_be_called=can_be_called(meeting),
        may_edit=request.user.may(roles.EDIT, meeting.municipality),
        quorum=quorum_of(meeting, expected_attendance(meeting)),
        agenda_url=admin.url("agenda", meeting),
    )


def _do(request, meeting):
    """One button was pressed; what it asked for may have been done by another since the page was shown."""
    verb, _, rest = request.POST.get("action", "").partition(":")
    numbers = [int(part) if part.isascii() and part.isdigit() and len(part) < 18 else 0 for part in rest.split(":")]
    seats = {seat.pk: seat for seat in seats_on(meeting) if seat.person}
    seat = seats.get(numbers[0])
    said = "Det kunne ikke lade sig gøre. Se på listen, hvordan det ser ud nu."
    done = False
    if verb == "send_invitations":
        count = invite(meeting)
        done, said = bool(count), _letters(count) if count else "Alle, der kan få en mail, har fået den."
    elif verb == "send_change":
        count = tell_change(meeting)
        done, said = bool(count), _letters(count) if count else "Alle, der kan få en mail, har fået besked."
    elif verb in ("coming", "excused") and seat:
        invitation, _ = Invitation.objects.get_or_create(meeting=meeting, member=seat)
        reply = Invitation.Reply.COMING if verb == "coming" else Invitation.Reply.EXCUSED
        give_answer(invitation, reply)
        _note_told(invitation, meeting)
        done, said = True, f"{seat.person} {'kommer' if verb == 'coming' else 'har meldt afbud'}."
    elif verb == "informed_by_phone" and seat:
        for invitation in meeting.invitations.filter(member=seat):
            _note_told(invitation, meeting)
            done, said = True, f"{seat.person} ved det nu."
    elif verb == "call_substitute" and seat and seat.is_substitute and len(numbers) == 2 and numbers[1] in seats:
        if not meeting.invitations.filter(member=seat).exists():
            invitation = call_in(meeting, seat, seats[numbers[1]])
            done = True
            said = f"{seat.person} får en mail nu." if invitation.sent_at else f"Ring til {seat.person}, og spørg."
    elif verb == "cancel_substitute" and seat:
        for invitation in meeting.invitations.filter(member=seat, called_for__isnull=False).select_related(
            "member__person", "meeting__council__municipality"
        ):
            call_off(invitation)
            done, said = True, f"{seat.person} er ikke indkaldt mere."
    (messages.success if done else messages.warning)(request, said)


def _note_told(invitation, meeting):
    """She has been told by phone what the meeting is like now."""
    invitation.told = facts(meeting)
    invitation.save(update_fields=["told"])


def _letters(count):
    return "1 mail er på vej." if count == 1 else f"{count} mails er på vej."


PAGES = [MeetingPage("indkaldelse/", "invitations", invitation_page, ability=roles.VIEW, tab="Indkaldelse")]
