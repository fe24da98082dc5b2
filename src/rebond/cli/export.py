"""Files of rows: CSV that no spreadsheet runs as formulas, or JSON Lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

from rebond.cli.output import to_json
from rebond.services.csv_cells import csv_lines
from rebond.services.errors import InputError


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> int:
    """Write rows to a file, in place only when whole; returns how many."""
    as_lines = path.suffix.lower() == ".jsonl"
    with in_place(path) as file:
        return _write(file, rows, columns=columns, as_lines=as_lines)


@contextmanager
def in_place(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Give a file to write to, put in place when it is whole; InputError when it cannot be written."""
    how: dict[str, Any] = {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
    if str(path) == "-":
        raise InputError("a file is needed, not '-': /dev/stdout is one, and takes rows as they come")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: {'it is a folder' if path.is_dir() else 'its folder is missing'}")
    if path.exists() and not path.is_file():
        # A device or a pipe takes rows as they come; only a file can be put in place.
        with path.open(**how) as stream:
            yield stream
        return
    path = path.resolve()
    half = path.with_name(path.name + ".part")
    try:
        with half.open(**how) as file:
            yield file
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _write(file: IO[str], rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str], as_lines: bool) -> int:
    if as_lines:
        lines = (to_json(row) + "\n" for row in rows)
        return sum(1 for line in lines if file.write(line))
    cells = ([row[name] for name in columns] for row in rows)
    return sum(1 for line in csv_lines(chain((columns,), cells)) if file.write(line)) - 1
