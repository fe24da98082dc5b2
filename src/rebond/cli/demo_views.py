"""What the demonstration draws."""

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from rebond.cli.report_view import draw_report
from rebond.cli.why_view import draw_why

if TYPE_CHECKING:
    from datetime import datetime

    from rebond.services.why import Why
    from rebond.simulate.demo import Step
    from rebond.simulate.live import Stand

_COLOURS = {"erroneous": "yellow", "quarantined": "red", "denylisted": "magenta", "allowlisted": "green"}


class Views:
    """Draws on the terminal; `quiet` draws nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(quiet=quiet)

    def title(self, text: str) -> None:
        self._console.print(Panel(text, style="bold"))

    def did(self, text: str) -> None:
        self._console.print(f"  [green]✓[/] {text}")

    @contextmanager
    def playing(self) -> Iterator[Callable[["Step"], None]]:
        """Show where the play stands: virtual time, and what is still open."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task("sending", total=None)
            first: list[Any] = []

            def told(step: "Step") -> None:
                first.append(step.now) if not first else None
                elapsed = step.now - first[0]
                hours = elapsed.total_seconds() / 3600
                text = (
                    f"hour {hours:6.1f}: {step.pending} open, {step.settled} returns settled, {step.under_way} to come"
                )
                bar.update(task, description=text)
                last[:] = [hours, step.settled]

            last: list[float] = [0.0, 0]
            yield told
        self.did(f"sent, retried and settled: {last[0] / 24:.1f} virtual days, {int(last[1])} returns by mail")

    @contextmanager
    def watching(self, first: "datetime") -> Iterator[Callable[["Stand"], None]]:
        """Show where the world's time stands, while people look at the console."""
        from rebond.cli.demo_live import day_of

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task("beginning", total=None)
            yield lambda stand: bar.update(task, description=day_of(first, stand))

    def report(self, result: Mapping[str, Any]) -> None:
        """Draw a delivery from target to returned."""
        draw_report(self._console, result, title="The delivery")

    def quarantine(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Draw how many addresses are in which state, and why."""
        table = Table("status", "reason", "addresses", title="The quarantine", title_style="bold")
        for (status, reason), number in sorted(counts.items(), key=lambda item: -item[1]):
            table.add_row(Text(status, style=_COLOURS.get(status, "")), reason, str(number))
        self._console.print(table)

    def why(self, found: "tuple[str, Why] | None") -> None:
        """Draw one address's history."""
        if found is None:
            return
        draw_why(self._console, *found)
        self._console.print()

    def farewell(self, folder: Path, delivery: int) -> None:
        """Say how to explore what was left."""
        commands = "\n".join(
            f"  {own_command()} {command} --data {shlex.quote(str(folder))}"
            for command in (
                f"delivery report {delivery}",
                f"delivery log {delivery}",
                f"delivery exclusions {delivery}",
                "quarantine list --reason mailbox_full",
                "returns list",
            )
        )
        self._console.print(
            f"Everything is kept in {folder}. Look around with:\n{commands}", highlight=False, soft_wrap=True
        )


def own_command() -> str:
    """Write how this program was called, so that a person can call it the same way."""
    called = Path(sys.argv[0])
    found = shutil.which(called.name)
    if found and called.exists() and Path(found).samefile(called):
        return called.name
    return shlex.quote(str(called))
