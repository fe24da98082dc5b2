"""Operations on many addresses, and what each has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from rebond.core.failure import AddressState
from rebond.store.models import QuarantineItem, QuarantineOperation
from rebond.store.read.bulk import BulkKind, BulkOperation, BulkStep, bulk_operation
from rebond.store.read.evidence import AddressKey
from rebond.store.write.rows import update
from rebond.store.write.text import storable

_PURGED = 500


@dataclass(frozen=True, slots=True)
class RunningBulk:
    """An operation that is locked for this transaction. `until` bounds what it is about."""

    operation: BulkOperation
    cursor: int
    until: int


def add_bulk(
    *,
    kind: BulkKind,
    actor: str,
    because: str,
    now: datetime,
    selection: Mapping[str, Any],
    expected: int,
    step: BulkStep = BulkStep.ACT,
) -> int:
    """Write down that an operation begins; returns its number."""
    row = QuarantineOperation.objects.create(
        at=now,
        actor=storable(actor, 150),
        kind=kind.value,
        because=storable(because),
        selection=dict(selection),
        step=step.value,
        expected=expected,
    )
    return row.pk


def lock_bulk(number: int) -> RunningBulk | None:
    """Lock an operation until the transaction ends: one process at a time does its work."""
    row = QuarantineOperation.objects.select_for_update().filter(id=number).first()
    return RunningBulk(bulk_operation(row), row.cursor, row.selection.get("until", 0)) if row else None


def add_items(number: int, items: Sequence[tuple[AddressKey, str, str, Mapping[str, Any]]]) -> None:
    """Write down which addresses an operation changed: the address, its text, the evidence and the state after it."""
    rows = [
        QuarantineItem(
            operation=number,
            channel=about.channel.value,
            address_key=about.key,
            address=storable(text),
            evidence=evidence,
            after=after,
        )
        for about, text, evidence, after in items
    ]
    QuarantineItem.objects.bulk_create(rows, batch_size=100)


def move_bulk(number: int, *, cursor: int, changed: int = 0, passed: int = 0, put_back: int = 0) -> None:
    """Write down how far an operation has come."""
    QuarantineOperation.objects.filter(id=number).update(
        cursor=cursor,
        changed=F("changed") + changed,
        passed=F("passed") + passed,
        put_back=F("put_back") + put_back,
    )


def describe_bulk(number: int, selection: Mapping[str, Any], *, expected: int) -> None:
    """Write down what an operation turned out to be about, and how many addresses that is."""
    QuarantineOperation.objects.filter(id=number).update(selection=dict(selection), expected=expected)


def step_bulk(number: int, *, step: BulkStep) -> None:
    """Write down that the next step begins."""
    QuarantineOperation.objects.filter(id=number).update(step=step.value, cursor=0)


def stage_items(number: int, items: Sequence[tuple[AddressKey, str, Mapping[str, Any]]]) -> int:
    """Keep what is to be done to addresses, those aside that the operation has already; returns how many are new."""
    before = QuarantineItem.objects.filter(operation=number).count() if items else 0
    rows = [
        QuarantineItem(
            operation=number,
            channel=about.channel.value,
            address_key=about.key,
            address=storable(text),
            evidence="",
            after={name: storable(value) if isinstance(value, str) else value for name, value in told.items()},
        )
        for about, text, told in items
    ]
    QuarantineItem.objects.bulk_create(rows, batch_size=100, ignore_conflicts=True)
    return QuarantineItem.objects.filter(operation=number).count() - before if items else 0


def settle_items(items: Sequence[tuple[int, str, Mapping[str, Any]]]) -> None:
    """Write down by which evidence staged items were done, and the state that this left."""
    rows = [{"id": number, "evidence": evidence, "after": dict(after)} for number, evidence, after in items]
    update("quarantine_item", {"evidence": "text", "after": "jsonb"}, rows)


def end_bulk(number: int, *, step: BulkStep, now: datetime) -> None:
    """Write down that nothing is left to do."""
    QuarantineOperation.objects.filter(id=number).update(step=step.value, cursor=0, finished_at=now)


def begin_undo(number: int, *, actor: str, now: datetime) -> None:
    """Write down who undoes an operation."""
    QuarantineOperation.objects.filter(id=number).update(
        step=BulkStep.UNDO.value, cursor=0, finished_at=None, undone_at=now, undone_by=storable(actor, 150)
    )


def purge_bulk(horizon: datetime) -> int:
    """Remove the operations that ended before the horizon, and what they changed: nobody undoes them any more."""
    old = QuarantineOperation.objects.filter(finished_at__lte=horizon)
    removed = 0
    for number in list(old.values_list("id", flat=True)):
        while part := list(QuarantineItem.objects.filter(operation=number).values_list("id", flat=True)[:_PURGED]):
            QuarantineItem.objects.filter(id__in=part).delete()
        removed += QuarantineOperation.objects.filter(id=number).delete()[0]
    return removed


def left_state(state: AddressState) -> dict[str, Any]:
    """Write what tells whether an address is still as an operation left it."""
    return {
        "status": state.status.value,
        "origin": state.origin.value,
        "error_count": state.error_count,
        "since": state.since.isoformat() if state.since else None,
    }
