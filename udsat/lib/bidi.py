"""Removal of bidirectional control characters (Unicode Standard Annex 9), which change the order of displayed text.

Danish text has no use for them. They can hide what a name of a file or a sentence really says (CVE-2021-42574), and a
paste from a web page brings them unnoticed.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.http.request import QueryDict

# Marks, embeddings, overrides and isolates, for use in a character class.
BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_BIDI = re.compile(f"[{BIDI_CONTROLS}]")


def remove_bidi_controls(text: str) -> str:
    return _BIDI.sub("", text)


class TypedTextMiddleware:
    """Remove bidirectional control characters from every submitted form. Django removes them from file names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> None:
        if request.method != "POST":
            return
        if any(_BIDI.search(value) for _, values in request.POST.lists() for value in values):
            post: QueryDict = request.POST.copy()
            for name, values in request.POST.lists():
                post.setlist(name, [remove_bidi_controls(str(value)) for value in values])
            request.POST = post  # type: ignore[assignment]
