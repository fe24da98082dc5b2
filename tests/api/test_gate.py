"""What every request passes: key, rate, scope, form, idempotency; and every refusal is a problem."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.test import Client

from rebond.config_sections import ApiSection
from rebond.core.permissions import Operation
from rebond.core.words import Role
from rebond.services.keys import revoke_key
from rebond.services.repeats import begin
from rebond.store.models import KeptAnswer
from rebond.web.current import serve
from rebond.wiring import Site
from tests.api.conftest import Asker, KeyFor, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
CHECK = {"addresses": ["a@shop.example"]}


def test_a_key_opens_what_its_scopes_say(key_for: KeyFor) -> None:
    asker = key_for(Role.OPERATOR, scopes=[Operation.CHECK])
    answer = asker.post("/check", CHECK)
    assert answer.status_code == 200
    assert answer.headers["RateLimit-Limit"] == "6000"
    assert int(answer.headers["RateLimit-Remaining"]) == 5999
    assert 0 < int(answer.headers["RateLimit-Reset"]) <= 61
    told = refused(asker.post("/qualify", {"text": "550 no"}), 403)
    assert told["scope"] == "qualify"
    assert "has not the scope qualify" in told["detail"]


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer x", "Bearer rbd_1_" + "0" * 64, "bearer \0"])
def test_without_a_key_nothing_is_answered(site: Site, header: str) -> None:
    answer = Client().post("/api/v1/check", CHECK, "application/json", headers={"Authorization": header})
    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_that_is_over_opens_nothing(key_for: KeyFor, site: Site) -> None:
    now = site.clock.now()
    early = key_for(expires_at=now + timedelta(minutes=1), now=now - timedelta(days=1))
    late = key_for(expires_at=now - timedelta(minutes=1), now=now - timedelta(days=1))
    assert early.post("/check", CHECK).status_code == 200
    assert "over since" in refused(late.post("/check", CHECK), 401)["detail"]
    revoke_key(early.number, now=now, actor="test")
    assert "revoked" in refused(early.post("/check", CHECK), 401)["detail"]


def test_a_key_may_ask_so_often_a_minute(key_for: KeyFor, site: Site) -> None:
    config = site.config.model_copy(update={"api": ApiSection(requests_per_minute=2)})
    serve(replace(site, config=config))
    asker = key_for()
    assert [asker.post("/check", CHECK).status_code for _ in range(2)] == [200, 200]
    answer = asker.post("/check", CHECK)
    refused(answer, 429)
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert key_for().post("/check", CHECK).status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/check/", "/", "", "/qualify/../x"])
def test_other_addresses_are_not_found(asker: Asker, path: str) -> None:
    refused(asker.get(path), 404)
    refused(asker.post(path, {}), 404)


def test_the_root_of_the_api_is_no_page(asker: Asker) -> None:
    for path in ("/api/", "/api/v2/check"):
        refused(asker.client.get(path), 404)


def test_another_method_is_refused(asker: Asker) -> None:
    answer = asker.ask("DELETE", "/check")
    refused(answer, 405)
    assert "POST" in answer.headers["Allow"]


BAD_BODIES: list[tuple[bytes, int, str]] = [
    (b"", 415, "Content-Type"),
    (b"{", 400, "no JSON"),
    (b"\xff", 400, "not UTF-8"),
    (b'{"addresses": NaN}', 400, "no number"),
    (b"[" * 100_000, 400, "nested too deeply"),
    (b'{"addresses": ["\\ud800"]}', 422, "lone surrogate"),
    (b'{"addresses": ["a\\u0000"]}', 422, "NUL"),
    (b'{"addresses": ["\\\\\\u0000"]}', 422, "NUL"),
    ('{"addresses": ["a\\u0000"]}'.encode("utf-16"), 400, "not UTF-8"),
    ('{"addresses": ["a\\u0000"]}'.encode("utf-16-le"), 400, "no JSON"),
    (b'{"addresses": ["\xed\xa0\x80"]}', 400, "not UTF-8"),
    (b"[]", 422, "object"),
    (b"{}", 422, "missing"),
    (b'{"addresses": "a"}', 422, "list"),
    (b'{"addresses": [1]}', 422, "see errors"),
    (b'{"addresses": [], "channels": "sms"}', 422, "see errors"),
    (b'{"addresses": [], "channel": "fax"}', 422, "channel"),
    (b'{"addresses": [], "channel": {}}', 422, "channel"),
]


@pytest.mark.parametrize(("body", "status", "words"), BAD_BODIES)
def test_a_bad_body_is_refused(asker: Asker, body: bytes, status: int, words: str) -> None:
    assert words in refused(asker.post("/check", body), status)["detail"]


def test_a_text_that_speaks_of_an_escape_is_no_such_character(asker: Asker) -> None:
    told = asker.post("/check", b'\xef\xbb\xbf{"addresses": ["\\\\u0000\\\\ud800"]}')
    assert told.json()["results"] == [{"address": r"\u0000\ud800", "allowed": False, "reason": "invalid_address"}]


def test_each_wrong_field_is_named(asker: Asker) -> None:
    told = refused(asker.post("/tokens", {"message": 0, "day": 1}), 422)
    assert {one["field"] for one in told["errors"]} == {"message", "day"}
    assert "this field is unknown" in str(told["errors"])
    told = refused(asker.post("/check?page=1", CHECK), 422)
    assert told["errors"] == [{"field": "page", "problem": "this parameter is unknown"}]


def test_another_form_of_body_is_refused(asker: Asker) -> None:
    told = refused(asker.post("/check", b"a=b", content_type="application/x-www-form-urlencoded"), 415)
    assert "application/json" in told["detail"]


def test_a_body_that_is_too_large_is_refused(asker: Asker) -> None:
    large = b'{"addresses": ["' + b"x" * (16 * 1024 * 1024) + b'"]}'
    refused(asker.post("/check", large), 413)
    refused(asker.post("/tokens", large), 413)


def test_a_request_sent_again_is_done_once(asker: Asker) -> None:
    first = asker.post("/tokens", {"message": 7}, Idempotency_Key="a-1")
    again = asker.post("/tokens", {"message": 7}, Idempotency_Key="a-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    told = refused(asker.post("/tokens", {"message": 8}, Idempotency_Key="a-1"), 422)
    assert "another request" in told["detail"]
    assert asker.post("/tokens", {"message": 8}, Idempotency_Key="a-2").status_code == 200


def test_what_is_kept_cannot_be_read_in_the_database(asker: Asker) -> None:
    answer = asker.post("/tokens", {"message": 7}, Idempotency_Key="a")
    kept = bytes(KeptAnswer.objects.get().body)
    assert answer.json()["token"].encode() not in kept
    KeptAnswer.objects.update(body=kept[:-4] + b"AAA=")
    refused(asker.post("/tokens", {"message": 7}, Idempotency_Key="a"), 409)


def test_keys_do_not_share_their_idempotency_keys(key_for: KeyFor) -> None:
    one, other = key_for(), key_for()
    assert one.post("/tokens", {"message": 7}, Idempotency_Key="a").status_code == 200
    answer = other.post("/tokens", {"message": 8}, Idempotency_Key="a")
    assert answer.json()["message"] == 8


def test_while_the_first_one_is_at_work_the_second_is_told(asker: Asker, site: Site) -> None:
    assert begin(asker.number, "a", digest="of another", now=site.clock.now(), seal=b"x" * 32) is None
    refused(asker.post("/tokens", {"message": 7}, Idempotency_Key="a"), 422)
    KeptAnswer.objects.all().delete()
    assert asker.post("/tokens", {"message": 7}, Idempotency_Key="a").status_code == 200
    KeptAnswer.objects.update(status=None)
    assert "has not been answered" in refused(asker.post("/tokens", {"message": 7}, Idempotency_Key="a"), 409)["detail"]


def test_of_two_at_the_same_time_one_is_done(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    calls: list[Any] = []

    def slow(addresses: Any, **_: Any) -> list[None]:
        calls.append(addresses)
        begun.set()
        assert go_on.wait(30)
        return [None] * len(addresses)

    monkeypatch.setattr("rebond.api.addresses.check_batch", slow)

    def ask() -> int:
        try:
            status: int = asker.post("/check", CHECK, Idempotency_Key="a").status_code
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(ask)
        assert begun.wait(30)
        refused(asker.post("/check", CHECK, Idempotency_Key="a"), 409)
        go_on.set()
        assert first.result(30) == 200
    assert asker.post("/check", CHECK, Idempotency_Key="a").headers["Idempotency-Replayed"] == "true"
    assert len(calls) == 1


def test_what_was_refused_may_be_sent_again(asker: Asker) -> None:
    refused(asker.post("/tokens", {"message": 0}, Idempotency_Key="a"), 422)
    assert not KeptAnswer.objects.exists()
    assert asker.post("/tokens", {"message": 7}, Idempotency_Key="a").status_code == 200


def test_answers_are_kept_for_a_day(asker: Asker, site: Site) -> None:
    asker.post("/tokens", {"message": 7}, Idempotency_Key="old")
    KeptAnswer.objects.update(at=site.clock.now() - timedelta(hours=25))
    assert asker.post("/tokens", {"message": 8}, Idempotency_Key="new").status_code == 200
    assert [row.name for row in KeptAnswer.objects.all()] == ["new"]
    assert asker.post("/tokens", {"message": 8}, Idempotency_Key="old").status_code == 200


@pytest.mark.parametrize("name", ["", "x" * 256, "é", "a\tb"])
def test_an_idempotency_key_that_cannot_be_is_refused(asker: Asker, name: str) -> None:
    refused(asker.post("/tokens", {"message": 7}, Idempotency_Key=name), 422)


def test_a_fault_of_ours_is_a_problem_too(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rebond.api.addresses.check_batch", broken)
    answer = asker.post("/check", CHECK, Idempotency_Key="a")
    assert "fault of Rebond" in refused(answer, 500)["detail"]
    assert "ZeroDivision" not in json.dumps(answer.json())
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize("place", ["rebond.api.addresses.check_batch", "rebond.api.gate.read_key"])
def test_a_database_that_is_away_is_told_so(asker: Asker, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused at db.internal")

    monkeypatch.setattr(place, away)
    answer = asker.post("/check", CHECK, Idempotency_Key="a")
    assert "try again" in refused(answer, 503)["detail"]
    assert "db.internal" not in answer.content.decode()
    assert answer.headers["Retry-After"] == "5"
    monkeypatch.undo()
    assert asker.post("/check", CHECK, Idempotency_Key="a").status_code == 200
