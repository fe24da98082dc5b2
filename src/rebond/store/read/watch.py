"""What is watched: figures that raise an alert when they pass a bound, each by a cheap query."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from rebond.core.words import DeliveryStatus, FailureType, SendingFact
from rebond.store.models import Delivery, ReturnedMail, TransportPause
from rebond.store.models import SendingFact as SendingFactRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A delivery's messages that were answered, and the failures among them, synchronous and asynchronous."""

    delivery: int
    name: str
    delivered: int
    failed: int
    hard: int
    soft: int
    complained: int


def answered_since(began: datetime) -> list[Answered]:
    """Sum the answers of the deliveries that began since a time."""
    names = dict(Delivery.objects.filter(started_at__gte=began).values_list("id", "name"))
    rows = SendingFactRow.objects.filter(delivery__in=list(names)).values_list("delivery", "kind", "type")
    figures: dict[int, dict[str, int]] = {number: {} for number in names}
    for delivery, kind, of, number in rows.annotate(n=Sum("number")):
        one = figures[delivery]
        one[kind] = one.get(kind, 0) + number
        if kind in (SendingFact.FAILED, SendingFact.RETURNED):
            one[of] = one.get(of, 0) + number
    return [
        Answered(
            delivery=number,
            name=names[number],
            delivered=one.get(SendingFact.DELIVERED, 0),
            failed=one.get(SendingFact.FAILED, 0),
            hard=one.get(FailureType.HARD, 0),
            soft=one.get(FailureType.SOFT, 0),
            complained=one.get(SendingFact.COMPLAINED, 0),
        )
        for number, one in sorted(figures.items())
    ]


def failed_deliveries(since: datetime) -> list[tuple[int, str, str]]:
    """List the deliveries made since a time that failed: number, name, problem."""
    states = (DeliveryStatus.FAILED.value, DeliveryStatus.PREPARE_FAILED.value)
    rows = Delivery.objects.filter(created_at__gte=since, status__in=states).order_by("id")
    return list(rows.values_list("id", "name", "problem"))


def missed_deliveries() -> list[tuple[int, str, str]]:
    """List the deliveries that were not sent at their time and wait for somebody: number, name, problem."""
    rows = Delivery.objects.filter(status=DeliveryStatus.PREPARED.value).exclude(problem="").order_by("id")
    return list(rows.values_list("id", "name", "problem"))


def paused_transports(now: datetime) -> list[tuple[str, int, str]]:
    """List the transports that are paused: name, faults in a row, the last of them."""
    rows = TransportPause.objects.filter(until__gt=now).order_by("name")
    return list(rows.values_list("name", "faults", "problem"))


def count_dead(most: int) -> int:
    """Count the returns that cannot be settled, up to so many."""
    return ReturnedMail.objects.filter(state="dead")[:most].count()
