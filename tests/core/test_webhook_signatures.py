"""Signatures of Standard Webhooks that come in."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from rebond.core.webhooks import (
    RETRIES,
    SignatureProblem,
    check,
    event_id,
    headers,
    is_secret,
    next_attempt,
    secret_for,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 24).decode()


def checked(
    body: bytes = b"{}", *, now: datetime = NOW, secrets: tuple[str, ...] = (SECRET,), **changed: str
) -> object:
    told = headers("msg_1", b"{}", secrets=[OTHER, SECRET], at=NOW) | changed
    given = (told["webhook-id"], told["webhook-timestamp"], told["webhook-signature"])
    return check(*given, body, secrets=secrets, now=now)


def test_what_was_signed_with_one_of_the_secrets_holds() -> None:
    assert checked() is None
    assert checked(secrets=("whsec_" + base64.b64encode(b"x" * 24).decode(), OTHER)) is None


@pytest.mark.parametrize("changed", [
    {"webhook-id": ""},
    {"webhook-id": "msg_2"},
    {"webhook-timestamp": "soon"},
    {"webhook-timestamp": "٣"},
    {"webhook-timestamp": "9" * 400},
    {"webhook-timestamp": "1772438401"},
    {"webhook-signature": ""},
    {"webhook-signature": "v1,é \ud800 v1a,x"},
])  # fmt: skip
def test_what_was_changed_does_not(changed: dict[str, str]) -> None:
    assert checked(**changed) is SignatureProblem.WRONG


def test_another_body_another_secret_and_another_time_do_not() -> None:
    assert checked(b"{} ") is SignatureProblem.WRONG
    assert checked(secrets=()) is SignatureProblem.WRONG
    assert checked(now=NOW + timedelta(minutes=6)) is SignatureProblem.NOT_NOW
    assert checked(now=NOW - timedelta(minutes=6)) is SignatureProblem.NOT_NOW


def test_a_secret_is_base64_of_some_length() -> None:
    assert is_secret(SECRET)
    assert not any(map(is_secret, ("", "whsec_", "whsec_!!!", "whsec_YWJj", "é" * 40)))


def test_what_is_told_to_others_has_a_secret_and_a_name_and_is_tried_for_some_days() -> None:
    secret = secret_for("salt", key=b"k" * 32)
    assert is_secret(secret)
    assert secret != secret_for("other", key=b"k" * 32)
    assert event_id(7, at=NOW) == f"msg_{int(NOW.timestamp()):x}_7"
    assert next_attempt(1, now=NOW) == NOW + RETRIES[0]
    assert next_attempt(len(RETRIES) + 1, now=NOW) is None
