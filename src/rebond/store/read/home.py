"""What the first page tells: few rows, from counters that are kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from rebond.core.words import DeliveryStatus, QualificationStatus, SendingFact
from rebond.store.models import AddressStateRow, Alert, DeliveryCounts, JobRun, Qualification
from rebond.store.models import SendingFact as Facts
from rebond.store.read.qualifications import BADGED_FROM

MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentDelivery:
    """A delivery with its counters."""

    number: int
    name: str
    status: DeliveryStatus
    created_at: datetime
    messages: int
    delivered: int
    returned: int
    failed: int
    pending: int
    production_errors: int


def recent_deliveries(most: int) -> list[RecentDelivery]:
    """Read the newest deliveries."""
    rows = DeliveryCounts.objects.order_by("-delivery_id").select_related("delivery")
    counters = ("messages", "delivered", "returned", "failed", "pending", "production_errors")
    return [
        RecentDelivery(
            number=row.delivery_id,
            name=row.delivery.name,
            status=DeliveryStatus(row.delivery.status),
            created_at=row.delivery.created_at,
            **{name: getattr(row, name) for name in counters},
        )
        for row in rows.defer("delivery__html", "delivery__text")[:most]
    ]


def hourly_facts(kinds: Collection[SendingFact], *, since: datetime) -> list[tuple[datetime, SendingFact, int]]:
    """Sum what happened to messages by hour, from a time on."""
    rows = Facts.objects.filter(hour__gte=since, kind__in=[kind.value for kind in kinds]).order_by("hour")
    grouped = rows.values_list("hour", "kind").annotate(n=Sum("number"))
    return [(hour, SendingFact(kind), number) for hour, kind, number in grouped]


def count_some_outdated(policy_digest: str) -> int:
    """Count the states that were computed under another policy, up to a bound."""
    rows = AddressStateRow.objects.exclude(policy_digest=policy_digest).values_list("id", flat=True)
    return len(rows[: MOST_COUNTED + 1])


def first_run_at() -> datetime | None:
    """Tell when the oldest run of a job that is known was."""
    return JobRun.objects.order_by("id").values_list("at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the menu's badges tell: texts to be qualified that were seen again, and alerts that nobody takes care of."""

    texts: int
    alerts: int


def count_waiting() -> Waiting:
    """Count both, from indexes and up to a bound."""
    texts = Qualification.objects.filter(status=QualificationStatus.TO_QUALIFY.value, count__gte=BADGED_FROM)
    alerts = Alert.objects.filter(ended_at__isnull=True, acknowledged_at__isnull=True)
    return Waiting(*(len(rows.values_list("id", flat=True)[: MOST_COUNTED + 1]) for rows in (texts, alerts)))
