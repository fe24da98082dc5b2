"""PostgreSQL compares keys by their bytes, and finds what blocks an address in an index made for it.

No table is written anew, but the indexes on keys are: some seconds for each million of rows. SQLite, which compares
bytes anyway, gets the index of `profile_address` alone.
"""

from typing import Any

from django.db import migrations, models

from rebond.store.models.key_field import KeyField

_KEYS = (
    ("SnapshotRow", "address_snapshot", "address_key", 2000, False),
    ("AddressStateRow", "address_state", "address_key", 2000, False),
    ("EvidenceRow", "evidence", "address_key", 2000, False),
    ("Message", "message", "address_key", 2000, False),
    ("Message", "message", "dedupe_key", 2000, True),
    ("OptInRequest", "opt_in_request", "address_key", 320, False),
    ("ProfileAddress", "profile_address", "key", 2000, True),
    ("QuarantineItem", "quarantine_item", "address_key", 2000, False),
    ("ToldSuccess", "told_success", "address_key", 2000, False),
)
_BLOCKED = """
CREATE INDEX address_state_blocked ON address_state (address_key, channel) INCLUDE (status)
WHERE scope = '' AND status IN ('quarantined', 'denylisted')
"""


def _compare(editor: Any, collation: str) -> None:
    changes: dict[str, list[str]] = {}
    for _, table, column, length, _ in _KEYS:
        change = f'ALTER COLUMN {column} TYPE varchar({length}) COLLATE "{collation}"'
        changes.setdefault(table, []).append(change)
    for table, of_table in changes.items():
        editor.execute(f"ALTER TABLE {table} {', '.join(of_table)}")


def by_bytes(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        _compare(editor, "C")
        editor.execute(_BLOCKED)


def by_language(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX address_state_blocked")
        _compare(editor, "default")


def gather_statistics(_apps: Any, editor: Any) -> None:
    """Do at once what PostgreSQL does after a while: with a column's order goes what was known of it."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"ANALYZE {', '.join({table for _, table, *_ in _KEYS})}")


class Migration(migrations.Migration):
    dependencies = [("store", "0018_waiting_addresses")]
    operations = [
        migrations.RunPython(migrations.RunPython.noop, gather_statistics),
        migrations.RemoveIndex("ProfileAddress", "profile_address_key"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model, column, KeyField(max_length=length, null=null))
                for model, _, column, length, null in _KEYS
            ],
            database_operations=[migrations.RunPython(by_bytes, by_language)],
        ),
        migrations.AddIndex(
            "ProfileAddress",
            models.Index(fields=["key", "channel"], include=["profile"], name="profile_address_key"),
        ),
        migrations.RunPython(gather_statistics, migrations.RunPython.noop),
    ]
