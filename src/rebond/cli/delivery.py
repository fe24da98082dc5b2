"""`rebond delivery …`: make, prepare, steer, look at."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.delivery_edit import register_edit
from rebond.cli.delivery_read import IdArgument, register_reading
from rebond.cli.delivery_send import register_proof, register_schedule, register_send
from rebond.cli.delivery_settings import (
    CHANNEL,
    NAME,
    ToOption,
    new_delivery,
    takes_settings,
    target_aim,
    target_file,
    tell_saved,
    warn,
)
from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, say, show, wants_json
from rebond.cli.people_file import EncodingOption, MapOption, NoAddressOption, file_options, progress_bar

if TYPE_CHECKING:
    from rebond.core.words import DeliveryStatus
    from rebond.services.prepare import PrepareProgress


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    delivery = typer.Typer(help="Deliveries: make, prepare, send, look at.", no_args_is_help=True)
    app.add_typer(delivery, name="delivery")
    delivery.command()(handles_errors(takes_settings(create)))
    register_edit(delivery)
    _register_prepare(delivery)
    register_send(delivery)
    register_schedule(delivery)
    register_proof(delivery)
    _register_steering(delivery)
    register_reading(delivery)


def create(
    name: Annotated[str, NAME],
    template: Annotated[
        str, typer.Option("--template", help="The template whose settings it copies, by its name.")
    ] = "",
    channel: Annotated[str | None, CHANNEL] = None,
    to: ToOption = None,
    mapping: MapOption = "",
    encoding: EncodingOption = "utf-8",
    no_address: NoAddressOption = False,
    data: DataOption = None,
    json: JsonOption = False,
    *,
    given: Mapping[str, Any],
) -> int:
    """Make a draft; the people of a file are imported first."""
    from rebond.cli.settling import actor
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.deliveries import Aim, create_delivery, get_delivery
    from rebond.services.templates import find_template

    copied = find_template(template) if template else None
    settings = new_delivery(site, {"name": name, "channel": channel, **given}, template=copied)
    aim = target_aim(to) if to is not None else (copied.aim if copied else Aim())
    options = file_options(site, mapping=mapping, encoding=encoding, no_address=no_address)
    with progress_bar() as progress:
        created = create_delivery(
            settings,
            target=target_file(to) if to is not None and aim is None else None,
            aim=aim,
            template=copied.id if copied else None,
            options=options,
            now=site.clock.now(),
            actor=actor(),
            progress=progress,
        )
    warn(site.content.check(get_delivery(created.id)))
    return tell_saved({"id": created.id}, created.imported, as_json=json, title="Made")


def _register_prepare(app: typer.Typer) -> None:
    @app.command()
    @handles_errors
    def prepare(delivery: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Compute messages and exclusions; nothing is sent. What was cut short runs on."""
        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.jobs.by_hand import holding
        from rebond.jobs.names import PREPARE
        from rebond.services.prepare import prepare as prepare_delivery

        with holding(site, PREPARE, delivery=delivery), _preparing() as progress:
            prepared = prepare_delivery(
                delivery,
                content=site.content,
                providers=site.providers,
                policy=site.policy,
                now=site.clock.now(),
                actor=actor(),
                progress=progress,
            )
        for warning in prepared.warnings:
            say(f"rebond: {warning}")
        show(
            {
                "target": prepared.target,
                "messages": prepared.messages,
                "production_errors": prepared.production_errors,
                "exclusions": prepared.exclusions,
                **({"warnings": prepared.warnings} if wants_json(json) else {}),
            },
            as_json=json,
            title=f"Delivery {delivery} is prepared",
        )


@contextmanager
def _preparing() -> "Iterator[Callable[[PrepareProgress], None] | None]":
    """Show how far preparation is on standard error, when somebody looks at it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("Preparing …") as status:
        yield lambda done: status.update(f"{done.profiles:,} people done, {done.verified:,} messages verified")


def _register_steering(app: typer.Typer) -> None:
    @app.command()
    @handles_errors
    def stop(delivery: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Stop a preparation that runs elsewhere; prepared again without an edit, it goes on from there."""
        _steer("stop_preparing", delivery, data=data, json=json, module="prepare")

    @app.command()
    @handles_errors
    def pause(delivery: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Stop handing over, until it is resumed."""
        _steer("pause_delivery", delivery, data=data, json=json)

    @app.command()
    @handles_errors
    def resume(delivery: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Let a paused delivery go on; `send` hands over again."""
        _steer("resume_delivery", delivery, data=data, json=json)

    @app.command()
    @handles_errors
    def cancel(delivery: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """End a delivery for good: what has not been handed over is cancelled."""
        _steer("cancel_delivery", delivery, data=data, json=json)


def _steer(service: str, delivery: int, *, data: Path | None, json: bool, module: str = "deliveries") -> None:
    from importlib import import_module

    from rebond.cli.settling import actor
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    act = getattr(import_module(f"rebond.services.{module}"), service)
    status: DeliveryStatus = act(delivery, now=site.clock.now(), actor=actor())
    show({"id": delivery, "status": status}, as_json=json)
