"""Files of people on the command line: how they are to be read, and what became of them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from rebond.cli.output import Exit, say, wants_json

if TYPE_CHECKING:
    from rebond.services.import_people import Imported, ImportProgress
    from rebond.services.people_file import FileOptions
    from rebond.wiring import Site

MapOption = Annotated[
    str, typer.Option("--map", help="Which column fills which field, as in email=Mail,first_name=Prénom.")
]
NoAddressOption = Annotated[
    bool, typer.Option("--no-address", help="New people come without an address, and that is meant.")
]
EncodingOption = Annotated[str, typer.Option("--encoding", help="The file's encoding, as in cp1252.")]
_TOLD = 20


def file_options(site: "Site", *, mapping: str, encoding: str, no_address: bool = False) -> "FileOptions":
    """Make the options for reading a file of people from those of a command; InputError names a wrong one."""
    from rebond.services.people_file import FileOptions

    return FileOptions(
        mapping=parse_mapping(mapping),
        encoding=encoding,
        region=site.config.site.default_region,
        allow_undotted=site.config.email.allow_undotted,
        no_address=no_address,
    )


def parse_mapping(text: str) -> dict[str, str]:
    """Read `email=Mail,first_name=Prénom`; InputError otherwise."""
    from rebond.services.errors import InputError

    mapping: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        field, equals, column = (side.strip() for side in part.partition("="))
        if not (field and equals and column):
            raise InputError(f"--map {part!r}: write it as field=Column, as in email=Mail")
        if field in mapping:
            raise InputError(f"--map gives the field {field!r} twice")
        mapping[field] = column
    return mapping


def imported_json(imported: "Imported", *, as_json: bool) -> dict[str, object]:
    """Return an import's result as the contract has it; for people the number of rejected rows is enough."""
    rejected = [{"line": row.line, "reason": row.reason} for row in imported.rejected]
    unlisted = imported.rejected_number - len(rejected)
    return {
        "rows": imported.rows,
        "created": imported.created,
        "updated": imported.updated,
        "rejected": rejected if wants_json(as_json) else imported.rejected_number,
        **({"rejected_unlisted": unlisted} if unlisted else {}),
        **({"dry_run": True, "columns": _columns(imported, as_json=as_json)} if imported.dry else {}),
        **({"notes": imported.notes} if imported.notes and wants_json(as_json) else {}),
    }


def _columns(imported: "Imported", *, as_json: bool) -> object:
    """Say what each column is taken for."""
    from rebond.services.column_roles import filled, map_name

    if not wants_json(as_json):
        return [f"{column.name}: {filled(column.role)}" for column in imported.columns]
    return [{"column": column.name, "taken_as": map_name(column.role)} for column in imported.columns]


def told_rejected(imported: "Imported", *, as_json: bool) -> int:
    """Tell a person what should be known of the columns, and the bad rows; returns the exit code."""
    for note in imported.notes:
        say(f"rebond: {note}")
    if not imported.rejected_number:
        return Exit.DONE
    listed = imported.rejected if not wants_json(as_json) else ()
    for row in listed[:_TOLD]:
        say(f"line {row.line}: {row.reason}")
    if imported.dry:
        say(f"rebond: {imported.rejected_number} of the first {imported.rows} rows would be rejected")
    else:
        say(f"rebond: {imported.rejected_number} of {imported.rows} rows were rejected, the others are kept")
    return Exit.PARTLY


@contextmanager
def progress_bar() -> "Iterator[Callable[[ImportProgress], None] | None]":
    """Draw an import's progress on standard error, when somebody looks at it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.completed:,.0f} bytes"), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("0 rows", total=None)
        yield lambda done: bar.update(
            task, completed=done.bytes, total=done.size or 1, description=f"{done.rows:,} rows"
        )
