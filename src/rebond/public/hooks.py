"""Where email providers post what befell messages: checked, stored, then answered (specification 07)."""

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import cast

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError

from rebond.config import ConfigError
from rebond.core.read.providers.body import TooManyError, events_in, pack
from rebond.fetch import FetchError
from rebond.intake.webhooks.door import Admitted, RefusedError, admit, problem_with
from rebond.intake.webhooks.sns import Topics
from rebond.intake.webhooks.sources import HookSource, hook_sources
from rebond.jobs import ask
from rebond.public.limits import network_of
from rebond.services.accept import Incoming, accept_many
from rebond.services.attribute import WhyUnattributed
from rebond.services.refused_hooks import list_refused
from rebond.store.connect import disconnect
from rebond.store.trouble import trouble
from rebond.web.counted import HOOKS
from rebond.web.current import current_site, now
from rebond.wiring import Site

log = logging.getLogger("rebond.intake")
MOST_BYTES = 8 * 1024 * 1024
# These are read before anybody knows whose they are, and hold one event; no more is taken than their providers post.
_MOST_OF = {"amazon_ses": 512 * 1024, "mailgun": 1024 * 1024}
_RETRY = "60"
# Workers are called once for all that comes within that many seconds.
_GATHER = 0.25
_SAY_AGAIN = 60.0
_METHODS = "POST, GET, HEAD, OPTIONS"


@dataclass(slots=True)
class _Doors:
    """The sources of a site with what is wrong with each, and what this process remembers of them."""

    site: Site
    sources: Mapping[str, tuple[HookSource, str]]
    topics: Topics = field(default_factory=Topics)
    called_at: float = 0.0
    listed: dict[tuple[str, WhyUnattributed], str] = field(default_factory=dict)
    said_at: dict[str, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class _Held:
    doors: _Doors | None = None


_held = _Held()


def doors() -> _Doors:
    """Return the sources of the site that is served; they are read once, as all settings are."""
    site = current_site()
    if _held.doors is None or _held.doors.site is not site:
        found = hook_sources(site.config, data=site.data)
        _held.doors = _Doors(site, {name: (source, problem_with(source)) for name, source in found.items()})
    return _held.doors


def take(request: HttpRequest, name: str) -> HttpResponse:
    """Take a webhook in: 200 when it is stored, 503 when it could not be, so that its provider posts it again."""
    try:
        known = doors().sources
    except ConfigError as error:
        log.error("no webhook can be taken in: %s", error)
        return _answer("unusable", 503)
    if name not in known:
        return _answer("unknown", 404)
    source, problem = known[name]
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": _METHODS})
    if request.method in ("GET", "HEAD"):
        return _answer("here", 200)  # so some providers try an address out
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": _METHODS})
    if problem:
        _say(source, f"cannot be used: {problem}")
        return _counted(source, "unusable", 503)
    most = min(MOST_BYTES, _MOST_OF.get(source.provider, MOST_BYTES))
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > most or len(request.body) > most:
            return _counted(source, "too_large", 413)
    except RequestDataTooBig:
        return _counted(source, "too_large", 413)
    except (ValueError, UnreadablePostError):
        return _counted(source, "cut", 400)
    return _taken(request, source)


# Nobody signs in here, and no browser's session could be abused: what is posted proves itself.
take.csrf_exempt = True  # type: ignore[attr-defined]
take.login_required = False  # type: ignore[attr-defined]


def _taken(request: HttpRequest, source: HookSource) -> HttpResponse:
    try:
        admitted = admit(source, request, now=now(), topics=doors().topics)
    except RefusedError as error:
        return _refuse(request, source, error.why)
    except FetchError as error:
        _say(source, f"could not be checked: {error}")
        return _counted(source, "unchecked", 503)
    if not admitted.body:
        return _counted(source, "confirmed", 200)
    try:
        events_in(source.provider, admitted.body)
    except TooManyError:
        return _counted(source, "too_large", 413)
    except ValueError:
        pass  # it comes from where it says: stored, it is a dead letter that a person sees
    return _store(source, admitted)


def _store(source: HookSource, admitted: Admitted) -> HttpResponse:
    incoming = Incoming(
        source=source.stored_as,
        raw=pack(source.provider, admitted.body),
        required_trust=source.required_trust,
        # The same words by another source are another account's.
        name=admitted.name or hashlib.sha256(admitted.body).hexdigest(),
    )
    try:
        (accepted,) = accept_many([incoming], now=now())
    except (DatabaseError, InterfaceError) as error:
        _say(source, f"could not be stored, and was not acknowledged: {trouble(error).words}")
        disconnect()
        return _counted(source, "not_stored", 503)
    if accepted.duplicate:
        return _counted(source, "known", 200)
    _call()
    return _counted(source, "stored", 200)


def _call() -> None:
    found = doors()
    with found.lock:
        at = time.monotonic()
        if at - found.called_at < _GATHER:
            return  # the worker that was called finds it, or the sweep does
        found.called_at = at
    ask("settle")


def _refuse(request: HttpRequest, source: HookSource, why: WhyUnattributed) -> HttpResponse:
    """Refuse what is not believed, and let people see that it came: once an hour, so that nobody can fill the disk."""
    found = doors()
    at = now()
    key, hour = (source.name, why), f"{at:%Y-%m-%d %H}"
    if found.listed.get(key) != hour:
        try:
            list_refused(source.stored_as, why, network=network_of(request), required=source.required_trust, now=at)
            found.listed[key] = hour
        except (DatabaseError, InterfaceError) as error:
            _say(source, f"was refused, and could not be listed: {trouble(error).words}")
    response = _counted(source, why.value, 401 if why is WhyUnattributed.BAD_SIGNATURE else 403)
    if response.status_code == 401:
        # Amazon SNS and others name themselves only when they are asked to.
        response.headers["WWW-Authenticate"] = 'Basic realm="webhooks"'
    return response


def _say(source: HookSource, words: str) -> None:
    """Write down what is wrong with a source: each minute, however much strangers post."""
    said_at, at = doors().said_at, time.monotonic()
    if at - said_at.get(source.name, -_SAY_AGAIN) >= _SAY_AGAIN:
        said_at[source.name] = at
        log.error("a webhook of %s %s", source.name, words)


def _counted(source: HookSource, outcome: str, status: int) -> HttpResponse:
    HOOKS.labels(source.name, outcome).inc()
    return _answer(outcome, status)


def _answer(outcome: str, status: int) -> HttpResponse:
    response = JsonResponse({"status": outcome}, status=status)
    if status == 503:
        response.headers["Retry-After"] = _RETRY
    return cast("HttpResponse", response)
