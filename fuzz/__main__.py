"""Run mutated returns and replies through the qualifier, or some inputs again; exit 1 when something does not hold."""

import argparse
import gc
import secrets
import sys
from pathlib import Path

from fuzz.run import Total, run
from fuzz.trial import Trial, limit_of

NUMBER = 1_000_000
_SHOWN = 20


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked for."""
    options = _options(arguments)
    if options.again:
        return _again(options.again)
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    last = options.number if options.only is None else options.only + 1
    first = options.start if options.only is None else options.only
    print(f"seed {seed}, inputs {first:,} to {last - 1:,}", flush=True)
    bar = _Bar(last - first)
    total = run(
        seed=seed,
        first=first,
        last=last,
        processes=min(options.processes, last - first),
        seconds=options.minutes * 60,
        folder=options.folder,
        show=bar.show,
    )
    bar.end()
    return _told(total, seed=seed, last=last)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Mutated returns and replies by the million.")
    parser.add_argument("--seed", type=int, help="make the same inputs again (by default another seed each time)")
    parser.add_argument("--number", type=int, default=NUMBER, help=f"end before this input (by default {NUMBER:,})")
    parser.add_argument("--from", dest="start", type=int, default=0, help="begin with this input, to go on with a run")
    parser.add_argument("--only", type=int, help="try this input alone")
    parser.add_argument("--minutes", type=float, default=0, help="end after so many minutes (by default at the end)")
    parser.add_argument("--processes", type=int, default=2, help="how many at the same time (by default 2)")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="where what breaks something is kept")
    parser.add_argument("--again", type=Path, nargs="+", metavar="PATH", help="try kept inputs, or any mails, again")
    options = parser.parse_args(arguments)
    if options.processes < 1:
        parser.error("--processes: it takes at least one")
    if options.only is None and not options.again and options.start >= options.number:
        parser.error(f"there is no input from {options.start:,} before {options.number:,}: --number is where to end")
    return options


def _again(paths: list[Path]) -> int:
    trial, broken = Trial(), 0
    trial.answer(trial.samples[0])
    gc.freeze()
    for path in paths:
        data = path.read_bytes()
        tried = trial.tried(data)
        share = 100 * tried.seconds / limit_of(data)
        print(f"{path}: {len(data):,} bytes, {tried.seconds * 1000:.1f} ms ({share:.0f} % of its limit), ", end="")
        found = tried.broken or _differs(trial, data)
        print("; ".join(found) or "all holds")
        broken += bool(found)
    return int(bool(broken))


def _differs(trial: Trial, data: bytes) -> tuple[str, ...]:
    """Answer an input with what is kept of the inputs before it, and with nothing kept."""
    warm = trial.digest(data)
    trial.forget()
    return () if trial.digest(data) == warm else ("it is answered otherwise when nothing is kept",)


def _told(total: Total, *, seed: int, last: int) -> int:
    size = total.size / max(1, total.tried)
    print(
        f"{total.tried:,} inputs of {size:,.0f} bytes on average; the slowest took"
        f" {100 * total.slowest:.0f} % of its limit (number {total.slowest_number}), the largest"
        f" {total.memory >> 20} MiB; {len(total.broken)} broke something"
    )
    for number, words, path in sorted(total.broken)[:_SHOWN]:
        print(f"  {number}: {words}\n    again: .venv/bin/python -m fuzz --again {path}")
    if total.until < last:
        print(f"The time was over; go on with: --seed {seed} --from {total.until} --number {last}")
    return int(bool(total.broken))


class _Bar:
    """How far a run is: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, number: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._number, self._line = number, 0
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[broken]} broken"))
        self._live = Progress(*columns) if sys.stdout.isatty() else None
        if self._live:
            self._task = self._live.add_task("", total=number, broken=0)
            self._live.start()

    def show(self, total: Total) -> None:
        if self._live:
            self._live.update(self._task, completed=total.tried, broken=len(total.broken))
        elif total.tried * 20 // self._number > self._line:
            self._line = total.tried * 20 // self._number
            print(f"  {total.tried:,} of {self._number:,}, {len(total.broken)} broken", flush=True)

    def end(self) -> None:
        if self._live:
            self._live.stop()


if __name__ == "__main__":
    sys.exit(main())
