"""What is known about addresses: their evidence, successes, snapshots and states."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Q

from rebond.core.failure import AddressState, Event, Evidence, Origin, Snapshot, Verdict
from rebond.core.words import (
    AddressStatus,
    Cause,
    Channel,
    FailureType,
    QualificationStatus,
    Reason,
    Trust,
)
from rebond.store.dialect import among, listed, plain_moment, read_moment
from rebond.store.lookup import Statement, fetch_all, rows_of
from rebond.store.models import AddressStateRow, EvidenceRow, ProfileAddress
from rebond.store.read.state_json import read_cause, state_from_json

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
    if not identities:
        return frozenset()
    wanted = listed(identities)
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN.format(among=among("identity")), [wanted, wanted])
        return frozenset(identity for (identity,) in cursor.fetchall())


_KNOWN = "SELECT identity FROM evidence WHERE {among} UNION ALL SELECT identity FROM told_success WHERE {among}"


def evidence_of(addresses: Collection[AddressKey]) -> dict[AddressKey, list[Evidence]]:
    """Read all evidence of these addresses, the successes of the sending log among it."""
    return known_of(addresses).evidence


def snapshots_of(addresses: Collection[AddressKey]) -> dict[AddressKey, Snapshot]:
    """Read the snapshots of those addresses that have one."""
    found = {}
    for channel, keys in _by_channel(addresses):
        with connection.cursor() as cursor:
            (rows,) = fetch_all(cursor, [_snapshots(channel, keys)])
        found.update(_read_snapshots(channel, rows))
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """What states are computed from: all evidence of each address asked for, and the snapshots that there are.

    `deliveries`: those of the messages that were delivered to them, by Message-ID.
    """

    evidence: dict[AddressKey, list[Evidence]]
    snapshots: dict[AddressKey, Snapshot]
    deliveries: dict[str, int]


def known_of(addresses: Collection[AddressKey]) -> Known:
    """Read all that is known of these addresses, the successes of the sending log among it."""
    found: dict[AddressKey, list[Evidence]] = {address: [] for address in addresses}
    snapshots: dict[AddressKey, Snapshot] = {}
    deliveries: dict[str, int] = {}
    for channel, keys in _by_channel(addresses):
        statements = [_evidence(channel, keys), *_successes(channel, keys), _snapshots(channel, keys)]
        with connection.cursor() as cursor:
            told, ours, others, kept = fetch_all(cursor, statements)
        for key, scope, text_status, *values in told:
            if (pieces := found.get(AddressKey(channel, key, scope))) is not None:
                pieces.append(_read_evidence(values, text_ignored=text_status == QualificationStatus.IGNORE))
        for number, key, at, message_id, delivery in ours:
            if message_id:
                deliveries[message_id] = delivery
            if (pieces := found.get(AddressKey(channel, key))) is not None:
                pieces.append(_success(f"message:{number}", at, message_id))
        for identity, key, at, message_id in others:
            if (pieces := found.get(AddressKey(channel, key))) is not None:
                pieces.append(_success(identity, at, message_id))
        snapshots.update(_read_snapshots(channel, kept))
    return Known(found, snapshots, deliveries)


def _snapshots(channel: Channel, keys: Sequence[str]) -> Statement:
    columns = f"address_key, scope, {plain_moment('horizon')}, policy_digest, state"
    return _rows_about("address_snapshot", columns, channel, keys)


def _read_snapshots(channel: Channel, rows: Iterable[Sequence[Any]]) -> dict[AddressKey, Snapshot]:
    return {
        AddressKey(channel, key, scope): Snapshot(
            horizon=read_moment(horizon), policy_digest=digest, state=state_from_json(json.loads(state))
        )
        for key, scope, horizon, digest, state in rows
    }


def _rows_about(table: str, columns: str, channel: Channel, keys: Sequence[str], *, more: str = "") -> Statement:
    where = f"channel = %s{more}"
    return rows_of(table, columns, column="address_key", values=keys, where=where, given=[channel.value])


def states_of(addresses: Collection[AddressKey]) -> dict[AddressKey, StateRow]:
    """Read the stored states of those addresses that have a row."""
    found = {}
    for channel, keys in _by_channel(addresses):
        for row in AddressStateRow.objects.filter(channel=channel, address_key__in=keys):
            found[AddressKey(channel, row.address_key, row.scope)] = state_row(row)
    return found


def list_states(
    *,
    statuses: Collection[AddressStatus] = (),
    reason: Reason | None = None,
    channel: Channel | None = None,
) -> Iterator[StateRow]:
    """Stream the rows of the table of states, oldest first, in pages so that memory stays the same.

    `statuses`: only one of these, none given is all.
    """
    wanted = states_like(statuses, reason=reason, channel=channel)
    last = 0
    while page := list(AddressStateRow.objects.filter(wanted, id__gt=last).order_by("id")[:MOST_KEYS]):
        yield from map(state_row, page)
        last = page[-1].pk


def states_like(statuses: Collection[AddressStatus], *, reason: Reason | None, channel: Channel | None) -> Q:
    """Return the condition that a state has one of these statuses (none: any), this reason and this channel."""
    wanted = Q(status__in=[one.value for one in statuses]) if statuses else Q()
    for name, value in (("reason", reason), ("channel", channel)):
        if value is not None:
            wanted &= Q(**{name: value.value})
    return wanted


def state_row(row: AddressStateRow) -> StateRow:
    """Make the value of a row."""
    state = AddressState(
        status=AddressStatus(row.status),
        origin=Origin(row.origin),
        reason=Reason(row.reason) if row.reason else None,
        cause=read_cause(row.cause),
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


def _by_channel(addresses: Collection[AddressKey]) -> Iterator[tuple[Channel, Sequence[str]]]:
    keys: dict[Channel, dict[str, None]] = defaultdict(dict)
    for address in addresses:
        keys[address.channel][address.key] = None
    for channel, found in keys.items():
        listed = list(found)
        for start in range(0, len(listed), MOST_KEYS):
            yield channel, listed[start : start + MOST_KEYS]


def _successes(channel: Channel, keys: Sequence[str]) -> tuple[Statement, Statement]:
    ours = f"id, address_key, {plain_moment('delivered_at')}, message_id, delivery_id"
    told = f"identity, address_key, {plain_moment('at')}, message_id"
    return (
        _rows_about("message", ours, channel, keys, more=" AND delivered_at IS NOT NULL"),
        _rows_about("told_success", told, channel, keys),
    )


def _success(identity: str, at: datetime, message: str) -> Evidence:
    return Evidence(identity=identity, event=Event.DELIVERED, at=read_moment(at), message=message)


def _evidence(channel: Channel, keys: Sequence[str]) -> Statement:
    text_status = "(SELECT q.status FROM qualification q WHERE q.id = evidence.qualification)"
    columns = (
        f"address_key, scope, {text_status}, identity, event, {plain_moment('at')}, type, reason, cause, rule,"
        " pack_version, confirm, message_id, asynchronous, trust, trusted, first_sight, held_by, text, provider, voids,"
        " because, actor"
    )
    return _rows_about("evidence", columns, channel, keys)


def _read_evidence(row: Sequence[Any], *, text_ignored: bool) -> Evidence:
    """Make the value of what follows the first three columns."""
    identity, event, at, *judged, message, asynchronous, trust, trusted, first_sight, held_by = row[:15]
    text, provider, voids, because, actor = row[15:]
    return Evidence(
        identity=identity,
        event=Event(event),
        at=read_moment(at),
        verdict=read_verdict(tuple(judged)) if judged[0] else None,
        message=message,
        asynchronous=asynchronous,
        trust=Trust(trust),
        trusted=trusted,
        first_sight=first_sight,
        held_by=held_by,
        text_ignored=text_ignored,
        text=text,
        provider=provider,
        voids=frozenset(json.loads(voids)) if voids != "[]" else frozenset(),
        because=because,
        actor=actor,
    )


@lru_cache(1000)  # those of one address after another are the same few
def read_verdict(judged: tuple[Any, ...]) -> Verdict:
    """Make a verdict of its columns, in the order in which evidence is read."""
    failure_type, reason, cause, rule, pack_version, confirm = judged
    return Verdict(
        type=FailureType(failure_type),
        reason=Reason(reason),
        cause=Cause(cause),
        rule=rule,
        pack_version=pack_version,
        confirm=confirm,
    )


def scopes_of(address: AddressKey) -> tuple[str, ...]:
    """List the scopes in which an address has a state, the whole site first."""
    rows = AddressStateRow.objects.filter(channel=address.channel, address_key=address.key)
    return tuple(dict.fromkeys(["", *rows.order_by("scope").values_list("scope", flat=True)]))


def count_known() -> int:
    """Count the addresses of profiles, or those that have a state where these are more."""
    return max(ProfileAddress.objects.count(), AddressStateRow.objects.count())


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
