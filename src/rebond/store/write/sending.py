"""Begun windows and their outcomes in the sending log, with the counters of the delivery.

A message is `sending` once its window has begun; before that its claim may be given back as if nothing had been.
Rows are locked in the order of their numbers, counters after them.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.accounting import COUNTER_OF
from rebond.core.words import (
    DeliveryStatus,
    FailureType,
    MessageStatus,
    Reason,
)
from rebond.store.dialect import moment
from rebond.store.models import Delivery, Message
from rebond.store.read.sending import takes_more
from rebond.store.write.claims import GOING, WAITING
from rebond.store.write.counters import move_counts

MOST_TEXT = 2000


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


@dataclass(frozen=True, slots=True)
class Committed:
    """What one commit did: the numbers it began, how many rows took each status, and the delivery's status."""

    begun: frozenset[int]
    became: Counter[MessageStatus]
    status: DeliveryStatus


def start_delivery(delivery_id: int, *, now: datetime, ends_at: datetime) -> bool:
    """Begin a prepared delivery; False when another worker began it meanwhile."""
    ready = (DeliveryStatus.PREPARED.value, DeliveryStatus.SCHEDULED.value)
    prepared = Delivery.objects.filter(id=delivery_id, status__in=ready)
    return bool(prepared.update(status=DeliveryStatus.SENDING.value, started_at=now, ends_at=ends_at))


def finish_delivery(delivery_id: int, *, now: datetime) -> bool:
    """End a delivery whose last open message is settled; False when one is open or may still come, or it had ended."""
    settled = Delivery.objects.filter(id=delivery_id, status__in=GOING, counts__pending=0)
    settled = settled.exclude(id__in=takes_more(now).values("delivery"))
    return bool(settled.update(status=DeliveryStatus.FINISHED.value, finished_at=now))


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
    waiting = {number for number, (status, _, _) in rows.items() if status in WAITING}
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
    values: list[Any] = []
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
