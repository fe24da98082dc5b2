"""The job that makes the sums which reports and live pages read; safe to run again, a delivery a transaction."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo

from rebond.core.qualify.providers import OTHER
from rebond.store.read.reports import last_whole_sum
from rebond.store.write.aggregates import (
    forget_changes,
    forget_gone_deliveries,
    measure_quarantine,
    stale_deliveries,
    sum_changes,
    sum_delivery,
)
from rebond.store.write.jobs import finish_job, start_job

JOB = "aggregates"
_WHOLE_EVERY = timedelta(hours=24)
# Complaints and changed verdicts move no counter of a delivery: the newest are summed again once a day.
_NEWEST = timedelta(days=45)
_CHANGES_KEPT = timedelta(days=730)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregated:
    """How many deliveries were summed, and how many keep older sums because retention has taken of their messages."""

    summed: int
    kept: int


def aggregate(
    *,
    now: datetime,
    zone: tzinfo,
    providers: Mapping[str, str] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Aggregated:
    """Sum what has moved since the last run; once a day all deliveries of the last weeks.

    `providers` names the provider of a domain, as a label; those of no domain are `other`.
    """
    known = providers or {}
    last = last_whole_sum(JOB)
    whole = last is None or now - last >= _WHOLE_EVERY
    job = start_job(JOB, now=now)
    summed = kept = 0
    for number, stale in enumerate(stale_deliveries(started_since=now - _NEWEST if whole else None), start=1):
        if sum_delivery(stale, provider_of=lambda domain: known.get(domain, OTHER), now=now):
            summed += 1
        else:
            kept += 1
        if on_progress:
            on_progress(number)
    sum_changes()
    measure_quarantine(now.astimezone(zone).date(), now=now)
    if whole:
        forget_gone_deliveries()
        forget_changes(now - _CHANGES_KEPT)
    done = Aggregated(summed=summed, kept=kept)
    finish_job(job, result={**asdict(done), "whole": whole}, now=now)
    return done
