"""Storing evidence, and the states that it adds up to."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from rebond.core.failure import AddressState, Evidence, Snapshot
from rebond.core.policy import Policy
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import agree_on, by_bytes, moment
from rebond.store.models import AddressStateRow, EvidenceRow, SnapshotRow
from rebond.store.read.evidence import (
    MOST_KEYS,
    AddressKey,
    evidence_of,
    read_evidence,
    snapshots_of,
    state_to_json,
)
from rebond.store.write.rows import Row, insert
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
    insert("evidence", [_evidence_row(item, now=now) for item in ordered])


def _evidence_row(item: NewEvidence, *, now: datetime) -> Row:
    evidence, verdict = item.evidence, item.evidence.verdict
    return {
        "identity": evidence.identity,
        "channel": item.address.channel.value,
        "address_key": item.address.key,
        "scope": item.address.scope,
        "address": storable(item.text),
        "event": evidence.event.value,
        "at": moment(evidence.at),
        "stored_at": moment(now),
        "type": verdict.type.value if verdict else "",
        "reason": verdict.reason.value if verdict else "",
        "cause": verdict.cause.value if verdict else "",
        "rule": verdict.rule[:128] if verdict else "",
        "pack_version": verdict.pack_version[:64] if verdict else "",
        "confirm": verdict.confirm if verdict else 1,
        "text": storable(evidence.text),
        "code": item.code,
        "enhanced": storable(item.enhanced, 16),
        "phase": item.phase,
        "provider": storable(evidence.provider, 64),
        "qualification": item.qualification,
        "message_id": storable(evidence.message, 255),
        "message": item.message,
        "returned_mail": item.returned_mail,
        "asynchronous": evidence.asynchronous,
        "trust": evidence.trust.value,
        "trusted": evidence.trusted,
        "first_sight": evidence.first_sight,
        "held_by": evidence.held_by,
        "voids": json.dumps(sorted(evidence.voids)),
        "because": storable(evidence.because),
        "actor": storable(evidence.actor, 150),
    }


def add_told_successes(items: Sequence[tuple[AddressKey, Evidence]], *, now: datetime) -> None:
    """Store successes of messages that are not ours."""
    rows = [
        {
            "identity": evidence.identity,
            "channel": address.channel.value,
            "address_key": address.key,
            "at": moment(evidence.at),
            "stored_at": moment(now),
            "message_id": storable(evidence.message, 255),
        }
        for address, evidence in sorted(items, key=lambda item: item[1].identity)
    ]
    insert("told_success", rows)


@dataclass(frozen=True, slots=True)
class Trusted:
    """Evidence that acts from now on: what it is about, and our message that it speaks of, if any."""

    about: AddressKey
    evidence: Evidence
    message: int | None


def trust_evidence(identity: str) -> Trusted | None:
    """Let evidence that was under-trusted act; None when there is no such."""
    row = EvidenceRow.objects.select_for_update().filter(identity=identity).first()
    if row is None:
        return None
    row.trusted = True
    row.save(update_fields=["trusted"])
    about = AddressKey(Channel(row.channel), row.address_key, row.scope)
    return Trusted(about, read_evidence(row), row.message)


def hold_addresses(folding: Collection[AddressKey], *, succeeding: Collection[AddressKey]) -> None:
    """Keep others from folding addresses that get a success now, and from their successes while they are folded.

    A success makes no row that could be locked, so without this a fold could miss one that is not committed yet, and
    the one who commits it could miss the row that the fold is about to make.
    """
    wanted = [(f"{address.channel}/{address.key}", True) for address in folding]
    wanted += [(f"{address.channel}/{address.key}", False) for address in succeeding]
    with connection.cursor() as cursor:
        agree_on(cursor, [name for name, _ in wanted], alone=[alone for _, alone in wanted])


def refold(addresses: Mapping[AddressKey, str], *, policy: Policy) -> dict[AddressKey, AddressState]:
    """Compute the states of these addresses (with their text as received) anew, and store them.

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
        _save(folded, addresses, policy=policy)
        states.update(folded)
    return states


def lock_states(addresses: Mapping[AddressKey, str], *, policy: Policy) -> None:
    """Lock the rows of these addresses until the transaction ends, made as plainly valid where there are none.

    All that are missing are inserted before any is locked, so that nobody waits for another in a circle. A row can go
    while it is waited for (cleanup, or an address found plainly valid): it is made again.
    """
    missing = sorted(addresses)
    while missing:
        rows = [_state_row(address, addresses[address], AddressState(), policy=policy) for address in missing]
        insert("address_state", rows, conflict="ON CONFLICT DO NOTHING")
        held = _hold(missing)
        missing = [address for address in missing if address not in held]


def _hold(addresses: Sequence[AddressKey]) -> frozenset[AddressKey]:
    held: set[AddressKey] = set()
    for channel, keys in _keys(addresses):
        rows = AddressStateRow.objects.filter(channel=channel, address_key__in=keys).select_for_update()
        # By bytes, as Python sorts: the collation of the database may have another order across two pages.
        ordered = rows.order_by("channel", by_bytes("address_key"), "scope")
        held.update(
            AddressKey(Channel(row[0]), *row[1:]) for row in ordered.values_list("channel", "address_key", "scope")
        )
    return frozenset(held)


def _save(states: Mapping[AddressKey, AddressState], texts: Mapping[AddressKey, str], *, policy: Policy) -> None:
    plain = [address for address, state in states.items() if state.plain]
    rows = [_state_row(a, texts[a], state, policy=policy) for a, state in states.items() if not state.plain]
    insert("address_state", rows, conflict=_REPLACE)
    delete_states(plain)


def delete_states(addresses: Collection[AddressKey]) -> int:
    """Remove rows of the table of states; the evidence stays."""
    removed = 0
    by_scope: dict[str, list[AddressKey]] = {}
    for address in sorted(addresses):
        by_scope.setdefault(address.scope, []).append(address)
    for scope, found in by_scope.items():
        for channel, keys in _keys(found):
            rows = AddressStateRow.objects.filter(channel=channel, address_key__in=keys, scope=scope)
            removed += rows.delete()[0]
    return removed


def drop_plain_states(addresses: Sequence[AddressKey]) -> None:
    """Remove those rows of these addresses that say no more than valid: they were made to be locked."""
    for channel, keys in _keys(addresses):
        rows = AddressStateRow.objects.filter(channel=channel, address_key__in=keys, status=AddressStatus.VALID.value)
        rows.filter(error_count=0, since__isnull=True).delete()


_STATE_COLUMNS = [field.column for field in AddressStateRow._meta.concrete_fields if field.column != "id"]
_REPLACE = "ON CONFLICT (channel, address_key, scope) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _STATE_COLUMNS if name not in ("channel", "address_key", "scope", "address")
)


def _state_row(address: AddressKey, text: str, state: AddressState, *, policy: Policy) -> Row:
    return {
        "channel": address.channel.value,
        "address_key": address.key,
        "scope": address.scope,
        "address": storable(text),
        "status": state.status.value,
        "origin": state.origin.value,
        "reason": state.reason.value if state.reason else "",
        "cause": state.cause.value if state.cause else "",
        "error_count": state.error_count,
        "first_error_at": moment(state.first_error_at),
        "last_error_at": moment(state.last_error_at),
        "last_counted_at": moment(state.last_counted_at),
        "since": moment(state.since),
        "until": moment(state.until),
        "error_text": storable(state.error_text),
        "provider": storable(state.provider, 64),
        "releases": state.releases,
        "confirming": json.dumps(sorted(state.confirming)),
        "policy_digest": policy.digest,
    }


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
