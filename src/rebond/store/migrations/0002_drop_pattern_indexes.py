"""Drop the indexes that Django makes on PostgreSQL for LIKE: nobody searches digests by their beginning."""

from typing import Any

from django.db import migrations

_TABLES = ("evidence", "told_success", "unattributed", "returned_mail", "raw_mail", "qualification")


def drop(apps: Any, schema_editor: Any) -> None:
    """Drop them; each cost a random write for every row."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(indexname) FROM pg_indexes WHERE schemaname = current_schema()"
            " AND tablename = ANY (%s) AND indexname LIKE %s",
            [list(_TABLES), r"%\_like"],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
