"""Pages that a member opens by a personal link, without a log-in."""

import functools

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt

from udsat.lib.responses import find_or_404
from udsat.lib.signed_links import LinkBroken, LinkExpired, read_token
from udsat.models import Municipality


def link_view(kind: str):
    """Of a view(request, municipality, *numbers) one that takes the token instead of the numbers.

    An altered, guessed or expired link gets a page that says what to do and nothing else. The view raises LinkExpired
    itself where the link has served its time for another reason (the meeting is over, the seat is another's).
    Needs no CSRF token: the right lies in the address, and no cookie of the browser adds to it. Where the address has
    no municipality, the view gets None for it.
    """

    def decorate(view):
        @csrf_exempt  # the right lies in the address
        @functools.wraps(view)
        def wrapped(request: HttpRequest, token: str, kommune: str = "") -> HttpResponse:
            places = Municipality.objects.all()
            municipality = find_or_404(places, "Den kommune findes ikke.", slug=kommune) if kommune else None
            try:
                response = view(request, municipality, *read_token(kind, token))
            except (LinkBroken, LinkExpired) as problem:
                expired = isinstance(problem, LinkExpired)
                context = {"municipality": municipality, "expired": expired}
                response = render(request, "links/broken.html", context, status=410 if expired else 404)
            # Nothing of it stays on a borrowed computer, in a search engine or in another site's log.
            patch_cache_control(response, private=True, no_store=True)
            response["X-Robots-Tag"] = "noindex, nofollow"
            response["Referrer-Policy"] = "no-referrer"
            return response

        return wrapped

    return decorate
