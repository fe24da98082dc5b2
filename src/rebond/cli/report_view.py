"""What came of a delivery, drawn for a person."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_BAR = 40
# What borders and padding take.
_FRAME = 10
_COLOURS = {
    "production_errors": "yellow",
    "failed": "red",
    "cancelled": "cyan",
    "pending": "blue",
    "delivered": "green",
}


def draw_report(console: Console, result: Mapping[str, Any], *, title: str) -> None:
    """Draw a delivery from target to returned, of the members of a report's JSON."""
    table = Table(title=title, show_header=False, title_style="bold")
    target = result["target"] or 1
    rows = [("target", result["target"], "white")]
    rows += [(f"excluded: {reason}", number, "cyan") for reason, number in result["exclusions_by_cause"].items()]
    rows += [("messages", result["messages"], "white")]
    rows += [(name.replace("_", " "), result[name], colour) for name, colour in _COLOURS.items()]
    rows += [("of these returned", result["returned"], "red")]
    others = max(len(name) for name, _, _ in rows) + max(len(str(number)) for _, number, _ in rows) + _FRAME
    longest = max(min(_BAR, console.width - others), 0)
    for name, number, colour in rows:
        table.add_row(name, str(number), Text("█" * max(round(longest * number / target), bool(number)), style=colour))
    console.print(table)
    families = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in result["families"].items())
    reconciled = "the figures reconcile" if result["reconciled"] else "THE FIGURES DO NOT RECONCILE"
    console.print(f"  not reached, by family: {families}\n  {reconciled}\n", soft_wrap=True)
