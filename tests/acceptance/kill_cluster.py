"""A PostgreSQL of a test's own that keeps its promises at a crash, and can be restarted under load."""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

TOOL = Path(__file__).parents[2] / "tools" / "with-postgres"
# An acknowledged commit survives a crash of the server; that of the machine is not tried here.
_SETTINGS = {"synchronous_commit": "on", "max_connections": "50"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server: `url` is that of its database `postgres`."""

    url: str
    _folder: Path
    _tool: Any

    def restart(self, how: str) -> None:
        """Restart it: `fast` ends every connection, `immediate` is a crash, after which it recovers."""
        self._control("restart", "-m", how)

    def stop(self, how: str) -> None:
        self._control("stop", "-m", how)

    def start(self) -> None:
        self._control("start")

    def _control(self, *words: str) -> None:
        user = self._tool.unprivileged_user()
        command = [self._tool.find_programs() / "pg_ctl", *words, "-w", "-D", self._folder / "data"]
        # What it was started with is in its data directory; `start` needs it spelt out.
        if words[0] == "start":
            options = (self._folder / "data" / "postmaster.opts").read_text().split(maxsplit=1)[1]
            command += ["-o", options]
        if words[0] != "stop":
            command += ["-l", self._folder / "data" / "log-of-restarts"]
        subprocess.run(
            command,
            cwd=self._folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


@contextmanager
def cluster() -> Iterator[Cluster | None]:
    """Run a server in a folder of its own; None where there is no PostgreSQL."""
    tool = _load()
    try:
        programs = tool.find_programs()
    except tool.UnavailableError:
        yield None
        return
    tool.SETTINGS = {**tool.SETTINGS, **_SETTINGS}
    folder = Path(tempfile.mkdtemp(prefix="rebond-restarted-", dir="/tmp" if Path("/tmp").is_dir() else None))
    try:
        server, url = tool.start(folder, programs)
        found = Cluster(url, folder, tool)
        try:
            yield found
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                found.stop("immediate")
            tool.stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _load() -> Any:
    loader = SourceFileLoader("with_postgres", str(TOOL))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module
