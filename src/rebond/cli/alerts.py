"""`rebond alerts`: what the team is to be told, and who takes care of it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, show, show_rows
from rebond.cli.settling import actor

if TYPE_CHECKING:
    from rebond.store.read.alerts import AlertRow

_BRIEF = ("id", "kind", "raised_at", "count", "acknowledged_by", "acknowledged_because", "about", "text")


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    group = typer.Typer(help="Alerts: list, acknowledge.", no_args_is_help=True)
    app.add_typer(group, name="alerts")
    for name, command in (("list", list_), ("acknowledge", acknowledge)):
        group.command(name)(handles_errors(command))


def list_(
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended as well.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List the open alerts, the latest first.

    `about` is a number in `qualifications list`, or the name of a source of packs or of a job.
    """
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.store.read.alerts import list_alerts

    show_rows(map(_row, list_alerts(ended=ended)), as_json=json, title="Alerts", brief=_BRIEF)


def acknowledge(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number in `alerts list`.")],
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Say that you have seen an alert and take care of it; it ends when what it is about is settled."""
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.alerts import acknowledge as acknowledge_alert

    seen = acknowledge_alert(number, actor=actor(), now=site.clock.now(), because=because)
    show(_row(seen), as_json=json, title="Acknowledged")


def _row(alert: "AlertRow") -> dict[str, Any]:
    text = alert.text
    return {
        "id": alert.number,
        "kind": alert.kind,
        "raised_at": alert.raised_at,
        "count": alert.count,
        "first_at": alert.first_at,
        "last_at": alert.last_at,
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_because": alert.acknowledged_because,
        "ended_at": alert.ended_at,
        "ended_because": alert.ended_because,
        "about": alert.name or alert.subject,
        "status": text.status if text else None,
        "count_now": text.count if text else None,
        "text": text.text if text else alert.words,
    }
