"""Making deliveries, and moving them from one state to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, When

from rebond.core.policy import RetryPermanent
from rebond.core.words import Channel, DeliveryStatus, MessageClass, MessageStatus
from rebond.store.models import Delivery, DeliveryCounts, Message, TargetMember
from rebond.store.read.deliveries import Aim, Target
from rebond.store.read.sending import open_messages
from rebond.store.write.claims import close_open, reclaim_lost

_WAITING = (MessageStatus.PENDING.value, MessageStatus.UNCERTAIN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery to be made, or as it is to be: its content, and its settings."""

    name: str
    channel: Channel
    sender: str
    subject: str
    text: str
    html: str
    message_class: MessageClass
    validity: timedelta
    retries: Sequence[timedelta]
    retry_permanent: RetryPermanent
    duplicates: bool = False
    verify_all: bool = False


def add_delivery(new: NewDelivery, *, aim: Aim, now: datetime, template: int | None = None) -> int:
    """Store a draft with its counters; returns its number."""
    row = Delivery.objects.create(
        **columns_of(new),
        target=aim.target.value,
        target_ref=aim.ref,
        template=template,
        status=DeliveryStatus.DRAFT.value,
        created_at=now,
    )
    DeliveryCounts.objects.create(delivery=row)
    number: int = row.pk
    return number


def edit_delivery(delivery_id: int, changed: NewDelivery, *, aim: Aim) -> None:
    """Write the settings of a locked delivery anew, and make it a draft."""
    Delivery.objects.filter(id=delivery_id).update(
        **columns_of(changed),
        target=aim.target.value,
        target_ref=aim.ref,
        status=DeliveryStatus.DRAFT.value,
        problem="",
        prepared_at=None,
        scheduled_at=None,
        # What was prepared is cleared away before it is prepared again.
        cursor=Case(When(cursor=0, then=0), default=-1),
    )


def columns_of(new: NewDelivery) -> dict[str, Any]:
    """Return the settings as the columns of a delivery or of a template."""
    return {
        "name": new.name,
        "channel": new.channel.value,
        "message_class": new.message_class.value,
        "sender": new.sender,
        "subject": new.subject,
        "text": new.text,
        "html": new.html,
        "validity": new.validity,
        "retries": [interval.total_seconds() for interval in new.retries],
        "retry_permanent": new.retry_permanent.value,
        "duplicates": new.duplicates,
        "verify_all": new.verify_all,
    }


def forget_members(delivery_id: int, *, limit: int) -> int:
    """Take people out of a delivery's target; returns how many, up to `limit`."""
    some = TargetMember.objects.filter(delivery=delivery_id).order_by("profile").values_list("id", flat=True)[:limit]
    return TargetMember.objects.filter(id__in=list(some)).delete()[0]


def complete_target(delivery_id: int) -> None:
    """Note that the file of a delivery's target was read to its end."""
    Delivery.objects.filter(id=delivery_id, target=Target.INCOMPLETE.value).update(target=Target.MEMBERS.value)


def move_delivery(delivery_id: int, status: DeliveryStatus, **changes: Any) -> None:
    """Set the status of a locked delivery, and what goes with it."""
    Delivery.objects.filter(id=delivery_id).update(status=status.value, **changes)


def cancel_waiting(delivery_id: int, *, now: datetime, limit: int) -> int:
    """Cancel open messages of a cancelled delivery, all but those being handed over; returns how many, up to `limit`.

    A claim is no obstacle: nothing of a cancelled delivery begins any more.
    """
    reclaim_lost(delivery_id, now=now)
    waiting = open_messages(delivery_id).filter(status__in=_WAITING).order_by("next_attempt_at", "id")
    first = list(waiting.values_list("id", flat=True)[:limit])
    locked = Message.objects.filter(id__in=first, status__in=_WAITING).order_by("id").select_for_update()
    numbers = list(locked.values_list("id", flat=True))
    close_open(delivery_id, numbers, status=MessageStatus.CANCELLED)
    return len(numbers)
