"""Content-Security-Policy and Permissions-Policy for the whole site, including the back office."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# default-src excludes inline scripts, inline styles and eval.
POLICY = "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
_UNUSED_FEATURES = """
    accelerometer browsing-topics camera display-capture geolocation gyroscope magnetometer microphone midi payment usb
"""
PERMISSIONS = ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES.split())


class ContentSecurityPolicyMiddleware:
    """Adds both headers, unless the view has set its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
