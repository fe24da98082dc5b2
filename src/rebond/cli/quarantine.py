"""`rebond why`, `rebond check`, `rebond quarantine …` and `rebond job …`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from json.encoder import encode_basestring
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, say, show, show_rows, wants_json
from rebond.core.words import AddressStatus, Channel, Reason

if TYPE_CHECKING:
    from rebond.core.address import ParsedAddress
    from rebond.store.read.evidence import StateRow
    from rebond.wiring import Site

ChannelOption = Annotated[Channel | None, typer.Option(help="Channel; guessed from the address when left out.")]
# About a hundred thousand lines: with less at a time PostgreSQL reads its whole tables for a few.
_BLOCK = 4 * 1024 * 1024
_MOST_LINE = 4096
BecauseOption = Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    quarantine = typer.Typer(help="Addresses that are not plainly valid: list, add, release.", no_args_is_help=True)
    jobs = typer.Typer(help="Technical jobs.", no_args_is_help=True)
    app.command()(why)
    app.command()(check)
    for command in (list_states, show_state, add, release, export, recompute):
        quarantine.command({"list_states": "list", "show_state": "show"}.get(command.__name__))(command)
    jobs.command()(run)
    jobs.command("list")(list_jobs)
    app.add_typer(quarantine, name="quarantine")
    app.add_typer(jobs, name="job")


@handles_errors
def why(address: str, channel: ChannelOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Show why an address is in the state that it is in: its evidence, and what each piece did."""
    site = _open_site(data)
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
    evidence = [_evidence(judgement) for judgement in found.judgements]
    result = {"address": parsed.text, "channel": parsed.channel, **_state(found.state), "evidence": evidence}
    if found.others:
        result["scopes"] = [{"scope": row.address.scope, **_state(row.state)} for row in found.others]
    show(result, as_json=json, title=parsed.text)


@handles_errors
def check(
    file: str,
    channel: Annotated[Channel, typer.Option(help="Channel of the addresses.")] = Channel.EMAIL,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Tell for each address of a file (one a line, `-`: standard input) whether it may be written to."""
    site = _open_site(data)
    from rebond.services.check import check_batch

    with _open(file) as stream:
        for addresses in _address_lines(stream):
            reasons = check_batch(
                addresses,
                channel=channel,
                region=site.config.site.default_region,
                allow_undotted=site.config.email.allow_undotted,
            )
            if wants_json(json):
                sys.stdout.write("".join(map(_answer, addresses, reasons)))
            else:
                rows = zip(addresses, reasons, strict=True)
                show_rows([{"address": a, "allowed": r is None, "reason": r} for a, r in rows], as_json=False)


def _answer(address: str, reason: Reason | None) -> str:
    # Written by hand: millions of lines, and this is five times as fast as a dictionary made into JSON.
    verdict = 'true, "reason": null}\n' if reason is None else f'false, "reason": "{reason}"}}\n'
    return f'{{"address": {encode_basestring(address)}, "allowed": {verdict}'


def _address_lines(stream: IO[bytes]) -> Iterator[list[str]]:
    """Gather the lines of a file, but blank ones, block by block; a line is cut where no address is that long."""
    rest = b""
    while block := stream.read(_BLOCK):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()[:_MOST_LINE]
        if texts := list(filter(None, map(_line, lines))):
            yield texts
    if text := _line(rest):
        yield [text]


def _line(raw: bytes) -> str:
    return raw[:_MOST_LINE].decode("utf-8", "replace").strip("\r\ufeff \t")


@handles_errors
def list_states(
    status: Annotated[AddressStatus | None, typer.Option(help="Only this status.")] = None,
    reason: Annotated[Reason | None, typer.Option(help="Only this reason.")] = None,
    channel: Annotated[Channel | None, typer.Option(help="Only this channel.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List every row of the table of states."""
    _open_site(data)
    from rebond.store.read.evidence import list_states as read_states

    show_rows(map(_row, read_states(status=status, reason=reason, channel=channel)), as_json=json, title="Quarantine")


@handles_errors
def show_state(address: str, channel: ChannelOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Show one address's state, without its evidence."""
    site = _open_site(data)
    from rebond.services.why import why as explain_address

    parsed = _address(address, channel, site)
    found = explain_address(parsed, policy=site.policy)
    show({"channel": parsed.channel, "address": parsed.text, **_state(found.state)}, as_json=json)


@handles_errors
def add(
    address: str,
    status: Annotated[AddressStatus, typer.Option(help="quarantined, denylisted or allowlisted.")],
    because: BecauseOption,
    channel: ChannelOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put an address in quarantine, on the denylist or on the allowlist."""
    site = _open_site(data)
    from rebond.services.people import tell

    parsed = _address(address, channel, site)
    state = tell(parsed, status=status, because=because, actor=_actor(), policy=site.policy, now=site.clock.now())
    show({"channel": parsed.channel, "address": parsed.text, **_state(state)}, as_json=json)


@handles_errors
def release(
    address: str,
    because: BecauseOption,
    channel: ChannelOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make an address valid again."""
    site = _open_site(data)
    from rebond.services.people import release as release_address

    parsed = _address(address, channel, site)
    state = release_address(parsed, because=because, actor=_actor(), policy=site.policy, now=site.clock.now())
    show({"channel": parsed.channel, "address": parsed.text, **_state(state)}, as_json=json)


@handles_errors
def export(file: Path, data: DataOption = None, json: JsonOption = False) -> None:
    """Write every row to a file: CSV, or JSON Lines when its name ends in .jsonl."""
    _open_site(data)
    from rebond.cli.export import write_rows
    from rebond.store.read.evidence import list_states as read_states

    count = write_rows(file, map(_row, read_states()), columns=list(_ROW))
    show({"file": str(file), "rows": count}, as_json=json)


@handles_errors
def recompute(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Compute every state anew, after a change of policy."""
    site = _open_site(data)
    from dataclasses import asdict

    from rebond.services.recompute import recompute as recompute_states

    done = recompute_states(policy=site.policy, now=site.clock.now(), actor=_actor(), dry_run=dry_run)
    show(asdict(done), as_json=json)


@handles_errors
def run(
    name: Annotated[str, typer.Argument(help="Which job: see rebond job list.")],
    now: Annotated[str, typer.Option(help="As of which time (RFC 3339 with zone); default: the clock's.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Run a technical job now."""
    site = _open_site(data)
    from dataclasses import asdict

    from rebond.core.policy import parse_duration
    from rebond.services.clean import JOB, Retention, clean
    from rebond.services.errors import InputError
    from rebond.services.events import parse_time

    if name != JOB:
        raise InputError(f"there is no job {name!r}: known are {JOB}")
    try:
        at = parse_time(now, name="--now") if now else site.clock.now()
    except ValueError as error:
        raise InputError(str(error)) from None
    kept = site.config.retention
    retention = Retention(
        evidence=parse_duration(kept.evidence),
        raw_mails=parse_duration(kept.raw_mails),
        deliveries=parse_duration(kept.deliveries),
        audit=parse_duration(kept.audit),
    )
    show({"job": name, "now": at, **asdict(clean(policy=site.policy, retention=retention, now=at))}, as_json=json)


@handles_errors
def list_jobs(data: DataOption = None, json: JsonOption = False) -> None:
    """List the technical jobs and when each last ran."""
    _open_site(data)
    from rebond.services.clean import JOB
    from rebond.store.read.cleanup import last_run

    show_rows([{"job": JOB, "schedule": "daily at 04:00", "last_run": last_run(JOB)}], as_json=json, title="Jobs")


def _open_site(data: Path | None) -> "Site":
    """Connect before anything of the store is imported: Django's models need its settings."""
    from rebond.wiring import open_site

    return open_site(data_directory(data))


def _address(text: str, channel: Channel | None, site: "Site") -> "ParsedAddress":
    from rebond.services.people import read_address

    region, undotted = site.config.site.default_region, site.config.email.allow_undotted
    return read_address(text, channel=channel, region=region, allow_undotted=undotted)


def _actor() -> str:
    import getpass

    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


@contextmanager
def _open(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
        return
    from rebond.services.errors import InputError

    try:
        file = Path(name).open("rb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from None
    with file:
        yield file


def _state(state: Any) -> dict[str, Any]:
    return {name: getattr(state, name) for name in ("status", "reason", "cause", "error_count", "since", "until")}


_ROW = ("channel", "address", "scope", "status", "reason", "cause", "error_count", "since", "until", "last_error_at")


def _row(row: "StateRow") -> dict[str, Any]:
    return {
        "channel": row.address.channel,
        "address": row.text,
        "scope": row.address.scope,
        **_state(row.state),
        "last_error_at": row.state.last_error_at,
    }


def _evidence(judgement: Any) -> dict[str, Any]:
    item, verdict = judgement.evidence, judgement.evidence.verdict
    at: datetime = item.at
    return {
        "at": at,
        "event": item.event,
        "type": verdict.type if verdict else None,
        "reason": verdict.reason if verdict else None,
        "cause": verdict.cause if verdict else None,
        "owner": verdict.owner if verdict else None,
        "counted": judgement.counted,
        "why_not": judgement.why_not or None,
        "rule": verdict.rule if verdict else None,
        "text": item.text or item.because,
        "by": item.actor or None,
        "status": judgement.status,
        "error_count": judgement.error_count,
        "trust": item.trust,
    }
