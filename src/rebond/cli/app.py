"""The tree of commands; each family registers its own, and imports what it needs when it runs."""

import os
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

FAMILIES = (
    *("site", "serving", "doctor", "profiles", "delivery", "templates", "audiences", "landing", "intake"),
    *("quarantine", "returns", "qualify", "rules_in_force", "rules_check", "rules", "rule_packs", "qualifications"),
    *("alerts", "tokens", "users", "reports", "keys", "webhooks", "demo"),
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"rebond {version('rebond')}")
        raise typer.Exit


def build_app() -> typer.Typer:
    """Assemble the command line."""
    app = typer.Typer(
        name="rebond",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Rebond: send, understand what comes back, keep bad addresses out of the next send, and show why.",
    )

    @app.callback()
    def options(
        data: Annotated[Path | None, typer.Option("--data", help="Data directory, for any command.")] = None,
        json: Annotated[bool, typer.Option("--json", help="Print JSON, for any command.")] = False,
        version: Annotated[
            bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
        ] = False,
    ) -> None:
        if data is not None:
            os.environ["REBOND_DATA"] = str(data)
        if json:
            os.environ["REBOND_JSON"] = "1"

    for family in FAMILIES:
        import_module(f"rebond.cli.{family}").register(app)
    return app
