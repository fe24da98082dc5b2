"""Stored failures that get another verdict, some at a time, and what they had before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from rebond.core.failure import Verdict
from rebond.core.words import Channel, Phase
from rebond.store.dialect import locking
from rebond.store.models import Requalified, VerdictChange
from rebond.store.read.evidence import AddressKey, read_verdict
from rebond.store.read.qualifications import Circumstance
from rebond.store.write.evidence import verdict_columns, verdict_row
from rebond.store.write.rows import insert, update

# How far a walk through failures has come: `StoredFailure.place` of the last one; empty: it is to begin.
Place = Sequence[int | str]


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """A failure that is locked for this transaction, with the verdict that it has (or had, when it is put back)."""

    id: int
    about: AddressKey
    address: str
    verdict: Verdict
    circumstance: Circumstance

    @property
    def place(self) -> Place:
        about = self.circumstance
        return (about.qualification, about.phase.value, about.code, about.enhanced, self.id)


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


def lock_failures_with(texts: Collection[int], *, after: Place, limit: int) -> list[StoredFailure]:
    """Lock the next stored failures with these texts, text by text, behind a place.

    In the order of an index, so that a page costs the same however many failures a text has.
    """
    found: list[StoredFailure] = []
    behind = Circumstance(0, Phase.REPORT, 0, "")
    if after:
        text, phase, code, enhanced, last = after
        behind = Circumstance(int(text), Phase(str(phase)), int(code), str(enhanced))
        found += lock_failures(behind, after=int(last), limit=limit)
    for text in sorted(number for number in texts if number >= behind.qualification):
        if len(found) == limit:
            break
        found += _lock_behind(behind if text == behind.qualification else None, text=text, limit=limit - len(found))
    return found


def _lock_behind(circumstance: Circumstance | None, *, text: int, limit: int) -> list[StoredFailure]:
    wanted = "qualification = %s"
    values: list[int | str] = [text]
    if circumstance:
        # Without `id`, which SQLite would not look up in the index but compare row by row.
        wanted += " AND (phase, code, enhanced) > (%s, %s, %s)"
        values += [circumstance.phase.value, circumstance.code, circumstance.enhanced]
    order = "ORDER BY phase, code, enhanced, id LIMIT %s"
    return _locked(f"{_LOCK} WHERE {wanted} {order}", [*values, limit])


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
