"""A worker's hands: what a call wakes is done by one at a time, and again when another call came meanwhile."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rebond.jobs.table import JOBS, Job
from rebond.jobs.work import Done, Ending, Work
from rebond.services.errors import NotFoundError
from rebond.services.jobs import begin_run, break_off, end_run, hold, let_go
from rebond.store.connect import disconnect
from rebond.store.trouble import trouble
from rebond.wiring import Site

# Seconds of rest after a fault, twice as long after each in a row.
_REST = 2.0
_LONGEST_REST, _LONGEST_REST_OF_TIMED = 60.0, 600.0
log = logging.getLogger("rebond.jobs")


class Runner:
    """Does what calls ask for, until `ending` is set; `ask_again` puts a call for what is not at its end.

    May be used from several threads.
    """

    def __init__(
        self, site: Site, *, worker: str, ask_again: Callable[[str, Mapping[str, Any]], None], ending: threading.Event
    ) -> None:
        self._ending = ending
        self._site = site
        self._worker = worker
        self._ask_again = ask_again
        self._lock = threading.Lock()
        # Subjects at hand, and whether another call came for each meanwhile.
        self._at_hand: dict[str, bool] = {}
        self._resting: dict[str, tuple[float, float]] = {}

    def called(self, name: str, about: Mapping[str, Any]) -> None:
        """Do what a call asks for, unless it is at hand, done by another worker, or rests after a fault."""
        job = JOBS.get(name)
        if job is None:
            log.error("nobody here knows a job %r: is this worker older than who asked?", name)
            return
        subject = subject_of(name, about)
        with self._lock:
            if subject in self._at_hand:
                self._at_hand[subject] = True
                return
            self._at_hand[subject] = False
        more = False
        try:
            more = self._is_rested(subject) and self._try(name, subject, job, about)
        finally:
            with self._lock:
                again = self._at_hand.pop(subject)
            disconnect()
        if (more or again) and not self._ending.is_set():
            self._ask_again(name, about)

    def at_hand(self) -> list[str]:
        """Name what is being done."""
        with self._lock:
            return list(self._at_hand)

    def _is_rested(self, subject: str) -> bool:
        until, _ = self._resting.get(subject, (0.0, 0.0))
        return self._site.clock.monotonic() >= until

    def _try(self, name: str, subject: str, job: Job, about: Mapping[str, Any]) -> bool:
        began, held = self._site.clock.now(), False
        try:
            if job.alone:
                held = hold(subject, worker=self._worker, now=began)
                if not held:
                    return False
            work = Work(
                site=self._site,
                about=about,
                worker=self._worker,
                actor=f"job:{self._worker}",
                ending=self._ending,
            )
            done = self._do(subject, job, work)
        except Ending:
            self._let_go(subject, held, done=False)
            return False
        except NotFoundError as error:
            log.info("%s is not to be done any more: %s", subject, error)
            self._let_go(subject, held, done=True)
            return False
        except Exception as error:  # one job must not end the others
            self._failed(name, subject, job, error, began=began)
            self._let_go(subject, held, done=False)
            return False
        self._resting.pop(subject, None)
        self._let_go(subject, held, done=not done.more)
        return done.more

    def _do(self, subject: str, job: Job, work: Work) -> Done:
        if not job.recorded:
            return job.run(work)
        run = begin_run(subject, now=work.now())
        done = job.run(work)
        end_run(run, result=dict(done.result or {}), now=work.now())
        return done

    def _failed(self, name: str, subject: str, job: Job, error: Exception, *, began: datetime) -> None:
        _, last = self._resting.get(subject, (0.0, 0.0))
        longest = _LONGEST_REST if job.schedule is None else _LONGEST_REST_OF_TIMED
        rest = min(max(_REST, 2 * last), longest)
        self._resting[subject] = (self._site.clock.monotonic() + rest, rest)
        words = trouble(error).words
        log.error("%s failed, it rests for %.0f s: %s", subject, rest, words)
        if job.schedule is None and not job.recorded:
            return
        try:
            break_off(subject, began=began, now=self._site.clock.now(), problem=words)
        except Exception as second:  # the database may be what failed
            log.error("it could not be written down that %s failed: %s", subject, trouble(second).words)

    def _let_go(self, subject: str, held: bool, *, done: bool) -> None:
        if not held:
            return
        try:
            let_go(subject, worker=self._worker, done=done)
        except Exception as error:  # it lapses by itself
            log.warning("%s is held a while longer: %s", subject, trouble(error).words)


def subject_of(name: str, about: Mapping[str, Any]) -> str:
    """Name what a call is about: `prepare:5`, `cleanup`."""
    return ":".join([name, *(str(value) for _, value in sorted(about.items()))])
