"""A clock that jumps over the waiting, so that five days of retries end within minutes."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SteppedClock:
    """Virtual time: real time runs on, and `sleep` and `jump_to` add to it. It never goes back.

    Implements `core.ports.Clock`. `start` is aware; `ticks` gives real seconds that never go back, and is there for
    tests that want a clock which moves by jumps only.
    """

    def __init__(self, start: datetime, *, ticks: Callable[[], float] = time.monotonic) -> None:
        if start.tzinfo is None:
            raise ValueError(
                f"the start {start.isoformat()} has no time zone; give one, as in {start.isoformat()}+00:00"
            )
        self._start = start.astimezone(UTC)
        self._ticks = ticks
        self._began = ticks()
        self._jumped = 0.0

    def now(self) -> datetime:
        """Return the virtual time, aware, in UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return virtual seconds since the start."""
        return self._ticks() - self._began + self._jumped

    async def sleep(self, seconds: float) -> None:
        """Jump ahead by `seconds` instead of waiting, and let other tasks run once; sleeps side by side overlap.

        So nothing that ticks in the background may use this clock: each tick would move everybody's time.
        """
        until = self.now() + timedelta(seconds=max(0.0, seconds))
        await asyncio.sleep(0)
        self.jump_to(until)

    def jump_to(self, when: datetime) -> None:
        """Jump ahead to `when` (aware); a time that has passed changes nothing."""
        ahead = (when - self.now()).total_seconds()
        if ahead > 0:
            self._jumped += ahead
