"""Outgoing webhooks by the Standard Webhooks scheme: types of events, signatures, and when one is tried again."""

import base64
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
    signed = f"{identity}.{seconds}.".encode() + body
    signatures = (
        base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256")).decode()
        for secret in secrets
    )
    return {
        "Content-Type": "application/json",
        "User-Agent": "rebond",
        "webhook-id": identity,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
