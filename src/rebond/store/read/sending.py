"""What sending reads: the delivery, what is due, and what stands against a message at a claim."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from rebond.core.exclusion import CONFIRMATION_GAP, Ground
from rebond.core.failure import Origin
from rebond.core.message import OPEN_MESSAGES
from rebond.core.policy import RetryPermanent
from rebond.core.words import AddressStatus, Channel, DeliveryStatus, MessageClass, MessageStatus
from rebond.store.models import (
    AddressStateRow,
    ConfirmationRun,
    Delivery,
    DeliveryCounts,
    Message,
    Profile,
    ProfileDenial,
    Subscription,
    TransportPause,
)
from rebond.store.read.deliveries import Target
from rebond.store.read.leases import FARTHEST, is_over

OPEN = tuple(status.value for status in sorted(OPEN_MESSAGES))
# Written out in the words of the partial index: SQLite takes it only when the statement itself shows its condition.
_IS_OPEN = "message.status IN ({})".format(", ".join(f"'{status}'" for status in OPEN))
# Asked for at the first moment after the last one at which an attempt is allowed.
_AFTER = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingDelivery:
    """A delivery as sending needs it. `started_at` and `ends_at` are None until its first start.

    `service` is the one whose subscribers it goes to.
    """

    id: int
    name: str
    channel: Channel
    message_class: MessageClass
    sender: str
    subject: str
    text: str
    html: str
    status: DeliveryStatus
    validity: timedelta
    retries: tuple[timedelta, ...]
    retry_permanent: RetryPermanent
    started_at: datetime | None
    ends_at: datetime | None
    service: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message that can be claimed. `status`: `pending` or `uncertain`; `message_id`: empty before its first claim."""

    id: int
    profile: int
    address: str
    address_key: str
    provider: str
    status: MessageStatus
    attempts: int
    step: int
    next_attempt_at: datetime | None
    first_claimed_at: datetime | None
    message_id: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """A transport's pause; over when `until` has passed, though its faults are remembered until a success."""

    until: datetime
    faults: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a delivery is; `waiting_until` is when a worker that waits looks again, None while there is work."""

    status: DeliveryStatus
    messages: int
    pending: int
    delivered: int
    failed: int
    waiting_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What a profile holds: its fields, and what stands against writing to it now."""

    fields: Mapping[str, Any]
    erased: bool
    grounds: frozenset[Ground]


def sending_delivery(delivery_id: int, *, lock: bool = False) -> SendingDelivery | None:
    """Read a delivery; `lock` holds its row until the open transaction ends."""
    rows = Delivery.objects.select_for_update() if lock else Delivery.objects
    row = rows.filter(id=delivery_id).first()
    if row is None:
        return None
    return SendingDelivery(
        id=row.pk,
        name=row.name,
        channel=Channel(row.channel),
        message_class=MessageClass(row.message_class),
        sender=row.sender,
        subject=row.subject,
        text=row.text,
        html=row.html,
        status=DeliveryStatus(row.status),
        validity=row.validity,
        retries=tuple(timedelta(seconds=seconds) for seconds in row.retries),
        retry_permanent=RetryPermanent(row.retry_permanent),
        started_at=row.started_at,
        ends_at=row.ends_at,
        service=row.target_ref if row.target == Target.SERVICE else None,
    )


def progress(delivery_id: int) -> Progress:
    """Read a delivery's status and counters."""
    row = DeliveryCounts.objects.select_related("delivery").get(delivery_id=delivery_id)
    return Progress(
        status=DeliveryStatus(row.delivery.status),
        messages=row.messages,
        pending=row.pending,
        delivered=row.delivered,
        failed=row.failed,
    )


def takes_more(now: datetime) -> QuerySet[ConfirmationRun]:
    """Select the deliveries that confirmations still come to: they are not over when nothing of them is open."""
    return ConfirmationRun.objects.filter(open_until__gt=now)


def delivery_status(delivery_id: int) -> DeliveryStatus:
    """Read a delivery's status alone."""
    return DeliveryStatus(Delivery.objects.values_list("status", flat=True).get(id=delivery_id))


def open_messages(delivery_id: int) -> QuerySet[Message]:
    """Select a delivery's open messages, by way of the index of what is due; order by `next_attempt_at`, `id`."""
    return Message.objects.filter(delivery_id=delivery_id).extra(where=[_IS_OPEN])  # noqa: S610 # constants


def lost_messages(delivery_id: int, *, now: datetime) -> list[int]:
    """List what a worker had begun when it lost its lease."""
    lost = open_messages(delivery_id).filter(is_over(now), status=MessageStatus.SENDING.value)
    return sorted(lost.values_list("id", flat=True))


def begun_by(worker: str, numbers: Collection[int]) -> dict[int, int]:
    """Tell which of these messages this worker has begun and still holds, with the fence of each."""
    held = Message.objects.filter(id__in=numbers, worker=worker, status=MessageStatus.SENDING.value)
    return dict(held.values_list("id", "fence"))


def next_due(delivery_id: int, *, now: datetime) -> datetime | None:
    """Tell when there is something to do again: a message due, a lease that may be lost, the end of validity.

    A time that is not after `now` means at once; None that no message is open.
    """
    ends_at = Delivery.objects.values_list("ends_at", flat=True).filter(id=delivery_id).first()
    free = Greatest(Coalesce(F("next_attempt_at"), now), Coalesce(F("lease_until") + _AFTER, now))
    due: datetime | None = open_messages(delivery_id).aggregate(due=Min(free))["due"]
    if due is None or ends_at is None:
        return due
    return min(due, ends_at + _AFTER)


def due_messages(delivery_id: int, *, now: datetime, limit: int) -> list[Due]:
    """Lock, within a transaction, messages that are due and that nobody holds: first those never tried."""
    free = free_messages(delivery_id, now=now)
    found = _due(free.filter(next_attempt_at__isnull=True), limit)
    if len(found) < limit:
        found += _due(free.filter(next_attempt_at__lte=now), limit - len(found))
    return found


def free_messages(delivery_id: int, *, now: datetime) -> QuerySet[Message]:
    """Select open messages that no worker holds, in the order in which they are due."""
    waiting = open_messages(delivery_id).filter(status__in=("pending", "uncertain"))
    free = waiting.filter(Q(lease_until__isnull=True) | is_over(now))
    return free.order_by("next_attempt_at", "id")


_DUE_FIELDS = (
    "id",
    "profile",
    "address",
    "address_key",
    "provider",
    "status",
    "attempts",
    "step",
    "next_attempt_at",
    "first_claimed_at",
    "message_id",
    "uncertain",
)


def _due(rows: Any, limit: int) -> list[Due]:
    locked = rows.select_for_update(skip_locked=True).values(*_DUE_FIELDS)[:limit]
    return [Due(**{**row, "status": MessageStatus(row["status"])}) for row in locked]


def people_behind(due: Sequence[Due], *, channel: Channel, service: int | None = None) -> dict[int, Person]:
    """Read, by message, the profiles of these messages and what stands against each: three statements.

    With a service, a fourth tells who does not subscribe to it any more.
    """
    profiles = sorted({item.profile for item in due})
    rows = {
        number: (fields, erased_at is not None)
        for number, fields, erased_at in Profile.objects.filter(id__in=profiles).values_list(
            "id", "fields", "erased_at"
        )
    }
    denials: dict[int, set[Ground]] = {}
    denied = ProfileDenial.objects.filter(profile__in=profiles, channel__in=("all", channel.value))
    for profile, denied_channel in denied.values_list("profile_id", "channel"):
        ground = Ground.OPTED_OUT_OF_ALL if denied_channel == "all" else Ground.OPTED_OUT_OF_CHANNEL
        denials.setdefault(profile, set()).add(ground)
    if service is not None:
        subscribed = Subscription.objects.filter(service=service, profile__in=profiles)
        for profile in set(profiles) - set(subscribed.values_list("profile", flat=True)):
            denials.setdefault(profile, set()).add(Ground.UNSUBSCRIBED)
    keys = sorted({item.address_key for item in due})
    states = AddressStateRow.objects.filter(channel=channel.value, scope="", address_key__in=keys)
    about = {
        key: ground_of(status, origin) for key, status, origin in states.values_list("address_key", "status", "origin")
    }
    found = {}
    for item in due:
        fields, erased = rows.get(item.profile, ({}, True))
        known = about.get(item.address_key)
        grounds = denials.get(item.profile, set()) | ({known} if known else set())
        found[item.id] = Person(fields, erased, frozenset(grounds))
    return found


def confirmed_lately(due: Sequence[Due], *, delivery: int, channel: Channel, now: datetime) -> frozenset[str]:
    """Tell which of these addresses took a confirmation lately, or have one of another delivery under way."""
    keys = sorted({item.address_key for item in due})
    confirmations = Message.objects.filter(delivery__message_class=MessageClass.CONFIRMATION.value)
    taken = confirmations.filter(channel=channel.value, address_key__in=keys, delivered_at__gt=now - CONFIRMATION_GAP)
    others = Delivery.objects.filter(message_class=MessageClass.CONFIRMATION.value, channel=channel.value).exclude(
        Q(id=delivery) | Q(status__in=_NOTHING_GOES)
    )
    going = Message.objects.filter(delivery__in=others, dedupe_key__in=keys, status__in=OPEN).filter(
        Q(status=MessageStatus.SENDING.value) | Q(lease_until__gte=now)
    )
    return frozenset(taken.values_list("address_key", flat=True)) | frozenset(
        going.values_list("address_key", flat=True)
    )


# A cancelled delivery can still have a window with its transport.
_NOTHING_GOES = tuple(
    status.value
    for status in DeliveryStatus
    if status not in (DeliveryStatus.SENDING, DeliveryStatus.PAUSED, DeliveryStatus.CANCELLED)
)


def ground_of(status: str, origin: str) -> Ground | None:
    """Tell what the state of an address says against writing to it."""
    if status == AddressStatus.QUARANTINED:
        return Ground.QUARANTINED
    if status != AddressStatus.DENYLISTED:
        return None
    return {Origin.COMPLAINT: Ground.COMPLAINED, Origin.STOP: Ground.STOPPED}.get(Origin(origin), Ground.DENYLISTED)


def transport_pause(name: str, *, now: datetime) -> Pause | None:
    """Read a transport's pause, also one that is over."""
    row = TransportPause.objects.filter(name=name).first()
    if row is None:
        return None
    return Pause(row.until if row.until <= now + FARTHEST else now, row.faults, row.problem)
