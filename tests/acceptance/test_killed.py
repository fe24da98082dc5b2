"""A sender that is really killed, at any moment: nothing is lost, and what went twice is marked."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

PEOPLE = 200
KILLS = 3
WINDOWS = 50
QUICK = [pytest.param(seed, id=f"seed-{seed}") for seed in range(1)]
SLOW = [pytest.param(seed, id=f"seed-{seed}", marks=pytest.mark.slow) for seed in range(1, 20)]
PROGRAM = "from rebond.cli import main; main()"


class DeadlyRelay:
    """A relay that takes everything, and kills the sender at a given message."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.port = 0
        self.kill_at: int | None = None
        self.sender: subprocess.Popen[bytes] | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.update(envelope.rcpt_tos)
        if self.kill_at is not None and self.taken.total() >= self.kill_at and self.sender:
            self.kill_at = None
            os.kill(self.sender.pid, signal.SIGKILL)
        return "250 2.0.0 taken"


@pytest.fixture
def relay() -> Iterator[DeadlyRelay]:
    handler = DeadlyRelay()
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


class Site:
    """A data directory with its own database, used through the command line."""

    def __init__(self, folder: Path, *, port: int, database: str) -> None:
        self.folder, self.database = folder, database
        url = f"smtp://127.0.0.1:{port}?tls=none"
        self.environment = {**os.environ, "REBOND_DATA": str(folder / "data"), "REBOND_SMTP_URL": url}
        self.environment.pop("REBOND_DATABASE_URL", None)
        if database:
            self.environment["REBOND_DATABASE_URL"] = database

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, *arguments]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def lines(self, *arguments: str) -> list[Any]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (arguments, err.decode())
        return [json.loads(line) for line in out.splitlines()]

    def end_leases(self) -> None:
        """What five minutes would do: the dead worker's claims run out."""
        statement = "UPDATE message SET lease_until = '2020-01-01 00:00:00+00:00' WHERE lease_until IS NOT NULL"
        if not self.database:
            with sqlite3.connect(self.folder / "data" / "rebond.sqlite3", timeout=20) as connection:
                connection.execute(statement.replace("+00:00", ""))
            return
        import psycopg

        with psycopg.connect(self.database) as other:
            other.execute(statement)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database of this test alone; empty for SQLite."""
    if request.param == "sqlite":
        yield ""
        return
    url = os.environ.get("REBOND_TEST_POSTGRES_URL")
    if not url:
        pytest.skip("there is no PostgreSQL")
    import psycopg

    name = f"killed_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("seed", [*QUICK, *SLOW])
def test_a_killed_sender_loses_nothing(seed: int, database: str, tmp_path: Path, relay: DeadlyRelay) -> None:
    chance = random.Random(seed)
    site = Site(tmp_path, port=relay.port, database=database)
    people = [f"p{number}@example.org" for number in range(PEOPLE)]
    (tmp_path / "people.csv").write_text("id,email\n" + "".join(f"{p},{p}\n" for p in people), "utf-8")
    (tmp_path / "text.txt").write_text("Hello {{ email }}, {{ unsubscribe_url }}", "utf-8")
    site.lines("init")
    site.lines("profiles", "import", str(tmp_path / "people.csv"))
    options = ["--channel", "email", "--from", "Shop <news@shop.example>", "--subject", "S"]
    site.lines("delivery", "create", "--name", "N", *options, "--text-file", str(tmp_path / "text.txt"))
    site.lines("delivery", "prepare", "1")
    for _ in range(KILLS):
        relay.kill_at = relay.taken.total() + chance.randrange(1, PEOPLE // KILLS)
        relay.sender = site.start("delivery", "send", "1")
        relay.sender.communicate(timeout=120)
        assert relay.sender.returncode == -signal.SIGKILL
        report = site.lines("delivery", "report", "1")[0]
        assert report["reconciled"]
        site.end_leases()
    site.lines("delivery", "send", "1")
    report = site.lines("delivery", "report", "1")[0]
    assert (report["delivered"], report["pending"], report["reconciled"]) == (PEOPLE, 0, True)
    assert set(relay.taken) == set(people)
    log = site.lines("delivery", "log", "1")
    uncertain = {row["address"] for row in log if row["uncertain"]}
    twice = {address for address, times in relay.taken.items() if times > 1}
    assert twice <= uncertain
    assert len(uncertain) <= WINDOWS * KILLS
