"""The list of addresses as a file: CSV with formulas defused, or JSON Lines, streamed (specification 04)."""

import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain

from rebond.services.csv_cells import PLAIN, CsvForm, csv_lines, in_parts, plain
from rebond.store.read.evidence import StateRow
from rebond.store.read.export_states import all_states
from rebond.store.read.state_pages import StateFilter

COLUMNS = ("channel", "address", "scope", "status", "reason", "cause", "error_count", "since", "until", "last_error_at")


class ListFormat(StrEnum):
    """What the list can be written as."""

    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES = {ListFormat.CSV: "text/csv; charset=utf-8", ListFormat.JSONL: "application/x-ndjson"}


def export_addresses(*, wanted: StateFilter, to: ListFormat, form: CsvForm = PLAIN) -> Iterator[bytes]:
    """Write the states that are wanted, a part at a time; what a list of another site takes in again."""
    rows = (_values(row) for part in all_states(wanted) for row in part)
    return in_parts(csv_lines(chain((COLUMNS,), rows), form=form) if to is ListFormat.CSV else _json_lines(rows))


def _json_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(dict(zip(COLUMNS, map(plain, row), strict=True)), ensure_ascii=False) + "\n"


def _values(row: StateRow) -> tuple[object, ...]:
    state = row.state
    return (
        *(row.address.channel.value, row.text, row.address.scope, state.status.value),
        *(state.reason.value if state.reason else None, state.cause.value if state.cause else None),
        *(state.error_count, state.since, state.until, state.last_error_at),
    )
