"""The sums that reports read, made from the logs a delivery at a time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from rebond.store.dialect import hour_of, moment
from rebond.store.models import ChangeHour, SummedDelivery
from rebond.store.write.facts import sum_facts
from rebond.store.write.rows import Row, insert

RECENT, A_YEAR = timedelta(days=30), timedelta(days=365)
_COUNTERS = ("target", "messages", "pending", "delivered", "failed", "cancelled", "production_errors", "returned")


@dataclass(frozen=True, slots=True)
class Stale:
    """A delivery whose counters have moved since it was summed, and what they are now."""

    delivery: int
    whole: bool | None
    counters: Sequence[int]

    @property
    def messages(self) -> int:
        """How many messages it has."""
        return self.counters[_COUNTERS.index("messages")]


def stale_deliveries(*, started_since: datetime | None = None) -> list[Stale]:
    """Find those to be summed: whose counters moved, and with `started_since` all that began since then."""
    counters = ", ".join(f"c.{name}" for name in _COUNTERS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.delivery_id, s.whole, s.seen, d.started_at >= %s, {counters} FROM delivery_counts c"
            " JOIN delivery d ON d.id = c.delivery_id LEFT JOIN summed_delivery s ON s.delivery = c.delivery_id"
            " WHERE c.target > 0 ORDER BY c.delivery_id",
            [moment(started_since)],
        )
        rows = cursor.fetchall()
    return [
        Stale(delivery, whole, now)
        for delivery, whole, seen, again, *now in rows
        if again or whole is None or (json.loads(seen) if isinstance(seen, str) else seen) != now
    ]


def sum_delivery(stale: Stale, *, provider_of: Callable[[str], str], now: datetime) -> bool:
    """Sum a delivery's logs anew; False, with the old sums kept, when retention has taken some of them."""
    delivery = stale.delivery
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM message WHERE delivery_id = %s AND status <> 'excluded_late'", [delivery]
            )
            there = bool(cursor.fetchone()[0] >= stale.messages)
        if there:
            sum_facts(delivery, provider_of=provider_of)
        # Sums that were kept know of domains what they knew.
        whole = there or bool(stale.whole)
        values = {"seen": list(stale.counters), "at": now, "whole": whole}
        SummedDelivery.objects.update_or_create(delivery=delivery, defaults=values)
    return there


def forget_gone_deliveries() -> None:
    """Remove the sums of deliveries that retention has taken."""
    with connection.cursor() as cursor:
        for table in ("hour_fact", "sending_fact", "domain_hour", "domain_fact", "summed_delivery"):
            cursor.execute(f"DELETE FROM {table} WHERE delivery NOT IN (SELECT id FROM delivery)")


def forget_changes(before: datetime) -> None:
    """Remove the changes of status before a time."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM status_change WHERE at < %s", [moment(before)])
        cursor.execute("DELETE FROM change_hour WHERE hour < %s", [moment(before)])


def sum_changes() -> None:
    """Sum the changes of status since the last hours that are summed; those again, as a commit can come late."""
    last: datetime | None = ChangeHour.objects.exclude(after=ChangeHour.HELD).aggregate(last=Max("hour"))["last"]
    since = moment(last - _AGAIN) if last else None
    columns = "channel, before, after, origin, delivery"
    where = "" if since is None else "WHERE at >= %s"
    with transaction.atomic(), connection.cursor() as cursor:
        if since is not None:
            cursor.execute("DELETE FROM change_hour WHERE hour >= %s AND after <> %s", [since, ChangeHour.HELD])
        cursor.execute(
            f"INSERT INTO change_hour (hour, {columns}, number) SELECT {hour_of('at')}, {columns}, count(*)"
            f" FROM status_change {where} GROUP BY {hour_of('at')}, {columns}",
            [] if since is None else [since],
        )
        # Few, and a person may accept one at any time.
        cursor.execute("DELETE FROM change_hour WHERE after = %s", [ChangeHour.HELD])
        cursor.execute(
            "INSERT INTO change_hour (hour, channel, before, after, origin, delivery, number)"
            f" SELECT {hour_of('at')}, channel, '', %s, '', NULL, count(*) FROM unattributed"
            f" WHERE accepted_at IS NULL GROUP BY {hour_of('at')}, channel",
            [ChangeHour.HELD],
        )


_AGAIN = timedelta(hours=2)


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
