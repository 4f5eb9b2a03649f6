"""A live server that counts its requests and can crash in one of them."""

import threading
from contextlib import contextmanager, nullcontext

from django.db import connection
from django.http import HttpResponse
from pytest_django.live_server_helper import LiveServer


class Traffic:
    """Counts requests under way, so that a test can wait for them."""

    def __init__(self):
        self.count, self.changed = 0, threading.Condition()

    def add(self, number):
        with self.changed:
            self.count += number
            self.changed.notify_all()

    def wait_until_idle(self):
        with self.changed:
            assert self.changed.wait_for(lambda: self.count == 0, timeout=30)


traffic = Traffic()
# Threads share one connection to SQLite in memory, so requests take turns.
sqlite_lock = threading.Lock()
crashes = []  # number of queries at each crash, for a test that checks that there were some


class Crash(BaseException):
    """Not an Exception, so that no handler catches it: a killed process runs none either."""


def crash_middleware(get_response):
    """Abort a request with the header X-Crash-At: N at its Nth query, or before the response if it has fewer."""

    def middleware(request):
        traffic.add(1)
        try:
            count = int(request.headers.get("X-Crash-At", 0))
            with sqlite_lock if connection.vendor == "sqlite" else nullcontext():
                return _crash(request, count) if count else get_response(request)
        finally:
            traffic.add(-1)

    def _crash(request, count):
        queries = 0

        def count_query(execute, sql, params, many, context):
            nonlocal queries
            queries += 1
            if queries == count:
                raise Crash
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(count_query):
                get_response(request)
        except Crash:
            connection.close()  # the database rolls back, as for a killed process
        crashes.append(queries)
        return HttpResponse(status=502)

    return middleware


@contextmanager
def crashing_server(settings):
    settings.MIDDLEWARE = [f"{__name__}.crash_middleware", *settings.MIDDLEWARE]
    server = LiveServer("localhost")
    try:
        yield server
    finally:
        server.stop()
