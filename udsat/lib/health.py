"""What whoever runs the portal asks it: does the process answer, and can it serve?

Answered before everything else in the chain: a probe calls by a number rather than a name that ALLOWED_HOSTS knows, and
over plain HTTP.
"""

import tempfile
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "database: migrations are waiting, run manage.py migrate"
    except DatabaseError:
        # What the server said may name hosts and accounts.
        return "database: cannot be reached"
    return ""


def _folder() -> str:
    try:
        with tempfile.TemporaryFile(dir=settings.VAR_DIR):
            return ""
    except OSError:
        return "VAR_DIR: cannot be written to"


# Path: what must hold. Each says what is wrong, or nothing.
PROBES: dict[str, list[Callable[[], str]]] = {"/healthz/live": [], "/healthz/ready": [_database, _folder]}


class HealthMiddleware:
    """Answers /healthz/live while the process runs, and /healthz/ready while it can serve; else 503 and why."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        checks = PROBES.get(request.path_info)
        if checks is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        wrong = [reason for check in checks if (reason := check())]
        text = "\n".join(wrong) or "ok"
        response = HttpResponse(f"{text}\n", status=503 if wrong else 200, content_type="text/plain; charset=utf-8")
        response["Cache-Control"] = "no-store"
        return response
