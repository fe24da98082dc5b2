"""The mail servers that `tools/fetch-mail-servers` fetched, and the processes that run them."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.missing import missing
from tests.waiting import until

FETCHED = Path(__file__).parents[2] / "build" / "mail-servers"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
# Ends a server when the test's process is gone, however it ended: its end of the pipe is then closed.
GUARD = 'read -r _; kill -s TERM -- "-$1"; sleep 2; kill -s KILL -- "-$1"'


def fetched(package: str) -> Path:
    """The folder that a package was unpacked to; without it the test is skipped, and under CI=true it fails."""
    if os.geteuid() != 0:
        missing("mail servers give up the rights of root, and so need to be started by root")
    if not (FETCHED / package).is_dir():
        missing(f"there is no {package}: run tools/fetch-mail-servers")
    return FETCHED / package


@contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """A folder that any user may enter: pytest's own are closed to the users that mail servers run as."""
    folder = Path(tempfile.mkdtemp(prefix=f"rebond-{name}-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answers(port: int) -> bool:
    """Tell whether somebody greets on a port of the loopback interface."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        return connection.recv(3) == b"220"
    return False


@contextmanager
def guarded(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """See to it that a process group ends with this process, should it be killed within the block."""
    command = ["sh", "-c", GUARD, "guard", str(server.pid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:
        try:
            yield
        finally:
            guard.kill()


@contextmanager
def running(command: Sequence[str | Path], *, environment: Mapping[str, str], log: Path, port: int) -> Iterator[None]:
    """Run a mail server for the block, with all its children; its log is shown when it does not start."""
    with log.with_suffix(".out").open("wb") as out:
        server = subprocess.Popen(
            command,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(
            lambda: answers(port) or server.poll() is not None,
            within=START_SECONDS,
            what=lambda: f"{command[0]} does not answer:\n{_told(log)}",
        )
        if server.poll() is not None:
            pytest.fail(f"{command[0]} ended by itself:\n{_told(log)}")
        with guarded(server):
            yield
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _told(log: Path) -> str:
    parts = [path.read_text("utf-8", "replace")[-4000:] for path in (log.with_suffix(".out"), log) if path.exists()]
    return "\n".join(parts)
