"""`rebond job …`: the technical jobs."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, show, show_rows
from rebond.cli.practice import practice_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rebond.wiring import Site

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
    from rebond.services.errors import InputError
    from rebond.services.events import parse_time

    if name not in _JOBS:
        raise InputError(f"there is no job {name!r}: known are {', '.join(_JOBS)}")
    try:
        at = parse_time(now, name="--now") if now else site.clock.now()
        if at.year < _FIRST_YEAR:
            raise ValueError(f"--now {now!r} is before anything was kept: give a time from {_FIRST_YEAR} on")
    except ValueError as error:
        raise InputError(str(error)) from None
    result = _JOBS[name].run(site, at)
    show({"job": name, "now": at, **result}, as_json=json)
    return Exit.PARTLY if result.get("problem") else Exit.DONE


@handles_errors
def list_jobs(data: DataOption = None, json: JsonOption = False) -> None:
    """List the technical jobs, when each last ran, and what went wrong then."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.store.read.cleanup import last_problem, last_run

    rows = (
        {"job": name, "schedule": job.schedule, "last_run": last_run(name), "problem": last_problem(name)}
        for name, job in _JOBS.items()
    )
    show_rows(rows, as_json=json, title="Jobs")


def _clean(site: "Site", now: datetime) -> dict[str, Any]:
    from rebond.core.policy import parse_duration
    from rebond.services.clean import Retention, clean

    kept = site.config.retention
    retention = Retention(
        evidence=parse_duration(kept.evidence),
        raw_mails=parse_duration(kept.raw_mails),
        deliveries=parse_duration(kept.deliveries),
        audit=parse_duration(kept.audit),
    )
    return asdict(clean(policy=site.policy, retention=retention, now=now))


def _update(site: "Site", now: datetime) -> dict[str, Any]:
    from rebond.cli.rule_packs import looked_row
    from rebond.services.update_rules import run_update

    export = site.config.packs.export
    done = run_update(
        practice_of(site),
        site.pack_sources,
        now=now,
        maker=lambda: site.pack_maker if export else None,
        folder=site.data / export,
    )
    return {"packs": list(map(looked_row, done.looked)), "exported": done.exported, "problem": done.problem}


@dataclass(frozen=True, slots=True)
class _Job:
    schedule: str
    run: "Callable[[Site, datetime], dict[str, Any]]"


_JOBS = {
    "cleanup": _Job("daily at 04:00", _clean),
    "deliverability-update": _Job("daily at 02:00", _update),
}
