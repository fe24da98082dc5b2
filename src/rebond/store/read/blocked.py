"""Which addresses must not be written to: one statement for many, since files hold millions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import many
from rebond.store.models import ProfileDenial

# CROSS JOIN: SQLite keeps its order, so that the few asked for are looked up and the many stored are not read.
_STOPPED = """
SELECT many.value, state.status FROM {many} CROSS JOIN address_state state
WHERE state.channel = %s AND state.address_key = many.value AND state.scope = '' AND state.status IN (%s, %s)
"""
_DENIED = """
SELECT many.value FROM {many} CROSS JOIN profile_address place CROSS JOIN profile_denial denial
WHERE place.channel = %s AND place.key = many.value
    AND denial.profile_id = place.profile_id AND denial.channel IN (%s, 'all')
"""


def blocked_keys(channel: Channel, keys: Sequence[str]) -> dict[str, AddressStatus]:
    """Tell which of these keys are quarantined or denylisted for the whole site, a profile's opt-out included."""
    table, parameter = many(keys)
    stops = (AddressStatus.QUARANTINED.value, AddressStatus.DENYLISTED.value)
    with connection.cursor() as cursor:
        cursor.execute(_STOPPED.format(many=table), [parameter, channel.value, *stops])
        found = {key: AddressStatus(status) for key, status in cursor.fetchall()}
        cursor.execute(_DENIED.format(many=table), [parameter, channel.value, channel.value])
        found.update((key, AddressStatus.DENYLISTED) for (key,) in cursor.fetchall())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """One profile's opt-out: `profile` is its external id, `channel` a channel or `all`."""

    profile: str
    channel: str
    at: datetime
    origin: str
    proof: str


def denials_of(channel: Channel, key: str) -> tuple[Denial, ...]:
    """List the opt-outs, from this channel or from all, of the profiles that have this address."""
    rows = ProfileDenial.objects.filter(
        channel__in=(channel.value, "all"), profile__addresses__channel=channel, profile__addresses__key=key
    ).order_by("profile__external_id", "channel")
    names = ("profile__external_id", "channel", "at", "origin", "proof")
    return tuple(
        Denial(profile=profile, channel=denied, at=at, origin=origin, proof=proof)
        for profile, denied, at, origin, proof in rows.values_list(*names)
    )


def channels_denied(profile: int) -> frozenset[str]:
    """List what a profile opted out of: channels, or `all`."""
    return frozenset(ProfileDenial.objects.filter(profile=profile).values_list("channel", flat=True))
