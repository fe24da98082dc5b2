"""An address's history, drawn for a person."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rebond.cli.output import cell

if TYPE_CHECKING:
    from rebond.services.why import Why

_OTHER_COLUMNS = 74
_LEAST_ROOM = 30  # narrower than that, a text is not to be read: it goes below what happened
_MOST_TEXT = 200


def draw_why(console: Console, address: str, why: "Why") -> None:
    """Draw what each piece of evidence did, and what came of it."""
    state = why.state
    table = Table(title=cell(f"Why {address}?"), title_style="bold")
    beside = console.width - _OTHER_COLUMNS >= _LEAST_ROOM
    for name in ("at", "what", "counted", "count", *(["text"] if beside else [])):
        if name == ("text" if beside else "what"):
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, no_wrap=True)
    for judgement in why.judgements:
        item, verdict = judgement.evidence, judgement.evidence.verdict
        what = f"{verdict.type} {verdict.reason}/{verdict.cause}" if verdict else str(item.event)
        counted = "yes" if judgement.counted else f"no: {judgement.why_not.replace('_', ' ')}"
        text = _cut(item.text or item.because, _MOST_TEXT)
        row = [f"{item.at:%Y-%m-%d %H:%M}", what, counted, str(judgement.error_count)]
        if beside:
            table.add_row(*row, cell(text))
        else:
            table.add_row(row[0], cell(f"{what}\n{text}" if text else what), *row[2:])
    if why.judgements:
        console.print(table)
    if why.snapshot:
        kept = why.snapshot.state
        was = f"{kept.status}{f' ({kept.reason})' if kept.reason else ''}, {_errors(kept.error_count)}"
        text = f"; {kept.error_text}" if kept.error_text else ""
        line = f"What lies before {why.snapshot.horizon:%Y-%m-%d %H:%M} UTC is not kept; it came to: {was}{text}"
        console.print(cell(line), soft_wrap=True)
    because = f" ({state.reason}{f'/{state.cause}' if state.cause else ''})" if state.reason else ""
    since = f" since {state.since:%Y-%m-%d %H:%M} UTC" if state.since else ""
    until = f"; leaves by itself on {state.until:%Y-%m-%d}" if state.until else ""
    nothing = "" if why.judgements or why.snapshot else ": nothing is known of it"
    line = f"{address} is {state.status}{because}{since}, {_errors(state.error_count)}{until}{nothing}"
    console.print(cell(line), soft_wrap=True)
    for other in why.others:
        console.print(Text(f"  for {other.address.scope} it is {other.state.status} ({other.state.reason})"))
    _draw_denials(console, why)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _errors(number: int) -> str:
    return f"{number} {'error' if number == 1 else 'errors'} counted"


def _draw_denials(console: Console, why: "Why") -> None:
    for denial in why.denials:
        what = "all channels" if denial.channel == "all" else denial.channel
        how = denial.proof or denial.origin
        line = f"The profile {denial.profile} opted out of {what} on {denial.at:%Y-%m-%d %H:%M} UTC: {how}"
        console.print(cell(line), soft_wrap=True)
    if why.denials:
        console.print("So nothing is sent to it; rebond profiles allow ID --channel … --because … ends an opt-out.")
