"""What services refuse, as pages: the sentence, with the status that says what kind of refusal it is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from rebond.config import ConfigError
from rebond.services.errors import ForbiddenError, InputError, NotFoundError, RefusedError, ServiceError
from rebond.web.language import spoken

STATUSES: tuple[tuple[type[ServiceError], int], ...] = (
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (RefusedError, 409),
    (InputError, 422),
)


def status_of(error: ServiceError) -> int:
    """Return the HTTP status of a refusal."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


class ServiceErrors:
    """Answer a view that was refused with the sentence, on a page of its own or as a notice for htmx."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ConfigError):  # as when a rule of this site cannot be used
            return refusal(request, spoken(error), status=409)
        if not isinstance(error, ServiceError):
            return None
        return refusal(request, spoken(error), status=status_of(error))


def refusal(request: HttpRequest, text: str, *, status: int) -> HttpResponse:
    """Say why not."""
    fragment = bool(getattr(request, "htmx", False))
    template = "console/refusal_fragment.html" if fragment else "console/refusal.html"
    response = render(request, template, {"text": text, "status": status}, status=status)
    if fragment:
        # Beside what was asked for, which stays as it is: nothing typed is lost.
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "beforeend"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form is too old or came from elsewhere."""
    from django.utils.translation import gettext

    text = gettext("This form is no longer valid: go back, reload the page and send it again. What you typed is kept.")
    return refusal(request, text, status=403)
