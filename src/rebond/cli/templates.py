"""`rebond template …`: a delivery's defaults, to copy from."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.delivery_settings import (
    CHANNEL,
    NAME,
    new_delivery,
    read_settings,
    takes_settings,
    target_aim,
    warn,
)
from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, show, show_rows

if TYPE_CHECKING:
    from rebond.services.deliveries import Aim
    from rebond.services.templates import TemplateRow
    from rebond.wiring import Site

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="all|KIND:NAME", help="Everybody, or as in segment:NAME, list:, service:.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    template = typer.Typer(help="Templates: a delivery's defaults, to copy from.", no_args_is_help=True)
    app.add_typer(template, name="template")
    template.command("list")(handles_errors(list_))
    template.command("show")(handles_errors(show_one))
    template.command()(handles_errors(takes_settings(create)))
    template.command()(handles_errors(takes_settings(edit)))
    template.command()(handles_errors(save))
    template.command()(handles_errors(delete))


def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """List the templates by name."""
    _open(data)
    from rebond.services.templates import list_templates

    show_rows(map(_brief, list_templates()), as_json=json, title="Templates", brief=("id", "name", "subject"))


def show_one(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show a template's settings and content, and what preparation would say of them."""
    site = _open(data)
    from rebond.services.templates import find_template

    row = find_template(name)
    warn(site.content.check(row))
    show(_whole(row), as_json=json, title=f"Template {name}")


def create(
    name: Annotated[str, NAME],
    channel: Annotated[str | None, CHANNEL] = None,
    to: ToOption = None,
    data: DataOption = None,
    json: JsonOption = False,
    *,
    given: Mapping[str, Any],
) -> None:
    """Make a template."""
    site = _open(data)
    from rebond.services.deliveries import Aim
    from rebond.services.templates import save_template

    settings = new_delivery(site, {"name": name.strip(), "channel": channel, **given})
    number = save_template(settings, _aim(to) or Aim(), **_who(site))
    warn(site.content.check(settings))
    show({"id": number, "name": settings.name}, as_json=json, title="Made")


def edit(
    template: NameArgument,
    name: Annotated[str | None, NAME] = None,
    to: ToOption = None,
    data: DataOption = None,
    json: JsonOption = False,
    *,
    given: Mapping[str, Any],
) -> None:
    """Change a template; what is not named stays, and so do deliveries made from it."""
    site = _open(data)
    from rebond.services.templates import edit_template, find_template, get_template

    number = edit_template(
        find_template(template).id, read_settings({"name": name, **given}), aim=_aim(to), **_who(site)
    )
    changed = get_template(number)
    warn(site.content.check(changed))
    show({"id": number, "name": changed.name}, as_json=json, title="Changed")


def save(
    delivery: Annotated[int, typer.Argument(metavar="DELIVERY", help="The number of the delivery to copy.")],
    name: Annotated[str, typer.Option("--name", help="What the template is called.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a delivery's settings as a template."""
    site = _open(data)
    from rebond.services.templates import template_from

    number = template_from(delivery, name=name, **_who(site))
    show({"id": number, "name": name.strip()}, as_json=json, title="Saved")


def delete(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Forget a template; deliveries made from it stay."""
    site = _open(data)
    from rebond.services.templates import delete_template, find_template

    number = find_template(name).id
    delete_template(number, **_who(site))
    show({"id": number, "deleted": True}, as_json=json)


def _aim(to: str | None) -> "Aim | None":
    if to is None:
        return None
    aim = target_aim(to)
    if aim is None:
        raise typer.BadParameter("a template goes to all, or as in segment:NAME, list:, service:", param_hint="--to")
    return aim


def _brief(row: "TemplateRow") -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "channel": row.channel,
        "class": row.message_class,
        "sender": row.sender,
        "subject": row.subject,
        "target": row.aim.target,
        "updated_at": row.updated_at,
    }


def _whole(row: "TemplateRow") -> dict[str, Any]:
    return {
        **_brief(row),
        "target_ref": row.aim.ref,
        "text": row.text,
        "html": row.html,
        "validity_seconds": int(row.validity.total_seconds()),
        "retries_seconds": [int(step.total_seconds()) for step in row.retries],
        "duplicates": row.duplicates,
        "verify": "all" if row.verify_all else "sample",
        "created_at": row.created_at,
    }


def _open(data: Path | None) -> "Site":
    from rebond.wiring import open_site

    return open_site(data_directory(data))


def _who(site: "Site") -> dict[str, Any]:
    from rebond.cli.settling import actor

    return {"now": site.clock.now(), "actor": actor()}
