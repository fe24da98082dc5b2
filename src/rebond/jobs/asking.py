"""Asking for background work."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rebond.jobs.names import KNOWN

if TYPE_CHECKING:
    from rebond.jobs.queue import Queue
    from rebond.wiring import Site

log = logging.getLogger("rebond.jobs")
About = int | str


@dataclass(slots=True)
class _Used:
    site: "Site | None" = None
    queue: "Queue | None" = None


_used = _Used()


def use(site: "Site") -> None:
    """Name the site whose workers this process calls; a process that names none leaves its work to their sweep."""
    _used.site, _used.queue = site, None


def ask(name: str, **about: About) -> None:
    """Wake a worker for a job that the database says is to be done, as in `ask("prepare", delivery=5)`.

    Call it when what is to be done has been committed. It never fails for want of a queue: a call that is lost is made
    again by the sweep, some seconds later.
    """
    if name not in KNOWN:
        raise ValueError(f"there is no job {name!r}: known are {', '.join(sorted(KNOWN))}")
    if _used.site is None:
        return
    try:
        if _used.queue is None:
            from rebond.jobs.queue import open_queue

            _used.queue = open_queue(_used.site)
        _used.queue.put(name, about)
    except Exception as error:  # whatever ails the queue, the database has what is to be done
        log.warning("nobody could be woken for %s, the sweep will: %s: %s", name, type(error).__name__, error)
