"""A site whose commands run in processes of their own that may be killed, and whose databases are put back quickly."""

import json
import os
import selectors
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.intake.commands import environment

ZYGOTE = Path(__file__).with_name("kill_zygote.py")
BOUNCE_DOMAIN = "bounce.example"
_LONG = 60.0
_FILES = ("rebond.sqlite3", "rebond-returns.sqlite3")
_DURABLE = ("returned_mail", "raw_mail")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended: its exit code (below zero: the signal), what it printed, and the places it passed."""

    code: int
    out: str
    err: str
    places: int

    @property
    def lines(self) -> list[Any]:
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def killed(self) -> bool:
        return self.code in (-signal.SIGKILL, -signal.SIGXFSZ)


class Zygote:
    """The parent of all commands of one data directory (see kill_zygote.py)."""

    def __init__(self, environment: dict[str, str]) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, str(ZYGOTE), str(theirs.fileno())]
        self._process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()])
        theirs.close()
        self._channel = ours
        self._unread = b""
        self._ended: dict[int, int] = {}
        assert self._next(time.monotonic() + _LONG).get("ready")

    def fork(self, question: dict[str, Any], files: Sequence[int]) -> int:
        socket.send_fds(self._channel, [json.dumps(question).encode()], list(files))
        while "code" in (said := self._next(time.monotonic() + _LONG)):
            self._ended[said["pid"]] = said["code"]
        return said["pid"]

    def ended(self, pid: int, seconds: float) -> int | None:
        """Wait for a process's exit code; None when it has not ended in time."""
        deadline = time.monotonic() + seconds
        while pid not in self._ended:
            said = self._next(deadline)
            if not said:
                return None
            self._ended[said["pid"]] = said["code"]
        return self._ended[pid]

    def close(self) -> None:
        self._channel.close()
        self._process.wait(_LONG)

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\n" not in self._unread:
            with selectors.DefaultSelector() as ready:
                ready.register(self._channel, selectors.EVENT_READ)
                if not ready.select(max(0.0, deadline - time.monotonic())):
                    return {}
            got = self._channel.recv(1 << 16)
            assert got, "the parent of all commands is gone"
            self._unread += got
        line, _, self._unread = self._unread.partition(b"\n")
        said: dict[str, Any] = json.loads(line)
        return said


@dataclass
class Running:
    """A command that runs."""

    zygote: Zygote
    pid: int
    files: list[Any]

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._over = False

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal, from any thread; none to a process whose end is known."""
        with self._lock, suppress(ProcessLookupError):
            if not self._over:
                os.kill(self.pid, number)

    def wait(self, seconds: float = _LONG) -> Done | None:
        """Wait for its end; None when it has not come in time."""
        code = self.zygote.ended(self.pid, seconds)
        if code is None:
            return None
        with self._lock:
            self._over = True
        out, err, tally = (_text(file) for file in self.files)
        for file in self.files:
            file.close()
        return Done(code, out, err, int(tally or 0))

    def end(self, *, after: float = _LONG, by: int = signal.SIGKILL) -> Done:
        """Wait for its end, and after that time bring it about."""
        done = self.wait(after)
        if done is None:
            self.kill(by)
            done = self.wait()
        assert done is not None, "it does not end"
        return done

    def port(self) -> int | None:
        """Read the port that a listener announces; None when it ended before."""
        deadline = time.monotonic() + _LONG
        while time.monotonic() < deadline:
            if (said := _text(self.files[0])).endswith("\n"):
                return int(json.loads(said)["listening"].rpartition(":")[2])
            if self.zygote.ended(self.pid, 0.002) is not None and not _text(self.files[0]):
                return None
        raise AssertionError("it does not listen")

    def said(self) -> str:
        """Return what it has said on standard error so far."""
        return _text(self.files[1])


def _text(file: Any) -> str:
    return os.pread(file.fileno(), 1 << 24, 0).decode()


@dataclass
class KillSite:
    """One data directory with its own database; `url` is empty for SQLite. Kept states are put back by name."""

    folder: Path
    url: str
    relay_port: int
    zygote: Zygote = field(init=False)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self._environment = {
            "REBOND_DATA": str(self.data),
            "REBOND_SMTP_URL": f"smtp://127.0.0.1:{self.relay_port}?tls=none",
            "REBOND_BOUNCE_DOMAIN": BOUNCE_DOMAIN,
            **({"REBOND_DATABASE_URL": self.url} if self.url else {}),
        }
        self.zygote = Zygote(environment(**self._environment))

    def start(self, *arguments: str | Path, **fate: Any) -> Running:
        files = [tempfile.TemporaryFile(dir=self.folder) for _ in range(3)]  # noqa: SIM115
        question = {"arguments": [*map(str, arguments)], "environment": self._environment, **fate}
        return Running(self.zygote, self.zygote.fork(question, [file.fileno() for file in files]), files)

    def run(self, *arguments: str | Path, **fate: Any) -> Done:
        return self.start(*arguments, **fate).end()

    def listen(self, *options: str, **fate: Any) -> Running:
        return self.start("intake", "lmtp", "--listen", "127.0.0.1:0", *options, **fate)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read with a connection of one's own; tables of returns are found where they are."""
        with self._connected(returns=any(name in query for name in _DURABLE)) as connection:
            return [tuple(row) for row in connection.execute(query).fetchall()]

    def write(self, statement: str) -> None:
        with self._connected(returns=any(name in statement for name in _DURABLE)) as connection:
            connection.execute(statement)
            connection.commit()

    def after_five_minutes(self) -> None:
        """Do what time would do: the claims of the dead run out."""
        for table in ("message", "returned_mail"):
            self.write(f"UPDATE {table} SET lease_until = '2020-01-01 00:00:00' WHERE lease_until IS NOT NULL")

    @contextmanager
    def _connected(self, *, returns: bool) -> Iterator[Any]:
        if self.url:
            import psycopg

            with psycopg.connect(self.url, options="-c TimeZone=UTC") as connection:
                yield connection
            return
        with closing(sqlite3.connect(self.data / _FILES[returns], timeout=20)) as file:
            yield file

    def keep(self, name: str) -> None:
        """Keep the databases as they are; no command runs."""
        if not self.url:
            for file in _FILES:
                assert not (self.data / f"{file}-wal").exists(), "somebody has not closed it"
                shutil.copy(self.data / file, self.folder / f"{name}-{file}")
            return
        self._on_server(f'CREATE DATABASE "{self._kept(name)}" TEMPLATE "{self._name}"')

    def put_back(self, name: str) -> None:
        """Put the databases back as they were kept; no command runs."""
        if not self.url:
            for file in _FILES:
                for ending in ("", "-wal", "-shm"):
                    (self.data / (file + ending)).unlink(missing_ok=True)
                shutil.copy(self.folder / f"{name}-{file}", self.data / file)
            return
        self._on_server(f'DROP DATABASE "{self._name}" WITH (FORCE)')
        self._on_server(f'CREATE DATABASE "{self._name}" TEMPLATE "{self._kept(name)}" STRATEGY FILE_COPY')

    @property
    def _name(self) -> str:
        return urlsplit(self.url).path[1:]

    def _kept(self, name: str) -> str:
        return f"{self._name}_{name}"

    def _on_server(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(urlunsplit(urlsplit(self.url)._replace(path="/postgres")), autocommit=True) as server:
            server.execute(statement)
