"""Requests made from the API's own description: none is a fault of ours, and every answer has its shape."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from rebond.config_sections import ApiSection
from rebond.web.current import serve
from rebond.wiring import Site
from tests.api.conftest import KeyFor

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
# What fits the description may name what is not there, and a bad event is refused alone: those checks are left out.
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
for _media in ("message/rfc822", "text/csv", "application/x-ndjson"):
    schemathesis.serializer(_media)(lambda _, value: value if isinstance(value, bytes) else str(value).encode())


@pytest.fixture
def described(site: Site) -> Iterator[Any]:
    """The API's description, read from the application as it is served."""
    serve(_unhurried(site))
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _unhurried(site: Site) -> Site:
    made = replace(site, config=site.config.model_copy(update={"api": ApiSection(requests_per_minute=10**6)}))
    made.__dict__["rules"] = site.__dict__["rules"]
    return made


def try_all(described: Any, key: str, *, examples: int) -> int:
    """Send so many requests of each kind to each operation; returns how many operations there are."""
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in _CHECKS]
    operations = [found.ok() for found in described.get_all_operations()]
    for operation in operations:
        for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
            _try_one(operation, key, mode=mode, examples=examples, checks=checks)
    return len(operations)


def _try_one(operation: Any, key: str, *, mode: GenerationMode, examples: int, checks: list[Any]) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Case) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {key}"}
        case.call_and_validate(checks=checks)

    run()


def test_no_request_is_a_fault_of_ours(described: Any, key_for: KeyFor) -> None:
    assert try_all(described, key_for().key, examples=2) > 10


@pytest.mark.slow
def test_no_request_of_many_is_a_fault_of_ours(described: Any, key_for: KeyFor) -> None:
    assert try_all(described, key_for().key, examples=25) > 10
