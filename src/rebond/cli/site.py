"""`rebond init`."""

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, show


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""

    @app.command()
    @handles_errors
    def init(data: DataOption = None, json: JsonOption = False) -> None:
        """Write a commented configuration, make the keys and the database; safe to run again."""
        from rebond.config import CONFIG_FILE, database_url
        from rebond.wiring import init_site

        site = init_site(data_directory(data).absolute())
        database = database_url(site.config, data=site.data)
        kind = "postgresql" if database.startswith("postgres") else "sqlite"
        show(
            {"data": str(site.data), "configuration": str(site.data / CONFIG_FILE), "database": kind},
            as_json=json,
            title="Ready",
        )
