"""Profiles as rows of a file, as an import reads them."""

import json
from collections.abc import Iterator
from typing import Any

from rebond.core.said import said
from rebond.core.words import Channel
from rebond.services.column_roles import ADDRESS_NAMES
from rebond.services.csv_cells import PLAIN, CsvForm, csv_lines
from rebond.services.errors import InputError
from rebond.store.read.people_export import ExportedProfile, exported_profiles, field_names

FORMATS = ("jsonl", "csv")
_COLUMNS = ("id", *(channel.value for channel in Channel), "opted_out")
# Where fields have no column of their own: more than these, or with a name that another column has.
_REST = "other_fields"
_MOST_FIELDS = 1_000


def export_people(*, kind: str, people_list: int | None = None, form: CsvForm = PLAIN) -> Iterator[str]:
    """Give the lines of a `jsonl` or `csv` file of all profiles, or of those of a list; InputError for another kind."""
    if kind not in FORMATS:
        raise InputError(said("{kind!r} is no format: write one of {formats}", kind=kind, formats=tuple(FORMATS)))
    rows = exported_profiles(people_list=people_list)
    if kind == "jsonl":
        return _json_lines(rows)
    # Some more than have columns, since some cannot have any.
    known = field_names(people_list=people_list, most=_MOST_FIELDS + 100)
    return csv_lines(_table(rows, known), form=form)


def _json_lines(rows: Iterator[ExportedProfile]) -> Iterator[str]:
    for row in rows:
        # The profile's own members last: none of them is the id or an address.
        told: dict[str, Any] = {"id": row.external_id, **row.addresses}
        if row.denied:
            told["opted_out"] = " ".join(row.denied)
        told |= {name: value for name, value in row.fields.items() if name not in told}
        yield json.dumps(told, ensure_ascii=False) + "\n"


def _table(rows: Iterator[ExportedProfile], known: list[str]) -> Iterator[list[object]]:
    """The names of the columns, then the cells of each profile; a name that comes up meanwhile has no column."""
    taken = {*_COLUMNS, *ADDRESS_NAMES, _REST, ""}
    names = [name for name in known if name.lower() not in taken][:_MOST_FIELDS]
    rest = [_REST] if len(names) < len(known) else []
    yield [*_COLUMNS, *names, *rest]
    with_column = frozenset(names)
    for row in rows:
        addresses = [row.addresses.get(channel.value, "") for channel in Channel]
        cells: list[object] = [row.external_id, *addresses, " ".join(row.denied)]
        cells += [row.fields.get(name) for name in names]
        if rest:
            others = {name: value for name, value in row.fields.items() if name not in with_column}
            cells.append(json.dumps(others, ensure_ascii=False) if others else "")
        yield cells
