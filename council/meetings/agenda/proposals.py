"""Agenda items proposed by members through a personal link, and the secretary's answer by e-mail."""

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from council.mail import write_to_person, write_to_secretary
from council.meetings import progress
from council.meetings.invitations.answers import begins_at, seats_at
from council.meetings.invitations.member_views import holds_seat
from council.meetings.invitations.sending import LINK_LIFE, locked, time_and_place
from council.models import Meeting, Membership, Proposal
from council.personal_links import link_view
from udsat.lib.cpr import find_cpr, hide_cpr
from udsat.lib.danish import weekday_date
from udsat.lib.signed_links import LinkBroken, LinkExpired, make_token
from udsat.models import Letter, Municipality
from udsat.models.letters import end_of_day

MAX_PROPOSALS = 20  # per member and meeting


# The request to the members


def sent_requests(meeting: Meeting) -> list[Letter]:
    """Return the e-mails »Har du et punkt?« about the meeting, oldest first."""
    return list(Letter.objects.filter(key__startswith=f"propose:{meeting.pk}:").defer("text").order_by("created_at"))


@transaction.atomic
def invite_proposals(meeting: Meeting) -> int:
    """Send »Har du et punkt?« to members with an e-mail address who have not had it. Return how many were sent."""
    if meeting.is_cancelled or begins_at(meeting) <= timezone.now():
        return 0
    last_day = progress.items_due_on(meeting)
    is_late = last_day is not None and last_day < timezone.localdate()
    return sum(
        write_to_person(
            seat.person,
            meeting.council,
            f"propose:{meeting.pk}:{seat.pk}:{seat.person_id}",
            f"Har du et punkt til mødet {weekday_date(meeting.date)}?",
            "propose.txt",
            meeting=meeting,
            when=time_and_place(meeting)[0],
            valid_until=begins_at(meeting) if is_late else end_of_day(last_day),
            deadline=last_day,
            is_late=is_late,
            propose_url=propose_url(meeting, seat),
        )
        for seat in seats_at(meeting)
        if seat.person and not seat.is_substitute
    )


def propose_url(meeting: Meeting, seat: Membership) -> str:
    token = make_token("forslag", meeting.pk, seat.pk, seat.person_id, until=timezone.now() + LINK_LIFE)
    return settings.SITE_URL + reverse("propose-item", args=[meeting.municipality.slug, token])


# The form of a member


class ProposalForm(forms.ModelForm):
    class Meta:
        model = Proposal
        fields = ["title", "text"]
        labels = {"title": "Hvad skal punktet hedde?", "text": "Hvad handler det om?"}
        help_texts = {
            "title": "Få ord, for eksempel »Et varmt sted at være om natten«.",
            "text": "Skriv, hvad rådet skal tale om, og gerne hvad du foreslår. Du kan også lade feltet stå tomt.",
        }
        widgets = {"text": forms.Textarea({"rows": 8})}
        error_messages = {"title": {"required": "Skriv, hvad punktet skal hedde."}}

    def clean_title(self):
        return _refuse_cpr(" ".join(self.cleaned_data["title"].split()))

    def clean_text(self):
        return _refuse_cpr(self.cleaned_data["text"])


def _refuse_cpr(text):
    if any(find_cpr(text)):
        raise forms.ValidationError(
            "Her står noget, der ligner et CPR-nummer. Slet det, og send igen. Vi har ikke gemt noget."
        )
    return text


@link_view("forslag")
@require_http_methods(["GET", "HEAD", "POST"])
def propose_item(request: HttpRequest, municipality: Municipality, pk: int, seat: int, person: int) -> HttpResponse:
    meeting = Meeting.objects.filter(pk=pk).select_related("council__municipality").first()
    member = Membership.objects.filter(pk=seat).select_related("person", "council").first()
    if meeting is not None and meeting.council.municipality_id != municipality.pk:
        raise LinkBroken
    if (
        meeting is None
        or member is None
        or member.council_id != meeting.council_id
        or member.person_id != person
        or meeting.is_cancelled
        or begins_at(meeting) <= timezone.now()
        or not holds_seat(member, meeting.date)
    ):
        raise LinkExpired
    form = ProposalForm(
        request.POST if request.method == "POST" else None, instance=Proposal(meeting=meeting, member=member)
    )
    if form.is_valid() and _save(form, meeting, member):
        return HttpResponseRedirect(f"{request.path}#sendt")
    when, where = time_and_place(meeting)
    last_day = progress.items_due_on(meeting)
    context = {
        "municipality": municipality,
        "council": meeting.council,
        "meeting": meeting,
        "member": member,
        "when": when,
        "where": where,
        "deadline": last_day,
        "is_late": last_day is not None and last_day < timezone.localdate(),
        "mine": list(meeting.proposals.filter(member=member)),
        "form": form,
    }
    return render(request, "links/propose.html", context)


@transaction.atomic
def _save(form, meeting, member) -> bool:
    """Save the proposal and notify the secretary. Return False above the limit; a duplicate is ignored."""
    meeting = locked(meeting)
    mine = list(meeting.proposals.filter(member=member))
    if len(mine) >= MAX_PROPOSALS:
        form.add_error(None, "Du har sendt mange forslag til det møde. Ring til rådet, hvis du har flere.")
        return False
    if (form.cleaned_data["title"], form.cleaned_data["text"]) not in [(one.title, one.text) for one in mine]:
        proposal = form.save()
        write_to_secretary(
            meeting.council,
            f"proposal:{proposal.pk}",
            f"Et forslag til mødet {weekday_date(meeting.date)}",
            "proposal.txt",
            reverse("admin:council_meeting_agenda", args=[meeting.pk]),
            name=str(member.person),
            when=time_and_place(meeting)[0],
        )
    return True


# The secretary's answer


@transaction.atomic
def decline(proposal: Proposal, answer: str) -> None:
    """Decline the proposal and e-mail the reason to the member."""
    proposal.state, proposal.answer = Proposal.State.DECLINED, answer
    proposal.save(update_fields=["state", "answer"])
    meeting = proposal.meeting
    write_to_person(
        proposal.member.person,
        meeting.council,
        f"proposal-declined:{proposal.pk}",
        f"Dit forslag til mødet {weekday_date(meeting.date)}",
        "proposal_declined.txt",
        title=hide_cpr(proposal.title),
        answer=hide_cpr(answer),
        meeting=meeting,
    )
