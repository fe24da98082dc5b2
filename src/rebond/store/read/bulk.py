"""The acts on many addresses that there were (specification 04, "Bulk and undo")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from rebond.core.words import Channel
from rebond.store.models import QuarantineItem, QuarantineOperation
from rebond.store.read.evidence import AddressKey
from rebond.store.read.selection import Selection, selection_from_json


class BulkKind(StrEnum):
    """What an operation does to each address."""

    RELEASE = "release"
    QUARANTINE = "quarantine"
    IMPORT = "import"


class BulkStep(StrEnum):
    """Where an operation stands; `read`: a file is being read into it."""

    READ = "read"
    ACT = "act"
    DONE = "done"
    UNDO = "undo"
    UNDONE = "undone"

    @property
    def finished(self) -> bool:
        return self in (BulkStep.DONE, BulkStep.UNDONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRead:
    """What was found in a list: `errors` are the first of the `rejected` rows, with their lines.

    `kept_out_nobody` counts rows of addresses that may be written to, `unmatched` the hashes of nobody known here.
    """

    rows: int
    staged: int
    repeated: int
    kept_out_nobody: int
    rejected: int
    unmatched: int
    errors: Sequence[tuple[int, str]]


def _list_read(values: Mapping[str, Any]) -> ListRead:
    counts = {name: value for name, value in values.items() if name != "errors"}
    return ListRead(**counts, errors=[(line, reason) for line, reason in values["errors"]])


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOperation:
    """An act on many addresses. `file` names what an import was read from, and `read` what was found in it."""

    number: int
    at: datetime
    actor: str
    kind: BulkKind
    because: str
    selection: Selection
    file: str
    format: str
    read: "ListRead | None"
    step: BulkStep
    expected: int
    changed: int
    passed: int
    put_back: int
    finished_at: datetime | None
    undone_at: datetime | None
    undone_by: str

    @property
    def looked_at(self) -> int:
        """How many addresses it has dealt with."""
        return self.changed + self.passed


def find_bulk(number: int) -> BulkOperation | None:
    """Find an operation by its number."""
    row = QuarantineOperation.objects.filter(id=number).first()
    return bulk_operation(row) if row else None


def list_bulk(*, before: int | None = None, limit: int = 50) -> list[BulkOperation]:
    """List operations, the latest first."""
    rows = QuarantineOperation.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [bulk_operation(row) for row in rows[:limit]]


def unfinished_bulk() -> list[int]:
    """List the operations that have something left to do."""
    rows = QuarantineOperation.objects.filter(step__in=(BulkStep.ACT.value, BulkStep.UNDO.value))
    return list(rows.order_by("id").values_list("id", flat=True))


def bulk_operation(row: QuarantineOperation) -> BulkOperation:
    """Make the value of a row."""
    asked = dict(row.selection)
    named = {name: asked.pop(name, "") for name in ("file", "format", "until", "read")}
    return BulkOperation(
        number=row.pk,
        at=row.at,
        actor=row.actor,
        kind=BulkKind(row.kind),
        because=row.because,
        selection=selection_from_json(asked),
        file=named["file"],
        format=named["format"],
        read=_list_read(named["read"]) if named["read"] else None,
        step=BulkStep(row.step),
        expected=row.expected,
        changed=row.changed,
        passed=row.passed,
        put_back=row.put_back,
        finished_at=row.finished_at,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


@dataclass(frozen=True, slots=True)
class BulkItem:
    """An address that an operation changed: by which evidence, and the state that this left."""

    id: int
    about: AddressKey
    text: str
    evidence: str
    after: Mapping[str, Any]


def bulk_items(operation: int, *, after: int, limit: int) -> list[BulkItem]:
    """Read the next addresses that an operation changed."""
    rows = QuarantineItem.objects.filter(operation=operation, id__gt=after).order_by("id")[:limit]
    return [
        BulkItem(row.pk, AddressKey(Channel(row.channel), row.address_key), row.address, row.evidence, row.after)
        for row in rows
    ]


def changed_by(operation: int, addresses: Sequence[AddressKey]) -> frozenset[AddressKey]:
    """Tell which of these addresses an operation has changed already."""
    rows = QuarantineItem.objects.filter(operation=operation, address_key__in=[one.key for one in addresses])
    return frozenset(AddressKey(Channel(channel), key) for channel, key in rows.values_list("channel", "address_key"))
