"""What all public pages have in common."""

import datetime
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag

from .pdf import PdfTooLarge

M = TypeVar("M", bound=Model)


def find_or_404(found_in: QuerySet[M], message: str, **lookup: Any) -> M:
    """The one row of the queryset; else a 404 whose message, in Danish, the reader sees."""
    found = found_in.filter(**lookup).first()
    if found is None:
        raise Http404(message)
    return found


def pdf_response(
    request: HttpRequest, make: Callable[[], bytes], filename: str, *, changed: datetime.datetime, is_public: bool
) -> HttpResponseBase:
    """A PDF to read in the browser; 304 to those who have it already, and no search engine for one not public.

    Raises Http404, with the way on, where the text is too long for a PDF.
    """
    try:
        content = make()
    except PdfTooLarge:
        raise Http404("Teksten er for lang til en PDF. Læs den på siden, eller ring og få den sendt.") from None
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{filename}"'
    # The tag is of the content: what a PDF shows also changes without touching the row it is named for. For the
    # same reason the date only informs; a 304 is given by the tag alone.
    etag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
    response["ETag"] = etag
    response["Last-Modified"] = http_date(changed.timestamp())
    if not is_public:
        response["X-Robots-Tag"] = "noindex, nofollow"
    return get_conditional_response(request, etag=etag, response=response) or response


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


class CompressionMiddleware(GZipMiddleware):
    """Sends text in a third of its size, also where no proxy does. PDFs, photos and most files are compressed already.

    Django's own mixes in a random length, so that the size tells nothing of a form's secret.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if kind.startswith("text/") or kind.endswith(("json", "xml")):
            return super().process_response(request, response)
        return response
