"""Files of rows: CSV that no spreadsheet runs as formulas, or JSON Lines."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rebond.cli.output import to_json

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PHONE = re.compile(r"\+\d{4,15}")


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> int:
    """Write rows to a file, in place only when whole; returns how many."""
    half = path.with_name(path.name + ".part")
    with half.open("w", encoding="utf-8", newline="") as file:
        count = 0
        if path.suffix == ".jsonl":
            for row in rows:
                file.write(to_json(row) + "\n")
                count += 1
        else:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row in rows:
                writer.writerow([defused(row[name]) for name in columns])
                count += 1
    half.replace(path)
    return count


def defused(value: object) -> str:
    """Write a cell so that a spreadsheet takes it as text: a quote before what could be a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else to_json(value).strip('"')
    return "'" + text if text.startswith(_FORMULA) and not _PHONE.fullmatch(text) else text
