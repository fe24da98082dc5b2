"""Runs `rebond` as a person or a mail server does: in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.resources import files
from pathlib import Path
from typing import Any

from tests.databases import ON_POSTGRESQL, own_database

PROGRAM = "from rebond.cli import main; main()"


def environment(data: Path | None = None, **more: str) -> dict[str, str]:
    """What a command finds: no setting that these tests were started with, but where its data is, and more."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REBOND_")}
    site = {} if data is None else {"REBOND_DATA": str(data), "REBOND_BOUNCE_DOMAIN": "bounce.example"}
    return {**kept, **site, **more}


def rebond(
    data: Path, *arguments: str | Path, given: bytes = b"", **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(
        command, env=environment(data), input=given, capture_output=True, check=False, timeout=60, **options
    )


@contextmanager
def site(data: Path) -> Iterator[Path]:
    """Make a site for the block, with a database of its own: on the server when these tests are for PostgreSQL."""
    with own_database() if ON_POSTGRESQL else nullcontext("") as url:
        if url:
            data.mkdir()
            text = files("rebond.data").joinpath("rebond.toml").read_text("utf-8")
            (data / "rebond.toml").write_text(text.replace('# url = ""', f"url = {json.dumps(url)}", 1))
        made = answer(data, "init")
        assert (made["data"], made["database"]) == (str(data), "postgresql" if url else "sqlite")
        yield data


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
