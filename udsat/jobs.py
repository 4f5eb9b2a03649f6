"""Background jobs, run by `manage.py run_due`."""

import datetime
import logging
from collections.abc import Callable
from functools import partial

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
from council.meetings.invitations.sending import (
    cancel_invitations_of_former_members,
    delete_expired_invitations,
    send_scheduled_invitations,
)
from council.members.consent import anonymise_by_rule
from udsat.lib.failures import describe_failure
from udsat.models import (
    delete_old_created_rows,
    delete_old_document_imports,
    delete_old_held_files,
    delete_old_kept_forms,
    delete_old_submissions,
    delete_unused_files,
    fold_stamps,
    give_up_interrupted_imports,
    remove_expired_entries,
    remove_old_deletions,
)

from .document_reading import read_next
from .mail_delivery import erase_old_letters, send_letters
from .ready_pdfs import render_ahead

logger = logging.getLogger(__name__)

# Every run calls all jobs. A job takes the current time, selects what is due and returns the number of objects it
# processed. Jobs are idempotent.
JOBS: list[Callable[[datetime.datetime], int]] = [
    cancel_invitations_of_former_members,
    delete_expired_invitations,
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
    delete_old_kept_forms,
    delete_old_held_files,
    delete_old_created_rows,
    delete_old_document_imports,
    give_up_interrupted_imports,
    remove_expired_entries,
    remove_old_deletions,
    delete_unused_files,
    fold_stamps,
]

# Key of the advisory lock in PostgreSQL, unique in this database.
_LOCK = 8_732_114


def run(now: datetime.datetime, may_continue: Callable[[], bool] = lambda: True) -> dict[str, int | None]:
    """Run each job in a separate transaction. Return the results by job name, None for a job that failed.

    Letters are sent after the jobs, including those that the jobs have written. One document is read then, which takes
    a minute at most, and PDFs are rendered last. `may_continue` is called between jobs, letters and PDFs.
    """
    started = timezone.now()
    results = {job_name(job): _attempt(job, partial(_in_transaction, job, now)) for job in JOBS if may_continue()}
    # Include letters written by the jobs.
    now += timezone.now() - started
    results[job_name(send_letters)] = _attempt(send_letters, partial(send_letters, now, may_continue))
    results[job_name(read_next)] = _attempt(read_next, read_next)
    results[job_name(render_ahead)] = _attempt(render_ahead, partial(render_ahead, now, may_continue))
    return results


def job_name(job: Callable) -> str:
    return f"{job.__module__}.{job.__name__}"


def _attempt(job, call):
    try:
        return call()
    except Exception as error:
        logger.error("%s failed: %s", job_name(job), describe_failure(error))
        return None


def _in_transaction(job, now):
    with transaction.atomic():
        _lock_jobs()
        return job(now)


def _lock_jobs():
    """Serialise concurrent runs in PostgreSQL; SQLite has a single writer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
