"""`rebond up`, and its parts for several machines: `web`, `worker`, `beat` (and `rebond intake`)."""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebond.cli.output import DataOption, data_directory, handles_errors, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rebond.jobs.supervise import Part
    from rebond.wiring import Site

_TARGET = "rebond.site.wsgi:application"
# Seconds that requests under way, and the windows and chunks at hand, have to end.
_DRAIN, _FINISH = 20, 60
# A machine that compiles the rules for the first time takes a while.
_READY = 120.0


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    for command in (up, web, worker, beat):
        app.command()(handles_errors(command))


def up(data: DataOption = None) -> None:
    """Run everything on this machine: the database brought up to date, console and API, workers, intake, timed jobs.

    The first time it makes the first administrator, and prints the link by which they set their password.
    """
    from rebond.cli.serving_start import prepare_site
    from rebond.jobs.stopping import stop_on_signals
    from rebond.jobs.supervise import Supervisor

    ending = stop_on_signals()
    folder = data_directory(data).absolute()
    site = prepare_site(folder)
    console = site.config.console_url
    supervisor = Supervisor(
        _parts(site),
        ending_order=("intake", "beat", "worker", "web"),
        environment={**os.environ, "REBOND_DATA": str(folder)},
        say=lambda text: say(f"rebond: {text}"),
    )
    supervisor.run(ending, ready=lambda: say(f"rebond: ready; the console is at {console}; Ctrl-C ends it all"))


def _parts(site: "Site") -> "Sequence[Part]":
    from rebond.jobs.supervise import Part

    def part(name: str, *command: str, end_within: float) -> Part:
        called = (sys.executable, "-m", "rebond", *command)
        return Part(name=name, command=called, ready_within=_READY, end_within=end_within)

    workers = site.config.worker.processes
    named = ["worker"] if workers == 1 else [f"worker {number}" for number in range(1, workers + 1)]
    parts = [part("web", "web", end_within=_DRAIN + 5), *(part(name, "worker", end_within=_FINISH) for name in named)]
    if site.config.intake_address is not None:
        parts.append(part("intake", "intake", end_within=30))
    return [*parts, part("beat", "beat", end_within=10)]


def web(data: DataOption = None) -> None:
    """Serve the console and the HTTP API."""
    import multiprocessing
    import tempfile

    from granian import Granian
    from granian.constants import Interfaces

    from rebond.jobs.supervised import tell_ready

    folder = data_directory(data).absolute()
    site = _open(folder)
    os.environ["REBOND_DATA"] = str(folder)
    settings = site.config.web
    _refuse_taken(settings.host, settings.port)
    # Each process begins anew: what this one has opened is not theirs.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        _TARGET,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.processes,
        blocking_threads=settings.threads,
        workers_kill_timeout=_DRAIN,
        respawn_failed_workers=True,
        log_enabled=False,
    )
    _when_answering(settings.host, settings.port, tell_ready)
    with tempfile.TemporaryDirectory(prefix="rebond-figures-") as figures:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures  # where the processes that serve add up what they measure
        server.serve()


def _refuse_taken(host: str, port: int) -> None:
    """Say in words what the server would say in none; and what answers there would pass for ours."""
    import socket

    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OSError(
                f"{host}:{port} cannot be listened on ({error.strerror}): set web.host and web.port"
            ) from None


def _when_answering(host: str, port: int, tell: object) -> None:
    """Tell once the server answers, from a thread: it takes the main one."""
    import http.client
    import threading
    import time

    assert callable(tell)
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104

    def ask() -> None:
        while True:
            try:
                connection = http.client.HTTPConnection(near, port, timeout=5)
                connection.request("GET", "/health/live")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    tell()
                    return
            except OSError:
                pass
            time.sleep(0.1)

    threading.Thread(target=ask, name="rebond-ready", daemon=True).start()


def worker(
    threads: Annotated[
        int, typer.Option(min=0, max=64, help="Jobs done at once; 0: as configured.", show_default=False)
    ] = 0,
    data: DataOption = None,
) -> None:
    """Do background work: prepare, send, settle, timed jobs. Any number of workers, on any number of machines."""
    from rebond.jobs.stopping import stop_on_signals
    from rebond.jobs.supervised import tell_ready

    ending = stop_on_signals()
    site = _open(data_directory(data))
    from rebond.jobs.worker import work

    work(site, threads=threads or site.config.worker.threads, ending=ending, ready=tell_ready)


def beat(data: DataOption = None) -> None:
    """Wake workers for what is due, and for what was left unfinished. One is enough; several do no harm."""
    from rebond.jobs.stopping import stop_on_signals
    from rebond.jobs.supervised import tell_ready

    ending = stop_on_signals()
    site = _open(data_directory(data))
    from rebond.jobs.beat import beat as beat_on

    beat_on(site, ending=ending, ready=tell_ready)


def _open(folder: Path) -> "Site":
    from rebond.wiring import open_site

    begin_log()
    return open_site(folder)


def begin_log() -> None:
    """Write to standard error what happens, a line each."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("huey").setLevel(logging.ERROR)
    # It writes a dozen lines a mail, with the addresses of people; what comes of a mail is written by the intake.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
