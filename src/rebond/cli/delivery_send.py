"""`rebond delivery send`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, say, show
from rebond.core.said import words_of

if TYPE_CHECKING:
    from rebond.services.rules_in_force import RulesInForce
    from rebond.services.send import SendResult
    from rebond.store.read.sending import Progress
    from rebond.wiring import Site

Told = Callable[["Progress"], None]


def register_send(app: typer.Typer) -> None:
    """Add `send` to the commands about deliveries."""

    @app.command()
    @handles_errors
    def send(
        delivery: Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.")],
        until_settled: Annotated[
            bool, typer.Option("--until-settled", help="Wait for the retries, until every message is settled.")
        ] = False,
        watch: Annotated[bool, typer.Option("--watch", help="Show a progress bar on standard error.")] = False,
        data: DataOption = None,
        json: JsonOption = False,
    ) -> int:
        """Start or join a delivery: hand over all that is due, and return."""
        from dataclasses import asdict

        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        if watch:
            with _bar(delivery) as told:
                result = _send(site, delivery, until_settled=until_settled, told=told)
        else:
            result = _send(site, delivery, until_settled=until_settled, told=None)
        show({"id": delivery, **asdict(result)}, as_json=json, title="Sent")
        if result.pending and not result.handed_over and not result.problem and result.next_due:
            when = f"{result.next_due:%Y-%m-%d %H:%M:%S} UTC"
            say(
                f"rebond: nothing is due now; {result.pending} messages wait, for a retry or another sender, "
                f"until {when} at the soonest"
            )
        if result.problem:
            say(f"rebond: {result.problem}")
            return Exit.FAULT
        return Exit.DONE


def register_proof(app: typer.Typer) -> None:
    """Add `proof` to the commands about deliveries."""

    @app.command()
    @handles_errors
    def proof(
        delivery: Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.")],
        to: Annotated[str, typer.Option("--to", help="Whom to send it to: one or more addresses, between commas.")],
        profile: Annotated[
            str, typer.Option("--profile", help="Whose message it is; otherwise that of the first one.")
        ] = "",
        data: DataOption = None,
        json: JsonOption = False,
    ) -> int:
        """Send one profile's message to addresses of your own: no counter and no state knows of it."""
        from dataclasses import asdict

        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.proof import addresses_in, send_proof

        sent = send_proof(
            delivery,
            addresses_in(to),
            external_id=profile,
            content=site.content,
            sender=site.smtp_sender,
            now=site.clock.now(),
            actor=actor(),
            allow_undotted=site.config.email.allow_undotted,
        )
        proofs = list(map(asdict, sent.items))
        show({"id": delivery, "profile": sent.profile, "proofs": proofs}, as_json=json, title="Proofs")
        return Exit.DONE if sent.accepted == len(sent.items) else Exit.PARTLY


def register_schedule(app: typer.Typer) -> None:
    """Add `schedule` and `unschedule` to the commands about deliveries."""

    @app.command()
    @handles_errors
    def schedule(
        delivery: Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.")],
        at: Annotated[str, typer.Option("--at", help="When, with its zone, as in 2026-03-01T09:00:00+01:00.")],
        data: DataOption = None,
        json: JsonOption = False,
    ) -> None:
        """Let a prepared delivery be sent by a worker at a time; said again, it is that time instead."""
        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.errors import InputError
        from rebond.services.moments import parse_time
        from rebond.services.schedule_delivery import schedule_delivery

        try:
            when = parse_time(at, name="--at")
        except ValueError as error:
            raise InputError(words_of(error)) from None
        status = schedule_delivery(delivery, when, now=site.clock.now(), actor=actor())
        show({"id": delivery, "status": status, "scheduled_at": when}, as_json=json, title="Scheduled")

    @app.command()
    @handles_errors
    def unschedule(
        delivery: Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.")],
        data: DataOption = None,
        json: JsonOption = False,
    ) -> None:
        """Take a delivery's time back: it is sent when somebody says so."""
        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.schedule_delivery import unschedule_delivery

        status = unschedule_delivery(delivery, now=site.clock.now(), actor=actor())
        show({"id": delivery, "status": status}, as_json=json)


def _send(site: "Site", delivery: int, *, until_settled: bool, told: Told | None) -> "SendResult":
    """Send within an event loop of its own; a signal ends it after the window in flight, a second one at once."""
    import asyncio

    from rebond.cli.loops import loop_factory

    rules = site.rules  # reads the database, which no loop may
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_run(site, delivery, rules=rules, until_settled=until_settled, told=told))


async def _run(
    site: "Site", delivery: int, *, rules: "RulesInForce", until_settled: bool, told: Told | None
) -> "SendResult":
    import asyncio
    import signal

    from rebond.cli.settling import actor
    from rebond.services.send import send

    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        say("rebond: stopping after the messages in flight; ask again to stop at once")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    sender = site.smtp_sender()
    try:
        return await send(
            delivery,
            policy=site.policy,
            keyring=site.keyring,
            rules=rules,
            sender=sender,
            composer=site.composer,
            bounce_domain=site.config.email.bounce_domain,
            clock=site.clock,
            worker=_worker(),
            actor=actor(),
            often=site.often_unqualified,
            until_settled=until_settled,
            on_progress=told,
            stop=stop,
        )
    finally:
        await sender.close()


def _worker() -> str:
    """Name this process unlike any other, also after a restart that gives it the same number."""
    import os
    import secrets
    import socket

    return f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def _bar(delivery: int) -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(10),
        MofNCompleteColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(f"Delivery {delivery}", total=None, words="")

        def told(progress: "Progress") -> None:
            settled = progress.messages - progress.pending
            bars.update(task, total=progress.messages, completed=settled, words=progress_words(progress))

        yield told


def progress_words(progress: "Progress") -> str:
    """Say what a delivery's sender is doing, behind the number of settled messages."""
    from rebond.core.words import DeliveryStatus

    if progress.status is DeliveryStatus.PAUSED:
        return "settled, paused"
    if progress.waiting_until is not None:
        return f"settled, waiting until {progress.waiting_until:%a %H:%M:%S} UTC"
    return f"settled, {progress.delivered} delivered, {progress.failed} failed"
