"""Which addresses must not be written to: one statement for many, since files hold millions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import in_lines, listed, looked_up, looking_up
from rebond.store.lookup import Statement, look_up
from rebond.store.models import AddressStateRow, ProfileDenial
from rebond.store.read.erased import erased_statuses

_WINDOW = 50_000
_STOPS = (AddressStatus.QUARANTINED.value, AddressStatus.DENYLISTED.value)

# Keys hold no line's end, so many come as the lines of one text: rows one by one cost more than finding them.
_STOPPED = """
SELECT state.status, {lines} FROM {source}
WHERE {wanted} AND state.channel = %s AND state.scope = '' AND state.status IN (%s, %s) GROUP BY state.status
"""
_DENIED = """
SELECT {lines} FROM {source} CROSS JOIN profile_denial denial
WHERE {wanted} AND place.channel = %s
    AND denial.profile_id = place.profile_id AND denial.channel IN (%s, 'all')
"""


_ANY_ERASED = "SELECT 1 FROM erased_address LIMIT 1"
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
    denied = keys if denied is None else denied
    found: dict[str, AddressStatus] = {}
    if not keys:
        return found
    statements = [_statement(_STOPPED, "address_state state", "state.address_key", keys, [channel.value, *_STOPS])]
    if denied:
        given = [channel.value, channel.value]
        statements.append(_statement(_DENIED, "profile_address place", "place.key", denied, given))
    statements.append((_ANY_ERASED, ()))
    stopped, *others, erased = look_up(statements)
    for status, lines in stopped:
        found.update(dict.fromkeys(lines.split("\n"), AddressStatus(status)))
    for (row,) in others:
        found.update(dict.fromkeys(_split(row), AddressStatus.DENYLISTED))
    if erased:
        found.update(erased_statuses(channel, [key for key in keys if key not in found]))
    return found


def _statement(template: str, table: str, column: str, keys: Sequence[str], given: Sequence[str]) -> Statement:
    source, wanted = looked_up(table, column)
    return template.format(source=source, wanted=wanted, lines=in_lines(column)), [listed(keys), *given]


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
