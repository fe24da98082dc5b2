"""Which addresses went from one status to another, and by whose failure: what reports of entries and exits read."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import connection

from rebond.core.failure import AddressState, Event, Evidence
from rebond.core.webhooks import EventType
from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import moment
from rebond.store.lookup import fetch_all, rows_of
from rebond.store.read.evidence import AddressKey, Known
from rebond.store.write.outbox import NewEvent, add_events
from rebond.store.write.rows import insert

_VALID = AddressStatus.VALID.value
_COLUMNS = ("at", "channel", "before", "after", "reason", "cause", "delivery", "origin", "provider", "domain")
_ACTED = frozenset({Event.FAILURE, Event.COMPLAINT, Event.STOP})


def note_changes(
    before: Mapping[AddressKey, str],
    states: Mapping[AddressKey, AddressState],
    known: Known,
    *,
    now: datetime,
) -> None:
    """Write down whose status is another than before; of the whole site only, as narrower ones keep nobody out."""
    changed = {
        address: state
        for address, state in states.items()
        if not address.scope and state.status.value != before.get(address, _VALID)
    }
    if not changed:
        return
    messages = {address: _last_message(known.evidence[address]) for address in changed}
    # Most were delivered to the address that changed.
    unknown = {message for message in messages.values() if message} - known.deliveries.keys()
    deliveries = known.deliveries | _deliveries_of(unknown)
    at = moment(now)
    rows = [
        (
            at,
            address.channel.value,
            before.get(address, _VALID),
            state.status.value,
            state.reason.value if state.reason else "",
            state.cause.value if state.cause else "",
            deliveries.get(messages[address]),
            state.origin.value,
            state.provider[:64],
            _domain_of(address),
        )
        for address, state in changed.items()
    ]
    insert("status_change", _COLUMNS, rows)
    _tell(before, changed, now=now)


def _domain_of(address: AddressKey) -> str:
    return address.key.partition("@")[2][:255] if address.channel is Channel.EMAIL else ""


def _tell(before: Mapping[AddressKey, str], changed: Mapping[AddressKey, AddressState], *, now: datetime) -> None:
    events = []
    for address, state in changed.items():
        was = before.get(address, _VALID)
        kind = _ENTERED.get(state.status) or (EventType.ADDRESS_RELEASED if was in _KEPT_OUT else None)
        if kind is not None:
            data: dict[str, object] = {"channel": address.channel.value, "address": address.key, "before": was}
            data |= {"status": state.status.value, "reason": state.reason, "cause": state.cause}
            events.append(NewEvent(kind, data))
    if events:
        add_events(events, now=now)


_ENTERED = {
    AddressStatus.QUARANTINED: EventType.ADDRESS_QUARANTINED,
    AddressStatus.DENYLISTED: EventType.ADDRESS_DENYLISTED,
}
_KEPT_OUT = frozenset(status.value for status in _ENTERED)


def _last_message(evidence: Sequence[Evidence]) -> str:
    last = max((item for item in evidence if item.event in _ACTED), key=lambda item: item.at, default=None)
    return last.message if last else ""


def _deliveries_of(messages: Collection[str]) -> dict[str, int]:
    if not messages:
        return {}
    statement = rows_of(
        "message", "message_id, delivery_id", column="message_id", values=messages, where="message_id <> ''"
    )
    with connection.cursor() as cursor:
        return dict(fetch_all(cursor, [statement])[0])
