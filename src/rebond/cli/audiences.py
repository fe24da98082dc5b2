"""`rebond segment …`, `list …`, `service …`: whom deliveries go to."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, show, show_rows

if TYPE_CHECKING:
    from rebond.store.read.targets import SegmentRow

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]
ProfileArgument = Annotated[str, typer.Argument(metavar="EXTERNAL_ID", help="The profile's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    segment = typer.Typer(help="Segments: saved filters over profiles.", no_args_is_help=True)
    app.add_typer(segment, name="segment")
    _register_segments(segment)
    for kind, words in (("list", "Lists of profiles."), ("service", "Services that profiles subscribe to.")):
        family = typer.Typer(help=words, no_args_is_help=True)
        app.add_typer(family, name=kind)
        _register_audience(family, kind)


def _register_segments(app: typer.Typer) -> None:
    @app.command("list")
    @handles_errors
    def list_(data: DataOption = None, json: JsonOption = False) -> None:
        """List the segments with their filters."""
        _open(data)
        from rebond.services.audiences import list_segments

        show_rows(map(_segment, list_segments()), as_json=json, title="Segments", brief=("id", "name", "updated_at"))

    @app.command("show")
    @handles_errors
    def show_one(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Show a segment, with how many of the first profiles are in it, and some of them."""
        _open(data)
        from rebond.services.audiences import find_aim, show_segment

        found = show_segment(find_aim("segment", name).ref or 0)
        counted = {
            "profiles": found.counted.number,
            "looked_through": found.counted.looked_through,
            "all_looked_through": found.counted.whole,
            "some": [external_id for _, external_id in found.counted.some],
        }
        show({**_segment(found.segment), **counted}, as_json=json, title=f"Segment {name}")

    @app.command()
    @handles_errors
    def save(
        name: NameArgument,
        file: Annotated[
            Path, typer.Option("--filter", help='JSON: {"match": "all", "parts": [{"field", "operator", "value"}]}.')
        ],
        data: DataOption = None,
        json: JsonOption = False,
    ) -> None:
        """Store a filter under a name, new or instead of the one that has it."""
        who = _open(data)
        from rebond.services.audiences import put_segment

        saved = put_segment(name, _filter(file), **who)
        show({"id": saved, "name": name.strip()}, as_json=json, title="Saved")

    @app.command()
    @handles_errors
    def delete(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Forget a segment; a delivery that was to go to it then has nobody."""
        who = _open(data)
        from rebond.services.audiences import delete_segment, find_aim

        number = find_aim("segment", name).ref or 0
        delete_segment(number, **who)
        show({"id": number, "deleted": True}, as_json=json)


def _segment(row: "SegmentRow") -> dict[str, Any]:
    from rebond.core.segment import written

    return {"id": row.id, "name": row.name, "filter": written(row.filter), "updated_at": row.updated_at}


def _filter(path: Path) -> Any:
    from json import loads

    from rebond.services.audiences import read_filter
    from rebond.services.errors import InputError

    try:
        return read_filter(loads(path.read_text("utf-8")))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}") from None


def _register_audience(app: typer.Typer, kind: str) -> None:
    put, take = ("add", "remove") if kind == "list" else ("subscribe", "unsubscribe")

    @app.command("list")
    @handles_errors
    def list_(data: DataOption = None, json: JsonOption = False) -> None:
        """List them by name, with how many profiles each has."""
        _open(data)
        from dataclasses import asdict

        from rebond.services import audiences

        rows = audiences.list_lists() if kind == "list" else audiences.list_services()
        show_rows(map(asdict, rows), as_json=json, title=f"{kind.capitalize()}s")

    @app.command()
    @handles_errors
    def create(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Make an empty one."""
        who = _open(data)
        from rebond.services import audiences

        make = audiences.create_list if kind == "list" else audiences.create_service
        show({"id": make(name, **who), "name": name.strip()}, as_json=json, title="Made")

    @app.command()
    @handles_errors
    def delete(name: NameArgument, data: DataOption = None, json: JsonOption = False) -> None:
        """Forget it; its people stay."""
        who = _open(data)
        from rebond.services import audiences

        number = audiences.find_aim(kind, name).ref or 0
        (audiences.delete_list if kind == "list" else audiences.delete_service)(number, **who)
        show({"id": number, "deleted": True}, as_json=json)

    app.command(put, help="Put a profile on it; doing it again changes nothing.")(_changing(kind, on=True))
    app.command(take, help="Take a profile off it; doing it again changes nothing.")(_changing(kind, on=False))


def _changing(kind: str, *, on: bool) -> Callable[..., Any]:
    @handles_errors
    def change(name: NameArgument, profile: ProfileArgument, data: DataOption = None, json: JsonOption = False) -> None:
        who = _open(data)
        from rebond.services import audiences

        number = audiences.find_aim(kind, name).ref or 0
        if kind == "list":
            changed = audiences.change_list(number, profile, on=on, **who)
        else:
            changed = (audiences.subscribe if on else audiences.unsubscribe)(number, profile, **who)
        show({kind: name, "profile": profile, "changed": changed}, as_json=json)

    return change


def _open(data: Path | None) -> dict[str, Any]:
    """Open the site; returns when, and who acts."""
    from rebond.cli.settling import actor
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    return {"now": site.clock.now(), "actor": actor()}
