"""A site whose parts run as processes of their own, with a relay that counts what it takes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rebond.config import database_url, load_config
from tests.intake.commands import PROGRAM, environment, site
from tests.receiving import free_port, receiving
from tests.waiting import until

BEGIN = """
import sys
from pathlib import Path
from rebond.wiring import open_site
site = open_site(Path(sys.argv[1]))
from rebond.services.prepare import begin_preparing
from rebond.services.send import begin_sending
{"prepare": begin_preparing, "send": begin_sending}[sys.argv[2]](int(sys.argv[3]), now=site.clock.now(), actor="test")
"""


@dataclass
class CountingRelay:
    """Takes everything, and counts for each recipient."""

    taken: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        with self.lock:
            self.taken.update(envelope.rcpt_tos)
        return "250 2.0.0 taken"


@dataclass
class ServedSite:
    """One site: `start` runs a part of it, whose errors go to a file."""

    data: Path
    relay: CountingRelay
    relay_port: int
    web_port: int = field(default_factory=free_port)
    intake_port: int = field(default_factory=free_port)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return environment(
            self.data,
            REBOND_SMTP_URL=f"smtp://127.0.0.1:{self.relay_port}?tls=none",
            REBOND_WEB__PORT=str(self.web_port),
            REBOND_INTAKE__LMTP__LISTEN=f"127.0.0.1:{self.intake_port}",
            **self.more,
        )

    @property
    def log(self) -> Path:
        return self.data.with_suffix(".log")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *arguments], env=self.environment, stdout=file, stderr=file
            )
        self.running.append(process)
        return process

    def run(self, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments], env=self.environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None

    def begin(self, what: str, delivery: int) -> None:
        subprocess.run(
            [sys.executable, "-c", BEGIN, str(self.data), what, str(delivery)], env=self.environment, check=True
        )

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement with a connection of one's own."""
        url = database_url(load_config(self.data, environ={}), data=self.data)
        if url.startswith("sqlite"):
            path = self.data / "rebond.sqlite3"
            with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
                return connection.execute(statement).fetchall()
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str) -> Any:
        found = self.rows(statement)
        return found[0][0] if found else None

    def let_time_pass(self) -> None:
        """Do what time would do: what the dead held runs out."""
        self.rows("UPDATE message SET lease_until = '2020-01-01 00:00:00' WHERE lease_until IS NOT NULL")
        self.rows("UPDATE job_hold SET until = '2020-01-01 00:00:00' WHERE until IS NOT NULL")

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(30)


@contextmanager
def served_site(folder: Path) -> Iterator[ServedSite]:
    """Make a site for the block; all of its processes end with it."""
    relay = CountingRelay()
    with receiving(relay) as port, site(folder / "data") as data:
        made = ServedSite(data, relay, port)
        try:
            yield made
        finally:
            for process in made.running:
                if process.poll() is None:
                    process.terminate()
            for process in made.running:
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    kill(process)


def with_people(made: ServedSite, number: int) -> int:
    """Import people and make a delivery to them, whose every message is built before sending; returns its number."""
    people = made.data.with_suffix(".csv")
    lines = "".join(f"P{n:06},p{n}@people.example\n" for n in range(number))
    people.write_text("id,email\n" + lines)
    text = made.data.with_suffix(".txt")
    text.write_text("Hello {{ email }}\n\n{{ unsubscribe_url }}\n")
    done = made.run(
        *("delivery", "create", "--name", "News", "--from", "news@shop.example", "--subject", "News"),
        *("--text-file", str(text), "--to", str(people), "--verify", "all", "--json"),
    )
    return int(done["id"])


def wait_for(made: ServedSite, statement: str, wanted: object, *, within: float = 90.0) -> None:
    until(
        lambda: made.value(statement) == wanted,
        within=within,
        what=lambda: f"{statement}: {made.value(statement)!r}, not {wanted!r}\n{made.said()[-3000:]}",
    )


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
