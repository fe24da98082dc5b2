"""`rebond report NAME`: the reports that the console draws, as tables."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, say, show, show_rows, wants_json
from rebond.core.words import Channel

if TYPE_CHECKING:
    from rebond.services.report_shape import NamedReport, Table
    from rebond.store.read.facts import Gaps


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command()(report)


@handles_errors
def report(
    name: Annotated[str, typer.Argument(help="Which report; without one they are listed.")] = "",
    since: Annotated[
        str, typer.Option(help="First day, as 2026-03-02; 30 days before the last one when left out.")
    ] = "",
    until: Annotated[str, typer.Option(help="Last day; today when left out.")] = "",
    channel: Annotated[Channel | None, typer.Option(help="Only this channel.")] = None,
    delivery: Annotated[int | None, typer.Option(help="Only this delivery.")] = None,
    service: Annotated[
        str, typer.Option(help="Only deliveries to this service's subscribers: its name or number.")
    ] = "",
    provider: Annotated[str, typer.Option(help="Only this provider.")] = "",
    domain: Annotated[str, typer.Option(help="Only this domain of email addresses.")] = "",
    table: Annotated[str, typer.Option(help="Only this table of it.")] = "",
    to: Annotated[Path | None, typer.Option(help="Write the table to this file: .csv, .jsonl or .parquet.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show a report of a period; its sums are made by rebond job run aggregates."""
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.errors import InputError
    from rebond.services.reports import REPORTS, about_of, make_report
    from rebond.web.reporting import reporting_of

    if not name:
        _list(REPORTS, as_json=json)
        return
    reporting = reporting_of(site)
    about = about_of(
        reporting=reporting,
        since=_day(since, name="--since") if since else None,
        until=_day(until, name="--until") if until else None,
        channel=channel,
        delivery=delivery,
        service=_service(service) if service else None,
        provider=provider,
        domain=domain,
    )
    made = make_report(name, about, reporting=reporting)
    if table and table not in {one.name for one in made.tables}:
        raise InputError(f"{name} has no table {table!r}: {', '.join(one.name for one in made.tables)}")
    if to is not None:
        if not table:
            raise InputError("a file holds one table: name it with --table")
        show({"file": str(to), "rows": _write(made.table(table), to)}, as_json=json)
        return
    _show(made, tables=[one for one in made.tables if table in ("", one.name)], as_json=json)


def _service(text: str) -> int:
    from rebond.services.audiences import find_aim

    return int(text) if text.isdecimal() else find_aim("service", text).ref or 0


def _list(names: tuple[str, ...], *, as_json: bool) -> None:
    from rebond.services.report_words import report_about

    rows = ({"report": name, "about": report_about(name, language="en")} for name in names)
    show_rows(rows, as_json=as_json, title="Reports")


def _day(text: str, *, name: str) -> date:
    from rebond.services.errors import InputError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name} {text!r} is no day: write one such as 2026-03-02") from None


def _show(made: "NamedReport", *, tables: "list[Table]", as_json: bool) -> None:
    from rebond.services.report_words import definition, table_title

    if wants_json(as_json):
        about = {"since": made.about.since, "until": made.about.until}
        when = {"as_of": made.as_of, "gaps": asdict(made.gaps)}
        show({"report": made.name, **about, **when, **{one.name: _rows(one) for one in tables}}, as_json=True)
        return
    for one in tables:
        show_rows(_rows(one), as_json=False, title=table_title(one.name, language="en"))
        say(definition(made.name, one.name, language="en"))
    for text in _lacks(made.gaps):
        say(text)
    if made.as_of is None:
        say("The sums were never made: run rebond job run aggregates, or start rebond worker.")


def _lacks(gaps: "Gaps") -> list[str]:
    """Say what a report of one provider or domain does not know."""
    found = {
        "deliveries of the period are still to be summed by provider and domain": gaps.waiting,
        "deliveries of the period were summed when their messages were no longer kept: unknown here": gaps.gone,
        "messages went to small domains, which are summed together": gaps.beyond,
        "entries into quarantine have no known provider and domain": gaps.unplaced,
    }
    return [f"{number:,} {text}." for text, number in found.items() if number]


def _rows(table: "Table") -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def _write(table: "Table", path: Path) -> int:
    from rebond.cli.export import in_place
    from rebond.services.errors import InputError
    from rebond.services.report_export import Format, export_table

    try:
        to = Format(path.suffix.removeprefix(".").lower())
    except ValueError:
        raise InputError(f"{path} must end with {', '.join('.' + one for one in Format)}") from None
    with in_place(path, binary=True) as file:
        file.writelines(export_table(table, to=to))
    return len(table.rows)
