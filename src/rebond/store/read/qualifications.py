"""The distinct texts that failures carry, the situations in which they came, and the failures behind them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.failure import Verdict
from rebond.core.words import Cause, Channel, FailureType, Phase, QualificationStatus, Reason
from rebond.store.dialect import among, among_numbers, listed, read_moment
from rebond.store.read.evidence import MOST_KEYS, AddressKey, read_verdict

BADGED_FROM = 2  # occurrences: who sees a text again has it counted against addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationRow:
    """One distinct text: its template, how it first came, and what it was judged as."""

    number: int
    channel: Channel
    provider: str
    template: str
    text: str
    verdict: Verdict
    status: QualificationStatus
    count: int
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def by_code(self) -> bool:
        """Tell a text that no rule knows: decided by its code alone, or by nothing."""
        return self.verdict.rule == "none" or self.verdict.rule.startswith(("code:", "smtp:"))

    @property
    def badged(self) -> bool:
        """Tell what the queue's badge counts: a text to be qualified that was seen again."""
        return self.status is QualificationStatus.TO_QUALIFY and self.count >= BADGED_FROM


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What rules can ask of a text besides its words, as evidence keeps it."""

    qualification: int
    phase: Phase
    code: int
    enhanced: str


_COLUMNS = (
    "id, channel, provider, template, first_text, type, reason, cause, rule, pack_version, status, count,"
    " first_seen_at, last_seen_at"
)


def list_qualifications(*, channel: Channel | None = None) -> list[QualificationRow]:
    """Read the distinct texts, the most frequent first."""
    wanted, values = ("WHERE channel = %s", [channel.value]) if channel else ("", [])
    return _rows(f"{wanted} ORDER BY count DESC, id", values)


def page_of_qualifications(
    status: QualificationStatus, *, channel: Channel | None = None, after: tuple[int, int] | None = None, limit: int
) -> list[QualificationRow]:
    """Read some texts of a status, the most frequent first, behind one of such a count and number."""
    where = "WHERE status = %s"
    values: list[object] = [status.value]
    if channel is not None:
        where, values = f"{where} AND channel = %s", [*values, channel.value]
    if after is not None:
        where, values = f"{where} AND (count < %s OR (count = %s AND id > %s))", [*values, after[0], *after]
    return _rows(f"{where} ORDER BY count DESC, id LIMIT %s", [*values, limit])


def count_qualifications() -> tuple[dict[QualificationStatus, int], int]:
    """Count the distinct texts by status, and those that the queue's badge tells; from an index alone."""
    waiting = QualificationStatus.TO_QUALIFY
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, COUNT(*) FROM qualification GROUP BY status")
        found = {QualificationStatus(status): number for status, number in cursor.fetchall()}
        cursor.execute(
            "SELECT COUNT(*) FROM qualification WHERE status = %s AND count >= %s", [waiting.value, BADGED_FROM]
        )
        (badge,) = cursor.fetchone()
    return {status: found.get(status, 0) for status in QualificationStatus}, badge


def find_qualifications(numbers: Collection[int]) -> list[QualificationRow]:
    """Read those of these numbers that exist, in their order."""
    return _rows(f"WHERE {among_numbers('id')} ORDER BY id", [listed(numbers)]) if numbers else []


def judged_by(rules: Collection[str]) -> list[QualificationRow]:
    """Read the texts that these rules decided."""
    return _rows(f"WHERE {among('rule')} ORDER BY id", [listed(rules)]) if rules else []


@dataclass(frozen=True, slots=True)
class Decided:
    """How many texts a rule decided, and how many failures came with them since they are counted."""

    texts: int
    failures: int


def count_decided(rules: Collection[str]) -> dict[str, Decided]:
    """Count what each of these rules decided of the texts that are kept; those that decided nothing are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT rule, COUNT(*), SUM(count) FROM qualification WHERE {among('rule')} GROUP BY rule",
            [listed(rules)],
        )
        return {rule: Decided(texts, int(failures)) for rule, texts, failures in cursor.fetchall()}


def some_decided(rule: str, *, limit: int) -> list[QualificationRow]:
    """Read some of the texts that a rule decided, the most frequent first."""
    return _rows("WHERE rule = %s ORDER BY count DESC, id LIMIT %s", [rule, limit])


def _rows(condition: str, values: Sequence[Any]) -> list[QualificationRow]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM qualification {condition}", values)
        return list(map(_row, cursor.fetchall()))


def _row(row: Sequence[Any]) -> QualificationRow:
    number, channel, provider, template, text, kind, reason, cause, rule, version, status, count, first, last = row
    return QualificationRow(
        number=number,
        channel=Channel(channel),
        provider=provider,
        template=template,
        text=text,
        verdict=read_verdict((kind, reason, cause, rule, version, 1)),
        status=QualificationStatus(status),
        count=count,
        first_seen_at=read_moment(first),
        last_seen_at=read_moment(last),
    )


def count_waiting(numbers: Collection[int]) -> dict[int, int]:
    """Count how many addresses have a failure with each of these texts."""
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT qualification, COUNT(DISTINCT address_key) FROM evidence WHERE {among_numbers('qualification')}"
            " GROUP BY qualification",
            [listed(numbers)],
        )
        return dict(cursor.fetchall())


def count_circumstances(numbers: Collection[int] | None = None) -> dict[Circumstance, int]:
    """Count the stored failures by text and circumstance (of these texts, unless None), from an index alone."""
    wanted, values = ("", []) if numbers is None else (f"AND {among_numbers('qualification')}", [listed(numbers)])
    with connection.cursor() as cursor:
        cursor.execute(_CIRCUMSTANCES.format(wanted=wanted), values)
        return {
            Circumstance(number, Phase(phase), code, enhanced): count
            for number, phase, code, enhanced, count in cursor.fetchall()
        }


_CIRCUMSTANCES = """
SELECT qualification, phase, code, enhanced, COUNT(*) FROM evidence
WHERE qualification IS NOT NULL {wanted} GROUP BY qualification, phase, code, enhanced
"""


def count_verdicts(numbers: Collection[int] | None = None) -> Iterator[tuple[Circumstance, Verdict, int]]:
    """Count the stored failures also by the verdict that they have (of these texts, unless None)."""
    wanted, values = ("", []) if numbers is None else (f"AND {among_numbers('qualification')}", [listed(numbers)])
    with connection.cursor() as cursor:
        cursor.execute(_VERDICTS.format(wanted=wanted), values)
        for number, phase, code, enhanced, kind, reason, cause, rule, confirm, count in cursor.fetchall():
            verdict = Verdict(
                type=FailureType(kind), reason=Reason(reason), cause=Cause(cause), rule=rule, confirm=confirm
            )
            yield Circumstance(number, Phase(phase), code, enhanced), verdict, count


_VERDICTS = """
SELECT qualification, phase, code, enhanced, type, reason, cause, rule, confirm, COUNT(*) FROM evidence
WHERE qualification IS NOT NULL {wanted}
GROUP BY qualification, phase, code, enhanced, type, reason, cause, rule, confirm
"""


def addresses_with(numbers: Collection[int]) -> Iterator[list[AddressKey]]:
    """Page through the addresses that have a failure with one of these texts, each once; memory stays the same."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT channel, address_key, scope FROM evidence"
            f" WHERE {among_numbers('qualification')} ORDER BY channel, address_key, scope",
            [listed(numbers)],
        )
        while page := cursor.fetchmany(MOST_KEYS):
            yield [AddressKey(Channel(channel), key, scope) for channel, key, scope in page]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFailure:
    """A stored failure: whose it is, its text's circumstance, and the delivery that it came from, if it was ours."""

    about: AddressKey
    identity: str
    circumstance: Circumstance
    provider: str
    delivery: int | None


def failures_of(addresses: Collection[AddressKey], *, numbers: Collection[int]) -> list[TextFailure]:
    """Read the failures of these addresses that carry one of these texts, oldest first."""
    keys: dict[str, list[str]] = {}
    for address in addresses:
        keys.setdefault(address.channel.value, []).append(address.key)
    found = []
    for channel, wanted in keys.items():
        with connection.cursor() as cursor:
            among_both = f"{among('evidence.address_key')} AND {among_numbers('qualification')}"
            cursor.execute(
                f"{_FAILURES} AND {among_both} ORDER BY evidence.at, evidence.identity",
                [channel, listed(wanted), listed(numbers)],
            )
            for key, scope, identity, number, phase, code, enhanced, provider, delivery in cursor.fetchall():
                found.append(
                    TextFailure(
                        about=AddressKey(Channel(channel), key, scope),
                        identity=identity,
                        circumstance=Circumstance(number, Phase(phase), code, enhanced),
                        provider=provider,
                        delivery=delivery,
                    )
                )
    return found


_FAILURES = """
SELECT evidence.address_key, evidence.scope, evidence.identity, qualification, phase, code, enhanced,
    evidence.provider, message.delivery_id
FROM evidence LEFT JOIN message ON message.id = evidence.message WHERE evidence.channel = %s
"""
