"""`rebond intake` and `rebond intake lmtp`: listening for returned mails."""

import asyncio
import sys
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from rebond.cli.loops import loop_factory
from rebond.cli.output import DataOption, handles_errors, say, to_json
from rebond.cli.settling import make_settler
from rebond.cli.taking import NoSettleOption, TrustOption, open_for, refuse, trust_for


def listen_unless_told(context: typer.Context, data: DataOption = None) -> None:
    """Take in what comes back: mails and events.

    Without a command: listen as configured until interrupted, and leave settling to workers.
    """
    # What handles errors ends the program, so a command that follows must not be inside of it.
    if context.invoked_subcommand is None:
        handles_errors(_listen_as_configured)(data)


def _listen_as_configured(data: Path | None) -> None:
    from rebond.cli.serving import begin_log
    from rebond.jobs.supervised import tell_ready

    begin_log()
    site = open_for(data)
    address = site.config.intake_address
    if address is None:
        refuse('intake.lmtp.listen is "off": nothing is taken in here')
        return
    from rebond.intake.calling import call_workers
    from rebond.intake.lmtp import SOURCE
    from rebond.intake.serve import serve
    from rebond.jobs.presence import Presence

    def announce(host: str, port: int) -> None:
        say(f"Listening on {_shown(host, port)} for returned mails (LMTP).")
        tell_ready()

    presence = Presence(site, kind="intake")
    presence.begin()
    trust = site.config.required_trust(SOURCE)
    calling = call_workers(site)
    running = serve(
        site,
        host=address[0],
        port=address[1],
        required_trust=trust,
        settle=calling.settle,
        announce=announce,
        pause=calling.pause,
    )
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(running)
    finally:
        presence.end()


def lmtp(
    listen: Annotated[str, typer.Option("--listen", help="HOST:PORT; port 0 takes a free one and prints it.")],
    trust: TrustOption = None,
    no_settle: NoSettleOption = False,
    data: DataOption = None,
) -> None:
    """Listen for returned mails by LMTP until interrupted, and settle them as they come.

    While a rule of this site cannot be used, mails are stored and wait: `rebond doctor` names it.
    """
    host, port = _host_and_port(listen)
    site = open_for(data)
    from rebond.intake.lmtp import SOURCE
    from rebond.intake.serve import serve

    def announce(host: str, port: int) -> None:
        shown = _shown(host, port)
        typer.echo(to_json({"listening": shown}))
        sys.stdout.flush()
        say(f"Listening on {shown}; Ctrl-C ends it.")

    # Made by the thread that settles, which tries again: a rule that cannot be used keeps no mail away.
    settler = cache(lambda: make_settler(site))
    running = serve(
        site,
        host=host,
        port=port,
        required_trust=trust_for(site, source=SOURCE, asked=trust),
        settle=None if no_settle else lambda: bool(settler().settle(site.clock.now()).taken),
        announce=announce,
    )
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(running)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _host_and_port(listen: str) -> tuple[str, int]:
    from rebond.config_sections import host_and_port
    from rebond.services.errors import InputError

    try:
        return host_and_port(listen)
    except ValueError:
        raise InputError(f"--listen {listen!r}: write HOST:PORT, as in 127.0.0.1:2424") from None
