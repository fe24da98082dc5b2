"""Claims: messages held under a lease, given back, refused late, or given up (specification 05, "Sending").

A claim changes nothing but who holds the message. Rows are locked in the order of their numbers, counters after them.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from rebond.core.accounting import COUNTER_OF
from rebond.core.words import Cause, DeliveryStatus, ExclusionCause, FailureType, MessageStatus, Reason
from rebond.store.dialect import agree_on, moment
from rebond.store.models import Delivery, Exclusion, Message
from rebond.store.read.leases import is_over
from rebond.store.read.sending import OPEN, Due, free_messages, lost_messages, open_messages
from rebond.store.write.counters import add_late_exclusions, move_counts

WAITING = (MessageStatus.PENDING.value, MessageStatus.UNCERTAIN.value)
GOING = (DeliveryStatus.SENDING.value, DeliveryStatus.PAUSED.value)
_NEVER_TRIED = "the validity of the delivery ended before this message could be handed over"


@dataclass(frozen=True, slots=True, kw_only=True)
class LateExclusion:
    """A message that may not be sent any more, before its first attempt."""

    due: Due
    reason: Reason
    cause: ExclusionCause | None


def hold(due: Sequence[Due], *, worker: str, now: datetime, until: datetime, message_ids: Mapping[int, str]) -> None:
    """Put locked messages under this worker's lease; `message_ids` fixes the ids of those claimed the first time."""
    again = [item.id for item in due if item.id not in message_ids]
    Message.objects.filter(id__in=again).update(worker=worker, lease_until=until)
    if message_ids:
        statement = _HOLD_FIRST.format(rows=", ".join(["(%s, %s)"] * len(message_ids)))
        fixed = [value for row in sorted(message_ids.items()) for value in row]
        with connection.cursor() as cursor:
            cursor.execute(statement, [worker, moment(until), moment(now), *fixed])


# Both databases name the columns of VALUES so. One statement for all: planning each alone costs more than running it.
_HOLD_FIRST = """
UPDATE message SET worker = %s, lease_until = %s, first_claimed_at = %s, message_id = v.column2
FROM (VALUES {rows}) v WHERE message.id = v.column1
"""


def agree_on_confirmations(keys: Collection[str]) -> None:
    """Let one claim at a time decide about a confirmation to these addresses, until the transaction ends."""
    names = sorted({f"confirmation/{key}" for key in keys})
    with connection.cursor() as cursor:
        agree_on(cursor, names, alone=[True] * len(names))


def release(numbers: Collection[int], *, worker: str) -> None:
    """Give back messages that were claimed and not begun."""
    held = Message.objects.filter(id__in=numbers, worker=worker, status__in=WAITING)
    held.update(worker="", lease_until=None)


def release_others(delivery_id: int, *, worker: str, held: Collection[int]) -> None:
    """Give back what this worker claimed and has not begun, but for what it knows to hold."""
    waiting = open_messages(delivery_id).filter(worker=worker, status__in=WAITING)
    waiting.exclude(id__in=held).update(worker="", lease_until=None)


def renew(numbers: Collection[int], *, worker: str, until: datetime) -> None:
    """Hold on to messages whose lease this worker still has."""
    Message.objects.filter(id__in=numbers, worker=worker, status__in=OPEN).update(lease_until=until)


def reclaim_lost(delivery_id: int, *, now: datetime) -> int:
    """Make uncertain what a worker had begun when it lost its lease: it may have been sent; returns how many."""
    numbers = lost_messages(delivery_id, now=now)
    if not numbers:
        return 0
    lost = Message.objects.filter(is_over(now), id__in=numbers, status=MessageStatus.SENDING.value)
    return lost.update(status=MessageStatus.UNCERTAIN.value, uncertain=True, worker="", lease_until=None, fence=0)


def exclude_late(delivery_id: int, late: Sequence[LateExclusion]) -> None:
    """Turn messages that were never tried into exclusions."""
    if not late:
        return
    numbers: Counter[tuple[Reason, ExclusionCause | None]] = Counter()
    for item in late:
        numbers[item.reason, item.cause] += 1
    for reason, cause in numbers:
        these = [item.due.id for item in late if (item.reason, item.cause) == (reason, cause)]
        Message.objects.filter(id__in=these).update(
            status=MessageStatus.EXCLUDED_LATE.value,
            reason=reason.value,
            cause=cause.value if cause else "",
            worker="",
            lease_until=None,
            next_attempt_at=None,
        )
    add_late_exclusions(delivery_id, numbers)
    Exclusion.objects.bulk_create(
        [
            Exclusion(
                delivery_id=delivery_id,
                profile=item.due.profile,
                address=item.due.address,
                reason=item.reason.value,
                cause=item.cause.value if item.cause else "",
                late=True,
            )
            for item in late
        ],
        batch_size=100,
    )


def close_open(delivery_id: int, numbers: Sequence[int], *, status: MessageStatus) -> None:
    """Settle locked, open messages as `failed` with their last failure, or as `cancelled`."""
    if not numbers:
        return
    settled = {"status": status.value, "worker": "", "lease_until": None, "next_attempt_at": None, "fence": 0}
    if status is MessageStatus.FAILED:
        # One that never had an answer gets the verdict of its end; it is no evidence about anybody.
        Message.objects.filter(id__in=numbers, reason="").update(
            type=FailureType.SOFT.value,
            reason=Reason.UNREACHABLE.value,
            cause=Cause.EXPIRED.value,
            rule="none",
            text=_NEVER_TRIED,
        )
    Message.objects.filter(id__in=numbers).update(**settled)
    move_counts(delivery_id, {"pending": -len(numbers), COUNTER_OF[status]: len(numbers)})


def expire(delivery_id: int, *, now: datetime, limit: int) -> int:
    """Give up, once validity has ended, open messages that no worker holds; returns how many it took, up to `limit`."""
    if not Delivery.objects.filter(id=delivery_id, status__in=GOING, ends_at__lt=now).exists():
        return 0
    return _close(delivery_id, now=now, limit=limit, status=MessageStatus.FAILED)


def cancel_rest(delivery_id: int, *, now: datetime, limit: int) -> int:
    """Settle what workers gave back to a delivery that was cancelled meanwhile; returns how many it took."""
    if not Delivery.objects.filter(id=delivery_id, status=DeliveryStatus.CANCELLED.value).exists():
        return 0
    return _close(delivery_id, now=now, limit=limit, status=MessageStatus.CANCELLED)


def _close(delivery_id: int, *, now: datetime, limit: int, status: MessageStatus) -> int:
    free = free_messages(delivery_id, now=now).select_for_update(skip_locked=True)
    numbers = list(free.values_list("id", flat=True)[:limit])
    close_open(delivery_id, numbers, status=status)
    return len(numbers)
