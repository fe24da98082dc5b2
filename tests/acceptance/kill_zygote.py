"""A program that has imported all of Rebond and forks a real process for each command: so a kill costs little.

It is asked on a socket (one line of JSON and the three files that the command writes to), and tells there the number
of the process it made, and how that ended. What is to befall the process is part of the question (see `Fate`).
"""

import gc
import importlib
import json
import os
import pkgutil
import re
import resource
import select
import signal
import socket
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

_READS = re.compile(r"\s*(SELECT|SAVEPOINT|RELEASE|ROLLBACK|PRAGMA|SET|CREATE TEMP|EXPLAIN|SHOW)\b", re.IGNORECASE)
TALLY = 3


class Fate:
    """Counts the places where a kill may find a writer, before and after each write and commit; kills at one."""

    def __init__(self, place: int | None) -> None:
        self.place = place
        self.passed = 0
        self._lock = threading.Lock()

    def pass_by(self) -> None:
        with self._lock:
            if self.passed == self.place:
                os.kill(os.getpid(), signal.SIGKILL)
            self.passed += 1

    def install(self) -> None:
        """Watch Django's cursors and connections, of every thread."""
        from django.db.backends.base.base import BaseDatabaseWrapper
        from django.db.backends.utils import CursorWrapper

        for owner, name in ((CursorWrapper, "_execute"), (CursorWrapper, "_executemany")):
            setattr(owner, name, self._watched(getattr(owner, name), statement=True))
        BaseDatabaseWrapper._commit = self._watched(BaseDatabaseWrapper._commit, statement=False)  # type: ignore[method-assign]

    def _watched(self, plain: Any, *, statement: bool) -> Any:
        def watched(owner: Any, *given: Any) -> Any:
            if statement and _READS.match(str(given[0])):
                return plain(owner, *given)
            self.pass_by()
            done = plain(owner, *given)
            self.pass_by()
            return done

        return watched


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    _preload()
    channel.sendall(b'{"ready": true}\n')
    wake_read, wake_write = os.pipe()
    for end in (wake_read, wake_write):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    while True:
        ready, _, _ = select.select([channel, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
            _reap(children, channel)
        if channel in ready:
            asked, files, _, _ = socket.recv_fds(channel, 1 << 16, 3)
            if not asked:
                break
            child = os.fork()
            if not child:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                channel.close()
                _live(json.loads(asked), files)
            for file in files:
                os.close(file)
            children.add(child)
            channel.sendall(json.dumps({"pid": child}).encode() + b"\n")
    for child in children:
        os.kill(child, signal.SIGKILL)


def _reap(children: set[int], channel: socket.socket) -> None:
    for child in tuple(children):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            children.discard(child)
            code = os.waitstatus_to_exitcode(status)
            channel.sendall(json.dumps({"pid": child, "code": code}).encode() + b"\n")


def _preload() -> None:
    """Make the site, so that Django knows its database, and import what any command could."""
    import rebond
    from rebond import packs
    from rebond.store.connect import disconnect
    from rebond.wiring import init_site

    site = init_site(Path(os.environ["REBOND_DATA"]))
    for found in pkgutil.walk_packages(rebond.__path__, "rebond."):
        if not found.name.endswith(("__main__", "store.settings", "site.wsgi")):  # the last one serves at once
            importlib.import_module(found.name)
    for name in ("uvloop", "aiosmtpd.lmtp", "rich.console", "rich.progress", "jinja2", "dns.resolver"):
        importlib.import_module(name)
    load = packs.load_qualifier
    # No command decides rules here, so one qualifier serves all.
    shipped = cache(load)
    packs.load_qualifier = lambda **_: shipped()
    _ = site.qualifier
    disconnect()
    gc.collect()
    gc.freeze()


def _live(asked: dict[str, Any], files: list[int]) -> None:
    """Be the command; never returns."""
    from rebond.store.connect import disconnect

    for number, file in enumerate(files, 1):
        os.dup2(file, number)
    os.environ.update(asked["environment"])
    fate = Fate(asked.get("place"))
    fate.install()
    _limit(asked)
    sys.argv = ["rebond", *asked["arguments"]]
    code = 70
    try:
        from rebond.cli import main as command

        command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    os.write(TALLY, str(fate.passed).encode())
    disconnect()  # the end of an interpreter would
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _limit(asked: dict[str, Any]) -> None:
    """Bound what this process does, so that a small site shows what a large one would."""
    from django.conf import settings

    from rebond.services import database_thread
    from rebond.services.settle import Settler

    if "batch" in asked:
        Settler.settle.__kwdefaults__["limit"] = asked["batch"]
    if "patience" in asked:
        database_thread._PATIENCE = tuple(asked["patience"])
    if "busy" in asked:
        for database in settings.DATABASES.values():
            database["OPTIONS"]["timeout"] = asked["busy"]
    if "deadly_size" in asked:
        # The write that makes a file larger is done up to here, and ends the process.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["deadly_size"], resource.RLIM_INFINITY))
    if "full_size" in asked:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["full_size"], resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
