"""Keys and webhooks: made, shown once, ended; refused to all but administrators."""

from collections.abc import Callable
from typing import Any

import pytest

from rebond.core.permissions import Operation
from rebond.core.webhooks import EventType
from rebond.core.words import Role
from rebond.secrets_file import new_secrets, webhook_key
from rebond.services.deliver_webhooks import deliver_webhooks
from rebond.services.keys import create_key, read_key
from rebond.services.webhooks import existing_subscription, send_test, subscribe
from rebond.store.models import ApiKey, WebhookSubscription
from rebond.store.read.webhooks import webhook_log
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PAGES = ("/administration/keys/", "/administration/webhooks/")


@pytest.fixture(autouse=True)
def secrets(site: Site) -> None:
    path = site.data / "secrets.toml"
    path.write_text(new_secrets())
    path.chmod(0o600)


def a_key(site: Site, **changes: Any) -> Any:
    given = {"role": Role.OPERATOR, "scopes": [Operation.CHECK], "secret": "0" * 64, "actor": "console:ada"}
    return create_key("the shop", **{**given, "now": site.clock.now(), **changes})


def a_webhook(site: Site) -> int:
    made = subscribe(
        "https://shop.example/hook",
        events=[EventType.ADDRESS_QUARANTINED],
        name="shop",
        salt="x",
        site=site.webhooks,
        now=site.clock.now(),
        actor="console:ada",
    )
    return made.row.number


@pytest.mark.parametrize("role", [Role.DELIVERABILITY, Role.OPERATOR, Role.VIEWER])
def test_others_than_administrators_are_refused_and_see_no_entry(site: Site, client_as: ClientAs, role: Role) -> None:
    client, number = client_as(role), a_webhook(site)
    a_key(site)
    pages = [
        *PAGES,
        "/administration/keys/new/",
        "/administration/keys/1/revoke/",
        f"/administration/webhooks/{number}/",
    ]
    for page in pages:
        assert client.get(page).status_code == 403
    for page in ("test", "secret", "replay", "remove"):
        assert client.post(f"/administration/webhooks/{number}/{page}/").status_code == 403
    menu = client.get("/").content.decode()
    assert not any(page in menu for page in PAGES)
    assert ApiKey.objects.filter(revoked_at__isnull=True).count() == WebhookSubscription.objects.count() == 1


def test_empty_lists_say_what_to_do(client_as: ClientAs) -> None:
    client = client_as()
    assert "Make one for each program" in client.get(PAGES[0]).content.decode()
    assert "Nobody is told yet." in client.get(PAGES[1]).content.decode()
    assert all(page in client.get("/").content.decode() for page in PAGES)


def test_a_key_is_made_shown_once_and_revoked(site: Site, client_as: ClientAs) -> None:
    client = client_as()
    form = {"name": "the shop", "role": "operator", "days": "90", "scopes": ["check", "deliveries.read"]}
    shown = client.post("/administration/keys/new/", form).content.decode()
    text = shown.partition('value="rbd_')[2].partition('"')[0]
    caller = read_key(f"rbd_{text}", now=site.clock.now())
    assert caller.person.scopes == {Operation.CHECK, Operation.READ_DELIVERIES}
    listed = client.get(PAGES[0]).content.decode()
    assert "the shop" in listed
    assert "Check addresses, Read deliveries" in listed
    assert text.rpartition("_")[2] not in listed
    page = f"/administration/keys/{caller.key}/revoke/"
    assert "opens nothing any more" in client.get(page).content.decode()
    assert client.post(page, {"because": "left"}).status_code == 302
    assert "Revoked" in client.get(PAGES[0]).content.decode()
    assert client.post(page).status_code == 409
    assert client.get("/administration/keys/999/revoke/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "This field is required."),
        ({"scopes": ["keys.write"]}, "the role operator may not do keys.write"),
        ({"scopes": ["moon"]}, "Select a valid choice"),
        ({"days": "9"}, "Select a valid choice"),
    ],
)
def test_what_no_key_can_be_is_told_beside_the_field(client_as: ClientAs, changes: Any, words: str) -> None:
    form = {"name": "the shop", "role": "operator", "days": "90", "scopes": ["check"], **changes}
    answer = client_as().post("/administration/keys/new/", form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_webhook_is_added_tried_told_again_and_removed(site: Site, client_as: ClientAs) -> None:
    client = client_as()
    form = {"url": "https://shop.example/hook", "name": "shop", "events": ["address.quarantined"]}
    assert "whsec_" in client.post("/administration/webhooks/new/", form).content.decode()
    number = WebhookSubscription.objects.get().pk
    page = f"/administration/webhooks/{number}/"
    assert "It was told nothing yet." in client.get(page).content.decode()
    assert client.post(f"{page}test/").status_code == 302
    assert "Waiting" in client.get(page).content.decode()
    deliver_webhooks(post=lambda *_: 503, key=webhook_key(site.data), clock=site.clock)
    shown = client.get(page).content.decode()
    assert "503" in shown
    assert "tried again" in shown
    WebhookSubscription.objects.get().webhookdelivery_set.update(state="delivered")
    (line,) = webhook_log(number)
    assert client.get(f"{page}?state=failed").content.decode().count("None is in this state.") == 1
    assert client.post(f"{page}replay/", {"line": line.number}).status_code == 302
    assert client.post(f"{page}replay/", {"line": "x"}).status_code == 422
    assert webhook_log(number)[0].state.value == "waiting"
    assert "For 24 hours" in client.post(f"{page}secret/").content.decode()
    edited = client.post(f"{page}edit/", {"url": "https://shop.example/other", "name": "", "events": []})
    assert edited.status_code == 302
    row = existing_subscription(number)
    assert (row.url, row.active, row.events) == ("https://shop.example/other", False, ())
    assert client.get(f"{page}remove/").status_code == 200
    assert client.post(f"{page}remove/").status_code == 302
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("url", ["", "http://shop.example/hook", "https://u:p@shop.example/", "shop"])
def test_an_address_that_cannot_be_is_told_beside_the_field(client_as: ClientAs, url: str) -> None:
    answer = client_as().post("/administration/webhooks/new/", {"url": url})
    assert answer.status_code == 422
    assert "errors" in answer.content.decode()
    assert not WebhookSubscription.objects.exists()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pages_hold_on_a_phone_and_a_wide_screen(desk: Callable[..., Desk], site: Site, language: str) -> None:
    a_key(site)
    number = a_webhook(site)
    send_test(number, now=site.clock.now())
    deliver_webhooks(post=lambda *_: 503, key=webhook_key(site.data), clock=site.clock)
    for width in (390, 1440):
        window = desk(language=language, width=width)
        for page in (*PAGES, "/administration/keys/new/", f"/administration/webhooks/{number}/"):
            window.open(page)
            assert window.fits(), page
