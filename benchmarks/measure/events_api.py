"""`POST /events` in batches of 100, everything recorded, beside reading the same JSON and qualifying the same texts."""

import json
import time
from collections.abc import Iterator

from benchmarks.asking import Asker
from benchmarks.figures import Measured
from benchmarks.invent import email_of
from benchmarks.site import fresh_site

_CALL = 100
_TEXTS = (
    "550 5.1.1 The email account that you tried to reach does not exist",
    "452 4.2.2 The mailbox is over its quota",
    "",
)


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure calls one after the other, as one client makes them."""
    calls = [[_event(place) for place in range(start, start + _CALL)] for start in range(0, number, _CALL)]
    bodies = [json.dumps({"events": call}).encode() for call in calls]
    with fresh_site(database) as site:
        asker = Asker(site)
        asker.post("/events", json.dumps({"events": [_event(-1)]}).encode())
        began = time.perf_counter()
        answers = [asker.post("/events", body) for body in bodies]
        ours = time.perf_counter() - began
        began = time.perf_counter()
        for body in bodies:
            for event in json.loads(body)["events"]:
                site.qualifier.qualify_reply(event["text"], channel=event["channel"])
        baseline = time.perf_counter() - began
    assert sum(json.loads(answer)["stored"] for answer in answers) == len(calls) * _CALL
    yield Measured(
        number=len(calls) * _CALL,
        ours=ours,
        baseline=baseline,
        baseline_number=len(calls) * _CALL,
        baseline_name="JSON and verdicts alone",
    )


def _event(place: int) -> dict[str, object]:
    text = _TEXTS[place % len(_TEXTS)]
    return {
        "channel": "email",
        "address": email_of(abs(place)),
        "event": "failure" if text else "delivered",
        "text": text,
        "occurred_at": "2026-03-01T08:00:00Z",
        "id": str(place),
    }
