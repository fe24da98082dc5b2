"""Sending a delivery: start or join it, hand over what is due, wait for the retries when asked to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from rebond.core.message import DeliveryAction, IllegalTransitionError, after
from rebond.core.policy import Policy
from rebond.core.ports import Clock, Sender
from rebond.core.said import said
from rebond.core.schedule import Calendar
from rebond.core.tokens import Keyring
from rebond.core.words import DeliveryStatus
from rebond.services.alerts import OftenUnqualified
from rebond.services.database_thread import DatabaseThread
from rebond.services.deliveries import end_settled, tell_of
from rebond.services.errors import NotFoundError, RefusedError
from rebond.services.record import OFTEN
from rebond.services.rules_in_force import RulesInForce
from rebond.services.send_means import Build, Means
from rebond.services.send_outcome import Judge
from rebond.services.send_run import Run
from rebond.store.read import sending as read
from rebond.store.read.sending import Progress, SendingDelivery
from rebond.store.write.audit import add_audit
from rebond.store.write.claims import cancel_rest, expire
from rebond.store.write.sending import start_delivery

_CLOSE = 2000
_LOOK = 1.0
# Seconds after which a waiting worker looks for work again, whatever it expects: others may have given some back.
_ROUND = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What one worker did, and how the delivery stands.

    `next_due` is when there is something to do again (None: never), `problem` why the transport cannot be used now.
    """

    handed_over: int
    delivered: int
    retried: int
    failed: int
    cancelled: int
    uncertain: int
    excluded_late: int
    production_errors: int
    pending: int
    status: DeliveryStatus
    next_due: datetime | None
    problem: str


async def send(
    delivery_id: int,
    *,
    policy: Policy,
    keyring: Keyring,
    rules: RulesInForce,
    sender: Sender,
    composer: Callable[[SendingDelivery], Build],
    bounce_domain: str,
    clock: Clock,
    worker: str,
    actor: str = "",
    often: OftenUnqualified = OFTEN,
    until_settled: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    stop: asyncio.Event | None = None,
) -> SendResult:
    """Start or join a delivery, hand over all that is due, and return; `until_settled` waits for the retries too,
    and for a database that is away.

    `on_progress` is told at the start, after each window, and each second of waiting. `composer` makes, of the
    delivery's content, what builds each message (ValueError: it cannot be sent). `worker` is unlike that of any other
    worker; changed `rules` are taken with the next claim. `stop` ends it after the window in flight.
    NotFoundError, RefusedError.
    """
    database = DatabaseThread(clock)
    means = Means(
        policy=policy,
        keyring=keyring,
        rules=rules,
        sender=sender,
        bounce_domain=bounce_domain,
        clock=clock,
        worker=worker,
        often=often,
        stop=stop or asyncio.Event(),
        on_progress=on_progress,
    )
    if until_settled:
        database.wait_while(lambda: not means.stop.is_set())
    try:
        delivery = await database.transact(_start, delivery_id, now=clock.now(), actor=actor or worker)
        run = _run(delivery, composer=composer, means=means, database=database)
        await _look(delivery, means=means, database=database)
        while True:
            await run.drain()
            await _settle(run, delivery, means=means, database=database)
            due = await _due(run, delivery, means=means, database=database)
            if due is None or not until_settled or means.stop.is_set():
                return await _result(run, delivery, due=due, database=database)
            await _wait(run, delivery, due=due, means=means, database=database)
    finally:
        await database.close()


async def send_due(
    delivery_id: int,
    *,
    policy: Policy,
    keyring: Keyring,
    rules: RulesInForce,
    sender: Sender,
    composer: Callable[[SendingDelivery], Build],
    bounce_domain: str,
    clock: Clock,
    worker: str,
) -> SendResult:
    """Start or join a delivery, hand over all that is due now, and return: `send` without waiting."""
    return await send(
        delivery_id,
        policy=policy,
        keyring=keyring,
        rules=rules,
        sender=sender,
        composer=composer,
        bounce_domain=bounce_domain,
        clock=clock,
        worker=worker,
    )


def begin_sending(delivery_id: int, *, now: datetime, actor: str) -> None:
    """Write down that a prepared delivery is being sent, for `send` to hand over, here or elsewhere."""
    with transaction.atomic():
        _start(delivery_id, now=now, actor=actor)


def next_due(delivery_id: int, *, transport: str, now: datetime) -> datetime | None:
    """Tell when there is something to do for a delivery being sent; not after `now`: at once; None: never again."""
    if read.delivery_status(delivery_id) is not DeliveryStatus.SENDING:
        return None
    due = read.next_due(delivery_id, now=now)
    pause = read.transport_pause(transport, now=now)
    if due is None or pause is None:
        return due
    return max(due, pause.until)


def _start(delivery_id: int, *, now: datetime, actor: str) -> SendingDelivery:
    # Held until it is started: it may be edited, or prepared again, at the same moment.
    delivery = _existing(delivery_id, lock=True)
    try:
        after(delivery.status, DeliveryAction.SEND)
    except IllegalTransitionError as error:
        raise RefusedError(
            said("delivery {delivery_id} cannot be sent: {error}", delivery_id=delivery_id, error=error)
        ) from None
    if delivery.status in {DeliveryStatus.PREPARED, DeliveryStatus.SCHEDULED}:
        if start_delivery(delivery_id, now=now, ends_at=now + delivery.validity):
            add_audit(
                "delivery.send",
                subject=f"delivery:{delivery_id}",
                actor=actor,
                now=now,
                before={"status": delivery.status},
                after={"status": DeliveryStatus.SENDING},
            )
            tell_of(delivery_id, delivery.name, DeliveryStatus.SENDING, now=now)
        delivery = _existing(delivery_id)
    return delivery


def _existing(delivery_id: int, *, lock: bool = False) -> SendingDelivery:
    delivery = read.sending_delivery(delivery_id, lock=lock)
    if delivery is None:
        raise NotFoundError(said("there is no delivery {delivery_id}", delivery_id=delivery_id))
    return delivery


def _run(
    delivery: SendingDelivery,
    *,
    composer: Callable[[SendingDelivery], Build],
    means: Means,
    database: DatabaseThread,
) -> Run:
    try:
        build = composer(delivery)
    except ValueError as error:
        raise RefusedError(
            said("delivery {delivery} cannot be sent as it is: {error}", delivery=delivery.id, error=error)
        ) from None
    assert delivery.ends_at is not None
    calendar = Calendar(intervals=delivery.retries, permanent=delivery.retry_permanent, ends_at=delivery.ends_at)
    judge = Judge(rules=means.rules, channel=delivery.channel, calendar=calendar)
    return Run(delivery, judge=judge, build=build, means=means, database=database)


async def _settle(run: Run, delivery: SendingDelivery, *, means: Means, database: DatabaseThread) -> None:
    """Close what cannot go on: expired messages, those of a cancelled delivery, and the delivery itself."""
    for close in (expire, cancel_rest):
        while closed := await database.transact(close, delivery.id, now=means.clock.now(), limit=_CLOSE):
            if close is expire:
                run.pool.failed += closed
            else:
                run.pool.cancelled += closed
    await database.transact(end_settled, delivery.id, name=delivery.name, now=means.clock.now())
    run.status = await database.transact(read.delivery_status, delivery.id)


async def _due(run: Run, delivery: SendingDelivery, *, means: Means, database: DatabaseThread) -> datetime | None:
    if run.status not in (DeliveryStatus.SENDING, DeliveryStatus.PAUSED):
        return None
    now = means.clock.now()
    due = await database.call(read.next_due, delivery.id, now=now)
    if due is None or run.paused_until is None:
        return due
    return max(due, run.paused_until)


async def _wait(run: Run, delivery: SendingDelivery, *, due: datetime, means: Means, database: DatabaseThread) -> None:
    """Wait until messages are due, or the delivery's state changes; while it is paused, until it goes on or expires."""
    waited = 0.0
    while not means.stop.is_set() and waited < _ROUND:
        now = means.clock.now()
        paused = run.status is DeliveryStatus.PAUSED
        if now >= due and not paused:
            return
        step = _LOOK if paused else min(_LOOK, (due - now).total_seconds())
        status = await _look(delivery, means=means, database=database, until=None if paused else due)
        if status is not run.status:
            run.status = status
            return
        await means.clock.sleep(step)
        waited += step


async def _look(
    delivery: SendingDelivery, *, means: Means, database: DatabaseThread, until: datetime | None = None
) -> DeliveryStatus:
    """Read how the delivery stands, and tell whoever wants to know."""
    stands = await database.transact(read.progress, delivery.id)
    if means.on_progress is not None:
        means.on_progress(replace(stands, waiting_until=until))
    return stands.status


async def _result(run: Run, delivery: SendingDelivery, *, due: datetime | None, database: DatabaseThread) -> SendResult:
    stands = await database.transact(read.progress, delivery.id)
    tally, pool = run.tally, run.pool
    return SendResult(
        handed_over=tally.handed_over,
        delivered=tally.delivered,
        retried=tally.retried,
        failed=tally.failed + pool.failed,
        cancelled=pool.cancelled,
        uncertain=tally.uncertain,
        excluded_late=pool.excluded_late,
        production_errors=tally.production_errors,
        pending=stands.pending,
        status=stands.status,
        next_due=due,
        problem=run.problem if stands.pending else "",
    )
