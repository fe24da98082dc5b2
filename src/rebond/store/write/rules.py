"""The site's own rules, the operations that change them, and the verdicts that follow."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.failure import Verdict
from rebond.core.words import Cause, Channel, FailureType, Phase, QualificationStatus, Reason
from rebond.store.dialect import among, among_numbers, listed, locking, records, take_turns
from rebond.store.models import (
    ConsoleRule,
    Qualification,
    QualificationChange,
    Requalified,
    RuleOperation,
    VerdictChange,
)
from rebond.store.read.evidence import AddressKey
from rebond.store.read.qualifications import Circumstance, QualificationRow, find_qualifications
from rebond.store.read.rules import Document, Step, console_documents
from rebond.store.write.rows import insert
from rebond.store.write.text import storable

_TURN = 4_103  # the advisory lock of whoever changes rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An operation that is locked for this transaction: where it stands, and which rules it changes."""

    number: int
    step: Step
    cursor: Sequence[int]
    rules_before: Mapping[str, Document | None]
    rules_after: Mapping[str, Document | None]
    kind: str
    because: str


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """A failure that is locked for this transaction, with the verdict that it has (or had, when it is put back)."""

    id: int
    about: AddressKey
    address: str
    verdict: Verdict
    circumstance: Circumstance


def add_operation(
    *,
    kind: str,
    actor: str,
    because: str,
    now: datetime,
    rules: Mapping[str, Document | None],
    seen: Mapping[str, Document],
) -> Running | None:
    """Begin an operation, and let the rules be as it wants them: None removes one.

    Returns nothing when the rules are not those that were `seen`: one at a time changes them.
    """
    with connection.cursor() as cursor:
        take_turns(cursor, _TURN)
    present = console_documents()
    if present != dict(seen):
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
        kind=row.kind,
        because=row.because,
    )


def move_operation(number: int, *, step: Step, cursor: Sequence[int] = ()) -> None:
    """Write down how far an operation has come."""
    RuleOperation.objects.filter(id=number).update(step=step.value, cursor=list(cursor))


def finish_operation(number: int, *, now: datetime) -> int:
    """Write down that an operation is done; returns how many failures it changed."""
    failures = Requalified.objects.filter(operation=number).count()
    RuleOperation.objects.filter(id=number).update(step=Step.DONE.value, cursor=[], failures=failures, finished_at=now)
    return failures


def begin_undoing(number: int, *, actor: str, now: datetime) -> None:
    """Write down who undoes an operation."""
    RuleOperation.objects.filter(id=number).update(
        step=Step.RESTORE.value, cursor=[], undone_at=now, undone_by=storable(actor, 150)
    )


def later_operations(number: int) -> list[int]:
    """List the operations, not undone, that came after one and touch a text or a rule that it touches."""
    texts = QualificationChange.objects.filter(operation=number).values_list("qualification", flat=True)
    same_texts = QualificationChange.objects.filter(operation__gt=number, qualification__in=texts)
    candidates = RuleOperation.objects.filter(id__gt=number, undone_at__isnull=True)
    of_texts = set(
        candidates.filter(id__in=same_texts.values_list("operation", flat=True)).values_list("id", flat=True)
    )
    mine = RuleOperation.objects.get(id=number)
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


def reset_count(number: int) -> int:
    """Count a text from nothing again; returns what the count was."""
    row = Qualification.objects.select_for_update().get(id=number)
    Qualification.objects.filter(id=number).update(count=0)
    return row.count


def change_qualifications(
    operation: int, changes: Sequence[tuple[QualificationRow, Verdict, QualificationStatus]]
) -> None:
    """Give texts another verdict and status, and keep what they had."""
    rows = []
    for row, verdict, status in changes:
        before, after = _judged(row.verdict, row.status), _judged(verdict, status)
        rows.append(QualificationChange(operation=operation, qualification=row.number, before=before, after=after))
        Qualification.objects.filter(id=row.number).update(**after)
    QualificationChange.objects.bulk_create(rows, batch_size=100)


def judge_qualification(number: int, *, verdict: Verdict, status: QualificationStatus) -> None:
    """Give a text another verdict and status."""
    Qualification.objects.filter(id=number).update(**_judged(verdict, status))


def restore_qualifications(operation: int) -> None:
    """Give the texts of an operation back the verdict and status that they had."""
    for change in QualificationChange.objects.filter(operation=operation).order_by("id"):
        Qualification.objects.filter(id=change.qualification).update(**change.before)


def changed_qualifications(operation: int) -> dict[int, bool]:
    """List the texts that an operation changed; true for those that it made ignored, or took out of that."""
    ignore = QualificationStatus.IGNORE.value
    rows = QualificationChange.objects.filter(operation=operation).order_by("qualification")
    return {row.qualification: (row.before["status"] == ignore) != (row.after["status"] == ignore) for row in rows}


def _judged(verdict: Verdict, status: QualificationStatus) -> dict[str, str]:
    return {
        "type": verdict.type.value,
        "reason": verdict.reason.value,
        "cause": verdict.cause.value,
        "rule": verdict.rule[:128],
        "pack_version": verdict.pack_version[:64],
        "status": status.value,
    }


def add_verdict_changes(operation: int, changes: Sequence[tuple[Circumstance, Verdict]]) -> None:
    """Write down what an operation is to make of the failures with these texts in these circumstances."""
    rows = [
        VerdictChange(
            operation=operation,
            qualification=about.qualification,
            phase=about.phase.value,
            code=about.code,
            enhanced=about.enhanced,
            confirm=verdict.confirm,
            **_verdict(verdict),
        )
        for about, verdict in changes
    ]
    VerdictChange.objects.bulk_create(rows, batch_size=80)


def next_verdict_change(operation: int, *, after: int) -> tuple[int, Circumstance, Verdict] | None:
    """Find the next of those, behind a number."""
    row = VerdictChange.objects.filter(operation=operation, id__gt=after).order_by("id").first()
    if row is None:
        return None
    about = Circumstance(row.qualification, Phase(row.phase), row.code, row.enhanced)
    judged = (row.type, row.reason, row.cause, row.rule, row.pack_version, row.confirm)
    return row.pk, about, _read_verdict(judged)


def lock_failures(about: Circumstance, *, after: int, limit: int) -> list[StoredFailure]:
    """Lock the next stored failures with a text in a circumstance, behind a number."""
    wanted = "qualification = %s AND phase = %s AND code = %s AND enhanced = %s AND id > %s"
    values = [about.qualification, about.phase.value, about.code, about.enhanced, after]
    return _locked(f"{_LOCK} WHERE {wanted} ORDER BY id LIMIT %s", [*values, limit])


def lock_failures_by(
    rules: Collection[str], *, numbers: Collection[int], after: int, limit: int
) -> list[StoredFailure]:
    """Lock the next stored failures with these texts that these rules decided, behind a number."""
    wanted = f"{among_numbers('qualification')} AND {among('rule')} AND id > %s"
    return _locked(f"{_LOCK} WHERE {wanted} ORDER BY id LIMIT %s", [listed(numbers), listed(rules), after, limit])


def addresses_of_texts(numbers: Collection[int], *, after: int, limit: int) -> tuple[int, dict[AddressKey, str]]:
    """Read whose the next failures with these texts are, with the number of the last; 0 when there are no more."""
    found = _locked(
        f"{_LOCK} WHERE {among_numbers('qualification')} AND id > %s ORDER BY id LIMIT %s",
        [listed(numbers), after, limit],
    )
    return (found[-1].id if found else 0), {item.about: item.address for item in found}


_FAILURE = "id, channel, address_key, scope, address, qualification, phase, code, enhanced"
_VERDICT = ("type", "reason", "cause", "rule", "pack_version", "confirm")
_LOCK = f"SELECT {_FAILURE}, {', '.join(_VERDICT)} FROM evidence"


def _locked(statement: str, values: Sequence[Any]) -> list[StoredFailure]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {locking()}", values)
        return [_stored(row) for row in cursor.fetchall()]


def _stored(row: Sequence[Any]) -> StoredFailure:
    number, channel, key, scope, address, qualification, phase, code, enhanced, *judged = row
    return StoredFailure(
        id=number,
        about=AddressKey(Channel(channel), key, scope),
        address=address,
        verdict=_read_verdict(judged),
        circumstance=Circumstance(qualification, Phase(phase), code, enhanced),
    )


def _read_verdict(judged: Sequence[Any]) -> Verdict:
    kind, reason, cause, rule, version, confirm = judged
    return Verdict(
        type=FailureType(kind),
        reason=Reason(reason),
        cause=Cause(cause),
        rule=rule,
        pack_version=version,
        confirm=confirm,
    )


def _verdict(verdict: Verdict) -> dict[str, str]:
    return {
        "type": verdict.type.value,
        "reason": verdict.reason.value,
        "cause": verdict.cause.value,
        "rule": verdict.rule[:128],
        "pack_version": verdict.pack_version[:64],
    }


def keep_verdicts(operation: int, failures: Sequence[StoredFailure]) -> None:
    """Keep the verdicts that failures have before an operation changes them."""
    rows = []
    for failure in failures:
        verdict = failure.verdict
        rows.append((operation, failure.id, *_verdict(verdict).values(), verdict.confirm))
    insert("requalified", ("operation", "evidence", *_VERDICT), rows)


def judge_failures(verdicts: Mapping[int, Verdict]) -> None:
    """Give stored failures, by number, other verdicts."""
    if not verdicts:
        return
    given = [{"id": number, "confirm": verdict.confirm, **_verdict(verdict)} for number, verdict in verdicts.items()]
    with connection.cursor() as cursor:
        cursor.execute(_JUDGE.format(given=records(_GIVEN)), [json.dumps(given)])


_GIVEN = {
    "id": "bigint",
    **dict.fromkeys(("type", "reason", "cause", "rule", "pack_version"), "text"),
    "confirm": "smallint",
}
_JUDGE = (
    "UPDATE evidence SET "
    + ", ".join(f"{name} = given.{name}" for name in _VERDICT)
    + " FROM {given} AS given WHERE evidence.id = given.id"
)


def lock_requalified(operation: int, *, limit: int) -> list[StoredFailure]:
    """Lock the next failures that an operation changed, with the verdicts that they had before."""
    failure = ", ".join(f"evidence.{name}" for name in _FAILURE.split(", "))
    before = ", ".join(f"requalified.{name}" for name in _VERDICT)
    return _locked(
        f"SELECT {failure}, {before} FROM requalified JOIN evidence ON evidence.id = requalified.evidence"
        " WHERE operation = %s ORDER BY requalified.evidence LIMIT %s",
        [operation, limit],
    )


def forget_verdicts(operation: int, *, failures: Collection[int] | None = None) -> None:
    """Drop the verdicts kept by an operation: of these failures, or all that are left."""
    rows = Requalified.objects.filter(operation=operation)
    if failures is not None:
        rows = rows.filter(evidence__in=failures)
    rows.delete()
