"""`rebond job …`: the technical jobs."""

from typing import Annotated

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, show, show_rows

_FIRST_YEAR = 1990


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    jobs = typer.Typer(help="Technical jobs.", no_args_is_help=True)
    jobs.command()(run)
    jobs.command("list")(list_jobs)
    app.add_typer(jobs, name="job")


@handles_errors
def run(
    name: Annotated[str, typer.Argument(help="Which job: see rebond job list.")],
    now: Annotated[str, typer.Option(help="As of which time (RFC 3339 with zone); default: the clock's.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Run a technical job now; ends with 3 when a part of it failed."""
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.cli.rule_packs import looked_row
    from rebond.cli.settling import actor
    from rebond.jobs.by_hand import run_by_hand
    from rebond.jobs.names import UPDATE
    from rebond.services.errors import InputError
    from rebond.services.moments import parse_time

    try:
        at = parse_time(now, name="--now") if now else None
        if at is not None and at.year < _FIRST_YEAR:
            raise ValueError(f"--now {now!r} is before anything was kept: give a time from {_FIRST_YEAR} on")
    except ValueError as error:
        raise InputError(str(error)) from None
    began = site.clock.now()
    result = run_by_hand(site, name, at=at, actor=actor())
    if name == UPDATE:
        result["packs"] = list(map(looked_row, result["packs"]))
    show({"job": name, "now": at or began, **result}, as_json=json)
    return Exit.PARTLY if result.get("problem") else Exit.DONE


@handles_errors
def list_jobs(data: DataOption = None, json: JsonOption = False) -> None:
    """List the technical jobs, when each last ran and will run again, and what went wrong then."""
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.jobs.state import job_states

    rows = (
        {
            "job": job.name,
            "schedule": job.schedule,
            "last_run": job.last.at if job.last else None,
            "problem": job.last.problem if job.last else "",
            "running_since": job.running_since,
            "next_run": job.next_run,
        }
        for job in job_states(site)
    )
    show_rows(rows, as_json=json, title="Jobs")
