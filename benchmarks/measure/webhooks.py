"""Webhooks of SendGrid in batches of 100, stored and answered, beside reading their JSON and checking them alone."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.asking import Asker
from benchmarks.figures import Measured
from benchmarks.invent import email_of
from benchmarks.site import fresh_site

if TYPE_CHECKING:
    from rebond.wiring import Site

_CALL = 100
_TEXTS = (
    "550 5.1.1 The email account that you tried to reach does not exist",
    "452 4.2.2 The mailbox is over its quota",
    *[""] * 8,
)
_HEADER = "HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK"
_SIGN = ec.ECDSA(hashes.SHA256())


def measure(number: int, *, database: str, settle: Callable[["Site"], None] | None = None) -> Iterator[Measured]:
    """Measure webhooks one after the other, as one connection of a provider brings them; then settle them, or not."""
    key = ec.generate_private_key(ec.SECP256R1())
    with fresh_site(database) as site:
        _give(site, key)
        now = site.clock.now()
        posted = [_signed(start, key, now) for start in range(0, number, _CALL)]
        asker = Asker(site)
        asker.post_to("/webhooks/in/sendgrid", posted[0][0], **posted[0][1])
        if settle:
            settle(site)
        began = time.perf_counter()
        answers = [asker.post_to("/webhooks/in/sendgrid", body, **headers) for body, headers in posted[1:]]
        if settle:
            settle(site)
        ours = time.perf_counter() - began
        public = key.public_key()
        began = time.perf_counter()
        for body, headers in posted[1:]:
            json.loads(body)
            signature = base64.b64decode(headers[f"{_HEADER}_SIGNATURE"])
            public.verify(signature, headers[f"{_HEADER}_TIMESTAMP"].encode() + body, _SIGN)
        baseline = time.perf_counter() - began
    assert all(json.loads(answer) == {"status": "stored"} for answer in answers)
    yield Measured(
        number=len(answers) * _CALL,
        ours=ours,
        baseline=baseline,
        baseline_number=len(answers) * _CALL,
        baseline_name="JSON and signature alone",
    )


def _give(site: "Site", key: ec.EllipticCurvePrivateKey) -> None:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    public = base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, kind)).decode()
    with (site.data / "secrets.toml").open("a") as file:
        file.write(f'[intake.sendgrid]\nkey = "{public}"\n')


def _signed(start: int, key: ec.EllipticCurvePrivateKey, now: datetime) -> tuple[bytes, dict[str, str]]:
    body = json.dumps([_event(place, now) for place in range(start, start + _CALL)]).encode()
    seconds = str(int(now.timestamp()))
    signature = base64.b64encode(key.sign(seconds.encode() + body, _SIGN)).decode()
    return body, {f"{_HEADER}_TIMESTAMP": seconds, f"{_HEADER}_SIGNATURE": signature}


def _event(place: int, now: datetime) -> dict[str, object]:
    text = _TEXTS[place % len(_TEXTS)]
    return {
        "event": "bounce" if text else "delivered",
        "email": email_of(place),
        "timestamp": int(now.timestamp()),
        "sg_event_id": f"event-{place}",
        "sg_message_id": f"message-{place}.recvd-5f8",
        "smtp-id": f"<{place}@shop.example>",
        "response": "250 2.0.0 OK",
        **({"reason": text, "status": text[4:9], "type": "bounce"} if text else {}),
    }
