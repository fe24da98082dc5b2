"""Deliveries, their counters, and their two logs page by page."""

from collections.abc import Iterator, Mapping
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


class Target(StrEnum):
    """Whom a delivery goes to. `incomplete`: its file was not read to the end."""

    ALL = "all"
    MEMBERS = "members"
    INCOMPLETE = "incomplete"


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
    started_at: datetime | None
    ends_at: datetime | None
    finished_at: datetime | None


def delivery_row(delivery_id: int, *, lock: bool = False) -> DeliveryRow | None:
    """Read a delivery; `lock` holds its row until the open transaction ends."""
    rows = Delivery.objects.select_for_update() if lock else Delivery.objects
    row = rows.filter(id=delivery_id).first()
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
        started_at=row.started_at,
        ends_at=row.ends_at,
        finished_at=row.finished_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery:
    """One line of the list of deliveries."""

    id: int
    name: str
    status: DeliveryStatus
    target: int
    messages: int
    delivered: int
    pending: int
    created_at: datetime


def list_deliveries() -> Iterator[ListedDelivery]:
    """Read all deliveries with their counters, newest first, a page at a time."""
    counters = ("target", "messages", "delivered", "pending")
    rows = DeliveryCounts.objects.order_by("-delivery_id").select_related("delivery").defer("delivery__html")
    rows = rows.defer("delivery__text")
    last: int | None = None
    while page := list((rows if last is None else rows.filter(delivery_id__lt=last))[:_PAGE]):
        last = page[-1].delivery_id
        for row in page:
            yield ListedDelivery(
                id=row.delivery_id,
                name=row.delivery.name,
                status=DeliveryStatus(row.delivery.status),
                created_at=row.delivery.created_at,
                **{name: getattr(row, name) for name in counters},
            )


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
class LoggedMessage:
    """One row of the sending log.

    `profile` is the external id, `message` the row's number. Type, reason, cause, text and rule are those of the
    return where there is one, otherwise of the last answer.
    """

    profile: str
    address: str
    status: MessageStatus
    type: str
    reason: str
    cause: str
    attempts: int
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    returned_at: datetime | None
    uncertain: bool
    text: str
    rule: str
    provider: str
    message: int
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedExclusion:
    """One row of the exclusion log; `profile` is the external id."""

    profile: str
    address: str
    reason: Reason
    cause: str


def sending_log(delivery_id: int, *, status: MessageStatus | None = None) -> Iterator[LoggedMessage]:
    """Read the sending log, or its messages of one status, in the order of the profiles, a page at a time."""
    rows = Message.objects.filter(delivery_id=delivery_id)
    late = MessageStatus.EXCLUDED_LATE.value
    rows = rows.exclude(status=late) if status is None else rows.filter(status=status.value)
    for page, names in _pages(rows):
        for row in page:
            returned = row.returned_at is not None
            yield LoggedMessage(
                profile=names.get(row.profile, ""),
                address=row.address,
                status=MessageStatus(row.status),
                type=row.return_type if returned else row.type,
                reason=row.return_reason if returned else row.reason,
                cause=row.return_cause if returned else row.cause,
                attempts=row.attempts,
                last_attempt_at=row.last_attempt_at,
                next_attempt_at=row.next_attempt_at,
                returned_at=row.returned_at,
                uncertain=row.uncertain,
                text=row.return_text if returned else row.text,
                rule=row.return_rule if returned else row.rule,
                provider=row.provider,
                message=row.pk,
                message_id=row.message_id,
            )


def exclusion_log(delivery_id: int) -> Iterator[LoggedExclusion]:
    """Read the exclusion log in the order of the profiles, a page at a time."""
    for page, names in _pages(Exclusion.objects.filter(delivery_id=delivery_id)):
        for row in page:
            yield LoggedExclusion(
                profile=names.get(row.profile, ""), address=row.address, reason=Reason(row.reason), cause=row.cause
            )


def _pages(rows: Any) -> Iterator[tuple[list[Any], Mapping[int, str]]]:
    """Walk along the unique (delivery, profile): each page begins where the last one ended."""
    last = 0
    while page := list(rows.filter(profile__gt=last).order_by("profile")[:_PAGE]):
        last = page[-1].profile
        ids = [row.profile for row in page]
        known = Profile.objects.filter(id__gte=ids[0], id__lte=ids[-1], id__in=ids)
        yield page, dict(known.values_list("id", "external_id"))


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
