"""What the doctor asks the database."""

from datetime import UTC, datetime

from django.db import connection

from rebond.store.dialect import is_postgresql
from rebond.store.models import AddressStateRow, Delivery

# Recounting one reads all its rows.
_RECOUNTED = 10


def database_clock() -> tuple[str, datetime]:
    """Return the kind of the database and its time."""
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute("SELECT clock_timestamp()")
            return "PostgreSQL", cursor.fetchone()[0]
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")
        return "SQLite", datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)


def outdated_rows(policy_digest: str) -> int:
    """Count the states that were computed under another policy."""
    return AddressStateRow.objects.exclude(policy_digest=policy_digest).count()


def latest_deliveries() -> tuple[int, ...]:
    """List the numbers of the newest deliveries."""
    return tuple(Delivery.objects.order_by("-id").values_list("id", flat=True)[:_RECOUNTED])
