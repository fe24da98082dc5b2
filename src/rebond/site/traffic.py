"""How many requests are answered and how fast, for Prometheus: over all processes of one `rebond web`."""

import os
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from rebond.web.counted import HOOKS

# prometheus_client's own name; `rebond web` sets it before it starts the processes that serve.
_SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = Histogram(
    "rebond_http_request_duration_seconds",
    "Requests answered, by the page or operation asked for, and the seconds each took.",
    labelnames=("method", "route", "status"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


class Traffic:
    """Django's middleware protocol; a request is known by its route, never by its address, which may name a person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        found = request.resolver_match
        method = request.method if request.method in _METHODS else "other"
        route = found.route if found and found.route else "other"
        _SECONDS.labels(method, route, response.status_code).observe(time.perf_counter() - began)
        return response


def collect_traffic(registry: CollectorRegistry) -> None:
    """Have a registry give what was measured: by all processes that share a folder, or by this one."""
    if _SHARED_FOLDER in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_SECONDS)
        registry.register(HOOKS)
