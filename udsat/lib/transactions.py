"""Transactions of views."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpResponse


def atomic_post(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Run the POST requests of a view `(admin, request, …)` in a transaction.

    On SQLite a transaction keeps everybody else from writing from its start, so a page that is only read has none.
    """

    @wraps(view)
    def wrapped(admin: Any, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(admin, request, *args, **kwargs)
        with transaction.atomic():
            return view(admin, request, *args, **kwargs)

    return wrapped
