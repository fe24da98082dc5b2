"""`/segments`, `/lists`, `/services`, `/subscriptions`, `/templates` and `/quarantine/operations`."""

from typing import Any

import pytest

from rebond.services.bulk import carry_on
from rebond.services.bulk_steps import Acting
from rebond.wiring import Site
from tests.api.conftest import Asker, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PEOPLE = b"id,email,city\n1,ada@shop.example,Paris\n2/b,bob@shop.example,Lyon\n"
PARIS = {"match": "all", "parts": [{"field": "city", "operator": "equals", "value": "Paris"}]}
CONTENT = {"sender": "Shop <news@shop.example>", "subject": "Hello", "text": "Hello {{ unsubscribe_url }}"}


@pytest.fixture
def people(asker: Asker) -> None:
    asker.post("/imports", PEOPLE, content_type="text/csv")


@pytest.mark.usefixtures("people")
def test_profiles_come_page_by_page(asker: Asker) -> None:
    first = asker.get("/profiles?limit=1").json()
    second = asker.get(f"/profiles?limit=1&cursor={first['next']}").json()
    assert [row["profile"] for page in (first, second) for row in page["items"]] == ["2/b", "1"]
    assert [row["profile"] for row in asker.get("/profiles?who=ADA@shop.example").json()["items"]] == ["1"]


@pytest.mark.usefixtures("people")
def test_a_segment_is_made_counted_changed_and_removed(asker: Asker) -> None:
    made = asker.post("/segments", {"name": "Parisians", "filter": PARIS})
    assert (made.status_code, made.json()["people"], made.json()["whole"]) == (201, 1, True)
    path = f"/segments/{made.json()['id']}"
    everybody = {"match": "any", "parts": [*PARIS["parts"], {"field": "city", "operator": "is_not_empty"}]}
    assert asker.ask("PUT", path, {"name": "All", "filter": everybody}).json()["people"] == 2
    assert asker.get(path).json()["name"] == "All"
    assert [row["name"] for row in asker.get("/segments").json()["items"]] == ["All"]
    assert asker.ask("DELETE", path).status_code == 204
    refused(asker.get(path), 404)


@pytest.mark.usefixtures("people")
def test_people_join_lists_and_services(asker: Asker) -> None:
    number = asker.post("/lists", {"name": "Friends"}).json()["id"]
    assert asker.ask("PUT", f"/lists/{number}/2/b").json() == {"profile": "2/b", "changed": True}
    assert not asker.ask("PUT", f"/lists/{number}/2/b").json()["changed"]
    assert asker.get("/lists").json()["items"][0]["number"] == 1
    assert asker.ask("DELETE", f"/lists/{number}/2/b").json()["changed"]
    assert asker.ask("DELETE", f"/lists/{number}").status_code == 204
    service = asker.post("/services", {"name": "News"}).json()["id"]
    assert asker.post("/subscriptions", {"service": service, "profile": "1"}).json()["changed"]
    assert asker.get(f"/services/{service}").json()["number"] == 1
    assert asker.ask("DELETE", f"/subscriptions?service={service}&profile=1").json()["changed"]
    assert [row["name"] for row in asker.get("/services").json()["items"]] == ["News"]
    assert asker.ask("DELETE", f"/services/{service}").status_code == 204


def test_a_template_gives_its_settings_to_deliveries(asker: Asker) -> None:
    made = asker.post("/templates", {**CONTENT, "name": "Monthly", "validity": "3d"})
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    delivery = asker.post("/deliveries", {"name": "March", "template": number, "subject": "March"}).json()
    assert (delivery["subject"], delivery["sender"], delivery["template"]) == ("March", CONTENT["sender"], number)
    assert delivery["validity_seconds"] == 3 * 86400
    changed = asker.ask("PUT", f"/templates/{number}", {**CONTENT, "name": "Weekly"}).json()
    assert (changed["name"], changed["id"]) == ("Weekly", number)
    assert asker.get(f"/templates/{number}").json()["subject"] == "Hello"
    assert [row["name"] for row in asker.get("/templates").json()["items"]] == ["Weekly"]
    assert asker.ask("DELETE", f"/templates/{number}").status_code == 204
    refused(asker.get(f"/templates/{number}"), 404)


@pytest.mark.usefixtures("people")
def test_a_delivery_goes_to_a_segment(asker: Asker) -> None:
    segment = asker.post("/segments", {"name": "Parisians", "filter": PARIS}).json()["id"]
    target = {"kind": "segment", "id": segment}
    made = asker.post("/deliveries", {**CONTENT, "name": "March", "target": target}).json()
    assert (made["target"], made["target_ref"]) == ("segment", segment)
    changed = asker.ask("PATCH", f"/deliveries/{made['id']}", {"target": {"kind": "all"}}).json()
    assert (changed["target"], changed["target_ref"]) == ("all", None)


def test_many_addresses_are_released_as_one_operation_and_put_back(asker: Asker, site: Site) -> None:
    for name in ("ada", "bob"):
        given = {"address": f"{name}@shop.example", "status": "quarantined", "because": "x"}
        asker.post("/quarantine", given)
    wanted = {"kind": "release", "selection": {"domain": "shop.example"}}
    tried = asker.post("/quarantine/operations/dry-run", wanted).json()
    assert (tried["count"], tried["changed"], tried["changes"]) == (2, 2, {"quarantined": 2})
    begun = asker.post("/quarantine/operations", {**wanted, "because": "outage", "expected": tried["changed"]})
    assert begun.status_code == 202
    number = begun.json()["operation"]
    acting = Acting(policy=site.policy, actor="worker", now=site.clock.now)
    carry_on(number, acting=acting)
    done = asker.get(f"/quarantine/operations/{number}").json()
    assert (done["step"], done["changed"], done["selection"]) == ("done", 2, {"domain": "shop.example"})
    assert asker.get("/quarantine/email/ada@shop.example").json()["status"] == "valid"
    assert asker.post(f"/quarantine/operations/{number}/undo", {"because": "no"}).status_code == 202
    carry_on(number, acting=acting)
    assert asker.get("/quarantine/operations").json()["items"][0]["put_back"] == 2
    assert asker.get("/quarantine/email/ada@shop.example").json()["status"] == "quarantined"
    refused(asker.post(f"/quarantine/operations/{number}/undo", {"because": "no"}), 409)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/segments", {"name": "x", "filter": {"match": "some", "parts": []}}, 422),
        ("POST", "/segments", {"name": "x", "filter": {**PARIS, "not": True}}, 422),
        ("POST", "/segments", {"name": " ", "filter": PARIS}, 422),
        ("POST", "/segments", {"filter": PARIS}, 422),
        ("GET", "/segments/999", None, 404),
        ("POST", "/lists", {"name": ""}, 422),
        ("PUT", "/lists/999/1", None, 404),
        ("POST", "/subscriptions", {"service": 999, "profile": "1"}, 404),
        ("POST", "/subscriptions", {"service": "1", "profile": "1"}, 422),
        ("DELETE", "/subscriptions?service=999&profile=1", None, 404),
        ("DELETE", "/services/999", None, 404),
        ("POST", "/templates", {"name": "x", "channel": "sms"}, 422),
        ("POST", "/templates", {"name": "x", "target": {"kind": "segment", "id": 999}}, 422),
        ("POST", "/deliveries", {**CONTENT, "name": "x", "template": 999}, 404),
        ("POST", "/deliveries", {**CONTENT, "name": "x", "target": {"kind": "segment"}}, 422),
        ("POST", "/deliveries", {**CONTENT, "name": "x", "target": {"kind": "all", "id": 1}}, 422),
        ("POST", "/quarantine/operations/dry-run", {"kind": "release", "selection": {}}, 422),
        ("POST", "/quarantine/operations/dry-run", {"kind": "import", "selection": {"text": "x"}}, 422),
        ("POST", "/quarantine/operations", {"kind": "release", "selection": {"text": "x"}, "because": "x"}, 422),
        ("GET", "/quarantine/operations/999", None, 404),
        ("POST", "/quarantine/operations/999/undo", {"because": "x"}, 404),
    ],
)
def test_what_cannot_be_done_is_refused(asker: Asker, method: str, path: str, body: Any, status: int) -> None:
    refused(asker.ask(method, path, body), status)


def test_another_systems_list_is_taken_in(asker: Asker, site: Site) -> None:
    body = (
        b"channel,address,status,reason,date\nemail,ada@shop.example,quarantined,user_unknown,2026-03-01\nemail,x,,,\n"
    )
    begun = asker.post("/quarantine/imports?because=old+system", body, content_type="text/csv")
    assert begun.status_code == 202, begun.content
    told = begun.json()
    assert (told["kind"], told["read"]["rows"], told["read"]["rejected"]) == ("import", 2, 1)
    assert told["read"]["rejected_lines"][0]["line"] == 3
    carry_on(told["operation"], acting=Acting(policy=site.policy, actor="worker", now=site.clock.now))
    assert asker.get("/quarantine/email/ada@shop.example").json()["status"] == "quarantined"
    for query, text in (("", body), ("?because=x", b"moon,sun\n1,2\n"), ("?because=x&encoding=klingon", body)):
        refused(asker.post(f"/quarantine/imports{query}", text, content_type="text/csv"), 422)


def test_nothing_is_begun_where_nothing_would_change(asker: Asker) -> None:
    given = {"kind": "release", "selection": {"text": "x"}, "because": "x", "expected": 0}
    assert "no address would change" in refused(asker.post("/quarantine/operations", given), 409)["detail"]
