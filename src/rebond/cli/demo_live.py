"""The console of the demonstration: served by this process, while the simulated world's time runs."""

import asyncio
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rebond.cli.loops import loop_factory
from rebond.cli.output import say, to_json
from rebond.core.words import Role

if TYPE_CHECKING:
    from datetime import datetime

    from rebond.simulate.clock import SteppedClock
    from rebond.simulate.live import Stand
    from rebond.simulate.world import World
    from rebond.wiring import Site

HOST = "127.0.0.1"
PERSON = "demo"
# A second of real time is so many of the world: five days take about four minutes.
_SPEED = 2000.0
# Seconds that the relay takes for one message: so that sending can be watched.
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Console:
    """Where the console is, and how one signs in."""

    url: str
    password: str


def make_person(now: "datetime") -> str:
    """Make an administrator whose password is not known before; returns it."""
    from rebond.services.users import create_user
    from rebond.web.links import give_password

    password = "-".join(secrets.token_hex(2) for _ in range(4))
    create_user(PERSON, role=Role.ADMINISTRATOR, now=now, actor="demo")
    give_password(PERSON, password)
    return password


@contextmanager
def serving(site: "Site", *, port: int) -> Iterator[str]:
    """Serve the console of a site from threads of this process, for the block; gives its address."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    from rebond.web.current import serve

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any, **__: Any) -> None:
            """Say nothing: the terminal shows the world."""

    serve(site)
    server = ThreadedWSGIServer((HOST, port), Quiet)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, name="rebond-web", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def free_port(wanted: int) -> int:
    """Return the port that is wanted, or one that is free where somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def play_live(
    site: "Site",
    *,
    world: "World",
    clock: "SteppedClock",
    port: int,
    seconds: float | None,
    until_quiet: bool,
    on_look: "Callable[[Stand], None]",
) -> None:
    """Let the world's time run beside the console until a signal ends it, `seconds` have passed, or all is quiet."""
    password = make_person(clock.now())
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(
            _play(
                site,
                world=world,
                clock=clock,
                port=port,
                password=password,
                seconds=seconds,
                until_quiet=until_quiet,
                on_look=on_look,
            )
        )


async def _play(
    site: "Site",
    *,
    world: "World",
    clock: "SteppedClock",
    port: int,
    password: str,
    seconds: float | None,
    until_quiet: bool,
    on_look: "Callable[[Stand], None]",
) -> None:
    from contextlib import ExitStack

    from rebond.simulate.live import live

    ending, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.set)
    if seconds is not None:
        loop.call_later(seconds, ending.set)
    with ExitStack() as stack:

        def opened(found: "Site") -> None:
            url = stack.enter_context(serving(found, port=port))
            announce(Console(url, password))

        def looked(stand: "Stand") -> None:
            on_look(stand)
            if until_quiet and stand.quiet:
                ending.set()

        await live(
            site,
            world=world,
            clock=clock,
            speed=_SPEED,
            pause=_PAUSE,
            ending=ending,
            opened=opened,
            on_look=looked,
        )


def announce(console: Console) -> None:
    """Say where the console is; to a program, as a line of JSON."""
    if not sys.stdout.isatty():
        sys.stdout.write(to_json({"console": console.url, "user": PERSON, "password": console.password}) + "\n")
        sys.stdout.flush()
    say("")
    say(f"  The console is at  {console.url}")
    say(f"  Sign in as         {PERSON}")
    say(f"  with the password  {console.password}")
    say("")


def day_of(first: "datetime", stand: "Stand") -> str:
    """Say where the world's time stands."""
    hours = (stand.now - first).total_seconds() / 3600
    if stand.quiet:
        return f"day {hours / 24:.1f}: all has been sent and has come back; the console stays open until Ctrl-C"
    return f"day {hours / 24:.1f} of about 5: {stand.under_way} returns under way; Ctrl-C ends it"
