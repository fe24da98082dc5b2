"""Storing evidence, the distinct texts that it carries, and the states that it adds up to."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.failure import AddressState, Evidence, Snapshot, Verdict
from rebond.core.policy import Policy
from rebond.core.quarantine import fold
from rebond.core.words import Channel, QualificationStatus
from rebond.store.dialect import by_bytes, moment
from rebond.store.models import AddressStateRow, EvidenceRow, SnapshotRow, ToldSuccess
from rebond.store.read.evidence import (
    MOST_KEYS,
    AddressKey,
    evidence_of,
    snapshots_of,
    state_to_json,
)
from rebond.store.write.text import storable

_BATCH = 40  # rows a statement: SQLite takes a bounded number of parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One distinct text seen `count` times in a batch; `first` is the earliest evidence that carries it."""

    digest: str
    channel: Channel
    provider: str
    template: str
    text: str
    first: str
    verdict: Verdict
    status: QualificationStatus
    count: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class SeenText:
    """A text's row: its number, and the evidence that was its first sight."""

    number: int
    first: str


def sight_texts(sightings: Sequence[Sighting]) -> dict[str, SeenText]:
    """Count the texts of a batch, one summed statement, in key order; returns their rows by digest."""
    ordered = sorted(sightings, key=lambda sighting: sighting.digest)
    found: dict[str, SeenText] = {}
    for start in range(0, len(ordered), _BATCH):
        part = ordered[start : start + _BATCH]
        rows = ", ".join(["(" + ", ".join(["%s"] * 15) + ")"] * len(part))
        parameters = [value for sighting in part for value in _sighting_row(sighting)]
        with connection.cursor() as cursor:
            cursor.execute(_SIGHT.format(rows=rows), parameters)
            found.update({digest: SeenText(number, first) for number, digest, first in cursor.fetchall()})
    return found


_SIGHT = """
INSERT INTO qualification (digest, channel, provider, template, first_text, first_identity, type, reason, cause, rule,
    pack_version, status, count, first_seen_at, last_seen_at)
VALUES {rows}
ON CONFLICT (digest) DO UPDATE SET
    count = qualification.count + excluded.count,
    first_seen_at = CASE WHEN excluded.first_seen_at < qualification.first_seen_at
        THEN excluded.first_seen_at ELSE qualification.first_seen_at END,
    last_seen_at = CASE WHEN excluded.last_seen_at > qualification.last_seen_at
        THEN excluded.last_seen_at ELSE qualification.last_seen_at END
RETURNING id, digest, first_identity
"""


def _sighting_row(sighting: Sighting) -> tuple[Any, ...]:
    verdict = sighting.verdict
    return (
        sighting.digest,
        sighting.channel.value,
        storable(sighting.provider, 64),
        storable(sighting.template),
        storable(sighting.text),
        sighting.first,
        verdict.type.value,
        verdict.reason.value,
        verdict.cause.value,
        verdict.rule[:128],
        verdict.pack_version[:64],
        sighting.status.value,
        sighting.count,
        moment(sighting.first_seen_at),
        moment(sighting.last_seen_at),
    )


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
    EvidenceRow.objects.bulk_create([_evidence_row(item, now=now) for item in ordered], batch_size=_BATCH)


def _evidence_row(item: NewEvidence, *, now: datetime) -> EvidenceRow:
    evidence, verdict = item.evidence, item.evidence.verdict
    return EvidenceRow(
        identity=evidence.identity,
        channel=item.address.channel.value,
        address_key=item.address.key,
        scope=item.address.scope,
        address=storable(item.text),
        event=evidence.event.value,
        at=evidence.at,
        stored_at=now,
        type=verdict.type.value if verdict else "",
        reason=verdict.reason.value if verdict else "",
        cause=verdict.cause.value if verdict else "",
        rule=verdict.rule[:128] if verdict else "",
        pack_version=verdict.pack_version[:64] if verdict else "",
        confirm=verdict.confirm if verdict else 1,
        text=storable(evidence.text),
        code=item.code,
        enhanced=storable(item.enhanced, 16),
        phase=item.phase,
        provider=storable(evidence.provider, 64),
        qualification=item.qualification,
        message_id=storable(evidence.message, 255),
        message=item.message,
        returned_mail=item.returned_mail,
        asynchronous=evidence.asynchronous,
        trust=evidence.trust.value,
        trusted=evidence.trusted,
        first_sight=evidence.first_sight,
        held_by=evidence.held_by,
        voids=sorted(evidence.voids),
        because=storable(evidence.because),
        actor=storable(evidence.actor, 150),
    )


def add_told_successes(items: Sequence[tuple[AddressKey, Evidence]]) -> None:
    """Store successes of messages that are not ours."""
    rows = [
        ToldSuccess(
            identity=evidence.identity,
            channel=address.channel.value,
            address_key=address.key,
            at=evidence.at,
            message_id=storable(evidence.message, 255),
        )
        for address, evidence in sorted(items, key=lambda item: item[1].identity)
    ]
    ToldSuccess.objects.bulk_create(rows, batch_size=_BATCH)


def trust_evidence(identity: str) -> AddressKey | None:
    """Let evidence that was under-trusted act; returns the address it is about, None when there is no such."""
    row = EvidenceRow.objects.select_for_update().filter(identity=identity).first()
    if row is None:
        return None
    row.trusted = True
    row.save(update_fields=["trusted"])
    return AddressKey(Channel(row.channel), row.address_key, row.scope)


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
        AddressStateRow.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)
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
    AddressStateRow.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["channel", "address_key", "scope"],
        update_fields=_STATE_FIELDS,
    )
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


_STATE_FIELDS = [
    field.name
    for field in AddressStateRow._meta.concrete_fields
    if field.name not in ("id", "channel", "address_key", "scope", "address")
]


def _state_row(address: AddressKey, text: str, state: AddressState, *, policy: Policy) -> AddressStateRow:
    return AddressStateRow(
        channel=address.channel.value,
        address_key=address.key,
        scope=address.scope,
        address=text,
        status=state.status.value,
        origin=state.origin.value,
        reason=state.reason.value if state.reason else "",
        cause=state.cause.value if state.cause else "",
        error_count=state.error_count,
        first_error_at=state.first_error_at,
        last_error_at=state.last_error_at,
        last_counted_at=state.last_counted_at,
        since=state.since,
        until=state.until,
        error_text=storable(state.error_text),
        provider=state.provider[:64],
        releases=state.releases,
        confirming=sorted(state.confirming),
        policy_digest=policy.digest,
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
