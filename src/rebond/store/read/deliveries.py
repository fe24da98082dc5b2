"""Deliveries and their counters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count

from rebond.core.accounting import COUNTER_OF, Counts
from rebond.core.policy import RetryPermanent
from rebond.core.words import Channel, DeliveryStatus, ExclusionCause, MessageClass, MessageStatus, Reason
from rebond.store.models import Delivery, DeliveryCounts, Exclusion, ExclusionCount, Message, Profile

_PAGE = 2_000
# What a column of numbers holds.
_LARGEST = 2**63 - 1

# What is counted of each delivery, as its columns are called.
COUNTERS = (
    "target",
    "excluded",
    "messages",
    "delivered",
    "returned",
    "failed",
    "pending",
    "cancelled",
    "production_errors",
)


class Target(StrEnum):
    """Whom a delivery goes to. `members` are those of its file; `incomplete`: that was not read to the end."""

    ALL = "all"
    MEMBERS = "members"
    INCOMPLETE = "incomplete"
    SEGMENT = "segment"
    LIST = "list"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Aim:
    """A target that is no file: everybody, or the segment, list or service of that number."""

    target: Target = Target.ALL
    ref: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery. `cursor` is the last profile that preparation has done, below zero while it clears an earlier one."""

    id: int
    name: str
    channel: Channel
    message_class: MessageClass
    sender: str
    subject: str
    text: str
    html: str
    target: Target
    target_ref: int | None
    template: int | None
    validity: timedelta
    retries: tuple[timedelta, ...]
    retry_permanent: RetryPermanent
    duplicates: bool
    verify_all: bool
    status: DeliveryStatus
    problem: str
    cursor: int
    created_at: datetime
    prepared_at: datetime | None
    scheduled_at: datetime | None
    started_at: datetime | None
    ends_at: datetime | None
    finished_at: datetime | None


def delivery_row(delivery_id: int, *, lock: bool = False) -> DeliveryRow | None:
    """Read a delivery; `lock` holds its row until the open transaction ends."""
    rows = Delivery.objects.select_for_update() if lock else Delivery.objects
    row = rows.filter(id=delivery_id).first() if 0 < delivery_id <= _LARGEST else None
    if row is None:
        return None
    return DeliveryRow(
        id=row.pk,
        name=row.name,
        channel=Channel(row.channel),
        message_class=MessageClass(row.message_class),
        sender=row.sender,
        subject=row.subject,
        text=row.text,
        html=row.html,
        target=Target(row.target),
        target_ref=row.target_ref,
        template=row.template,
        validity=row.validity,
        retries=tuple(timedelta(seconds=seconds) for seconds in row.retries),
        retry_permanent=RetryPermanent(row.retry_permanent),
        duplicates=row.duplicates,
        verify_all=row.verify_all,
        status=DeliveryStatus(row.status),
        problem=row.problem,
        cursor=row.cursor,
        created_at=row.created_at,
        prepared_at=row.prepared_at,
        scheduled_at=row.scheduled_at,
        started_at=row.started_at,
        ends_at=row.ends_at,
        finished_at=row.finished_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery:
    """One line of the list of deliveries, with its counters."""

    id: int
    name: str
    channel: Channel
    status: DeliveryStatus
    target: int
    excluded: int
    messages: int
    delivered: int
    returned: int
    failed: int
    pending: int
    cancelled: int
    production_errors: int
    created_at: datetime
    started_at: datetime | None

    @property
    def reached(self) -> int:
        return self.delivered - self.returned


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries are wanted; what is empty asks for nothing. `until` is not in the period of their making."""

    status: DeliveryStatus | None = None
    name: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_deliveries(
    wanted: DeliveryFilter | None = None, *, before: int | None = None, limit: int = _PAGE
) -> list[ListedDelivery]:
    """Read a page of deliveries with their counters, newest first, behind the number that the last page ended at."""
    rows = DeliveryCounts.objects.order_by("-delivery_id").select_related("delivery")
    rows = rows.defer("delivery__html", "delivery__text")
    wanted = wanted or DeliveryFilter()
    if wanted.status:
        rows = rows.filter(delivery__status=wanted.status.value)
    if wanted.name:
        rows = rows.filter(delivery__name__icontains=wanted.name)
    if wanted.since:
        rows = rows.filter(delivery__created_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(delivery__created_at__lt=wanted.until)
    if before is not None:
        rows = rows.filter(delivery_id__lt=before)
    return [
        ListedDelivery(
            id=row.delivery_id,
            name=row.delivery.name,
            channel=Channel(row.delivery.channel),
            status=DeliveryStatus(row.delivery.status),
            created_at=row.delivery.created_at,
            started_at=row.delivery.started_at,
            **{name: getattr(row, name) for name in COUNTERS},
        )
        for row in rows[:limit]
    ]


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier delivery of the same template, or of the same name."""

    id: int
    name: str
    created_at: datetime


def earlier_delivery(delivery: DeliveryRow) -> Earlier | None:
    """Find the last delivery before this one of the same template, otherwise of the same name, that was prepared."""
    rows = Delivery.objects.filter(id__lt=delivery.id, prepared_at__isnull=False)
    same = rows.filter(name=delivery.name) if delivery.template is None else rows.filter(template=delivery.template)
    found = same.order_by("-id").values_list("id", "name", "created_at").first()
    return Earlier(*found) if found else None


def cancelled_and_open() -> list[int]:
    """List the cancelled deliveries that still have open messages."""
    rows = DeliveryCounts.objects.filter(delivery__status=DeliveryStatus.CANCELLED.value, pending__gt=0)
    return list(rows.order_by("delivery_id").values_list("delivery_id", flat=True))


def counts_of(delivery_id: int) -> Counts:
    """Read a delivery's counters."""
    row = DeliveryCounts.objects.get(delivery_id=delivery_id)
    excluded = ExclusionCount.objects.filter(delivery_id=delivery_id, number__gt=0).order_by("reason", "cause")
    return Counts(
        target=row.target,
        messages=row.messages,
        pending=row.pending,
        delivered=row.delivered,
        failed=row.failed,
        cancelled=row.cancelled,
        production_errors=row.production_errors,
        returned=row.returned,
        exclusions={
            (Reason(reason), ExclusionCause(cause) if cause else None): number
            for reason, cause, number in excluded.values_list("reason", "cause", "number")
        },
    )


def recounted(delivery_id: int) -> Counts:
    """Count a delivery's rows anew; the counters must say the same."""
    numbers = dict.fromkeys(("pending", "delivered", "failed", "cancelled", "production_errors"), 0)
    rows = Message.objects.filter(delivery_id=delivery_id)
    for status, number in rows.values_list("status").annotate(number=Count("id")):
        if status != MessageStatus.EXCLUDED_LATE:
            numbers[COUNTER_OF[MessageStatus(status)]] += number
    taken = (MessageStatus.DELIVERED.value, MessageStatus.RECEIVED.value)
    returned = rows.filter(returned_at__isnull=False, status__in=taken).count()
    excluded = Exclusion.objects.filter(delivery_id=delivery_id).values_list("reason", "cause")
    exclusions = {
        (Reason(reason), ExclusionCause(cause) if cause else None): number
        for reason, cause, number in excluded.annotate(number=Count("id")).order_by("reason", "cause")
    }
    messages = sum(numbers.values())
    return Counts(
        target=messages + sum(exclusions.values()),
        messages=messages,
        returned=returned,
        exclusions=exclusions,
        **numbers,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToVerify:
    """A message whose content is to be built once, to see whether it can be."""

    message: int
    profile: int
    address: str
    fields: Mapping[str, Any]


def messages_to_verify(delivery_id: int, *, after: int, limit: int) -> list[ToVerify]:
    """Read the pending messages behind a profile, in the order of the profiles."""
    rows = Message.objects.filter(delivery_id=delivery_id, status=MessageStatus.PENDING.value, profile__gt=after)
    page = list(rows.order_by("profile").values_list("id", "profile", "address")[:limit])
    fields = dict(Profile.objects.filter(id__in=[row[1] for row in page]).values_list("id", "fields"))
    return [
        ToVerify(message=number, profile=profile, address=address, fields=fields.get(profile, {}))
        for number, profile, address in page
    ]
