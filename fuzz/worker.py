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


@dataclass(slots=True)
class Progress:
    """What a process did in one batch; `until` is the number after the last of it."""

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
    """Try the inputs of a share: `at` holds the number under trial; tells a Progress a batch, and None at the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    trial, minimised_kinds = Trial(), dict[str, int]()
    trial.answer(trial.samples[0])
    gc.freeze()
    for batch in share.batches(after=after):
        progress = Progress(batch.stop)
        digests: list[tuple[int, str]] = []
        for number in batch:
            at.value = number
            data = trial.made(share.seed, number)
            tried = trial.tried(data)
            _add(progress, number, data, tried)
            digests.append((number, "" if tried.kind == "exception" else _digest(trial, data)))
            if tried.broken:
                small = minimised_kinds.setdefault(tried.kind, 0) < _MINIMISED
                minimised_kinds[tried.kind] += 1
                path = keep(trial, data, tried, folder=folder, small=small)
                progress.broken.append((number, tried.broken[0], str(path)))
        progress.broken += _differing(trial, share.seed, digests, folder=folder)
        told.send(progress)
    told.send(None)


def keep(trial: Trial, data: bytes, tried: Tried, *, folder: Path, small: bool) -> Path:
    """Write an input that breaks something, minimised, and beside it what it breaks and how to try it again."""

    def breaks(smaller: bytes) -> bool:
        trial.forget()
        return trial.tried(smaller).kind == tried.kind

    if small and tried.kind not in ("slow", "memory"):  # these depend on the size
        data = minimised(data, breaks=breaks)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{tried.kind}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
    path.write_bytes(data)
    words = "\n".join((*tried.broken, "", f"Again: .venv/bin/python -m fuzz --again {path}", ""))
    path.with_suffix(".txt").write_text(words, encoding="utf-8")
    return path


def _add(progress: Progress, number: int, data: bytes, tried: Tried) -> None:
    progress.tried += 1
    progress.size += len(data)
    progress.memory = max(progress.memory, tried.memory)
    share = tried.seconds / limit_of(data)
    if share > progress.slowest:
        progress.slowest, progress.slowest_number = share, number


def _digest(trial: Trial, data: bytes) -> str:
    return hashlib.sha256(repr(trial.answer(data)).encode("utf-8", "backslashreplace")).hexdigest()


def _differing(trial: Trial, seed: int, digests: list[tuple[int, str]], *, folder: Path) -> list[tuple[int, str, str]]:
    """Answer a batch once more, the last first and with nothing kept; tell the inputs that are answered otherwise."""
    trial.forget()
    found = []
    for number, digest in reversed(digests):
        if digest and _digest(trial, data := trial.made(seed, number)) != digest:
            tried = Tried(0.0, 0, ("it is answered otherwise the second time",), "differs")
            found.append((number, tried.broken[0], str(keep(trial, data, tried, folder=folder, small=False))))
    return found
