"""Who is told what, by which letter, and when an address is forgotten.

A letter to a follower holds neither address nor text. Both are composed on sending (`LETTER_COMPOSERS`), so that
nothing withdrawn meanwhile goes out and whoever has stopped gets nothing.
"""

import datetime
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from council.models import Council, Follower, Notice, Subscription
from council.models.subscription import MOST_REFUSALS, UNCONFIRMED_DAYS
from strategies.models import Strategy, Topic
from udsat.lib.danish import month_year
from udsat.lib.signed_links import make_token
from udsat.models import Letter, LetterContent, Municipality

from .news_items import Thing, lines_of, things_by_key, things_since

PORTAL = "Udsatteportalen"
# One mail »Bekræft« to an address in so long, whoever asks for more.
ASK_AGAIN_HOURS = 3
ASK_AGAIN_AFTER = datetime.timedelta(hours=ASK_AGAIN_HOURS)
MOST_SUBSCRIPTIONS = 60
# What the job has not told for so long, while it stood still, is told by nobody.
LOOK_BACK = datetime.timedelta(days=30)
# The monthly letter arrives in the morning, not in the night between two months.
MORNING = datetime.time(8)
# From when it is made. A mail program may unsubscribe long after; the page of subscriptions comes with each letter.
PAGE_LIFE, STOP_LIFE = datetime.timedelta(days=90), datetime.timedelta(days=400)
# The kinds of link.
PAGE, STOP = "foelg", "foelg-stop"
CONFIRM_LIFE = datetime.timedelta(days=UNCONFIRMED_DAYS)

# Composers, and what the keys of the monthly letters begin with.
NOTICE, CONFIRM, MONTH = "foelg", "foelg-bekraeft", "foelg-maaned"


# Asking, confirming, stopping


@transaction.atomic
def ask(email: str, targets: Iterable[Council | Strategy | Topic], how_often: str) -> None:
    """Note what the address wants to follow, and write to it for a confirmation.

    What is confirmed already stays as it is: anybody can write anybody's address in a form.
    """
    now = timezone.now()
    address = email.strip().lower()
    Follower.objects.get_or_create(email=address)
    follower = Follower.objects.select_for_update().get(email=address)
    for target in targets:
        own = {"follower": follower, target._meta.model_name: target}
        if follower.subscriptions.count() < MOST_SUBSCRIPTIONS:
            Subscription.objects.get_or_create(**own, defaults={"how_often": how_often})
        Subscription.objects.pending().filter(**own).update(how_often=how_often, created_at=now)
    if follower.asked_at is None or follower.asked_at <= now - ASK_AGAIN_AFTER:
        follower.asked_at = now
        follower.save(update_fields=["asked_at"])
        _write(CONFIRM, key=f"{CONFIRM}:{follower.pk}:{uuid.uuid4().hex}")


def confirm(follower: Follower, pks: Iterable[int]) -> None:
    """Begin telling, from now on, of those that were asked for and shown."""
    now = timezone.now()
    Subscription.objects.pending().filter(follower=follower, pk__in=pks).update(confirmed_at=now, since=now)
    if follower.digest_month is None:
        follower.digest_month = _month(now)
        follower.save(update_fields=["digest_month"])


def change(subscription: Subscription, how_often: str) -> None:
    if subscription.how_often != how_often:
        subscription.how_often, subscription.since = how_often, timezone.now()
        subscription.save(update_fields=["how_often", "since"])


@transaction.atomic
def stop(follower: Follower, pks: Iterable[int] | None = None) -> None:
    """Follow those no longer, or nothing at all; with the last of them the address goes."""
    gone = follower.subscriptions.all() if pks is None else follower.subscriptions.filter(pk__in=pks)
    gone.delete()
    if not follower.subscriptions.exists():
        follower.delete()


# The letters


def _write(composer, key, send_after=None):
    return Letter.objects.create(composer=composer, key=key, send_after=send_after or timezone.now())


def tell_at_once(now: datetime.datetime) -> int:
    """Write to each follower of anything that is new: one letter for each thing, once."""
    subscriptions = _by_follower(Subscription.objects.filter(how_often=Subscription.HowOften.AT_ONCE))
    found = things_since(now - LOOK_BACK, now) if subscriptions else []
    told = _told(subscriptions, found)
    count = 0
    for follower, own in subscriptions.items():
        bundles = defaultdict(list)
        for thing in found:
            is_new = (follower, thing.key) not in told
            if is_new and any(one.since <= thing.at and thing.is_for(one) for one in own):
                bundles[thing.bundle or thing.key].append(thing)
        for things in bundles.values():
            _tell(follower, things)
            count += 1
    return count


def tell_monthly(now: datetime.datetime) -> int:
    """On the first day of a month, or as soon after as this runs: what was new in the month before, in one letter."""
    month = _month(now)
    if not Follower.objects.filter(digest_month__lt=month).exists():
        return 0
    subscriptions = _by_follower(Subscription.objects.filter(follower__digest_month__lt=month))
    ends = timezone.make_aware(datetime.datetime.combine(month, datetime.time.min))
    # A month that was missed is made up for.
    found = things_since(ends - 2 * LOOK_BACK, ends)
    told = _told(subscriptions, found)
    send_after = max(now, timezone.make_aware(datetime.datetime.combine(month, MORNING)))
    count = 0
    for follower, own in subscriptions.items():
        things = [
            thing
            for thing in found
            if (follower, thing.key) not in told
            and any(_is_for_the_month(one, thing) for one in own if thing.is_for(one))
        ]
        if things:
            _tell(follower, things, MONTH, send_after)
            count += 1
    Follower.objects.filter(digest_month__lt=month).update(digest_month=month)
    return count


def _is_for_the_month(subscription, thing):
    """Also what came before she changed to »med det samme«, which no letter has told."""
    monthly = subscription.how_often == Subscription.HowOften.MONTHLY
    return subscription.confirmed_at <= thing.at and (monthly or thing.at < subscription.since)


def _month(now) -> datetime.date:
    return timezone.localdate(now).replace(day=1)


def _by_follower(subscriptions) -> dict[int, list[Subscription]]:
    found = defaultdict(list)
    for one in subscriptions.confirmed().order_by("pk"):
        found[one.follower_id].append(one)
    return found


def _told(followers, things) -> set[tuple[int, str]]:
    if not (followers and things):
        return set()
    rows = Notice.objects.filter(thing__in=[thing.key for thing in things])
    return set(rows.values_list("follower", "thing"))


def _tell(follower: int, things: list[Thing], key: str = NOTICE, send_after=None) -> None:
    letter = _write(NOTICE, f"{key}:{uuid.uuid4().hex}", send_after)
    Notice.objects.bulk_create(Notice(follower_id=follower, thing=thing.key, letter=letter) for thing in things)


# What they say when they leave


def compose_notice(letter: Letter) -> LetterContent | None:
    """What is public now of what the letter was to tell, to one who still follows it; None if nothing is left."""
    notices = list(letter.notices.select_related("follower"))
    if not notices:
        return None
    follower = notices[0].follower
    subscriptions = list(follower.subscriptions.confirmed().with_target())
    public = things_by_key(notice.thing for notice in notices)
    things = sorted(
        (thing for thing in public.values() if any(thing.is_for(one) for one in subscriptions)),
        key=lambda thing: (thing.at, thing.key),
    )
    kept = {thing.key for thing in things}
    # What is not told now may be told when it is public again.
    Notice.objects.filter(pk__in=[notice.pk for notice in notices if notice.thing not in kept]).delete()
    if not things:
        return None
    own = [one for one in subscriptions if any(thing.is_for(one) for thing in things)]
    place = things[0].place if len({thing.place for thing in things}) == 1 else None
    is_digest = letter.key.startswith(MONTH)
    stop_url = _url("unsubscribe", STOP, STOP_LIFE, follower.pk, *(one.pk for one in own))
    text = render_to_string(
        "email/digest.txt" if is_digest else "email/notice.txt",
        {
            "month": month_year(things[-1].at),
            "title": _subject(things[0]),
            "told": [(thing, lines_of(thing, own)) for thing in things],
            "groups": _groups(things, own),
            "names": [one.name for one in own],
            "places": _contacts(place),
            "stop_url": stop_url,
            "page_url": page_url(follower),
        },
    )
    subject = f"Nyt i {month_year(things[-1].at)}" if is_digest else _subject(things[0])
    return LetterContent(follower.email, subject, _tidy(text), _sender(place), stop_url)


def _subject(thing):
    return thing.title if thing.place.name in thing.title else f"{thing.place.name}: {thing.title}"


def _groups(things, subscriptions):
    """What is new by what is followed, each thing once: name, and kinds with their things."""
    left = list(things)
    groups = []
    for one in subscriptions:
        own = [thing for thing in left if thing.is_for(one)]
        left = [thing for thing in left if thing not in own]
        kinds = defaultdict(list)
        for thing in own:
            # Follow-ups of one strategy are one line of the month.
            if not any(thing.bundle and thing.bundle == other.bundle for other in kinds[thing.kind]):
                kinds[thing.kind].append(thing)
        if kinds:
            groups.append((one.name, [(kind, those, bool(one.topic_id)) for kind, those in kinds.items()]))
    return groups


def compose_confirmation(letter: Letter) -> LetterContent | None:
    follower = Follower.objects.filter(pk=int(letter.key.split(":")[1])).first()
    if follower is None:
        return None
    subscriptions = list(follower.subscriptions.with_target())
    pending = [one for one in subscriptions if one.confirmed_at is None]
    if not subscriptions:
        return None
    text = render_to_string(
        "email/follow_confirm.txt",
        {
            "pending": pending,
            "confirmed": [one for one in subscriptions if one.confirmed_at],
            "days": UNCONFIRMED_DAYS,
            "page_url": page_url(follower, CONFIRM_LIFE if pending else PAGE_LIFE),
        },
    )
    subject = "Tryk på linket, hvis du vil følge med" if pending else "Du følger det allerede"
    return LetterContent(follower.email, subject, _tidy(text), (PORTAL, ""))


def _tidy(text):
    """The templates leave empty lines where they leave something out."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def page_url(follower: Follower, life: datetime.timedelta = PAGE_LIFE) -> str:
    """»Det følger du« of that address."""
    return _url("subscriptions", PAGE, life, follower.pk)


def _url(name, kind, life, *numbers):
    return settings.SITE_URL + reverse(name, args=[make_token(kind, *numbers, until=timezone.now() + life)])


def _contacts(place: Municipality | None) -> list[tuple[str, str]]:
    """Whom to ring: name and phone as the public pages show them."""
    if place is None:
        return []
    council = Council.objects.published().filter(municipality=place).first()
    found = [(council.sender_name, _phone(council))] if council else []
    found.append((place.official_name, _phone(place)))
    return [(name, phone) for name, phone in found if phone][:1]


def _phone(office):
    return f"{office.phone}, {office.phone_hours}" if office.phone and office.phone_hours else office.phone


def _sender(place: Municipality | None) -> tuple[str, str]:
    """The council that is public, else the municipality; of several, the portal. Nobody's own address."""
    if place is None:
        return PORTAL, ""
    council = Council.objects.published().filter(municipality=place).select_related("municipality").first()
    return (council.sender_name, council.email or place.email) if council else (place.official_name, place.email)


# Forgetting


def forget_unconfirmed(now: datetime.datetime) -> int:
    """Delete what nobody confirmed, and the addresses that follow nothing."""
    limit = now - datetime.timedelta(days=UNCONFIRMED_DAYS)
    count = Subscription.objects.pending().filter(created_at__lt=limit).delete()[0]
    Follower.objects.filter(subscriptions=None, created_at__lt=now - ASK_AGAIN_AFTER).delete()
    return count


def clean_addresses(now: datetime.datetime) -> int:
    """Delete the addresses that refuse every letter; try again, daily, what nobody has refused for good."""
    late = Letter.objects.filter(sent_at=None, is_refused=False).exclude(composer="").exclude(given_up_at=None)
    late.filter(created_at__lt=now - LOOK_BACK).delete()
    late.update(given_up_at=None, failing_since=None, attempts=0, send_after=now + datetime.timedelta(days=1))
    refusing = Follower.objects.filter(notices__letter__is_refused=True).distinct()
    gone = [
        follower.pk
        for follower in refusing
        if [letter.is_refused for letter in _latest(follower)] == [True] * MOST_REFUSALS
    ]
    refused = Letter.objects.filter(composer=CONFIRM, is_refused=True)
    asked = {int(key.split(":")[1]) for key in refused.values_list("key", flat=True)}
    # One that refuses the first mail has never confirmed anything.
    gone += (
        Follower.objects.filter(pk__in=asked)
        .exclude(subscriptions__confirmed_at__isnull=False)
        .values_list("pk", flat=True)
    )
    refused.delete()
    Follower.objects.filter(pk__in=gone).delete()
    return len(gone)


def _latest(follower):
    """The last letters that are over, sent or not."""
    over = Letter.objects.filter(notices__follower=follower).exclude(sent_at=None, given_up_at=None)
    return over.order_by("-pk").distinct()[:MOST_REFUSALS]
