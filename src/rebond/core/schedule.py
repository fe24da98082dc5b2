"""When a message is tried again, or given up (specification 05, "Retries"). A decision is a value, not a loop."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from rebond.core.failure import Verdict
from rebond.core.policy import RetryPermanent, long_step
from rebond.core.words import CAUSES, FailureType, Reason

_JITTER_SHARE = 0.1
_JITTER_MOST = timedelta(minutes=10)
_PERMANENT = 500
_NEVER_AGAIN = frozenset(
    {Reason.TEXT_TOO_LONG, Reason.UNSUPPORTED_CHARACTER, Reason.PRODUCTION_ERROR, Reason.NOT_A_FAILURE}
)


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at `at`; `step` is the place in the calendar that comes after that attempt."""

    at: datetime
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A delivery's retry settings: intervals in order, what a permanent code does, and when trying ends."""

    intervals: tuple[timedelta, ...]
    permanent: RetryPermanent
    ends_at: datetime


def next_attempt(
    verdict: Verdict,
    *,
    code: int,
    replied_at: datetime,
    step: int,
    attempt: int,
    message: int,
    calendar: Calendar,
) -> Retry | None:
    """Decide what follows a failed attempt: a retry, or None to give up.

    `code` is the SMTP code of the answer (0: none), `step` the number of calendar steps already used,
    `attempt` the number of the attempt that just failed (1 for the first), `message` seeds the jitter.
    """
    permanent = code >= _PERMANENT and calendar.permanent is not RetryPermanent.AS_TEMPORARY
    if not _may_retry(verdict, permanent=permanent, setting=calendar.permanent):
        return None
    intervals = calendar.intervals
    if permanent and verdict.type is not FailureType.IGNORED:
        shortest = long_step(intervals)
        while step < len(intervals) and intervals[step] < shortest:
            step += 1
    return _after(intervals, step=step, replied_at=replied_at, seed=f"{message}/{attempt}", ends_at=calendar.ends_at)


def _after(
    intervals: tuple[timedelta, ...], *, step: int, replied_at: datetime, seed: str, ends_at: datetime
) -> Retry | None:
    if step >= len(intervals):
        return None
    at = replied_at + intervals[step] + jitter(intervals[step], seed=seed)
    return Retry(at, step + 1) if at <= ends_at else None


def _may_retry(verdict: Verdict, *, permanent: bool, setting: RetryPermanent) -> bool:
    if verdict.reason in _NEVER_AGAIN or verdict.hard_at_once:
        return False
    if verdict.retry is not None:
        return verdict.retry
    if not permanent:
        return True
    if CAUSES[verdict.cause].final:
        return False
    return verdict.type is FailureType.IGNORED or setting is not RetryPermanent.NEVER


def jitter(interval: timedelta, *, seed: str) -> timedelta:
    """Spread attempts: 0 to 10 % of the interval, at most ten minutes, the same for the same seed."""
    fraction = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=4).digest()) / 0x1_0000_0000
    return min(interval * _JITTER_SHARE, _JITTER_MOST) * fraction


def counted_hours(intervals: tuple[timedelta, ...], *, gap: timedelta) -> tuple[timedelta, ...]:
    """List when a delivery that meets only soft 4xx failures counts an error, from its start, without jitter."""
    moments, elapsed, last = [timedelta()], timedelta(), timedelta()
    for interval in intervals:
        elapsed += interval
        if elapsed - last >= gap:
            moments.append(elapsed)
            last = elapsed
    return tuple(moments)
