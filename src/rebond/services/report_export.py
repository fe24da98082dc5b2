"""A report's table as a file: CSV with formulas defused, JSON Lines, or Parquet where its library is installed."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from importlib.util import find_spec
from typing import Any

from rebond.core.said import said
from rebond.services.errors import RefusedError
from rebond.services.report_shape import Table

# What a spreadsheet takes for a formula, first in a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


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


def export_table(table: Table, *, to: Format) -> Iterator[bytes]:
    """Write a table; the columns keep their names, whatever the language. RefusedError at once without the library."""
    return iter((_parquet(table),)) if to is Format.PARQUET else _lines(table, to=to)


def _lines(table: Table, *, to: Format) -> Iterator[bytes]:
    names = [column.name for column in table.columns]
    if to is Format.JSONL:
        for row in table.rows:
            values = dict(zip(names, map(_plain, row), strict=True))
            yield (json.dumps(values, ensure_ascii=False) + "\n").encode()
        return
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(_plain(value)) for value in row] for row in table.rows)
    yield text.getvalue().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would run begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _parquet(table: Table) -> bytes:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise RefusedError(
            said("Parquet needs the extra rebond[parquet]: install it, or take CSV or JSON Lines")
        ) from None
    names = [column.name for column in table.columns]
    columns = {name: [_plain(row[at]) for row in table.rows] for at, name in enumerate(names)}
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()
