"""The sums that reports read, made from the logs a delivery at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from rebond.core.words import SendingFact
from rebond.store.dialect import domain_of, hour_of, later, moment, seconds_between
from rebond.store.models import DomainFact, SummedDelivery
from rebond.store.write.rows import Row, insert

_MOST_DOMAINS = 200
LATE = timedelta(days=7)
RECENT, A_YEAR = timedelta(days=30), timedelta(days=365)
_NO_VERDICT = "'', '', ''"
_NEVER = "1 = 0"  # false, as an expression that both databases know
_COUNTERS = ("messages", "pending", "delivered", "failed", "cancelled", "production_errors", "returned")


@dataclass(frozen=True, slots=True)
class Stale:
    """A delivery whose counters have moved since it was summed, and what they are now."""

    delivery: int
    counters: Sequence[int]


def stale_deliveries(*, started_since: datetime | None = None) -> list[Stale]:
    """Find those to be summed: whose counters moved, and with `started_since` all that began since then."""
    counters = ", ".join(f"c.{name}" for name in _COUNTERS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.delivery_id, s.seen, d.started_at >= %s, {counters} FROM delivery_counts c"
            " JOIN delivery d ON d.id = c.delivery_id LEFT JOIN summed_delivery s ON s.delivery = c.delivery_id"
            " WHERE c.messages > 0 ORDER BY c.delivery_id",
            [moment(started_since)],
        )
        rows = cursor.fetchall()
    return [
        Stale(delivery, now)
        for delivery, seen, again, *now in rows
        if again or (json.loads(seen) if isinstance(seen, str) else seen) != now
    ]


def sum_delivery(stale: Stale, *, now: datetime) -> bool:
    """Sum a delivery's messages anew; False, with the old sums kept, when retention has taken some of them."""
    delivery = stale.delivery
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM message WHERE delivery_id = %s AND status <> 'excluded_late'", [delivery]
            )
            whole = bool(cursor.fetchone()[0] >= stale.counters[0])
            if whole:
                cursor.execute("DELETE FROM sending_fact WHERE delivery = %s", [delivery])
                cursor.execute(_facts(), [delivery] * 4)
                _sum_domains(delivery)
        SummedDelivery.objects.update_or_create(delivery=delivery, defaults={"seen": list(stale.counters), "at": now})
    return whole


def _facts() -> str:
    settled = "COALESCE(m.last_attempt_at, d.finished_at, d.ends_at, d.prepared_at, d.created_at)"
    late = f"m.returned_at > {later('m.delivered_at', LATE)}"
    waited = seconds_between("m.first_claimed_at", "m.delivered_at")
    parts = (
        _part(
            f"'{SendingFact.DELIVERED}'",
            at="m.delivered_at",
            verdict=_NO_VERDICT,
            seconds=waited,
            which="m.delivered_at IS NOT NULL",
        ),
        _part(
            f"CASE m.status WHEN 'failed' THEN '{SendingFact.FAILED}' WHEN 'cancelled' THEN '{SendingFact.CANCELLED}'"
            f" ELSE '{SendingFact.PRODUCTION_ERROR}' END",
            at=settled,
            verdict="m.type, m.reason, m.cause",
            which="m.status IN ('failed', 'cancelled', 'production_error')",
        ),
        _part(
            f"'{SendingFact.RETURNED}'",
            at="m.returned_at",
            verdict="m.return_type, m.return_reason, m.return_cause",
            late=late,
            which="m.returned_at IS NOT NULL AND m.delivered_at IS NOT NULL",
        ),
        _part(
            f"'{SendingFact.COMPLAINED}'",
            at="m.complained_at",
            verdict=_NO_VERDICT,
            which="m.complained_at IS NOT NULL",
        ),
    )
    columns = "delivery, channel, hour, kind, provider, type, reason, cause, late, number, attempts, seconds"
    return f"INSERT INTO sending_fact ({columns}) " + " UNION ALL ".join(parts)


def _part(kind: str, *, at: str, verdict: str, late: str = _NEVER, seconds: str = "0", which: str) -> str:
    return (
        f"SELECT m.delivery_id, m.channel, {hour_of(at)}, {kind}, m.provider, {verdict}, {late}, count(*),"
        f" sum(m.attempts), COALESCE(sum({seconds}), 0) FROM message m JOIN delivery d ON d.id = m.delivery_id"
        f" WHERE m.delivery_id = %s AND {which} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
    )


def _sum_domains(delivery: int) -> None:
    DomainFact.objects.filter(delivery=delivery).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {domain_of('m.address_key')}, m.provider,"
            " sum(CASE WHEN m.delivered_at IS NOT NULL THEN 1 ELSE 0 END),"
            " sum(CASE WHEN m.status = 'failed' THEN 1 ELSE 0 END),"
            " sum(CASE WHEN m.returned_at IS NOT NULL AND m.delivered_at IS NOT NULL THEN 1 ELSE 0 END),"
            " sum(CASE WHEN m.complained_at IS NOT NULL THEN 1 ELSE 0 END)"
            " FROM message m WHERE m.delivery_id = %s AND m.status <> 'excluded_late' AND m.channel = 'email'"
            " GROUP BY 1, 2 ORDER BY count(*) DESC, 1",
            [delivery],
        )
        largest = cursor.fetchmany(_MOST_DOMAINS)
        rest: dict[str, list[int]] = {}
        while page := cursor.fetchmany(2000):
            for _, provider, *numbers in page:
                known = rest.setdefault(provider, [0, 0, 0, 0])
                rest[provider] = [one + more for one, more in zip(known, numbers, strict=True)]
    rows = [*largest, *(("", provider, *numbers) for provider, numbers in rest.items())]
    DomainFact.objects.bulk_create(
        DomainFact(
            delivery=delivery,
            domain=domain[:255],
            provider=provider,
            delivered=delivered,
            failed=failed,
            returned=returned,
            complained=complained,
        )
        for domain, provider, delivered, failed, returned, complained in rows
    )


def forget_gone_deliveries() -> None:
    """Remove the sums of deliveries that retention has taken."""
    with connection.cursor() as cursor:
        for table in ("sending_fact", "domain_fact", "summed_delivery"):
            cursor.execute(f"DELETE FROM {table} WHERE delivery NOT IN (SELECT id FROM delivery)")


def forget_changes(before: datetime) -> None:
    """Remove the changes of status before a time."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM status_change WHERE at < %s", [moment(before)])


def measure_quarantine(day: date, *, now: datetime) -> None:
    """Count the addresses by status and reason as they are now, as this day's."""
    rows = [(day, *counted, moment(now)) for counted in (*_states_counted(now), *_addresses_counted())]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM quarantine_size WHERE day = %s", [day])
        insert("quarantine_size", _SIZES, rows)


_SIZES = ("day", "channel", "status", "reason", "number", "recent", "this_year", "leaving", "at")


def _states_counted(now: datetime) -> list[Row]:
    since = "sum(CASE WHEN since >= %s THEN 1 ELSE 0 END)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT channel, status, reason, count(*), {since}, {since}, sum(CASE WHEN until <= %s THEN 1 ELSE 0 END)"
            " FROM address_state WHERE scope = '' GROUP BY channel, status, reason",
            [moment(now - RECENT), moment(now - A_YEAR), moment(now + RECENT)],
        )
        return list(cursor.fetchall())


def _addresses_counted() -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel, '', '', count(DISTINCT key), 0, 0, 0 FROM profile_address WHERE key IS NOT NULL"
            " GROUP BY channel"
        )
        return list(cursor.fetchall())
