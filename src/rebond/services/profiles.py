"""What is known of a person: fields, addresses with their state, opt-outs."""

from collections.abc import Mapping
from dataclasses import dataclass

from rebond.core.failure import AddressState
from rebond.core.words import Channel
from rebond.services.errors import no_profile
from rebond.store.read.evidence import AddressKey, states_of
from rebond.store.read.people import ProfileRow, read_profile


@dataclass(frozen=True, slots=True)
class ShownProfile:
    """A profile and the state of each of its possible addresses, by channel."""

    profile: ProfileRow
    states: Mapping[Channel, AddressState]


def show_profile(external_id: str) -> ShownProfile:
    """Read a profile with the states of its addresses; NotFoundError when there is no such."""
    profile = read_profile(external_id)
    if profile is None:
        raise no_profile(external_id)
    keys = {item.channel: AddressKey(item.channel, item.key) for item in profile.addresses if item.key is not None}
    rows = states_of(list(keys.values()))
    return ShownProfile(
        profile, {channel: rows[key].state if key in rows else AddressState() for channel, key in keys.items()}
    )
