"""A hearing from the question to what came of it: the steps, the answer on its way out, and the deadlines."""

import datetime
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import long_date, slugify, weekday_date
from udsat.lib.richtext import plain_text
from udsat.models import Letter, LetterFile, is_cpr_overridden

from .meetings.approval import rounds
from .models import Hearing
from .public.pdf import answer_pdf
from .secretary_mail import tell_secretary

# The secretary hears of a deadline this many days ahead.
REMIND_DAYS = (7, 2)


# The steps


@dataclass
class Step:
    title: str
    text: str
    is_done: bool
    button: str = ""  # what leads on, while it is not done
    target: str = ""  # a page of the hearing (approval, send, publish) or a field of its form
    is_next: bool = False


def steps(hearing: Hearing) -> list[Step]:
    """What has been done about it and what has not; the first that has not is the next."""
    is_sent = bool(hearing.answered_on)
    found = [
        Step("Modtaget", _received(hearing), True),
        Step(
            "Fordelt",
            _assigned(hearing),
            bool(hearing.assigned_to or hearing.answer or is_sent),
            "Vælg, hvem der skriver svaret",
            "assigned_to",
        ),
        Step(
            "Skrevet",
            "Der er skrevet et svar." if hearing.answer else "Der er ikke skrevet noget svar.",
            bool(hearing.answer or is_sent),
            "Skriv svaret",
            "answer",
        ),
        Step(
            "Godkendt",
            _approved(hearing),
            bool(hearing.approved_on or is_sent),
            "Følg godkendelsen" if _is_asked(hearing) else "Få svaret godkendt",
            "approval",
        ),
        Step("Sendt", _sent(hearing), is_sent, "Send svaret", "send"),
        Step(
            "Hvad kom der ud af det?",
            _outcome(hearing),
            hearing.outcome != Hearing.Outcome.PENDING,
            "Skriv, hvad der kom ud af det",
            "outcome",
        ),
        Step(
            "På siden",
            "Alle kan læse om høringen." if hearing.is_live else "Høringen er ikke offentlig.",
            hearing.is_live,
            "Offentliggør høringen",
            "publish",
        ),
    ]
    for step in found:
        if not step.is_done:
            step.is_next = True
            break
    return found


def next_step(hearing: Hearing) -> Step | None:
    return next((step for step in steps(hearing) if step.is_next), None)


def deadline_text(hearing: Hearing) -> str:
    """How the deadline stands, while it matters."""
    if hearing.answered_on or not hearing.deadline:
        return "" if hearing.answered_on else "Der er ingen svarfrist."
    days = (hearing.deadline - timezone.localdate()).days
    when = f"Svarfristen er {weekday_date(hearing.deadline)}"
    if days < 0:
        late = "1 dag" if days == -1 else f"{-days} dage"
        return f"Svarfristen var {weekday_date(hearing.deadline)}. Den er overskredet med {late}."
    return f"{when}, {'i dag' if days == 0 else 'i morgen' if days == 1 else f'om {days} dage'}."


def _received(hearing):
    sender = f" fra {hearing.sender}" if hearing.sender else ""
    return f"{long_date(hearing.received_on)}{sender}."


def _assigned(hearing):
    if hearing.assigned_to:
        return f"{hearing.assigned_to} {'skrev' if hearing.answered_on else 'skriver'} svaret."
    return "Ingen blev sat på." if hearing.answer else "Ingen er sat til at skrive svaret."


def _is_asked(hearing):
    return hearing.pk is not None and any(approval.closed_at is None for approval in hearing.approvals.all())


def _approved(hearing):
    if hearing.approved_on:
        return f"Rådet har godkendt svaret {hearing.approved_how}."
    if hearing.answered_on:
        return "Ingen har skrevet ind, at rådet har godkendt svaret."
    return "Medlemmerne er spurgt." if _is_asked(hearing) else "Rådet har ikke godkendt svaret."


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
    return f"Det ved vi ikke endnu. Intet svar i {'1 dag' if days == 1 else f'{days} dage'}."


# The answer on its way out


def filename(hearing: Hearing) -> str:
    return f"hoeringssvar-{slugify(hide_cpr(hearing.title), 60) or hearing.pk}.pdf"


@transaction.atomic
def send_answer(hearing: Hearing, *, by_mail: bool, seen: str = "") -> None:
    """The answer is given: as a letter with the PDF to whoever asked, or told to have been sent another way.

    `seen` is the version that was read: nobody's word is taken for another text, or another receiver. Raises
    ValidationError, in Danish, where it cannot be sent; rounds.Settled if it has been already.
    """
    hearing = rounds.lock(hearing)
    if hearing.answered_on:
        raise rounds.Settled
    if seen and seen != str(hearing.version):
        raise ValidationError("En anden har ændret høringen, mens du læste. Læs svaret igen, og send det så.")
    if not plain_text(hearing.answer).strip():
        raise ValidationError("Der er ikke skrevet noget svar endnu.")
    if any(f.field != "outcome_text" and not is_cpr_overridden(f) for f in hearing.findings()):
        raise ValidationError("Svaret eller spørgsmålet indeholder noget, der ligner et CPR-nummer. Tag det ud først.")
    if by_mail and not hearing.sender_email:
        raise ValidationError("Der er ingen e-mail at sende til.")
    hearing.sent_at = timezone.now()
    hearing.answered_on = timezone.localdate(hearing.sent_at)
    hearing.validate_constraints()
    hearing.save(update_fields=["sent_at", "answered_on", "updated_at"])
    if by_mail:
        _write_answer(hearing)


def _write_answer(hearing):
    council = hearing.council
    title = hide_cpr(hearing.title)
    file = LetterFile.objects.create(
        municipality=council.municipality, name=filename(hearing), content=answer_pdf(hearing)
    )
    Letter.objects.write(
        municipality=council.municipality,
        # A corrected answer may be sent again; the same one is sent once.
        key=f"hearing-answer:{hearing.pk}:{rounds.text_version(hearing)}",
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
    """Write to the secretary when a hearing's deadline is a week away, and when it is two days away; once each."""
    today = timezone.localdate(now)
    soon = today + datetime.timedelta(days=max(REMIND_DAYS))
    hearings = Hearing.objects.filter(
        answered_on=None, deadline__gte=today, deadline__lte=soon, created_at__date__lt=today
    ).select_related("council__municipality", "assigned_to__person")
    return sum(_remind(hearing, today) for hearing in hearings)


def _remind(hearing, today) -> int:
    days = (hearing.deadline - today).days
    ahead = min(limit for limit in REMIND_DAYS if days <= limit)
    return tell_secretary(
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
