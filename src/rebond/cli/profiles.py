"""`rebond profiles import` and `rebond profiles denylist`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, say, show, wants_json

if TYPE_CHECKING:
    from rebond.services.import_people import Imported, ImportProgress
    from rebond.services.people_file import FileOptions
    from rebond.wiring import Site

MapOption = Annotated[
    str, typer.Option("--map", help="Which column fills which field, as in email=Mail,first_name=Prénom.")
]
EncodingOption = Annotated[str, typer.Option("--encoding", help="The file's encoding, as in cp1252.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    profiles = typer.Typer(help="People: bring them in, opt them out.", no_args_is_help=True)
    app.add_typer(profiles, name="profiles")

    @profiles.command("import")
    @handles_errors
    def import_(
        file: Annotated[Path, typer.Argument(help="CSV (comma, semicolon or tab) or JSON Lines (.jsonl).")],
        mapping: MapOption = "",
        encoding: EncodingOption = "utf-8",
        data: DataOption = None,
        json: JsonOption = False,
    ) -> int:
        """Insert or update people; bad rows are told with their line, the others kept (exit 3)."""
        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.import_people import import_people

        options = file_options(site, mapping=mapping, encoding=encoding)
        with progress_bar() as progress:
            imported = import_people(file, options=options, now=site.clock.now(), actor=actor(), progress=progress)
        show(imported_json(imported, as_json=json), as_json=json, title="Imported")
        return told_rejected(imported, as_json=json)

    @profiles.command()
    @handles_errors
    def denylist(
        external_id: Annotated[str, typer.Argument(help="The profile's id.")],
        channel: Annotated[str, typer.Option("--channel", help="email, sms, push or all.")],
        because: Annotated[str, typer.Option("--because", help="Why, for the audit trail.")] = "",
        data: DataOption = None,
        json: JsonOption = False,
    ) -> None:
        """Opt a profile out of a channel, or of all; doing it again changes nothing."""
        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.denylist_profile import denylist_profile

        new = denylist_profile(external_id, channel=channel, now=site.clock.now(), actor=actor(), because=because)
        show({"profile": external_id, "channel": channel, "changed": new}, as_json=json)


def file_options(site: "Site", *, mapping: str, encoding: str) -> "FileOptions":
    """Make the options for reading a file of people from those of a command; InputError names a wrong one."""
    from rebond.services.people_file import FileOptions

    return FileOptions(
        mapping=parse_mapping(mapping),
        encoding=encoding,
        region=site.config.site.default_region,
        allow_undotted=site.config.email.allow_undotted,
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
    }


def told_rejected(imported: "Imported", *, as_json: bool) -> int:
    """Tell a person the bad rows, and return the exit code."""
    if not imported.rejected_number:
        return Exit.DONE
    listed = imported.rejected if not wants_json(as_json) else ()
    for row in listed[:_TOLD]:
        say(f"line {row.line}: {row.reason}")
    say(f"rebond: {imported.rejected_number} of {imported.rows} rows were rejected, the others are kept")
    return Exit.PARTLY


_TOLD = 20


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
