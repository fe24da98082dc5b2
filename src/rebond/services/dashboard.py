"""One delivery at a glance: its figures, what differs from the last time, and what happened hour by hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.core.exclusion import EXCLUSION_RULES
from rebond.core.words import ExclusionCause, Reason
from rebond.services.deliveries import get_delivery
from rebond.services.report import Report, report
from rebond.store.read.deliveries import DeliveryRow, Earlier, counts_of, earlier_delivery
from rebond.store.read.delivery_sums import FailureSum, Hour, failures_of, hours_of, summed_delivery


@dataclass(frozen=True, slots=True)
class ExclusionLine:
    """How many were excluded for a reason and cause, and how many the last time (None: there was none)."""

    reason: Reason
    cause: ExclusionCause | None
    number: int
    before: int | None

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.number - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A delivery with its figures, which are live."""

    delivery: DeliveryRow
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A delivery at a glance. `earlier` is what its exclusions are compared with; `hours` are as of `summed_at`."""

    delivery: DeliveryRow
    report: Report
    earlier: Earlier | None
    exclusions: Sequence[ExclusionLine]
    hours: Sequence[Hour]
    summed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Why a delivery's messages failed or came back, as of `summed_at`."""

    delivery: DeliveryRow
    report: Report
    sums: Sequence[FailureSum]
    summed_at: datetime | None


def overview(delivery_id: int) -> Overview:
    """Return a delivery with its figures; NotFoundError when there is no such."""
    return Overview(delivery=get_delivery(delivery_id), report=report(delivery_id))


def dashboard(delivery_id: int) -> Dashboard:
    """Return a delivery at a glance; NotFoundError when there is no such."""
    delivery, figures = get_delivery(delivery_id), report(delivery_id)
    earlier = earlier_delivery(delivery)
    return Dashboard(
        delivery=delivery,
        report=figures,
        earlier=earlier,
        exclusions=_compared(figures, earlier),
        hours=hours_of(delivery_id),
        summed_at=summed_delivery(delivery_id),
    )


def _compared(figures: Report, earlier: Earlier | None) -> list[ExclusionLine]:
    now = figures.counts.exclusions
    before = counts_of(earlier.id).exclusions if earlier else {}
    keys = sorted({*now, *before}, key=lambda key: (_ASKED.index(key[0]), key[1] or ""))
    return [ExclusionLine(*key, now.get(key, 0), before.get(key, 0) if earlier else None) for key in keys]


# In the order in which preparation asks.
_ASKED = tuple(dict.fromkeys((*(rule.reason for rule in EXCLUSION_RULES), *Reason)))


def failures(delivery_id: int) -> Failures:
    """Return why a delivery's messages failed or came back; NotFoundError when there is no such delivery."""
    return Failures(
        delivery=get_delivery(delivery_id),
        report=report(delivery_id),
        sums=failures_of(delivery_id),
        summed_at=summed_delivery(delivery_id),
    )
