"""What all ways of taking returns in share: how sure a return must be, and whether it is settled at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebond.cli.output import data_directory
from rebond.cli.settling import actor
from rebond.core.words import Trust

if TYPE_CHECKING:
    from rebond.wiring import Site

TrustOption = Annotated[
    Trust | None,
    typer.Option("--trust", help="How sure a return must be to act, for this run; by default as configured. Audited."),
]
NoSettleOption = Annotated[bool, typer.Option("--no-settle", help="Only store; leave settling to a later run.")]


def open_for(data: Path | None) -> "Site":
    """Open the site that a command of this family is for."""
    from rebond.wiring import open_site

    return open_site(data_directory(data))


def trust_for(site: "Site", *, source: str, asked: Trust | None) -> Trust:
    """Say how sure a return must be: as asked for this run, which is audited, or as configured."""
    configured = site.config.required_trust(source)
    if asked is None:
        return configured
    from rebond.services.accept import override_trust

    return override_trust(source, configured=configured, wanted=asked, actor=actor(), now=site.clock.now())


def refuse(text: str) -> None:
    """Say what is wrong with what was asked."""
    from rebond.services.errors import InputError

    raise InputError(text)
