"""The list of addresses as a file: CSV with formulas defused, or JSON Lines, streamed (specification 04)."""

import json
from collections.abc import Iterator
from enum import StrEnum
from itertools import chain

from rebond.services.csv_cells import PLAIN, CsvForm, csv_lines, in_parts, plain
from rebond.services.told_states import ROW, told_row
from rebond.store.read.export_states import all_states
from rebond.store.read.state_pages import StateFilter


class ListFormat(StrEnum):
    """What the list can be written as."""

    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES = {ListFormat.CSV: "text/csv; charset=utf-8", ListFormat.JSONL: "application/x-ndjson"}


def export_addresses(*, wanted: StateFilter, to: ListFormat, form: CsvForm = PLAIN) -> Iterator[bytes]:
    """Write the states that are wanted, a part at a time; what a list of another site takes in again."""
    rows = (told_row(row) for part in all_states(wanted) for row in part)
    if to is ListFormat.CSV:
        return in_parts(csv_lines(chain((ROW,), (row.values() for row in rows)), form=form))
    return in_parts(json.dumps({name: plain(row[name]) for name in ROW}, ensure_ascii=False) + "\n" for row in rows)
