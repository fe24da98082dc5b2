"""A program that has imported what all commands import, and forks a process of its own for each that it is asked for.

Most of the time of a short command is spent on imports. Nothing of a site is opened here, so each command does all the
rest by itself, as in a process begun anew. It is asked on a socket: a line of JSON and the command's three files.
"""

import importlib
import json
import os
import socket
import sys
from typing import Any

# Only what asks for no site: the models need a database to be named before they are imported.
_IMPORTED = (
    *("rebond.cli.app", "rebond.wiring", "rebond.web_settings", "rebond.packs", "rebond.core.qualifier"),
    *("typer", "rich.console", "rich.table", "rich.progress", "jinja2.sandbox", "pydantic", "phonenumbers"),
    *("django.db.models", "django.db.backends.sqlite3.base", "django.core.management.commands.migrate"),
    *("django.template.engine", "django.core.handlers.wsgi", "huey", "rapidfuzz.process", "prometheus_client"),
    *("psycopg", "django.db.backends.postgresql.base", "hyperscan", "aiosmtplib", "uvloop"),
)


def main() -> None:
    """Answer one question after the other until nobody asks any more."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    for name in _IMPORTED:
        importlib.import_module(name)
    while True:
        asked, files, _, _ = socket.recv_fds(channel, 1 << 20, 3)
        if not asked:
            return
        child = os.fork()
        if not child:
            channel.close()
            _be(json.loads(asked), files)
            return
        for file in files:
            os.close(file)
        _, status = os.waitpid(child, 0)
        channel.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _be(asked: dict[str, Any], files: list[int]) -> None:
    """Be the command, to the ordinary end of an interpreter."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["-c", *asked["arguments"]]
    from rebond.cli import main as command

    command()


if __name__ == "__main__":
    main()
