"""The queue of wake-up calls (Huey): a file beside SQLite, tables beside PostgreSQL, or Redis."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.exceptions import ConfigurationError
from huey.registry import Message
from huey.serializer import Serializer

from rebond.config import ConfigError, database_url
from rebond.core.said import said
from rebond.wiring import Site

QUEUE_FILE = "queue.sqlite3"
_NAME = "rebond"
# Past so many calls nobody listens: one more says nothing new.
MOST_WAITING = 10_000
Ask = tuple[str, tuple[tuple[str, int | str], ...]]


class _Json(Serializer):  # type: ignore[misc]
    """Calls as JSON: whoever can write to the queue must not run code here, as pickle would let them."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


class Queue:
    """Where wake-up calls are put and taken from."""

    def __init__(self, huey: Huey) -> None:
        self.huey = huey
        self._taken: Callable[[str, Mapping[str, int | str]], None] | None = None
        self._wake = huey.task(name="wake")(self._called)

    def take(self, taken: Callable[[str, Mapping[str, int | str]], None]) -> None:
        """Name what is told the name and the subject of each call that this process takes."""
        self._taken = taken

    @property
    def waits(self) -> bool:
        """Tell whether `run_next` waits a little for a call by itself."""
        return bool(getattr(self.huey.storage, "blocking", False))

    def run_next(self) -> bool:
        """Take a call and run what it is about; false when there is none."""
        task = self.huey.dequeue()
        if task is not None:
            self.huey.execute(task)
        return task is not None

    def put(self, name: str, about: Mapping[str, int | str]) -> None:
        """Put a call, unless so many wait that nobody can be listening."""
        if self.size() < MOST_WAITING:
            self._wake(name, dict(about))

    def waiting(self, limit: int = 1_000) -> frozenset[Ask]:
        """Return the calls that nobody has taken yet."""
        messages = self.huey.pending(limit)
        return frozenset(asked(task.args[0], task.args[1]) for task in messages)

    def size(self) -> int:
        """Count the calls that nobody has taken yet."""
        return int(self.huey.pending_count())

    def _called(self, name: str, about: Mapping[str, int | str]) -> None:
        assert self._taken is not None, "this process puts calls and takes none"
        self._taken(name, about)


def asked(name: str, about: Mapping[str, int | str]) -> Ask:
    """Return a call as a value to compare."""
    return name, tuple(sorted(about.items()))


def open_queue(site: Site) -> Queue:
    """Open a site's queue: that of `queue.url`, or else beside its database; ConfigError when it cannot be used."""
    url = site.config.queue.url or database_url(site.config, data=site.data)
    options: dict[str, Any] = {"results": False, "serializer": _Json()}
    kind = urlsplit(url).scheme
    try:
        if kind == "sqlite":
            path = Path(unquote(urlsplit(url).path)[1:]) if site.config.queue.url else site.data / QUEUE_FILE
            # A call that is lost in a power cut is made again.
            huey: Huey = SqliteHuey(_NAME, filename=str(path), fsync=False, timeout=20, **options)
        elif kind in ("postgresql", "postgres"):
            huey = PostgresHuey(_NAME, dsn=url, table_prefix="rebond_queue", **options)
        else:
            huey = RedisHuey(_NAME, url=url, **options)
    except ConfigurationError as error:
        needed = "redis" if kind.startswith(("redis", "unix")) else "postgres"
        raise ConfigError(
            said("queue.url: {error}; it needs the extra rebond[{needed}]", error=error, needed=needed)
        ) from None
    return Queue(huey)
