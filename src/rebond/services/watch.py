"""The job that raises alerts when something passes its bound, and ends them when it is over (specification 08)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rebond.core.said import said, said_n
from rebond.core.words import AlertKind
from rebond.store.read.alerts import raised_since
from rebond.store.read.cleanup import last_run
from rebond.store.read.watch import answered_since, count_dead, failed_deliveries, missed_deliveries, paused_transports
from rebond.store.write.alerts import end_named_alerts, tell_alert

_WATCHED = timedelta(days=14)
# One alert a criterion and subject a day: one that ended is not raised again before.
_AGAIN_AFTER = timedelta(hours=24)
_FAULTS = 3
_MOST_DEAD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Past which shares an alert is raised, from how many answered messages on, and how old a job's run may be."""

    failures: float = 0.05
    complaints: float = 0.003
    minimum: int = 100
    jobs: Mapping[str, timedelta]


@dataclass(frozen=True, slots=True)
class Watched:
    """How many criteria hold now, and how many alerts of this run are new."""

    holding: int
    raised: int


Finding = tuple[AlertKind, str, str]


def watch(*, bounds: Bounds, now: datetime) -> Watched:
    """Look at everything that is watched; safe to run at any time."""
    found = list(_findings(bounds, now))
    recent = raised_since(now - _AGAIN_AFTER)
    raised = 0
    for kind, name, words in found:
        known = recent.get((kind, name))
        if known is False:
            continue  # ended, and raised less than a day ago
        tell_alert(kind, name, words=words, now=now)
        raised += known is None
    for kind in _KINDS:
        end_named_alerts(kind, but=[name for of, name, _ in found if of is kind], because="over", now=now)
    return Watched(len(found), raised)


_KINDS = (
    AlertKind.HARD_RATIO,
    AlertKind.SOFT_RATIO,
    AlertKind.COMPLAINT_RATE,
    AlertKind.DELIVERY_FAILED,
    AlertKind.DELIVERY_MISSED,
    AlertKind.TRANSPORT_PAUSED,
    AlertKind.JOB_STALE,
    AlertKind.DEAD_LETTERS,
)


def _findings(bounds: Bounds, now: datetime) -> Iterator[Finding]:
    yield from _ratios(bounds, now)
    for number, name, problem in failed_deliveries(now - _WATCHED):
        yield AlertKind.DELIVERY_FAILED, _about(number), f"{name}: {problem}"
    for number, name, problem in missed_deliveries():
        yield AlertKind.DELIVERY_MISSED, _about(number), f"{name}: {problem}"
    for transport, faults, problem in paused_transports(now):
        if faults >= _FAULTS:
            yield (
                AlertKind.TRANSPORT_PAUSED,
                transport,
                said_n("{n} fault in a row: {problem}", "{n} faults in a row: {problem}", faults, problem=problem),
            )
    for job, most in bounds.jobs.items():
        last = last_run(job)
        if last is not None and now - last > most:
            yield AlertKind.JOB_STALE, job, said("last run {at:%Y-%m-%d %H:%M} UTC", at=last)
    dead = count_dead(_MOST_DEAD)
    if dead:
        yield AlertKind.DEAD_LETTERS, "returns", f"{dead}{'+' if dead == _MOST_DEAD else ''}"


def _ratios(bounds: Bounds, now: datetime) -> Iterator[Finding]:
    for one in answered_since(now - _WATCHED):
        answered = one.delivered + one.failed
        if answered < bounds.minimum:
            continue
        for kind, number in ((AlertKind.HARD_RATIO, one.hard), (AlertKind.SOFT_RATIO, one.soft)):
            if number / answered > bounds.failures:
                yield kind, _about(one.delivery), _share(one.name, number, answered)
        if one.delivered and one.complained / one.delivered > bounds.complaints:
            yield AlertKind.COMPLAINT_RATE, _about(one.delivery), _share(one.name, one.complained, one.delivered)


def _about(delivery: int) -> str:
    return f"delivery:{delivery}"


def _share(name: str, part: int, whole: int) -> str:
    return said(
        "{name}: {part:,} of {whole:,} ({share:.1f} %)", name=name, part=part, whole=whole, share=part / whole * 100
    )
