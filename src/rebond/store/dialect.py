"""The differences between SQLite and PostgreSQL, in one place."""

from datetime import datetime
from typing import Any

from django.db import connection


def is_postgresql() -> bool:
    """Tell which of the two databases this process uses."""
    return connection.vendor == "postgresql"


def moment(at: datetime | None) -> Any:
    """Return a time as a parameter for raw SQL."""
    return connection.ops.adapt_datetimefield_value(at) if at is not None else None
