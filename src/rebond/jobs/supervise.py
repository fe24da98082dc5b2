"""One process tree: parts are started in order, each when the one before is ready, kept running, and ended in order."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rebond.jobs.supervised import VARIABLE

_LOOK = 0.1
_FIRST_REST, _LONGEST_REST = 1.0, 60.0
# A part that ran for so long was well: its next end counts as the first.
_WELL = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process: its command, how long it may take until it is ready, and to end; `last` ends after the others."""

    name: str
    command: Sequence[str]
    ready_within: float = 60.0
    end_within: float = 30.0


@dataclass(slots=True)
class _Running:
    part: Part
    process: subprocess.Popen[bytes] | None = None
    line: socket.socket | None = None
    started: float = 0.0
    rest: float = 0.0
    again_at: float = 0.0


class Supervisor:
    """Runs parts until `ending` is set; `say` is told what a person should know."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        ending_order: Sequence[str],
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._running = {part.name: _Running(part) for part in parts}
        self._ending_order = ending_order
        self._environment = dict(environment)
        self._say = say

    def run(self, ending: threading.Event, *, ready: Callable[[], None] = lambda: None) -> None:
        """Start all, tell when they are `ready`, restart those that end, and end them when `ending` is set."""
        try:
            for one in self._running.values():
                if ending.is_set():
                    return
                self._start(one)
                self._wait_ready(one, ending)
            if not ending.is_set() and self._all_run():
                ready()
            while not ending.wait(_LOOK):
                for one in self._running.values():
                    self._look_after(one)
        finally:
            self._end_all()

    def _all_run(self) -> bool:
        """Tell whether every part came up: of those that did not, each is told when it is started again."""
        return all(one.process is not None and one.process.poll() is None for one in self._running.values())

    def _start(self, one: _Running) -> None:
        ours, theirs = socket.socketpair()
        environment = {**self._environment, VARIABLE: str(theirs.fileno())}
        # In a group of its own: Ctrl-C reaches the supervisor alone, which ends the parts in order.
        one.process = subprocess.Popen(
            one.part.command, env=environment, pass_fds=[theirs.fileno()], process_group=0, stdin=subprocess.DEVNULL
        )
        theirs.close()
        one.line, one.started = ours, time.monotonic()

    def _wait_ready(self, one: _Running, ending: threading.Event) -> None:
        assert one.process is not None
        assert one.line is not None
        until = time.monotonic() + one.part.ready_within
        while not ending.is_set() and one.process.poll() is None:
            if select.select([one.line], [], [], _LOOK)[0]:
                return
            if time.monotonic() > until:
                self._say(f"{one.part.name} is not ready after {one.part.ready_within:.0f} s; going on without it")
                return

    def _look_after(self, one: _Running) -> None:
        now = time.monotonic()
        if one.process is None:
            if now >= one.again_at:
                self._start(one)
            return
        code = one.process.poll()
        if code is None:
            return
        one.rest = _FIRST_REST if now - one.started > _WELL or not one.rest else min(2 * one.rest, _LONGEST_REST)
        one.again_at = now + one.rest
        self._forget(one)
        self._say(f"{one.part.name} ended ({_in_words(code)}); it is started again in {one.rest:.0f} s")

    def _end_all(self) -> None:
        for name in self._ending_order:
            for one in self._running.values():
                if one.part.name.partition(" ")[0] == name and one.process is not None:
                    with contextlib.suppress(ProcessLookupError):
                        one.process.send_signal(signal.SIGTERM)
            for one in self._running.values():
                if one.part.name.partition(" ")[0] == name:
                    self._wait_ended(one)

    def _wait_ended(self, one: _Running) -> None:
        if one.process is None:
            return
        try:
            one.process.wait(one.part.end_within)
            self._say(f"{one.part.name} has ended")
        except subprocess.TimeoutExpired:
            self._say(f"{one.part.name} did not end within {one.part.end_within:.0f} s: it is killed")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.process.pid, signal.SIGKILL)
            one.process.wait()
        self._forget(one)

    def _forget(self, one: _Running) -> None:
        if one.line is not None:
            one.line.close()
        one.process, one.line = None, None


def _in_words(code: int) -> str:
    if code >= 0:
        return f"code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
