"""A report's table as a file: CSV with formulas defused, JSON Lines, or Parquet where its library is installed."""

import io
import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib.util import find_spec

from rebond.core.said import said
from rebond.services.csv_cells import PLAIN, CsvForm, csv_lines, in_parts, plain
from rebond.services.errors import RefusedError
from rebond.services.report_shape import Table


class Format(StrEnum):
    """What a table can be exported as."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSONL: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}


def formats() -> tuple[Format, ...]:
    """What this installation can write: Parquet where its library is."""
    return tuple(one for one in Format if one is not Format.PARQUET or find_spec("pyarrow"))


def export_table(table: Table, *, to: Format, form: CsvForm = PLAIN) -> Iterator[bytes]:
    """Write a table; the columns keep their names, whatever the language. RefusedError at once without the library."""
    if to is Format.PARQUET:
        return iter((_parquet(table),))
    names = [column.name for column in table.columns]
    return in_parts(csv_lines((names, *table.rows), form=form) if to is Format.CSV else _json_lines(names, table))


def _json_lines(names: Sequence[str], table: Table) -> Iterator[str]:
    for row in table.rows:
        yield json.dumps(dict(zip(names, map(plain, row), strict=True)), ensure_ascii=False) + "\n"


def _parquet(table: Table) -> bytes:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise RefusedError(
            said("Parquet needs the extra rebond[parquet]: install it, or take CSV or JSON Lines")
        ) from None
    names = [column.name for column in table.columns]
    columns = {name: [plain(row[at]) for row in table.rows] for at, name in enumerate(names)}
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()
