"""The course of a hearing: steps from receipt to outcome, sending the answer, and reminders of the deadline."""

import copy
import datetime
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import count, join_words, long_date, weekday_date
from udsat.lib.pdf_fonts import PdfUnavailable, missing_characters
from udsat.lib.pdf_making import make_pdf
from udsat.lib.responses import document_filename
from udsat.lib.richtext import plain_text
from udsat.models import Letter, LetterFile, checked_transaction, is_cpr_overridden

from .mail import write_to_secretary
from .meetings.approval.paper import lock_paper, text_version
from .meetings.approval.rounds import ApprovalConflict
from .models import Hearing
from .public.pdf import answer_pdf

# Days before the deadline when the secretary is reminded.
REMIND_DAYS = (7, 2)


# The steps


@dataclass
class HearingStep:
    title: str
    text: str
    is_done: bool
    button: str = ""
    target: str = ""  # a page of the hearing (approval, send, publish) or a field of its form
    is_next: bool = False


def hearing_steps(hearing: Hearing) -> list[HearingStep]:
    """Return all steps. The first that is not done is marked as next."""
    is_sent, is_written = bool(hearing.answered_on), bool(hearing.answer)
    written = "Der er skrevet et svar." if is_written else "Der er ikke skrevet noget svar."
    approve = "Følg godkendelsen" if _has_open_approval(hearing) else "Få svaret godkendt"
    public = "Alle kan læse om høringen." if hearing.is_live else "Høringen er ikke offentlig."
    is_assigned, is_approved = bool(hearing.assigned_to) or is_written or is_sent, bool(hearing.approved_on) or is_sent
    is_settled = hearing.outcome != Hearing.Outcome.PENDING
    steps = [
        HearingStep("Modtaget", _received(hearing), True),
        HearingStep("Fordelt", _assigned(hearing), is_assigned, "Vælg, hvem der skriver svaret", "assigned_to"),
        HearingStep("Skrevet", written, is_written or is_sent, "Skriv svaret", "answer"),
        HearingStep("Godkendt", _approved(hearing), is_approved, approve, "approval"),
        HearingStep("Sendt", _sent(hearing), is_sent, "Send svaret", "send"),
        HearingStep(
            "Hvad kom der ud af det?", _outcome(hearing), is_settled, "Skriv, hvad der kom ud af det", "outcome"
        ),
        HearingStep("På siden", public, hearing.is_live, "Offentliggør høringen", "publish"),
    ]
    if remaining := [step for step in steps if not step.is_done]:
        remaining[0].is_next = True
    return steps


def next_step(hearing: Hearing) -> HearingStep | None:
    return next((step for step in hearing_steps(hearing) if step.is_next), None)


def deadline_text(hearing: Hearing) -> str:
    """Describe the deadline; empty once the hearing is answered."""
    if hearing.answered_on:
        return ""
    if not hearing.deadline:
        return "Der er ingen svarfrist."
    days = (hearing.deadline - timezone.localdate()).days
    if days < 0:
        overdue = count(-days, "dag", "dage")
        return f"Svarfristen var {weekday_date(hearing.deadline)}. Den er overskredet med {overdue}."
    until = "i dag" if days == 0 else "i morgen" if days == 1 else f"om {days} dage"
    return f"Svarfristen er {weekday_date(hearing.deadline)}, {until}."


def _received(hearing):
    sender = f" fra {hearing.sender}" if hearing.sender else ""
    return f"{long_date(hearing.received_on)}{sender}."


def _assigned(hearing):
    if hearing.assigned_to:
        return f"{hearing.assigned_to} {'skrev' if hearing.answered_on else 'skriver'} svaret."
    return "Ingen blev sat på." if hearing.answer else "Ingen er sat til at skrive svaret."


def _has_open_approval(hearing):
    return hearing.pk is not None and any(approval.closed_at is None for approval in hearing.approvals.all())


def _approved(hearing):
    if hearing.approved_on:
        return hearing.approval_text
    if hearing.answered_on:
        return "Ingen har skrevet ind, at rådet har godkendt svaret."
    return "Medlemmerne er spurgt." if _has_open_approval(hearing) else "Rådet har ikke godkendt svaret."


def _sent(hearing):
    if not hearing.answered_on:
        return "Svaret er ikke sendt."
    return f"{long_date(hearing.answered_on)}{f' til {hearing.sender}' if hearing.sender else ''}."


def _outcome(hearing):
    if hearing.outcome != Hearing.Outcome.PENDING:
        on = f", {long_date(hearing.outcome_on)}" if hearing.outcome_on else ""
        return f"{hearing.get_outcome_display()}{on}."
    if not hearing.answered_on:
        return "Det ved vi først, når svaret er sendt."
    if not (days := hearing.days_without_outcome):
        return "Det ved vi ikke endnu."
    return f"Det ved vi ikke endnu. Intet svar i {count(days, 'dag', 'dage')}."


# Sending the answer


def pdf_title(hearing: Hearing) -> str:
    return f"høringssvar {hide_cpr(hearing.title)}"


def send_answer(hearing: Hearing, *, by_mail: bool, seen: str = "") -> None:
    """Mark the hearing as answered; `by_mail` also sends the answer as PDF to the sender of the hearing.

    `seen` is the version that the secretary has read. Raises ValidationError, in Danish, if the answer cannot be sent,
    and ApprovalConflict if it has already been sent.
    """
    if by_mail:
        # Into the store of PDFs, from which it is taken under the lock.
        sent = copy.copy(hearing)
        sent.answered_on = timezone.localdate()
        make_pdf(answer_pdf(sent))
    with checked_transaction():
        _send_answer(lock_paper(hearing), by_mail, seen)


def _send_answer(hearing, by_mail, seen):
    if hearing.answered_on:
        raise ApprovalConflict
    if seen and seen != str(hearing.version):
        raise ValidationError("En anden har ændret høringen, mens du læste. Læs svaret igen, og send det så.")
    if not plain_text(hearing.answer).strip():
        raise ValidationError("Der er ikke skrevet noget svar endnu.")
    if any(f.field != "outcome_text" and not is_cpr_overridden(f) for f in hearing.findings()):
        raise ValidationError("Svaret eller spørgsmålet indeholder noget, der ligner et CPR-nummer. Tag det ud først.")
    if by_mail and (undrawable := _undrawable(hearing)):
        raise ValidationError(f"PDF'en kan ikke vise {join_words(undrawable)}. Der ville stå en firkant. Skriv det om.")
    if by_mail and not hearing.sender_email:
        raise ValidationError("Der er ingen e-mail at sende til.")
    hearing.sent_at = timezone.now()
    hearing.answered_on = timezone.localdate(hearing.sent_at)
    hearing.validate_constraints()
    hearing.save(update_fields=["sent_at", "answered_on", "updated_at"])
    if by_mail:
        _write_answer(hearing)


def _undrawable(hearing) -> list[str]:
    """Return the characters of the answer that no font of the PDF has, each with its number."""
    texts = [hearing.title, hearing.sender, hearing.approved_how, *map(plain_text, (hearing.question, hearing.answer))]
    try:
        characters = missing_characters("".join(texts))
    except PdfUnavailable:
        return []
    return [f"»{character}« (U+{ord(character):04X})" for character in sorted(characters)]


def _write_answer(hearing):
    council = hearing.council
    title = hide_cpr(hearing.title)
    file = LetterFile.objects.create(
        municipality=council.municipality,
        name=document_filename(hearing, pdf_title(hearing)),
        content=make_pdf(answer_pdf(hearing)),
    )
    Letter.objects.write(
        municipality=council.municipality,
        # The key includes the text: a corrected answer is sent again, the same one is not.
        key=f"hearing-answer:{hearing.pk}:{text_version(hearing)}",
        to=hearing.sender_email,
        to_name=hearing.sender[:160],
        subject=f"Høringssvar fra {council.name}: {title}"[:200],
        text=render_to_string(
            "email/hearing_answer.txt",
            {
                "hearing": hearing,
                "title": title,
                "council": council,
                "municipality": council.municipality,
                "answer": plain_text(hearing.answer).replace("\n", "\n\n"),
            },
        ),
        files=[file],
    )


# Deadlines


def remind_of_deadlines(now: datetime.datetime) -> int:
    """Write to the secretary once for each of REMIND_DAYS. Return the number of new letters."""
    today = timezone.localdate(now)
    soon = today + datetime.timedelta(days=max(REMIND_DAYS))
    hearings = Hearing.objects.filter(
        answered_on=None, deadline__gte=today, deadline__lte=soon, created_at__date__lt=today
    ).select_related("council__municipality", "assigned_to__person")
    return sum(_remind(hearing, today) for hearing in hearings)


def _remind(hearing, today) -> int:
    days = (hearing.deadline - today).days
    ahead = min(limit for limit in REMIND_DAYS if days <= limit)
    return write_to_secretary(
        hearing.council,
        f"hearing-deadline:{hearing.pk}:{hearing.deadline.isoformat()}:{ahead}",
        f"Høring: rådet skal svare senest {long_date(hearing.deadline)}",
        "hearing_deadline.txt",
        reverse("admin:council_hearing_change", args=[hearing.pk]),
        hearing=hearing,
        title=hide_cpr(hearing.title),
        days=days,
        step=next_step(hearing),
    )
