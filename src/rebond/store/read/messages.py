"""Our messages, as a return or an event points to them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from rebond.core.words import Channel, MessageStatus
from rebond.store.models import Message

_MOST = 500


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


def find_messages(numbers: Collection[int], *, message_ids: Collection[str] = ()) -> tuple[SentMessage, ...]:
    """Find messages by their number in the sending log or by their Message-ID (without brackets)."""
    found: dict[int, SentMessage] = {}
    for name, values in (("id", list(numbers)), ("message_id", [value for value in message_ids if value])):
        for start in range(0, len(values), _MOST):
            rows = Message.objects.filter(Q(**{f"{name}__in": values[start : start + _MOST]}))
            if name == "message_id":
                # In the words of the partial index: SQLite takes it only when the statement shows its condition.
                rows = rows.extra(where=["NOT (message.message_id = '')"])
            for row in rows.only(*_COLUMNS):
                found[row.pk] = _sent(row)
    return tuple(found.values())


_COLUMNS = (
    "id",
    "delivery_id",
    "profile",
    "channel",
    "address",
    "address_key",
    "message_id",
    "status",
    "last_attempt_at",
    "first_claimed_at",
    "provider",
)


def _sent(row: Message) -> SentMessage:
    return SentMessage(
        number=row.pk,
        delivery=row.delivery_id,
        profile=row.profile,
        channel=Channel(row.channel),
        address=row.address,
        key=row.address_key,
        message_id=row.message_id,
        status=MessageStatus(row.status),
        sent_at=row.last_attempt_at or row.first_claimed_at,
        provider=row.provider,
    )
