"""Webhooks by the Standard Webhooks scheme: types of outgoing events, signatures, and when one is tried again."""

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum


class EventType(StrEnum):
    """What is told; the data of each says which address, delivery or request, and what became of it."""

    ADDRESS_QUARANTINED = "address.quarantined"
    ADDRESS_DENYLISTED = "address.denylisted"
    ADDRESS_RELEASED = "address.released"
    DELIVERY_PREPARED = "delivery.prepared"
    DELIVERY_FAILED = "delivery.failed"
    DELIVERY_SENDING = "delivery.sending"
    DELIVERY_PAUSED = "delivery.paused"
    DELIVERY_FINISHED = "delivery.finished"
    DELIVERY_CANCELLED = "delivery.cancelled"
    SUBSCRIPTION_CONFIRMED = "subscription.confirmed"
    TEST = "webhook.test"


class WebhookState(StrEnum):
    """What became of telling one event to one address."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


# The times between attempts, as the scheme recommends them: a day and more in all, then it is given up.
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
GONE = 410


def next_attempt(attempts: int, *, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts; None when it is given up."""
    return now + RETRIES[attempts - 1] if attempts <= len(RETRIES) else None


def secret_for(salt: str, *, key: bytes) -> str:
    """Make the secret of a subscription from the site's key and what is stored of it."""
    return "whsec_" + base64.b64encode(hmac.digest(key, b"webhook\0" + salt.encode(), "sha256")).decode()


def event_id(number: int, *, at: datetime) -> str:
    """Name an event: the same in every attempt, and another one in a database that was put back."""
    return f"msg_{int(at.timestamp()):x}_{number}"


def headers(identity: str, body: bytes, *, secrets: Iterable[str], at: datetime) -> dict[str, str]:
    """Return the headers by which a receiver tells that a body is ours and fresh."""
    seconds = int(at.timestamp())
    signatures = (_sign(identity, str(seconds), body, secret=secret) for secret in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "rebond",
        "webhook-id": identity,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


class SignatureProblem(StrEnum):
    """Why somebody's webhook is not believed."""

    WRONG = "wrong"
    NOT_NOW = "not_now"


# Every attempt is signed anew, so an old signature is somebody else's.
_TOLERANCE = 300


def check(
    identity: str, seconds: str, signatures: str, body: bytes, *, secrets: Iterable[str], now: datetime
) -> SignatureProblem | None:
    """Check a webhook that came in: its id, time and signatures as its headers say them; None when it holds."""
    if not (identity and seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        return SignatureProblem.WRONG
    given = [one.removeprefix("v1,").encode("utf-8", "replace") for one in signatures.split() if one.startswith("v1,")]
    good = [_sign(identity, seconds, body, secret=secret).encode() for secret in secrets]
    if not any(hmac.compare_digest(one, right) for one in given for right in good):
        return SignatureProblem.WRONG
    return SignatureProblem.NOT_NOW if abs(now.timestamp() - int(seconds)) > _TOLERANCE else None


def is_secret(secret: str) -> bool:
    """Tell whether this can be a secret of the scheme."""
    try:
        return len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) >= 16
    except (binascii.Error, ValueError):
        return False


def _sign(identity: str, seconds: str, body: bytes, *, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(
        hmac.digest(key, f"{identity}.{seconds}.".encode("utf-8", "replace") + body, "sha256")
    ).decode()
