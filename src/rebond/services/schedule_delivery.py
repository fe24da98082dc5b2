"""Sending a prepared delivery later, at a time that somebody gave (specification 05, "Lifecycle")."""

from datetime import datetime, timedelta

from django.db import transaction

from rebond.core.message import DeliveryAction
from rebond.core.said import said
from rebond.core.words import DeliveryStatus
from rebond.services.deliveries import act, get_delivery
from rebond.services.errors import InputError
from rebond.services.send import begin_sending
from rebond.store.read.deliveries import delivery_row

FARTHEST = timedelta(days=366)
# So late it is still what was meant; what was for yesterday may not be for today, and a person says so.
LATEST = timedelta(hours=12)


def schedule_delivery(delivery_id: int, at: datetime, *, now: datetime, actor: str) -> DeliveryStatus:
    """Let a prepared delivery be sent by itself at a time; said again, it is that time instead.

    InputError when the time is past or too far; RefusedError when its state forbids it; NotFoundError.
    """
    get_delivery(delivery_id)
    if at <= now:
        raise InputError(said("{at:%Y-%m-%d %H:%M} UTC is past: give a time to come, or send it now", at=at))
    if at - now > FARTHEST:
        raise InputError(said("{at:%Y-%m-%d %H:%M} UTC is more than a year away: give an earlier time", at=at))
    return act(delivery_id, DeliveryAction.SCHEDULE, now=now, actor=actor, scheduled_at=at)


def unschedule_delivery(delivery_id: int, *, now: datetime, actor: str) -> DeliveryStatus:
    """Take a delivery's time back: it is prepared, and sent when somebody says so."""
    return act(delivery_id, DeliveryAction.UNSCHEDULE, now=now, actor=actor, scheduled_at=None)


def begin_scheduled(delivery_id: int, *, now: datetime, actor: str) -> bool:
    """Begin a delivery whose time has come; tells whether a worker may go on with it.

    Whatever woke the worker: what is only prepared, or has its time before it, is not begun. What is more than 12 hours
    late, since no worker ran, is not begun either: its time is taken back, and its problem says so.
    """
    with transaction.atomic():
        delivery = delivery_row(delivery_id, lock=True)
        if delivery is not None and delivery.status is DeliveryStatus.SCHEDULED:
            if delivery.scheduled_at is None or delivery.scheduled_at > now:
                return False
            if now - delivery.scheduled_at > LATEST:
                _miss(delivery_id, delivery.scheduled_at, now=now, actor=actor)
                return False
            begin_sending(delivery_id, now=now, actor=actor)
            return True
        return delivery is None or delivery.status is not DeliveryStatus.PREPARED


def _miss(delivery_id: int, at: datetime, *, now: datetime, actor: str) -> None:
    problem = said(
        "no worker ran at its time, {at:%Y-%m-%d %H:%M} UTC, nor in the {hours} hours after it: send it now, or give it"
        " another time",
        at=at,
        hours=int(LATEST.total_seconds() // 3600),
    )
    act(delivery_id, DeliveryAction.UNSCHEDULE, now=now, actor=actor, problem=problem, scheduled_at=None)
