"""Figures for monitoring: from maintained counters and bounded looks, never a count of a log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Sum

from rebond.store.models import Alert, Delivery, DeliveryCounts, QuarantineSize, ReturnedMail, TransportPause
from rebond.store.read.returns import ReturnState

# Further than this is not counted: it is too many in any case.
MOST_COUNTED = 100_000
_COUNTED = ("messages", "pending", "delivered", "failed", "cancelled", "production_errors", "returned", "excluded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How the site stands, in numbers; `returns` stop at `MOST_COUNTED`, `addresses` are those of the last sums."""

    returns: Mapping[str, int]
    deliveries: Mapping[str, int]
    messages: Mapping[str, int]
    addresses: Mapping[tuple[str, str], int]
    open_alerts: int
    paused_transports: int


def figures(*, now: datetime) -> Figures:
    """Read the figures."""
    counted = (ReturnState.STORED, ReturnState.DEAD)
    sums = DeliveryCounts.objects.aggregate(**{name: Sum(name) for name in _COUNTED})
    deliveries = Delivery.objects.order_by().values_list("status").annotate(Count("id"))
    return Figures(
        returns={state.value: _bounded(state) for state in counted},
        deliveries=dict(deliveries),
        messages={name: sums[name] or 0 for name in _COUNTED},
        addresses=_addresses(),
        open_alerts=Alert.objects.filter(ended_at__isnull=True).count(),
        paused_transports=TransportPause.objects.filter(until__gt=now).count(),
    )


def _bounded(state: ReturnState) -> int:
    return ReturnedMail.objects.filter(state=state)[:MOST_COUNTED].count()


def _addresses() -> Mapping[tuple[str, str], int]:
    day = QuarantineSize.objects.order_by("-day").values_list("day", flat=True).first()
    if day is None:
        return {}
    found = QuarantineSize.objects.filter(day=day).exclude(status="").order_by().values_list("channel", "status")
    return {(channel, status): number for channel, status, number in found.annotate(Sum("number"))}


def answers() -> None:
    """Ask the database something; raises its error when it does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
