"""E-mails to followers: confirmation, notices and monthly digests, and the deletion of addresses.

A waiting letter to a follower holds neither address nor text. Both are composed on sending (`LETTER_COMPOSERS`), so
that nothing withdrawn in the meantime is sent, and nothing is sent to those who have unsubscribed.
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
from council.models.subscription import MAX_REFUSALS, UNCONFIRMED_DAYS
from strategies.models import Strategy, Topic
from udsat.lib.danish import month_year
from udsat.lib.signed_links import make_token
from udsat.models import Letter, LetterContent, Municipality

from .news_items import NewsItem, news_items_by_key, news_items_since, summary_lines

PORTAL = "Udsatteportalen"
# At most one confirmation e-mail per address in this time.
CONFIRMATION_HOURS = 3
CONFIRMATION_INTERVAL = datetime.timedelta(hours=CONFIRMATION_HOURS)
MAX_SUBSCRIPTIONS = 60
# Older news items are not sent, for example after the job has not run for a while.
MAX_AGE = datetime.timedelta(days=30)
# The digest is sent at this time of day, not at midnight.
DIGEST_TIME = datetime.time(8)
# A mail program may unsubscribe long after it received the e-mail; each e-mail has a new link to the page.
PAGE_LINK_LIFE, STOP_LINK_LIFE = datetime.timedelta(days=90), datetime.timedelta(days=400)
CONFIRMATION_LINK_LIFE = datetime.timedelta(days=UNCONFIRMED_DAYS)
# Kinds of signed link.
PAGE_LINK, STOP_LINK = "foelg", "foelg-stop"

# Names of composers, and the key prefix of digests.
NOTICE, CONFIRMATION, DIGEST = "foelg", "foelg-bekraeft", "foelg-maaned"


# Subscriptions


@transaction.atomic
def subscribe(email: str, targets: Iterable[Council | Strategy | Topic], how_often: str) -> None:
    """Save unconfirmed subscriptions, and write a confirmation e-mail.

    Confirmed subscriptions are unchanged, since anybody can enter any address in the form.
    """
    now = timezone.now()
    address = email.strip().lower()
    Follower.objects.get_or_create(email=address)
    follower = Follower.objects.select_for_update().get(email=address)
    for target in targets:
        lookup = {"follower": follower, target._meta.model_name: target}
        if follower.subscriptions.count() < MAX_SUBSCRIPTIONS:
            Subscription.objects.get_or_create(**lookup, defaults={"how_often": how_often})
        Subscription.objects.pending().filter(**lookup).update(how_often=how_often, created_at=now)
    if follower.asked_at is None or follower.asked_at <= now - CONFIRMATION_INTERVAL:
        follower.asked_at = now
        follower.save(update_fields=["asked_at"])
        _write(CONFIRMATION, key=f"{CONFIRMATION}:{follower.pk}:{uuid.uuid4().hex}")


def confirm(follower: Follower, pks: Iterable[int]) -> None:
    now = timezone.now()
    Subscription.objects.pending().filter(follower=follower, pk__in=pks).update(confirmed_at=now, since=now)
    if follower.digest_month is None:
        follower.digest_month = _first_of_month(now)
        follower.save(update_fields=["digest_month"])


def change_frequency(subscription: Subscription, how_often: str) -> None:
    if subscription.how_often != how_often:
        subscription.how_often, subscription.since = how_often, timezone.now()
        subscription.save(update_fields=["how_often", "since"])


@transaction.atomic
def unsubscribe(follower: Follower, pks: Iterable[int] | None = None) -> None:
    """Delete these subscriptions, or all; delete the follower with the last one."""
    subscriptions = follower.subscriptions.all() if pks is None else follower.subscriptions.filter(pk__in=pks)
    subscriptions.delete()
    if not follower.subscriptions.exists():
        follower.delete()


# Writing


def _write(composer, key, send_after=None):
    return Letter.objects.create(composer=composer, key=key, send_after=send_after or timezone.now())


def write_notices(now: datetime.datetime) -> int:
    """Write to followers about new news items, one letter for each item or bundle. Return the number of letters."""
    subscriptions = _by_follower(Subscription.objects.filter(how_often=Subscription.HowOften.AT_ONCE))
    news_items = news_items_since(now - MAX_AGE, now) if subscriptions else []
    noticed = _noticed(news_items)
    count = 0
    for follower, own in subscriptions.items():
        bundles = defaultdict(list)
        for item in news_items:
            if (follower, item.key) not in noticed and any(s.since <= item.at and item.is_for(s) for s in own):
                bundles[item.bundle or item.key].append(item)
        for bundle in bundles.values():
            _write_notice(follower, bundle)
            count += 1
    return count


def write_digests(now: datetime.datetime) -> int:
    """Write the digest of the past month to each follower who has not had it. Return the number of letters."""
    month = _first_of_month(now)
    if not Follower.objects.filter(digest_month__lt=month).exists():
        return 0
    subscriptions = _by_follower(Subscription.objects.filter(follower__digest_month__lt=month))
    ends = timezone.make_aware(datetime.datetime.combine(month, datetime.time.min))
    # Long enough to include a month that was missed.
    news_items = news_items_since(ends - 2 * MAX_AGE, ends)
    noticed = _noticed(news_items)
    send_after = max(now, timezone.make_aware(datetime.datetime.combine(month, DIGEST_TIME)))
    count = 0
    for follower, own in subscriptions.items():
        digest = [
            item
            for item in news_items
            if (follower, item.key) not in noticed and any(item.is_for(s) and _is_in_digest(s, item) for s in own)
        ]
        if digest:
            _write_notice(follower, digest, DIGEST, send_after)
            count += 1
    Follower.objects.filter(digest_month__lt=month).update(digest_month=month)
    return count


def _is_in_digest(subscription, item):
    """Include items older than a change to »med det samme«, which no notice has covered."""
    monthly = subscription.how_often == Subscription.HowOften.MONTHLY
    return subscription.confirmed_at <= item.at and (monthly or item.at < subscription.since)


def _first_of_month(now) -> datetime.date:
    return timezone.localdate(now).replace(day=1)


def _by_follower(subscriptions) -> dict[int, list[Subscription]]:
    grouped = defaultdict(list)
    for subscription in subscriptions.confirmed().order_by("pk"):
        grouped[subscription.follower_id].append(subscription)
    return grouped


def _noticed(news_items) -> set[tuple[int, str]]:
    """Return the pairs of follower and news item for which there is a notice."""
    if not news_items:
        return set()
    rows = Notice.objects.filter(news_item__in=[item.key for item in news_items])
    return set(rows.values_list("follower", "news_item"))


def _write_notice(follower: int, news_items: list[NewsItem], key: str = NOTICE, send_after=None) -> None:
    letter = _write(NOTICE, f"{key}:{uuid.uuid4().hex}", send_after)
    Notice.objects.bulk_create(Notice(follower_id=follower, news_item=item.key, letter=letter) for item in news_items)


# Composing


def compose_notice(letter: Letter) -> LetterContent | None:
    """Compose from the letter's news items that are public and still followed; None if there are none left."""
    notices = list(letter.notices.select_related("follower"))
    if not notices:
        return None
    follower = notices[0].follower
    subscriptions = list(follower.subscriptions.confirmed().with_target())
    public = news_items_by_key(notice.news_item for notice in notices)
    news_items = sorted(
        (item for item in public.values() if any(item.is_for(subscription) for subscription in subscriptions)),
        key=lambda item: (item.at, item.key),
    )
    kept = {item.key for item in news_items}
    # A news item that is left out now may be sent when it is public again.
    Notice.objects.filter(pk__in=[notice.pk for notice in notices if notice.news_item not in kept]).delete()
    if not news_items:
        return None
    matching = [subscription for subscription in subscriptions if any(item.is_for(subscription) for item in news_items)]
    municipalities = {item.municipality for item in news_items}
    municipality = municipalities.pop() if len(municipalities) == 1 else None
    council = Council.objects.published().filter(municipality=municipality).select_related("municipality").first()
    is_digest = letter.key.startswith(DIGEST)
    stop_url = _url("unsubscribe", STOP_LINK, STOP_LINK_LIFE, follower.pk, *(s.pk for s in matching))
    text = render_to_string(
        "email/digest.txt" if is_digest else "email/notice.txt",
        {
            "month": month_year(news_items[-1].at),
            "title": _subject(news_items[0]),
            "summaries": [(item, summary_lines(item, matching)) for item in news_items],
            "groups": _digest_groups(news_items, matching),
            "names": [subscription.name for subscription in matching],
            "contact": _contact(municipality, council),
            "stop_url": stop_url,
            "page_url": page_url(follower),
        },
    )
    subject = f"Nyt i {month_year(news_items[-1].at)}" if is_digest else _subject(news_items[0])
    return LetterContent(follower.email, subject, _tidy(text), _sender(municipality, council), stop_url)


def _subject(item):
    return item.title if item.municipality.name in item.title else f"{item.municipality.name}: {item.title}"


def _digest_groups(news_items, subscriptions):
    """Return each subscription's name and its news items by kind; each item once, each bundle as one item."""
    remaining = list(news_items)
    groups = []
    for subscription in subscriptions:
        matching = [item for item in remaining if item.is_for(subscription)]
        remaining = [item for item in remaining if item not in matching]
        kinds = defaultdict(list)
        for item in matching:
            if not any(item.bundle and item.bundle == other.bundle for other in kinds[item.kind]):
                kinds[item.kind].append(item)
        if kinds:
            is_national = bool(subscription.topic_id)
            groups.append((subscription.name, [(kind, items, is_national) for kind, items in kinds.items()]))
    return groups


def compose_confirmation(letter: Letter) -> LetterContent | None:
    follower = Follower.objects.filter(pk=int(letter.key.split(":")[1])).first()
    if follower is None:
        return None
    subscriptions = list(follower.subscriptions.with_target())
    if not subscriptions:
        return None
    pending = [subscription for subscription in subscriptions if subscription.confirmed_at is None]
    text = render_to_string(
        "email/follow_confirm.txt",
        {
            "pending": pending,
            "confirmed": [subscription for subscription in subscriptions if subscription.confirmed_at],
            "days": UNCONFIRMED_DAYS,
            "page_url": page_url(follower, CONFIRMATION_LINK_LIFE if pending else PAGE_LINK_LIFE),
        },
    )
    subject = "Tryk på linket, hvis du vil følge med" if pending else "Du følger det allerede"
    return LetterContent(follower.email, subject, _tidy(text), (PORTAL, ""))


def _tidy(text):
    """Collapse consecutive empty lines, which template tags leave behind."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def page_url(follower: Follower, life: datetime.timedelta = PAGE_LINK_LIFE) -> str:
    """Return the link to the follower's page of subscriptions, »Det følger du«."""
    return _url("subscriptions", PAGE_LINK, life, follower.pk)


def _url(name, kind, life, *numbers):
    return settings.SITE_URL + reverse(name, args=[make_token(kind, *numbers, until=timezone.now() + life)])


def _contact(municipality: Municipality | None, council: Council | None) -> tuple[str, str] | None:
    """Return name and phone, with its hours, of the council or else the municipality."""
    if council and council.phone:
        return council.sender_name, _phone(council)
    return (municipality.official_name, _phone(municipality)) if municipality and municipality.phone else None


def _phone(office):
    return f"{office.phone}, {office.phone_hours}" if office.phone_hours else office.phone


def _sender(municipality: Municipality | None, council: Council | None) -> tuple[str, str]:
    """Return name and reply address: the council's, else the municipality's; the portal's for several."""
    if municipality is None:
        return PORTAL, ""
    if council is None:
        return municipality.official_name, municipality.email
    return council.sender_name, council.email or municipality.email


# Deletion


def delete_unconfirmed(now: datetime.datetime) -> int:
    """Delete expired unconfirmed subscriptions, and followers without any."""
    limit = now - datetime.timedelta(days=UNCONFIRMED_DAYS)
    count = Subscription.objects.pending().filter(created_at__lt=limit).delete()[0]
    Follower.objects.filter(subscriptions=None, created_at__lt=now - CONFIRMATION_INTERVAL).delete()
    return count


def delete_refusing_addresses(now: datetime.datetime) -> int:
    """Delete followers whose mail server refuses every letter. Other failures are retried daily."""
    failed = Letter.objects.filter(sent_at=None, is_refused=False).exclude(composer="").exclude(given_up_at=None)
    failed.filter(created_at__lt=now - MAX_AGE).delete()
    failed.update(given_up_at=None, failing_since=None, attempts=0, send_after=now + datetime.timedelta(days=1))
    refusing = [
        follower.pk
        for follower in Follower.objects.filter(notices__letter__is_refused=True).distinct()
        if [letter.is_refused for letter in _latest_letters(follower)] == [True] * MAX_REFUSALS
    ]
    refused = Letter.objects.filter(composer=CONFIRMATION, is_refused=True)
    unconfirmed = {int(key.split(":")[1]) for key in refused.values_list("key", flat=True)}
    # One refusal of the confirmation e-mail is enough, unless a subscription was confirmed earlier.
    refusing += (
        Follower.objects.filter(pk__in=unconfirmed)
        .exclude(subscriptions__confirmed_at__isnull=False)
        .values_list("pk", flat=True)
    )
    refused.delete()
    Follower.objects.filter(pk__in=refusing).delete()
    return len(refusing)


def _latest_letters(follower):
    """The latest letters that were sent or given up."""
    letters = Letter.objects.filter(notices__follower=follower).exclude(sent_at=None, given_up_at=None)
    return letters.order_by("-pk").distinct()[:MAX_REFUSALS]
