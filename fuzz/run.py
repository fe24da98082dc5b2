"""All processes of one run: started, watched, started again when one dies or does not come to an end, added up."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from time import monotonic

from fuzz.trial import Trial
from fuzz.worker import PATIENCE, Progress, Share, work

_LOOK_EVERY = 1.0


@dataclass(slots=True)
class Total:
    """What a run has done; `until`: all inputs before this number were tried."""

    tried: int = 0
    size: int = 0
    slowest: float = 0.0
    slowest_number: int = -1
    memory: int = 0
    until: int = 0
    broken: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, progress: Progress) -> None:
        self.tried += progress.tried
        self.size += progress.size
        self.memory = max(self.memory, progress.memory)
        self.broken += progress.broken
        if progress.slowest > self.slowest:
            self.slowest, self.slowest_number = progress.slowest, progress.slowest_number


class _Process:
    """One worker with its share, and how far it is."""

    def __init__(self, share: Share, folder: Path) -> None:
        self.share = share
        self.folder = folder
        self.until = share.first
        self.done = False
        self.number = -1
        self.since = monotonic()
        self._spawn = get_context("spawn")
        self._at: Synchronized[int]
        self.told: Connection
        self.process: SpawnProcess
        self.start(after=-1)

    def start(self, *, after: int) -> None:
        self.told, theirs = self._spawn.Pipe(duplex=False)
        self._at = self._spawn.Value("q", -1, lock=False)  # type: ignore[assignment]
        self.number, self.since = -1, monotonic()
        self.process = self._spawn.Process(
            target=work,
            args=(self.share,),
            kwargs={"at": self._at, "told": theirs, "folder": self.folder, "after": after},
            daemon=True,
        )
        self.process.start()
        theirs.close()

    def stuck(self) -> bool:
        """Tell whether the same input has been under trial for too long."""
        if self._at.value != self.number:
            self.number, self.since = self._at.value, monotonic()
        return monotonic() - self.since > PATIENCE

    def end(self) -> int:
        """End the process; gives the number that was under trial."""
        self.process.kill()
        self.process.join()
        self.told.close()
        return self._at.value


def run(
    *, seed: int, first: int, last: int, processes: int, seconds: float, folder: Path, show: Callable[[Total], None]
) -> Total:
    """Try the inputs `first` to `last - 1` in so many processes, until `seconds` are over (0: no bound)."""
    started = monotonic()
    total = Total(until=first)
    working = [_Process(Share(seed, first, last, turn, processes), folder) for turn in range(processes)]
    try:
        while not all(each.done for each in working) and not (seconds and monotonic() - started > seconds):
            connection.wait([each.told for each in working if not each.done], timeout=_LOOK_EVERY)
            for each in working:
                _look_after(each, total)
            ends = [each.share.last if each.done else each.until for each in working]
            total.until = min(ends)
            show(total)
    finally:
        for each in working:
            if not each.done:
                each.end()
    return total


def _look_after(each: _Process, total: Total) -> None:
    if each.done:
        return
    try:
        while each.told.poll():
            progress = each.told.recv()
            if progress is None:
                each.done = True
                each.end()
                return
            each.until = progress.until
            total.add(progress)
    except EOFError:
        _begin_again(each, total, f"it ended the process (exit code {each.process.exitcode})", "crash")
        return
    if each.stuck():
        _begin_again(each, total, f"it was not answered in {PATIENCE} s", "hang")


def _begin_again(each: _Process, total: Total, words: str, kind: str) -> None:
    number = each.end()
    if number < 0:
        raise RuntimeError("a process ended before its first input; run one input to see why: --number 1 --processes 1")
    data = Trial().made(each.share.seed, number)
    each.folder.mkdir(parents=True, exist_ok=True)
    path = each.folder / f"{kind}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
    path.write_bytes(data)
    total.broken.append((number, words, str(path)))
    # The second answers of a batch are given in another order: none of its inputs is tried anew.
    each.start(after=max(number, each.until - 1))
