"""The sweep: what the database says is to be done is asked for again, whatever became of earlier calls."""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rebond.jobs.queue import Ask, Queue, asked
from rebond.jobs.runner import subject_of
from rebond.jobs.table import JOBS, TIMED, About
from rebond.services.jobs import expire_paused
from rebond.store.read.jobs import Hold, holds, last_finished
from rebond.store.trouble import trouble
from rebond.wiring import Site

log = logging.getLogger("rebond.jobs")
# With so many calls waiting the workers have enough to do.
_ENOUGH = 1_000


def sweep(site: Site, queue: Queue, *, thorough: bool) -> list[Ask]:
    """Ask for all that is unfinished or due, but what is asked for already or at hand; returns what it asked for."""
    if queue.size() >= _ENOUGH:
        return []
    if thorough:
        expire_paused(now=site.clock.now())
    waiting = queue.waiting(_ENOUGH)
    held = holds(now=site.clock.now())
    found: list[Ask] = []
    for name, about in _due(site, thorough=thorough):
        call = asked(name, about)
        holder = held.get(subject_of(name, about)) if JOBS[name].alone else None
        if call in waiting or call in found or (holder and holder.worker):
            continue
        queue.put(name, about)
        found.append(call)
    return found


def _due(site: Site, *, thorough: bool) -> Iterator[tuple[str, About]]:
    now = site.clock.now()
    for name, job in JOBS.items():
        if job.unfinished is None:
            continue
        try:
            subjects = list(job.unfinished(now, thorough))
        except Exception as error:  # the others' work must not wait for this
            log.error("it could not be seen whether something is left of %s: %s", name, trouble(error).words)
            continue
        yield from ((name, about) for about in subjects)
    yield from ((name, {}) for name in due_jobs(site))


def due_jobs(site: Site) -> list[str]:
    """List the timed jobs whose time came since they last ran to their end, and those that somebody asked for."""
    now, zone = site.clock.now(), ZoneInfo(site.config.site.time_zone)
    held = holds(now=now, names=TIMED)
    return [name for name, schedule in TIMED.items() if _is_due(name, schedule.last(now, zone), held)]


def _is_due(name: str, time: datetime, held: Mapping[str, Hold]) -> bool:
    if (found := held.get(name)) is not None and found.asked_at is not None:
        return True
    last = last_finished(name)
    return last is None or last.at < time
