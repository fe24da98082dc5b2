"""The API's own description: valid OpenAPI 3.1, complete, and a page that shows it without asking anybody else."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from rebond.core.permissions import Operation
from rebond.wiring import Site
from tests.console.conftest import Desk, chromium, desk

__all__ = ["chromium", "desk"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def description(site: Site) -> Any:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(description: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_description_is_valid(description: Any) -> None:
    from schemathesis.specs.openapi import definitions

    assert description["openapi"] == "3.1.0"
    definitions.OPENAPI_31_VALIDATOR.validate(description)
    missing = [name for name in _references(description) if not _found(description, name)]
    assert not missing


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _found(description: Any, reference: str) -> bool:
    place = description
    for name in reference.removeprefix("#/").split("/"):
        place = place.get(name, {})
    return bool(place)


def test_every_operation_names_its_scope_answers_and_refusals(description: Any) -> None:
    found = dict(operations(description))
    assert found
    for name, operation in found.items():
        (requirement,) = operation["security"]
        assert Operation(requirement["key"][0]), name
        assert operation["summary"], name
        assert "4XX" in operation["responses"], name
        assert any(status.startswith("2") for status in operation["responses"]), name
        if name.startswith("post"):
            assert any(one["name"] == "Idempotency-Key" for one in operation["parameters"]), name


def test_no_two_operations_have_one_id(description: Any) -> None:
    ids = [operation["operationId"] for _, operation in operations(description)]
    assert len(ids) == len(set(ids))


def test_the_interactive_page_is_served_from_here(desk: Callable[..., Desk]) -> None:
    window = desk(None)
    page = window.open("/api/v1/docs")
    page.locator("#swagger-ui").get_by_text("/api/v1/check").first.wait_for()
