"""From the moment it arrives to the day it is forgotten: what happens to a citizen's words."""

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

from council.meetings.agenda.building import add_item
from council.models import AgendaItem, Council, Input, Meeting
from council.secretary_mail import tell_secretary
from udsat.admin.edit_conflict import increment_version
from udsat.lib.actor import acting
from udsat.lib.cpr import find_cpr
from udsat.lib.signed_links import make_token
from udsat.models import Letter

# As the history calls whoever writes without a log-in.
CITIZEN = "En borger"
# The link to the answer. By then it has been forgotten anyway.
LINK_LIFE = datetime.timedelta(days=2 * 365)
# More links than this is rarely a person with something on her mind. It is held, not refused.
MOST_LINKS = 2
# From one network in an hour, to one council and from one address in a day; what comes on top is held.
MOST_FROM_NETWORK, MOST_A_DAY, MOST_FROM_ADDRESS = 6, 40, 3
# To one council in a day. Nobody reads more, and the rest is asked to ring.
FULL = 400
SPAM_DAYS = 30

_LINK = re.compile(r"https?://|www\.|<a\s|\[url", re.IGNORECASE)


class Settled(Exception):
    """Somebody else has answered, closed or moved it meanwhile."""


# It arrives


def looks_like_spam(found: Input, *, from_many: bool) -> bool:
    """Whether the secretary should look at it before anybody is written to. `from_many`: the network sends a lot."""
    day = timezone.now() - datetime.timedelta(days=1)
    lately = Input.objects.filter(council=found.council, created_at__gte=day)
    links = sum(len(_LINK.findall(getattr(found, name))) for name in found.own_words)
    return (
        from_many
        or links > MOST_LINKS
        or lately.count() >= MOST_A_DAY
        or bool(found.email and lately.filter(email__iexact=found.email).count() >= MOST_FROM_ADDRESS)
    )


def is_full(council: Council) -> bool:
    day = timezone.now() - datetime.timedelta(days=1)
    return Input.objects.filter(council=council, created_at__gte=day).count() >= FULL


def receive(found: Input, *, from_many: bool = False) -> Input:
    """Keep it and tell those who should know; what came by the same form with the same words is there already."""
    held = looks_like_spam(found, from_many=from_many)
    found.state = Input.State.HELD if held else Input.State.NEW
    try:
        with transaction.atomic(), acting(name=CITIZEN):
            found.save()
            if not held:
                _announce(found)
    except IntegrityError:
        return Input.objects.get(form_key=found.form_key)
    return found


def note(found: Input) -> Input:
    """Keep what was said to the council, and thank whoever said it by mail; the secretary has heard it herself."""
    found.kind = Input.Kind.SPOKEN
    try:
        with transaction.atomic():
            found.save()
            _thank(found)
    except IntegrityError:
        return Input.objects.get(form_key=found.form_key)
    return found


@transaction.atomic
def release(found: Input) -> None:
    """It is no spam: from here on it is like any other."""
    found = _lock(found)
    if found.state not in (Input.State.HELD, Input.State.SPAM):
        raise Settled
    found.state, found.closed_at = Input.State.NEW, None
    _save(found, "state", "closed_at")
    _announce(found)


def _announce(found):
    council = found.council
    tell_secretary(
        council,
        f"{found.letter_prefix}notice",
        "En borger vil tale med rådet" if found.is_dialogue else "En borger har skrevet til rådet",
        "input_notice.txt",
        reverse("admin:council_input_change", args=[found.pk]),
        input=found,
    )
    _thank(found)


def _thank(found):
    if found.email:
        _write(found, "receipt", f"Vi har fået din henvendelse til {found.council.name}", "email/input_receipt.txt")


def _write(found, what, subject, template, **context):
    council = found.council
    context |= {"input": found, "council": council, "link": link_to(found), "months": council.input_months}
    Letter.objects.write(
        municipality=council.municipality,
        key=f"{found.letter_prefix}{what}",
        to=found.email,
        subject=subject[:200],
        text=render_to_string(template, context),
    )


def link_to(found: Input) -> str:
    """The writer's own page, where the answer comes. Whoever has the address can read it."""
    return settings.SITE_URL + link_path(found)


def link_path(found: Input) -> str:
    token = make_token("henvendelse", found.pk, until=found.created_at + LINK_LIFE)
    return reverse("written", args=[found.municipality.slug, token])


# What the secretary does


def _lock(found: Input) -> Input:
    return Input.objects.select_related("council__municipality").select_for_update(of=("self",)).get(pk=found.pk)


def _save(found, *fields):
    increment_version(found)
    found.save(update_fields=[*fields, "updated_at"])


@transaction.atomic
def answer(found: Input, text: str, *, seen: str = "") -> Input:
    """Give the answer: by letter where there is an address, and on the writer's own page.

    `seen` is the version that was read. Raises Settled if another has answered meanwhile; ValidationError, in Danish,
    where it cannot be sent.
    """
    found = _lock(found)
    if seen and seen != str(found.version):
        raise Settled
    if found.forgotten_at:
        raise ValidationError("Henvendelsen er slettet, så der er ingen at svare.")
    text = text.replace("\x00", "").strip()
    if not text:
        raise ValidationError("Skriv et svar.")
    if any(find_cpr(text)):
        raise ValidationError("Her står noget, der ligner et CPR-nummer. Tag det ud. Svaret er ikke sendt.")
    now = timezone.now()
    found.answer, found.answered_at, found.closed_at = text, now, now
    found.state = Input.State.ANSWERED
    _save(found, "answer", "answered_at", "closed_at", "state")
    if found.email:
        # A corrected answer may be sent again; the same one is sent once.
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        _write(found, f"answer:{version}", f"Svar fra {found.council.name}", "email/input_answer.txt", text=text)
    return found


@transaction.atomic
def put_on_agenda(found: Input, meeting: Meeting) -> AgendaItem:
    """An item in the secretary's words, with nothing of the citizen's own. ValidationError where it may not stand."""
    found = _lock(found)
    if found.item_id:
        raise Settled
    usual = "En gruppe vil tale med rådet" if found.is_dialogue else "Henvendelse fra en borger"
    item = add_item(
        meeting,
        title=found.title or usual,
        presentation=linebreaks(found.question, autoescape=True) if found.question else "",
        internal_note=f"Henvendelse {found.reference}",
    )
    increment_version(meeting.agenda)
    found.item = item
    if found.state == Input.State.NEW:
        found.state = Input.State.UNDER_WAY
    _save(found, "item", "state")
    return item


@transaction.atomic
def close(found: Input, state: str) -> None:
    """No answer is needed (CLOSED), or nobody wrote it (SPAM)."""
    found = _lock(found)
    if not (found.is_open or found.state == Input.State.HELD):
        raise Settled
    found.state, found.closed_at = state, timezone.now()
    _save(found, "state", "closed_at")


@transaction.atomic
def reopen(found: Input) -> None:
    found = _lock(found)
    if found.state != Input.State.CLOSED or found.forgotten_at:
        raise Settled
    found.state, found.closed_at = Input.State.UNDER_WAY, None
    _save(found, "state", "closed_at")


# Forgetting


def forget_on(found: Input) -> datetime.date | None:
    """The day it is forgotten; None while it waits for an answer."""
    if not found.closed_at or found.forgotten_at:
        return None
    day = timezone.localdate(found.closed_at)
    if found.state == Input.State.SPAM:
        return day + datetime.timedelta(days=SPAM_DAYS)
    return _months_later(day, found.council.input_months)


def _months_later(day: datetime.date, months: int) -> datetime.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return datetime.date(min(year, 9999), month + 1, day.day)
    except ValueError:  # a 31st in a month of 30 days
        return datetime.date(min(year, 9999), month + 1, 28)


def forget_old_inputs(now: datetime.datetime) -> int:
    """The job: forget what was answered or closed so long ago as the council has promised, and delete spam.

    What waits for an answer is never deleted by itself.
    """
    today = timezone.localdate(now)
    closed = Input.objects.filter(closed_at__lte=now - datetime.timedelta(days=27), forgotten_at=None)
    count = 0
    for found in closed.select_related("council__municipality"):
        if forget_on(found) > today:
            continue
        with acting(name="Portalen, efter rådets regel"):
            if found.state == Input.State.SPAM:
                found.erase()
            else:
                found.forget()
                Input.objects.filter(pk=found.pk).update(version=F("version") + 1)
        count += 1
    return count
