"""`rebond job …`: the technical jobs."""

from typing import Annotated

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, show, show_rows

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
) -> None:
    """Run a technical job now."""
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from dataclasses import asdict

    from rebond.core.policy import parse_duration
    from rebond.services.clean import JOB, Retention, clean
    from rebond.services.errors import InputError
    from rebond.services.events import parse_time

    if name != JOB:
        raise InputError(f"there is no job {name!r}: known are {JOB}")
    try:
        at = parse_time(now, name="--now") if now else site.clock.now()
        if at.year < _FIRST_YEAR:
            raise ValueError(f"--now {now!r} is before anything was kept: give a time from {_FIRST_YEAR} on")
    except ValueError as error:
        raise InputError(str(error)) from None
    kept = site.config.retention
    retention = Retention(
        evidence=parse_duration(kept.evidence),
        raw_mails=parse_duration(kept.raw_mails),
        deliveries=parse_duration(kept.deliveries),
        audit=parse_duration(kept.audit),
    )
    show({"job": name, "now": at, **asdict(clean(policy=site.policy, retention=retention, now=at))}, as_json=json)


@handles_errors
def list_jobs(data: DataOption = None, json: JsonOption = False) -> None:
    """List the technical jobs and when each last ran."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.services.clean import JOB
    from rebond.store.read.cleanup import last_run

    show_rows([{"job": JOB, "schedule": "daily at 04:00", "last_run": last_run(JOB)}], as_json=json, title="Jobs")
