"""The cleanup job: timed exits and retention (specification 04, "Exits")."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from django.db import transaction

from rebond.core.failure import AddressState, Event, Evidence, Origin, Snapshot, WhyNot
from rebond.core.policy import Policy
from rebond.core.quarantine import explain, fold
from rebond.core.words import AddressStatus
from rebond.services.deliveries import end_cancelled
from rebond.services.erase import clean_erased
from rebond.services.opt_in_clean import clean_opt_ins
from rebond.services.record import Occurrence, record
from rebond.services.uploads import sweep_files
from rebond.store.read.cleanup import addresses_before, due_exits, moved_snapshots, valid_rows
from rebond.store.read.evidence import AddressKey, StateRow, known_of
from rebond.store.write.bulk import purge_bulk
from rebond.store.write.cleanup import (
    purge_alerts,
    purge_audit,
    purge_deliveries,
    purge_evidence,
    purge_messages,
    purge_raw_mails,
    purge_requalified,
    purge_returns,
)
from rebond.store.write.evidence import save_snapshot
from rebond.store.write.jobs import finish_job, purge_runs, start_job
from rebond.store.write.states import delete_valid_states, hold_addresses
from rebond.store.write.uploads import purge_uploads

JOB = "cleanup"
_RUNS_KEPT = timedelta(days=30)


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
    messages_cancelled: int = 0
    evidence_purged: int = 0
    messages_purged: int = 0
    raw_mails_purged: int = 0
    returns_purged: int = 0
    deliveries_purged: int = 0
    audit_purged: int = 0
    requalified_purged: int = 0
    alerts_purged: int = 0
    runs_purged: int = 0
    operations_purged: int = 0
    imports_purged: int = 0
    requests_purged: int = 0
    proofs_purged: int = 0
    files_purged: int = 0


def clean(*, policy: Policy, retention: Retention, now: datetime, uploads: Path | None = None) -> Cleaned:
    """Carry out timed exits and retention as of `now`, in bounded transactions; safe to run again, and in any order.

    `uploads` is the folder of the files that were given on pages.
    """
    job = start_job(JOB, now=now)
    done = Cleaned()
    # Rows first: one that leaves by its date today is removed by the next run.
    for page in valid_rows():
        done.rows_removed += delete_valid_states([row.address for row in page if _is_over(row, policy=policy, now=now)])
    for page in due_exits(now):
        done.exits += _let_out(page, policy=policy, now=now)
    done.messages_cancelled = end_cancelled(now=now)
    done.evidence_purged = _purge(now - retention.evidence, policy=policy)
    done.requalified_purged = purge_requalified()
    done.messages_purged = purge_messages(now - retention.evidence)
    done.raw_mails_purged = purge_raw_mails(now - retention.raw_mails)
    done.returns_purged = purge_returns(now - retention.evidence)
    done.deliveries_purged = purge_deliveries(now - retention.deliveries)
    done.audit_purged = purge_audit(now - retention.audit)
    done.alerts_purged = purge_alerts(now - retention.audit)
    done.operations_purged = purge_bulk(now - retention.audit)
    done.imports_purged = purge_uploads(now - retention.raw_mails)
    if uploads is not None:
        done.files_purged = sweep_files(uploads, now=now)
    forgotten = clean_opt_ins(now=now)
    done.requests_purged, done.proofs_purged = forgotten.requests, forgotten.proofs
    done.proofs_purged += clean_erased(now=now)
    done.runs_purged = purge_runs(now - _RUNS_KEPT)
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
    for page in chain(moved_snapshots(horizon), addresses_before(horizon)):
        with transaction.atomic():
            purged += _purge_page(page, horizon, policy=policy)
    return purged


def _purge_page(addresses: Sequence[AddressKey], horizon: datetime, *, policy: Policy) -> int:
    """Purge these addresses, but those whose state would change: they keep theirs until a later run."""
    hold_addresses(addresses)
    known = known_of(addresses)
    evidence, snapshots = known.evidence, known.snapshots
    old: list[Evidence] = []
    for address in addresses:
        snapshot = snapshots.get(address)
        moved = _moved(address, evidence[address], snapshot, horizon, policy=policy)
        if moved is None:
            continue
        if moved.state != AddressState() and moved != snapshot:
            save_snapshot(address, moved)
        old += [item for item in evidence[address] if item.at <= horizon]
    return purge_evidence([item.identity for item in old])


def _moved(
    address: AddressKey, evidence: Sequence[Evidence], old: Snapshot | None, horizon: datetime, *, policy: Policy
) -> Snapshot | None:
    """Make the snapshot at the horizon; None when the state would not be the same without what lies before it."""
    if old and old.horizon >= horizon:
        return old  # `--now` lay before an earlier run: what is that old has no effect any more
    state, judgements = explain(policy, old, evidence, channel=address.channel)
    # What later evidence takes back or makes void must not be in the snapshot: nothing could take it out again.
    void = {one.evidence.identity for one in judgements if one.why_not in (WhyNot.RETRACTED, WhyNot.VOIDED)}
    before = [item for item in evidence if item.at <= horizon and item.identity not in void]
    after = [item for item in evidence if item.at > horizon]
    moved = Snapshot(
        horizon=horizon, policy_digest=policy.digest, state=fold(policy, old, before, channel=address.channel)
    )
    return moved if fold(policy, moved, after, channel=address.channel) == state else None
