"""The column of an address's key."""

from collections.abc import Mapping
from typing import Any

from django.db import models


class KeyField(models.CharField):  # type: ignore[type-arg]  # Django has no subscript at run time
    """A key, compared by its bytes as Python does: PostgreSQL would take a language's order, at twice the time.

    All keys alike, since an index serves no comparison with a column of another order.
    """

    def db_parameters(self, connection: Any) -> Any:
        """Name the collation of PostgreSQL; SQLite knows no other."""
        given: Mapping[str, Any] = super().db_parameters(connection)
        return {**given, "collation": "C" if connection.vendor == "postgresql" else None}
