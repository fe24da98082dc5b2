"""The cleanup job: timed exits and retention (specification 04, "Exits")."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction

from rebond.core.failure import AddressState, Event, Evidence, Origin, Snapshot
from rebond.core.policy import Policy
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus
from rebond.services.record import Occurrence, record
from rebond.store.read.cleanup import due_exits, evidence_before, valid_rows
from rebond.store.read.evidence import AddressKey, StateRow, evidence_of, snapshots_of
from rebond.store.write.cleanup import (
    purge_audit,
    purge_deliveries,
    purge_evidence,
    purge_messages,
    purge_raw_mails,
    purge_successes,
)
from rebond.store.write.evidence import delete_states, save_snapshot
from rebond.store.write.jobs import finish_job, start_job

JOB = "cleanup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each kind of data is kept."""

    evidence: timedelta
    raw_mails: timedelta
    deliveries: timedelta
    audit: timedelta


@dataclass(slots=True)
class Cleaned:
    """What a run did, in numbers."""

    rows_removed: int = 0
    exits: int = 0
    evidence_purged: int = 0
    messages_purged: int = 0
    raw_mails_purged: int = 0
    deliveries_purged: int = 0
    audit_purged: int = 0


def clean(*, policy: Policy, retention: Retention, now: datetime) -> Cleaned:
    """Carry out timed exits and retention as of `now`, in bounded transactions; safe to run again, and in any order."""
    job = start_job(JOB, now=now)
    done = Cleaned()
    # Rows first: one that leaves by its date today is removed by the next run.
    for page in valid_rows():
        done.rows_removed += delete_states([row.address for row in page if _is_over(row, policy=policy, now=now)])
    for page in due_exits(now):
        done.exits += _let_out(page, policy=policy, now=now)
    done.evidence_purged = _purge(now - retention.evidence, policy=policy)
    done.messages_purged = purge_messages(now - retention.evidence)
    done.raw_mails_purged = purge_raw_mails(now - retention.raw_mails)
    done.deliveries_purged = purge_deliveries(now - retention.deliveries)
    done.audit_purged = purge_audit(now - retention.audit)
    finish_job(job, result=asdict(done), now=now)
    return done


def _is_over(row: StateRow, *, policy: Policy, now: datetime) -> bool:
    since = row.state.since
    if row.state.status is not AddressStatus.VALID or since is None:
        return False
    return since + (timedelta() if row.state.origin is Origin.EXIT else policy.cleared_row) <= now


def _let_out(page: list[StateRow], *, policy: Policy, now: datetime) -> int:
    """Append the exit to each address that is due; the fold decides whether it applies."""
    occurrences = [
        Occurrence(
            channel=row.address.channel,
            address=row.text,
            key=row.address.key,
            scope=row.address.scope,
            evidence=Evidence(identity=_exit_identity(row.address, now), event=Event.EXIT_DUE, at=now, actor=JOB),
        )
        for row in page
    ]
    states = record(occurrences, policy=policy, now=now).states
    return sum(state.status is AddressStatus.VALID for state in states.values())


def _exit_identity(address: AddressKey, now: datetime) -> str:
    name = f"{address.channel}\0{address.key}\0{address.scope}\0{now.isoformat()}"
    return "exit:" + hashlib.sha256(name.encode()).hexdigest()


def _purge(horizon: datetime, *, policy: Policy) -> int:
    """Fold what is older than the horizon into snapshots, then remove it."""
    purged = 0
    for page in evidence_before(horizon):
        with transaction.atomic():
            purged += _purge_page(page, horizon, policy=policy)
    return purged + purge_successes(horizon)


def _purge_page(addresses: list[AddressKey], horizon: datetime, *, policy: Policy) -> int:
    evidence, snapshots = evidence_of(addresses), snapshots_of(addresses)
    for address in addresses:
        old = snapshots.get(address)
        if old and old.horizon >= horizon:
            continue  # `--now` lay before an earlier run: what is that old has no effect any more
        before = [item for item in evidence[address] if item.at <= horizon]
        state = fold(policy, old, before, channel=address.channel)
        if state != AddressState():
            save_snapshot(address, Snapshot(horizon=horizon, policy_digest=policy.digest, state=state))
    return purge_evidence(addresses, horizon)
