"""`rebond user …`: who signs in to the console, and as what."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, show, show_rows
from rebond.cli.settling import actor
from rebond.core.words import Role

if TYPE_CHECKING:
    from rebond.store.read.users import UserRow
    from rebond.wiring import Site

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name that they sign in with.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    group = typer.Typer(help="People who sign in: add, list, link, role, remove.", no_args_is_help=True)
    app.add_typer(group, name="user")
    commands = (("add", add), ("list", list_), ("link", link), ("role", role), ("remove", remove), ("restore", restore))
    for name, command in commands:
        group.command(name)(handles_errors(command))


def add(
    name: NameArgument,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.VIEWER,
    email: Annotated[str, typer.Option(help="Their email address.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make a person, and print the link by which they set their password; it works once, for three days."""
    site = _open(data)
    from rebond.services.users import create_user

    user = create_user(name, role=role, email=email, now=site.clock.now(), actor=actor())
    show({**_row(user), "link": _link(site, name)}, as_json=json, title="Made")


def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """List everybody."""
    _open(data)
    from rebond.store.read.users import list_users

    show_rows(map(_row, list_users()), as_json=json, title="People")


def link(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Print a new link by which a person sets a password; the old password and their sessions end."""
    site = _open(data)
    from rebond.services.users import forget_password

    user = forget_password(name, now=site.clock.now(), actor=actor())
    show({**_row(user), "link": _link(site, name)}, as_json=json, title="A new link")


def role(
    name: NameArgument,
    role: Annotated[Role, typer.Argument(help="What they may do from now on.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Give a person another role, at once."""
    site = _open(data)
    from rebond.services.users import change_role

    show(_row(change_role(name, role=role, now=site.clock.now(), actor=actor())), as_json=json, title="Changed")


def remove(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Let a person no longer in; their name stays in the audit trail."""
    _set_active(name, active=False, data=data, json=json)


def restore(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Let a person in again."""
    _set_active(name, active=True, data=data, json=json)


def _set_active(name: str, *, active: bool, data: DataOption, json: bool) -> None:
    site = _open(data)
    from rebond.services.users import set_active

    show(_row(set_active(name, active=active, now=site.clock.now(), actor=actor())), as_json=json, title="Changed")


def _open(data: DataOption) -> "Site":
    from rebond.wiring import open_site

    return open_site(data_directory(data), web=True)


def _link(site: "Site", name: str) -> str:
    from rebond.web.links import sign_in_link

    return sign_in_link(name, base=site.config.console_url)


def _row(user: "UserRow") -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role,
        "email": user.email,
        "active": user.active,
        "last_login": user.last_login,
        "created_at": user.created_at,
    }
