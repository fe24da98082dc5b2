"""Stored failures that get another verdict, some at a time, and what they had before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from rebond.core.failure import Verdict
from rebond.core.words import Channel, Phase
from rebond.store.dialect import among, among_numbers, listed, locking
from rebond.store.models import Requalified, VerdictChange
from rebond.store.read.evidence import AddressKey, read_verdict
from rebond.store.read.qualifications import Circumstance
from rebond.store.write.evidence import verdict_columns, verdict_row
from rebond.store.write.rows import insert, update


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """A failure that is locked for this transaction, with the verdict that it has (or had, when it is put back)."""

    id: int
    about: AddressKey
    address: str
    verdict: Verdict
    circumstance: Circumstance


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
            **verdict_columns(verdict),
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
    return row.pk, about, read_verdict(judged)


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
        verdict=read_verdict(tuple(judged)),
        circumstance=Circumstance(qualification, Phase(phase), code, enhanced),
    )


def keep_verdicts(operation: int, failures: Sequence[StoredFailure]) -> None:
    """Keep the verdicts that failures have before an operation changes them."""
    rows = [(operation, failure.id, *verdict_row(failure.verdict)) for failure in failures]
    insert("requalified", ("operation", "evidence", *_VERDICT), rows)


def judge_failures(verdicts: Mapping[int, Verdict]) -> None:
    """Give stored failures, by number, other verdicts."""
    columns = {**dict.fromkeys(_VERDICT, "text"), "confirm": "smallint"}
    rows = [
        {"id": number, "confirm": verdict.confirm, **verdict_columns(verdict)} for number, verdict in verdicts.items()
    ]
    update("evidence", columns, rows)


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
