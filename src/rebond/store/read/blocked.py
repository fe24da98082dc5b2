"""Which addresses must not be written to: one statement for many, since files hold millions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import in_lines, listed, looked_up, looking_up
from rebond.store.lookup import look_up
from rebond.store.models import AddressStateRow, ProfileDenial
from rebond.store.read.erased import erased_statuses

_WINDOW = 50_000
_STOPS = (AddressStatus.QUARANTINED.value, AddressStatus.DENYLISTED.value)

# Keys hold no line's end, so many come as the lines of one text: rows one by one cost more than finding them. One
# statement, and the keys sent once: that is a third of the time of asking for three things after each other.
_BLOCKED = """
SELECT status, {lines} FROM {stopped} GROUP BY status
UNION ALL SELECT 'opted out', (SELECT {lines} FROM {denied})
UNION ALL SELECT 'erased', '' WHERE EXISTS (SELECT 1 FROM erased_address)
"""
_IS_STOPPED = "channel = %(channel)s AND scope = '' AND status IN ('quarantined', 'denylisted')"
_IS_DENIED = """place.channel = %(channel)s
    AND denial.profile_id = place.profile_id AND denial.channel IN (%(channel)s, 'all')"""
_STATUSES = {
    "quarantined": AddressStatus.QUARANTINED,
    "denylisted": AddressStatus.DENYLISTED,
    "opted out": AddressStatus.DENYLISTED,
}
_STOPPED_KEYS = """
SELECT {lines} FROM address_state WHERE channel = %s AND scope = '' AND status IN (%s, %s) AND id > %s AND id <= %s
"""
_DENIED_KEYS = """
SELECT {lines} FROM profile_denial denial CROSS JOIN profile_address place
WHERE place.channel = %s AND place.profile_id = denial.profile_id AND place.key IS NOT NULL
    AND denial.channel IN (%s, 'all') AND denial.id > %s AND denial.id <= %s
"""


def blocked_keys(
    channel: Channel, keys: Sequence[str], *, denied: Sequence[str] | None = None
) -> dict[str, AddressStatus]:
    """Tell which of these keys are quarantined or denylisted for the whole site, a profile's opt-out included.

    `denied` are those of them that an opt-out may concern, where that is known.
    """
    if not keys:
        return {}
    told = dict(look_up(*blocked_statement(channel, keys, denied=denied)))
    found: dict[str, AddressStatus] = {}
    for kind, status in _STATUSES.items():
        if lines := told.get(kind):
            found.update(dict.fromkeys(lines.split("\n"), status))
    if "erased" in told:
        found.update(erased_statuses(channel, [key for key in keys if key not in found]))
    return found


def blocked_statement(
    channel: Channel, keys: Sequence[str], *, denied: Sequence[str] | None
) -> tuple[str, dict[str, str]]:
    """Make the statement that `blocked_keys` asks, and what it is given."""
    stopped = looked_up(
        "status, address_key AS key", "address_state", column="address_key", where=_IS_STOPPED, given="keys"
    )
    to_deny = looked_up(
        "place.key",
        "profile_address place CROSS JOIN profile_denial denial",
        column="place.key",
        where=_IS_DENIED,
        given="keys" if denied is None else "denied",
    )
    statement = _BLOCKED.format(lines=in_lines("found.key"), stopped=stopped, denied=to_deny)
    given = {"channel": channel.value, "keys": listed(keys)} | ({} if denied is None else {"denied": listed(denied)})
    return statement, given


def most_blocked() -> tuple[int, int]:
    """Tell how many addresses with a status, and how many opt-outs, there are at most; told without counting them."""
    return _last(AddressStateRow), _last(ProfileDenial)


def stopped_keys(channel: Channel) -> Iterator[Sequence[str]]:
    """Read the keys of all addresses quarantined or denylisted for the whole site, many at a time."""
    statement = _STOPPED_KEYS.format(lines=in_lines("address_key"))
    return _windows(AddressStateRow, statement, [channel.value, *_STOPS])


def denied_keys(channel: Channel) -> Iterator[Sequence[str]]:
    """Read the keys of the addresses of all profiles that opted out, many at a time."""
    statement = _DENIED_KEYS.format(lines=in_lines("place.key"))
    return _windows(ProfileDenial, statement, [channel.value, channel.value])


def _last(model: Any) -> int:
    return model.objects.aggregate(last=Max("id"))["last"] or 0


def _windows(model: Any, statement: str, parameters: Sequence[str]) -> Iterator[Sequence[str]]:
    """Walk along the ids, to where they end by then: a row that moved meanwhile has a later one."""
    begin = 0
    while begin < (last := _last(model)):
        while begin < last:
            with looking_up() as cursor:
                cursor.execute(statement, [*parameters, begin, begin + _WINDOW])
                keys = _split(cursor.fetchone())
            yield keys
            begin += _WINDOW


def _split(row: tuple[str | None]) -> Sequence[str]:
    return row[0].split("\n") if row[0] else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """One profile's opt-out.

    `profile` is its external id, `channel` a channel or `all`, `proof` the words or the return that it came with.
    """

    profile: str
    channel: str
    at: datetime
    origin: str
    proof: str


def denials_of(channel: Channel, key: str) -> tuple[Denial, ...]:
    """List the opt-outs, from this channel or from all, of the profiles that have this address."""
    rows = ProfileDenial.objects.filter(
        channel__in=(channel.value, "all"), profile__addresses__channel=channel, profile__addresses__key=key
    )
    return _denials(rows.order_by("profile__external_id", "channel"))


def denials_by(profile: int) -> tuple[Denial, ...]:
    """List a profile's opt-outs, the first one first."""
    return _denials(ProfileDenial.objects.filter(profile=profile).order_by("at", "channel"))


def _denials(rows: QuerySet[ProfileDenial]) -> tuple[Denial, ...]:
    names = ("profile__external_id", "channel", "at", "origin", "proof")
    return tuple(
        Denial(profile=profile, channel=channel, at=at, origin=origin, proof=proof)
        for profile, channel, at, origin, proof in rows.values_list(*names)
    )


def channels_denied(profile: int) -> frozenset[str]:
    """List what a profile opted out of: channels, or `all`."""
    return frozenset(ProfileDenial.objects.filter(profile=profile).values_list("channel", flat=True))
