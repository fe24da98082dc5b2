"""`rebond delivery edit`."""

from pathlib import Path
from typing import Annotated

import typer

from rebond.cli.delivery_read import IdArgument
from rebond.cli.delivery_settings import read_part, read_settings, warn
from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, show
from rebond.cli.profiles import EncodingOption, MapOption, file_options, imported_json, progress_bar, told_rejected


def register_edit(app: typer.Typer) -> None:
    """Add `edit` to the commands about deliveries."""

    @app.command()
    @handles_errors
    def edit(
        delivery: IdArgument,
        name: Annotated[str | None, typer.Option("--name", help="What it is called in lists.")] = None,
        sender: Annotated[str | None, typer.Option("--from", help="The sender.")] = None,
        subject: Annotated[str | None, typer.Option("--subject", help="A template, like the text.")] = None,
        text_file: Annotated[
            Path | None, typer.Option("--text-file", help="The text part; an empty file takes it away.")
        ] = None,
        html_file: Annotated[
            Path | None, typer.Option("--html-file", help="The HTML part; an empty file takes it away.")
        ] = None,
        to: Annotated[str | None, typer.Option("--to", metavar="all|FILE", help="Another target.")] = None,
        message_class: Annotated[
            str | None, typer.Option("--class", help="commercial, transactional or confirmation.")
        ] = None,
        validity: Annotated[str | None, typer.Option("--validity", help="How long it keeps trying, as in 5d.")] = None,
        retries: Annotated[str | None, typer.Option("--retries", help="When it tries again, as in 5x1h,4x1d.")] = None,
        duplicates: Annotated[
            bool | None, typer.Option("--duplicates/--no-duplicates", help="Write to an address more than once.")
        ] = None,
        verify: Annotated[
            str | None, typer.Option("--verify", help="Messages built at preparation: sample or all.")
        ] = None,
        mapping: MapOption = "",
        encoding: EncodingOption = "utf-8",
        data: DataOption = None,
        json: JsonOption = False,
    ) -> int:
        """Change a delivery that has not been sent, and make it a draft to prepare again; what is not named stays."""
        from rebond.cli.settling import actor
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.deliveries import get_delivery
        from rebond.services.delivery_edit import edit_delivery

        given = {
            "name": name,
            "sender": sender,
            "subject": subject,
            "text": None if text_file is None else read_part(text_file),
            "html": None if html_file is None else read_part(html_file),
            "message_class": message_class,
            "validity": validity,
            "retries": retries,
            "duplicates": duplicates,
            "verify": verify,
        }
        options = file_options(site, mapping=mapping, encoding=encoding)
        with progress_bar() as progress:
            imported = edit_delivery(
                delivery,
                read_settings(given),
                everybody=to == "all",
                target=None if to in (None, "all") else Path(to),
                options=options,
                now=site.clock.now(),
                actor=actor(),
                progress=progress,
            )
        changed = get_delivery(delivery)
        warn(site.content.check(changed))
        result: dict[str, object] = {"id": delivery, "status": changed.status}
        if imported is not None:
            result["imported"] = imported_json(imported, as_json=json)
        show(result, as_json=json, title="Changed: prepare it again before it is sent")
        return Exit.DONE if imported is None else told_rejected(imported, as_json=json)
