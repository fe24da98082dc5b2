"""A site on the test database, with its queue."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rebond.config import Config
from rebond.core.tokens import Keyring
from rebond.jobs.queue import Queue, open_queue
from rebond.wiring import Site, load_policy

KEYRING = Keyring({0: b"a key for these tests only"}, 0)


@dataclass
class MovedClock:
    """A clock that moves when it is told to."""

    at: datetime = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.move(seconds=seconds)

    def move(self, **time: float) -> None:
        self.at += timedelta(**time)


def make_site(data: Path, clock: MovedClock) -> Site:
    config = Config()
    return Site(data=data, config=config, policy=load_policy(config), keyring=KEYRING, clock=clock)


@dataclass
class Desk:
    """A site, its clock and its queue."""

    site: Site
    clock: MovedClock
    queue: Queue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = open_queue(self.site)

    def calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What is asked for, taken off the queue."""
        found = [(name, dict(about)) for name, about in self.queue.waiting()]
        self.queue.huey.flush()
        return sorted(found, key=str)


def make_desk(data: Path, **changes: Any) -> Desk:
    clock = MovedClock()
    return Desk(replace(make_site(data, clock), **changes), clock)
