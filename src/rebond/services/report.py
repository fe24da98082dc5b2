"""What came of a delivery: its report, from the counters, and a recount from the rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rebond.core.accounting import Counts
from rebond.core.words import DeliveryStatus, ErrorFamily, MessageStatus, Reason
from rebond.services.deliveries import get_delivery
from rebond.store.read.deliveries import (
    DeliveryFilter,
    ListedDelivery,
    counts_of,
    list_deliveries,
    recounted,
)

__all__ = [
    "LOGGED",
    "DeliveryFilter",
    "DeliveryPage",
    "Recount",
    "Report",
    "page_of_deliveries",
    "read_deliveries",
    "recount",
    "report",
]

_TRIES = 3
# A message that was excluded late is in the exclusion log.
LOGGED = tuple(status for status in MessageStatus if status is not MessageStatus.EXCLUDED_LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One delivery's figures; `reconciled` says that the equations of specification 05 hold."""

    status: DeliveryStatus
    counts: Counts
    exclusions: Mapping[Reason, int]
    families: Mapping[ErrorFamily, int]
    reconciled: bool


@dataclass(frozen=True, slots=True)
class Recount:
    """A delivery's counters beside its rows counted anew; `problems` is empty when they say the same."""

    counters: Counts
    rows: Counts
    problems: tuple[str, ...]


def report(delivery_id: int) -> Report:
    """Report on a delivery, from its counters alone; NotFoundError when there is no such."""
    delivery = get_delivery(delivery_id)
    counts = counts_of(delivery_id)
    return Report(
        status=delivery.status,
        counts=counts,
        exclusions=counts.by_reason(),
        families=counts.families(),
        reconciled=not counts.problems(),
    )


def recount(delivery_id: int) -> Recount:
    """Count a delivery's rows and compare them with its counters; NotFoundError when there is no such."""
    get_delivery(delivery_id)
    counters, rows = counts_of(delivery_id), recounted(delivery_id)
    for _ in range(_TRIES):
        # Rows that moved between the two are no fault.
        if counters == rows or counters == (now := counts_of(delivery_id)):
            break
        counters, rows = now, recounted(delivery_id)
    problems = [*counters.problems()]
    for name in ("target", "messages", "pending", "delivered", "failed", "cancelled", "production_errors", "returned"):
        counted, found = getattr(counters, name), getattr(rows, name)
        if counted != found:
            problems.append(f"{name} is counted as {counted}, and the rows are {found}")
    if counters.exclusions != rows.exclusions:
        problems.append(f"exclusions are counted as {_said(counters)}, and the rows are {_said(rows)}")
    return Recount(counters, rows, tuple(problems))


def _said(counts: Counts) -> str:
    parts = [f"{reason} {cause or ''}".strip() + f" {n}" for (reason, cause), n in counts.exclusions.items()]
    return ", ".join(sorted(parts)) or "none"


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, newest first; `next` is the number to go on before, None at the end."""

    rows: Sequence[ListedDelivery]
    next: int | None


def page_of_deliveries(wanted: DeliveryFilter, *, before: int | None = None, limit: int = 50) -> DeliveryPage:
    """Return a page of the deliveries that are wanted, with their counters."""
    rows = list_deliveries(wanted, before=before, limit=limit + 1)
    return DeliveryPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def read_deliveries(wanted: DeliveryFilter | None = None) -> Iterator[ListedDelivery]:
    """Return every delivery that is wanted with its counters, newest first, a page at a time."""
    before: int | None = None
    while page := list_deliveries(wanted, before=before):
        yield from page
        before = page[-1].id
