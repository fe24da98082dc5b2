"""Storing evidence, and the states that it adds up to."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.failure import AddressState, Evidence, Snapshot, Verdict
from rebond.core.policy import Policy
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import agree_on, among, by_bytes, is_postgresql, listed, moment
from rebond.store.models import AddressStateRow, SnapshotRow
from rebond.store.read.evidence import (
    MOST_KEYS,
    AddressKey,
    evidence_of,
    snapshots_of,
)
from rebond.store.read.state_json import state_to_json
from rebond.store.write.rows import Row, insert
from rebond.store.write.status_changes import note_changes, statuses_before
from rebond.store.write.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvidence:
    """Evidence about to be stored, with what is kept beside it."""

    address: AddressKey
    text: str
    evidence: Evidence
    code: int = 0
    enhanced: str = ""
    phase: str = ""
    qualification: int | None = None
    message: int | None = None
    returned_mail: str = ""


def add_evidence(items: Sequence[NewEvidence], *, now: datetime) -> None:
    """Store evidence; IntegrityError when one was stored meanwhile."""
    # One order for everybody: two that store the same wait for each other in a row, never in a circle.
    ordered = sorted(items, key=lambda item: item.evidence.identity)
    stored_at = moment(now)
    insert("evidence", _EVIDENCE_COLUMNS, [(*_evidence_row(item), stored_at) for item in ordered])


_EVIDENCE_COLUMNS = (
    *("identity", "channel", "address_key", "scope", "address", "event", "at"),
    *("type", "reason", "cause", "rule", "pack_version", "confirm"),
    *("text", "code", "enhanced", "phase", "provider", "qualification", "message_id", "message", "returned_mail"),
    *("asynchronous", "trust", "trusted", "first_sight", "held_by", "voids", "because", "actor", "stored_at"),
)
_NO_VERDICT = ("", "", "", "", "", 1)


def _evidence_row(item: NewEvidence) -> Row:
    evidence, about = item.evidence, item.address
    identified = (evidence.identity, about.channel.value, about.key, about.scope, storable(item.text))
    happened = (evidence.event.value, moment(evidence.at))
    judged = verdict_row(evidence.verdict) if evidence.verdict else _NO_VERDICT
    said = (
        storable(evidence.text),
        item.code,
        storable(item.enhanced, 16),
        item.phase,
        storable(evidence.provider, 64),
    )
    belongs = (item.qualification, storable(evidence.message, 255), item.message, item.returned_mail)
    frozen = (evidence.asynchronous, evidence.trust.value, evidence.trusted, evidence.first_sight, evidence.held_by)
    voids = json.dumps(sorted(evidence.voids)) if evidence.voids else "[]"
    person = (voids, storable(evidence.because), storable(evidence.actor, 150))
    return (*identified, *happened, *judged, *said, *belongs, *frozen, *person)


def verdict_row(verdict: Verdict) -> Row:
    """Return a verdict as the columns of a row, its `confirm` last."""
    return (*verdict_columns(verdict).values(), verdict.confirm)


def verdict_columns(verdict: Verdict) -> dict[str, str]:
    """Return a verdict as the named columns of a row, without its `confirm`: a text's row has none."""
    return {
        "type": verdict.type.value,
        "reason": verdict.reason.value,
        "cause": verdict.cause.value,
        "rule": verdict.rule[:128],
        "pack_version": verdict.pack_version[:64],
    }


def add_told_successes(items: Sequence[tuple[AddressKey, Evidence]], *, now: datetime) -> None:
    """Store successes of messages that are not ours."""
    stored_at = moment(now)
    rows = []
    for address, evidence in sorted(items, key=lambda item: item[1].identity):
        message = storable(evidence.message, 255)
        rows.append((evidence.identity, address.channel.value, address.key, moment(evidence.at), stored_at, message))
    insert("told_success", ("identity", "channel", "address_key", "at", "stored_at", "message_id"), rows)


def hold_addresses(folding: Collection[AddressKey], *, succeeding: Collection[AddressKey]) -> None:
    """Keep others from folding addresses that get a success now, and from their successes while they are folded.

    A success makes no row that could be locked, so without this a fold could miss one that is not committed yet, and
    the one who commits it could miss the row that the fold is about to make.
    """
    wanted = [(f"{address.channel}/{address.key}", True) for address in folding]
    wanted += [(f"{address.channel}/{address.key}", False) for address in succeeding]
    with connection.cursor() as cursor:
        agree_on(cursor, [name for name, _ in wanted], alone=[alone for _, alone in wanted])


def refold(addresses: Mapping[AddressKey, str], *, policy: Policy, now: datetime) -> dict[AddressKey, AddressState]:
    """Compute the states of these addresses (with their text as received) anew, and store them and what changed.

    Rows are inserted and locked in key order before the evidence is read, so that two workers never
    fold the same address from different evidence; those that stay plainly valid go again.
    """
    ordered = sorted(addresses)
    lock_states({address: addresses[address] for address in ordered}, policy=policy)
    states: dict[AddressKey, AddressState] = {}
    for start in range(0, len(ordered), MOST_KEYS):
        part = ordered[start : start + MOST_KEYS]
        evidence = evidence_of(part)
        snapshots = snapshots_of(part)
        folded = {
            address: fold(policy, snapshots.get(address), evidence[address], channel=address.channel)
            for address in part
        }
        before = statuses_before(part)
        _save(folded, addresses, policy=policy)
        note_changes(before, folded, evidence, now=now)
        states.update(folded)
    return states


def lock_states(addresses: Mapping[AddressKey, str], *, policy: Policy) -> None:
    """Lock the rows of these addresses until the transaction ends, made as plainly valid where there are none.

    All that are missing are inserted before any is locked, so that nobody waits for another in a circle. A row can go
    while it is waited for (cleanup, or an address found plainly valid): it is made again. SQLite has one writer anyway.
    """
    missing = sorted(addresses) if is_postgresql() else []
    while missing:
        held = _make_states({address: addresses[address] for address in missing}, policy=policy)
        held |= _hold([address for address in missing if address not in held])
        missing = [address for address in missing if address not in held]


def _make_states(addresses: Mapping[AddressKey, str], *, policy: Policy) -> frozenset[AddressKey]:
    """Make the rows that are missing, in this order, and return whose they were: nobody else can hold them."""
    rows = [_names(address, text) for address, text in addresses.items()]
    plain = _state_values(AddressState(), digest=policy.digest)
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [*plain, json.dumps(rows)])
        return frozenset(AddressKey(Channel(channel), key, scope) for channel, key, scope in cursor.fetchall())


def _hold(addresses: Sequence[AddressKey]) -> frozenset[AddressKey]:
    held: set[AddressKey] = set()
    # By bytes, as Python sorts: the collation of the database may have another order across two pages.
    order = f"ORDER BY channel, {by_bytes('address_key')}, scope FOR UPDATE"
    for channel, keys in _keys(addresses):
        with connection.cursor() as cursor:
            cursor.execute(f"{_HELD} AND {among('address_key')} {order}", [channel, listed(keys)])
            held.update(AddressKey(Channel(channel), key, scope) for channel, key, scope in cursor.fetchall())
    return frozenset(held)


def _save(states: Mapping[AddressKey, AddressState], texts: Mapping[AddressKey, str], *, policy: Policy) -> None:
    plain = [address for address, state in states.items() if state.plain]
    digest = policy.digest
    rows = [
        (*_names(address, texts[address]), *_state_values(state, digest=digest))
        for address, state in states.items()
        if not state.plain
    ]
    insert("address_state", _NAMES + _VALUES, rows, conflict=_REPLACE)
    _delete_states(plain, which=_DELETE)


def delete_valid_states(addresses: Collection[AddressKey]) -> int:
    """Remove those rows of these addresses that are valid still: evidence may have come since they were read.

    The evidence stays.
    """
    return _delete_states(addresses, which=f"{_DELETE} AND status = '{AddressStatus.VALID}'")


def _delete_states(addresses: Collection[AddressKey], *, which: str) -> int:
    removed = 0
    by_scope: dict[str, list[AddressKey]] = {}
    for address in sorted(addresses):
        by_scope.setdefault(address.scope, []).append(address)
    for scope, found in by_scope.items():
        for channel, keys in _keys(found):
            with connection.cursor() as cursor:
                cursor.execute(f"{which} AND {among('address_key')}", [channel, scope, listed(keys)])
                removed += cursor.rowcount
    return removed


def drop_plain_states(addresses: Sequence[AddressKey]) -> None:
    """Remove those rows of these addresses that say no more than valid: they were made to be locked."""
    for channel, keys in _keys(addresses):
        rows = AddressStateRow.objects.filter(channel=channel, address_key__in=keys, status=AddressStatus.VALID.value)
        rows.filter(error_count=0, since__isnull=True).delete()


_NAMES = ("channel", "address_key", "scope", "address")
_VALUES = (
    *("status", "origin", "reason", "cause", "error_count"),
    *("first_error_at", "last_error_at", "last_counted_at", "since", "until"),
    *("error_text", "provider", "releases", "confirming", "policy_digest"),
)
_REPLACE = "ON CONFLICT (channel, address_key, scope) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _VALUES
)
_MAKE = f"""
INSERT INTO address_state ({", ".join(_NAMES + _VALUES)})
SELECT name ->> 0, name ->> 1, name ->> 2, name ->> 3, {", ".join(["%s"] * len(_VALUES))}
FROM json_array_elements(%s::json) AS name ON CONFLICT DO NOTHING RETURNING channel, address_key, scope
"""
_HELD = "SELECT channel, address_key, scope FROM address_state WHERE channel = %s"
_DELETE = "DELETE FROM address_state WHERE channel = %s AND scope = %s"


def _names(address: AddressKey, text: str) -> tuple[str, str, str, str]:
    return address.channel.value, address.key, address.scope, storable(text)


def _state_values(state: AddressState, *, digest: str) -> tuple[Any, ...]:
    return (
        state.status.value,
        state.origin.value,
        state.reason.value if state.reason else "",
        state.cause.value if state.cause else "",
        state.error_count,
        moment(state.first_error_at),
        moment(state.last_error_at),
        moment(state.last_counted_at),
        moment(state.since),
        moment(state.until),
        storable(state.error_text),
        storable(state.provider, 64),
        state.releases,
        json.dumps(sorted(state.confirming)) if state.confirming else "[]",
        digest,
    )


def _keys(addresses: Sequence[AddressKey]) -> Iterator[tuple[str, list[str]]]:
    by_channel: dict[str, list[str]] = {}
    for address in addresses:
        by_channel.setdefault(address.channel.value, []).append(address.key)
    for channel, keys in by_channel.items():
        for start in range(0, len(keys), MOST_KEYS):
            yield channel, keys[start : start + MOST_KEYS]


def save_snapshot(address: AddressKey, snapshot: Snapshot) -> None:
    """Store the state up to a horizon, in place of an older snapshot."""
    SnapshotRow.objects.update_or_create(
        channel=address.channel.value,
        address_key=address.key,
        scope=address.scope,
        defaults={
            "horizon": snapshot.horizon,
            "policy_digest": snapshot.policy_digest,
            "state": state_to_json(snapshot.state),
        },
    )
