"""The page of a personal link, where a member replies to an invitation."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from council.mail import write_to_secretary
from council.models import Agenda, Invitation, Meeting, Membership
from council.personal_links import link_view
from udsat.lib.danish import weekday_date
from udsat.lib.signed_links import LinkBroken, LinkExpired
from udsat.models import Letter, Municipality

from .answers import begins_at, quorum_of, save_reply
from .sending import locked, time_and_place

# E-mails to the secretary about the replies of one member to one invitation.
MAX_ANSWER_MAILS = 12


@link_view("svar")
@require_http_methods(["GET", "HEAD", "POST"])
def answer_invitation(request: HttpRequest, municipality: Municipality, pk: int, person: int) -> HttpResponse:
    invitation = (
        Invitation.objects.filter(pk=pk)
        .select_related("meeting__council__municipality", "member__person", "called_for")
        .first()
    )
    if invitation is not None and invitation.meeting.council.municipality_id != municipality.pk:
        raise LinkBroken
    if invitation is None or not (person == invitation.person_id == invitation.member.person_id):
        raise LinkExpired  # the substitute was cancelled, or the seat was given to another person
    meeting = invitation.meeting
    if begins_at(meeting) <= timezone.now() or not holds_seat(invitation.member, meeting.date):
        raise LinkExpired
    unknown = moved = False
    if request.method == "POST" and not meeting.is_cancelled:
        reply = request.POST.get("svar")
        unknown = reply not in Invitation.Reply.values
        if not unknown:
            meeting = _save_reply(invitation, reply, request.POST.get("tid"))
            if meeting is None:
                return HttpResponseRedirect(request.path)
            moved = not meeting.is_cancelled
    when, where = time_and_place(meeting)
    context = {
        "municipality": municipality,
        "council": meeting.council,
        "meeting": meeting,
        "invitation": invitation,
        "when": when,
        "where": where,
        "unknown": unknown,
        "moved": moved,
        "agenda_is_public": Agenda.objects.published().filter(meeting=meeting).exists(),
    }
    return render(request, "links/answer.html", context, status=400 if unknown else 409 if moved else 200)


@transaction.atomic
def _save_reply(invitation: Invitation, reply: str, seen: str | None) -> Meeting | None:
    """Save the reply and return None; return the meeting if it has been changed since the page was shown.

    Letters are written under the same lock, so that none of them restores an older reply.
    """
    meeting = locked(invitation.meeting)
    if meeting.is_cancelled or seen not in (None, time_and_place(meeting)[0]):
        return meeting
    current = Invitation.objects.filter(pk=invitation.pk).first()
    if current is None:
        raise LinkExpired
    Reply = Invitation.Reply
    is_news = reply != current.reply and Reply.EXCUSED in (reply, current.reply)
    save_reply(current, reply)
    if is_news:
        _write_to_secretary(invitation, meeting, is_excused=reply == Reply.EXCUSED)
    return None


def _write_to_secretary(invitation: Invitation, meeting: Meeting, *, is_excused: bool) -> None:
    """Notify the secretary that a member is absent, or attends after all: a substitute may be needed, or not."""
    prefix = f"answer:{invitation.pk}:"
    count = Letter.objects.filter(key__startswith=prefix).count()
    if count < MAX_ANSWER_MAILS:
        write_to_secretary(
            meeting.council,
            f"{prefix}{count}",
            f"{'Afbud til' if is_excused else 'En mere kommer til'} mødet {weekday_date(meeting.date)}",
            "member_answer.txt",
            reverse("admin:council_meeting_invitations", args=[meeting.pk]),
            name=str(invitation.member.person),
            when=time_and_place(meeting)[0],
            excused=is_excused,
            quorum=quorum_of(meeting),
        )


def holds_seat(member: Membership, day) -> bool:
    """Whether the seat is occupied on the day of the meeting."""
    return Membership.objects.on(day).filter(pk=member.pk, person__anonymised_at=None).exists()
