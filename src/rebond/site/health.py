"""What is asked by machines, without signing in: whether this process lives, whether it is ready, and how it stands.

Before everything else, since who asks here may know this process by any name.
"""

import hmac
import ipaddress
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from rebond.config import ConfigError
from rebond.secrets_file import load_secrets
from rebond.services.errors import ServiceError
from rebond.store.connect import pending_migrations
from rebond.store.read.metrics import answers
from rebond.web.current import current_site

log = logging.getLogger("rebond.site")
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")


class Health:
    """Django's middleware protocol; the first of all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = _VIEWS.get(request.path_info)
        if view is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = view(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _live(request: HttpRequest) -> HttpResponse:
    """Answer: this process runs."""
    return JsonResponse({"status": "live"})


@dataclass(slots=True)
class _Seen:
    """What is found once holds for this process: its tables are not taken back."""

    migrated: bool = False


_seen = _Seen()


def _ready(request: HttpRequest) -> HttpResponse:
    """Answer whether requests can be served: the database answers and has our tables, and the rules can be used."""
    checks = {name: _checked(name, check) for name, check in _CHECKS.items()}
    ready = all(words == "ok" for words in checks.values())
    return JsonResponse({"status": "ready" if ready else "not ready", **checks}, status=200 if ready else 503)


def _checked(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # whatever it is, the answer is that it is not ready
        log.warning("not ready: %s: %s: %s", name, type(error).__name__, error)
        return "fault"


def _database() -> str:
    answers()
    return "ok"


def _migrations() -> str:
    _seen.migrated = _seen.migrated or not pending_migrations()
    return "ok" if _seen.migrated else "pending"


def _rules() -> str:
    current_site().rules.renew()
    return "ok"


_CHECKS: Mapping[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "rules": _rules}


def _metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus: with the token of the secrets file, or from this machine."""
    if not _may_measure(request):
        return HttpResponse("a token is needed: see [metrics] in the operator's guide\n", status=401)
    from rebond.site.metrics import CONTENT_TYPE, measure

    return HttpResponse(measure(current_site()), content_type=CONTENT_TYPE)


def _may_measure(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    token = _token()
    if token and given:
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # What a proxy hands on comes from elsewhere.
    return _is_this_machine(request.META.get("REMOTE_ADDR", "")) and not any(
        name in request.META for name in _FORWARDED
    )


def _token() -> str:
    try:
        return str(load_secrets(current_site().data).get("metrics", {}).get("token", ""))
    except (ConfigError, ServiceError):
        return ""


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


_VIEWS: Mapping[str, Callable[[HttpRequest], HttpResponse]] = {
    "/health/live": _live,
    "/health/ready": _ready,
    "/metrics": _metrics,
}
