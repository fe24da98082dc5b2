"""`rebond quarantine bulk …`, `undo`, `operations`, `resume`, `import`: acts on many addresses at once."""

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, say, show, show_rows
from rebond.cli.people_file import progress_bar
from rebond.cli.settling import actor
from rebond.core.words import AddressStatus, Cause, Channel, Reason

if TYPE_CHECKING:
    from rebond.services.bulk import DryRun
    from rebond.services.bulk_steps import Acting
    from rebond.store.read.bulk import BulkOperation
    from rebond.wiring import Site

BecauseOption = Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")]
_BRIEF = ("number", "at", "kind", "step", "changed", "put_back", "because")


class Act(StrEnum):
    """What becomes of the addresses."""

    RELEASE = "release"
    QUARANTINE = "quarantine"


def register(quarantine: typer.Typer) -> None:
    """Add the commands of this family."""
    for command in (bulk, undo, operations, resume):
        quarantine.command()(command)
    quarantine.command("import")(import_list)


@handles_errors
def bulk(
    act: Annotated[Act, typer.Argument(help="What becomes of them.")],
    error_text: Annotated[str, typer.Option(help="Their error text contains this, whatever the case.")] = "",
    status: Annotated[AddressStatus | None, typer.Option(help="Only of this status.")] = None,
    reason: Annotated[Reason | None, typer.Option(help="Only of this reason.", show_choices=False)] = None,
    cause: Annotated[Cause | None, typer.Option(help="Only of this cause.", show_choices=False)] = None,
    channel: Annotated[Channel | None, typer.Option(help="Only of this channel.")] = None,
    provider: Annotated[str, typer.Option(help="Only of this provider.")] = "",
    domain: Annotated[str, typer.Option(help="Only of this email domain.")] = "",
    since: Annotated[datetime | None, typer.Option(help="In their state since then or later (UTC).")] = None,
    before: Annotated[datetime | None, typer.Option(help="In their state since before then (UTC).")] = None,
    text: Annotated[int | None, typer.Option(help="With a failure of this qualification's text.")] = None,
    rule: Annotated[str, typer.Option(help="With a failure that this rule judged.")] = "",
    delivery: Annotated[int | None, typer.Option(help="With a failure of this delivery.")] = None,
    because: BecauseOption = "",
    apply: Annotated[
        int | None, typer.Option(min=1, help="Do it: so many addresses change, as the dry run said.")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Release or quarantine many addresses as one operation; without --apply, only tell what it would do."""
    site = _open_site(data)
    from rebond.services.bulk import begin, carry_on, carry_on_all, dry_run
    from rebond.services.list_addresses import email_domain
    from rebond.store.read.bulk import BulkKind
    from rebond.store.read.selection import Selection
    from rebond.store.read.state_pages import StateFilter

    states = StateFilter(
        status=status,
        channel=channel,
        reason=reason,
        cause=cause,
        provider=provider.lower(),
        domain=email_domain(domain) if domain else "",
        text=error_text,
        since_from=_utc(since),
        since_to=_utc(before),
    )
    selection, kind = Selection(states=states, qualification=text, rule=rule, delivery=delivery), BulkKind(act.value)
    if apply is None:
        found = dry_run(selection=selection, kind=kind)
        show(_dry_run(found), as_json=json, title=f"Dry run: {act}")
        if found.changed:
            say(f"rebond: nothing was done: say --apply {found.changed} --because … to do it")
        return
    acting = _acting(site)
    carry_on_all(acting=acting)
    begun = begin(selection=selection, kind=kind, because=because, expected=apply, acting=acting)
    show(_operation(carry_on(begun.number, acting=acting)), as_json=json)


@handles_errors
def undo(
    because: BecauseOption,
    operation: Annotated[int | None, typer.Argument(help="The operation's number.")] = None,
    address: Annotated[str, typer.Option(help="Instead: the last thing that a person did to this address.")] = "",
    channel: Annotated[Channel | None, typer.Option(help="The address's channel; guessed when left out.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put back the addresses that are still as an operation left them; or undo what was done to one address."""
    site = _open_site(data)
    from rebond.services.bulk import carry_on
    from rebond.services.bulk import undo as undo_operation
    from rebond.services.errors import InputError
    from rebond.services.people import last_act, read_address, take_back

    if (operation is None) is (not address):
        raise InputError("name an operation, as rebond quarantine operations lists them, or an address with --address")
    if operation is not None:
        acting = _acting(site)
        undo_operation(operation, because=because, acting=acting)
        show(_operation(carry_on(operation, acting=acting)), as_json=json)
        return
    region, undotted = site.config.site.default_region, site.config.email.allow_undotted
    parsed = read_address(address, channel=channel, region=region, allow_undotted=undotted)
    done = {"identity": last_act(parsed), "because": because, "actor": actor()}
    state = take_back(parsed, policy=site.policy, now=site.clock.now(), **done)
    show({"channel": parsed.channel, "address": parsed.text, "status": state.status}, as_json=json)


@handles_errors
def operations(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Only so many, the latest first.")] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List what was done to many addresses at once, the latest first."""
    _open_site(data)
    from rebond.store.read.bulk import list_bulk

    show_rows(map(_operation, list_bulk(limit=limit)), as_json=json, title="Operations", brief=_BRIEF)


@handles_errors
def resume(data: DataOption = None, json: JsonOption = False) -> None:
    """Do what interrupted operations left behind."""
    site = _open_site(data)
    from rebond.services.bulk import carry_on_all

    show_rows(map(_operation, carry_on_all(acting=_acting(site))), as_json=json, title="Operations", brief=_BRIEF)


@handles_errors
def import_list(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or JSON Lines when its name ends in .jsonl.")],
    because: Annotated[str, typer.Option("--because", help="Where it comes from; it is kept with each change.")],
    encoding: Annotated[str, typer.Option(help="The file's encoding, as in cp1252.")] = "utf-8",
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Take in another system's list of addresses not to write to; bad rows are told, the others kept (exit 3).

    The export formats of SES, SendGrid, Mailgun, Postmark, SparkPost, Brevo, Mailjet, listmonk and Mautic are told by
    their columns; any other file names an address, email, phone, push or hash, and perhaps status, reason and date.
    """
    site = _open_site(data)
    from rebond.services.bulk import carry_on
    from rebond.services.import_suppressions import ReadingList, import_suppressions

    config = site.config
    reading = ReadingList(
        encoding=encoding, region=config.site.default_region, allow_undotted=config.email.allow_undotted
    )
    with progress_bar() as progress:
        begun = import_suppressions(
            file, because=because, actor=actor(), now=site.clock.now, reading=reading, progress=progress
        )
    found = carry_on(begun.number, acting=_acting(site))
    assert found.read is not None
    counts = {name: value for name, value in asdict(found.read).items() if name not in ("errors", "staged")}
    result = {"operation": found.number, "format": found.format, "changed": found.changed, "passed": found.passed}
    show({**result, **counts, "errors": [list(one) for one in found.read.errors]}, as_json=json, title="Imported")
    if not found.read.rejected:
        return Exit.DONE
    say(f"rebond: {found.read.rejected} of {found.read.rows} rows were rejected, the others are kept")
    return Exit.PARTLY


def _open_site(data: Any) -> "Site":
    from rebond.wiring import open_site

    return open_site(data_directory(data))


def _acting(site: "Site") -> "Acting":
    from rebond.services.bulk_steps import Acting

    return Acting(policy=site.policy, actor=actor(), now=site.clock.now)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def _dry_run(found: "DryRun") -> dict[str, Any]:
    return {
        "selected": found.count,
        "would_change": found.changed,
        "changes": dict(found.changes),
        "left_alone": dict(found.left),
        "providers": dict(found.providers),
        "sample": [one.text for one in found.sample],
    }


def _operation(found: "BulkOperation") -> dict[str, Any]:
    from rebond.store.read.selection import selection_to_json

    row = {name: value for name, value in asdict(found).items() if name != "selection"}
    return row | {"selection": selection_to_json(found.selection)}
