"""What the page cache (`udsat.lib.pagecache`) may keep: the cached addresses, their parameters, stamps and periods.

Pages depend on their address and parameters, on the stamps, and on the time: on the day, on publications and expiries
that are planned, and on the meetings of the day.
"""

import datetime
import os
import sqlite3
import threading
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connections
from django.db.models import Min, Q
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve
from django.utils import timezone
from psycopg.pq import ExecStatus

from council.models import Meeting
from udsat.lib.pagecache import Address, Application, OneReader, PageCache, Stamps
from udsat.lib.publishing import Status
from udsat.models import Publishable

EASY = {"kort"}  # the plain text, on every page
# By URL name, the parameters that the page reads; others do not reach it.
CACHED: dict[str, set[str]] = {
    "front": EASY,
    "municipalities": EASY,
    "municipality": EASY,
    "search": EASY | {"q", "kommune", "slags", "emne", "aar", "side"},
    "search-suggestions": {"q"},
    "topics": EASY | {"kommune"},
    "topic": EASY | {"kommune", "side"},
    "compare": EASY | {"kommune", "emne", "strategi"},
    "about": EASY,
    "accessibility": EASY,
    "privacy": EASY,
    "sitemap": set(),
    "sitemap-portal": set(),
    "sitemap-municipality": set(),
    "robots": set(),
    "strategies": EASY,
    "strategy": EASY,
    "strategy-progress": EASY,
    "strategy-pdf": set(),
    "strategy-summary-pdf": set(),
    "strategy-version": EASY,
    "theme": EASY,
    "council": EASY,
    "council-poster": set(),
    "members": EASY,
    "causes": EASY,
    "answers": EASY,
    "meetings": EASY,
    "meetings-year": EASY,
    "meetings-ics": set(),
    "meeting": EASY,
    "meeting-ics": set(),
    "agenda-pdf": set(),
    "minutes-pdf": set(),
    "meeting-poster": set(),
    "agenda-version": EASY,
    "minutes-version": EASY,
    "hearings": EASY,
    "news": EASY,
    "news-feed": set(),
    "news-story": EASY,
}
# With the reason.
UNCACHED = {
    "attachment": "a stored file",
    "photo": "a stored file",
    "current-strategy": "a redirect",
    "was": "a redirect",
    **dict.fromkeys(["follow", "follow-topics", "write", "book-dialogue"], "a form"),
    **dict.fromkeys(["subscriptions", "unsubscribe", "written"], "a citizen's own link"),
    **dict.fromkeys(["answer-invitation", "propose-item", "approve"], "a member's own link"),
}

# One row per municipality, by its slug, and one for the country, with the stamps of deleted municipalities.
_STAMPS = """
    SELECT slug, CAST(COALESCE(SUM(value), 0) AS bigint) FROM udsat_municipality
    LEFT JOIN udsat_publicstamp ON scope = udsat_municipality.id GROUP BY udsat_municipality.id
    UNION ALL
    SELECT '', CAST(COALESCE(SUM(value), 0) AS bigint) FROM udsat_publicstamp
    WHERE scope NOT IN (SELECT id FROM udsat_municipality)
"""


def with_page_cache(application: Application, read_stamps=None) -> Application:
    """Return the application behind a cache; the application itself where templates are being edited (DEBUG)."""
    if settings.DEBUG:
        return application
    header, _ = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or ("", "")
    return PageCache(
        application,
        read_stamps=read_stamps or stamp_reader(),
        next_change=next_change,
        find=find_address,
        is_own_host=is_own_host,
        cookies=[settings.SESSION_COOKIE_NAME, "messages"],
        https_header=header,
    )


def find_address(path: str) -> Address | None:
    if not path.isascii() or path.startswith(("/admin/", f"/{settings.STATIC_URL.strip('/')}/")):
        return None
    try:
        match = resolve(path)
    except Resolver404:
        return None
    if match.namespaces or match.url_name not in CACHED:
        return None
    return Address(match.kwargs.get("kommune", ""), frozenset(CACHED[match.url_name]))


def is_own_host(host: str) -> bool:
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def next_change(municipality: str) -> float:
    """Return the next moment at which pages of the municipality, or of the country, change by themselves."""
    now = timezone.now()
    midnight = datetime.datetime.combine(timezone.localdate(now) + datetime.timedelta(1), datetime.time.min)
    moments = [timezone.make_aware(midnight)]
    for model in apps.get_models():
        if issubclass(model, Publishable):
            planned = {
                name: Min(name, filter=Q(**{f"{name}__gt": now, "status": Status.PUBLISHED}))
                for name in ("publish_at", "expires_at")
            }
            moments += _of(model, municipality).aggregate(**planned).values()
    for meeting in _of(Meeting, municipality).filter(date=timezone.localdate(now)):
        starts = meeting.starts_at and timezone.make_aware(datetime.datetime.combine(meeting.date, meeting.starts_at))
        moments += [moment for moment in (starts, meeting.ends) if moment]
    return min(moment for moment in moments if moment and moment > now).timestamp()


def _of(model, municipality: str):
    rows = model._base_manager.all()
    return rows.filter(**{f"{model.municipality_lookup}__slug": municipality}) if municipality else rows


def stamp_reader():
    """Return a function that reads all stamps as they are committed."""
    if connections["default"].vendor == "sqlite":
        return SqliteStamps(connections["default"].get_connection_params()["database"])
    return OneReader(PostgresStamps())


class SqliteStamps:
    """Reads on a connection per thread. What was read is read again when any process has written since."""

    def __init__(self, path: str | os.PathLike):
        self.address = f"{Path(path).absolute().as_uri()}?mode=ro"
        self._own = threading.local()

    def __call__(self) -> Stamps:
        own = self._own
        try:
            if not hasattr(own, "connection"):
                own.version = None
                own.connection = sqlite3.connect(self.address, uri=True, isolation_level=None, timeout=5)
            # Changes with each transaction that another connection commits.
            [version] = own.connection.execute("PRAGMA data_version").fetchone()
            if version != own.version:
                own.stamps, own.version = dict(own.connection.execute(_STAMPS).fetchall()), version
        except sqlite3.Error:
            own.__dict__.clear()
            raise
        return own.stamps


class PostgresStamps:
    """Reads on a connection of its own. What was read is read again when the sum of all stamps has grown since.

    The sum is asked for with libpq itself: it is read for every page, and psycopg takes longer than the database.
    """

    def __init__(self):
        self._own = connections["default"].copy()
        self._own.inc_thread_sharing()
        self._sum = self._stamps = None

    def __call__(self) -> Stamps:
        try:
            if self._own.connection is None:
                self._own.connect()
                self._own.connection.pgconn.prepare(b"stamps", b"SELECT SUM(value) FROM udsat_publicstamp")
                self._stamps = None
            result = self._own.connection.pgconn.exec_prepared(b"stamps", None)
            if result.status != ExecStatus.TUPLES_OK:
                raise OperationalError(result.error_message)
            if self._stamps is None or result.get_value(0, 0) != self._sum:
                with self._own.cursor() as cursor:
                    cursor.execute(_STAMPS)
                    self._stamps, self._sum = dict(cursor.fetchall()), result.get_value(0, 0)
            return self._stamps
        except Exception:
            self._own.close()
            raise
