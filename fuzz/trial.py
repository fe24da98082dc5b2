"""One input tried: is it answered without an exception, in time, in memory, twice alike, and by the rules?"""

import hashlib
import os
import resource
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from time import thread_time

from fuzz.holds import Held
from fuzz.mutations import mutated_mail, mutated_reply
from fuzz.pace import Pace
from rebond.core.failure import Failure, Report
from rebond.core.qualifier import Qualifier
from rebond.core.words import Peer, Phase
from rebond.packs import default_qualifier, load_shipped_rules

SECONDS = 0.050  # for each begun 100 kB
SHARE = 100_000
MEMORY = 64 << 20  # beyond the size of the input
SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
# What is slow is tried so many times more, until once it is not.
_TRIES = 10
_REPLY = b"REPLY\0"
# Each 1 of so many inputs is the answer of a server, the others are mails.
_REPLIES = 12
_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one input: `broken` says what does not hold (empty: all does), `kind` in one word what it is."""

    seconds: float
    memory: int
    broken: tuple[str, ...] = ()
    kind: str = ""


class Trial:
    """Makes inputs from seeds and tries them, in one process."""

    def __init__(self, qualifier: Qualifier | None = None) -> None:
        self.qualifier = qualifier or default_qualifier()
        self._held = Held(self.qualifier)
        self._peak = _Peak()

    @cached_property
    def samples(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(SAMPLES.rglob("*.eml"))]

    @cached_property
    def _pace(self) -> Pace:
        return Pace()

    @cached_property
    def replies(self) -> list[str]:
        return [example.text for rule in load_shipped_rules() for example in rule.examples]

    def made(self, seed: int, number: int) -> bytes:
        """Make the input of a number: the same bytes for the same seed, number and samples."""
        random = Random(f"{seed}:{number}")
        if random.randrange(_REPLIES) == 0:
            return _REPLY + mutated_reply(random, self.replies).encode("utf-8", "surrogateescape")
        return mutated_mail(random, self.samples)

    def answer(self, data: bytes) -> Report | tuple[Failure, ...]:
        """Answer an input: the report on a mail, or a failure for each phase and peer of a reply."""
        if not data.startswith(_REPLY):
            return self.qualifier.qualify_mail(data)
        text = data.removeprefix(_REPLY).decode("utf-8", "surrogateescape")
        circumstances = ((Phase.RCPT, Peer.RECEIVER), (Phase.MAIL_FROM, Peer.RECEIVER), (Phase.DATA, Peer.RELAY))
        return tuple(self.qualifier.qualify_reply(text, phase=phase, peer=peer) for phase, peer in circumstances)

    def tried(self, data: bytes) -> Tried:
        """Try an input once, and its time again when it was slow: the other processes may have cost it."""
        base = self._peak.began()
        started = thread_time()
        try:
            answer = self.answer(data)
        except Exception as error:  # the very thing that is looked for
            return Tried(thread_time() - started, 0, (_raised(error),), "exception")
        seconds = thread_time() - started
        memory = self._peak.since(base)
        limit = limit_of(data)
        for _ in range(_TRIES):
            if seconds <= limit:
                break
            seconds = min(seconds, self._timed(data))
        broken, kind = self._broken(answer)
        if seconds > limit:
            broken, kind = (*broken, f"took {seconds * 1000:.0f} ms for {len(data):,} bytes"), "slow"
        if memory > MEMORY + len(data):
            broken, kind = (*broken, f"took {memory >> 20:,} MiB for {len(data):,} bytes"), "memory"
        return Tried(seconds, memory, broken, kind)

    def _broken(self, answer: Report | tuple[Failure, ...]) -> tuple[tuple[str, ...], str]:
        if isinstance(answer, Report):
            broken = tuple(self._held.broken_by_report(answer))
        else:
            broken = tuple(words for failure in answer for words in self._held.broken_by_failure(failure))
        return broken, "rule" if broken else ""

    def _timed(self, data: bytes) -> float:
        """Tell how long an answer takes that is worked out anew, by a processor at its best."""
        self.forget()
        before = self._pace.now()
        started = thread_time()
        self.answer(data)
        seconds = thread_time() - started
        return seconds / min(before, self._pace.now())

    def digest(self, data: bytes) -> str:
        """Answer an input, and put the answer in few characters, to compare it with another."""
        return hashlib.sha256(repr(self.answer(data)).encode("utf-8", "backslashreplace")).hexdigest()

    def forget(self) -> None:
        """Empty the qualifier's caches, so that the next answer is worked out."""
        judge = self.qualifier
        kept = (judge._said, judge._provider_of, judge._judged, judge._by_enhanced, judge._decided)
        for each in (*kept, judge.engine._found_masked):
            each.cache_clear()


def limit_of(data: bytes) -> float:
    """Tell how many seconds an input may take."""
    return SECONDS * max(1, -(-len(data) // SHARE))


def _raised(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "rebond" in frame.filename] or frames
    return f"{type(error).__name__}: {str(error)[:200]} ({Path(own[-1].filename).name}:{own[-1].lineno})"


class _Peak:
    """How much memory the process took at most since a moment; where the system does not tell, its growth."""

    def __init__(self) -> None:
        self._resets = _RESET.exists() and _STATUS.exists()
        self._high: Callable[[], int] = self._of_status if self._resets else self._of_usage

    def began(self) -> int:
        if self._resets:
            with suppress(OSError):
                _RESET.write_text("5")
        return self._high()

    def since(self, base: int) -> int:
        return max(0, self._high() - base)

    @cached_property
    def _status(self) -> int:
        return os.open(_STATUS, os.O_RDONLY)

    def _of_status(self) -> int:
        text = os.pread(self._status, 4096, 0)
        return int(text[text.index(b"VmHWM:") + 6 :].split(None, 1)[0]) * 1024

    @staticmethod
    def _of_usage() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
