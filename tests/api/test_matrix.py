"""Every role at every operation: each is let through to what it may do, and refused the rest by its scope's name."""

from collections.abc import Iterator
from typing import Any

import pytest

from rebond.core.permissions import Operation, may
from rebond.core.words import Role
from rebond.wiring import Site
from tests.api.conftest import KeyFor, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
_VALUES = {
    "channel": "email",
    "address": "nobody@shop.example",
    "profile": "nobody",
    "name": "none",
    "rule": "none",
}


def endpoints() -> Iterator[tuple[str, str, Operation]]:
    from rebond.api.urls import api

    for path, methods in api.get_openapi_schema(path_prefix="/")["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, Operation(operation["security"][0]["key"][0])


def _filled(path: str) -> str:
    parts = [part[1:-1] if part.startswith("{") else "" for part in path.split("/")]
    whole = [_VALUES.get(name, "999") if name else part for name, part in zip(parts, path.split("/"), strict=True)]
    return "/".join(whole)


@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_its_permissions_say(key_for: KeyFor, role: Role) -> None:
    asker = key_for(role)
    found = list(endpoints())
    assert found
    for method, path, operation in found:
        answer = asker.ask(method, _filled(path))
        if may(role, operation):
            assert answer.status_code not in (401, 403), (method, path)
        else:
            assert refused(answer, 403)["scope"] == operation.value


def test_a_scope_opens_its_own_operations_alone(key_for: KeyFor) -> None:
    asker = key_for(Role.ADMINISTRATOR, scopes=[Operation.READ])
    for method, path, operation in endpoints():
        if operation is not Operation.READ:
            assert refused(asker.ask(method, _filled(path)), 403)["scope"] == operation.value


def test_nothing_is_open_without_a_key(site: Site) -> None:
    from django.test import Client

    client: Any = Client()
    for method, path, _ in endpoints():
        refused(client.generic(method, f"/api/v1{_filled(path)}"), 401)
