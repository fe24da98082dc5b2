"""Which addresses stay blocked though nobody knows whose they were: asked by their keyed hashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.core.exclusion import Ground
from rebond.core.failure import Snapshot
from rebond.core.words import AddressStatus, Channel, KeptOfErased
from rebond.store.dialect import listed, looked_up
from rebond.store.erasure_keys import hashes_of
from rebond.store.lookup import look_up
from rebond.store.models import ErasedAddress
from rebond.store.read.sending import ground_of
from rebond.store.read.state_json import state_from_json


def erased_statuses(channel: Channel, keys: Sequence[str]) -> dict[str, AddressStatus]:
    """Tell which of these addresses an erased person had, and stay blocked for the whole site."""
    if not keys:
        return {}
    hashes = hashes_of(channel, keys)
    rows = looked_up("digest, kind, scope, status", "erased_address", column="digest", where="1 = 1", given="digests")
    found: dict[str, AddressStatus] = {}
    # All of a digest, since few have a row: to ask for what stands against it was to look each up three times.
    for digest, kind, scope, status in look_up(f"SELECT found.* FROM {rows}", {"digests": listed(hashes)}):
        stands = scope == "" if kind == KeptOfErased.STATE else scope in (channel.value, "all")
        # Of two that stand against an address, the stronger one is told.
        if stands and found.get(hashes[digest]) is not AddressStatus.DENYLISTED:
            found[hashes[digest]] = AddressStatus(status)
    return found


def erased_grounds(channel: Channel, keys: Sequence[str]) -> dict[str, Ground]:
    """Tell what stands against writing to those of these addresses that an erased person had, of the address alone."""
    if not keys or not ErasedAddress.objects.exists():
        return {}
    hashes = hashes_of(channel, keys)
    rows = ErasedAddress.objects.filter(digest__in=list(hashes), kind=KeptOfErased.STATE.value, scope="")
    found = {hashes[row.digest]: ground_of(row.status, row.state["origin"]) for row in rows}
    return {key: ground for key, ground in found.items() if ground is not None}


@dataclass(frozen=True, slots=True)
class OfErased:
    """What stands against an address because of somebody who was erased: the state that it had, and opt-outs."""

    snapshot: Snapshot | None
    opted_out: tuple[tuple[str, datetime], ...]


def of_erased(channel: Channel, key: str) -> OfErased:
    """Tell what stands against one address because of somebody who was erased."""
    rows = []
    if ErasedAddress.objects.exists():
        rows = list(ErasedAddress.objects.filter(digest__in=list(hashes_of(channel, [key]))).order_by("id"))
    snapshots = [
        Snapshot(horizon=row.at, policy_digest=row.policy_digest, state=state_from_json(row.state))
        for row in rows
        if row.kind == KeptOfErased.STATE and not row.scope
    ]
    denials = tuple((row.scope, row.at) for row in rows if row.kind == KeptOfErased.DENIAL)
    return OfErased(snapshots[0] if snapshots else None, denials)


def erased_hashes() -> frozenset[bytes]:
    """Read the hashes of all addresses that stay blocked: few, since few people are erased."""
    return frozenset(map(bytes.fromhex, ErasedAddress.objects.values_list("digest", flat=True).distinct()))
