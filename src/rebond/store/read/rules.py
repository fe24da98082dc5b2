"""The site's own rules, and the operations that changed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Max

from rebond.core.qualify.loading import is_imported
from rebond.store.models import ConsoleRule, QualificationChange, Requalified, RuleOperation, SeenPack
from rebond.store.read.audit import reasons_given

Document = Mapping[str, Any]
RulesVersion = tuple[object, ...]
LONGEST_SOURCE = 255
RESET = "reset"  # the kind of an operation that only counts texts from nothing again


class Step(StrEnum):
    """How far an operation has come: what is left is done by whoever continues it."""

    REQUALIFY = "requalify"
    REFOLD = "refold"
    DONE = "done"
    RESTORE = "restore"
    REJUDGE = "rejudge"
    REFOLD_BACK = "refold_back"
    UNDONE = "undone"

    @property
    def finished(self) -> bool:
        return self in (Step.DONE, Step.UNDONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A change of rules or statuses, with what it did so far."""

    number: int
    at: datetime
    actor: str
    kind: str
    because: str
    step: Step
    rules: tuple[str, ...]
    pack: Mapping[str, Any] | None
    texts: int
    failures: int
    finished_at: datetime | None
    undone_at: datetime | None
    undone_by: str
    undone_because: str


def console_documents() -> dict[str, Document]:
    """Read the site's own rules, by name, the latest decided first: of two on one text that one speaks.

    A row that holds no table, which somebody wrote by another way, is given as one that no rule can be made of.
    """
    rows = ConsoleRule.objects.order_by("-operation", "id").values_list("name", "document")
    return {name: document if isinstance(document, dict) else {"row": document} for name, document in rows}


def rules_version() -> RulesVersion:
    """Return what is another one after each change of the site's rules: every change is an operation, or undoes one."""
    seen = RuleOperation.objects.aggregate(Max("id"), Count("undone_at"), Max("undone_at"))
    return tuple(seen.values())


def list_operations() -> list[Operation]:
    """Read all operations, the latest first."""
    return operations_of(list(RuleOperation.objects.order_by("-id")))


def find_operation(number: int) -> Operation | None:
    """Read one operation."""
    row = RuleOperation.objects.filter(id=number).first()
    return operations_of([row])[0] if row else None


def pack_operations() -> list[Operation]:
    """Read the operations that took a pack of rules into this site, the latest first."""
    return operations_of(list(RuleOperation.objects.filter(pack__isnull=False).order_by("-id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackVersion:
    """A version of a pack, as ISO date, and the digest of its files."""

    version: str
    digest: str


def newest_seen(name: str, *, source: str) -> PackVersion | None:
    """Find the newest version of a pack that a source gave, whether or not anything of it was taken."""
    row = SeenPack.objects.filter(source=source[:LONGEST_SOURCE], name=name).first()
    return PackVersion(version=row.version, digest=row.digest) if row else None


def removed_by_people() -> frozenset[str]:
    """Name the rules of packs that people took away, or undid, and nobody brought back: no pack does that by itself."""
    removed: set[str] = set()
    rows = RuleOperation.objects.order_by("id").values_list("pack", "undone_at", "rules_before", "rules_after")
    for pack, undone_at, before, documents in rows.iterator():
        if undone_at is not None:
            removed.update((*pack["new"], *pack["changed"]) if pack else ())
            continue
        for name, document in documents.items():
            if document is not None:
                removed.discard(name)
            elif pack is None and is_imported(before.get(name) or {}):
                removed.add(name)
    return frozenset(removed)


def unfinished() -> list[int]:
    """List the operations that were begun and are not at their end, the oldest first."""
    over = [step.value for step in Step if step.finished]
    return list(RuleOperation.objects.exclude(step__in=over).order_by("id").values_list("id", flat=True))


def texts_of(operation: int) -> frozenset[int]:
    """List the texts that an operation changed."""
    rows = QualificationChange.objects.filter(operation=operation)
    return frozenset(rows.values_list("qualification", flat=True))


def last_decision(qualification: int) -> Operation | None:
    """Find the latest operation, not undone, that changed what this text means."""
    numbers = QualificationChange.objects.filter(qualification=qualification).values_list("operation", flat=True)
    rows = RuleOperation.objects.filter(id__in=numbers, undone_at__isnull=True).exclude(kind=RESET)
    row = rows.order_by("-id").first()
    return operations_of([row])[0] if row else None


def operations_of(rows: Sequence[RuleOperation]) -> list[Operation]:
    """Make values of rows, with what is counted of each."""
    because = reasons_given("rules.undo", {f"operation {row.pk}": row.undone_at for row in rows if row.undone_at})
    texts = _counted(QualificationChange, [row.pk for row in rows])
    so_far = _counted(Requalified, [row.pk for row in rows if not Step(row.step).finished])
    return [
        _operation(
            row,
            because=because.get(f"operation {row.pk}", ""),
            texts=texts.get(row.pk, 0),
            failures=row.failures if Step(row.step).finished else so_far.get(row.pk, 0),
        )
        for row in rows
    ]


def _counted(model: type[QualificationChange | Requalified], operations: Sequence[int]) -> dict[int, int]:
    rows = model.objects.filter(operation__in=operations).order_by().values_list("operation")
    return dict(rows.annotate(Count("id")))


def _operation(row: RuleOperation, *, because: str, texts: int, failures: int) -> Operation:
    return Operation(
        number=row.pk,
        at=row.at,
        actor=row.actor,
        kind=row.kind,
        because=row.because,
        step=Step(row.step),
        rules=tuple(sorted({*row.rules_before, *row.rules_after})),
        pack=row.pack,
        texts=texts,
        failures=failures,
        finished_at=row.finished_at,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        undone_because=because,
    )
