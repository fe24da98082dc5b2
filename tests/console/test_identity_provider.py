"""Signing in by an identity provider: a real one in small, on loopback, speaking OpenID Connect with signed tokens."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from rebond.config import ConfigError
from rebond.config_sections import OidcSection
from rebond.core.words import Role
from rebond.secrets_file import new_secrets
from rebond.services.users import create_user, set_active
from rebond.web_settings import IdentityProvider, identity_provider, web_settings
from rebond.wiring import Site

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
CLIENT = "rebond-desk"


@dataclass
class Provider:
    """What the provider says of whoever signs in there."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def answer(self, path: str) -> dict[str, Any]:
        """Answer what a relying party asks."""
        if path == "/.well-known/openid-configuration":
            ends = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("authorization", "token", "userinfo")}
            return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **ends}
        if path == "/jwks":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]}
        if path == "/token":
            now = int(time.time())
            claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, **self.claims}
            token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})
            return {"access_token": "opaque", "token_type": "Bearer", "id_token": token}
        return self.claims


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            body = json.dumps(made.answer(urlsplit(self.path).path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def signing_in(provider: Provider, site: Site, settings: Any) -> Client:
    named = IdentityProvider(name="Company", server_url=provider.url, client_id=CLIENT, secret="shared")
    settings.SOCIALACCOUNT_PROVIDERS = web_settings(key="tests", provider=named)["SOCIALACCOUNT_PROVIDERS"]
    return Client()


def come_back(client: Client) -> Any:
    """Press the button, and return from the provider with a code."""
    away = client.post("/account/oidc/sso/login/")
    assert away.status_code == 302
    asked = parse_qs(urlsplit(away.headers["Location"]).query)
    assert asked["client_id"] == [CLIENT]
    assert asked["code_challenge_method"] == ["S256"]
    return client.get("/account/oidc/sso/login/callback/", {"code": "c", "state": asked["state"][0]}, follow=True)


def test_a_known_person_comes_in_with_their_role(signing_in: Client, provider: Provider, site: Site) -> None:
    create_user("ada", role=Role.OPERATOR, email="ada@shop.example", now=site.clock.now(), actor="test")
    provider.claims = {"sub": "7", "email": "ada@shop.example", "email_verified": True}
    page = come_back(signing_in).content.decode()
    assert "ada" in page
    assert "Operator" in page


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "8", "email": "stranger@shop.example", "email_verified": True},
        {"sub": "8", "email": "ada@shop.example", "email_verified": False},
        {"sub": "8"},
    ],
)
def test_nobody_else_comes_in_or_is_made(
    signing_in: Client, provider: Provider, site: Site, claims: dict[str, Any]
) -> None:
    from rebond.store.read.users import list_users

    create_user("ada", role=Role.OPERATOR, email="ada@shop.example", now=site.clock.now(), actor="test")
    provider.claims = claims
    come_back(signing_in)
    assert signing_in.get("/").status_code == 302
    assert [user.name for user in list_users()] == ["ada"]


def test_who_was_shut_out_stays_out(signing_in: Client, provider: Provider, site: Site) -> None:
    now = site.clock.now()
    create_user("ada", role=Role.OPERATOR, email="ada@shop.example", now=now, actor="test")
    set_active("ada", active=False, now=now, actor="test")
    provider.claims = {"sub": "7", "email": "ada@shop.example", "email_verified": True}
    come_back(signing_in)
    assert signing_in.get("/").status_code == 302


def test_the_sign_in_page_shows_the_provider(signing_in: Client) -> None:
    assert "Company" in signing_in.get("/account/login/").content.decode()


def test_a_provider_without_its_secret_is_told(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text(new_secrets())
    section = OidcSection(server_url="https://id.example", client_id="x")
    with pytest.raises(ConfigError, match="client_secret"):
        identity_provider(section, data=tmp_path)
    assert identity_provider(OidcSection(), data=tmp_path) is None
