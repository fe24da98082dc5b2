"""Our messages, as a return or an event points to them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.words import Channel, MessageStatus
from rebond.store.dialect import among, among_numbers, listed, plain_moment, read_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """One row of the sending log, as far as attribution needs it."""

    number: int
    delivery: int
    profile: int
    channel: Channel
    address: str
    key: str
    message_id: str
    status: MessageStatus
    sent_at: datetime | None
    provider: str

    @property
    def erased(self) -> bool:
        """Whether its person was erased: nothing tells any more to whom it went."""
        return not self.key


def find_messages(numbers: Collection[int], *, message_ids: Collection[str] = ()) -> tuple[SentMessage, ...]:
    """Find messages by their number in the sending log or by their Message-ID (without brackets)."""
    possible = [value for value in message_ids if _possible(value)]
    found: dict[int, SentMessage] = {}
    with connection.cursor() as cursor:
        if numbers:
            cursor.execute(f"{_sent_columns()} WHERE {among_numbers('id')}", [listed(numbers)])
            found.update((row[0], _sent(row)) for row in cursor.fetchall())
        if possible:
            # In the words of the partial index: SQLite takes it only when the statement shows its condition.
            cursor.execute(
                f"{_sent_columns()} WHERE {among('message_id')} AND NOT (message_id = '')", [listed(possible)]
            )
            found.update((row[0], _sent(row)) for row in cursor.fetchall())
    return tuple(found.values())


def _possible(message_id: str) -> bool:
    # PostgreSQL refuses a statement with a NUL or half a surrogate pair in it; we never wrote such an id.
    return bool(message_id) and message_id.isprintable()


def _sent_columns() -> str:
    return (
        "SELECT id, delivery_id, profile, channel, address, address_key, message_id, status,"
        f" {plain_moment('last_attempt_at')}, {plain_moment('first_claimed_at')}, provider FROM message"
    )


def _sent(row: Sequence[Any]) -> SentMessage:
    number, delivery, profile, channel, address, key, message_id, status, attempted_at, claimed_at, provider = row
    return SentMessage(
        number=number,
        delivery=delivery,
        profile=profile,
        channel=Channel(channel),
        address=address,
        key=key,
        message_id=message_id,
        status=MessageStatus(status),
        sent_at=read_moment(attempted_at or claimed_at),
        provider=provider,
    )
