"""Compute every state anew, after a change of policy: dry run first (specification 04)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rebond.core.failure import AddressState
from rebond.core.policy import Policy
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus
from rebond.store.read.evidence import AddressKey, evidence_of, list_addresses, snapshots_of, states_of
from rebond.store.write.audit import add_audit
from rebond.store.write.states import hold_addresses, refold

_MOST_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many addresses were looked at, and how many change status, by `before → after`; some as a sample."""

    looked_at: int
    changed: dict[str, int]
    sample: tuple[str, ...]
    written: bool


def recompute(
    *,
    policy: Policy,
    now: datetime,
    actor: str,
    dry_run: bool,
    on_progress: Callable[[int], None] | None = None,
) -> Recomputed:
    """Fold every address that has evidence under the present policy; writes nothing on a dry run."""
    looked_at, changed, sample = 0, dict[str, int](), list[str]()
    for fresh in list_addresses():
        with transaction.atomic():
            if not dry_run:
                hold_addresses(fresh)
            before = {address: row.state for address, row in states_of(fresh).items()}
            after = _folded(fresh, policy=policy) if dry_run else fold_needed(fresh, before, policy=policy, now=now)
        for address, state in after.items():
            looked_at += 1
            was = before[address].status if address in before else AddressStatus.VALID
            if was is not state.status:
                change = f"{was} → {state.status}"
                changed[change] = changed.get(change, 0) + 1
                if len(sample) < _MOST_SAMPLES:
                    sample.append(f"{address.channel}:{fresh[address]}: {change}")
        if on_progress:
            on_progress(looked_at)
    if not dry_run:
        add_audit("quarantine.recompute", subject=policy.digest, actor=actor, now=now, after=changed)
    return Recomputed(looked_at, changed, tuple(sample), not dry_run)


def _folded(addresses: dict[AddressKey, str], *, policy: Policy) -> dict[AddressKey, AddressState]:
    evidence, snapshots = evidence_of(addresses), snapshots_of(addresses)
    return {
        address: fold(policy, snapshots.get(address), evidence[address], channel=address.channel)
        for address in addresses
    }


def fold_needed(
    addresses: dict[AddressKey, str], before: dict[AddressKey, AddressState], *, policy: Policy, now: datetime
) -> dict[AddressKey, AddressState]:
    """Write the states that have a row or need one: a row that cleanup removed does not come back valid.

    The caller holds the addresses.
    """
    folded = _folded(addresses, policy=policy)
    needed = {
        address: addresses[address]
        for address, state in folded.items()
        if address in before or state.status is not AddressStatus.VALID
    }
    return {**folded, **refold(needed, policy=policy, now=now)}
