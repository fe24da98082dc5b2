"""`rebond why`, `rebond quarantine …`, and the families beside them: `rebond check`, `rebond job …`."""

from dataclasses import asdict
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli import bulk, check, jobs
from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, say, show, show_rows, wants_json
from rebond.cli.settling import actor
from rebond.core.words import AddressStatus, Channel, Reason, StateOrder

if TYPE_CHECKING:
    from rebond.core.address import ParsedAddress
    from rebond.wiring import Site

AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="An email address, a phone number, or a token with --channel push.")
]
ChannelOption = Annotated[Channel | None, typer.Option(help="Channel; guessed from the address when left out.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")]


class Told(StrEnum):
    """What a person can make of an address; releasing it makes it valid again."""

    QUARANTINED = AddressStatus.QUARANTINED.value
    DENYLISTED = AddressStatus.DENYLISTED.value
    ALLOWLISTED = AddressStatus.ALLOWLISTED.value


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    quarantine = typer.Typer(help="Addresses that are not plainly valid: list, add, release.", no_args_is_help=True)
    app.command()(why)
    check.register(app)
    for command in (list_states, show_state, add, release, export, recompute):
        quarantine.command({"list_states": "list", "show_state": "show"}.get(command.__name__))(command)
    bulk.register(quarantine)
    app.add_typer(quarantine, name="quarantine")
    jobs.register(app)


@handles_errors
def why(
    address: AddressArgument, channel: ChannelOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Show why an address is in the state that it is in: its evidence, and what each piece did."""
    site = _open_site(data)
    from rebond.services.told_states import told_evidence, told_snapshot
    from rebond.services.why import why as explain_address

    parsed = _address(address, channel, site)
    found = explain_address(parsed, policy=site.policy)
    if found.outdated:
        say("rebond: this state was computed under another policy: run rebond quarantine recompute")
    if not wants_json(json):
        from rich.console import Console

        from rebond.cli.why_view import draw_why

        draw_why(Console(), parsed.text, found)
        return
    evidence = list(map(told_evidence, found.judgements))
    result = {"address": parsed.text, "channel": parsed.channel, **_state(found.state), "evidence": evidence}
    result["denials"] = [asdict(denial) for denial in found.denials]
    if found.snapshot:
        result["snapshot"] = told_snapshot(found.snapshot)
    if found.others:
        result["scopes"] = [{"scope": row.address.scope, **_state(row.state)} for row in found.others]
    show(result, as_json=json, title=parsed.text)


@handles_errors
def list_states(
    status: Annotated[AddressStatus | None, typer.Option(help="Only this status.")] = None,
    reason: Annotated[Reason | None, typer.Option(help="Only this reason.")] = None,
    channel: Annotated[Channel | None, typer.Option(help="Only this channel.")] = None,
    sort: Annotated[
        StateOrder | None,
        typer.Option(
            help="address, since (latest first), until (next first) or errors (most first); by arrival when left out.",
            show_choices=False,
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many, the first ones.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List every row of the table of states."""
    _open_site(data)
    from rebond.services.told_states import told_row
    from rebond.store.read.evidence import list_states as read_states
    from rebond.store.read.sorted_states import sorted_states

    statuses = [status] if status else []
    if sort is None:
        states = read_states(statuses=statuses, reason=reason, channel=channel)
    else:
        states = sorted_states(sort, statuses=statuses, reason=reason, channel=channel)
    show_rows(map(told_row, islice(states, limit)), as_json=json, title="Quarantine", brief=_BRIEF)


@handles_errors
def show_state(
    address: AddressArgument, channel: ChannelOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Show one address's state, without its evidence."""
    site = _open_site(data)
    from rebond.services.why import why as explain_address

    parsed = _address(address, channel, site)
    found = explain_address(parsed, policy=site.policy)
    show({"channel": parsed.channel, "address": parsed.text, **_state(found.state)}, as_json=json)


@handles_errors
def add(
    address: AddressArgument,
    status: Annotated[Told, typer.Option(help="What it is to be.")],
    because: BecauseOption,
    channel: ChannelOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put an address in quarantine, on the denylist or on the allowlist."""
    site = _open_site(data)
    from rebond.services.people import tell

    parsed = _address(address, channel, site)
    wanted = AddressStatus(status.value)
    state = tell(parsed, status=wanted, because=because, actor=actor(), policy=site.policy, now=site.clock.now())
    if wanted is AddressStatus.ALLOWLISTED:
        _warn_of_denials(parsed)
    show({"channel": parsed.channel, "address": parsed.text, **_state(state)}, as_json=json)


@handles_errors
def release(
    address: AddressArgument,
    because: BecauseOption,
    channel: ChannelOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make an address valid again."""
    site = _open_site(data)
    from rebond.services.people import release as release_address

    parsed = _address(address, channel, site)
    state = release_address(parsed, because=because, actor=actor(), policy=site.policy, now=site.clock.now())
    _warn_of_denials(parsed)
    show({"channel": parsed.channel, "address": parsed.text, **_state(state)}, as_json=json)


@handles_errors
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or JSON Lines when its name ends in .jsonl.")],
    status: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these, several times or with commas; all when left out. "
            "A list of whom not to write to: --status quarantined,denylisted (profiles that opted out are not in it)."
        ),
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write the table of states to a file."""
    statuses = _statuses(status or [])
    _open_site(data)
    from rebond.cli.export import write_rows
    from rebond.services.told_states import ROW, told_row
    from rebond.store.read.evidence import list_states as read_states

    count = write_rows(file, map(told_row, read_states(statuses=statuses)), columns=ROW)
    show({"file": str(file), "rows": count}, as_json=json)


def _statuses(given: list[str]) -> list[AddressStatus]:
    from rebond.services.errors import InputError

    names = [name.strip() for text in given for name in text.split(",")]
    for name in names:
        if name not in set(AddressStatus):
            raise InputError(f"--status {name!r} is unknown: write one or more of {', '.join(AddressStatus)}")
    return [AddressStatus(name) for name in names]


@handles_errors
def recompute(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Compute every state anew, after a change of policy."""
    site = _open_site(data)
    from rebond.services.recompute import recompute as recompute_states

    done = recompute_states(policy=site.policy, now=site.clock.now(), actor=actor(), dry_run=dry_run)
    show(asdict(done), as_json=json)


def _open_site(data: Path | None) -> "Site":
    """Connect before anything of the store is imported: Django's models need its settings."""
    from rebond.wiring import open_site

    return open_site(data_directory(data))


def _address(text: str, channel: Channel | None, site: "Site") -> "ParsedAddress":
    from rebond.services.people import read_address

    region, undotted = site.config.site.default_region, site.config.email.allow_undotted
    return read_address(text, channel=channel, region=region, allow_undotted=undotted)


def _warn_of_denials(address: "ParsedAddress") -> None:
    from rebond.services.people import in_words
    from rebond.store.read.blocked import denials_of

    assert address.key is not None
    if denials := denials_of(address.channel, address.key):
        say(f"rebond: {in_words(denials)}")


def _state(state: Any) -> dict[str, Any]:
    return {name: getattr(state, name) for name in ("status", "reason", "cause", "error_count", "since", "until")}


_BRIEF = ("address", "status", "reason", "error_count", "since", "until")
