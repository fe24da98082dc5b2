"""The runs of technical jobs."""

from datetime import datetime
from typing import Any

from rebond.store.models import JobRun
from rebond.store.write.text import storable


def start_job(name: str, *, now: datetime) -> int:
    """Write down that a job began; returns the number of the run."""
    return JobRun.objects.create(name=name, at=now).pk


def finish_job(run: int, *, result: dict[str, Any], now: datetime, problem: str = "") -> None:
    """Write down what a job did, and what went wrong though it came to its end."""
    JobRun.objects.filter(id=run).update(finished_at=now, result=result, problem=storable(problem))
