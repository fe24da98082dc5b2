"""Storing evidence, and the snapshots that are kept of what is purged."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.core.failure import Evidence, Snapshot, Verdict
from rebond.store.dialect import moment
from rebond.store.models import SnapshotRow
from rebond.store.read.evidence import AddressKey
from rebond.store.read.state_json import state_to_json
from rebond.store.write.rows import Row, insert
from rebond.store.write.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvidence:
    """Evidence about to be stored, with what is kept beside it."""

    address: AddressKey
    text: str
    evidence: Evidence
    code: int = 0
    enhanced: str = ""
    phase: str = ""
    qualification: int | None = None
    message: int | None = None
    returned_mail: str = ""


def add_evidence(items: Sequence[NewEvidence], *, now: datetime) -> None:
    """Store evidence; IntegrityError when one was stored meanwhile."""
    # One order for everybody: two that store the same wait for each other in a row, never in a circle.
    ordered = sorted(items, key=lambda item: item.evidence.identity)
    stored_at = moment(now)
    insert("evidence", _EVIDENCE_COLUMNS, [(*_evidence_row(item), stored_at) for item in ordered])


_EVIDENCE_COLUMNS = (
    *("identity", "channel", "address_key", "scope", "address", "event", "at"),
    *("type", "reason", "cause", "rule", "pack_version", "confirm"),
    *("text", "code", "enhanced", "phase", "provider", "qualification", "message_id", "message", "returned_mail"),
    *("asynchronous", "trust", "trusted", "first_sight", "held_by", "voids", "because", "actor", "stored_at"),
)
_NO_VERDICT = ("", "", "", "", "", 1)


def _evidence_row(item: NewEvidence) -> Row:
    evidence, about = item.evidence, item.address
    identified = (evidence.identity, about.channel.value, about.key, about.scope, storable(item.text))
    happened = (evidence.event.value, moment(evidence.at))
    judged = verdict_row(evidence.verdict) if evidence.verdict else _NO_VERDICT
    said = (
        storable(evidence.text),
        item.code,
        storable(item.enhanced, 16),
        item.phase,
        storable(evidence.provider, 64),
    )
    belongs = (item.qualification, storable(evidence.message, 255), item.message, item.returned_mail)
    frozen = (evidence.asynchronous, evidence.trust.value, evidence.trusted, evidence.first_sight, evidence.held_by)
    voids = json.dumps(sorted(evidence.voids)) if evidence.voids else "[]"
    person = (voids, storable(evidence.because), storable(evidence.actor, 150))
    return (*identified, *happened, *judged, *said, *belongs, *frozen, *person)


def verdict_row(verdict: Verdict) -> Row:
    """Return a verdict as the columns of a row, its `confirm` last."""
    return (*verdict_columns(verdict).values(), verdict.confirm)


def verdict_columns(verdict: Verdict) -> dict[str, str]:
    """Return a verdict as the named columns of a row, without its `confirm`: a text's row has none."""
    return {
        "type": verdict.type.value,
        "reason": verdict.reason.value,
        "cause": verdict.cause.value,
        "rule": verdict.rule[:128],
        "pack_version": verdict.pack_version[:64],
    }


def add_told_successes(items: Sequence[tuple[AddressKey, Evidence]], *, now: datetime) -> None:
    """Store successes of messages that are not ours."""
    stored_at = moment(now)
    rows = []
    for address, evidence in sorted(items, key=lambda item: item[1].identity):
        message = storable(evidence.message, 255)
        rows.append((evidence.identity, address.channel.value, address.key, moment(evidence.at), stored_at, message))
    insert("told_success", ("identity", "channel", "address_key", "at", "stored_at", "message_id"), rows)


def save_snapshot(address: AddressKey, snapshot: Snapshot) -> None:
    """Store the state up to a horizon, in place of an older snapshot."""
    SnapshotRow.objects.update_or_create(
        channel=address.channel.value,
        address_key=address.key,
        scope=address.scope,
        defaults={
            "horizon": snapshot.horizon,
            "policy_digest": snapshot.policy_digest,
            "state": state_to_json(snapshot.state),
        },
    )
