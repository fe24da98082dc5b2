"""`/rules`: those in force, what others would change, taking them, and undoing that."""

from typing import Any

import pytest

from tests.api.conftest import Asker, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
RULE = {
    "id": "site-zorglub",
    "text": "(?i)zorglub finds the moon wrong",
    "type": "hard",
    "reason": "user_unknown",
    "cause": "no_such_user",
    "since": "2026-03-01",
    "source": "told by the receiver",
    "examples": ["550 Zorglub finds the moon wrong"],
}
EVENT = {
    "channel": "email",
    "address": "ada@shop.example",
    "event": "failure",
    "text": "550 Zorglub finds the moon wrong",
    "occurred_at": "2026-03-01T08:00:00Z",
}


def test_the_rules_come_page_by_page(asker: Asker) -> None:
    first = asker.get("/rules?limit=2&level=general").json()
    assert len(first["items"]) == 2
    second = asker.get(f"/rules?limit=2&level=general&cursor={first['next']}").json()
    ids = [one["id"] for page in (first, second) for one in page["items"]]
    assert len(set(ids)) == 4
    shown = asker.get(f"/rules/{ids[0]}").json()
    assert shown["id"] == ids[0]
    assert shown["text"]


def test_a_cursor_holds_for_its_list_and_filters_alone(asker: Asker) -> None:
    cursor = asker.get("/rules?limit=2&level=general").json()["next"]
    for path in (f"/rules?limit=2&cursor={cursor}", f"/rules?level=provider&cursor={cursor}", "/rules?cursor=abc"):
        told = refused(asker.get(path), 422)
        assert told["detail"] == "the cursor is from elsewhere"
        assert told["errors"][0]["field"] == "cursor"
    assert asker.get(f"/rules?limit=5&level=general&cursor={cursor}").status_code == 200


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "level=own", "channel=fax", "cursor=" + "x" * 5000]
)
def test_a_list_that_cannot_be_is_refused(asker: Asker, query: str) -> None:
    refused(asker.get(f"/rules?{query}"), 422)


def test_from_a_test_to_a_rule_and_back(asker: Asker) -> None:
    asker.post("/events", {"events": [EVENT]})
    assert asker.post("/rules/test", {"rules": [RULE]}).json() == {"ok": True, "problems": []}
    tried = asker.post("/rules/backtest", {"rules": [RULE]}).json()
    assert (tried["failures_changed"], tried["entering_quarantine"]) == (1, 1)
    assert asker.get("/rules?level=console").json()["items"] == []
    done = asker.post("/rules/apply", {"rules": [RULE], "because": "they told us"})
    assert done.status_code == 200
    operation = done.json()
    assert (operation["step"], operation["rules"], operation["failures"]) == ("done", ["site-zorglub"], 1)
    assert [one["id"] for one in asker.get("/rules?level=console").json()["items"]] == ["site-zorglub"]
    assert not asker.post("/check", {"addresses": ["ada@shop.example"]}).json()["results"][0]["allowed"]
    assert asker.post("/rules/apply", {"rules": [RULE]}).json() == {"operation": None, "step": "done"}
    number = operation["operation"]
    assert asker.post(f"/rules/operations/{number}/undo", {"because": "wrong"}).json()["step"] == "undone"
    assert asker.get(f"/rules/operations/{number}").json()["undone_because"] == "wrong"
    assert asker.post("/check", {"addresses": ["ada@shop.example"]}).json()["results"][0]["allowed"]
    refused(asker.post(f"/rules/operations/{number}/undo", {}), 409)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({**RULE, "text": "(unclosed"}, "pattern"),
        ({**RULE, "text": r"(a)\1"}, "site-zorglub"),
        ({**RULE, "examples": ["250 ok"]}, "example"),
        ({**RULE, "reason": "moon"}, "moon"),
        ({**RULE, "pattern": "x"}, "pattern"),
        ({"id": "site-x"}, "site-x"),
        ({**RULE, "id": 5}, "id"),
        ({**RULE, "id": "a/b"}, "a/b"),
        ({**RULE, "examples": 5}, "examples"),
        ({**RULE, "text": 5}, "text"),
    ],
)
def test_a_rule_that_cannot_be_is_told_why(asker: Asker, rule: dict[str, Any], words: str) -> None:
    tested = asker.post("/rules/test", {"rules": [rule]}).json()
    assert not tested["ok"]
    assert words in " ".join(tested["problems"])
    told = refused(asker.post("/rules/apply", {"rules": [rule]}), 422)
    assert words in str(told)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/rules/none", None, 404),
        ("GET", "/rules/operations/999", None, 404),
        ("POST", "/rules/operations/999/undo", {}, 404),
        ("POST", "/rules/operations/0/undo", {}, 422),
        ("POST", "/rules/apply", {"remove": ["site-none"]}, 404),
        ("POST", "/rules/backtest", {"rules": [RULE, RULE]}, 422),
        ("POST", "/rules/backtest", {"rules": [{}] * 101}, 422),
        ("POST", "/rules/apply", {"anyway": "yes"}, 422),
        ("POST", "/rules/apply", {"force": True}, 422),
    ],
)
def test_what_cannot_be_done_is_refused(asker: Asker, method: str, path: str, body: Any, status: int) -> None:
    refused(asker.ask(method, path, body), status)
