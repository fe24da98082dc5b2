"""How the timed jobs stand: for the command, the doctor and the console."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rebond.core.said import said
from rebond.jobs.names import UPDATE
from rebond.jobs.schedule import Every
from rebond.jobs.table import TIMED
from rebond.services.errors import NotFoundError
from rebond.store.read.jobs import Hold, Process, Run, holds, last_runs, running_processes
from rebond.wiring import Site

# A job that has not run for so long does not run.
STALE = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """One timed job: `last` is its last run that ended, `worker` who is at it, `asked_by` who wants it done now.

    `stale`: it does not run, though it should. `every`: so many minutes lie between its runs; None: it is daily, `at`.
    """

    name: str
    schedule: str
    at: str
    every: int | None
    last: Run | None
    running_since: datetime | None
    worker: str
    asked_at: datetime | None
    asked_by: str
    next_run: datetime
    stale: bool

    @property
    def broke_off(self) -> bool:
        """Tell whether the last run ended by an error."""
        return self.last is not None and self.last.result is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """How background work stands: the timed jobs, what runs where, and what waits.

    `missing`: kinds of process without which nothing moves, and of which none has been seen lately. `others`: work that
    is carried out now, by job and subject.
    """

    jobs: tuple[JobState, ...]
    processes: tuple[Process, ...]
    missing: tuple[str, ...]
    others: tuple[Hold, ...]


# A process that has not said so for that long does not run.
SEEN_WITHIN = timedelta(seconds=60)
_NEEDED = ("worker", "beat")


def background(site: Site) -> Background:
    """Read how background work stands."""
    now = site.clock.now()
    processes = tuple(one for one in running_processes() if one.seen_at >= now - SEEN_WITHIN)
    kinds = {one.kind for one in processes}
    return Background(
        jobs=tuple(job_states(site)),
        processes=processes,
        missing=tuple(kind for kind in _NEEDED if kind not in kinds),
        others=tuple(hold for name, hold in holds(now=now).items() if hold.worker and name not in TIMED),
    )


def job_state(site: Site, name: str) -> JobState:
    """Read how one timed job stands; NotFoundError when there is none of this name."""
    found = next((job for job in job_states(site) if job.name == name), None)
    if found is None:
        raise NotFoundError(said("there is no job {name!r}: known are {timed}", name=name, timed=tuple(TIMED)))
    return found


def job_states(site: Site) -> list[JobState]:
    """Read how each timed job stands."""
    now, zone = site.clock.now(), ZoneInfo(site.config.site.time_zone)
    held = holds(now=now, names=TIMED)
    states = []
    for name, schedule in TIMED.items():
        hold = held.get(name)
        last = next((run for run in last_runs(name, most=10) if run.finished_at), None)
        states.append(
            JobState(
                name=name,
                schedule=str(schedule),
                at="" if isinstance(schedule, Every) else f"{schedule.at:%H:%M}",
                every=schedule.minutes if isinstance(schedule, Every) else None,
                last=last,
                running_since=hold.since if hold else None,
                worker=hold.worker if hold else "",
                asked_at=hold.asked_at if hold else None,
                asked_by=hold.asked_by if hold else "",
                next_run=schedule.following(now, zone),
                stale=_is_wanted(site, name) and (last is None or now - last.at > STALE),
            )
        )
    return states


def _is_wanted(site: Site, name: str) -> bool:
    """Without sources there is nothing to update from."""
    return name != UPDATE or bool(site.config.update)
