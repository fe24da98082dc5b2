"""What the commands that settle returns share."""

import getpass
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rebond.cli.output import say, wants_json

if TYPE_CHECKING:
    from rebond.services.settle import Settled, Settler
    from rebond.wiring import Site


def actor() -> str:
    """Name who runs this command, for the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def make_settler(site: "Site") -> "Settler":
    """Make what settles this site's returns."""
    from rebond.services.settle import Settler

    return Settler(
        policy=site.policy,
        rules=site.rules,
        keyring=site.keyring,
        worker=f"{platform.node()[:40]}:{os.getpid()}",
        allow_undotted=site.config.email.allow_undotted,
        often=site.often_unqualified,
    )


@contextmanager
def counting(title: str, *, as_json: bool, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar where a person looks at it; gives what is to be told how far the work is."""
    if wants_json(as_json) or not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(title, total=total)
        yield lambda done: bars.update(task, completed=done)


def settled_json(settled: "Settled | None") -> dict[str, int]:
    """Return what settling did as the contract has it; a person is told what waits for another try."""
    if settled and settled.failed:
        say(f"{settled.failed} could not be settled yet and wait for another try (rebond returns list).")
    return {
        "settled": settled.settled if settled else 0,
        "unattributed": settled.unattributed if settled else 0,
        "dead": settled.dead if settled else 0,
    }
