"""Empties the test databases after each test: the tables that hold something, and no other.

Django's own flush truncates every table and writes permissions again; for tests that write to a few tables this
takes longer than what they test.
"""

from collections.abc import Collection

from django.db import connections, transaction

# Written when the database is made.
_MADE = {"django_content_type", "auth_permission"}
_tables: dict[str, list[str]] = {}


def empty(databases: Collection[str]) -> None:
    """Delete all rows."""
    for alias in databases:
        connection = connections[alias]
        if alias not in _tables:
            _tables[alias] = sorted({*connection.introspection.django_table_names(only_existing=True)} - _MADE)
        filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in _tables[alias])
        with connection.cursor() as cursor:
            cursor.execute(filled)
            if found := [name for (name,) in cursor.fetchall()]:
                # What refers to what is looked at when the transaction ends.
                with transaction.atomic(using=alias):
                    for name in found:
                        cursor.execute(f"DELETE FROM {name}")
