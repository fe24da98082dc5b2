"""The site's own rules, the operations that change them, and the texts that get another meaning."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from rebond.core.failure import Verdict
from rebond.core.words import QualificationStatus
from rebond.store.dialect import among_numbers, listed, locking, take_turns
from rebond.store.models import ConsoleRule, Qualification, QualificationChange, Requalified, RuleOperation, SeenPack
from rebond.store.read.qualifications import QualificationRow, find_qualifications
from rebond.store.read.rules import LONGEST_SOURCE, RESET, Document, PackVersion, Step, console_documents, unfinished
from rebond.store.write.evidence import verdict_columns
from rebond.store.write.requalify import Place
from rebond.store.write.rows import update
from rebond.store.write.text import storable

_TURN = 4_103  # the advisory lock of whoever changes rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An operation that is locked for this transaction: where it stands, and which rules it changes."""

    number: int
    step: Step
    cursor: Place
    rules_before: Mapping[str, Document | None]
    rules_after: Mapping[str, Document | None]
    because: str


def take_turn() -> None:
    """Let one transaction at a time begin or undo an operation: the others wait here."""
    with connection.cursor() as cursor:
        take_turns(cursor, _TURN)


def add_operation(
    *,
    kind: str,
    actor: str,
    because: str,
    now: datetime,
    rules: Mapping[str, Document | None],
    seen: Mapping[str, Document],
    pack: Mapping[str, Any] | None = None,
) -> Running | None:
    """Begin an operation, and let the rules be as it wants them: None removes one.

    Returns nothing when the rules are not those that were `seen`, or while another operation is unfinished: what it
    has yet to do to the failures would come over what this one did.
    """
    take_turn()
    present = console_documents()
    if present != dict(seen) or unfinished():
        return None
    before = {name: present.get(name) for name in rules}
    row = RuleOperation.objects.create(
        at=now,
        actor=storable(actor, 150),
        kind=kind,
        because=storable(because),
        step=Step.REQUALIFY.value,
        rules_before=before,
        rules_after=dict(rules),
        pack=dict(pack) if pack else None,
    )
    put_rules(rules, operation=row.pk)
    return _running(row)


def put_rules(documents: Mapping[str, Document | None], *, operation: int) -> None:
    """Store rules of this site, and remove those that are None."""
    ConsoleRule.objects.filter(name__in=[name for name, document in documents.items() if document is None]).delete()
    for name, document in documents.items():
        if document is not None:
            ConsoleRule.objects.update_or_create(
                name=name, defaults={"document": dict(document), "operation": operation}
            )


def remember_pack(name: str, *, source: str, seen: PackVersion, now: datetime) -> None:
    """Write down which version of a pack a source gave, in the place of the one before."""
    told = {"version": seen.version, "digest": seen.digest, "seen_at": now}
    SeenPack.objects.update_or_create(source=source[:LONGEST_SOURCE], name=name, defaults=told)


def lock_operation(number: int) -> Running | None:
    """Lock an operation until the transaction ends: one process at a time does its work."""
    row = RuleOperation.objects.select_for_update().filter(id=number).first()
    return _running(row) if row else None


def _running(row: RuleOperation) -> Running:
    return Running(
        number=row.pk,
        step=Step(row.step),
        cursor=tuple(row.cursor),
        rules_before=row.rules_before,
        rules_after=row.rules_after,
        because=row.because,
    )


def move_operation(number: int, *, step: Step, cursor: Place = ()) -> None:
    """Write down how far an operation has come."""
    RuleOperation.objects.filter(id=number).update(step=step.value, cursor=list(cursor))


def finish_operation(number: int, *, now: datetime) -> None:
    """Write down that an operation is done, and how many failures it changed."""
    failures = Requalified.objects.filter(operation=number).count()
    RuleOperation.objects.filter(id=number).update(step=Step.DONE.value, cursor=[], failures=failures, finished_at=now)


def begin_undoing(number: int, *, actor: str, now: datetime) -> None:
    """Write down who undoes an operation."""
    RuleOperation.objects.filter(id=number).update(
        step=Step.RESTORE.value, cursor=[], undone_at=now, undone_by=storable(actor, 150)
    )


def later_operations(number: int) -> list[int]:
    """List the operations, not wholly undone, that came after one and touch a text or a rule that it touches.

    To count a text from nothing again stands in nobody's way.
    """
    mine = RuleOperation.objects.get(id=number)
    if mine.kind == RESET:
        return []
    texts = QualificationChange.objects.filter(operation=number).values_list("qualification", flat=True)
    same_texts = QualificationChange.objects.filter(operation__gt=number, qualification__in=texts)
    candidates = RuleOperation.objects.filter(id__gt=number).exclude(step=Step.UNDONE.value).exclude(kind=RESET)
    of_texts = set(
        candidates.filter(id__in=same_texts.values_list("operation", flat=True)).values_list("id", flat=True)
    )
    names = {*mine.rules_before, *mine.rules_after}
    of_rules = {row.pk for row in candidates if names & {*row.rules_before, *row.rules_after}}
    return sorted(of_texts | of_rules)


def lock_qualifications(numbers: Collection[int]) -> list[QualificationRow]:
    """Lock texts until the transaction ends, and read them as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM qualification WHERE {among_numbers('id')} ORDER BY id {locking()}", [listed(numbers)]
        )
        cursor.fetchall()
    return find_qualifications(numbers)


def reset_count(row: QualificationRow, *, actor: str, because: str, now: datetime) -> int:
    """Count a locked text from nothing again, as an operation that is done; returns its number."""
    operation = RuleOperation.objects.create(
        at=now,
        actor=storable(actor, 150),
        kind=RESET,
        because=storable(because),
        step=Step.DONE.value,
        finished_at=now,
    )
    judged = _judged(row.verdict, row.status)
    QualificationChange.objects.create(
        operation=operation.pk,
        qualification=row.number,
        before={**judged, "count": row.count},
        after={**judged, "count": 0},
    )
    Qualification.objects.filter(id=row.number).update(count=0)
    return operation.pk


def change_qualifications(
    operation: int, changes: Sequence[tuple[QualificationRow, Verdict, QualificationStatus]]
) -> None:
    """Give texts another verdict and status, and keep what they had."""
    rows = [
        QualificationChange(
            operation=operation,
            qualification=row.number,
            before=_judged(row.verdict, row.status),
            after=_judged(verdict, status),
        )
        for row, verdict, status in changes
    ]
    QualificationChange.objects.bulk_create(rows, batch_size=100)
    judge_qualifications(changes)


def judge_qualifications(changes: Sequence[tuple[QualificationRow, Verdict, QualificationStatus]]) -> None:
    """Give texts another verdict and status."""
    _update([{"id": row.number, **_judged(verdict, status)} for row, verdict, status in changes])


def restore_qualifications(operation: int) -> None:
    """Give the texts of an operation back the verdict and status that they had, or the count beside what came since."""
    changes = list(QualificationChange.objects.filter(operation=operation).values_list("qualification", "before"))
    _update([{"id": number, **before} for number, before in changes if "count" not in before])
    for number, before in changes:
        if "count" in before:
            Qualification.objects.filter(id=number).update(count=F("count") + before["count"])


def _update(rows: Sequence[Mapping[str, object]]) -> None:
    update("qualification", dict.fromkeys(_JUDGED, "text"), rows)


_JUDGED = ("type", "reason", "cause", "rule", "pack_version", "status")


def changed_qualifications(operation: int) -> dict[int, bool]:
    """List the texts that an operation changed; true for those that it made ignored, or took out of that."""
    ignore = QualificationStatus.IGNORE.value
    rows = QualificationChange.objects.filter(operation=operation).order_by("qualification")
    return {row.qualification: (row.before["status"] == ignore) != (row.after["status"] == ignore) for row in rows}


def left_rules(operation: int) -> dict[int, str]:
    """Name the rule that each text of an operation was left to."""
    rows = QualificationChange.objects.filter(operation=operation).values_list("qualification", "after")
    return {number: after["rule"] for number, after in rows}


def _judged(verdict: Verdict, status: QualificationStatus) -> dict[str, str]:
    return {**verdict_columns(verdict), "status": status.value}
