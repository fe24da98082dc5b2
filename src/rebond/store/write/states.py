"""The states of addresses: what their evidence adds up to, stored."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.failure import AddressState
from rebond.core.policy import Policy
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import agree_on, among, among_numbers, listed, moment
from rebond.store.lookup import fetch_all, locked_rows_of
from rebond.store.read.evidence import MOST_KEYS, AddressKey, known_of
from rebond.store.write.rows import insert, update
from rebond.store.write.status_changes import note_changes
from rebond.store.write.text import storable


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that the transaction holds, as it was before."""

    number: int
    status: str


def hold_addresses(folding: Collection[AddressKey], *, succeeding: Collection[AddressKey] = ()) -> None:
    """Keep others from folding addresses until the transaction ends; those that get a success, but from others'.

    Most addresses have no row that could be locked, and a success makes none: without this a fold could miss one that
    is not committed yet, and the one who commits it could miss the row that the fold is about to make.
    """
    wanted = [(f"{address.channel}/{address.key}", True) for address in folding]
    wanted += [(f"{address.channel}/{address.key}", False) for address in succeeding]
    with connection.cursor() as cursor:
        agree_on(cursor, [name for name, _ in wanted], alone=[alone for _, alone in wanted])


def refold(
    addresses: Mapping[AddressKey, str],
    *,
    policy: Policy,
    now: datetime,
    succeeded: Collection[AddressKey] = (),
) -> dict[AddressKey, AddressState]:
    """Compute the states of these addresses (with their text as received) anew, and store them and what changed.

    The caller holds them (`hold_addresses`), so that nobody else folds them from other evidence; those that stay
    plainly valid go again. Of the addresses that `succeeded`, only those that have a row.
    """
    ordered = sorted({*addresses, *succeeded})
    states: dict[AddressKey, AddressState] = {}
    for start in range(0, len(ordered), MOST_KEYS):
        part = ordered[start : start + MOST_KEYS]
        stored = _locked(part)
        # A row that went was plainly valid, and a success leaves it so.
        part = [address for address in part if address in addresses or address in stored]
        known = known_of(part)
        folded = {
            address: fold(policy, known.snapshots.get(address), known.evidence[address], channel=address.channel)
            for address in part
        }
        _save(folded, stored, addresses, policy=policy)
        note_changes({address: row.status for address, row in stored.items()}, folded, known, now=now)
        states.update(folded)
    return states


def _locked(addresses: Sequence[AddressKey]) -> dict[AddressKey, _Row]:
    """Lock the rows of those that have one, in the order of their keys, against cleanup and those who succeed too."""
    wanted, found = frozenset(addresses), {}
    for channel, keys in _keys(addresses):
        statement = locked_rows_of(
            "address_state",
            "id, address_key, scope, status",
            column="address_key",
            values=keys,
            where="channel = %s",
            given=[channel],
            order="scope",
        )
        with connection.cursor() as cursor:
            (rows,) = fetch_all(cursor, [statement])
        for number, key, scope, status in rows:
            if (address := AddressKey(Channel(channel), key, scope)) in wanted:
                found[address] = _Row(number, status)
    return found


def _save(
    states: Mapping[AddressKey, AddressState],
    stored: Mapping[AddressKey, _Row],
    texts: Mapping[AddressKey, str],
    *,
    policy: Policy,
) -> None:
    digest = policy.digest
    new, changed = [], []
    for address, state in states.items():
        if state.plain:
            continue
        values = _state_values(state, digest=digest)
        if address in stored:
            changed.append(_changed(stored[address].number, values, state))
        else:
            new.append((*_names(address, texts[address]), *values))
    insert("address_state", (*_NAMES, *_VALUES), new)
    update("address_state", _VALUES, changed)
    gone = [stored[address].number for address, state in states.items() if state.plain and address in stored]
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM address_state WHERE {among_numbers('id')}", [listed(gone)])


def _changed(number: int, values: Sequence[Any], state: AddressState) -> dict[str, object]:
    row = {
        name: str(value) if isinstance(value, datetime) else value for name, value in zip(_VALUES, values, strict=True)
    }
    return {**row, "id": number, "confirming": sorted(state.confirming)}


def delete_valid_states(addresses: Collection[AddressKey]) -> int:
    """Remove those rows of these addresses that are valid still: evidence may have come since they were read.

    The evidence stays.
    """
    removed = 0
    by_scope: dict[str, list[AddressKey]] = {}
    for address in sorted(addresses):
        by_scope.setdefault(address.scope, []).append(address)
    for scope, found in by_scope.items():
        for channel, keys in _keys(found):
            with connection.cursor() as cursor:
                cursor.execute(_DELETE_VALID.format(among=among("address_key")), [channel, scope, listed(keys)])
                removed += cursor.rowcount
    return removed


_DELETE_VALID = f"""
DELETE FROM address_state WHERE channel = %s AND scope = %s AND {{among}} AND status = '{AddressStatus.VALID}'
"""
_NAMES = ("channel", "address_key", "scope", "address")
# With PostgreSQL's types.
_VALUES = {
    **dict.fromkeys(("status", "origin", "reason", "cause"), "text"),
    "error_count": "integer",
    **dict.fromkeys(("first_error_at", "last_error_at", "last_counted_at", "since", "until"), "timestamptz"),
    **dict.fromkeys(("error_text", "provider"), "text"),
    "releases": "integer",
    "confirming": "jsonb",
    "policy_digest": "text",
}


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
    by_channel: dict[str, dict[str, None]] = {}
    for address in addresses:
        by_channel.setdefault(address.channel.value, {})[address.key] = None
    for channel, found in by_channel.items():
        keys = list(found)
        for start in range(0, len(keys), MOST_KEYS):
            yield channel, keys[start : start + MOST_KEYS]
