"""Evidence, policies and moments for the tests of the core, in few words."""

import itertools
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from rebond.core.failure import Event, Evidence, Verdict
from rebond.core.policy import Policy, read_policy
from rebond.core.words import CAUSES, Cause, FailureType, Reason

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PRESETS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (files("rebond.data") / "policies.toml").read_text(encoding="utf-8")
)
_numbers = itertools.count(1)


def policy(preset: str = "campaign", **overrides: Any) -> Policy:
    return read_policy(PRESETS, overrides={"preset": preset, **overrides})


def at(hours: float = 0, *, days: float = 0, minutes: float = 0) -> datetime:
    return START + timedelta(hours=hours, days=days, minutes=minutes)


def verdict(
    cause: Cause,
    *,
    kind: FailureType = FailureType.SOFT,
    reason: Reason | None = None,
    **fields: Any,
) -> Verdict:
    reason = reason or CAUSES[cause].reason or Reason.UNREACHABLE
    return Verdict(type=kind, reason=reason, cause=cause, rule="given", **fields)


def event(kind: Event, when: datetime, **fields: Any) -> Evidence:
    return Evidence(**{"identity": f"{kind}-{next(_numbers)}", "event": kind, "at": when, **fields})


def failed(when: datetime, judged: Verdict, **fields: Any) -> Evidence:
    return event(Event.FAILURE, when, verdict=judged, **fields)


def soft(when: datetime, cause: Cause = Cause.SYSTEM, *, confirm: int = 1, **fields: Any) -> Evidence:
    return failed(when, verdict(cause, confirm=confirm), **fields)


def hard(when: datetime, cause: Cause = Cause.NO_SUCH_USER, **fields: Any) -> Evidence:
    return failed(when, verdict(cause, kind=FailureType.HARD), **fields)


def ignored(when: datetime, cause: Cause = Cause.DELAYED, **fields: Any) -> Evidence:
    return failed(when, verdict(cause, kind=FailureType.IGNORED), **fields)


def daily(count: int, cause: Cause = Cause.SYSTEM, *, start: float = 0, **fields: Any) -> list[Evidence]:
    """Soft errors a day apart, the first `start` hours from the beginning."""
    return [soft(at(start + 24 * day), cause, **fields) for day in range(count)]


def undo(when: datetime, *voided: Evidence, **fields: Any) -> Evidence:
    return event(Event.UNDO, when, voids=frozenset(item.identity for item in voided), **fields)
