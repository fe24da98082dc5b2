"""A site of Rebond's own, driven as its operator does: by the command line, one process each."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rebond.core.tokens import Keyring, find, read
from tests.intake.commands import PROGRAM, environment
from tests.mail_servers.documented import BOUNCE_DOMAIN
from tests.mail_servers.programs import guarded
from tests.waiting import until

OPTIONS = ("--channel", "email", "--from", "Shop <news@shop.example>", "--subject", "News for {{ email }}")
TEXT = "Hello {{ email }}, here is what is new: everything.\n\n{{ unsubscribe_url }}\n"


class Site:
    """A data directory with its own database."""

    def __init__(self, folder: Path, *, database: str = "") -> None:
        self.folder = folder
        self.environment = environment(folder / "data", REBOND_BOUNCE_DOMAIN=BOUNCE_DOMAIN)
        if database:
            self.environment["REBOND_DATABASE_URL"] = database

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self.environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )

    def run(self, *arguments: str | Path, given: bytes = b"") -> tuple[int, str, str]:
        """Run a command to its end: its code, output and errors."""
        with self.start(*arguments) as process:
            out, err = process.communicate(given, timeout=300)
        return process.returncode, out.decode(), err.decode()

    def lines(self, *arguments: str | Path) -> list[Any]:
        """Run a command that must succeed; its JSON Lines."""
        code, out, err = self.run(*arguments)
        assert code == 0, (arguments, err)
        return [json.loads(line) for line in out.splitlines()]

    def one(self, *arguments: str | Path) -> Any:
        (line,) = self.lines(*arguments)
        return line

    def create_delivery(self, people: list[str] | None = None) -> str:
        """Make a delivery to everybody, after importing the people when they are given; its number."""
        if people is not None:
            file = self.folder / "people.csv"
            file.write_text("id,email\n" + "".join(f'"{one}","{one}"\n' for one in people), "utf-8")
            assert self.one("profiles", "import", file)["rejected"] == []
        text = self.folder / "text.txt"
        text.write_text(TEXT, "utf-8")
        return str(self.one("delivery", "create", "--name", "News", *OPTIONS, "--text-file", text)["id"])

    @contextmanager
    def listening(self, port: int = 0) -> Iterator[int]:
        """Run the LMTP listener for the block; gives its port. It must end by itself when it is asked to."""
        with self.start("intake", "lmtp", "--listen", f"127.0.0.1:{port}") as listener:
            try:
                assert listener.stdout is not None
                line = listener.stdout.readline()
                assert line, listener.stderr.read().decode() if listener.stderr else ""
                with guarded(listener):
                    yield int(json.loads(line)["listening"].rpartition(":")[2])
                listener.terminate()
                _, err = listener.communicate(timeout=30)
                assert listener.returncode == 0, err.decode()
            finally:
                listener.kill()

    def wait_until_settled(self, *, within: float) -> list[Any]:
        """Wait until no return that is stored waits to be settled; all of them."""
        until(
            lambda: not self.lines("returns", "list", "--state", "stored"),
            within=within,
            what=lambda: "returns still wait to be settled",
        )
        return self.lines("returns", "list")

    def message_of(self, recipient: str) -> int:
        """The message that the signed return path names."""
        (token,) = find([recipient])
        keys = tomllib.loads((self.folder / "data" / "secrets.toml").read_text("utf-8"))["tokens"]
        keyring = Keyring({int(number): bytes.fromhex(key) for number, key in keys["keys"].items()}, keys["current"])
        reading = read(token, keyring=keyring, today=datetime.now(UTC).date())
        assert reading.problem is None
        assert reading.message is not None
        return reading.message
