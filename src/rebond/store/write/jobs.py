"""The runs of technical jobs, who carries out what, and which processes run."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from rebond.store.models import JobHold, JobRun, RunningProcess
from rebond.store.read.leases import FARTHEST
from rebond.store.write.text import storable

_LONGEST_NAME = 128


def start_job(name: str, *, now: datetime) -> int:
    """Write down that a job began; returns the number of the run."""
    return JobRun.objects.create(name=name, at=now).pk


def finish_job(run: int, *, result: dict[str, Any], now: datetime, problem: str = "") -> None:
    """Write down what a job did, and what went wrong though it came to its end."""
    JobRun.objects.filter(id=run).update(finished_at=now, result=result, problem=storable(problem))


def fail_job(name: str, *, began: datetime, now: datetime, problem: str) -> None:
    """Write down that a job broke off: its open runs end with the problem and no result."""
    words = storable(problem)
    if not JobRun.objects.filter(name=name, finished_at__isnull=True).update(finished_at=now, problem=words):
        JobRun.objects.create(name=name, at=began, finished_at=now, problem=words)


def purge_runs(horizon: datetime) -> int:
    """Remove the runs from before a time, but the newest of each job."""
    newest = JobRun.objects.order_by().values("name").distinct()
    kept = [JobRun.objects.filter(name=row["name"]).order_by("-id").values_list("id", flat=True)[0] for row in newest]
    return JobRun.objects.filter(at__lt=horizon).exclude(id__in=kept).delete()[0]


def take_hold(name: str, *, worker: str, now: datetime, until: datetime) -> bool:
    """Become the one who carries out a job; false when somebody else is."""
    assert len(name) <= _LONGEST_NAME
    JobHold.objects.bulk_create([JobHold(name=name)], ignore_conflicts=True)
    over = Q(until__isnull=True) | Q(until__lt=now) | Q(until__gt=now + FARTHEST)
    taken = JobHold.objects.filter(over, name=name).update(worker=worker, since=now, until=until)
    return bool(taken)


def renew_holds(worker: str, names: Collection[str], *, until: datetime) -> None:
    """Hold on to what a worker carries out."""
    JobHold.objects.filter(worker=worker, name__in=names, until__isnull=False).update(until=until)


def end_hold(name: str, *, worker: str, done: bool) -> None:
    """Let a job go; when it is `done`, so is what was asked for before it began."""
    with transaction.atomic():
        held = JobHold.objects.filter(name=name, worker=worker)
        if done:
            held.filter(Q(asked_at__isnull=True) | Q(asked_at__lte=F("since"))).delete()
        held.filter(asked_at__isnull=True).delete()
        held.update(worker="", since=None, until=None)


def ask_for(name: str, *, now: datetime, actor: str) -> None:
    """Write down that somebody wants a job to be done now."""
    JobHold.objects.bulk_create([JobHold(name=name)], ignore_conflicts=True)
    JobHold.objects.filter(name=name).update(asked_at=now, asked_by=storable(actor, 150))


def see_process(
    name: str, *, kind: str, host: str, pid: int, version: str, started_at: datetime, now: datetime
) -> None:
    """Write down that a process runs."""
    given = {"kind": kind, "host": host[:64], "pid": pid, "version": version[:32]}
    RunningProcess.objects.update_or_create(
        name=name, defaults={"seen_at": now}, create_defaults={**given, "started_at": started_at, "seen_at": now}
    )


def forget_processes(*, name: str = "", unseen_since: datetime | None = None) -> None:
    """Remove a process that ends, and those not seen any more."""
    RunningProcess.objects.filter(name=name).delete()
    if unseen_since is not None:
        RunningProcess.objects.filter(seen_at__lt=unseen_since).delete()
