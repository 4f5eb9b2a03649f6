"""Open agreements of earlier meetings, and reminders about them by e-mail."""

import datetime

from django.db.models import F, QuerySet
from django.utils import timezone

from council.mail import write_to_person
from council.models import Agreement, Council, Membership
from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import short_date
from udsat.models import Letter

# A reminder is sent once in the days before the due date, and once in the days after it.
DAYS_BEFORE = 7
DAYS_AFTER = 30


def open_agreements(council: Council, before: datetime.date) -> QuerySet[Agreement]:
    """Return agreements of earlier meetings that are not done, for an agenda; without those of closed items."""
    return (
        Agreement.objects.filter(item__meeting__council=council, item__meeting__date__lt=before)
        .filter(done_on=None, item__is_closed=False)
        .select_related("item__meeting__council__municipality", "member__person", "member__council")
        .order_by(F("due_on").asc(nulls_last=True), "item__meeting__date", "position", "pk")
    )


def remind_of_agreements(now: datetime.datetime) -> int:
    """Remind members of agreements that are due soon or overdue. Return the number of e-mails."""
    today = timezone.localdate(now)
    due = (
        Agreement.objects.filter(
            done_on=None,
            due_on__range=(today - datetime.timedelta(DAYS_AFTER), today + datetime.timedelta(DAYS_BEFORE)),
            item__meeting__date__lt=today,
            member__in=Membership.objects.on(today),
            member__person__anonymised_at=None,
        )
        .exclude(member__person__email="")
        .select_related("item__meeting__council__municipality", "member__person")
    )
    keys = {_key(agreement, today): agreement for agreement in due}
    written = set(Letter.objects.filter(key__in=keys).values_list("key", flat=True))
    return sum(_write_reminder(agreement, key, today) for key, agreement in keys.items() if key not in written)


def _key(agreement, today) -> str:
    moment = "over-tiden" if agreement.due_on < today else "snart"
    return f"agreement:{agreement.pk}:{agreement.member_id}:{agreement.due_on.isoformat()}:{moment}"


def _write_reminder(agreement, key, today) -> bool:
    council, due_on = agreement.item.meeting.council, agreement.due_on
    verb = "skulle være gjort" if due_on < today else "senest"
    return write_to_person(
        agreement.member.person,
        council,
        key,
        f"Din aftale i {council.name}: {verb} {short_date(due_on)}",
        "agreement.txt",
        agreement=agreement,
        # E-mails contain no text of closed items and no CPR numbers.
        promise="" if agreement.item.is_closed else hide_cpr(agreement.text),
        meeting=agreement.item.meeting,
        is_late=due_on < today,
        is_today=due_on == today,
    )
