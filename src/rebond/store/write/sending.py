"""Claims, begun windows and outcomes in the sending log, with the counters of the delivery.

A claim holds a message under a lease and changes nothing else; a message is `sending` once its window has begun.
Rows are locked in the order of their numbers, counters after them.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from rebond.core.accounting import COUNTER_OF
from rebond.core.words import (
    Cause,
    DeliveryStatus,
    ExclusionCause,
    FailureType,
    MessageStatus,
    Reason,
)
from rebond.store.dialect import moment
from rebond.store.models import Delivery, Exclusion, Message
from rebond.store.read.sending import OPEN, Due, free_messages, lost_messages
from rebond.store.write.counters import add_late_exclusions, move_counts

MOST_TEXT = 2000
_WAITING = (MessageStatus.PENDING.value, MessageStatus.UNCERTAIN.value)
_GOING = (DeliveryStatus.SENDING.value, DeliveryStatus.PAUSED.value)
_NEVER_TRIED = "the validity of the delivery ended before this message could be handed over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What one message's row becomes after its window; `status` says whether it is settled or goes on."""

    message: int
    status: MessageStatus
    attempts: int
    step: int
    type: str = ""
    reason: str = ""
    cause: str = ""
    rule: str = ""
    text: str = ""
    last_attempt_at: datetime | None = None
    next_attempt_at: datetime | None = None
    uncertain: bool = False
    remote_id: str = ""
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """A begun message that was not handed over after all: it is as it was, but for when it is due."""

    message: int
    status: MessageStatus
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateExclusion:
    """A message that may not be sent any more, before its first attempt."""

    due: Due
    reason: Reason
    cause: ExclusionCause | None


@dataclass(frozen=True, slots=True)
class Committed:
    """What one commit did: the numbers it began, how many rows took each status, and the delivery's status."""

    begun: frozenset[int]
    became: Counter[MessageStatus]
    status: DeliveryStatus


def start_delivery(delivery_id: int, *, now: datetime, ends_at: datetime) -> bool:
    """Begin a prepared delivery; False when another worker began it meanwhile."""
    prepared = Delivery.objects.filter(id=delivery_id, status=DeliveryStatus.PREPARED.value)
    return bool(prepared.update(status=DeliveryStatus.SENDING.value, started_at=now, ends_at=ends_at))


def finish_delivery(delivery_id: int, *, now: datetime) -> bool:
    """End a delivery whose last open message is settled; False when one is open, or it had ended."""
    settled = Delivery.objects.filter(id=delivery_id, status__in=_GOING, counts__pending=0)
    return bool(settled.update(status=DeliveryStatus.FINISHED.value, finished_at=now))


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


def release(numbers: Collection[int], *, worker: str) -> None:
    """Give back messages that were claimed and not begun."""
    held = Message.objects.filter(id__in=numbers, worker=worker, status__in=_WAITING)
    held.update(worker="", lease_until=None)


def renew(numbers: Collection[int], *, worker: str, until: datetime) -> None:
    """Hold on to messages whose lease this worker still has."""
    Message.objects.filter(id__in=numbers, worker=worker, status__in=OPEN).update(lease_until=until)


def reclaim_lost(delivery_id: int, *, now: datetime) -> int:
    """Make uncertain what a worker had begun when it lost its lease: it may have been sent; returns how many."""
    numbers = lost_messages(delivery_id, now=now)
    if not numbers:
        return 0
    lost = Message.objects.filter(id__in=numbers, status=MessageStatus.SENDING.value, lease_until__lt=now)
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
    if not Delivery.objects.filter(id=delivery_id, status__in=_GOING, ends_at__lt=now).exists():
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


def commit_window(
    delivery_id: int,
    settlements: Sequence[tuple[int, Settlement | GivenBack]],
    *,
    begin: Collection[int],
    fence: int,
    spoiled: Mapping[int, str],
    worker: str,
    until: datetime,
) -> Committed:
    """Record the outcomes of begun messages, each with its window's fence, and begin the next window.

    Only what this worker still holds is touched: what it lost belongs to whoever claimed it since. `spoiled`, with
    the words, could not be built. Nothing begins unless the delivery is being sent. Safe to run again.
    """
    settled = {item.message: (number, item) for number, item in settlements}
    rows = _held({*settled, *begin, *spoiled}, worker=worker)
    mine = [
        settled[number][1]
        for number, (status, row_fence, _) in rows.items()
        if number in settled and status == MessageStatus.SENDING and row_fence == settled[number][0]
    ]
    waiting = {number for number, (status, _, _) in rows.items() if status in _WAITING}
    bad = {number: words for number, words in spoiled.items() if number in waiting}
    done = [item for item in mine if isinstance(item, Settlement)]
    _deliver([item for item in done if item.status is MessageStatus.DELIVERED])
    _save([item for item in done if item.status is not MessageStatus.DELIVERED])
    _give_back([item for item in mine if isinstance(item, GivenBack)])
    _spoil(bad)
    became = Counter(item.status for item in done)
    became[MessageStatus.PRODUCTION_ERROR] += len(bad)
    returned = sum(rows[item.message][2] for item in done if item.status is MessageStatus.DELIVERED)
    _count(delivery_id, became, returned=returned)
    status = DeliveryStatus(Delivery.objects.values_list("status", flat=True).get(id=delivery_id))
    begun = {number for number in begin if number in waiting} if status is DeliveryStatus.SENDING else set()
    if begun:
        Message.objects.filter(id__in=begun).update(status=MessageStatus.SENDING.value, fence=fence, lease_until=until)
    # Asked to again after a commit whose answer was lost: what has begun stays begun.
    begun |= {n for n, (row_status, f, _) in rows.items() if n in begin and row_status == "sending" and f == fence}
    return Committed(frozenset(begun), became, status)


def _held(numbers: Collection[int], *, worker: str) -> dict[int, tuple[str, int, bool]]:
    """Lock those of these rows that the worker holds: status, fence, and whether a return has overtaken the outcome."""
    if not numbers:
        return {}
    rows = Message.objects.filter(id__in=numbers, worker=worker).order_by("id").select_for_update()
    return {
        number: (status, fence, returned_at is not None)
        for number, status, fence, returned_at in rows.values_list("id", "status", "fence", "returned_at")
    }


_DELIVER = """
UPDATE message SET status = 'delivered', type = '', reason = '', cause = '', rule = '', text = '',
    attempts = v.column2, remote_id = v.column3, last_attempt_at = v.column4, delivered_at = v.column4,
    next_attempt_at = NULL, worker = '', lease_until = NULL, fence = 0
FROM (VALUES {rows}) v WHERE message.id = v.column1
"""


def _deliver(items: Sequence[Settlement]) -> None:
    if not items:
        return
    values: list[object] = []
    for item in items:
        values += (item.message, item.attempts, item.remote_id[:255], moment(item.delivered_at))
    with connection.cursor() as cursor:
        cursor.execute(_DELIVER.format(rows=", ".join(["(%s, %s, %s, %s)"] * len(items))), values)


_SAVE = """
UPDATE message SET status = %s, type = %s, reason = %s, cause = %s, rule = %s, text = %s, attempts = %s, step = %s,
    last_attempt_at = %s, next_attempt_at = %s, uncertain = %s,
    worker = '', lease_until = NULL, fence = 0
WHERE id = %s
"""


def _save(settlements: Sequence[Settlement]) -> None:
    if not settlements:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            _SAVE,
            [
                (
                    item.status.value,
                    item.type,
                    item.reason,
                    item.cause,
                    item.rule[:128],
                    item.text[:MOST_TEXT],
                    item.attempts,
                    item.step,
                    moment(item.last_attempt_at),
                    moment(item.next_attempt_at),
                    item.uncertain,
                    item.message,
                )
                for item in settlements
            ],
        )


def _give_back(items: Sequence[GivenBack]) -> None:
    if not items:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE message SET status = %s, next_attempt_at = %s, worker = '', lease_until = NULL, fence = 0"
            " WHERE id = %s",
            [(item.status.value, moment(item.next_attempt_at), item.message) for item in items],
        )


def _spoil(words: Mapping[int, str]) -> None:
    for number, text in sorted(words.items()):
        Message.objects.filter(id=number).update(
            status=MessageStatus.PRODUCTION_ERROR.value,
            type=FailureType.IGNORED.value,
            reason=Reason.PRODUCTION_ERROR.value,
            cause="",
            rule="none",
            text=text[:MOST_TEXT],
            worker="",
            lease_until=None,
            next_attempt_at=None,
        )


def _count(delivery_id: int, became: Counter[MessageStatus], *, returned: int) -> None:
    moves: Counter[str] = Counter()
    for status, number in became.items():
        moves[COUNTER_OF[status]] += number
        moves["pending"] -= number
    moves["returned"] += returned
    move_counts(delivery_id, moves)
