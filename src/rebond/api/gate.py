"""What each request passes before its view runs: key, rate, scope, form, and whether it was sent before."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from ninja.operation import Operation as Endpoint

from rebond.api.problems import ProblemError, answer_to
from rebond.core.permissions import Operation
from rebond.services.access import Person, require
from rebond.services.errors import ServiceError
from rebond.services.keys import Caller, UnknownKeyError, read_key
from rebond.services.repeats import Answer, begin, give_up, keep
from rebond.web.current import current_site, now
from rebond.web.rates import rates

Run = Callable[..., HttpResponse]
SCOPE = "x-scope"
JSON = "application/json"
IDEMPOTENCY = "Idempotency-Key"


def needs(scope: Operation, **extra: Any) -> dict[str, Any]:
    """Name the scope that an endpoint takes, for its decorator."""
    return {"openapi_extra": {SCOPE: scope.value, **extra}}


def caller_of(request: HttpRequest) -> Person:
    """Say who asks."""
    return cast("Caller", request.caller).person  # type: ignore[attr-defined]


def gate(run: Run) -> Run:
    """Wrap an endpoint; ninja's decorator protocol."""
    endpoint = cast("Endpoint", run.__self__)  # type: ignore[attr-defined]
    scope = Operation(cast("Mapping[str, Any]", endpoint.openapi_extra)[SCOPE])
    known = query_names(endpoint)
    media = media_types(endpoint)

    @wraps(run)
    def gated(request: HttpRequest, **path: Any) -> HttpResponse:
        headers: dict[str, str] = {}
        try:
            caller = _identify(request)
            headers = _count(caller)
            _admit(caller, scope)
            _check_form(request, path, known=known, media=media)
            response = _once(request, caller, lambda: run(request, **path))
        except (ProblemError, ServiceError, RequestDataTooBig, DatabaseError) as error:
            answered = answer_to(error)
            if answered is None:
                raise
            response = answered
        for name, value in headers.items():
            response[name] = value
        return response

    return gated


def query_names(endpoint: Endpoint) -> frozenset[str]:
    """Name the query parameters that an endpoint takes."""
    models = [model for model in endpoint.models if model.__ninja_param_source__ == "query"]
    return frozenset(name for model in models for name in model.__ninja_flatten_map__)


def media_types(endpoint: Endpoint) -> frozenset[str]:
    """Name the media types of the bodies that an endpoint takes; none when it takes no body."""
    extra = cast("Mapping[str, Any]", endpoint.openapi_extra).get("requestBody")
    if extra:
        return frozenset(extra["content"])
    return frozenset({JSON} if any(model.__ninja_param_source__ == "body" for model in endpoint.models) else ())


def _identify(request: HttpRequest) -> Caller:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text:
        raise UnknownKeyError("send your key in the header Authorization: Bearer rbd_…")
    caller = read_key(text.strip(), now=now())
    request.caller = caller  # type: ignore[attr-defined]
    return caller


def _count(caller: Caller) -> dict[str, str]:
    allowance = rates.take(caller.key, limit=current_site().config.api.requests_per_minute, at=time.monotonic())
    if not allowance.allowed:
        told = {**allowance.headers, "Retry-After": str(allowance.reset)}
        words = f"this key made {allowance.limit} requests within a minute: wait {allowance.reset} s"
        raise ProblemError(429, words, headers=told)
    return allowance.headers


def _admit(caller: Caller, scope: Operation) -> None:
    try:
        require(caller.person, scope)
    except ServiceError as error:
        raise ProblemError(403, str(error), more={"scope": scope.value}) from None


def _check_form(request: HttpRequest, path: Mapping[str, Any], *, known: frozenset[str], media: frozenset[str]) -> None:
    if unknown := sorted(name for name in request.GET if name not in known):
        words = "this parameter is unknown" + (f": there are {', '.join(sorted(known))}" if known else "")
        raise ProblemError(422, "the address holds what it may not: see errors", [(name, words) for name in unknown])
    texts = [*path.items(), *((name, value) for name, values in request.GET.lists() for value in values)]
    if odd := [(name, "this holds a NUL character") for name, text in texts if "\0" in str(text)]:
        raise ProblemError(422, "the address holds what it may not: see errors", odd)
    if not media:
        if request.method != "GET" and request.body.strip() not in (b"", b"{}"):
            raise ProblemError(422, "this takes no body")
    elif request.content_type not in media:
        given = f"not {request.content_type[:100]!r}" if request.content_type else "and says so in Content-Type"
        raise ProblemError(415, f"this takes {' or '.join(sorted(media))}, {given}")


def _once(request: HttpRequest, caller: Caller, run: Callable[[], HttpResponse]) -> HttpResponse:
    name = request.headers.get(IDEMPOTENCY) if request.method == "POST" else None
    if name is None:
        return run()
    seal = _seal()
    told = begin(caller.key, name, digest=_digest(request), now=now(), seal=seal)
    if told is not None:
        response = HttpResponse(told.body, status=told.status, content_type=told.content_type)
        response["Idempotency-Replayed"] = "true"
        return response
    done = False
    try:
        response = run()
        done = response.status_code < 300
    finally:
        if not done:
            give_up(caller.key, name)
    kind = response.headers["Content-Type"]
    answer = Answer(status=response.status_code, content_type=kind, body=response.content)
    keep(caller.key, name, answer, seal=seal)
    return response


def _seal() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"rebond kept answers", "sha256")


def _digest(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n{request.content_type}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()
