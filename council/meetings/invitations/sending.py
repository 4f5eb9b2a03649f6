"""Invitations by e-mail, notices of changes, substitutes, and the supplementary agenda."""

import datetime
import hashlib
from contextlib import suppress

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from council.models import Agenda, AgendaItem, Invitation, Meeting, Membership, public_items
from council.public.calendar import invitation_calendar
from council.public.pdf import agenda_pdf
from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import clock, join_words, long_datetime, weekday_date
from udsat.lib.pdf import PdfTooLarge
from udsat.lib.pdf_making import make_pdf
from udsat.lib.responses import document_filename
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
    called = set(meeting.invitations.called().values_list("member_id", flat=True))
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
    invitations = {invitation.member_id: invitation for invitation in meeting.invitations.called()}
    seats = invited_seats(meeting)
    mailed = [seat for seat in seats if is_missing(invitations.get(seat.pk), letters.get(seat.pk), seat)]
    without_email = [str(seat.person) for seat in seats if not seat.person.email]
    effects = []
    if mailed:
        count = "1 medlem" if len(mailed) == 1 else f"{len(mailed)} medlemmer"
        effects.append(f"Når dagsordenen er offentlig, får {count} en mail med dagsordenen og en indkaldelse.")
    if without_email:
        effects.append(f"Ring til {join_words(without_email)}, som ikke har nogen e-mail.")
    return effects


# Inviting


def invite(meeting: Meeting) -> int:
    """Write invitations to the members who have none, if `can_invite()`. Return the number of letters."""
    agenda_file = AgendaFile(meeting)
    with transaction.atomic():
        return invite_with(agenda_file, locked(meeting))


def invite_with(agenda_file: "AgendaFile", meeting: Meeting) -> int:
    """Write the invitations to the locked meeting."""
    if not can_invite(meeting):
        return 0
    letters, count = last_letters(meeting), 0
    for seat in invited_seats(meeting):
        invitation = invitation_of(meeting, seat)
        if is_missing(invitation, letters.get(seat.pk), seat):
            template = "substitute" if seat.is_substitute else "invitation"
            subject = f"Indkaldelse til møde {weekday_date(meeting.date)}"
            _write(invitation, template, subject, files=agenda_file.files())
            count += 1
    return count


def invitation_of(meeting: Meeting, seat: Membership, **fields) -> Invitation:
    """Return the invitation of the person in the seat, created if missing. One of an earlier person is cancelled."""
    for invitation in meeting.invitations.filter(member=seat).exclude(person=seat.person_id):
        cancel_former(meeting, invitation)
    invitation, _ = Invitation.objects.get_or_create(meeting=meeting, member=seat, defaults=fields)
    invitation.meeting, invitation.member = meeting, seat
    return invitation


def send_scheduled_invitations(now: datetime.datetime) -> int:
    """Invite the members to meetings with a public agenda and no invitations yet.

    The back office invites them when an agenda is published; this finds the agendas scheduled for later. After a
    withdrawal, the members whose letters had not been sent are invited again.
    """
    invitations = Invitation.objects.filter(meeting=OuterRef("meeting"))
    was_withdrawn = invitations.filter(sent_at=None, announced="").exclude(member__person__email="")
    agendas = (
        Agenda.objects.published()
        .filter(~Exists(invitations.exclude(sent_at=None)) | Exists(was_withdrawn))
        .filter(meeting__date__gte=timezone.localdate(now), meeting__is_cancelled=False)
        .select_related("meeting__council__municipality")
    )
    return sum(invite(agenda.meeting) for agenda in agendas)


def delete_expired_invitations(now: datetime.datetime) -> int:
    """Delete unsent letters with an agenda that has expired since they were written. Return how many agendas."""
    prefixes = Letter.objects.waiting().filter(key__regex=r"^(invitation|supplement):").values_list("key", flat=True)
    has_expired = Q(expires_at__lte=now) | Q(meeting__expires_at__lte=now)
    meetings = {int(key.split(":")[1]) for key in prefixes}
    expired = list(Agenda.objects.filter(has_expired, meeting__in=meetings).select_related("meeting"))
    for agenda in expired:
        ends = [end for end in (agenda.expires_at, agenda.meeting.expires_at) if end is not None]
        agenda.meeting.delete_unsent_invitations(written_before=min(ends))
    return len(expired)


def send_changes(meeting: Meeting) -> int:
    """Send changed time, place or cancellation to the invited members. Return the number of letters written.

    Members who have no seat on the day get a cancellation, and members without an invitation get one.
    """
    agenda_file = AgendaFile(meeting)
    with transaction.atomic():
        return send_changes_with(agenda_file, locked(meeting))


def send_changes_with(agenda_file: "AgendaFile", meeting: Meeting) -> int:
    """Write the letters about changes of the locked meeting."""
    if begins_at(meeting) <= timezone.now():
        return 0
    count = _cancel_former_invitations(meeting)
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
    return count + invite_with(agenda_file, meeting)


def outdated_invitations(meeting: Meeting) -> list[Invitation]:
    """Return the invitations that announced another time or place than the meeting has now."""
    invitations = meeting.invitations.called().exclude(announced__in=["", current_details(meeting)])
    return list(invitations.select_related("member__person", "member__council__municipality", "called_for__person"))


def announced_parts(announced: str) -> list[str]:
    """Return the time and the place that were announced; empty when unknown."""
    return [part for part in announced.split("\n") if part and part != Invitation.ANNOUNCED_UNKNOWN]


# Substitutes


def invite_substitute(
    agenda_file: "AgendaFile", meeting: Meeting, seat: Membership, instead_of: Membership
) -> Invitation:
    """Invite a substitute instead of a member of the locked meeting."""
    invitation = invitation_of(meeting, seat, called_for=instead_of)
    invitation.called_for = instead_of
    invitation.save(update_fields=["called_for"])
    if seat.person and seat.person.email and can_invite(meeting):
        subject = f"Kan du komme til møde {weekday_date(meeting.date)}?"
        _write(invitation, "substitute", subject, files=agenda_file.files())
    return invitation


@transaction.atomic
def cancel_substitute(invitation: Invitation) -> None:
    """Notify a substitute who is not needed after all, and delete the invitation with its link."""
    meeting = locked(invitation.meeting)
    _cancel(meeting, invitation, "not_needed", f"Du behøver ikke komme {weekday_date(meeting.date)}")


# Members who have left


def _cancel_former_invitations(meeting) -> int:
    """Cancel the invitations of people who have no seat on the day of the locked meeting; return how many letters."""
    return sum(cancel_former(meeting, invitation) for invitation in meeting.invitations.former())


def cancel_former(meeting: Meeting, invitation: Invitation) -> bool:
    """Cancel an invitation to the locked meeting, or move it to another seat of the person.

    Return whether a letter was written.
    """
    seats = [seat for seat in seats_at(meeting) if seat.person_id == invitation.person_id is not None]
    invited = set(meeting.invitations.called().filter(member__in=seats).values_list("member_id", flat=True))
    if new := next((seat for seat in seats if not seat.is_substitute and seat.pk not in invited), None):
        # The letters and the link of the old seat are also those of the new one.
        old_prefix, new_prefix = (f"{meeting.invitation_prefix}{pk}:" for pk in (invitation.member_id, new.pk))
        for letter in Letter.objects.filter(key__startswith=old_prefix).only("key"):
            letter.key = new_prefix + letter.key.removeprefix(old_prefix)
            letter.save(update_fields=["key"])
        invitation.member = new
        invitation.save(update_fields=["member"])
        return False
    if invited:
        invitation.delete()
        return False
    when = announced_parts(invitation.announced)[:1] or [long_datetime(meeting.date, meeting.starts_at)]
    subject = f"Du er ikke længere indkaldt til mødet {when[0]}"
    return _cancel(meeting, invitation, "no_longer_invited", subject, when=when[0])


def _cancel(meeting, invitation, template, subject, **context) -> bool:
    """Delete the invitation with its unsent letters. Return whether the person is sent a cancellation."""
    letters = Letter.objects.filter(key__startswith=f"{meeting.invitation_prefix}{invitation.member_id}:")
    supplements = Letter.objects.filter(key__startswith=f"{meeting.supplement_prefix}{invitation.member_id}:")
    (letters | supplements).filter(sent_at=None).exclude(claimed_until__gt=timezone.now()).delete()
    received = letters.exclude(to="").order_by("-pk").first()
    is_known = invitation.announced == CANCELLED
    person = invitation.person
    invitation.delete()
    if received is None or person is None or is_known:
        return False
    _increment_sequence(meeting)
    Letter.objects.write(
        municipality=meeting.municipality,
        key=_cancellation_key(meeting, person, meeting.calendar_sequence),
        to=received.to,
        to_name=received.to_name,
        subject=subject,
        text=render_to_string(
            f"email/{template}.txt",
            {
                "first_name": person.first_name,
                "meeting": meeting,
                "council": meeting.council,
                "when": time_and_place(meeting)[0],
                **context,
            },
        ),
        calendar=invitation_calendar(meeting, received.to, received.to_name, "CANCEL"),
    )
    return True


def _cancellation_key(meeting, person, sequence) -> str:
    return f"not-needed:{meeting.pk}:{person.pk}:{sequence}"


def cancel_invitations_of_former_members(now: datetime.datetime) -> int:
    """Cancel the invitations to coming meetings of people whose seat has ended or has been given to another person.

    Seats that end before the new day of a moved meeting are left to `send_changes`: the move is not announced yet.
    """
    former = Invitation.objects.former().filter(meeting__date__gte=timezone.localdate(now))
    return sum(
        _cancel_locked(invitation)
        for invitation in former.select_related("meeting__council__municipality", "member")
        if not _is_only_moved(invitation)
    )


def _is_only_moved(invitation) -> bool:
    seat, announced = invitation.member, invitation.announced
    is_outdated = announced_parts(announced) and announced not in (CANCELLED, current_details(invitation.meeting))
    return bool(is_outdated and seat.is_current and seat.person_id == invitation.person_id)


@transaction.atomic
def _cancel_locked(invitation) -> bool:
    meeting = locked(invitation.meeting)
    current = meeting.invitations.former().filter(pk=invitation.pk).first()
    return bool(current) and begins_at(meeting) > timezone.now() and cancel_former(meeting, current)


def cancel_invitations_after_leaving(seat: Membership) -> tuple[list[Meeting], list[Meeting]]:
    """Cancel the invitations to meetings after the end of the seat.

    Return the meetings whose cancellation is sent, and those that the person must be told about by phone.
    """
    written, by_phone = [], []
    former = Invitation.objects.former().filter(member=seat, meeting__date__gte=timezone.localdate())
    for invitation in former.select_related("meeting__council__municipality", "member"):
        if _cancel_locked(invitation):
            written.append(invitation.meeting)
        elif invitation.announced and not Invitation.objects.filter(pk=invitation.pk).exists():
            by_phone.append(invitation.meeting)
    return written, by_phone


# The supplementary agenda


def send_supplement(agenda: Agenda, items: list[AgendaItem]) -> int:
    """Send the supplementary agenda to the invited members, in the transaction that publishes the items."""
    meeting = agenda.meeting
    if not can_invite(meeting):
        return 0
    _cancel_former_invitations(meeting)
    new = {item.pk for item in items}
    added = [item for item in public_items(meeting, with_minutes=False) if item.pk in new]
    agenda_file, count = AgendaFile(meeting, "tillaegsdagsorden"), 0
    for invitation in meeting.invitations.called().exclude(sent_at=None).select_related("member__person"):
        person = invitation.member.person
        if person.email:
            invitation.meeting = meeting
            Letter.objects.write(
                municipality=meeting.municipality,
                key=f"{meeting.supplement_prefix}{invitation.member_id}:{agenda.version}",
                to=person.email,
                to_name=str(person),
                subject=f"Tillægsdagsorden til møde {weekday_date(meeting.date)}",
                text=_text("supplement", invitation, items=added),
                files=agenda_file.files(),
                valid_until=begins_at(meeting),
            )
            count += 1
    return count + invite_with(AgendaFile(meeting), meeting)


# Letters


class AgendaFile:
    """The agenda as a PDF that all letters share. It is drawn before the lock, and again if it has changed since."""

    def __init__(self, meeting: Meeting, name: str = "dagsorden"):
        self.meeting, self.name = meeting, name
        self._files: list[LetterFile] | None = None
        self._draw()

    def files(self) -> list[LetterFile]:
        if self._files is None:
            self._files = self._make()
        return self._files

    def _draw(self):
        self._agenda, self._content = self._published(), None
        if self._agenda is not None and can_invite(self._agenda.meeting):
            # Without it, where the PDF is too large, the letter has the address of the page.
            with suppress(PdfTooLarge):
                self._content = make_pdf(agenda_pdf(self._agenda.meeting))

    def _published(self):
        agendas = Agenda.objects.published().select_related("meeting__council__municipality")
        return agendas.filter(meeting=self.meeting).first()

    def _make(self):
        agenda = self._published()
        if _versions(agenda) != _versions(self._agenda):
            self._draw()
        content = self._content
        if agenda is None or content is None:
            return []
        municipality = self.meeting.municipality
        title = f"{self.name} {self.meeting.display_title} {self.meeting.address_part}"
        name = document_filename(agenda, title)
        last = LetterFile.objects.filter(municipality=municipality, name=name).order_by("-pk").first()
        if last is not None and bytes(last.content) == content:
            return [last]
        return [LetterFile.objects.create(municipality=municipality, name=name, content=content)]


def _versions(agenda: Agenda | None) -> list[tuple[int, int]]:
    papers = [agenda, agenda.meeting] if agenda else []
    return [(paper.version, paper.public_version) for paper in papers]


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
    meeting.note_update("calendar_sequence")
    meeting.calendar_sequence += 1


def _write(invitation, template, subject, *, method="REQUEST", files=(), **context):
    """Write the letter and record the announced details. Its key depends on them and on the address."""
    meeting, person = invitation.meeting, invitation.member.person
    if Letter.objects.filter(key=_cancellation_key(meeting, person, meeting.calendar_sequence)).exists():
        # A cancelled calendar entry reappears only with a higher sequence.
        _increment_sequence(meeting)
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
        valid_until=begins_at(meeting) if method == "REQUEST" else None,
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
