"""`/landing-pages` and `/subscriptions/pending`."""

from dataclasses import replace
from typing import Any

import pytest

from rebond.config import Config
from rebond.core.permissions import Operation
from rebond.core.words import Role
from rebond.store.models import OptInRequest
from rebond.web.current import serve
from rebond.wiring import Site
from tests.api.conftest import Asker, KeyFor, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PAGE: dict[str, Any] = {
    "services": ["Newsletter"],
    "sender": "Shop <news@shop.example>",
    "active": True,
    "languages": ["en", "fr"],
    "fields": [{"name": "city", "label": {"fr": "Ville"}}],
}
PENDING = {"page": "news", "address": "ann@example.org", "asked_from": "203.0.113.9"}


@pytest.fixture
def page(asker: Asker, site: Site) -> Any:
    serve(replace(site, config=Config.model_validate({"site": {"public_url": "https://news.example"}})))
    asker.post("/services", {"name": "Newsletter"})
    return asker.ask("PUT", "/landing-pages/news", PAGE)


def test_a_page_is_made_shown_replaced_and_removed(asker: Asker, page: Any) -> None:
    assert page.status_code == 200
    made = page.json()
    assert (made["slug"], made["url"], made["theme"]) == ("news", "https://news.example/join/news", "blue")
    assert made["fields"][0]["label"] == {"en": "City", "fr": "Ville"}
    assert made["figures"] == dict.fromkeys(made["figures"], 0)
    again = asker.ask("PUT", "/landing-pages/news", {**PAGE, "name": "News", "theme": "red"})
    assert (again.json()["id"], again.json()["name"]) == (made["id"], "News")
    assert asker.get("/landing-pages").json()["items"] == [asker.get("/landing-pages/news").json()]
    assert asker.ask("DELETE", "/landing-pages/news").status_code == 204
    refused(asker.get("/landing-pages/news"), 404)


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("changes", [
    {"services": ["Nothing"]},
    {"sender": "nobody"},
    {"texts": {"en": {"mail_text": "no link"}}},
    {"texts": {"en": {"mail_text": "{{ confirm_url }} {{ first_name }}"}}},
    {"texts": {"en": {"mail_text": "{{ confirm_url }} {% for"}}},
    {"fields": [{"name": "email"}]},
])  # fmt: skip
def test_a_page_that_cannot_be_is_refused(asker: Asker, changes: dict[str, Any]) -> None:
    refused(asker.ask("PUT", "/landing-pages/news", {**PAGE, **changes}), 422)


def test_a_site_without_an_address_has_no_active_page(asker: Asker) -> None:
    asker.post("/services", {"name": "Newsletter"})
    assert "public_url" in refused(asker.ask("PUT", "/landing-pages/news", PAGE), 422)["detail"]
    assert asker.ask("PUT", "/landing-pages/news", {**PAGE, "active": False}).status_code == 200


@pytest.mark.usefixtures("page")
def test_a_site_s_own_form_asks_for_its_visitors_with_a_scope_of_its_own(key_for: KeyFor) -> None:
    form = key_for(Role.OPERATOR, scopes=[Operation.SUBSCRIBE])
    answer = form.post("/subscriptions/pending", {**PENDING, "fields": {"city": "Paris"}, "language": "fr"})
    assert (answer.status_code, answer.json()) == (202, {"status": "pending"})
    row = OptInRequest.objects.get()
    assert (row.source, row.asked_from, row.network) == ("api", "203.0.113.9", "203.0.113.0/24")
    assert (row.fields, row.text.language) == ({"city": "Paris"}, "fr")
    refused(form.get("/landing-pages/news/requests"), 403)
    refused(form.get("/profiles"), 403)


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(("changes", "field"), [
    ({"address": "nobody"}, "address"),
    ({"services": [999]}, "services"),
    ({"fields": {"name": "x"}}, "name"),
    ({"asked_from": "home"}, "asked_from"),
    ({"asked_from": "fe80::1%eth0"}, "asked_from"),
    ({"language": "de"}, "language"),
])  # fmt: skip
def test_what_cannot_be_used_is_named(asker: Asker, changes: dict[str, Any], field: str) -> None:
    answer = refused(asker.post("/subscriptions/pending", {**PENDING, **changes}), 422)
    assert answer["errors"][0]["field"].split(".")[0] == field


@pytest.mark.usefixtures("page")
def test_the_answer_tells_nothing_of_the_address(asker: Asker) -> None:
    asker.post("/imports", b"id,email\n1,ann@example.org\n", content_type="text/csv")
    answers = [
        asker.post("/subscriptions/pending", {**PENDING, "address": f"{name}@example.org"}) for name in ("ann", "bob")
    ]
    answers += [asker.post("/subscriptions/pending", PENDING) for _ in range(7)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"status": "pending"}')}
    assert OptInRequest.objects.count() == 6


@pytest.mark.usefixtures("page")
def test_requests_come_page_by_page(asker: Asker) -> None:
    for name in ("ann", "bob"):
        asker.post("/subscriptions/pending", {**PENDING, "address": f"{name}@example.org"})
    first = asker.get("/landing-pages/news/requests?limit=1").json()
    second = asker.get(f"/landing-pages/news/requests?limit=1&cursor={first['next']}").json()
    found = [row["address"] for page in (first, second) for row in page["items"]]
    assert found == ["bob@example.org", "ann@example.org"]
    assert (second["next"], second["items"][0]["status"]) == (None, "waiting")
    assert asker.get("/landing-pages/news").json()["figures"]["requested"] == 2
