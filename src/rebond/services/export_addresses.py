"""The list of addresses as a file: CSV with formulas defused, or JSON Lines, streamed (specification 04)."""

import csv
import io
import json
from collections.abc import Iterator
from enum import StrEnum

from rebond.services.csv_cells import defused, plain
from rebond.store.read.evidence import StateRow
from rebond.store.read.export_states import all_states
from rebond.store.read.state_pages import StateFilter

COLUMNS = ("channel", "address", "scope", "status", "reason", "cause", "error_count", "since", "until", "last_error_at")


class ListFormat(StrEnum):
    """What the list can be written as."""

    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES = {ListFormat.CSV: "text/csv; charset=utf-8", ListFormat.JSONL: "application/x-ndjson"}


def export_addresses(*, wanted: StateFilter, to: ListFormat) -> Iterator[bytes]:
    """Write the states that are wanted, a part at a time; what a list of another site takes in again."""
    if to is ListFormat.CSV:
        yield _lines([list(COLUMNS)])
    for part in all_states(wanted):
        rows = [_values(row) for row in part]
        if to is ListFormat.CSV:
            yield _lines([[defused(value) for value in row] for row in rows])
        else:
            named = ({name: plain(value) for name, value in zip(COLUMNS, row, strict=True)} for row in rows)
            yield "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in named).encode()


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _values(row: StateRow) -> tuple[object, ...]:
    state = row.state
    return (
        *(row.address.channel.value, row.text, row.address.scope, state.status.value),
        *(state.reason.value if state.reason else None, state.cause.value if state.cause else None),
        *(state.error_count, state.since, state.until, state.last_error_at),
    )
