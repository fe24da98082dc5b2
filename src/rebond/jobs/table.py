"""The jobs: what each does, when it is due, and how the database tells that some of it is unfinished.

To add one: its name in `names`, what it does in `work` (or a module beside it), and a line here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from rebond.jobs import names, people, quarantining, watching, webhooks, work
from rebond.jobs.schedule import Daily, Every, Schedule
from rebond.jobs.work import Done, Work

About = Mapping[str, Any]
# Told the time, and whether to look at what only a lost worker leaves: gives what each call is about.
Unfinished = Callable[[datetime, bool], Iterable[About]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job; `alone`: one worker at a time for each subject; `recorded`: each run is written down with its result."""

    run: Callable[[Work], Done]
    schedule: Schedule | None = None
    unfinished: Unfinished | None = None
    alone: bool = True
    recorded: bool = False


def _preparing(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.jobs import being_prepared

    return [{"delivery": number} for number in being_prepared()]


def _sending(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.jobs import due_to_send

    return [{"delivery": number} for number in due_to_send(now, thorough=thorough)]


def _settling(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.returns import returns_waiting

    return [{}] if returns_waiting(now) else []


def _changing(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.rules import unfinished

    # Whoever changes them goes on by themselves: this is for those who were cut short.
    return [{}] if thorough and unfinished() else []


def _acting_on_many(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.bulk import unfinished_bulk

    return [{}] if unfinished_bulk() else []


def _telling(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.webhooks import webhooks_due

    return [{}] if webhooks_due(now) else []


def _importing(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.uploads import uploads_open

    return [{}] if uploads_open() else []


def _cancelling(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.deliveries import cancelled_and_open

    # What a sender has in its hands is cancelled when it gives it back: a look now and then is enough.
    return [{}] if thorough and cancelled_and_open() else []


def _confirming(now: datetime, thorough: bool) -> Iterable[About]:
    from rebond.store.read.landing import requests_due

    return [{}] if requests_due(now) else []


JOBS: Mapping[str, Job] = {
    names.PREPARE: Job(run=work.prepare, unfinished=_preparing, recorded=True),
    names.SEND: Job(run=work.send, unfinished=_sending, alone=False),
    names.SETTLE: Job(run=work.settle, unfinished=_settling, alone=False),
    names.RULES: Job(run=work.rules, unfinished=_changing),
    names.BULK: Job(run=quarantining.bulk, unfinished=_acting_on_many),
    names.IMPORT: Job(run=people.read_files, unfinished=_importing),
    names.CANCEL: Job(run=people.end_cancelled, unfinished=_cancelling),
    names.CLEANUP: Job(run=work.cleanup, schedule=Daily(time(4))),
    names.UPDATE: Job(run=work.update, schedule=Daily(time(2))),
    names.AGGREGATES: Job(run=work.aggregates, schedule=Every(5)),
    names.WATCH: Job(run=watching.watch_figures, schedule=Every(5), recorded=True),
    names.NOTIFY: Job(run=watching.tell_people, schedule=Every(1), recorded=True),
    names.WEBHOOKS: Job(run=webhooks.tell_subscribers, unfinished=_telling),
    names.OPT_IN: Job(run=people.make_confirmations, unfinished=_confirming),
}
TIMED: Mapping[str, Schedule] = {name: job.schedule for name, job in JOBS.items() if job.schedule is not None}
