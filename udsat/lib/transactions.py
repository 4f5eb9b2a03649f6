"""Transactions of views."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpResponse


def atomic_post(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Run the POST requests of a view `(admin, request, …)` in a transaction.

    For actions of one click. On SQLite a transaction keeps everybody else from writing from its start: a view that
    validates a form, or draws or reads a document, opens a `checked_transaction()` afterwards.
    """

    @wraps(view)
    def wrapped(admin: Any, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(admin, request, *args, **kwargs)
        with transaction.atomic():
            return view(admin, request, *args, **kwargs)

    return wrapped
