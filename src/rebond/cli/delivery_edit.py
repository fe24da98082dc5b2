"""`rebond delivery edit`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from rebond.cli.delivery_read import IdArgument
from rebond.cli.delivery_settings import (
    NAME,
    ToOption,
    read_settings,
    takes_settings,
    target_aim,
    target_file,
    tell_saved,
    warn,
)
from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors
from rebond.cli.people_file import EncodingOption, MapOption, NoAddressOption, file_options, progress_bar


def register_edit(app: typer.Typer) -> None:
    """Add `edit` to the commands about deliveries."""
    app.command()(handles_errors(takes_settings(edit)))


def edit(
    delivery: IdArgument,
    name: Annotated[str | None, NAME] = None,
    to: ToOption = None,
    mapping: MapOption = "",
    encoding: EncodingOption = "utf-8",
    no_address: NoAddressOption = False,
    data: DataOption = None,
    json: JsonOption = False,
    *,
    given: Mapping[str, Any],
) -> int:
    """Change a delivery that has not been sent, and make it a draft to prepare again; what is not named stays."""
    from rebond.cli.settling import actor
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.deliveries import get_delivery
    from rebond.services.delivery_edit import edit_delivery

    options = file_options(site, mapping=mapping, encoding=encoding, no_address=no_address)
    aim = target_aim(to) if to is not None else None
    with progress_bar() as progress:
        imported = edit_delivery(
            delivery,
            read_settings({"name": name, **given}),
            aim=aim,
            target=target_file(to) if to is not None and aim is None else None,
            options=options,
            now=site.clock.now(),
            actor=actor(),
            progress=progress,
        )
    changed = get_delivery(delivery)
    warn(site.content.check(changed))
    saved = {"id": delivery, "status": changed.status}
    return tell_saved(saved, imported, as_json=json, title="Changed: prepare it again before it is sent")
