"""Profiles as rows of a file, as an import reads them."""

import csv
import json
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from rebond.core.said import said
from rebond.core.words import Channel
from rebond.services.csv_cells import defused
from rebond.services.errors import InputError
from rebond.store.read.people_export import ExportedProfile, exported_profiles

FORMATS = ("jsonl", "csv")
# In CSV the fields, which differ from profile to profile, are one cell.
_COLUMNS = ("id", *(channel.value for channel in Channel), "opted_out", "fields")


def export_people(*, kind: str, people_list: int | None = None) -> Iterator[str]:
    """Give the lines of a `jsonl` or `csv` file of all profiles, or of those of a list; InputError for another kind."""
    if kind not in FORMATS:
        raise InputError(said("{kind!r} is no format: write one of {formats}", kind=kind, formats=tuple(FORMATS)))
    rows = exported_profiles(people_list=people_list)
    return _json_lines(rows) if kind == "jsonl" else _csv_lines(rows)


def _json_lines(rows: Iterator[ExportedProfile]) -> Iterator[str]:
    for row in rows:
        # The profile's own members last: none of them is the id or an address.
        told: dict[str, Any] = {"id": row.external_id, **row.addresses}
        if row.denied:
            told["opted_out"] = " ".join(row.denied)
        told |= {name: value for name, value in row.fields.items() if name not in told}
        yield json.dumps(told, ensure_ascii=False) + "\n"


def _csv_lines(rows: Iterator[ExportedProfile]) -> Iterator[str]:
    yield _line(_COLUMNS)
    for row in rows:
        texts: Mapping[str, str] = row.addresses
        cells = [row.external_id, *(texts.get(channel.value, "") for channel in Channel)]
        fields = json.dumps(row.fields, ensure_ascii=False)
        yield _line(defused(cell) for cell in (*cells, " ".join(row.denied), fields))


def _line(cells: Any) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
