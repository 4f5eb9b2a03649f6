"""Liveness and readiness probes.

The middleware is first in the chain: probes use an IP address, which is not in ALLOWED_HOSTS, and plain HTTP.
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
        # The error message itself may contain host and account names.
        return "database: cannot be reached"
    return ""


def _folder() -> str:
    try:
        with tempfile.TemporaryFile(dir=settings.VAR_DIR):
            return ""
    except OSError:
        return "VAR_DIR: cannot be written to"


# The checks of each path. A check returns an error message, or "".
PROBES: dict[str, list[Callable[[], str]]] = {"/healthz/live": [], "/healthz/ready": [_database, _folder]}


class HealthMiddleware:
    """Answers /healthz/live while the process runs, and /healthz/ready if all checks pass, else 503 and the reasons."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        checks = PROBES.get(request.path_info)
        if checks is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        problems = [problem for check in checks if (problem := check())]
        text = "\n".join(problems) or "ok"
        response = HttpResponse(f"{text}\n", status=503 if problems else 200, content_type="text/plain; charset=utf-8")
        response["Cache-Control"] = "no-store"
        return response
