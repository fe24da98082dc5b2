"""`/check`, `/events`, `/qualify` and `/tokens`."""

import base64
import json
from typing import Any

import pytest

from rebond.core.words import AddressStatus, Channel
from rebond.services.people import read_address, tell
from rebond.wiring import Site
from tests.api.conftest import Asker, refused
from tests.conftest import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
EVENT = {
    "channel": "email",
    "address": "a@shop.example",
    "event": "failure",
    "text": "550 5.1.1 user unknown",
    "occurred_at": "2026-03-01T08:00:00Z",
}


def test_each_address_is_answered_in_its_place(asker: Asker, site: Site) -> None:
    address = read_address("gone@shop.example", channel=Channel.EMAIL)
    told = {"because": "x", "actor": "test", "policy": site.policy, "now": site.clock.now()}
    tell(address, status=AddressStatus.QUARANTINED, **told)  # type: ignore[arg-type]
    answer = asker.post("/check", {"addresses": ["a@shop.example", "GONE@shop.example", "no", ""]})
    assert [(one["allowed"], one["reason"]) for one in answer.json()["results"]] == [
        (True, None),
        (False, "quarantined"),
        (False, "invalid_address"),
        (False, "address_empty"),
    ]
    assert asker.post("/check", {"addresses": ["+33612345678"], "channel": "sms"}).json()["results"][0]["allowed"]
    assert asker.post("/check", {"addresses": []}).json() == {"results": []}


@pytest.mark.parametrize(("path", "name", "item"), [("/check", "addresses", "a@b.example"), ("/events", "events", {})])
def test_ten_thousand_items_and_no_more(asker: Asker, path: str, name: str, item: Any) -> None:
    answer = asker.post(path, {name: [item] * 10_000})
    assert len(answer.json()["results"]) == 10_000
    told = refused(asker.post(path, {name: [item] * 10_001}), 413)
    assert told["errors"][0]["field"] == name
    assert "10,001" in told["detail"]


def test_events_are_answered_one_by_one(asker: Asker) -> None:
    bad = [{**EVENT, "event": "eaten"}, {**EVENT, "typ": "hard"}, [], "x", json.dumps(EVENT), 7, None]
    later = {**EVENT, "id": "7", "occurred_at": "2026-03-02T08:00:00+01:00"}
    answer = asker.post("/events", {"events": [EVENT, *bad, EVENT, later]})
    told = answer.json()
    assert (told["stored"], told["duplicates"], told["rejected"]) == (2, 1, len(bad))
    statuses = [one["status"] for one in told["results"]]
    assert statuses == ["stored", *["rejected"] * len(bad), "duplicate", "stored"]
    assert "did you mean 'type'" in told["results"][2]["reason"]
    assert "must be a JSON object" in told["results"][3]["reason"]
    again = asker.post("/events", {"events": [EVENT]}).json()
    assert (again["stored"], again["duplicates"]) == (0, 1)


def test_events_come_as_lines_too(asker: Asker) -> None:
    lines = b"\n" + json.dumps(EVENT).encode() + b"\n\nnonsense\n"
    told = asker.post("/events", lines, content_type="application/x-ndjson").json()
    assert [one["status"] for one in told["results"]] == ["stored", "rejected"]


@pytest.mark.parametrize("body", [{}, {"events": {}}, {"events": [], "trust": "signed"}, []])
def test_what_is_no_list_of_events_is_refused(asker: Asker, body: Any) -> None:
    refused(asker.post("/events", body), 422)


def test_a_reply_and_a_mail_are_judged(asker: Asker) -> None:
    told = asker.post("/qualify", {"text": "552 5.2.2 mailbox full", "provider": "gmail"}).json()
    (failure,) = told["failures"]
    assert (told["kind"], failure["type"], failure["reason"]) == ("bounce", "soft", "mailbox_full")
    raw = next((SAMPLES / "gmail").glob("*.eml")).read_bytes()
    sent = asker.post("/qualify", raw, content_type="message/rfc822").json()
    assert sent["failures"]
    assert asker.post("/qualify", {"mail": base64.b64encode(raw).decode()}).json() == sent


def test_a_complaint_has_its_recipient_and_no_type(asker: Asker) -> None:
    raw = next((SAMPLES / "arf").glob("*.eml")).read_bytes()
    told = asker.post("/qualify", raw, content_type="message/rfc822").json()
    assert told["kind"] == "complaint"
    assert {(one["type"], one["cause"]) for one in told["failures"]} == {(None, "complaint")}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "x", "mail": "eA=="}, "text"),
        ({"mail": "%%"}, "mail"),
        ({"text": "x", "channel": "fax"}, "channel"),
        ({"text": "x", "phase": "later"}, "phase"),
        ({"text": "x", "code": 1000}, "code"),
        ({"text": 5}, "text"),
        ({"text": "x", "txt": "x"}, "txt"),
    ],
)
def test_what_cannot_be_judged_is_refused(asker: Asker, body: Any, field: str) -> None:
    told = refused(asker.post("/qualify", body), 422)
    assert field in {one["field"] for one in told["errors"]}


def test_nonsense_as_a_mail_is_ordinary_mail(asker: Asker) -> None:
    assert asker.post("/qualify", b"\xff\0", content_type="message/rfc822").json()["kind"] == "other"


def test_a_token_is_signed_and_read(asker: Asker) -> None:
    signed = asker.post("/tokens", {"message": 7}).json()
    assert signed["return_path"] == f"b+{signed['token']}@bounce.shop.example"
    read = asker.post("/tokens/read", {"token": signed["return_path"]}).json()
    assert (read["valid"], read["message"], read["problem"]) == (True, 7, None)
    cut = asker.post("/tokens/read", {"token": signed["token"][:-1]}).json()
    assert (cut["valid"], cut["problem"]) == (False, "malformed")


@pytest.mark.parametrize("message", [0, -1, 2**63, "7", 1.5, None, True])
def test_no_token_for_what_is_no_message(asker: Asker, message: Any) -> None:
    refused(asker.post("/tokens", {"message": message}), 422)
