"""`rebond returns`: what came back by mail, what could not be attributed, and what could not be processed."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, show, show_rows, visible
from rebond.cli.settling import actor, make_settler

if TYPE_CHECKING:
    from rebond.store.read.returns import UnattributedSummary


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    returns = typer.Typer(help="Returned mails: list, show, try again, accept.", no_args_is_help=True)
    app.add_typer(returns, name="returns")
    for name, command in (
        ("list", list_),
        ("dead", dead),
        ("unattributed", unattributed),
        ("show", show_mail),
        ("retry", retry),
        ("accept", accept),
    ):
        returns.command(name)(handles_errors(command))


def list_(
    state: Annotated[str, typer.Option("--state", help="stored, settled, unattributed or dead; all of them.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List returned mails, oldest first."""
    _open(data)
    from rebond.services.errors import InputError
    from rebond.store.read.returns import ReturnState, list_returns

    try:
        states = [ReturnState(state)] if state else list(ReturnState)
    except ValueError:
        raise InputError(f"--state {state!r}: it is one of {', '.join(ReturnState)}") from None
    show_rows(_rows(list_returns(states)), as_json=json, title="Returns", brief=_BRIEF)


def dead(data: DataOption = None, json: JsonOption = False) -> None:
    """List the returned mails that could not be processed, with the error."""
    _open(data)
    from rebond.store.read.returns import ReturnState, list_returns

    rows = _rows(list_returns([ReturnState.DEAD]))
    show_rows(rows, as_json=json, title="Dead letters", brief=("id", "received_at", "tries", "problem"))


def unattributed(
    accepted: Annotated[bool, typer.Option("--accepted", help="Also those that were accepted since.")] = False,
    count: Annotated[bool, typer.Option("--count", help="Only how many there are, by source and why.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List what acted on nothing for want of trust, and why; `return` is the number that `returns show` takes."""
    _open(data)
    from rebond.store.read.returns import count_unattributed, list_unattributed

    if count:
        show_rows(_rows(count_unattributed(accepted=accepted)), as_json=json, title="Unattributed returns")
        return
    rows = map(_unattributed, list_unattributed(accepted=accepted))
    show_rows(rows, as_json=json, title="Unattributed returns", brief=_BRIEF_UNATTRIBUTED)


def show_mail(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number in `returns list`.")], data: DataOption = None
) -> None:
    """Print a returned mail as text; what could act on a terminal is written out."""
    _open(data)
    from rebond.services.errors import NotFoundError
    from rebond.store.read.returns import raw_mail

    raw = raw_mail(number)
    if raw is None:
        raise NotFoundError(f"there is no returned mail {number}, or its retention is over")
    text = raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    typer.echo(visible(text), nl=not text.endswith("\n"))


def retry(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[ID]…")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All dead returns.")] = False,
    no_settle: Annotated[bool, typer.Option("--no-settle", help="Only put them back in the line.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Process dead returns again."""
    from rebond.services.errors import InputError

    if bool(numbers) == everything:
        raise InputError("name the returns to try again, or give --all")
    site = _open(data)
    from rebond.services.retry import retry_dead

    retried = retry_dead(None if everything else numbers)
    settled = None if no_settle else make_settler(site).settle_all(site.clock.now)
    counts = {name: getattr(settled, name, 0) for name in ("settled", "unattributed", "failed", "dead")}
    show({"retried": retried, **counts}, as_json=json, title="Tried again")
    return Exit.PARTLY if counts["dead"] or counts["failed"] else Exit.DONE


def accept(
    number: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="Its `id` in `returns unattributed`.", show_default=False)
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that could not be attributed.")] = False,
    source: Annotated[str, typer.Option("--source", help="With --all: only of this source, as maildir.")] = "",
    because: Annotated[str, typer.Option("--because", help="Why it is to be believed; audited.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let an unattributed return act on the address that it names, or with --all every one."""
    from rebond.services.errors import InputError

    if (number is None) != everything:
        raise InputError("name the return to accept, or give --all")
    if source and not everything:
        raise InputError("--source goes with --all")
    site = _open(data)
    from rebond.services.unattributed import Accepting

    accepting = Accepting(
        because=because,
        actor=actor(),
        policy=site.policy,
        rules=site.rules,
        often=site.often_unqualified,
        now=site.clock.now(),
    )
    if number is None:
        show(asdict(accepting.accept_all(source=source)), as_json=json, title="Accepted")
        return
    accepted = accepting.accept(number)
    state = accepted.state
    result = {"id": number, "address": accepted.address, "status": state.status, "reason": state.reason}
    show({**result, "error_count": state.error_count}, as_json=json, title="Accepted")


def _open(data: Path | None) -> Any:
    from rebond.wiring import open_site

    return open_site(data_directory(data))


_BRIEF = ("id", "received_at", "state", "kind", "envelope_to")
_BRIEF_UNATTRIBUTED = ("id", "at", "address", "why", "source", "detail")


def _unattributed(entry: "UnattributedSummary") -> dict[str, Any]:
    row = asdict(entry)
    return {"id": row.pop("id"), "return": row.pop("return_id"), **row}


def _rows(values: Iterable[Any]) -> Iterable[dict[str, Any]]:
    return (asdict(value) for value in values)
