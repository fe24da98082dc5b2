"""The addresses of the API. They take keys, not sessions: nothing here is sent to the sign-in page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path

from rebond.api import (
    addresses,
    alerts,
    audiences,
    bulk,
    deliveries,
    delivery_logs,
    landing,
    profiles,
    qualifications,
    qualify,
    quarantine,
    reports,
    rules,
    templates,
    tokens,
    webhooks,
)
from rebond.api.base import make_api
from rebond.api.problems import problem

ROUTERS = (
    addresses.router,
    qualify.router,
    bulk.router,
    quarantine.router,
    profiles.router,
    deliveries.router,
    delivery_logs.router,
    templates.router,
    audiences.router,
    landing.router,
    qualifications.router,
    rules.router,
    reports.router,
    alerts.router,
    tokens.router,
    webhooks.router,
)


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer for every other address under the API's."""
    return problem(404, "there is nothing at this address: /api/v1/docs shows what there is")


nothing_here.login_required = False  # type: ignore[attr-defined]
nothing_here.csrf_exempt = True  # type: ignore[attr-defined]

api = make_api()
for router in ROUTERS:
    api.add_router("", router)


def _open(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            view: Any = pattern.callback
            view.login_required = False
    return patterns


_patterns, _app, _namespace = api.urls
urlpatterns = [
    path("v1/", (_open(_patterns), _app, _namespace)),
    path("<path:rest>", nothing_here),
    path("", nothing_here),
]

__all__ = ["api", "urlpatterns"]
