"""A Redis of one's own on a free port of the loopback interface, with a password, that keeps nothing on disk."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.missing import missing
from tests.receiving import free_port
from tests.waiting import until

_PASSWORD = "hush"
# Debian ships the server twice: `redis-server` starts a service of the machine, `redis-tools` has the same program.
_PROGRAMS = ("redis-server", "valkey-server", "redis-check-rdb")


@dataclass
class RedisServer:
    """Started and killed at will; it comes back empty at the same address."""

    folder: Path
    port: int = field(default_factory=free_port)
    running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{_PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        settings = {"bind": "127.0.0.1", "port": self.port, "requirepass": _PASSWORD, "save": "", "dir": self.folder}
        options = [str(part) for name, value in settings.items() for part in (f"--{name}", value)]
        program = _program(self.folder)
        self.running = subprocess.Popen(
            [program, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._answers, what=lambda: "Redis did not start")

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self.running.wait(60)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis for the block."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _program(folder: Path) -> Path:
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        missing("Redis is not here: its tests need redis-server, or redis-tools on Debian")
    named = folder / "redis-server"  # by this name it knows that it is a server
    if not named.is_symlink():
        os.symlink(os.path.realpath(found), named)
    return named
