"""States and their evidence as every face tells them: the same names in a file, on the command line and over HTTP."""

from typing import Any

from rebond.core.failure import Judgement, Snapshot
from rebond.store.read.evidence import StateRow

STATE = ("status", "reason", "cause", "error_count", "since", "until", "last_error_at")
ROW = ("channel", "address", "scope", *STATE)


def told_row(row: StateRow) -> dict[str, Any]:
    """Tell a row of the table of states."""
    about = {"channel": row.address.channel, "address": row.text, "scope": row.address.scope}
    return about | {name: getattr(row.state, name) for name in STATE}


def told_evidence(judgement: Judgement) -> dict[str, Any]:
    """Tell a piece of evidence, what it did, and what the address was after it."""
    item, verdict = judgement.evidence, judgement.evidence.verdict
    return {
        "at": item.at,
        "event": item.event,
        "type": verdict.type if verdict else None,
        "reason": verdict.reason if verdict else None,
        "cause": verdict.cause if verdict else None,
        "owner": verdict.owner if verdict else None,
        "counted": judgement.counted,
        "why_not": judgement.why_not or None,
        "rule": verdict.rule if verdict else None,
        "text": item.text or item.because,
        "by": item.actor or None,
        "status": judgement.status,
        "error_count": judgement.error_count,
        "trust": item.trust,
    }


def told_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """Tell what retention has kept of older evidence."""
    state = snapshot.state
    return {
        "horizon": snapshot.horizon,
        "status": state.status,
        "reason": state.reason,
        "error_count": state.error_count,
        "text": state.error_text,
    }
