"""A delivery's counters: moved in the transaction that changes the rows; the database checks the equations."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import F

from rebond.core.words import ExclusionCause, Reason
from rebond.store.models import DeliveryCounts, ExclusionCount


def move_counts(delivery_id: int, moves: Mapping[str, int]) -> None:
    """Add to counters by name, in one statement so that the equations hold after it."""
    changed = {name: F(name) + number for name, number in moves.items() if number}
    if changed:
        DeliveryCounts.objects.filter(delivery_id=delivery_id).update(**changed)


def add_late_exclusions(delivery_id: int, numbers: Counter[tuple[Reason, ExclusionCause | None]]) -> None:
    """Turn pending messages into exclusions, by reason and cause."""
    total = numbers.total()
    move_counts(delivery_id, {"messages": -total, "pending": -total, "excluded": total})
    for (reason, cause), number in sorted(numbers.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        count_exclusions(delivery_id, reason, cause, number)


def count_exclusions(delivery_id: int, reason: Reason, cause: ExclusionCause | None, number: int) -> None:
    """Add to a delivery's exclusions of a reason and cause."""
    row, _ = ExclusionCount.objects.get_or_create(
        delivery_id=delivery_id, reason=reason.value, cause=cause.value if cause else ""
    )
    ExclusionCount.objects.filter(id=row.pk).update(number=F("number") + number)
