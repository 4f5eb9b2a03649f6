"""What the portal does by itself when its time has come. `manage.py run_due` runs it."""

import datetime
import logging
import traceback
from collections.abc import Callable

from django.db import connection, transaction

from council.agreements import remind_of_agreements

logger = logging.getLogger(__name__)

# Each takes the time, does what is due and returns how many things it did. Asked again it does nothing twice.
JOBS: list[Callable[[datetime.datetime], int]] = [remind_of_agreements]

# Any number that no other use of PostgreSQL's advisory locks in this database has.
_LOCK = 8_732_114


def run(now: datetime.datetime) -> dict[str, int | None]:
    """Run every job, each in a transaction of its own; None where one failed, which stops no other."""
    return {name_of(job): _attempt(job, now) for job in JOBS}


def name_of(job: Callable) -> str:
    return f"{job.__module__}.{job.__name__}"


def _attempt(job, now):
    try:
        with transaction.atomic():
            _wait_for_others()
            return job(now)
    except Exception as error:
        log_failure(name_of(job), error)
        return None


def _wait_for_others():
    """Two runs at once do a job one after the other, so that the second finds it done.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def log_failure(name: str, error: Exception) -> None:
    """Where it went wrong, never the message: that of a database quotes names and addresses."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("%s failed: %s in %s, line %s", name, type(error).__name__, place.filename, place.lineno)
