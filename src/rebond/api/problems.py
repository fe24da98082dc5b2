"""Everything that is refused, as application/problem+json (RFC 9457)."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from ninja.errors import HttpError, ValidationError

from rebond.services.errors import ServiceError
from rebond.services.keys import UnknownKeyError
from rebond.store.trouble import trouble
from rebond.web.errors import status_of

log = logging.getLogger("rebond.api")
MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
_MOST_ERRORS = 100
FieldErrors = Sequence[tuple[str, str]]


class ProblemError(Exception):
    """What is wrong with a request itself; `errors` are the fields with what is wrong with each."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: FieldErrors = (),
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.more = more


def problem(
    status: int,
    detail: str,
    *,
    errors: FieldErrors = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    """Say why not."""
    body: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    body["detail"] = detail
    if errors:
        body["errors"] = [{"field": name, "problem": words} for name, words in errors[:_MOST_ERRORS]]
    body |= more or {}
    # As escapes: a text from outside may hold what no encoding can.
    response = HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def answer_to(error: Exception) -> HttpResponse | None:
    """Make of an exception the answer that says what is wrong; None for a fault of ours."""
    if isinstance(error, ProblemError):
        return problem(error.status, error.detail, errors=error.errors, headers=error.headers, more=error.more)
    if isinstance(error, UnknownKeyError):
        return problem(401, str(error), headers={"WWW-Authenticate": 'Bearer realm="rebond"'})
    if isinstance(error, ServiceError):
        return problem(status_of(error), str(error))
    if isinstance(error, ValidationError):
        return problem(422, "the request holds what it may not: see errors", errors=_field_errors(error))
    if isinstance(error, RequestDataTooBig | UnreadablePostError):
        return problem(413, "the body is too large: at most 16 MiB are read")
    if isinstance(error, HttpError) and isinstance(error.__cause__, ProblemError | RequestDataTooBig):
        return answer_to(error.__cause__)  # ninja hides what reading the body said
    if isinstance(error, HttpError):
        return problem(error.status_code, str(error))
    if isinstance(error, Http404):
        return problem(404, "there is nothing at this address")
    if isinstance(error, DatabaseError | InterfaceError) and (found := trouble(error)).passes:
        log.error("a request was put off: %s", found.words)
        return problem(503, "the database is busy or away at present: try again", headers={"Retry-After": "5"})
    return None


def _field_errors(error: ValidationError) -> FieldErrors:
    return [(".".join(map(str, _place(item["loc"]))), in_words(item)) for item in error.errors]


def _place(place: Sequence[object]) -> Sequence[object]:
    # ("body", the name of the view's argument, the field …) and ("query", the field).
    return place[2:] or place[1:] if place and place[0] == "body" else place[1:]


def in_words(item: Mapping[str, Any]) -> str:
    """Say what pydantic found."""
    if item["type"] == "extra_forbidden":
        return "this field is unknown"
    return str(item["msg"]).removeprefix("Value error, ")


_DETAILS = {
    400: "the request cannot be read",
    404: "there is nothing at this address: /api/v1/docs shows what there is",
    405: "this address does not take this method",
    413: "the body is too large: at most 16 MiB are read",
    500: "this is a fault of Rebond, not of your request: it has been written to its log",
}


class ApiProblems:
    """Django's middleware: what Django itself refuses under the API's addresses is a problem too, never a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or not request.path.startswith(PREFIX):
            return response
        if response.headers.get("Content-Type") == MEDIA_TYPE:
            return response
        status = response.status_code
        kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
        return problem(status, _DETAILS.get(status, HTTPStatus(status).description), headers=kept)
