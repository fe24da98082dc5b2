"""Settle stored returns, from reading to quarantine, beside qualifying the same returns in memory."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.figures import Measured
from benchmarks.invent import bounce
from benchmarks.measure.import_people import ADDRESS, PROFILE, rows_of
from benchmarks.measure.prepare import make_delivery
from benchmarks.site import BOUNCE_DOMAIN, fresh_site, load, plain_connection, settle_statistics

if TYPE_CHECKING:
    from rebond.wiring import Site

# Returns are few beside the messages that they are about.
_MESSAGES_A_RETURN = 2
_BATCH = 200


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure `settle_all`; every return bears the signed token of a message that was delivered."""
    now = datetime.now(UTC)
    with fresh_site(database) as site:
        raws = _store(site, number, now=now)
        from rebond.services.settle import Settler
        from rebond.store.read.evidence import list_states

        settler = Settler(policy=site.policy, rules=site.rules, keyring=site.keyring, worker="bench")
        first = _qualify(site, raws)
        began = time.perf_counter()
        processor = time.process_time()
        done = settler.settle_all(site.clock.now)
        ours = time.perf_counter() - began
        processor = time.process_time() - processor
        second = _qualify(site, raws)
        states = sum(1 for _ in list_states())
    assert done.settled == number, done
    yield Measured(
        number=number,
        ours=ours,
        baseline=(first + second) / 2,
        baseline_number=number,
        baseline_name="qualifying in memory",
        note=f"{states:,} addresses have a status now; {processor / ours:.0%} of a core in this process",
    )


def _store(site: "Site", number: int, *, now: datetime) -> list[bytes]:
    """A delivery that was sent, and stored returns about some of its messages."""
    from rebond.core.tokens import sign
    from rebond.services.accept import Incoming, accept_many
    from rebond.services.prepare import prepare

    profiles, addresses = rows_of(number * _MESSAGES_A_RETURN + 1000, now=now)
    with plain_connection(site) as connection:
        load(connection, "profile", PROFILE, profiles)
        load(connection, "profile_address", ADDRESS, addresses)
    delivery = make_delivery(site, now=now)
    prepare(delivery, content=site.content, providers=site.providers, policy=site.policy, now=now, actor="bench")
    at = now.isoformat(" ")
    with plain_connection(site) as connection:
        mark = "?" if type(connection).__module__ == "sqlite3" else "%s"
        cursor = connection.cursor()
        cursor.execute("SELECT id, address FROM message ORDER BY id")
        messages = cursor.fetchall()
        tokens = {message: sign(message, keyring=site.keyring, issued=now.date()) for message, _ in messages}
        cursor.execute("BEGIN") if mark == "?" else None
        cursor.executemany(
            f"UPDATE message SET status = 'delivered', attempts = 1, message_id = {mark}, last_attempt_at = {mark},"
            f" delivered_at = {mark}, first_claimed_at = {mark} WHERE id = {mark}",
            [(f"{token}@{BOUNCE_DOMAIN}", at, at, at, message) for message, token in tokens.items()],
        )
        cursor.execute("UPDATE delivery_counts SET delivered = pending, pending = 0")
        connection.commit()
        settle_statistics(connection)
    raws, batch = [], []
    for place, (message, address) in enumerate(messages[::_MESSAGES_A_RETURN][:number]):
        envelope = f"b+{tokens[message]}@{BOUNCE_DOMAIN}"
        raw = bounce(place, recipient=address, envelope=envelope, message_id=f"{tokens[message]}@{BOUNCE_DOMAIN}")
        raws.append(raw)
        batch.append(Incoming(source="bench", raw=raw, envelope_from="", envelope_to=envelope))
        if len(batch) == _BATCH:
            accept_many(batch, now=now)
            batch = []
    if batch:
        accept_many(batch, now=now)
    return raws


def _qualify(site: "Site", raws: Sequence[bytes]) -> float:
    from rebond.packs import load_qualifier

    qualifier = load_qualifier(cache_dir=site.data / "cache")
    qualifier.qualify_mail(raws[0])
    began = time.perf_counter()
    for raw in raws:
        qualifier.qualify_mail(raw)
    return time.perf_counter() - began
