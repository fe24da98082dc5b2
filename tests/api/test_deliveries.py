"""`/deliveries`: from a draft to its report."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rebond.core.ports import Outcome, OutcomeKind, Outgoing
from rebond.services.prepare import prepare
from rebond.wiring import Site
from tests.api.conftest import Asker, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
DRAFT = {
    "name": "March",
    "sender": "Shop <news@shop.example>",
    "subject": "Hello {{ first_name }}",
    "text": "Hello {{ first_name }}\n{{ unsubscribe_url }}\n",
}
PEOPLE = b"id,email,first_name\n1,ada@shop.example,Ada\n2,bob@shop.example,Bob\n3,ada@shop.example,Ada\n4,,Eve\n"


@pytest.fixture
def delivery(asker: Asker) -> int:
    made = asker.post("/deliveries", DRAFT)
    assert made.status_code == 201, made.content
    number: int = made.json()["id"]
    target = asker.ask("PUT", f"/deliveries/{number}/target", PEOPLE, content_type="text/csv")
    assert target.json()["created"] == 4
    return number


def test_from_a_draft_to_a_report(asker: Asker, delivery: int, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("rebond.api.deliveries.ask", lambda name, **about: asked.append((name, about)))
    path = f"/deliveries/{delivery}"
    begun = asker.post(f"{path}/prepare")
    assert (begun.status_code, begun.json()) == (202, {"id": delivery, "status": "preparing"})
    prepare(
        delivery,
        content=site.content,
        providers=site.providers,
        policy=site.policy,
        now=site.clock.now(),
        actor="worker",
    )
    report = asker.get(f"{path}/report").json()
    assert (report["target"], report["messages"], report["reconciled"]) == (4, 2, True)
    assert report["exclusions"] == {"address_empty": 1, "duplicate": 1}
    logged = asker.get(f"{path}/messages?limit=1").json()
    assert logged["items"][0]["profile"] == "1"
    more = asker.get(f"{path}/messages?limit=1&cursor={logged['next']}").json()
    assert (more["items"][0]["address"], more["next"]) == ("bob@shop.example", None)
    assert len(asker.get(f"{path}/messages?who=bob@shop.example").json()["items"]) == 1
    excluded = asker.get(f"{path}/exclusions?reason=duplicate").json()["items"]
    assert [row["profile"] for row in excluded] == ["3"]
    later = (site.clock.now() + timedelta(hours=2)).isoformat()
    assert asker.post(f"{path}/schedule", {"at": later}).json()["status"] == "scheduled"
    assert asker.get(path).json()["scheduled_at"]
    assert asker.post(f"{path}/unschedule").json()["status"] == "prepared"
    refused(asker.post(f"{path}/unschedule"), 409)
    refused(asker.post(f"{path}/schedule", {"at": "2020-01-01T09:00:00Z"}), 422)
    refused(asker.post(f"{path}/schedule", {"at": "2030-01-01T09:00:00"}), 422)
    assert asker.post(f"{path}/send").json()["status"] == "sending"
    assert asker.post(f"{path}/pause").json()["status"] == "paused"
    refused(asker.post(f"{path}/pause"), 409)
    assert asker.post(f"{path}/resume").json()["status"] == "sending"
    assert asker.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert asker.get(path).json()["status"] == "cancelled"
    assert [name for name, _ in asked] == ["prepare", "send", "send"]
    assert all(about == {"delivery": delivery} for _, about in asked)


def test_a_proof_goes_to_chosen_addresses(asker: Asker, delivery: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/deliveries/{delivery}/proof"
    answer = asker.post(path, {"to": ["chief@shop.example"]})
    assert "name a profile" in refused(answer, 422)["detail"]
    monkeypatch.setattr("rebond.services.proof._hand_over", accepted)
    told = asker.post(path, {"to": ["chief@shop.example"], "profile": "1"}).json()
    assert told == {
        "profile": "1",
        "items": [{"address": "chief@shop.example", "accepted": True, "text": "250 b'Subject: Hello Ada'"}],
    }
    refused(asker.post(path, {"to": []}), 422)
    refused(asker.post(path, {"to": ["nobody"], "profile": "1"}), 422)
    refused(asker.post(path, {"to": ["a@shop.example"], "profile": "99"}), 404)
    refused(asker.post("/deliveries/999/proof", {"to": ["a@shop.example"]}), 404)


def accepted(window: Sequence[Outgoing], sender: object) -> dict[int, Outcome]:
    """Take each proof, and say its subject."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    subjects = {one.message: one.content.partition(b"Subject: ")[2].partition(b"\r\n")[0] for one in window}
    return {
        number: Outcome(message=number, kind=OutcomeKind.ACCEPTED, at=at, text=f"250 {b'Subject: ' + subject!r}")
        for number, subject in subjects.items()
    }


def test_a_delivery_is_edited_by_what_is_named(asker: Asker, delivery: int) -> None:
    path = f"/deliveries/{delivery}"
    changed = asker.ask("PATCH", path, {"subject": "", "validity": "3d", "retries": "2x1h", "verify": "all"}).json()
    assert (changed["name"], changed["subject"], changed["verify"]) == ("March", "", "all")
    assert (changed["validity_seconds"], changed["retries_seconds"]) == (259200, [3600, 3600])
    assert any("subject" in words for words in changed["red"])
    assert asker.ask("PATCH", path, {"target": {"kind": "all"}}).json()["target"] == "all"


def test_deliveries_come_page_by_page(asker: Asker) -> None:
    made = [asker.post("/deliveries", {**DRAFT, "name": f"No. {n}"}).json()["id"] for n in range(3)]
    first = asker.get("/deliveries?limit=2").json()
    second = asker.get(f"/deliveries?limit=2&cursor={first['next']}").json()
    assert [row["id"] for page in (first, second) for row in page["items"]] == made[::-1]
    assert [row["name"] for row in asker.get("/deliveries?name=no.%201").json()["items"]] == ["No. 1"]
    assert asker.get("/deliveries?status=sending").json()["items"] == []


def test_making_one_twice_by_one_key_makes_one(asker: Asker) -> None:
    answers = [asker.post("/deliveries", DRAFT, Idempotency_Key="march") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len(asker.get("/deliveries").json()["items"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/deliveries", {}, 422),
        ("POST", "/deliveries", {**DRAFT, "name": " "}, 422),
        ("POST", "/deliveries", {**DRAFT, "channel": "sms"}, 422),
        ("POST", "/deliveries", {**DRAFT, "validity": "soon"}, 422),
        ("POST", "/deliveries", {**DRAFT, "validity": "99999d"}, 422),
        ("POST", "/deliveries", {**DRAFT, "retries": "often"}, 422),
        ("POST", "/deliveries", {**DRAFT, "duplicates": "yes"}, 422),
        ("POST", "/deliveries", {**DRAFT, "from": "x"}, 422),
        ("PATCH", "/deliveries/999", {"subject": "x"}, 404),
        ("PATCH", "/deliveries/{}", {}, 422),
        ("GET", "/deliveries/999", None, 404),
        ("GET", "/deliveries/999/report", None, 404),
        ("GET", "/deliveries/999/messages", None, 404),
        ("GET", "/deliveries/999/exclusions", None, 404),
        ("GET", "/deliveries/{}/messages?status=eaten", None, 422),
        ("GET", "/deliveries/x", None, 422),
        ("GET", "/deliveries/99999999999999999999", None, 422),
        ("POST", "/deliveries/999/prepare", None, 404),
        ("POST", "/deliveries/{}/prepare", {"verify": "all"}, 422),
        ("POST", "/deliveries/{}/send", None, 409),
        ("POST", "/deliveries/{}/pause", None, 409),
        ("POST", "/deliveries/{}/schedule", {"at": "9999-12-31T23:59:59Z"}, 422),
        ("POST", "/deliveries/999/unschedule", None, 404),
        ("POST", "/deliveries/{}/resume", None, 409),
        ("POST", "/deliveries/999/cancel", None, 404),
    ],
)
def test_what_cannot_be_done_is_refused(asker: Asker, method: str, path: str, body: Any, status: int) -> None:
    if "{}" in path:
        path = path.format(asker.post("/deliveries", DRAFT).json()["id"])
    refused(asker.ask(method, path, body), status)


def test_a_template_that_breaks_is_told_at_once(asker: Asker) -> None:
    made = asker.post("/deliveries", {**DRAFT, "text": "{% if %}"}).json()
    assert made["red"]


def test_a_file_of_another_shape_is_no_target(asker: Asker, delivery: int) -> None:
    answer = asker.ask("PUT", f"/deliveries/{delivery}/target", b"a,b\n1,2\n", content_type="text/csv")
    refused(answer, 422)
