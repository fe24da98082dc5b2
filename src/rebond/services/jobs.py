"""Background work as the database knows it: who carries out what, what somebody asked for, and which processes run."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from rebond.core.said import said
from rebond.services.deliveries import end_settled, get_delivery
from rebond.services.errors import RefusedError
from rebond.store.read.jobs import holds, paused_and_over
from rebond.store.write.audit import add_audit
from rebond.store.write.claims import expire
from rebond.store.write.jobs import (
    ask_for,
    end_hold,
    fail_job,
    finish_job,
    forget_processes,
    renew_holds,
    see_process,
    start_job,
    take_hold,
)

__all__ = [
    "begin_run",
    "break_off",
    "end_run",
    "expire_paused",
    "hold",
    "leave",
    "let_go",
    "renew",
    "request_run",
    "show_oneself",
]

# A worker that has not said so for that long carries nothing out any more.
HOLD = timedelta(seconds=60)
# A process that has not been seen for that long is forgotten.
_FORGOTTEN = timedelta(days=1)
_CLOSE = 2000


def hold(name: str, *, worker: str, now: datetime) -> bool:
    """Become the one who carries a job out, for as long as `renew` is called; false when somebody else is."""
    return take_hold(name, worker=worker, now=now, until=now + HOLD)


def renew(worker: str, names: Collection[str], *, now: datetime) -> None:
    """Hold on to these, which this worker carries out; what it does not name lapses."""
    if names:
        renew_holds(worker, names, until=now + HOLD)


def let_go(name: str, *, worker: str, done: bool) -> None:
    """End what `hold` began; what is not `done` can be taken up again at once."""
    end_hold(name, worker=worker, done=done)


def begin_run(name: str, *, now: datetime) -> int:
    """Write down that a job began; returns the number of the run."""
    return start_job(name, now=now)


def end_run(run: int, *, result: dict[str, object], now: datetime, problem: str = "") -> None:
    """Write down what a run did."""
    finish_job(run, result=result, now=now, problem=problem)


def break_off(name: str, *, began: datetime, now: datetime, problem: str) -> None:
    """Write down that a job broke off, by an error."""
    fail_job(name, began=began, now=now, problem=problem)


def request_run(name: str, *, now: datetime, actor: str) -> None:
    """Have a technical job done now; audited. RefusedError while it is being done."""
    with transaction.atomic():
        held = holds(now=now, names=[name]).get(name)
        if held is not None and held.worker:
            raise RefusedError(
                said(
                    "the job {name} is running, since {since:%Y-%m-%d %H:%M:%S} UTC on {worker}",
                    name=name,
                    since=held.since,
                    worker=held.worker,
                )
            )
        ask_for(name, now=now, actor=actor)
        add_audit("job.run", subject=f"job:{name}", actor=actor, now=now)


def show_oneself(
    name: str, *, kind: str, host: str, pid: int, version: str, started_at: datetime, now: datetime
) -> None:
    """Say that a process runs."""
    see_process(name, kind=kind, host=host, pid=pid, version=version, started_at=started_at, now=now)


def leave(name: str, *, now: datetime) -> None:
    """Say that a process ends; those that went without a word long ago are forgotten too."""
    forget_processes(name=name, unseen_since=now - _FORGOTTEN)


def expire_paused(*, now: datetime) -> int:
    """End the deliveries whose validity ended while they were paused; returns how many messages that closed."""
    closed = 0
    for delivery in paused_and_over(now):
        while some := _expire_some(delivery, now=now):
            closed += some
        with transaction.atomic():
            end_settled(delivery, name=get_delivery(delivery).name, now=now)
    return closed


def _expire_some(delivery: int, *, now: datetime) -> int:
    with transaction.atomic():
        return expire(delivery, now=now, limit=_CLOSE)
