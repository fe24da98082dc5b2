"""Making a delivery, and pausing, resuming and cancelling it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from rebond.core.message import DeliveryAction, IllegalTransitionError, after
from rebond.core.said import said
from rebond.core.webhooks import EventType
from rebond.core.words import Channel, DeliveryStatus
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.import_people import Imported, ImportProgress, load_people
from rebond.services.people_file import FileOptions, open_people
from rebond.store.read.deliveries import Aim, DeliveryRow, Target, cancelled_and_open, delivery_row
from rebond.store.read.targets import aim_exists
from rebond.store.write.audit import add_audit
from rebond.store.write.deliveries import NewDelivery, add_delivery, cancel_waiting, complete_target, move_delivery
from rebond.store.write.outbox import NewEvent, add_events
from rebond.store.write.people import Into
from rebond.store.write.sending import finish_delivery

__all__ = [
    "Aim",
    "Created",
    "NewDelivery",
    "Target",
    "act",
    "cancel_delivery",
    "check_settings",
    "create_delivery",
    "end_cancelled",
    "get_delivery",
    "locked",
    "pause_delivery",
    "resume_delivery",
]

_BATCH = 2_000
_MOST_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A new delivery's number, and what became of its target's file."""

    id: int
    imported: Imported | None = None


def create_delivery(
    new: NewDelivery,
    *,
    now: datetime,
    actor: str,
    target: Path | None = None,
    options: FileOptions | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
    aim: Aim | None = None,
    template: int | None = None,
) -> Created:
    """Make a draft for those that `aim` says (otherwise everybody), or for the people of a file, imported first.

    `template`: the one that it is made from. InputError, with nothing written, when a setting or the file cannot be
    used.
    """
    check_settings(new)
    check_aim(aim)
    if target is None:
        return Created(id=_create(new, aim or Aim(), template=template, now=now, actor=actor))
    with open_people(target, options=options or FileOptions(mapping={})) as people:
        delivery = _create(new, Aim(Target.INCOMPLETE), template=template, now=now, actor=actor)
        into = Into(delivery=delivery)
        imported = load_people(people, now=now, actor=actor, name=target.name, into=into, progress=progress)
        complete_target(delivery)
    return Created(id=delivery, imported=imported)


def _create(new: NewDelivery, aim: Aim, *, template: int | None, now: datetime, actor: str) -> int:
    with transaction.atomic():
        delivery = add_delivery(new, aim=aim, template=template, now=now)
        _audit_creation(delivery, new, now=now, actor=actor)
    return delivery


def check_aim(aim: Aim | None) -> None:
    """Raise InputError when a target names what does not exist."""
    if aim is not None and not aim_exists(aim):
        raise InputError(said("there is no {target} of the number {ref}", target=aim.target, ref=aim.ref))


def check_settings(new: NewDelivery) -> None:
    """Raise InputError when a delivery cannot have these settings."""
    if new.channel is not Channel.EMAIL:
        raise InputError(said("channel {channel} cannot be sent on yet: only email can", channel=new.channel))
    if not new.name.strip() or len(new.name) > _MOST_NAME:
        raise InputError(said("a delivery's name has 1 to {most_name} characters", most_name=_MOST_NAME))
    for part in ("name", "sender", "subject", "text", "html"):
        text: str = getattr(new, part)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InputError(said("the {part} is not UTF-8", part=part)) from None
        if "\0" in text:
            raise InputError(said("the {part} holds a NUL character", part=part))


def _audit_creation(delivery: int, new: NewDelivery, *, now: datetime, actor: str) -> None:
    after_it = {"name": new.name, "class": new.message_class.value, "sender": new.sender, "subject": new.subject}
    add_audit("delivery.create", subject=f"delivery:{delivery}", actor=actor, now=now, after=after_it)


def get_delivery(delivery_id: int) -> DeliveryRow:
    """Return a delivery; NotFoundError when there is no such."""
    return _existing(delivery_row(delivery_id), delivery_id)


def _existing(delivery: DeliveryRow | None, delivery_id: int) -> DeliveryRow:
    if delivery is None:
        raise NotFoundError(said("there is no delivery {delivery_id}", delivery_id=delivery_id))
    return delivery


def pause_delivery(delivery_id: int, *, now: datetime, actor: str) -> DeliveryStatus:
    """Stop handing over, until it is resumed; what is under way ends."""
    return act(delivery_id, DeliveryAction.PAUSE, now=now, actor=actor)


def resume_delivery(delivery_id: int, *, now: datetime, actor: str) -> DeliveryStatus:
    """Let a paused delivery go on: `send` hands over again."""
    return act(delivery_id, DeliveryAction.RESUME, now=now, actor=actor)


def cancel_delivery(delivery_id: int, *, now: datetime, actor: str, most: int | None = None) -> DeliveryStatus:
    """End a delivery for good: what has not been handed over is cancelled, a batch a transaction.

    `most` bounds the batches, for those who wait. Asked again of a cancelled delivery, it cancels what was left open by
    that or by a crash; cleanup does so too. Nothing of it begins any more from the first moment.
    """
    if get_delivery(delivery_id).status is not DeliveryStatus.CANCELLED:
        act(delivery_id, DeliveryAction.CANCEL, now=now, actor=actor, finished_at=now)
    done = 0
    while (most is None or done < most) and _cancel_some(delivery_id, now=now):
        done += 1
    return DeliveryStatus.CANCELLED


def end_cancelled(*, now: datetime) -> int:
    """Cancel what workers that are gone left open in deliveries that were cancelled; returns how many messages."""
    ended = 0
    for delivery in cancelled_and_open():
        while some := _cancel_some(delivery, now=now):
            ended += some
    return ended


def _cancel_some(delivery_id: int, *, now: datetime) -> int:
    with transaction.atomic():
        return cancel_waiting(delivery_id, now=now, limit=_BATCH)


def act(
    delivery_id: int, action: DeliveryAction, *, now: datetime, actor: str, problem: str = "", **changes: Any
) -> DeliveryStatus:
    """Take a delivery from one state to the next, audited; RefusedError naming the present state when it may not."""
    with transaction.atomic():
        delivery = locked(delivery_id, action)
        status = after(delivery.status, action)
        move_delivery(delivery_id, status, problem=problem, **changes)
        add_audit(
            f"delivery.{action}",
            subject=f"delivery:{delivery_id}",
            actor=actor,
            now=now,
            before={"status": delivery.status},
            after={"status": status},
            because=problem,
        )
        tell_of(delivery_id, delivery.name, status, now=now, problem=problem, action=action)
    return status


def tell_of(
    delivery_id: int, name: str, status: DeliveryStatus, *, now: datetime, problem: str = "", action: str = ""
) -> None:
    """Tell subscribers, in the open transaction, that a delivery came to a state."""
    # Whose time was taken back was prepared before.
    if (event := _EVENTS.get(status)) and action != DeliveryAction.UNSCHEDULE:
        data = {"delivery": delivery_id, "name": name, "status": status.value, "problem": problem}
        add_events([NewEvent(event, data)], now=now)


def end_settled(delivery_id: int, *, name: str, now: datetime) -> bool:
    """End a delivery whose last open message is settled, and tell of it, in the open transaction."""
    if not finish_delivery(delivery_id, now=now):
        return False
    tell_of(delivery_id, name, DeliveryStatus.FINISHED, now=now)
    return True


_EVENTS = {
    DeliveryStatus.PREPARED: EventType.DELIVERY_PREPARED,
    DeliveryStatus.PREPARE_FAILED: EventType.DELIVERY_FAILED,
    DeliveryStatus.FAILED: EventType.DELIVERY_FAILED,
    DeliveryStatus.SENDING: EventType.DELIVERY_SENDING,
    DeliveryStatus.PAUSED: EventType.DELIVERY_PAUSED,
    DeliveryStatus.FINISHED: EventType.DELIVERY_FINISHED,
    DeliveryStatus.CANCELLED: EventType.DELIVERY_CANCELLED,
}


def locked(delivery_id: int, action: DeliveryAction) -> DeliveryRow:
    """Read a delivery and hold it until the open transaction ends; RefusedError when its state forbids the action."""
    delivery = _existing(delivery_row(delivery_id, lock=True), delivery_id)
    try:
        after(delivery.status, action)
    except IllegalTransitionError as error:
        raise RefusedError(said("delivery {delivery_id}: {error}", delivery_id=delivery_id, error=error)) from None
    return delivery
