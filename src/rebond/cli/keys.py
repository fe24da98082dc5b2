"""`rebond key …`: what programs use to reach the HTTP API."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, say, show, show_rows
from rebond.cli.settling import actor
from rebond.core.permissions import Operation, may
from rebond.core.words import Role

if TYPE_CHECKING:
    from rebond.store.read.keys import KeyRow
    from rebond.wiring import Site

_BRIEF = ("id", "name", "role", "scopes", "expires_at", "last_used_on", "state")


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    group = typer.Typer(help="Keys of the HTTP API: add, list, revoke.", no_args_is_help=True)
    app.add_typer(group, name="key")
    for name, command in (("add", add), ("list", list_), ("revoke", revoke)):
        group.command(name)(handles_errors(command))


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who uses it, and what for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="What it may do, several times or with commas: check, events.write, …, or all."),
    ] = None,
    role: Annotated[Role, typer.Option(help="The role that bounds its scopes.")] = Role.OPERATOR,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is valid.")] = 365,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make a key and print it: it is shown this once, and cannot be read again."""
    scopes = _scopes(scope or [], role=role)
    site = _open(data)
    from rebond.services.keys import create_key
    from rebond.web.chance import new_secret

    now = site.clock.now()
    made = create_key(
        name,
        role=role,
        scopes=scopes,
        expires_at=now + timedelta(days=days),
        secret=new_secret(),
        now=now,
        actor=actor(),
    )
    show({**key_json(made.row, now=now), "key": made.text}, as_json=json, title="Made")
    say("rebond: keep the key now, it is not shown again")


def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """List the keys, those that are over among them."""
    site = _open(data)
    from rebond.store.read.keys import list_keys

    now = site.clock.now()
    show_rows((key_json(row, now=now) for row in list_keys()), as_json=json, title="Keys", brief=_BRIEF)


def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number in `key list`.")],
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """End a key, at once and for good."""
    site = _open(data)
    from rebond.services.keys import revoke_key

    now = site.clock.now()
    show(key_json(revoke_key(number, now=now, actor=actor(), because=because), now=now), as_json=json, title="Revoked")


def key_json(row: "KeyRow", *, now: Any) -> dict[str, Any]:
    """Return a key as the contract has it."""
    state = "revoked" if row.revoked_at else "valid" if row.valid(now) else "expired"
    return {
        "id": row.number,
        "name": row.name,
        "state": state,
        "role": row.role,
        "scopes": sorted(row.scopes),
        "created_at": row.created_at,
        "created_by": row.created_by,
        "expires_at": row.expires_at,
        "last_used_on": row.last_used_on.isoformat() if row.last_used_on else None,
        "revoked_at": row.revoked_at,
        "revoked_by": row.revoked_by or None,
    }


def _scopes(given: list[str], *, role: Role) -> list[Operation]:
    from rebond.services.errors import InputError

    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    if names == ["all"]:
        return [one for one in Operation if may(role, one)]
    known = ", ".join(Operation)
    for name in names:
        if name not in set(Operation):
            raise InputError(f"--scope {name!r} is unknown: all alone, or one or more of {known}")
    if not names:
        raise InputError(f"give --scope: all, or one or more of {known}")
    return [Operation(name) for name in names]


def _open(data: Path | None) -> "Site":
    from rebond.wiring import open_site

    return open_site(data_directory(data))
