"""`POST /check`, 1,000 addresses a call, against N addresses with a status, beside the same look-ups in plain SQL."""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.asking import Asker
from benchmarks.figures import Measured
from benchmarks.invent import email_of
from benchmarks.measure.prepare import fill
from benchmarks.site import fresh_site, plain_connection

_CALL = 1_000
_CALLS = 50


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure calls one after the other, as one client makes them; the look-ups before and after them."""
    calls = [[email_of((call * _CALL + place) % number) for place in range(_CALL)] for call in range(_CALLS)]
    bodies = [json.dumps({"addresses": call}).encode() for call in calls]
    with fresh_site(database) as site:
        fill(site, number, now=datetime(2026, 3, 3, 9, tzinfo=UTC))
        asker = Asker(site)
        asker.post("/check", bodies[0])
        with plain_connection(site) as connection:
            first = _baseline(connection, calls)
            began = time.perf_counter()
            answers = [asker.post("/check", body) for body in bodies]
            ours = time.perf_counter() - began
            second = _baseline(connection, calls)
    assert all(len(json.loads(answer)["results"]) == _CALL for answer in answers)
    yield Measured(
        number=_CALL * _CALLS,
        ours=ours,
        baseline=(first + second) / 2,
        baseline_number=_CALL * _CALLS,
        baseline_name="SELECT … = ANY()",
        note=f"against {number:,} addresses with a status",
    )


def _baseline(connection: Any, calls: Sequence[Sequence[str]]) -> float:
    lite = isinstance(connection, sqlite3.Connection)
    wanted = "address_key IN (SELECT value FROM json_each(?))" if lite else "address_key = ANY(%s)"
    query = f"SELECT address_key, status FROM address_state WHERE channel = 'email' AND scope = '' AND {wanted}"
    began = time.perf_counter()
    for call in calls:
        connection.execute(query, (json.dumps(call) if lite else list(call),)).fetchall()
    return time.perf_counter() - began
