"""What is known about addresses: their evidence, successes, snapshots and states."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from rebond.core.failure import AddressState, Event, Evidence, Origin, Snapshot, Verdict
from rebond.core.words import (
    AddressStatus,
    Cause,
    Channel,
    ExclusionCause,
    FailureType,
    QualificationStatus,
    Reason,
    Trust,
)
from rebond.store.models import (
    AddressStateRow,
    EvidenceRow,
    Message,
    Qualification,
    SnapshotRow,
    ToldSuccess,
)

MOST_KEYS = 500


@dataclass(frozen=True, slots=True, order=True)
class AddressKey:
    """What one state belongs to: a channel, an address key, and a scope (`''`: the whole site)."""

    channel: Channel
    key: str
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    """One row of the table of states."""

    address: AddressKey
    text: str
    state: AddressState
    policy_digest: str


def known_identities(identities: Collection[str]) -> frozenset[str]:
    """Tell which of these identities are stored already."""
    found: set[str] = set()
    wanted = list(identities)
    for start in range(0, len(wanted), MOST_KEYS):
        part = wanted[start : start + MOST_KEYS]
        for model in (EvidenceRow, ToldSuccess):
            found.update(model.objects.filter(identity__in=part).values_list("identity", flat=True))
    return frozenset(found)


def evidence_of(addresses: Collection[AddressKey]) -> dict[AddressKey, list[Evidence]]:
    """Read all evidence of these addresses, the successes of the sending log among it."""
    found: dict[AddressKey, list[Evidence]] = {address: [] for address in addresses}
    for channel, keys in _by_channel(addresses):
        rows = list(EvidenceRow.objects.filter(channel=channel, address_key__in=keys))
        ignored = _ignored_texts({row.qualification for row in rows if row.qualification})
        for row in rows:
            address = AddressKey(channel, row.address_key, row.scope)
            if address in found:
                found[address].append(read_evidence(row, text_ignored=row.qualification in ignored))
        for key, success in _successes(channel, keys):
            address = AddressKey(channel, key)
            if address in found:
                found[address].append(success)
    return found


def snapshots_of(addresses: Collection[AddressKey]) -> dict[AddressKey, Snapshot]:
    """Read the snapshots of those addresses that have one."""
    found = {}
    for channel, keys in _by_channel(addresses):
        for row in SnapshotRow.objects.filter(channel=channel, address_key__in=keys):
            state = state_from_json(row.state)
            found[AddressKey(channel, row.address_key, row.scope)] = Snapshot(
                horizon=row.horizon, policy_digest=row.policy_digest, state=state
            )
    return found


def states_of(addresses: Collection[AddressKey]) -> dict[AddressKey, StateRow]:
    """Read the stored states of those addresses that have a row."""
    found = {}
    for channel, keys in _by_channel(addresses):
        for row in AddressStateRow.objects.filter(channel=channel, address_key__in=keys):
            found[AddressKey(channel, row.address_key, row.scope)] = state_row(row)
    return found


def list_states(
    *,
    status: AddressStatus | None = None,
    statuses: Collection[AddressStatus] = (),
    reason: Reason | None = None,
    channel: Channel | None = None,
) -> Iterator[StateRow]:
    """Stream the rows of the table of states, oldest first, in pages so that memory stays the same.

    `statuses`: only one of these, none given is all.
    """
    wanted = Q(status__in=[one.value for one in statuses]) if statuses else Q()
    for name, value in (("status", status), ("reason", reason), ("channel", channel)):
        if value is not None:
            wanted &= Q(**{name: value.value})
    last = 0
    while page := list(AddressStateRow.objects.filter(wanted, id__gt=last).order_by("id")[:MOST_KEYS]):
        yield from map(state_row, page)
        last = page[-1].pk


def state_row(row: AddressStateRow) -> StateRow:
    """Make the value of a row."""
    state = AddressState(
        status=AddressStatus(row.status),
        origin=Origin(row.origin),
        reason=Reason(row.reason) if row.reason else None,
        cause=_cause(row.cause),
        error_count=row.error_count,
        first_error_at=row.first_error_at,
        last_error_at=row.last_error_at,
        last_counted_at=row.last_counted_at,
        since=row.since,
        until=row.until,
        error_text=row.error_text,
        provider=row.provider,
        releases=row.releases,
        confirming=frozenset(map(Cause, row.confirming)),
    )
    address = AddressKey(Channel(row.channel), row.address_key, row.scope)
    return StateRow(address=address, text=row.address, state=state, policy_digest=row.policy_digest)


_STATE_TIMES = ("first_error_at", "last_error_at", "last_counted_at", "since", "until")


def state_to_json(state: AddressState) -> dict[str, Any]:
    """Write a state for a snapshot."""
    return {
        "status": state.status,
        "origin": state.origin,
        "reason": state.reason,
        "cause": state.cause,
        "error_count": state.error_count,
        "error_text": state.error_text,
        "provider": state.provider,
        "releases": state.releases,
        "confirming": sorted(state.confirming),
        **{name: value.isoformat() if (value := getattr(state, name)) else None for name in _STATE_TIMES},
    }


def state_from_json(values: Mapping[str, Any]) -> AddressState:
    """Read a state from a snapshot."""
    times = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in _STATE_TIMES}
    return AddressState(
        status=AddressStatus(values["status"]),
        origin=Origin(values["origin"]),
        reason=Reason(values["reason"]) if values["reason"] else None,
        cause=_cause(values["cause"] or ""),
        error_count=values["error_count"],
        error_text=values["error_text"],
        provider=values["provider"],
        releases=values["releases"],
        confirming=frozenset(map(Cause, values["confirming"])),
        **times,
    )


_CAUSES = frozenset(cause.value for cause in Cause)


def _cause(text: str) -> Cause | ExclusionCause | None:
    if not text:
        return None
    return Cause(text) if text in _CAUSES else ExclusionCause(text)


def _by_channel(addresses: Collection[AddressKey]) -> Iterator[tuple[Channel, Sequence[str]]]:
    keys: dict[Channel, dict[str, None]] = defaultdict(dict)
    for address in addresses:
        keys[address.channel][address.key] = None
    for channel, found in keys.items():
        listed = list(found)
        for start in range(0, len(listed), MOST_KEYS):
            yield channel, listed[start : start + MOST_KEYS]


def _ignored_texts(qualifications: Collection[int]) -> frozenset[int]:
    if not qualifications:
        return frozenset()
    rows = Qualification.objects.filter(id__in=qualifications, status=QualificationStatus.IGNORE.value)
    return frozenset(rows.values_list("id", flat=True))


def _successes(channel: Channel, keys: Sequence[str]) -> Iterator[tuple[str, Evidence]]:
    ours = Message.objects.filter(channel=channel, address_key__in=keys, delivered_at__isnull=False)
    for number, key, at, message_id in ours.values_list("id", "address_key", "delivered_at", "message_id"):
        if at is not None:
            yield key, Evidence(identity=f"message:{number}", event=Event.DELIVERED, at=at, message=message_id)
    told = ToldSuccess.objects.filter(channel=channel, address_key__in=keys)
    for identity, key, at, message_id in told.values_list("identity", "address_key", "at", "message_id"):
        yield key, Evidence(identity=identity, event=Event.DELIVERED, at=at, message=message_id)


def read_evidence(row: EvidenceRow, *, text_ignored: bool = False) -> Evidence:
    """Make the value of a row."""
    verdict = None
    if row.type:
        verdict = Verdict(
            type=FailureType(row.type),
            reason=Reason(row.reason),
            cause=Cause(row.cause),
            rule=row.rule,
            pack_version=row.pack_version,
            confirm=row.confirm,
        )
    return Evidence(
        identity=row.identity,
        event=Event(row.event),
        at=row.at,
        verdict=verdict,
        message=row.message_id,
        asynchronous=row.asynchronous,
        trust=Trust(row.trust),
        trusted=row.trusted,
        first_sight=row.first_sight,
        held_by=row.held_by,
        text_ignored=text_ignored,
        text=row.text,
        provider=row.provider,
        voids=frozenset(row.voids),
        because=row.because,
        actor=row.actor,
    )


def scopes_of(address: AddressKey) -> tuple[str, ...]:
    """List the scopes in which an address has a state, the whole site first."""
    rows = AddressStateRow.objects.filter(channel=address.channel, address_key=address.key)
    return tuple(dict.fromkeys(["", *rows.order_by("scope").values_list("scope", flat=True)]))


def list_addresses() -> Iterator[dict[AddressKey, str]]:
    """Page in key order through every address that has a state, a snapshot or evidence, with its text."""
    last = ("", "", "")
    while page := _addresses_after(last):
        yield dict.fromkeys(page, "") | _texts(page)
        last = (page[-1].channel.value, page[-1].key, page[-1].scope)


def _addresses_after(last: tuple[str, str, str]) -> list[AddressKey]:
    names = "channel, address_key, scope"
    branches = [
        f"SELECT * FROM (SELECT DISTINCT {names} FROM {table} WHERE ({names}) > (%s, %s, %s)"
        f" ORDER BY {names} LIMIT {MOST_KEYS}) AS {table}_part"
        for table in ("evidence", "address_state", "address_snapshot")
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION '.join(branches)} ORDER BY 1, 2, 3 LIMIT {MOST_KEYS}", last * len(branches))
        return [AddressKey(Channel(channel), key, scope) for channel, key, scope in cursor.fetchall()]


def _texts(addresses: Collection[AddressKey]) -> dict[AddressKey, str]:
    texts = {address: address.key for address in addresses}
    for channel, keys in _by_channel(addresses):
        for model in (EvidenceRow, AddressStateRow):
            rows = model._default_manager.filter(channel=channel, address_key__in=keys)
            for key, scope, text in rows.values_list("address_key", "scope", "address"):
                texts[AddressKey(channel, key, scope)] = text
    return texts
