"""An erased address that comes back: what stood against it stands against it again, and its hash is needed no more."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from rebond.core.words import Channel, KeptOfErased
from rebond.store.erasure_keys import hashes_of
from rebond.store.models import AddressStateRow, ErasedAddress, ProfileAddress, ProfileDenial, SnapshotRow
from rebond.store.read.evidence import AddressKey
from rebond.store.read.state_json import state_from_json
from rebond.store.write.states import hold_addresses

_ORIGIN = "erased"


def restore_erased(channel: Channel, keys: Collection[str], *, now: datetime) -> int:
    """Put back what stood against those of these addresses that an erased person had; returns how many those are.

    To be called in the transaction that gives them to a profile.
    """
    if not keys or not ErasedAddress.objects.exists():
        return 0
    hashes = hashes_of(channel, sorted(keys))
    rows = list(ErasedAddress.objects.filter(digest__in=list(hashes)).order_by("id").select_for_update())
    for row in rows:
        if row.kind == KeptOfErased.DENIAL:
            _deny(channel, hashes[row.digest], row, now=now)
        else:
            _put_back(channel, hashes[row.digest], row)
    ErasedAddress.objects.filter(id__in=[row.pk for row in rows]).delete()
    return len({row.digest for row in rows})


def _deny(channel: Channel, key: str, row: ErasedAddress, *, now: datetime) -> None:
    who = ProfileAddress.objects.filter(channel=channel.value, key=key).values_list("profile_id", flat=True)
    proof = f"opted out before the person was erased on {row.at:%Y-%m-%d}"
    denials = [
        ProfileDenial(profile_id=profile, channel=row.scope, at=now, origin=_ORIGIN, proof=proof) for profile in who
    ]
    ProfileDenial.objects.bulk_create(denials, ignore_conflicts=True)


def _put_back(channel: Channel, key: str, row: ErasedAddress) -> None:
    """Let the address begin with the state that it had, as one does whose evidence was purged."""
    hold_addresses({AddressKey(channel, key, row.scope)})
    state = state_from_json(row.state)
    about: dict[str, Any] = {"channel": channel.value, "address_key": key, "scope": row.scope}
    kept = {"horizon": row.at, "policy_digest": row.policy_digest, "state": row.state}
    SnapshotRow.objects.update_or_create(**about, defaults=kept)
    text = ProfileAddress.objects.filter(channel=channel.value, key=key).values_list("text", flat=True).first()
    AddressStateRow.objects.update_or_create(
        **about,
        defaults={
            "address": text or key,
            "status": state.status.value,
            "origin": state.origin.value,
            "reason": state.reason.value if state.reason else "",
            "cause": state.cause.value if state.cause else "",
            "error_count": state.error_count,
            "first_error_at": state.first_error_at,
            "last_error_at": state.last_error_at,
            "last_counted_at": state.last_counted_at,
            "since": state.since,
            "until": state.until,
            "error_text": "",
            "provider": state.provider,
            "releases": state.releases,
            "confirming": sorted(state.confirming),
            "policy_digest": row.policy_digest,
        },
    )
