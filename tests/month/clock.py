"""A clock that goes on when it is told to, and is set wrong or right again in between."""

import asyncio
from datetime import datetime, timedelta


class MonthClock:
    """What it shows can jump both ways; `monotonic` only goes on."""

    def __init__(self, start: datetime) -> None:
        self._shown = start
        self._gone = 0.0

    def now(self) -> datetime:
        return self._shown

    def monotonic(self) -> float:
        return self._gone

    async def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def advance(self, time: timedelta) -> None:
        self._shown += time
        self._gone += time.total_seconds()

    def set_by(self, time: timedelta) -> None:
        """Somebody, or NTP, sets the clock."""
        self._shown += time
