"""Files of rows: CSV that no spreadsheet runs as formulas, or JSON Lines."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from rebond.cli.output import to_json
from rebond.services.csv_cells import defused
from rebond.services.errors import InputError


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> int:
    """Write rows to a file, in place only when whole; returns how many."""
    as_lines = path.suffix.lower() == ".jsonl"
    if str(path) == "-":
        raise InputError("a file is needed, not '-': /dev/stdout is one, and takes rows as they come")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: {'it is a folder' if path.is_dir() else 'its folder is missing'}")
    if path.exists() and not path.is_file():
        # A device or a pipe takes rows as they come; only a file can be put in place.
        with path.open("w", encoding="utf-8", newline="") as stream:
            return _write(stream, rows, columns=columns, as_lines=as_lines)
    path = path.resolve()
    half = path.with_name(path.name + ".part")
    try:
        with half.open("w", encoding="utf-8", newline="") as file:
            count = _write(file, rows, columns=columns, as_lines=as_lines)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return count


def _write(file: IO[str], rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str], as_lines: bool) -> int:
    count = 0
    writer = csv.writer(file)
    if not as_lines:
        writer.writerow(columns)
    for row in rows:
        count += 1
        if as_lines:
            file.write(to_json(row) + "\n")
        else:
            writer.writerow([defused(row[name]) for name in columns])
    return count
