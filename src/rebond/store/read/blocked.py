"""Which addresses must not be written to: one statement for many, since files hold millions."""

from collections.abc import Sequence

from django.db import connection

from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import many

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
