"""Run the rows, print each figure with its baseline, then the table."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.figures import Figure, Kind, Measured, Outcome
from benchmarks.rows import BOTH, POSTGRESQL, ROWS, SIZES, Row
from benchmarks.site import POSTGRES_VARIABLE

_LEFT_OUT = 3
_SAID = 20
_LONGEST = 3600  # seconds; nothing takes as long, so something hangs
_STYLES = {"aim": "green", "held": "cyan", "MISSED": "bold red"}


def main() -> int:
    """Run what is asked for; exit 1 when a row fails, or misses what is asked at least at its largest size here."""
    options = _options()
    console = Console(stderr=options.json, width=None if sys.stderr.isatty() or sys.stdout.isatty() else 160)
    if options.list:
        for row in ROWS:
            sizes = ", ".join(f"{size} {row.number(size, scale=options.scale):,}" for size in row.sizes if row.base)
            print(f"{row.name:15} {row.what}" + (f" ({sizes})" if sizes else ""))
        return 0
    outcome = Outcome()
    began = time.perf_counter()
    for row in ROWS:
        if not options.only or row.name in options.only:
            started = time.perf_counter()
            _run(row, options, outcome, console)
            console.print(f"  {row.name} took {time.perf_counter() - started:.0f} s", highlight=False)
    _tell(outcome, console, seconds=time.perf_counter() - began)
    return int(bool(outcome.failed) or any(figure.verdict.startswith("MISSED") for figure in _largest(outcome)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The measures of specification 11.")
    parser.add_argument("--only", action="append", choices=[row.name for row in ROWS], help="one row; may be repeated")
    parser.add_argument("--size", choices=[*SIZES, "all"], default="all", help="×1, ×10 or ×100; by default all three")
    parser.add_argument("--scale", type=float, default=1.0, help="multiply all sizes")
    parser.add_argument("--database", choices=BOTH, help="one database only")
    parser.add_argument("--json", action="store_true", help="print one JSON line a figure")
    parser.add_argument("--list", action="store_true", help="list the rows and their sizes")
    return parser.parse_args()


def _run(row: Row, options: argparse.Namespace, outcome: Outcome, console: Console) -> None:
    for database in row.databases:
        if database and options.database not in (None, database):
            continue
        if database == POSTGRESQL and not os.environ.get(POSTGRES_VARIABLE):
            outcome.left_out.append((f"{row.name} on {database}", "there is no PostgreSQL here"))
            continue
        last: dict[str, Figure] = {}
        for size in row.sizes:
            if options.size not in ("all", size) and size in SIZES:
                continue
            number = row.number(size, scale=options.scale)
            measures = _measure(row, number, database=database, outcome=outcome)
            for measured in measures:
                before = last.get(measured.label)
                figure = Figure(
                    row=row.name,
                    database=database,
                    size=size,
                    asked=row.asked_of(database),
                    measured=measured,
                    slower=_slower(before, measured),
                    baseline_slower=_baseline_slower(before, measured),
                )
                last[measured.label] = figure
                outcome.figures.append(figure)
                console.print(_line(figure), highlight=False)
                if options.json:
                    print(json.dumps(figure.as_json()), flush=True)


def _measure(row: Row, number: int, *, database: str, outcome: Outcome) -> list[Measured]:
    command = [sys.executable, "-m", "benchmarks.child", row.module, str(number), database]
    place = f"{row.name}{' on ' if database else ''}{database} of {number:,}"
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        outcome.failed.append((place, f"it took longer than {_LONGEST} s"))
        return []
    if done.returncode == _LEFT_OUT:
        outcome.left_out.append((place, done.stdout.strip()))
        return []
    if done.returncode != 0:
        print("\n".join(done.stderr.splitlines()[-_SAID:]), file=sys.stderr)
        outcome.failed.append((place, f"it failed with code {done.returncode}; the end of what it said is above"))
        return []
    return [Measured(**json.loads(line)) for line in done.stdout.splitlines()]


def _slower(before: Figure | None, now: Measured) -> float | None:
    """Tell how much longer one thing takes than at the size before; 1 is linear growth."""
    if before is None:
        return None
    return (now.ours / now.number) / (before.measured.ours / before.measured.number)


def _baseline_slower(before: Figure | None, now: Measured) -> float | None:
    if before is None:
        return None
    earlier = before.measured
    return (now.baseline / now.baseline_number) / (earlier.baseline / earlier.baseline_number)


def _line(figure: Figure) -> str:
    measured = figure.measured
    name = " ".join(part for part in (figure.row, measured.label, figure.database) if part)
    return (
        f"{name}, {figure.size}: {_ours(figure)}; baseline {measured.baseline_name}: {_baseline(figure)};"
        f" {_value(figure.asked.kind, figure.value)}: {figure.verdict}"
        + (f" ({measured.note})" if measured.note else "")
    )


def _ours(figure: Figure) -> str:
    measured = figure.measured
    if figure.asked.kind is Kind.MEGABYTES:
        return f"{measured.ours:.0f} MB"
    if figure.asked.kind is Kind.SECONDS:
        return f"{measured.ours:.3f} s"
    return (
        f"{measured.number / measured.ours:,.0f} {figure.asked.unit}/s ({measured.number:,} in {measured.ours:.2f} s)"
    )


def _baseline(figure: Figure) -> str:
    measured = figure.measured
    if figure.asked.kind is Kind.MEGABYTES:
        return f"{measured.baseline:.0f} MB"
    if figure.asked.kind is Kind.SECONDS:
        return f"{measured.baseline:.3f} s"
    return f"{measured.baseline_number / measured.baseline:,.0f}/s"


def _value(kind: Kind, value: float) -> str:
    if kind is Kind.SHARE:
        return f"{value:.2f} ×" if value >= 1 else f"{value:.0%}"
    if kind is Kind.TIMES:
        return f"{value:.2f} ×"
    if kind is Kind.SPEED:
        return f"{value:,.0f}/s"
    return f"{value:.2f} s" if kind is Kind.SECONDS else f"{value:.0f} MB"


def _largest(outcome: Outcome) -> list[Figure]:
    """Keep, of each row, the largest size measured: that is what is judged."""
    largest: dict[tuple[str, str, str], Figure] = {}
    for figure in outcome.figures:
        largest[figure.row, figure.database, figure.measured.label] = figure
    return list(largest.values())


def _tell(outcome: Outcome, console: Console, *, seconds: float) -> None:
    table = Table(title="Specification 11, the largest size of this run")
    for name in ("row", "database", "number", "here", "baseline", "at least", "aim", "reached", "growth", ""):
        table.add_column(name, justify="left" if name in ("row", "database", "baseline", "") else "right")
    for figure in _largest(outcome):
        kind, measured = figure.asked.kind, figure.measured
        table.add_row(
            f"{figure.row} {measured.label}".strip(),
            figure.database or "—",
            f"{measured.number:,}",
            _ours(figure).partition(" (")[0],
            f"{_baseline(figure)} {measured.baseline_name}",
            _value(kind, figure.asked.at_least),
            _value(kind, figure.asked.aim),
            _value(kind, figure.value),
            f"{figure.slower:.2f} × / {figure.baseline_slower:.2f} ×" if figure.slower else "—",
            Text(figure.verdict, style=_STYLES[figure.verdict.partition(":")[0]]),
        )
    console.print(table)
    console.print("growth: time of one thing against the size before, ten times smaller (the baseline's behind it);")
    console.print("1 is linear, less is better. Memory is compared with that at a tenth of the size.", highlight=False)
    for what, why in outcome.left_out:
        console.print(f"left out: {what}: {why}", highlight=False)
    for what, why in outcome.failed:
        console.print(f"FAILED: {what}: {why}", highlight=False)
    verdicts = Counter(figure.verdict.partition(":")[0] for figure in _largest(outcome))
    reached = ", ".join(f"{name} {verdicts[name]}" for name in _STYLES)
    console.print(f"{reached}, failed {len(outcome.failed)}, left out {len(outcome.left_out)}", highlight=False)
    console.print(f"took {seconds:.0f} s", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
