"""The job that tells people of alerts: once that one was raised, once that it has ended, to each place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rebond.core.said import said
from rebond.store.read.notices import DueNotice, due_notices
from rebond.store.write.notices import mark_not_told, mark_told, plan_notices, purge_notices

# What is older was told, or nobody could be told of it.
_LOOK_BACK = timedelta(days=2)
_KEPT = timedelta(days=365)
_BATCH = 100
_WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))

# Sends one message; raises with the words of what went wrong.
Tell = Callable[[DueNotice], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """How many messages were sent, and how many could not be."""

    told: int
    failed: int
    problem: str = ""


def notify(places: Mapping[str, Tell], *, now: datetime) -> Notified:
    """Send what is to be told; what cannot be sent is tried again with growing waits, then given up."""
    plan_notices(list(places), since=now - _LOOK_BACK, now=now)
    purge_notices(now - _KEPT)
    told = failed = 0
    problem = ""
    for notice in due_notices(now, limit=_BATCH):
        tell = places.get(notice.place)
        if tell is None:
            mark_not_told(notice.number, tries=notice.tries, next_at=None, problem=said("no longer configured"))
            continue
        try:
            tell(notice)
        except Exception as error:  # whatever a relay or a chat service does must not stop the others
            problem = f"{notice.place}: {type(error).__name__}: {error}"
            wait = _WAITS[notice.tries] if notice.tries < len(_WAITS) else None
            mark_not_told(
                notice.number, tries=notice.tries + 1, next_at=now + wait if wait else None, problem=str(error)
            )
            failed += 1
        else:
            mark_told(notice.number, now=now)
            told += 1
    return Notified(told=told, failed=failed, problem=problem)
