"""Shared parts of responses: 404 lookups, PDF responses, security and cache headers, compression."""

import hashlib
import os
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.files import File
from django.db.models import Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import http_date, quote_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .byte_ranges import ranged
from .danish import slugify
from .pdf import PdfTooLarge
from .pdf_making import PdfNotReady, ready_pdf
from .pdf_store import Pdf

M = TypeVar("M", bound=Model)

# default-src excludes inline scripts, inline styles and eval.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_UNUSED_FEATURES = """
    accelerometer browsing-topics camera display-capture geolocation gyroscope magnetometer microphone midi payment usb
"""
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES.split())


def find_or_404(queryset: QuerySet[M], message: str, **lookup: Any) -> M:
    """Return the first matching row. Raises Http404 with the message, in Danish, that the page shows."""
    row = queryset.filter(**lookup).first()
    if row is None:
        raise Http404(message)
    return row


def form_without_login(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a public form: a session gives no further rights there, and the honeypot stops bots.

    Nothing that was typed is left in the cache of a shared computer.
    """
    return csrf_exempt(cache_control(private=True, no_store=True)(require_http_methods(["GET", "HEAD", "POST"])(view)))


def document_filename(document: Any, title: str) -> str:
    """Return the name of a document's PDF: municipality, title, public version and day of the last change."""
    is_public = document.is_live and document.public_version
    version = f"version-{document.public_version}" if is_public else "kladde" if document.versions_kept else ""
    day = timezone.localdate(document.last_changed).isoformat()
    parts = [document.municipality.slug, slugify(title, 90) or "dokument", version, day]
    return f"{'_'.join(filter(None, parts))}.pdf"


NOT_READY_SECONDS = 5


def pdf_response(request: HttpRequest, pdf: Pdf, document: Any, title: str, *, is_public: bool) -> HttpResponseBase:
    """Return the PDF of a publishable for display in the browser; hidden from search engines unless public.

    304 if it is unchanged, 206 where a part is asked for, and 503 with a page that reloads itself until it is ready.

    Raises Http404 if the text is too long for a PDF.
    """
    response = HttpResponse(content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{document_filename(document, title)}"'
    # The ETag is a hash of the text, because a PDF may change without a change of its row. For the same reason
    # Last-Modified is informative only: get_conditional_response is not given it.
    etag = quote_etag(pdf.key[:32])
    response["ETag"] = etag
    response["Last-Modified"] = http_date(document.last_changed.timestamp())
    if not is_public:
        response["X-Robots-Tag"] = "noindex, nofollow"
    conditional = get_conditional_response(request, etag=etag, response=response)
    if conditional is not None and conditional.status_code != 200:
        return conditional
    try:
        file = ready_pdf(pdf)
    except PdfTooLarge:
        raise Http404("Teksten er for lang til en PDF. Læs den på siden, eller ring og få den sendt.") from None
    except PdfNotReady:
        return _not_ready(request)

    def read(start: int, end: int) -> bytes:
        file.seek(start)
        return file.read(end - start)

    with file:
        length = file.seek(0, os.SEEK_END)
        answer = ranged(request, response, length, read)
        if answer is response and request.method != "HEAD":
            response.content = read(0, length)
        elif answer is response:
            response["Content-Length"] = str(length)
    return answer


def _not_ready(request: HttpRequest) -> HttpResponse:
    response = render(request, "pdf_not_ready.html", status=503)
    response["Retry-After"] = response["Refresh"] = str(NOT_READY_SECONDS)
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django logs each 503 as an error
    return response


def file_response(
    request: HttpRequest, file: File, *, content_type: str, filename: str = "", is_download: bool = False
) -> HttpResponseBase:
    """Return a stored file, or 304 if it is unchanged. Stored files never change."""
    response: Any = FileResponse(file, as_attachment=is_download, filename=filename, content_type=content_type)
    etag = quote_etag(hashlib.sha256(f"{file.name} {file.size}".encode()).hexdigest()[:32])
    response["ETag"] = etag

    def read(start: int, end: int) -> bytes:
        with file.open("rb") as stored:
            stored.seek(start)
            return stored.read(end - start)

    answer = get_conditional_response(request, etag=etag, response=response) or response
    answer = ranged(request, answer, file.size, read)
    if answer is not response:
        # Only the file: closing the response would end the request, and with it the connection to the database.
        file.close()
    return answer


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Adds Content-Security-Policy and Permissions-Policy to every page, unless the view has set its own."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class FreshnessMiddleware(MiddlewareMixin):
    """Cache-Control: revalidate public pages on each request, and never store pages of a session.

    A view may set its own Cache-Control for public pages. Hashed static files do not pass this middleware.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies:
            response.headers["Cache-Control"] = "private, no-store"
        else:
            response.headers.setdefault("Cache-Control", "no-cache")
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses text responses; PDFs, photos and most files are compressed already.

    Django adds random bytes to the length, which protects the CSRF token (BREACH attack).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.status_code != 206 and (kind.startswith("text/") or kind.endswith(("json", "xml"))):
            return super().process_response(request, response)
        return response
