"""A server of a test's own: its requests are counted, and one of them can be made to die."""

import threading
from contextlib import contextmanager, nullcontext

from django.db import connection
from django.http import HttpResponse
from pytest_django.live_server_helper import LiveServer


class Traffic:
    """Counts the requests in work, for who must wait until all that was sent has been done."""

    def __init__(self):
        self.count, self.changed = 0, threading.Condition()

    def add(self, number):
        with self.changed:
            self.count += number
            self.changed.notify_all()

    def wait_for_rest(self):
        with self.changed:
            assert self.changed.wait_for(lambda: self.count == 0, timeout=30)


traffic = Traffic()
# SQLite in memory is one connection for all threads, so one request at a time has it.
turn = threading.Lock()
deaths = []  # of requests, for a test that wants to know that there were some


class Died(BaseException):
    """No handler of the code may take it for an error of its own, as none would hear that its process is killed."""


def difficult(get_response):
    """Ends a request at the n-th question to the database, so that its transaction is never finished; where it has
    fewer, after the work and before the answer."""

    def middleware(request):
        traffic.add(1)
        try:
            count = int(request.headers.get("X-Die-At", 0))
            with turn if connection.vendor == "sqlite" else nullcontext():
                return _killed(request, count) if count else get_response(request)
        finally:
            traffic.add(-1)

    def _killed(request, count):
        asked = 0

        def ask(execute, sql, params, many, context):
            nonlocal asked
            asked += 1
            if asked == count:
                raise Died
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(ask):
                get_response(request)
        except Died:
            connection.close()  # as the kernel does it for a dead process: the database rolls back
        deaths.append(asked)
        return HttpResponse(status=502)

    return middleware


@contextmanager
def difficult_server(settings):
    settings.MIDDLEWARE = [f"{__name__}.difficult", *settings.MIDDLEWARE]
    server = LiveServer("localhost")
    try:
        yield server
    finally:
        server.stop()
