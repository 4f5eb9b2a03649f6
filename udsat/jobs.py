"""What the portal does by itself when its time has come. `manage.py run_due` runs it."""

import datetime
import logging
import traceback
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone

from council.citizens.following.notices import (
    delete_refusing_addresses,
    delete_unconfirmed,
    write_digests,
    write_notices,
)
from council.citizens.inputs.lifecycle import forget_old_inputs
from council.hearings import remind_of_deadlines
from council.meetings.agreements import remind_of_agreements
from council.meetings.approval.rounds import send_due_reminders
from council.meetings.desk.edits import delete_old_records as delete_old_desk_records
from council.meetings.invitations import send_scheduled_invitations
from council.members.consent import anonymise_by_rule
from udsat.models import delete_old_submissions

from .mail_delivery import erase_old_letters, send_letters

logger = logging.getLogger(__name__)

# Each takes the time, does what is due and returns how many things it did. Asked again it does nothing twice.
JOBS: list[Callable[[datetime.datetime], int]] = [
    send_scheduled_invitations,
    remind_of_agreements,
    send_due_reminders,
    remind_of_deadlines,
    write_notices,
    write_digests,
    delete_refusing_addresses,
    delete_unconfirmed,
    anonymise_by_rule,
    forget_old_inputs,
    erase_old_letters,
    delete_old_desk_records,
    delete_old_submissions,
]

# Any number that no other use of PostgreSQL's advisory locks in this database has.
_LOCK = 8_732_114


def run(now: datetime.datetime, may_continue: Callable[[], bool] = lambda: True) -> dict[str, int | None]:
    """Run every job, each in a transaction of its own; None where one failed, which stops no other.

    Letters leave last, those that the jobs have just written among them. `may_continue` is asked between two things
    whether there is time for another.
    """
    started = timezone.now()
    results = {job_name(job): _attempt(job, now) for job in JOBS if may_continue()}
    try:
        # What the jobs wrote is due by now, which is later than when they began.
        results[job_name(send_letters)] = send_letters(now + (timezone.now() - started), may_continue)
    except Exception as error:
        log_failure(job_name(send_letters), error)
        results[job_name(send_letters)] = None
    return results


def job_name(job: Callable) -> str:
    return f"{job.__module__}.{job.__name__}"


def _attempt(job, now):
    try:
        with transaction.atomic():
            _wait_for_others()
            return job(now)
    except Exception as error:
        log_failure(job_name(job), error)
        return None


def _wait_for_others():
    """Two runs at once do a job one after the other, so that the second finds it done.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def log_failure(name: str, error: Exception) -> None:
    """Where in our own code it went wrong, never the message: that of a database quotes names and addresses."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    place = f"{frames[-1].filename}, line {frames[-1].lineno}"
    logger.error("%s failed: %s in %s", name, type(error).__name__, place)
