"""What all public pages have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase

M = TypeVar("M", bound=Model)


def find_or_404(found_in: QuerySet[M], message: str, **lookup: Any) -> M:
    """The one row of the queryset; else a 404 whose message, in Danish, the reader sees."""
    found = found_in.filter(**lookup).first()
    if found is None:
        raise Http404(message)
    return found


class FreshnessMiddleware:
    """Lets no browser or proxy show an old page: ask again each time; keep nothing of what a log-in has shown.

    A view that has chosen its own Cache-Control keeps it. Files with a hash in their name never come here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies:
            response.headers["Cache-Control"] = "private, no-store"
        else:
            response.headers.setdefault("Cache-Control", "no-cache")
        return response
