"""An address's history, drawn for a person."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rebond.cli.output import cell

if TYPE_CHECKING:
    from rebond.services.why import Why

_OTHER_COLUMNS = 74


def draw_why(console: Console, address: str, why: "Why") -> None:
    """Draw what each piece of evidence did, and what came of it."""
    state = why.state
    table = Table(title=cell(f"Why {address}?"), title_style="bold")
    for name in ("at", "what", "counted", "count", "text"):
        table.add_column(name, no_wrap=True)
    room = max(console.width - _OTHER_COLUMNS, 10)
    for judgement in why.judgements:
        item, verdict = judgement.evidence, judgement.evidence.verdict
        what = f"{verdict.type} {verdict.reason}/{verdict.cause}" if verdict else str(item.event)
        counted = "yes" if judgement.counted else f"no: {judgement.why_not.replace('_', ' ')}"
        text = (item.text or item.because)[:room]
        table.add_row(f"{item.at:%Y-%m-%d %H:%M}", what, counted, str(judgement.error_count), cell(text))
    if why.judgements:
        console.print(table)
    if why.snapshot:
        kept = why.snapshot.state
        was = f"{kept.status}{f' ({kept.reason})' if kept.reason else ''}, {kept.error_count} errors counted"
        text = f"; {kept.error_text}" if kept.error_text else ""
        line = f"What lies before {why.snapshot.horizon:%Y-%m-%d %H:%M} UTC is not kept; it came to: {was}{text}"
        console.print(cell(line), soft_wrap=True)
    because = f" ({state.reason}{f'/{state.cause}' if state.cause else ''})" if state.reason else ""
    since = f" since {state.since:%Y-%m-%d %H:%M} UTC" if state.since else ""
    until = f"; leaves by itself on {state.until:%Y-%m-%d}" if state.until else ""
    nothing = "" if why.judgements or why.snapshot else ": nothing is known of it"
    line = f"{address} is {state.status}{because}{since}, {state.error_count} errors counted{until}{nothing}"
    console.print(cell(line), soft_wrap=True)
    for other in why.others:
        console.print(Text(f"  for {other.address.scope} it is {other.state.status} ({other.state.reason})"))
    _draw_denials(console, why)


def _draw_denials(console: Console, why: "Why") -> None:
    for denial in why.denials:
        what = "all channels" if denial.channel == "all" else denial.channel
        how = denial.proof or denial.origin
        line = f"The profile {denial.profile} opted out of {what} on {denial.at:%Y-%m-%d %H:%M} UTC: {how}"
        console.print(cell(line), soft_wrap=True)
    if why.denials:
        console.print("So nothing is sent to it; rebond profiles allow ID --channel … --because … ends an opt-out.")
