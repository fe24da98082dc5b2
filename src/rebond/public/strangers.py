"""What tells the pages for strangers from all others: no cookies in, no cookies out, and headers of their own."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

PREFIXES = ("/u/", "/join/", "/confirm/", "/webhooks/in/")
# Nothing but a page, its sheet and its form: there is no script to allow.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class Strangers:
    """Django's middleware protocol; before the sessions, so that nobody is known on these pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIXES):
            return self.get_response(request)
        # Somebody who works in the console may click such a link as well, and is not told apart from anybody.
        request.META.pop("HTTP_COOKIE", None)
        request.COOKIES = {}
        response = self.get_response(request)
        response.cookies.clear()
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Accept-Language"
        return response
