"""`/quarantine` and `/qualifications`."""

from typing import Any

import pytest

from rebond.store.models import AuditEntry
from tests.api.conftest import Asker, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
TEXT = "550 Zorglub finds the moon wrong for {}@shop.example"


def tell(asker: Asker, *names: str, text: str = TEXT) -> None:
    events = [
        {
            "channel": "email",
            "address": f"{name}@shop.example",
            "event": "failure",
            "text": text.format(name),
            "occurred_at": f"2026-03-01T08:00:{place:02}Z",
        }
        for place, name in enumerate(names)
    ]
    told = asker.post("/events", {"events": events}).json()
    assert told["stored"] == len(names)


def test_addresses_come_page_by_page_in_each_order(asker: Asker) -> None:
    names = ("ada", "bob", "carl", "dora", "eve")
    tell(asker, *names, text="550 5.1.1 user unknown")
    for order in ("since", "errors", "address"):
        found: list[str] = []
        cursor = ""
        while cursor is not None:
            page = asker.get(f"/quarantine?limit=2&order={order}&status=quarantined&cursor={cursor}").json()
            found += [row["address"].partition("@")[0] for row in page["items"]]
            cursor = page["next"]
        assert sorted(found) == sorted(names)
    assert asker.get("/quarantine?domain=other.example").json() == {"items": [], "next": None}
    assert len(asker.get("/quarantine?text=USER+unknown&reason=user_unknown").json()["items"]) == 5
    assert asker.get("/quarantine?since_from=2027-01-01T00:00:00Z").json()["items"] == []


def test_a_cursor_of_another_list_is_refused(asker: Asker) -> None:
    tell(asker, "ada", "bob", text="550 5.1.1 user unknown")
    cursor = asker.get("/quarantine?limit=1").json()["next"]
    for path in (
        f"/quarantine?order=errors&cursor={cursor}",
        f"/quarantine?status=valid&cursor={cursor}",
        f"/deliveries?cursor={cursor}",
        f"/quarantine?cursor={cursor[:-2]}",
        f"/quarantine?cursor={cursor}%00",
    ):
        refused(asker.get(path), 422)


def test_an_address_is_put_shown_and_released(asker: Asker) -> None:
    because = {"because": "they asked"}
    put = asker.ask("PUT", "/quarantine/email/ada@shop.example", {"status": "denylisted", **because})
    assert put.json()["status"] == "denylisted"
    shown = asker.get("/quarantine/email/ADA@shop.example").json()
    (evidence,) = shown["evidence"]
    assert (shown["status"], evidence["event"], evidence["text"]) == ("denylisted", "denylisted", "they asked")
    assert evidence["by"].startswith("key:")
    told = refused(asker.ask("DELETE", "/quarantine/email/ada@shop.example?because=x&seen=quarantined"), 409)
    assert "by now" in told["detail"]
    assert asker.ask("DELETE", "/quarantine/email/ada@shop.example?because=x").json()["status"] == "valid"
    refused(asker.ask("DELETE", "/quarantine/email/ada@shop.example?because=x"), 409)
    assert AuditEntry.objects.filter(action__startswith="address.").count() == 2


def test_an_address_may_hold_what_addresses_hold(asker: Asker) -> None:
    added = asker.post("/quarantine", {"address": "a/b+c@shop.example", "status": "quarantined", "because": "x"})
    assert (added.status_code, added.json()["channel"]) == (200, "email")
    assert asker.get("/quarantine/email/a%2Fb%2Bc@shop.example").json()["status"] == "quarantined"
    assert asker.get("/quarantine/push/a/b/c").json()["status"] == "valid"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/quarantine/email/nonsense", None, 422),
        ("GET", "/quarantine/fax/1", None, 422),
        ("PUT", "/quarantine/email/a@b.example", {"status": "valid", "because": "x"}, 422),
        ("PUT", "/quarantine/email/a@b.example", {"status": "quarantined"}, 422),
        ("PUT", "/quarantine/email/a@b.example", {"status": "quarantined", "because": " "}, 422),
        ("POST", "/quarantine", {"address": "x", "status": "quarantined", "because": "x"}, 422),
        ("DELETE", "/quarantine/email/a@b.example", None, 422),
        ("GET", "/quarantine?order=random", None, 422),
        ("GET", "/quarantine?since_from=2026-03-01T00:00:00", None, 422),
        ("GET", "/quarantine?domain=a%20b", None, 422),
        ("GET", "/quarantine?colour=red", None, 422),
    ],
)
def test_what_cannot_be_done_is_refused(asker: Asker, method: str, path: str, body: Any, status: int) -> None:
    refused(asker.ask(method, path, body), status)


def test_from_an_unknown_text_to_a_decision(asker: Asker) -> None:
    tell(asker, "ada", "bob", "carl")
    (row,) = asker.get("/qualifications").json()["items"]
    assert (row["status"], row["count"], row["reason"]) == ("to_qualify", 3, "not_defined")
    path = f"/qualifications/{row['id']}"
    shown = asker.get(path).json()
    assert (shown["alike"], shown["addresses"]) == ([row["id"]], 3)
    assert shown["pattern"]
    tried = asker.post(f"{path}/backtest", {"reason": "user_unknown"}).json()
    assert (tried["failures_changed"], tried["entering_quarantine"]) == (3, 3)
    done = asker.post(f"{path}/decide", {"reason": "user_unknown", "because": "they told us"}).json()
    assert (done["step"], done["failures"]) == ("done", 3)
    assert "decided already by key:" in refused(asker.post(f"{path}/decide", {"reason": "refused"}), 409)["detail"]
    assert asker.get("/qualifications").json()["items"] == []
    assert len(asker.get("/qualifications?status=keep").json()["items"]) == 1
    assert asker.get("/quarantine/email/ada@shop.example").json()["status"] == "quarantined"
    ignored = asker.post(f"{path}/decide", {"ignore": True})
    assert ignored.json()["kind"] == "ignore"
    assert asker.get("/quarantine/email/ada@shop.example").json()["status"] == "valid"


def test_an_alert_is_listed_and_acknowledged(asker: Asker) -> None:
    tell(asker, *(f"q{number}" for number in range(12)))
    (alert,) = asker.get("/alerts").json()["items"]
    assert (alert["kind"], alert["acknowledged_at"]) == ("unqualified_text", None)
    assert "Zorglub" in alert["words"]
    path = f"/alerts/{alert['id']}/acknowledge"
    assert asker.post(path, {"because": "mine"}).json()["acknowledged_because"] == "mine"
    refused(asker.post(path, {}), 409)
    refused(asker.post("/alerts/999/acknowledge", {}), 404)
    assert asker.get("/alerts?ended=true").json() == {"items": [], "next": None}


def test_texts_come_page_by_page(asker: Asker) -> None:
    for word in ("moon", "sun", "star"):
        tell(asker, "ada", text=f"550 Zorglub {word} {word} {word} for ada")
    first = asker.get("/qualifications?limit=2").json()
    second = asker.get(f"/qualifications?limit=2&cursor={first['next']}").json()
    assert len({row["id"] for page in (first, second) for row in page["items"]}) == 3
    assert second["next"] is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/qualifications/999/decide", {"reason": "refused"}, 404),
        ("/qualifications/999/decide", {}, 422),
        ("/qualifications/999/decide", {"reason": "moon"}, 422),
        ("/qualifications/999/decide", {"ignore": True}, 404),
        ("/qualifications/999/backtest", {"reason": "refused"}, 404),
        ("/qualifications/0/decide", {"reason": "refused"}, 422),
        ("/qualifications/1/decide", {"reason": "refused", "texts": ["2"]}, 422),
    ],
)
def test_what_cannot_be_decided_is_refused(asker: Asker, path: str, body: Any, status: int) -> None:
    refused(asker.post(path, body), status)


def test_a_pattern_that_cannot_be_is_refused(asker: Asker) -> None:
    tell(asker, "ada")
    (row,) = asker.get("/qualifications").json()["items"]
    path = f"/qualifications/{row['id']}"
    for pattern in ("(unclosed", r"(a)\1", "nothing of it"):
        for what in ("backtest", "decide"):
            refused(asker.post(f"{path}/{what}", {"reason": "refused", "pattern": pattern}), 422)
    refused(asker.get("/qualifications/999"), 404)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("path", ["/quarantine?since_from=", "/quarantine?until_to=", "/deliveries?since="])
def test_times_that_nothing_can_hold_are_refused(asker: Asker, path: str, at: str) -> None:
    assert "between the years" in str(refused(asker.get(path + at), 422))
