"""What became of a delivery's messages, by hour and by verdict: from the sums that the job `aggregates` keeps."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from rebond.core.words import CAUSES, Cause, FailureType, Owner, Reason, SendingFact
from rebond.store.models import SendingFact as Fact
from rebond.store.models import SummedDelivery


@dataclass(frozen=True, slots=True)
class Hour:
    """How many messages met with one thing in an hour; `late`: returned after the first seven days."""

    at: datetime
    kind: SendingFact
    late: bool
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureSum:
    """How many messages failed or came back with one verdict at one provider."""

    returned: bool
    type: FailureType | None
    reason: Reason | None
    cause: Cause | None
    owner: Owner | None
    provider: str
    number: int


def summed_delivery(delivery_id: int) -> datetime | None:
    """Tell when a delivery was last summed, None when it never was."""
    at: datetime | None = SummedDelivery.objects.filter(delivery=delivery_id).values_list("at", flat=True).first()
    return at


def hours_of(delivery_id: int) -> list[Hour]:
    """Read what happened to a delivery's messages, hour by hour."""
    rows = Fact.objects.filter(delivery=delivery_id).values_list("hour", "kind", "late")
    return [
        Hour(at, SendingFact(kind), late, number)
        for at, kind, late, number in rows.annotate(n=Sum("number")).order_by("hour", "kind", "late")
    ]


def failures_of(delivery_id: int) -> list[FailureSum]:
    """Read which verdicts a delivery's messages failed or came back with, by provider, the most frequent first."""
    kinds = (SendingFact.FAILED.value, SendingFact.RETURNED.value)
    rows = Fact.objects.filter(delivery=delivery_id, kind__in=kinds)
    grouped = rows.values_list("kind", "type", "reason", "cause", "provider").annotate(n=Sum("number"))
    return [
        FailureSum(
            returned=kind == SendingFact.RETURNED,
            type=FailureType(of_type) if of_type else None,
            reason=Reason(reason) if reason else None,
            cause=Cause(cause) if cause else None,
            owner=CAUSES[Cause(cause)].owner if cause else None,
            provider=provider,
            number=number,
        )
        for kind, of_type, reason, cause, provider, number in grouped.order_by("-n", "reason", "cause", "provider")
    ]
