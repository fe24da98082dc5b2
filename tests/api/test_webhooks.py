"""`/webhooks`: subscriptions, their log, and telling again."""

from dataclasses import replace
from typing import Any

import pytest

from rebond.config_sections import WebhooksSection
from rebond.secrets_file import new_secrets, webhook_key
from rebond.services.deliver_webhooks import deliver_webhooks
from rebond.store.models import KeptAnswer
from rebond.web.current import serve
from rebond.wiring import Site
from tests.api.conftest import Asker, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
HOOK = {"url": "https://shop.example/hook", "events": ["address.quarantined"], "name": "shop"}


@pytest.fixture(autouse=True)
def secrets(site: Site) -> None:
    path = site.data / "secrets.toml"
    path.write_text(new_secrets())
    path.chmod(0o600)


def test_from_a_subscription_to_its_log_and_back(asker: Asker, site: Site) -> None:
    made = asker.post("/webhooks", HOOK)
    assert made.status_code == 201
    number, secret = made.json()["id"], made.json()["secret"]
    path = f"/webhooks/{number}"
    assert "secret" not in asker.get(path).json()
    assert secret not in asker.get("/webhooks").content.decode()
    because = {"address": "ada@shop.example", "status": "quarantined", "because": "x"}
    asker.post("/quarantine", because)
    assert asker.post(f"{path}/test").status_code == 202
    done = deliver_webhooks(post=lambda *_: 200, key=webhook_key(site.data), clock=site.clock)
    assert done.told == 2
    first = asker.get(f"{path}/log?limit=1&state=delivered").json()
    second = asker.get(f"{path}/log?limit=1&state=delivered&cursor={first['next']}").json()
    assert [one["type"] for page in (first, second) for one in page["items"]] == ["webhook.test", "address.quarantined"]
    assert second["next"] is None
    again = asker.post(f"{path}/replay", {"line": first["items"][0]["line"]})
    assert (again.status_code, again.json()) == (202, {"again": 1})
    assert asker.post(f"{path}/replay", {"since": "2026-01-01T00:00:00Z"}).json() == {"again": 1}
    assert asker.post(f"{path}/secret").json()["secret"] != secret
    changed = asker.ask("PATCH", path, {"active": False, "events": []}).json()
    assert (changed["active"], changed["events"], changed["url"]) == (False, [], HOOK["url"])
    refused(asker.post(f"{path}/test"), 409)
    assert asker.ask("DELETE", path).status_code == 204
    refused(asker.get(path), 404)


def test_a_secret_is_not_kept_with_the_answer(asker: Asker) -> None:
    made = asker.post("/webhooks", HOOK, Idempotency_Key="a").json()
    again = asker.post("/webhooks", HOOK, Idempotency_Key="a").json()
    assert made == again
    assert made["secret"].encode() not in bytes(KeptAnswer.objects.get().body)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/webhooks", {}, 422),
        ("POST", "/webhooks", {**HOOK, "url": "http://shop.example/hook"}, 422),
        ("POST", "/webhooks", {**HOOK, "url": "https://u:p@shop.example/"}, 422),
        ("POST", "/webhooks", {**HOOK, "events": ["moon"]}, 422),
        ("POST", "/webhooks", {**HOOK, "secret": "mine"}, 422),
        ("POST", "/webhooks", {**HOOK, "name": "x" * 101}, 422),
        ("GET", "/webhooks/999", None, 404),
        ("PATCH", "/webhooks/999", {"active": True}, 404),
        ("DELETE", "/webhooks/999", None, 404),
        ("GET", "/webhooks/999/log", None, 404),
        ("POST", "/webhooks/999/test", None, 404),
        ("POST", "/webhooks/999/replay", {"line": 1}, 404),
        ("POST", "/webhooks/999/replay", {}, 422),
        ("POST", "/webhooks/999/secret", None, 404),
    ],
)
def test_what_cannot_be_done_is_refused(asker: Asker, method: str, path: str, body: Any, status: int) -> None:
    refused(asker.ask(method, path, body), status)


def test_a_site_may_allow_its_own_network(asker: Asker, site: Site) -> None:
    serve(replace(site, config=site.config.model_copy(update={"webhooks": WebhooksSection(private=True)})))
    assert asker.post("/webhooks", {"url": "http://10.0.0.7:8080/hook"}).status_code == 201
