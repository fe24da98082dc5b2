"""A timed job that somebody runs in their own process, now."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rebond.core.said import said
from rebond.jobs.presence import Presence
from rebond.jobs.runner import subject_of
from rebond.jobs.table import JOBS, TIMED
from rebond.jobs.work import Work
from rebond.services.errors import InputError, RefusedError
from rebond.services.jobs import break_off, hold, let_go
from rebond.store.read.jobs import holds
from rebond.store.trouble import trouble
from rebond.wiring import Site


@contextmanager
def holding(site: Site, name: str, **about: int) -> Iterator[None]:
    """Carry out for the block what workers would otherwise take up; where one is at it, both do, which is harmless."""
    subject, presence = subject_of(name, about), Presence(site, kind="job")
    if not hold(subject, worker=presence.name, now=site.clock.now()):
        yield
        return
    presence.begin(carries=lambda: [subject])
    try:
        yield
    finally:
        presence.end()
        let_go(subject, worker=presence.name, done=True)


def run_by_hand(site: Site, name: str, *, at: datetime | None, actor: str) -> dict[str, Any]:
    """Run a timed job, as of a time when one is given, and return what it came to.

    InputError when there is none of this name, RefusedError while a worker is at it.
    """
    if name not in TIMED:
        raise InputError(said("there is no job {name!r}: known are {timed}", name=name, timed=tuple(TIMED)))
    presence = Presence(site, kind="job")
    began = site.clock.now()
    if not hold(name, worker=presence.name, now=began):
        held = holds(now=began, names=[name])[name]
        raise RefusedError(
            said(
                "the job {name} is running, since {since:%Y-%m-%d %H:%M:%S} UTC on {worker}",
                name=name,
                since=held.since,
                worker=held.worker,
            )
        )
    presence.begin(carries=lambda: [name])
    done = False
    try:
        work = Work(site=site, about={}, worker=presence.name, actor=actor, ending=threading.Event(), at=at)
        result = JOBS[name].run(work).result or {}
        done = True
    except Exception as error:
        break_off(name, began=began, now=site.clock.now(), problem=trouble(error).words)
        raise
    finally:
        presence.end()
        let_go(name, worker=presence.name, done=done)
    return dict(result)
