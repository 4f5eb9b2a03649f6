"""States of a citizen's input and the transitions between them.

    received ─► HELD (possible spam) ─► NEW (`release`) or SPAM (`close`)
             └► NEW ─► UNDER_WAY (`put_on_agenda`) ─► ANSWERED (`answer`) or CLOSED (`close`) ─► UNDER_WAY (`reopen`)

Answered and closed inputs are anonymised, and spam is deleted, by `forget_old_inputs`.
"""

import datetime
import hashlib
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import linebreaks

from council.mail import write_to_secretary
from council.meetings.agenda.building import add_item
from council.models import AgendaItem, Council, Input, Meeting
from udsat.admin.edit_versions import increment_version
from udsat.lib.actor import acting_as
from udsat.lib.cpr import find_cpr
from udsat.lib.signed_links import make_token
from udsat.models import Letter

# Name of the author in the history.
CITIZEN = "En borger"
# Life of the link to the answer, longer than inputs are kept.
LINK_LIFE = datetime.timedelta(days=2 * 365)
# Inputs above these limits are held as possible spam: URLs in one input, inputs from a network in an hour, to a council
# in a day, and from an e-mail address in a day.
MAX_URLS, MAX_PER_NETWORK, MAX_PER_DAY, MAX_PER_ADDRESS = 2, 6, 40, 3
# Maximum of inputs to one council in a day; above it the form is closed.
CAPACITY_PER_DAY = 400
SPAM_DAYS = 30

_URL = re.compile(r"https?://|www\.|<a\s|\[url", re.IGNORECASE)


class AlreadyHandled(Exception):
    """The input has been answered, closed or put on an agenda in the meantime."""


# Receiving


def looks_like_spam(citizen_input: Input, *, from_busy_network: bool) -> bool:
    """Whether to hold the input. `from_busy_network`: the network has sent more than MAX_PER_NETWORK in an hour."""
    recent = _of_last_day(citizen_input.council)
    urls = sum(len(_URL.findall(getattr(citizen_input, name))) for name in citizen_input.own_words)
    return (
        from_busy_network
        or urls > MAX_URLS
        or recent.count() >= MAX_PER_DAY
        or bool(citizen_input.email and recent.filter(email__iexact=citizen_input.email).count() >= MAX_PER_ADDRESS)
    )


def is_full(council: Council) -> bool:
    return _of_last_day(council).count() >= CAPACITY_PER_DAY


def _of_last_day(council: Council):
    return Input.objects.filter(council=council, created_at__gte=timezone.now() - datetime.timedelta(days=1))


def receive(citizen_input: Input, *, from_busy_network: bool = False) -> Input:
    """Save the input, and write to the secretary and the citizen; return the existing one if it was sent twice."""
    is_spam = looks_like_spam(citizen_input, from_busy_network=from_busy_network)
    citizen_input.state = Input.State.HELD if is_spam else Input.State.NEW
    try:
        with transaction.atomic(), acting_as(name=CITIZEN):
            citizen_input.save()
            if not is_spam:
                _notify(citizen_input)
    except IntegrityError:
        return Input.objects.get(form_key=citizen_input.form_key)
    return citizen_input


def record_spoken(citizen_input: Input) -> Input:
    """Save an input that the secretary has recorded for a citizen, and write a receipt to the citizen."""
    citizen_input.kind = Input.Kind.SPOKEN
    try:
        with transaction.atomic():
            citizen_input.save()
            _send_receipt(citizen_input)
    except IntegrityError:
        return Input.objects.get(form_key=citizen_input.form_key)
    return citizen_input


@transaction.atomic
def release(citizen_input: Input) -> None:
    """Mark as not spam."""
    _notify(_change_state(citizen_input, (Input.State.HELD, Input.State.SPAM), Input.State.NEW, closed_at=None))


def _notify(citizen_input):
    council = citizen_input.council
    write_to_secretary(
        council,
        f"{citizen_input.letter_prefix}notice",
        "En borger vil tale med rådet" if citizen_input.is_dialogue else "En borger har skrevet til rådet",
        "input_notice.txt",
        reverse("admin:council_input_change", args=[citizen_input.pk]),
        input=citizen_input,
    )
    _send_receipt(citizen_input)


def _send_receipt(citizen_input):
    if citizen_input.email:
        subject = f"Vi har fået din henvendelse til {citizen_input.council.name}"
        _write(citizen_input, "receipt", subject, "email/input_receipt.txt")


def _write(citizen_input, what, subject, template, **context):
    council = citizen_input.council
    context |= {
        "input": citizen_input,
        "council": council,
        "link": settings.SITE_URL + link_path(citizen_input),
        "months": council.input_months,
    }
    Letter.objects.write(
        municipality=council.municipality,
        key=f"{citizen_input.letter_prefix}{what}",
        to=citizen_input.email,
        subject=subject[:200],
        text=render_to_string(template, context),
    )


def link_path(citizen_input: Input) -> str:
    """Return the path of the citizen's page with the answer, which needs no log-in."""
    token = make_token("henvendelse", citizen_input.pk, until=citizen_input.created_at + LINK_LIFE)
    return reverse("written", args=[citizen_input.municipality.slug, token])


# Transitions by the secretary


def _lock(citizen_input: Input) -> Input:
    rows = Input.objects.select_related("council__municipality").select_for_update(of=("self",))
    return rows.get(pk=citizen_input.pk)


def _save(citizen_input, *fields):
    increment_version(citizen_input)
    citizen_input.save(update_fields=[*fields, "updated_at"])


def _change_state(citizen_input, before, state, *, closed_at) -> Input:
    citizen_input = _lock(citizen_input)
    if citizen_input.state not in before or citizen_input.forgotten_at:
        raise AlreadyHandled
    citizen_input.state, citizen_input.closed_at = state, closed_at
    _save(citizen_input, "state", "closed_at")
    return citizen_input


@transaction.atomic
def answer(citizen_input: Input, text: str, *, seen: str = "") -> Input:
    """Answer by e-mail, if there is an address, and on the citizen's page.

    `seen` is the version that the secretary has read. Raises AlreadyHandled if the input has changed since, and
    ValidationError, in Danish, if the answer cannot be sent.
    """
    citizen_input = _lock(citizen_input)
    if seen and seen != str(citizen_input.version):
        raise AlreadyHandled
    if citizen_input.forgotten_at:
        raise ValidationError("Henvendelsen er slettet, så der er ingen at svare.")
    text = text.replace("\x00", "").strip()
    if not text:
        raise ValidationError("Skriv et svar.")
    if any(find_cpr(text)):
        raise ValidationError("Her står noget, der ligner et CPR-nummer. Tag det ud. Svaret er ikke sendt.")
    now = timezone.now()
    citizen_input.answer, citizen_input.answered_at, citizen_input.closed_at = text, now, now
    citizen_input.state = Input.State.ANSWERED
    _save(citizen_input, "answer", "answered_at", "closed_at", "state")
    if citizen_input.email:
        # The key includes the text: a corrected answer is sent again, the same one is not.
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        _write(
            citizen_input,
            f"answer:{version}",
            f"Svar fra {citizen_input.council.name}",
            "email/input_answer.txt",
            text=text,
        )
    return citizen_input


@transaction.atomic
def put_on_agenda(citizen_input: Input, meeting: Meeting) -> AgendaItem:
    """Add an agenda item in the secretary's wording, not the citizen's. ValidationError if the agenda is closed."""
    citizen_input = _lock(citizen_input)
    if citizen_input.item_id:
        raise AlreadyHandled
    default_title = "En gruppe vil tale med rådet" if citizen_input.is_dialogue else "Henvendelse fra en borger"
    item = add_item(
        meeting,
        title=citizen_input.title or default_title,
        presentation=linebreaks(citizen_input.question, autoescape=True) if citizen_input.question else "",
        internal_note=f"Henvendelse {citizen_input.reference}",
    )
    increment_version(meeting.agenda)
    citizen_input.item = item
    if citizen_input.state == Input.State.NEW:
        citizen_input.state = Input.State.UNDER_WAY
    _save(citizen_input, "item", "state")
    return item


@transaction.atomic
def close(citizen_input: Input, state: str) -> None:
    """Close without an answer: `state` is CLOSED or SPAM."""
    State = Input.State
    _change_state(citizen_input, (State.NEW, State.UNDER_WAY, State.HELD), state, closed_at=timezone.now())


@transaction.atomic
def reopen(citizen_input: Input) -> None:
    _change_state(citizen_input, (Input.State.CLOSED,), Input.State.UNDER_WAY, closed_at=None)


# Deletion


def forget_on(citizen_input: Input) -> datetime.date | None:
    """Return the day on which the input is anonymised or, as spam, deleted; None while it awaits an answer."""
    if not citizen_input.closed_at or citizen_input.forgotten_at:
        return None
    day = timezone.localdate(citizen_input.closed_at)
    if citizen_input.state == Input.State.SPAM:
        return day + datetime.timedelta(days=SPAM_DAYS)
    return _months_later(day, citizen_input.council.input_months)


def _months_later(day: datetime.date, months: int) -> datetime.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return datetime.date(min(year, 9999), month + 1, day.day)
    except ValueError:  # the month is too short
        return datetime.date(min(year, 9999), month + 1, 28)


def forget_old_inputs(now: datetime.datetime) -> int:
    """Anonymise inputs whose period after the answer or closing has passed, and delete spam. Return their number.

    Inputs that await an answer are kept.
    """
    today = timezone.localdate(now)
    closed = Input.objects.filter(closed_at__lte=now - datetime.timedelta(days=27), forgotten_at=None)
    count = 0
    for citizen_input in closed.select_related("council__municipality"):
        if forget_on(citizen_input) > today:
            continue
        with acting_as(name="Portalen, efter rådets regel"):
            if citizen_input.state == Input.State.SPAM:
                citizen_input.erase()
            else:
                citizen_input.forget()
                Input.objects.filter(pk=citizen_input.pk).update(version=F("version") + 1)
        count += 1
    return count
