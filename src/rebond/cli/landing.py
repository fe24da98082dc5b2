"""`rebond landing …`: the pages where people ask to subscribe (double opt-in)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, show, show_rows

if TYPE_CHECKING:
    from rebond.services.opt_in_pages import ShownPage
    from rebond.wiring import Site

SlugArgument = Annotated[str, typer.Argument(metavar="SLUG", help="The last part of the page's address.")]
_BRIEF = ("slug", "name", "active", "requested", "confirmed", "url")


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    landing = typer.Typer(help="Landing pages, where people ask to subscribe.", no_args_is_help=True)
    app.add_typer(landing, name="landing")
    _register_reading(landing)
    _register_writing(landing)


def _register_reading(app: typer.Typer) -> None:
    @app.command("list")
    @handles_errors
    def list_(data: DataOption = None, json: JsonOption = False) -> None:
        """List the pages by name, with what became of their requests."""
        site = _open(data)
        from rebond.services.opt_in_pages import list_pages

        found = [_brief(site, shown) for shown in list_pages(now=site.clock.now())]
        show_rows(found, as_json=json, title="Landing pages", brief=_BRIEF)

    @app.command("show")
    @handles_errors
    def show_one(slug: SlugArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Show a page as `save` takes it."""
        _open(data)
        from rebond.core.landing import written_page
        from rebond.services.opt_in_pages import find_page

        show(written_page(find_page(slug).definition), as_json=json, title=f"Landing page {slug}")

    @app.command()
    @handles_errors
    def requests(
        slug: SlugArgument,
        limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, the newest first.")] = 100,
        data: DataOption = None,
        json: JsonOption = False,
    ) -> None:
        """List who asked to subscribe by a page, and what became of it."""
        site = _open(data)
        from rebond.services.opt_in_pages import requests_of

        at = site.clock.now()
        names = ("id", "address", "asked_at", "asked_from", "mailed_at", "message", "confirmed_at", "confirmed_from")
        rows = [
            {**{name: getattr(row, name) for name in names}, "status": row.state(at), "text": row.text}
            for row in requests_of(slug, limit=limit)
        ]
        show_rows(rows, as_json=json, title=f"Requests of {slug}", brief=("address", "status", "asked_at"))


def _register_writing(app: typer.Typer) -> None:
    @app.command()
    @handles_errors
    def save(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="The page, as JSON or TOML.")],
        data: DataOption = None,
        json: JsonOption = False,
    ) -> None:
        """Store the page of a file, new or instead of the one that has its slug."""
        site = _open(data)
        from rebond.cli.settling import actor
        from rebond.services.opt_in_pages import put_page, read_definition

        page = read_definition(_document(file))
        url = site.config.site.public_url
        saved = put_page(page, content=site.content, public_url=url, now=site.clock.now(), actor=actor())
        found = {"id": saved, "slug": page.slug, "active": page.active, "url": f"{url}/join/{page.slug}"}
        show(found, as_json=json, title="Saved")

    @app.command()
    @handles_errors
    def remove(slug: SlugArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Take a page away; what was not confirmed cannot be any more, and proofs stay."""
        site = _open(data)
        from rebond.cli.settling import actor
        from rebond.services.opt_in_pages import remove_page

        number = remove_page(slug, now=site.clock.now(), actor=actor())
        show({"id": number, "slug": slug, "removed": True}, as_json=json)


def _open(data: Path | None) -> "Site":
    from rebond.wiring import open_site

    return open_site(data_directory(data))


def _document(file: Path) -> object:
    import json
    import tomllib

    from rebond.services.errors import InputError

    try:
        text = file.read_text("utf-8")
        return tomllib.loads(text) if file.suffix.lower() == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file}: {error}") from None


def _brief(site: "Site", shown: "ShownPage") -> dict[str, Any]:
    row = shown.page
    names = ("requested", "repeated", "refused", "confirmed", "expired", "open")
    return {
        "id": row.id,
        "slug": row.definition.slug,
        "name": row.definition.name,
        "active": row.definition.active,
        "languages": [one.value for one in row.definition.languages],
        "services": list(row.definition.services),
        "url": f"{site.config.site.public_url}/join/{row.definition.slug}",
        **{name: getattr(shown.figures, name) for name in names},
    }
