"""A process that tries the inputs of its numbers, tells how far it is, and keeps what breaks."""

import gc
import hashlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from fuzz.minimise import minimised
from fuzz.trial import Trial, Tried, limit_of

# So many inputs are answered before each is answered once more, in another order.
BATCH = 250
# No more are minimised of one kind by one process: they are mostly one fault.
_MINIMISED = 5
# Seconds after which an input that is still under trial is taken for one that never ends.
PATIENCE = 60


@dataclass(slots=True)
class Progress:
    """What a process did with an input; `until` is the number after it. Told at once: the next may end the process."""

    until: int
    tried: int = 0
    size: int = 0
    slowest: float = 0.0  # of what it might take
    slowest_number: int = -1
    memory: int = 0
    broken: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Share:
    """The inputs of one process: of all batches from `first` on every `of`-th, beginning with `turn`, before `last`."""

    seed: int
    first: int
    last: int
    turn: int = 0
    of: int = 1

    def batches(self, *, after: int = -1) -> Iterator[range]:
        """Give the numbers of each batch, without those up to `after`."""
        for start in range(self.first + self.turn * BATCH, self.last, self.of * BATCH):
            if batch := range(max(start, after + 1), min(start + BATCH, self.last)):
                yield batch


def work(share: Share, *, at: "Synchronized[int]", told: Connection, folder: Path, after: int = -1) -> None:
    """Try the inputs of a share: `at` holds the number under trial; tells a Progress an input, and None at the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    trial, minimised_kinds = Trial(), dict[str, int]()
    trial.answer(trial.samples[0])
    gc.freeze()
    for batch in share.batches(after=after):
        again = _again(share, batch)
        digests: list[tuple[int, str]] = []
        for number in batch:
            at.value = number
            data = trial.made(share.seed, number)
            tried = trial.tried(data)
            digests.append((number, "" if tried.kind == "exception" else trial.digest(data)))
            told.send(_progress(number, data, tried))
            if tried.broken:
                small = minimised_kinds.setdefault(tried.kind, 0) < _MINIMISED
                minimised_kinds[tried.kind] += 1
                path = keep(trial, data, tried, folder=folder, small=small, again=again)
                told.send(Progress(number + 1, broken=[(number, tried.broken[0], str(path))]))
        for number, data in _differing(trial, share.seed, digests, at=at):
            tried = Tried(0.0, 0, ("it is answered otherwise the second time",), "differs")
            path = keep(trial, data, tried, folder=folder, small=False, again=again)
            told.send(Progress(batch.stop, broken=[(number, tried.broken[0], str(path))]))
    told.send(None)


def _again(share: Share, batch: range) -> str:
    return f"--seed {share.seed} --from {batch.start} --number {batch.stop} --processes 1"


def keep(trial: Trial, data: bytes, tried: Tried, *, folder: Path, small: bool, again: str) -> Path:
    """Write an input that breaks something, minimised, and beside it what it breaks and how to try it again.

    `again` is how to try it after what came before it, for a fault that the input does not have alone.
    """

    def breaks(smaller: bytes) -> bool:
        trial.forget()
        return trial.tried(smaller).kind == tried.kind

    if small and tried.kind not in ("slow", "memory"):  # these depend on the size
        data = minimised(data, breaks=breaks, seconds=PATIENCE / 2)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{tried.kind}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
    path.write_bytes(data)
    command = ".venv/bin/python -m fuzz"
    words = (*tried.broken, "", f"Again: {command} --again {path}", f"After what came before it: {command} {again}", "")
    path.with_suffix(".txt").write_text("\n".join(words), encoding="utf-8")
    return path


def _progress(number: int, data: bytes, tried: Tried) -> Progress:
    return Progress(
        number + 1,
        tried=1,
        size=len(data),
        slowest=tried.seconds / limit_of(data),
        slowest_number=number,
        memory=tried.memory,
    )


def _differing(
    trial: Trial, seed: int, digests: list[tuple[int, str]], *, at: "Synchronized[int]"
) -> Iterator[tuple[int, bytes]]:
    """Answer a batch once more, the last first and with nothing kept; give the inputs that are answered otherwise."""
    trial.forget()
    for number, digest in reversed(digests):
        at.value = number
        if digest and trial.digest(data := trial.made(seed, number)) != digest:
            yield number, data
