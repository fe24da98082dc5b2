"""`rebond profiles …`: bring people in, look at one, opt out and in again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, show, wants_json
from rebond.cli.people_file import (
    EncodingOption,
    MapOption,
    NoAddressOption,
    file_options,
    imported_json,
    progress_bar,
    told_rejected,
)
from rebond.core.words import Reason

if TYPE_CHECKING:
    from rebond.services.profiles import ShownProfile

IdArgument = Annotated[str, typer.Argument(metavar="EXTERNAL_ID", help="The profile's id.")]
ChannelOption = Annotated[str, typer.Option("--channel", help="email, sms, push or all.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    profiles = typer.Typer(help="People: bring them in, look at one, opt them out.", no_args_is_help=True)
    app.add_typer(profiles, name="profiles")

    profiles.command("import")(handles_errors(import_))
    profiles.command()(handles_errors(export))
    profiles.command("show")(handles_errors(show_one))
    profiles.command()(handles_errors(erase))
    profiles.command("subject-export")(handles_errors(subject_export))
    profiles.command()(handles_errors(denylist))
    profiles.command()(handles_errors(allow))


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
