"""A state as JSON, as snapshots keep it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rebond.core.failure import AddressState, Origin
from rebond.core.words import AddressStatus, Cause, ExclusionCause, Reason

_STATE_TIMES = ("first_error_at", "last_error_at", "last_counted_at", "since", "until")


def state_to_json(state: AddressState) -> dict[str, Any]:
    """Write a state for a snapshot."""
    return {
        "status": state.status,
        "origin": state.origin,
        "reason": state.reason,
        "cause": state.cause,
        "error_count": state.error_count,
        "error_text": state.error_text,
        "provider": state.provider,
        "releases": state.releases,
        "confirming": sorted(state.confirming),
        **{name: value.isoformat() if (value := getattr(state, name)) else None for name in _STATE_TIMES},
    }


def state_from_json(values: Mapping[str, Any]) -> AddressState:
    """Read a state from a snapshot."""
    times = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in _STATE_TIMES}
    return AddressState(
        status=AddressStatus(values["status"]),
        origin=Origin(values["origin"]),
        reason=Reason(values["reason"]) if values["reason"] else None,
        cause=read_cause(values["cause"] or ""),
        error_count=values["error_count"],
        error_text=values["error_text"],
        provider=values["provider"],
        releases=values["releases"],
        confirming=frozenset(map(Cause, values["confirming"])),
        **times,
    )


_CAUSES = frozenset(cause.value for cause in Cause)


def read_cause(text: str) -> Cause | ExclusionCause | None:
    """Read a state's cause, as it is stored."""
    if not text:
        return None
    return Cause(text) if text in _CAUSES else ExclusionCause(text)
