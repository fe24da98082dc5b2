"""`rebond profiles …`: bring people in, look at one, opt out and in again."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, say, show, wants_json
from rebond.core.words import Reason

if TYPE_CHECKING:
    from rebond.services.import_people import Imported, ImportProgress
    from rebond.services.people_file import FileOptions
    from rebond.services.profiles import ShownProfile
    from rebond.wiring import Site

MapOption = Annotated[
    str, typer.Option("--map", help="Which column fills which field, as in email=Mail,first_name=Prénom.")
]
NoAddressOption = Annotated[
    bool, typer.Option("--no-address", help="New people come without an address, and that is meant.")
]
IdArgument = Annotated[str, typer.Argument(metavar="EXTERNAL_ID", help="The profile's id.")]
ChannelOption = Annotated[str, typer.Option("--channel", help="email, sms, push or all.")]
EncodingOption = Annotated[str, typer.Option("--encoding", help="The file's encoding, as in cp1252.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    profiles = typer.Typer(help="People: bring them in, look at one, opt them out.", no_args_is_help=True)
    app.add_typer(profiles, name="profiles")

    @profiles.command("import")
    @handles_errors
    def import_(
        file: Annotated[Path, typer.Argument(help="CSV (comma, semicolon or tab) or JSON Lines (.jsonl).")],
        mapping: MapOption = "",
        encoding: EncodingOption = "utf-8",
        no_address: NoAddressOption = False,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Only look: what each column is taken for, and the first rows.")
        ] = False,
        data: DataOption = None,
        json: JsonOption = False,
    ) -> int:
        """Insert or update people; bad rows are told with their line, the others kept (exit 3)."""
        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.import_people import import_people, try_people

        options = file_options(site, mapping=mapping, encoding=encoding, no_address=no_address)
        if dry_run:
            imported = try_people(file, options=options)
        else:
            with progress_bar() as progress:
                imported = import_people(file, options=options, now=site.clock.now(), actor=actor(), progress=progress)
        show(imported_json(imported, as_json=json), as_json=json, title="Looked at" if dry_run else "Imported")
        return told_rejected(imported, as_json=json)

    profiles.command("export")(handles_errors(export))
    profiles.command("show")(handles_errors(show_one))
    profiles.command("erase")(handles_errors(erase))
    profiles.command("subject-export")(handles_errors(subject_export))

    @profiles.command()
    @handles_errors
    def denylist(
        external_id: IdArgument,
        channel: ChannelOption,
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

    @profiles.command()
    @handles_errors
    def allow(
        external_id: IdArgument,
        channel: ChannelOption,
        because: Annotated[str, typer.Option("--because", help="Why, for the audit trail.")],
        data: DataOption = None,
        json: JsonOption = False,
    ) -> None:
        """Take an opt-out back: the person may be written to again, unless the address itself stands against it."""
        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.denylist_profile import allow_profile

        changed = allow_profile(external_id, channel=channel, now=site.clock.now(), actor=actor(), because=because)
        show({"profile": external_id, "channel": channel, "changed": changed}, as_json=json)


def export(
    file: Annotated[Path, typer.Argument(help="Written as JSON Lines (.jsonl) or CSV.")],
    people_list: Annotated[str, typer.Option("--list", help="Only those of this list, by its name.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write all profiles to a file, with their addresses and opt-outs, as an import reads them."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.cli.export import in_place
    from rebond.services.audiences import find_aim
    from rebond.services.export_people import export_people

    only = find_aim("list", people_list).ref if people_list else None
    kind = "jsonl" if file.suffix.lower() in {".jsonl", ".ndjson"} else "csv"
    with in_place(file) as stream:
        count = sum(1 for line in export_people(kind=kind, people_list=only) if stream.write(line))
    show({"profiles": count - (kind == "csv"), "file": str(file)}, as_json=json, title="Exported")


def show_one(external_id: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show a profile: its fields, its addresses with their state, its opt-outs."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.services.profiles import show_profile

    found = _profile_json(show_profile(external_id))
    if not wants_json(json):
        found["addresses"] = [_in_a_line(address) for address in found["addresses"]]
        found["denials"] = [_denied_line(denial) for denial in found["denials"]]
    show(found, as_json=json, title=f"Profile {external_id}")


def erase(
    external_id: IdArgument,
    because: Annotated[str, typer.Option("--because", help="Why, for the audit trail.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Erase a person for good: what tells of them goes, counters stay, what was blocked stays blocked by a hash."""
    from rebond.cli.settling import actor
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.erase import erase_profile, look_at_erasure

    now = site.clock.now()
    if dry_run:
        done = look_at_erasure(external_id, now=now)
    else:
        done = erase_profile(external_id, because=because, actor=actor(), now=now)
    title = "Would be erased" if dry_run else "Erased"
    show({"profile": done.profile, "erased": done.done, **done.numbers()}, as_json=json, title=title)


def subject_export(
    external_id: IdArgument,
    to: Annotated[Path | None, typer.Option("--to", help="A file instead of standard output.")] = None,
    data: DataOption = None,
) -> None:
    """Write, as JSON, all that is held about a person, for the person."""
    from rebond.cli.settling import actor
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.cli.export import in_place
    from rebond.services.subject_export import subject_export as export_subject

    text = export_subject(external_id, now=site.clock.now(), actor=actor())
    if to is None:
        typer.echo(text, nl=False)
        return
    with in_place(to) as stream:
        stream.write(text)


def _profile_json(shown: "ShownProfile") -> dict[str, Any]:
    """Return a profile as the contract has it; an address that is no possible one has no status."""
    row = shown.profile
    addresses: list[dict[str, object]] = []
    for address in row.addresses:
        state = shown.states.get(address.channel)
        impossible = Reason.INVALID_ADDRESS if address.text else Reason.ADDRESS_EMPTY
        addresses.append(
            {
                "channel": address.channel,
                "address": address.text,
                "status": state.status if state else None,
                "reason": state.reason if state else impossible,
                "cause": state.cause if state else None,
                "error_count": state.error_count if state else 0,
            }
        )
    denials = [
        {"channel": denial.channel, "at": denial.at, "origin": denial.origin, "because": denial.proof or None}
        for denial in row.denials
    ]
    return {
        "profile": row.external_id,
        "fields": row.fields,
        "addresses": addresses,
        "denials": denials,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "erased_at": row.erased_at,
    }


def _in_a_line(address: dict[str, Any]) -> str:
    why = f" ({address['reason']})" if address["reason"] and address["status"] else ""
    return f"{address['channel']} {address['address']}: {address['status'] or address['reason']}{why}"


def _denied_line(denial: dict[str, Any]) -> str:
    because = f": {denial['because']}" if denial["because"] else ""
    return f"{denial['channel']}, {denial['at']:%Y-%m-%d} by {denial['origin']}{because}"


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
    from rebond.services.people_columns import filled, map_name

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
