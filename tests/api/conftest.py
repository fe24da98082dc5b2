"""A served site on the test database, and keys to ask it with."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rebond.config import Config
from rebond.config_sections import EmailSection
from rebond.core.permissions import Operation, may
from rebond.core.tokens import Keyring
from rebond.core.words import Role
from rebond.packs import default_qualifier
from rebond.web.chance import new_secret
from rebond.web.current import serve
from rebond.web.rates import rates
from rebond.wiring import Site, SystemClock, load_policy


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The site that the test asks."""
    from rebond.services.rules_in_force import RulesInForce

    config = Config(email=EmailSection(bounce_domain="bounce.shop.example"))
    keyring = Keyring({0: b"a key for these tests only"}, 0)
    made = Site(data=tmp_path, config=config, policy=load_policy(config), keyring=keyring, clock=SystemClock())
    # Read once for all tests: a test that has rules of its own pays for them.
    made.__dict__["rules"] = RulesInForce(lambda own: made.qualifier_with(own) if own else default_qualifier())
    serve(made)
    yield made
    rates.forget()


@dataclass(frozen=True)
class Asker:
    """A client with a key."""

    client: Client
    key: str
    number: int

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; a body that is no bytes goes as JSON."""
        kind = headers.pop("content_type", "application/json")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, f"/api/v1{path}", data, kind if data else "", headers=given)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)


KeyFor = Callable[..., Asker]


@pytest.fixture
def key_for(site: Site) -> KeyFor:
    """Make a key of a role, with all that the role may do unless told."""

    from rebond.services.keys import create_key

    def make(role: Role = Role.ADMINISTRATOR, *, scopes: Iterable[Operation] = (), **more: Any) -> Asker:
        wanted = list(scopes) or [one for one in Operation if may(role, one)]
        given = {"secret": new_secret(), "now": site.clock.now(), "actor": "test", **more}
        made = create_key(f"a {role}'s", role=role, scopes=wanted, **given)
        return Asker(Client(raise_request_exception=False), made.text, made.row.number)

    return make


@pytest.fixture
def asker(key_for: KeyFor) -> Asker:
    """A key that may do everything."""
    return key_for()


def refused(answer: Any, status: int) -> Any:
    """Read a refusal, which must be a problem."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    return body
