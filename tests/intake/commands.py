"""Runs `rebond` as a person or a mail server does: in a process of its own."""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any
from urllib.parse import urlsplit

from tests.databases import ON_POSTGRESQL, own_database

PROGRAM = "from rebond.cli import main; main()"


def environment(data: Path | None = None, **more: str) -> dict[str, str]:
    """What a command finds: no setting that these tests were started with, but where its data is, and more."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REBOND_")}
    site = {} if data is None else {"REBOND_DATA": str(data), "REBOND_BOUNCE_DOMAIN": "bounce.example"}
    return {**kept, **site, **more}


def rebond(data: Path, *arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end, in a process of its own."""
    return _server().run([str(argument) for argument in arguments], environment(data), given)


class _Server:
    """The program that forks commands (see command_server.py)."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair()
        command = [sys.executable, str(Path(__file__).with_name("command_server.py")), str(theirs.fileno())]
        self._process = subprocess.Popen(command, env=environment(), pass_fds=[theirs.fileno()])
        theirs.close()
        self._channel.settimeout(90)

    def run(
        self, arguments: list[str], environment: dict[str, str], given: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        with TemporaryFile() as taken, TemporaryFile() as out, TemporaryFile() as err:
            taken.write(given)
            taken.seek(0)
            asked = json.dumps({"arguments": arguments, "environment": environment}).encode()
            socket.send_fds(self._channel, [asked], [taken.fileno(), out.fileno(), err.fileno()])
            code = int(self._channel.recv(64))
            for file in (out, err):
                file.seek(0)
            return subprocess.CompletedProcess(arguments, code, out.read(), err.read())

    def end(self) -> None:
        self._channel.close()
        self._process.wait(60)


@cache
def _server() -> _Server:
    server = _Server()
    atexit.register(server.end)
    return server


@contextmanager
def site(data: Path) -> Iterator[Path]:
    """Make a site for the block, with a database of its own: on the server when these tests are for PostgreSQL."""
    model, url = _model()
    shutil.copytree(model, data)
    with own_database(like=urlsplit(url).path[1:]) if url else nullcontext("") as own:
        if own:
            settings = data / "rebond.toml"
            settings.write_text(settings.read_text().replace(url, own))
        yield data


@cache
def _model() -> tuple[Path, str]:
    """Make the site that the others are copies of: its tables made, its rules compiled; gives its database."""
    kept = ExitStack()
    atexit.register(kept.close)
    data = Path(kept.enter_context(TemporaryDirectory(prefix="rebond-tests-"))) / "data"
    url = kept.enter_context(own_database()) if ON_POSTGRESQL else ""
    if url:
        data.mkdir()
        text = files("rebond.data").joinpath("rebond.toml").read_text("utf-8")
        (data / "rebond.toml").write_text(text.replace('# url = ""', f"url = {json.dumps(url)}", 1))
    made = answer(data, "init")
    assert (made["data"], made["database"]) == (str(data), "postgresql" if url else "sqlite")
    answer(data, "intake", "events", "-")
    return data, url


def answer(data: Path, *arguments: str | Path, given: bytes = b"", code: int = 0) -> Any:
    """Run a command that prints one line of JSON, and return it."""
    done = rebond(data, *arguments, given=given)
    assert done.returncode == code, done.stderr.decode()
    return json.loads(done.stdout)


def rows(data: Path, *arguments: str | Path) -> list[Any]:
    """Run a command that prints JSON Lines, and return them."""
    done = rebond(data, *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def lmtp(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the LMTP listener on a free port, for the block; gives the process and the port."""
    command = [sys.executable, "-c", PROGRAM, "intake", "lmtp", "--listen", "127.0.0.1:0", *options]
    with subprocess.Popen(command, env=environment(data), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.stderr.read().decode() if process.stderr else ""
            yield process, int(json.loads(line)["listening"].rpartition(":")[2])
        finally:
            process.kill()
