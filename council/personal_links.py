"""Views behind a personal signed link, without a log-in."""

import functools

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt

from udsat.lib.responses import find_or_404
from udsat.lib.signed_links import LinkBroken, LinkExpired, read_token
from udsat.models import Municipality


def link_view(kind: str):
    """Decorate view(request, municipality, *numbers) to take a signed token of this kind instead of the numbers.

    An altered, guessed or expired link gets a page with instructions, status 404 or 410. The view may raise LinkExpired
    itself, for example when the meeting is over. `municipality` is None where the URL has no municipality.
    """

    def decorate(view):
        @csrf_exempt  # the URL gives the right, not a session
        @functools.wraps(view)
        def wrapped(request: HttpRequest, token: str, kommune: str = "") -> HttpResponse:
            municipality = None
            if kommune:
                municipality = find_or_404(Municipality.objects.all(), "Den kommune findes ikke.", slug=kommune)
            try:
                response = view(request, municipality, *read_token(kind, token))
            except (LinkBroken, LinkExpired) as problem:
                expired = isinstance(problem, LinkExpired)
                context = {"municipality": municipality, "expired": expired}
                response = render(request, "links/broken.html", context, status=410 if expired else 404)
            # Keep the page and its URL out of caches, search engines and the logs of other sites.
            patch_cache_control(response, private=True, no_store=True)
            response["X-Robots-Tag"] = "noindex, nofollow"
            response["Referrer-Policy"] = "no-referrer"
            return response

        return wrapped

    return decorate
