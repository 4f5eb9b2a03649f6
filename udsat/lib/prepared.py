"""Queries whose SQL is written once in a process.

Django spends far more time on writing the SQL of a public page than the database on answering it. A prepared query
keeps the SQL; the values that differ, and the present time of the publication rule, are filled in at each call.
"""

import copy
import datetime
import functools
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

from django.db import connection, connections, models
from django.utils import timezone


class _Given(models.Value):
    """Stands in a query for the value of an argument; it is found among the parameters of the SQL."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


_NOW, _TODAY = "present", "present_day"
# Each query that was written, with the names of its arguments, its SQL and parameters: for tests.
WRITTEN: list[tuple[Callable[..., models.QuerySet], tuple[str, ...], str, tuple]] = []
_present: ContextVar[Any] = ContextVar("present", default=None)


def present() -> Any:
    """Return the present time for a condition of a query."""
    return _present.get() or timezone.now()


def present_day() -> Any:
    """Return today's date for a condition of a query."""
    return _Given(_TODAY) if _present.get() else timezone.localdate()


def prepared(build: Callable[..., models.QuerySet]) -> Callable[..., list[Any]]:
    """Decorate a function that returns a queryset; calls return the list of its rows.

    The function may use its arguments (numbers, text, dates, times) as values of `filter()` only, `present()` and
    `present_day()`. It runs once. Prefetches are left out.
    """
    written: dict[str, tuple[models.QuerySet, Any, str, tuple]] = {}  # by kind of database

    @functools.wraps(build)
    def rows(**arguments: Any) -> list[Any]:
        if connection.vendor not in written:
            written[connection.vendor] = write(build, arguments)
        queryset, compiler, sql, parameters = written[connection.vendor]
        arguments |= {_NOW: timezone.now(), _TODAY: timezone.localdate()}
        values = {name: _adapted(value) for name, value in arguments.items()}
        bound = tuple(values[p.value] if isinstance(p, _Given) else p for p in parameters)
        return _run(queryset, compiler, sql, bound)

    return rows


def write(build: Callable[..., models.QuerySet], arguments: Iterable[str]) -> Any:
    token = _present.set(_Given(_NOW))
    try:
        queryset = build(**{name: _Given(name) for name in arguments})
    finally:
        _present.reset(token)
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    WRITTEN.append((build, tuple(arguments), sql, tuple(parameters)))
    return queryset, compiler, sql, parameters


def _adapted(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, datetime.time):
        return connection.ops.adapt_timefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, datetime.date) else value


def _run(queryset: Any, compiler: Any, sql: str, bound: tuple) -> list[Any]:
    compiler = copy.copy(compiler)
    compiler.connection = connections[connection.alias]  # faster than the proxy
    compiler.as_sql = lambda *args, **kwargs: (sql, bound)
    query: Any = copy.copy(queryset.query)
    query.get_compiler = lambda *args, **kwargs: compiler
    again = type(queryset)(queryset.model, query, connection.alias)
    again._iterable_class, again._fields = queryset._iterable_class, queryset._fields
    return list(again)
