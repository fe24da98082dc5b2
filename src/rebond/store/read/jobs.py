"""Background work: the runs of jobs, who carries out what, and which processes run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from rebond.core.words import DeliveryStatus
from rebond.store.models import Delivery, JobHold, JobRun, RunningProcess
from rebond.store.read.leases import FARTHEST
from rebond.store.read.sending import free_messages, next_due, open_messages, takes_more


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a job; without a result it broke off, or is going on, or was cut short."""

    number: int
    name: str
    at: datetime
    finished_at: datetime | None
    result: Mapping[str, Any] | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Who carries a job out, and who asked for it; `worker` is empty while nobody does."""

    name: str
    worker: str
    since: datetime | None
    asked_at: datetime | None
    asked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A part of the site that runs somewhere."""

    name: str
    kind: str
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime


def last_runs(name: str, *, most: int = 1) -> list[Run]:
    """Read the newest runs of a job, the newest first."""
    return [_run(row) for row in JobRun.objects.filter(name=name).order_by("-id")[:most]]


def last_finished(name: str) -> Run | None:
    """Read the newest run of a job that came to its end."""
    row = JobRun.objects.filter(name=name, finished_at__isnull=False, result__isnull=False).order_by("-id").first()
    return _run(row) if row else None


def _run(row: JobRun) -> Run:
    return Run(
        number=row.pk, name=row.name, at=row.at, finished_at=row.finished_at, result=row.result, problem=row.problem
    )


def holds(*, now: datetime, names: Collection[str] | None = None) -> dict[str, Hold]:
    """Read who carries out what, by job; a hold that has lapsed has no worker."""
    rows = JobHold.objects.order_by("name")
    if names is not None:
        rows = rows.filter(name__in=names)
    return {row.name: _hold(row, now=now) for row in rows[:1000]}


def _hold(row: JobHold, *, now: datetime) -> Hold:
    alive = row.until is not None and now <= row.until <= now + FARTHEST
    return Hold(
        name=row.name,
        worker=row.worker if alive else "",
        since=row.since if alive else None,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
    )


def running_processes() -> list[Process]:
    """Read which processes have said that they run, by kind."""
    return [
        Process(
            name=row.name,
            kind=row.kind,
            host=row.host,
            pid=row.pid,
            version=row.version,
            started_at=row.started_at,
            seen_at=row.seen_at,
        )
        for row in RunningProcess.objects.order_by("kind", "name")
    ]


def being_prepared() -> list[int]:
    """List the deliveries whose preparation has begun and not ended."""
    return _deliveries(Q(status=DeliveryStatus.PREPARING.value))


def being_sent() -> list[int]:
    """List the deliveries that are being sent."""
    return _deliveries(Q(status=DeliveryStatus.SENDING.value))


def due_to_send(now: datetime, *, thorough: bool) -> list[int]:
    """List the deliveries being sent for which there is something to do now, and those whose time to be sent has come.

    What only a lost worker left shows itself to a `thorough` look, which reads every open message.
    """
    waiting = _deliveries(Q(status=DeliveryStatus.SCHEDULED.value, scheduled_at__lte=now))
    going = Delivery.objects.filter(status=DeliveryStatus.SENDING.value).order_by("id")
    return waiting + [
        number for number, ends_at in going.values_list("id", "ends_at") if _is_due(number, ends_at, now, thorough)
    ]


def _is_due(number: int, ends_at: datetime | None, now: datetime, thorough: bool) -> bool:
    if ends_at is not None and ends_at < now:
        return True
    free = free_messages(number, now=now).order_by()
    if free.filter(next_attempt_at__isnull=True).exists() or free.filter(next_attempt_at__lte=now).exists():
        return True
    if not thorough:
        return not open_messages(number).exists() and not takes_more(now).filter(delivery=number).exists()
    due = next_due(number, now=now)
    if due is None:
        return not takes_more(now).filter(delivery=number).exists()
    return due <= now


def paused_and_over(now: datetime) -> list[int]:
    """List the deliveries whose validity ended while they were paused."""
    return _deliveries(Q(status=DeliveryStatus.PAUSED.value, ends_at__lt=now))


def _deliveries(condition: Q) -> list[int]:
    return list(Delivery.objects.filter(condition).order_by("id").values_list("id", flat=True))
